"""A line against the row it meets: field by field, and whether the whole row may stand."""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as Values
from typing import Any

from importers.checking.notes import add_extras
from importers.lines import Line
from importers.mapping.headings import Mapping
from models.base import Base, words
from operations.judging import missing

OPEN = frozenset({"id", "version"})


class Comparer:
    """Compares lines of one file. `fixed` is set on every new row; a blank cell of the fields in `clearing` clears."""

    def __init__(
        self, model: type[Base], mapping: Mapping, fixed: Values[str, Any], clearing: Iterable[str] = ()
    ) -> None:
        self.model, self.mapping = model, mapping
        columns = model.__table__.columns
        self.fresh = {column.name: _default(column) for column in columns} | dict(fixed)
        self.blankable = frozenset(
            column.name for column in columns if column.nullable and words(column) and mapping.has(column.name)
        )
        self.blanks: Counter[str] = Counter()  # by field the blank cells where the row has a value
        self.clearing = [(name, mapping.heading(name)) for name in clearing if name in columns and mapping.has(name)]
        self.needed = [
            column.name
            for column in columns
            if not column.nullable and not column.primary_key and words(column) and self.fresh[column.name] is None
        ]
        self.judges_rows = model.faults.__func__ is not Base.faults.__func__  # type: ignore[attr-defined]  # a method

    def compare(self, lines: Iterable[Line]) -> None:
        """Note what each line would change of the row it meets; of a new row `values` are the changes.

        Rows that cannot stand as a whole, or lack a value they need, are refused.
        """
        clearing, needed, judges_rows, blankable = self.clearing, self.needed, self.judges_rows, self.blankable
        for line in lines:
            if line.extras:
                add_extras(line)
            values, before = line.values, line.match
            if before is not None:
                self.blanks.update(name for name in blankable.difference(values) if before[name] is not None)
            if clearing:
                for name, heading in clearing:
                    if name not in values and not line.has_fault(heading):
                        values[name] = None
            if before is not None:
                line.changes = {name: (before[name], new) for name, new in values.items() if before[name] != new}
                if line.changes and (judges_rows or clearing):
                    self._judge(line, {**before, **values})
            elif judges_rows or clearing or line.faults or not all(name in values for name in needed):
                self._judge(line, {**self.fresh, **values})

    def _judge(self, line: Line, row: dict[str, Any]) -> None:
        lacking = missing(self.model, row)
        for name, fault in (lacking or ({} if line.faults else self.model.faults(row))).items():
            heading = self.mapping.heading(name)
            if not line.has_fault(heading):
                line.refuse(heading, row.get(name), fault)


def _default(column: Any) -> Any:
    return column.default.arg if column.default is not None else None
