"""Days and moments as people write them: what is beyond doubt, and what depends on the order of a column."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo

from models.base import N_
from models.faults import Fault

NOT_A_DATE = N_("%(value)s is not a date: write it like 2026-11-01")
AMBIGUOUS = N_("%(value)s may be %(first)s or %(second)s: choose in which order this column names day and month")
OTHER_ORDER = N_("%(value)s does not fit the order in which this column names day and month: correct it")

_YEAR_FIRST = re.compile(r"([0-9]{4})[-/.年] ?([0-9]{1,2})[-/.月] ?([0-9]{1,2})(?:日|号)?(?![0-9])")
_SHORT_YEAR = re.compile(r"([0-9]{2})年 ?([0-9]{1,2})月 ?([0-9]{1,2})(?:日|号)?(?![0-9])")
_COMPACT = re.compile(r"([12][0-9]{3})([0-9]{2})([0-9]{2})(?![0-9])")
_TRIPLE = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{1,2})(?![0-9])")
_SERIAL = re.compile(r"([0-9]{1,5})(\.[0-9]+)?")
_HALF = r"([AaPp]\.?[Mm]\.?|上午|下午)"
_CLOCK = re.compile(
    rf"{_HALF}? ?([0-9]{{1,2}})[:时]([0-9]{{1,2}})(?:[:分]([0-9]{{1,2}})(?:\.[0-9]+)?秒?)?分? ?{_HALF}?"
)
_OFFSET = re.compile(r"T.*(?:Z|[+-][0-9]{2}:?[0-9]{2})$")
_SERIAL_START = date(1899, 12, 30)  # day 0 of spreadsheets that count from 1900
_YEARS = range(1900, 2200)
_PIVOT = 70  # two digits from here on mean 19xx, below 20xx


def moment(text: str, zone: tzinfo, order: str | None = None) -> datetime:
    """The moment of a half-width text, local in `zone` unless it says its offset; midnight for a day alone.

    `order` is the column's: dmy, mdy, ymd or serial. Raises Fault when the text is no date, or one in every order.
    """
    try:
        found = _moment(text, zone, order)
    except Fault:
        raise
    except (ValueError, OverflowError):
        raise Fault(NOT_A_DATE, value=text) from None
    if found.year not in _YEARS:
        raise Fault(NOT_A_DATE, value=text)
    return found


def _moment(text: str, zone: tzinfo, order: str | None) -> datetime:
    if _OFFSET.search(text):
        return datetime.fromisoformat(text)
    if order == "serial" and (serial := _SERIAL.fullmatch(text)):
        seconds = round(float(serial[2] or 0) * 86_400)
        start = datetime.combine(_SERIAL_START, time(), zone)
        return start + timedelta(int(serial[1]), seconds)
    day, end = _day(text, order)
    rest = text[end:].removeprefix("T").strip()
    return datetime.combine(day, time(), zone) + _clock(rest) if rest else datetime.combine(day, time(), zone)


def _day(text: str, order: str | None) -> tuple[date, int]:
    found = _YEAR_FIRST.match(text) or _COMPACT.match(text)
    if found:
        return date(int(found[1]), int(found[2]), int(found[3])), found.end()
    if short := _SHORT_YEAR.match(text):
        return date(_year(short[1]), int(short[2]), int(short[3])), short.end()
    if triple := _TRIPLE.match(text):
        return _in_order(text, triple, order), triple.end()
    raise ValueError(text)


def _clock(text: str) -> timedelta:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(text)
    hour, minute, second = (int(part or 0) for part in found.group(2, 3, 4))
    half = found[1] or found[5]
    if half is not None:
        hour = hour % 12 + (12 if half[0] in "Pp下" else 0) if hour <= 12 else hour
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and minute + second):
        raise ValueError(text)
    return timedelta(hours=hour, minutes=minute, seconds=second)


def _in_order(text: str, triple: re.Match[str], order: str | None) -> date:
    days = _days(triple)
    if order is not None and order in days:
        return days[order]
    if order in {"dmy", "mdy", "ymd"} and days:
        raise Fault(OTHER_ORDER, value=text)
    meant = sorted(set(days.values()))
    if len(meant) > 1:
        raise Fault(AMBIGUOUS, value=text, first=meant[0].isoformat(), second=meant[-1].isoformat())
    if not meant:
        raise ValueError(text)
    return meant[0]


def _days(triple: re.Match[str]) -> Mapping[str, date]:
    """The day in every order that gives one."""
    first, second, last = triple[1], triple[3], triple[4]
    spelt = {}
    if len(last) > 1:
        spelt = {"dmy": (last, second, first), "mdy": (last, first, second)}
    if len(last) < 4 and len(first) == 2:
        spelt["ymd"] = (first, second, last)
    days = {}
    for order, (year, month, day) in spelt.items():
        try:
            found = date(_year(year), int(month), int(day))
        except ValueError:
            continue
        if found.year in _YEARS:
            days[order] = found
    return days


def _year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    return int(text) + (1900 if int(text) >= _PIVOT else 2000)


def possible_orders(text: str) -> frozenset[str]:
    """The orders in which a half-width text with numbers for day and month gives a date; none for any other text.

    One alone is evidence for the column; a text that is the same day in all of its orders is none.
    """
    triple = _TRIPLE.match(text)
    if triple is None:
        return frozenset()
    days = _days(triple)
    return frozenset(days) if len(set(days.values())) > 1 or len(days) == 1 else frozenset()
