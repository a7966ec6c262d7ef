"""Lines of one name and phone that would each add an owner: said, and taken for one only where somebody says so."""

from collections.abc import Iterable

from importers.lines import Line
from importers.mapping.headings import Mapping
from models.base import N_
from models.faults import Fault

NAMESAKE = N_("Line %(line)s has this name and phone too: without your word each adds an owner")

Person = tuple[str, str | None, str | None]  # name, ID number, phone


def person_added(line: Line) -> Person | None:
    """The owner that the line adds, if name and phone are the best it has to know them by."""
    values = line.values
    if line.match is not None or not values.keys().isdisjoint(("number", "id_number")):
        return None
    return (values["name"], None, values["phone"]) if "name" in values and "phone" in values else None


class Namesakes:
    """The persons whom the lines of one file add, with the first line of each; those said twice have other units."""

    def __init__(self, mapping: Mapping) -> None:
        self._heading = mapping.heading("phone")
        self._seen: dict[Person, int] = {}

    def tell(self, lines: Iterable[Line]) -> None:
        """Warn of those among the lines, which follow those before, unless the line or a record that they mean is
        known, or one is offered.
        """
        for line in lines:
            is_known = "number" in line.values or line.faults or line.offers or line.same_as is not None
            if is_known or (person := person_added(line)) is None:
                continue
            first = self._seen.setdefault(person, line.line)
            if first != line.line:
                line.warn(self._heading, line.values["phone"], Fault(NAMESAKE, line=first))
