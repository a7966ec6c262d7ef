"""Cases of the command `deadline`, read from JSON with a sentence for what is wrong."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from models.calendar import Weekday
from models.milestone import Clock, LimitUnit
from rules.cases import Amount, Case
from rules.clocks import MONDAY_TO_FRIDAY, Calendar, Pause
from rules.timelines import Windows
from rules.windows import window

UNITS = (
    *(LimitUnit.MINUTES, LimitUnit.HOURS, LimitUnit.DAYS),
    *(LimitUnit.WEEKS, LimitUnit.MONTHS, LimitUnit.WORKING_DAYS),
)
_PARTLY = frozenset({LimitUnit.MINUTES, LimitUnit.HOURS})  # may have a fraction, if it makes whole seconds
_SECONDS = {LimitUnit.MINUTES: 60, LimitUnit.HOURS: 3600}
_WEEKDAYS = tuple(each.value for each in Weekday)
_DIGITS = 12  # behind the point: what comes to whole seconds needs no more
_LARGEST = 10**10  # of whatever unit: more than lies between any two dates

Read = TypeVar("Read")


class Malformed(ValueError):
    """A case that cannot be read: one sentence that names the key."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(f"{key} {sentence}" if key else sentence)


def cases(sent: bytes) -> list[Case] | Case:
    """The case in JSON that was sent, or the cases in an array. Malformed names the key that is wrong."""
    try:
        found = _json(sent.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Malformed("", "The input is not JSON: it is not in UTF-8") from None
    if isinstance(found, list):
        return [_Reader(f"cases[{number}]").case(each) for number, each in enumerate(found)]
    if isinstance(found, dict):
        return _Reader("").case(found)
    raise Malformed("", "The input must be an object, which is one case, or an array of cases")


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_float=_decimal, parse_constant=_no_number, object_pairs_hook=_once)
    except json.JSONDecodeError as fault:
        raise Malformed(
            "", f"The input is not JSON: {fault.msg} at line {fault.lineno}, column {fault.colno}"
        ) from None
    except RecursionError:
        raise Malformed("", "The input is not a case: it is nested too deeply") from None
    except Malformed:
        raise
    except ValueError:
        raise Malformed("", "The input is not JSON: it holds a number of too many digits") from None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Malformed("", "The input is not JSON: it holds a number of too many digits") from None


