"""All that is wrong with a file, grouped by kind and column with exact counts and the repairs that would help."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made_of
from typing import Any

from importers.checking.suggesting import Offered, Trouble, meanings, suggest
from importers.lines import CellFault, Line, fault_as_json
from importers.mapping import headings
from models.base import Base
from models.faults import Fault
from models.readers import NEITHER, NO_CHOICE

LINES_KEPT = 20  # of a group, with their cells
TEXTS_COUNTED = 200  # different texts of a group, each with its count
TEXTS_KNOWN = 100_000  # different texts told apart before the count is "at least"


@dataclass(slots=True)
class Group:
    """The problems of one kind in one column. `field` is its name, "" for the line as a whole; `index` the column's.

    `distinct` counts the different texts; `texts` has the first of them with their counts, `lines` the first lines.
    """

    key: str
    column: str
    field: str
    index: int | None
    message: str
    is_warning: bool
    example: Fault
    count: int = 0
    lines: list[tuple[int, str]] = made_of(default_factory=list)
    texts: Counter[str] = made_of(default_factory=Counter)
    known: set[int] = made_of(default_factory=set)
    repairs: list[Offered] = made_of(default_factory=list)
    suggestions: dict[str, str] = made_of(default_factory=dict)  # by text the choice it may mean

    @property
    def distinct(self) -> int:
        """How many different texts have the problem; from TEXTS_KNOWN on at least so many."""
        return len(self.known)

    def add(self, line: int, said: CellFault) -> None:
        """Count the problem of one line."""
        self.count += 1
        if len(self.lines) < LINES_KEPT:
            self.lines.append((line, said.value))
        if said.value in self.texts or len(self.texts) < TEXTS_COUNTED:
            self.texts[said.value] += 1
        if len(self.known) < TEXTS_KNOWN:
            self.known.add(hash(said.value))

    def as_json(self) -> dict[str, Any]:
        """As the report of a run keeps it: `fault` is an example, `texts` are [text, count, suggestion or null]."""
        kept = None if self.message in {NO_CHOICE, NEITHER} else LINES_KEPT  # of people no more than is shown
        return {
            "key": self.key,
            "column": self.column,
            "field": self.field,
            "index": self.index,
            "message": self.message,
            "is_warning": self.is_warning,
            "fault": fault_as_json(self.example),
            "count": self.count,
            "distinct": self.distinct,
            "lines": [[line, value] for line, value in self.lines],
            "texts": [[text, count, self.suggestions.get(text)] for text, count in self.texts.most_common(kept)],
            "repairs": [offered.as_json() for offered in self.repairs],
        }


class Grouping:
    """The problems of a file as its blocks go by: counts are exact, lines and texts kept up to a cap."""

    def __init__(self, model: type[Base], mapping: headings.Mapping) -> None:
        self._model, self._mapping = model, mapping
        self._groups: dict[tuple[str, str, bool], Group] = {}

    def add(self, lines: Iterable[Line]) -> None:
        """Take the faults and warnings of the lines."""
        for line in lines:
            for said in line.faults:
                self._group(said, is_warning=False).add(line.line, said)
            for said in line.warnings:
                self._group(said, is_warning=True).add(line.line, said)

    def _group(self, said: CellFault, *, is_warning: bool) -> Group:
        key = (*said.group, is_warning)
        if key not in self._groups:
            name = self._mapping.field_name(said.column)
            index = self._mapping.index(name)
            self._groups[key] = Group(_key(key), said.column, name, index, said.fault.message, is_warning, said.fault)
        return self._groups[key]

    def groups(self, orders: Mapping[str, str] | None = None) -> list[Group]:
        """The groups, faults before warnings and large before small, each with the repairs that would help.

        `orders` are those of day and month that the whole file shows (`Checker.found_orders`).
        """
        found = sorted(self._groups.values(), key=lambda group: (group.is_warning, -group.count, group.key))
        for group in found:
            trouble = Trouble(group.field, group.example, group.texts, group.distinct, group.is_warning)
            group.repairs = suggest(self._model, self._mapping, trouble, orders or {})
            group.suggestions = meanings(self._mapping, trouble)
        return found


def _key(parts: Sequence[object]) -> str:
    """A short name of the group, the same each time the file is prepared."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
