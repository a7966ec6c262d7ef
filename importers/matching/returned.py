"""Cells that come back from a file that left here: what was masked in it, or carried otherwise, stays as it is."""

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Values
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Enum, String

from importers.lines import CellFault, Line
from importers.mapping.headings import Mapping
from models.base import N_, Base, words
from models.faults import Fault
from models.fields import Domain

MASK = "*"
KEPT = N_("This is masked in the file: what is stored stays")
MASKED = N_("%(value)s is masked: give the value in the clear, or leave the cell empty")


@dataclass(frozen=True, slots=True)
class _Personal:
    """A field that may have left masked: its heading in the file, and how its values are masked."""

    name: str
    heading: str
    mask: Callable[[str], str]


class Returned:
    """What of the lines of one file is no news: judged before they are compared, once each has met its row."""

    def __init__(self, model: type[Base], mapping: Mapping) -> None:
        columns = model.__table__.columns
        texts = [(known, columns[known.name]) for known, _ in mapping.filled() if _is_text(columns.get(known.name))]
        self._personal = [
            _Personal(known.name, mapping.heading(known.name), _mask_of(known.type))
            for known, column in texts
            if (said := words(column)) is not None and said.personal
        ]
        self._long = [known.name for known, _ in texts if not isinstance(known.type, Domain)]

    def keep(self, lines: Iterable[Line]) -> None:
        """Leave out of each line what says no more than that its row stays as it is; refuse a mask of anything else."""
        for line in lines:
            for column in self._personal:
                value = line.values.get(column.name)
                if value is not None and MASK in value:
                    _judge_value(line, column, value)
            if line.faults and line.match is not None:
                _judge_faults(line, self._personal, line.match)
            if line.match is not None:
                self._keep_breaks(line, line.match)

    def _keep_breaks(self, line: Line, row: Values[str, Any]) -> None:
        """A workbook has one kind of line break only."""
        for name in self._long:
            value, stored = line.values.get(name), row.get(name)
            if value is not None and stored is not None and "\r" in stored and _broken(value) == _broken(stored):
                line.values[name] = stored


def _is_text(column: Any) -> bool:
    return column is not None and isinstance(column.type, String | Domain) and not isinstance(column.type, Enum)


def _broken(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _judge_value(line: Line, column: _Personal, value: str) -> None:
    """A value that could be a mask, such as that of an address, which looks like one."""
    stored = (line.match or {}).get(column.name)
    if stored == value:
        return
    del line.values[column.name]
    if stored is not None and column.mask(stored) == value:
        line.warn(column.heading, value, Fault(KEPT))
    else:
        line.refuse(column.heading, value, Fault(MASKED, value=value))


def _judge_faults(line: Line, personal: Iterable[_Personal], row: Values[str, Any]) -> None:
    """Faults that only say that a cell holds the mask of what is stored are none."""
    masks = {each.heading: each.mask(row[each.name]) for each in personal if row.get(each.name)}
    kept = [fault for fault in line.faults if _is_mask(fault, masks)]
    if kept:
        line.faults = [fault for fault in line.faults if fault not in kept]
        for fault in kept:
            line.warn(fault.column, fault.value, Fault(KEPT))


def _is_mask(fault: CellFault, masks: Values[str, str]) -> bool:
    return MASK in fault.value and masks.get(fault.column) == fault.value.strip()


def _mask_of(kind: Any) -> Callable[[str], str]:
    return kind.mask if isinstance(kind, Domain) else lambda value: MASK * 6
