"""Lines of one name and phone that would each add an owner: said, and taken for one only where somebody says so."""

from collections.abc import Iterable
from collections.abc import Mapping as Values

from importers.lines import Line
from importers.mapping.headings import Mapping
from importers.matching.repeats import Group
from importers.matching.second_chances import SAME_NAME_AND_PHONE
from models.base import N_
from models.faults import Fault

NAMESAKE = N_("Line %(line)s has this name and phone too: without your word this line adds another owner")

Person = tuple[str, str]  # name, phone


class Persons:
    """Whom the lines of one file name without a number, by name and phone. Of one name and phone, whoever has another
    ID number is somebody else.
    """

    def __init__(self) -> None:
        self._id_numbers: dict[Person, str | None] = {}

    def named_by(self, line: Line) -> Person | None:
        """The person whom the line names so; to be asked once for each line, in order."""
        values = line.values
        name, phone, id_number = values.get("name"), values.get("phone"), values.get("id_number")
        if values.get("number") is not None or name is None or phone is None:
            return None
        known = self._id_numbers.setdefault((name, phone), id_number)
        if known is None:
            self._id_numbers[name, phone] = id_number
        return (name, phone) if None in (known, id_number) or known == id_number else None


class Namesakes:
    """Tells of persons who come again in a line that would add an owner of its own."""

    def __init__(self, mapping: Mapping) -> None:
        self._heading = mapping.heading("phone")
        self._persons = Persons()
        self._first: dict[Person, int] = {}

    def tell(self, lines: Iterable[Line], groups: Values[int, Group]) -> None:
        """Warn of those among the lines, which follow those before; `groups` are lines known to be about one record, by
        the first. Nothing is said where the record that has this name and phone is offered.
        """
        for line in lines:
            if line.faults or (person := self._persons.named_by(line)) is None:
                continue
            first = self._first.setdefault(person, line.line)
            is_offered = line.offers and any(offer["why"] == SAME_NAME_AND_PHONE for offer in line.offers)
            is_settled = line.match is not None or line.same_as is not None or is_offered
            if first != line.line and not is_settled and not (first in groups and line.line in groups[first].lines):
                line.warn(self._heading, line.values["phone"], Fault(NAMESAKE, line=first))