def _no_number(text: str) -> Any:
    raise Malformed("", f"The input is not JSON: {text} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Malformed(key, "is there twice in one object: leave one out")
        found[key] = value
    return found


class _Reader:
    """Reads one case; keys are told with the place of the case in front."""

    def __init__(self, place: str) -> None:
        self.place = place

    def case(self, value: Any) -> Case:
        keys = self._object("", value, ("time_zone", "clock", "start", "limit"))
        rest = {"calendar", "pauses", "offsets", "done_at", "now"}
        self._only("", value, keys | rest)
        zone = self._zone("time_zone", value["time_zone"])
        clock = Clock(self._one_of("clock", value["clock"], [each.value for each in Clock]))
        case = Case(
            clock,
            self._calendar(value.get("calendar"), zone, clock),
            self._moment("start", value["start"]),
            self._amount("limit", value["limit"], is_signed=False),
            [self._pause(f"pauses[{number}]", each) for number, each in self._items("pauses", value)],
            [
                self._amount(f"offsets[{number}]", each, is_signed=True)
                for number, each in self._items("offsets", value)
            ],
            self._optional("done_at", value, self._moment),
            self._optional("now", value, self._moment),
        )
        needs = [
            f"offsets[{number}].unit" for number, (_, unit) in enumerate(case.offsets) if unit is LimitUnit.WORKING_DAYS
        ]
        needs += ["limit.unit"] if case.limit[1] is LimitUnit.WORKING_DAYS else []
        if needs and value.get("calendar") is None:
            raise self._wrong("calendar", f"is needed for working days ({needs[-1]})")
        return case

    def _calendar(self, value: Any, zone: tzinfo, clock: Clock) -> Calendar:
        is_service = clock is Clock.SERVICE
        if value is None:
            if is_service:
                raise self._wrong("calendar", "is needed for the service clock")
            return Calendar(zone)
        self._object("calendar", value, ())
        self._only("calendar", value, {"windows", "holidays", "extra_workdays"})
        windows = self._windows(value.get("windows"))
        if is_service and not windows:
            raise self._wrong("calendar.windows", "has no window: without one the service clock never runs")
        holidays = [
            self._day(f"calendar.holidays[{number}]", each) for number, each in self._items("calendar.holidays", value)
        ]
        extra = value.get("extra_workdays") or {}
        self._object("calendar.extra_workdays", extra, ())
        return Calendar(
            zone,
            windows or None,
            {day: day.isoformat() for day in holidays},
            {
                self._day(f"calendar.extra_workdays.{day}", day): self._weekday(f"calendar.extra_workdays.{day}", name)
                for day, name in extra.items()
            },
            frozenset(windows) or MONDAY_TO_FRIDAY,
        )

    def _windows(self, value: Any) -> dict[int, Windows]:
        if value is None:
            return {}
        self._object("calendar.windows", value, ())
        self._only("calendar.windows", value, _WEEKDAYS)
        found = {}
        for name, listed in value.items():
            key = f"calendar.windows.{name}"
            windows = tuple(
                self._window(f"{key}[{number}]", each) for number, each in enumerate(self._list(key, listed))
            )
            if windows:
                found[_WEEKDAYS.index(name)] = windows
        return found

    def _window(self, key: str, value: Any) -> tuple[int, int]:
        if not (isinstance(value, list) and len(value) == 2 and all(isinstance(each, str) for each in value)):
            raise self._wrong(key, 'is not a window: write it like ["09:00", "17:30"]')
        try:
            return window(*value)
        except ValueError:
            raise self._wrong(
                key, f"cannot be {value[0]} to {value[1]}: write times from 00:00 to 24:00 that differ"
            ) from None

    def _weekday(self, key: str, value: Any) -> int:
        return _WEEKDAYS.index(self._one_of(key, value, _WEEKDAYS))

    def _pause(self, key: str, value: Any) -> Pause:
        self._object(key, value, ("from",))
        self._only(key, value, {"from", "to"})
        start = self._moment(f"{key}.from", value["from"])
        end = self._optional("to", value, self._moment, f"{key}.")
        if end is not None and end < start:
            raise self._wrong(f"{key}.to", "lies before the moment at which the pause begins")
        return Pause(start, end)

    def _amount(self, key: str, value: Any, *, is_signed: bool) -> Amount:
        self._object(key, value, ("value", "unit"))
        self._only(key, value, {"value", "unit"})
        unit = LimitUnit(self._one_of(f"{key}.unit", value["unit"], [each.value for each in UNITS]))
        return self._number(f"{key}.value", value["value"], unit, is_signed=is_signed), unit

    def _number(self, key: str, value: Any, unit: LimitUnit, *, is_signed: bool) -> int | Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self._wrong(key, "is not a number")
        if not -_LARGEST <= value <= _LARGEST:
            raise self._wrong(key, f"is too large: {_LARGEST} is the largest number")
        if value < 0 and not is_signed:
            raise self._wrong(key, "is negative: a limit is 0 or more")
        if not value:
            return 0  # however it is written: 0E+9999999999 would be a number of as many digits
        if isinstance(value, Decimal):
            if not _is_whole(value, _SECONDS.get(unit, 1)):
                what = "whole seconds" if unit in _PARTLY else f"a whole number of {unit.label}"
                raise self._wrong(key, f"does not come to {what}")
            return value if unit in _PARTLY else int(value)
        return value

    def _moment(self, key: str, value: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise self._wrong(key, "is not a moment: write it like 2026-10-01T09:00:00+08:00") from None
        if moment.tzinfo is None:
            raise self._wrong(key, "has no offset: write it like 2026-10-01T09:00:00+08:00")
        return moment.replace(microsecond=0)

    def _day(self, key: str, value: Any) -> date:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            with suppress(ValueError):
                return date.fromisoformat(value)
        raise self._wrong(key, "is not a date: write it like 2026-10-01")

    def _zone(self, key: str, value: Any) -> ZoneInfo:
        try:
            return ZoneInfo(value)
        except (KeyError, OSError, TypeError, ValueError):
            raise self._wrong(key, "is not a time zone: write one such as Asia/Shanghai") from None

    def _one_of(self, key: str, value: Any, known: Collection[str]) -> str:
        if not isinstance(value, str) or value not in known:
            raise self._wrong(key, f"must be one of {', '.join(known)}")
        return value

    def _object(self, key: str, value: Any, required: Collection[str]) -> set[str]:
        if not isinstance(value, dict):
            raise self._wrong(key, "is not an object")
        for name in required:
            if value.get(name) is None:
                raise self._wrong(f"{key}.{name}".lstrip("."), "is missing")
        return set(required)

    def _only(self, key: str, value: Mapping[str, Any], known: Collection[str]) -> None:
        for name in value:
            if name not in known:
                there = ", ".join(sorted(known) if isinstance(known, set) else known)
                raise self._wrong(f"{key}.{name}".lstrip("."), f"is not a key here; there are: {there}")

    def _items(self, key: str, value: Mapping[str, Any]) -> Iterator[tuple[int, Any]]:
        found = value.get(key.rpartition(".")[2])
        return enumerate([] if found is None else self._list(key, found))

    def _list(self, key: str, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self._wrong(key, "is not an array")
        return value

    def _optional(
        self, name: str, value: Mapping[str, Any], read: Callable[[str, Any], Read], prefix: str = ""
    ) -> Read | None:
        return None if value.get(name) is None else read(prefix + name, value[name])

    def _wrong(self, key: str, sentence: str) -> Malformed:
        return Malformed(".".join(filter(None, (self.place, key))), sentence)


def _is_whole(value: Decimal, times: int) -> bool:
    """Exactly, not in the precision of a context: what that makes of a tiny number is another one."""
    _, digits, exponent = value.as_tuple()
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return isinstance(exponent, int) and exponent + zeros > -_DIGITS and Fraction(value) * times % 1 == 0
