"""Repairs of a whole group of problems: what each kind does to a text or a line, and how it enters the settings.

A repair acts while the file is prepared, never on the file: taking it back is preparing again without it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from importers.lines import Line
from importers.mapping.headings import Mapping
from importers.settings import Repair, Settings
from models.base import Base, entity

TAKE_OUT = "take_out"  # {characters}: a refused text is tried without them
PAD_ZEROS = "pad_zeros"  # {length}: zeros before every number of the column that is shorter
TRY_ZEROS = "try_zeros"  # {length}: the same, tried with refused texts only
TAKE_PART = "take_part"  # {part}: of several texts in a refused cell, 0 is the first
REPLACE = "replace"  # {from, to}: one text by another, whole cells
CLEAR = "clear"  # {message}: the refused cells of the group count as empty; fields that may be
SKIP_LINES = "skip_lines"  # {message}: the lines of the group are left out
DROP_REPEATED = "drop_repeated"  # lines that only say what an earlier one says are left out
KEEP_FIRST = "keep_first"  # of lines that say different things of one record, what the first says counts
KEEP_LAST = "keep_last"  # the same, what the last says
ONE_OWNER = "one_owner"  # lines that have name and phone in common are about one owner, whatever their units
CREATE_MISSING = "create_missing"  # buildings and units
DATE_ORDER = "date_order"  # {order}: dmy, mdy, ymd or serial for the column
MAP_VALUE = "map_value"  # {from, to}: read one text as a choice

_PIECES = re.compile(r"[\s/,;|、，；\\]+")


def applied(settings: Settings, repair: Repair) -> Settings:
    """The settings with the repair; a second time changes nothing."""
    if repair.kind == CREATE_MISSING:
        return replace(settings, create_missing=True)
    if repair.kind == DATE_ORDER:
        return replace(settings, date_orders={**settings.date_orders, repair.field: repair.options["order"]})
    if repair.kind == MAP_VALUE:
        known = {**settings.values.get(repair.field, {}), repair.options["from"]: repair.options["to"]}
        return replace(settings, values={**settings.values, repair.field: known})
    others = tuple(other for other in settings.repairs if not _is_instead_of(repair, other))
    return settings if repair in settings.repairs else replace(settings, repairs=(*others, repair))


def _is_instead_of(repair: Repair, other: Repair) -> bool:
    """Whether the two cannot both be meant: another length for the same column, first against last."""
    keeping = {KEEP_FIRST, KEEP_LAST}
    if repair.kind in keeping and other.kind in keeping:
        return True
    if repair.kind == REPLACE == other.kind:
        return (repair.field, repair.options.get("from")) == (other.field, other.options.get("from"))
    return repair.kind == PAD_ZEROS == other.kind and repair.field == other.field


def removed(settings: Settings, repair: Repair) -> Settings:
    """The settings without the repair."""
    if repair.kind == CREATE_MISSING:
        return replace(settings, create_missing=False)
    if repair.kind == DATE_ORDER:
        kept = {name: order for name, order in settings.date_orders.items() if name != repair.field}
        return replace(settings, date_orders=kept)
    if repair.kind == MAP_VALUE:
        said = settings.values.get(repair.field, {})
        values = {text: to for text, to in said.items() if text != repair.options["from"]}
        return replace(settings, values={**settings.values, repair.field: values})
    return replace(settings, repairs=tuple(other for other in settings.repairs if other != repair))


def active(settings: Settings) -> list[Repair]:
    """Every repair in force, those included that the settings keep as a decision of another name."""
    orders = [Repair(DATE_ORDER, name, {"order": order}) for name, order in settings.date_orders.items()]
    values = [
        Repair(MAP_VALUE, name, {"from": text, "to": to})
        for name, said in settings.values.items()
        for text, to in said.items()
    ]
    missing = [Repair(CREATE_MISSING)] if settings.create_missing else []
    return [*settings.repairs, *orders, *values, *missing]


Change = Callable[[str], str]


def before(repairs: Sequence[Repair], name: str, values: Any) -> Change | None:
    """What is done to every text of the field before it is judged; None when nothing is."""
    replaced = {plain_key(text): to for text, to in dict(values or {}).items()}
    lengths = []
    for repair in repairs:
        if repair.field == name and repair.kind == REPLACE:
            replaced[plain_key(repair.options["from"])] = repair.options["to"]
        elif repair.field == name and repair.kind == PAD_ZEROS:
            lengths.append(int(repair.options["length"]))
    if not replaced and not lengths:
        return None

    def change(text: str) -> str:
        found: str = replaced.get(plain_key(text), text)
        return found.strip().zfill(lengths[-1]) if lengths and found.strip().isdigit() else found

    return change


def plain_key(text: str) -> str:
    """A text as two that people take for the same are: without outer blanks."""
    return text.strip()


def after(repairs: Sequence[Repair], name: str) -> list[Change]:
    """What is tried with a text of the field that is refused, in the order in which it was decided."""
    return [_TRIED[repair.kind](repair) for repair in repairs if repair.field == name and repair.kind in _TRIED]


def _without(repair: Repair) -> Change:
    table = str.maketrans("", "", str(repair.options["characters"]))
    return lambda text: text.translate(table)


def _zeros(repair: Repair) -> Change:
    length = int(repair.options["length"])
    return lambda text: text.strip().zfill(length) if text.strip().isdigit() else text


def _part(repair: Repair) -> Change:
    part = int(repair.options["part"])

    def change(text: str) -> str:
        found = pieces(text)
        return found[part] if -len(found) <= part < len(found) else text

    return change


def pieces(text: str) -> list[str]:
    """The texts of a cell that holds several."""
    return [piece for piece in _PIECES.split(text.strip()) if piece]


_TRIED: dict[str, Callable[[Repair], Change]] = {TAKE_OUT: _without, TAKE_PART: _part, TRY_ZEROS: _zeros}


class LineRepairs:
    """The repairs that lines undergo once their faults are known: faults taken away, whole lines left out.

    `left_out` counts the lines that are not in the run any more.
    """

    def __init__(self, model: type[Base], mapping: Mapping, settings: Settings) -> None:
        self.left_out = 0
        self._mapping = mapping
        self._leaving = {_target(repair) for repair in settings.repairs if repair.kind == SKIP_LINES}
        self._clearing = {
            _target(repair)
            for repair in settings.repairs
            if repair.kind == CLEAR and may_clear(model, mapping, repair.field)
        }

    def apply(self, lines: list[Line]) -> list[Line]:
        """The lines that stay, in order, without the faults that are settled."""
        if not self._leaving and not self._clearing:
            return lines
        kept = [line for line in lines if not line.faults or self._stays(line)]
        self.left_out += len(lines) - len(kept)
        return kept

    def _stays(self, line: Line) -> bool:
        targets = [(self._mapping.field_name(fault.column), fault.fault.message) for fault in line.faults]
        if any(target in self._leaving for target in targets):
            return False
        if self._clearing:
            pairs = zip(line.faults, targets, strict=True)
            line.faults = [fault for fault, target in pairs if target not in self._clearing]
            line.is_conflict = line.is_conflict and bool(line.faults)
        return True


def _target(repair: Repair) -> tuple[str, str]:
    return repair.field, str(repair.options.get("message", ""))


def may_clear(model: type[Base], mapping: Mapping, name: str) -> bool:
    """Whether the field may be empty: not needed, and no part of what rows are known by."""
    column = mapping.field(name)
    return column is not None and not column.is_needed and name not in entity(model).key
