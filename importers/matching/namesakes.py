"""Lines of one name and phone that would each add an owner: said, and taken for one only where somebody says so."""

from collections.abc import Iterable

from importers.lines import Line
from importers.mapping.headings import Mapping
from importers.matching.second_chances import SAME_NAME_AND_PHONE
from models.base import N_
from models.faults import Fault

NAMESAKE = N_("Line %(line)s has this name and phone too: without your word each adds an owner")

Person = tuple[str, str]  # name, phone


class Persons:
    """The persons without a number whom the lines of one file add, by name and phone. Of one name and phone, whoever
    has another ID number is somebody else.
    """

    def __init__(self) -> None:
        self._id_numbers: dict[Person, str | None] = {}

    def added_by(self, line: Line) -> Person | None:
        """The person, if the line adds one who may come again; to be asked once for each line, in order."""
        values = line.values
        if line.match is not None or values.get("number") is not None:
            return None
        name, phone, id_number = values.get("name"), values.get("phone"), values.get("id_number")
        if name is None or phone is None:
            return None
        known = self._id_numbers.setdefault((name, phone), id_number)
        if known is None:
            self._id_numbers[name, phone] = id_number
        return (name, phone) if None in (known, id_number) or known == id_number else None


class Namesakes:
    """Tells of persons that come again where each line adds an owner of its own."""

    def __init__(self, mapping: Mapping) -> None:
        self._heading = mapping.heading("phone")
        self._persons = Persons()
        self._first: dict[Person, int] = {}

    def tell(self, lines: Iterable[Line]) -> None:
        """Warn of those among the lines, which follow those before, but where the record that has this name and phone
        is offered.
        """
        for line in lines:
            if line.faults or line.same_as is not None or (person := self._persons.added_by(line)) is None:
                continue
            first = self._first.setdefault(person, line.line)
            is_offered = line.offers and any(offer["why"] == SAME_NAME_AND_PHONE for offer in line.offers)
            if first != line.line and not is_offered:
                line.warn(self._heading, line.values["phone"], Fault(NAMESAKE, line=first))
