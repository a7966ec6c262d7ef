"""Domain types: how a text that people type or load becomes a value, what is refused, and how it is masked."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Date, Dialect, Enum, Integer, Numeric, String, Text
from sqlalchemy.types import TypeDecorator

from models.base import N_, Labelled, UtcDateTime, spellings
from models.faults import Fault, Labels

LARGEST_INTEGER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A value made from a text, and what is to be said about it without refusing it."""

    value: Any
    warnings: list[Fault] = field(default_factory=list)


class Domain(TypeDecorator[str]):
    """A text with rules of its own: `clean` judges and normalises, `mask` hides what not everybody may see."""

    impl = String
    cache_ok = True  # to be said again by each type below: SQLAlchemy does not take it from a base class
    input_type = "text"

    def clean(self, text: str) -> Cleaned:
        return Cleaned(text)

    def mask(self, value: str) -> str:
        return value

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """On PostgreSQL by code points, as SQLite sorts: a search for a beginning is then a range of the index."""
        length: int = self.impl_instance.length  # type: ignore[attr-defined]  # a String has a length
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(String(length, collation=collation))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return value


_LOSSY = re.compile(r"[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"(0(?:10|2[0-9]|[3-9][0-9]{2}))([0-9]{7,8})(?:-([0-9]{1,6}))?")
_ABROAD = re.compile(r"\+[1-9][0-9]{5,14}")
_PLACEHOLDERS = {"18999999999", "1" * 18}


def plain(text: str) -> str:
    """Full-width forms made half-width, outer blanks dropped."""
    return unicodedata.normalize("NFKC", text).strip()


def _not_lossy(text: str) -> None:
    if _LOSSY.fullmatch(text):
        raise Fault(
            N_("%(value)s is a number in scientific notation and has lost digits: format the column as text"),
            value=text,
        )


class Phone(Domain):
    """A mobile of 11 digits, a landline with its area code, or a number with +country."""

    cache_ok = True
    input_type = "tel"

    def __init__(self) -> None:
        super().__init__(32)

    def clean(self, text: str) -> Cleaned:
        _not_lossy(plain(text))
        compact = re.sub(r"[\s()]", "", plain(text)).replace("—", "-")
        if compact in _PLACEHOLDERS:
            return Cleaned(None)
        digits = compact.removeprefix("+86").removeprefix("0086") if compact.startswith(("+86", "0086")) else compact
        digits = digits.lstrip("-")
        if _MOBILE.fullmatch(digits.replace("-", "")):
            return Cleaned(digits.replace("-", ""))
        landline = _LANDLINE.fullmatch(digits) or _LANDLINE.fullmatch(digits.replace("-", "", 1))
        if landline:
            return Cleaned("-".join(part for part in landline.groups() if part))
        if _ABROAD.fullmatch(compact.replace("-", "")):
            return Cleaned(compact.replace("-", ""))
        raise Fault(
            N_(
                "%(value)s is not a phone number: give 11 digits for a mobile, area code and number for a landline, "
                "or +country and number"
            ),
            value=text,
        )

    def mask(self, value: str) -> str:
        return value[:3] + "*" * max(len(value) - 7, 4) + value[-4:] if len(value) > 7 else "*" * len(value)


class IdNumber(Domain):
    """A resident identity number of 18 characters; a wrong check character only warns."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(18)

    def clean(self, text: str) -> Cleaned:
        compact = plain(text).replace(" ", "").upper()
        _not_lossy(compact)
        if compact in _PLACEHOLDERS:
            return Cleaned(None)
        if not re.fullmatch(r"[0-9]{17}[0-9X]", compact):
            raise Fault(
                N_(
                    "%(value)s is not an ID number: it needs 17 digits and a digit or X, this has %(length)s characters"
                ),
                value=text,
                length=len(compact),
            )
        try:
            born = date(int(compact[6:10]), int(compact[10:12]), int(compact[12:14]))
        except ValueError:
            born = None
        if born is None or not 1900 <= born.year <= 2099:
            raise Fault(
                N_("%(value)s is not an ID number: %(birth)s in it is no birth date"),
                value=text,
                birth=compact[6:14],
            )
        if _check_character(compact) != compact[17]:
            return Cleaned(
                compact,
                [Fault(N_("The check character of ID number %(value)s does not fit: compare it"), value=text)],
            )
        return Cleaned(compact)

    def mask(self, value: str) -> str:
        return value[:4] + "*" * max(len(value) - 6, 4) + value[-2:]


def _check_character(number: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11]


class Code(Domain):
    """A short code such as `E1` or `3-2-1501`: letters, digits and - _ . / #, half-width."""

    cache_ok = True

    def __init__(self, length: int = 40) -> None:
        super().__init__(length)

    def clean(self, text: str) -> Cleaned:
        compact = re.sub(r"\s+", "", plain(text)).replace("—", "-")
        if "+" in compact:  # 1E2 may be a code; 1.38E+10 is none
            _not_lossy(compact)
        if not re.fullmatch(r"[\w\-./#]+", compact):
            raise Fault(N_("%(value)s is not a code: only letters, digits and - _ . / # may stand in it"), value=text)
        return Cleaned(compact)


class Email(Domain):
    """An e-mail address."""

    cache_ok = True
    input_type = "email"

    def __init__(self) -> None:
        super().__init__(254)

    def clean(self, text: str) -> Cleaned:
        compact = plain(text)
        if not re.fullmatch(r"[^@\s,;]+@[^@\s,;]+\.[^@\s.,;]+", compact):
            raise Fault(N_("%(value)s is not an e-mail address: it needs a name, @ and a domain"), value=text)
        return Cleaned(compact)

    def mask(self, value: str) -> str:
        name, _, domain = value.partition("@")
        return f"{name[:1]}***@{domain}"


class ClockTime(Domain):
    """A time of day such as 09:00, to the minute; 24:00 is the end of the day."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(5)

    def clean(self, text: str) -> Cleaned:
        found = re.fullmatch(r"(\d{1,2})[:时](\d{2})分?", plain(text))
        hour, minute = (int(part) for part in found.groups()) if found else (99, 99)
        if minute > 59 or hour > 24 or (hour == 24 and minute):
            raise Fault(N_("%(value)s is not a time of day: write it like 09:00, the end of the day 24:00"), value=text)
        return Cleaned(f"{hour:02}:{minute:02}")


def parse(column_type: Any, text: str, zone: tzinfo = UTC) -> Cleaned:
    """The value of a text for a column of that type; Cleaned(None) for a blank one.

    Local moments are read in `zone`. Raises Fault with a sentence that names the value and what to do.
    """
    text = text.strip()
    if "\x00" in text:
        raise Fault(N_("The value holds a NUL character: delete it"))
    if not text:
        return Cleaned(None)
    for kind, reader in _READERS:
        if isinstance(column_type, kind):
            return reader(column_type, text, zone)
    raise TypeError(f"no reader for {column_type!r}")


def _domain(kind: Domain, text: str, zone: tzinfo) -> Cleaned:
    cleaned = kind.clean(text)
    if cleaned.value is not None:
        _fits(cleaned.value, kind.impl_instance.length)  # type: ignore[attr-defined]  # a String has a length
    return cleaned


def _string(kind: String, text: str, zone: tzinfo) -> Cleaned:
    _fits(text, kind.length)
    return Cleaned(text)


def _fits(text: str, length: int | None) -> None:
    if length is not None and len(text) > length:
        raise Fault(
            N_("The text has %(length)s characters, %(limit)s at most are allowed: shorten it"),
            length=len(text),
            limit=length,
        )


def _enum(kind: Enum, text: str, zone: tzinfo) -> Cleaned:
    members: type[Labelled] = kind.enum_class  # type: ignore[assignment]  # choice() always has a class
    known = _known(members)
    if text.lower() not in known:
        raise Fault(
            N_("%(value)s is not one of the choices: %(choices)s"),
            value=text,
            choices=Labels(tuple(member.label for member in members)),
        )
    return Cleaned(known[text.lower()])


@cache
def _known(members: type[Labelled]) -> Mapping[str, Labelled]:
    return spellings(members)


_YES = {"1", "true", "yes", "y", "是", "有", "on"}
_NO = {"0", "false", "no", "n", "否", "无"}


def _boolean(kind: Boolean, text: str, zone: tzinfo) -> Cleaned:
    if plain(text).lower() in _YES | _NO:
        return Cleaned(plain(text).lower() in _YES)
    raise Fault(N_("%(value)s is neither yes nor no: write 是 or 否"), value=text)


def _integer(kind: Integer, text: str, zone: tzinfo) -> Cleaned:
    compact = plain(text).removesuffix(".0")
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", compact):
        raise Fault(N_("%(value)s is not a whole number"), value=text)
    if abs(int(compact)) > LARGEST_INTEGER:
        raise Fault(N_("%(value)s is too large: %(limit)s is the largest number"), value=text, limit=LARGEST_INTEGER)
    return Cleaned(int(compact))


def _number(kind: Numeric[Any], text: str, zone: tzinfo) -> Cleaned:
    compact = plain(text).replace(",", "").lstrip("￥¥")
    try:
        number = Decimal(compact)
    except InvalidOperation:
        raise Fault(N_("%(value)s is not a number"), value=text) from None
    limit = 10 ** ((kind.precision or 18) - (kind.scale or 0))
    is_small = number.is_finite() and abs(number) < limit
    rounded = round(number, kind.scale or 0) if is_small else number
    if not is_small or abs(rounded) >= limit:
        raise Fault(N_("%(value)s is not a number below %(limit)s"), value=text, limit=limit)
    return Cleaned(rounded)


_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_CLOCK = re.compile(r"(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:\.\d+)?秒?)?分?")


def _date(kind: Any, text: str, zone: tzinfo) -> Cleaned:
    return Cleaned(_moment(text, zone).date())


def _datetime(kind: Any, text: str, zone: tzinfo) -> Cleaned:
    return Cleaned(_moment(text, zone).astimezone(UTC))


def _moment(text: str, zone: tzinfo) -> datetime:
    compact = plain(text)
    try:
        if re.search(r"(Z|[+-]\d\d:?\d\d)$", compact) and "T" in compact:
            moment = datetime.fromisoformat(compact)
            if not 1900 <= moment.year <= 2199:
                raise ValueError
            return moment
        day = _DATE.match(compact)
        rest = compact[day.end() :].lstrip("T ") if day else ""
        clock = _CLOCK.fullmatch(rest) if rest else None
        if day is None or (rest and clock is None):
            raise ValueError
        hour, minute, second = (int(part or 0) for part in clock.groups()) if clock else (0, 0, 0)
        year, month, day_of_month = (int(part) for part in day.groups())
        if not 1900 <= year <= 2199:
            raise ValueError
        return datetime(year, month, day_of_month, hour, minute, second, tzinfo=zone)
    except ValueError:
        raise Fault(N_("%(value)s is not a date: write it like 2026-11-01"), value=text) from None


_READERS: list[tuple[Any, Callable[[Any, str, tzinfo], Cleaned]]] = [
    (Domain, _domain),
    (Enum, _enum),
    (Boolean, _boolean),
    (UtcDateTime, _datetime),
    (Date, _date),
    (Integer, _integer),
    (Numeric, _number),
    (Text, _string),
    (String, _string),
]
