"""What a repair does, in words: on the button that offers it and in the list of those in force."""

import re
from collections.abc import Mapping, Sequence

from importers.checking.repairs import (
    CLEAR,
    CREATE_MISSING,
    DATE_ORDER,
    DROP_REPEATED,
    KEEP_FIRST,
    KEEP_LAST,
    MAP_VALUE,
    ONE_OWNER,
    PAD_ZEROS,
    REPLACE,
    SKIP_LINES,
    TAKE_OUT,
    TAKE_PART,
    TRY_ZEROS,
)
from importers.checking.suggesting import Offered
from importers.settings import Repair
from models.base import N_
from models.faults import Fault
from views.language import translate

_MADE = {
    TAKE_OUT: N_("“%(characters)s” taken out where it stood in the way"),
    PAD_ZEROS: N_("Padded with zeros to %(length)s digits"),
    TRY_ZEROS: N_("Padded with zeros to %(length)s digits where that gives a number"),
    TAKE_PART: N_("Of several in a cell the %(place)s taken"),
    REPLACE: N_("“%(from)s” read as “%(to)s”"),
    MAP_VALUE: N_("“%(from)s” read as “%(to)s”"),
    CLEAR: N_("Left empty: %(problem)s"),
    SKIP_LINES: N_("Lines skipped: %(problem)s"),
    DROP_REPEATED: N_("Repeated lines left out"),
    KEEP_FIRST: N_("Of lines that say different things, what the first says"),
    KEEP_LAST: N_("Of lines that say different things, what the last says"),
    ONE_OWNER: N_("Lines of one name and phone taken for one owner"),
    CREATE_MISSING: N_("Missing buildings and units are created"),
    DATE_ORDER: N_("Dates read as %(order)s"),
}
_PLACES = {0: N_("first"), 1: N_("second"), 2: N_("third"), -1: N_("last")}
ORDERS = {
    "dmy": N_("day, month, year"),
    "mdy": N_("month, day, year"),
    "ymd": N_("year, month, day"),
    "serial": N_("days since 1900"),
}
SHARED = frozenset({"choices", "limit"})  # places that say the same on every line
_NAMELESS = {" ": N_("blank"), "\t": N_("tab")}


def offer_text(offered: Offered, count: int) -> str:
    """What the button says that it will do, to how many of the `count` lines."""
    said = offered.sentence.text(translate)
    if offered.repair.kind in {CLEAR, SKIP_LINES}:
        return translate(N_("%(deed)s (%(count)s lines)")) % {"deed": said, "count": count}
    if offered.would_help is not None:
        return translate(N_("%(deed)s (helps %(count)s values)")) % {"deed": said, "count": offered.would_help}
    return said


def made_text(repair: Repair, names: Mapping[str, str], choices: Mapping[str, Mapping[str, str]]) -> str:
    """What a repair in force does; `names` are the labels of the fields, `choices` by field those of its values."""
    options = repair.options
    to = str(options.get("to", ""))
    places = {
        "characters": "".join(translate(_NAMELESS.get(each, each)) for each in str(options.get("characters", ""))),
        "length": options.get("length", ""),
        "from": options.get("from", ""),
        "to": choices.get(repair.field, {}).get(to, to) or "—",
        "place": translate(_PLACES.get(options.get("part", 0), N_("last"))),
        "order": translate(ORDERS.get(str(options.get("order")), "")),
        "problem": _problem(str(options.get("message", ""))),
    }
    said = translate(_MADE[repair.kind]) % places if repair.kind in _MADE else repair.kind
    return f"{names[repair.field]}: {said}" if repair.field in names else said


def general(fault: Fault) -> str:
    """The sentence of a kind of fault without what differs from line to line."""
    places = {name: value if name in SHARED else "…" for name, value in fault.places.items()}
    return Fault(fault.message, **places).text(translate)


def _problem(message: str) -> str:
    return re.sub(r"%\(\w+\)s", "…", translate(message))


def edit_text(line: int, cells: Mapping[int, str], header: Sequence[str]) -> str:
    """The cells of a line that were corrected by hand."""
    said = ", ".join(
        f"{header[index] if index < len(header) else index + 1}: {text or '—'}" for index, text in cells.items()
    )
    return translate(N_("Line %(line)s: %(cells)s")) % {"line": line, "cells": said}
