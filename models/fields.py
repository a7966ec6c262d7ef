"""Domain types: how a text that people type or load becomes a value, what is refused, and how it is masked."""

import re
from datetime import UTC, tzinfo
from typing import Any

from sqlalchemy import Boolean, Date, Dialect, Enum, Integer, Numeric, String, Text
from sqlalchemy.types import TypeDecorator

from models import id_numbers, readers
from models.base import N_, UtcDateTime
from models.faults import Fault
from models.typed_texts import Cleaned, compacted, plain


class Domain(TypeDecorator[str]):
    """A text with rules of its own: `clean` judges and normalises, `mask` hides what not everybody may see."""

    impl = String
    cache_ok = True  # to be said again by each type below: SQLAlchemy does not take it from a base class
    input_type = "text"

    def clean(self, text: str) -> Cleaned:
        """The value of the text, as it is kept. Raises Fault with a sentence that names the text and what to do."""
        return Cleaned(text)

    def mask(self, value: str) -> str:
        """What is shown of the value to who may not see it."""
        return value

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """On PostgreSQL by code points, as SQLite sorts: a search for a beginning is then a range of the index."""
        length: int = self.impl_instance.length  # type: ignore[attr-defined]  # a String has a length
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(String(length, collation=collation))


_LOSSY = re.compile(r"[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+")
MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"(0(?:10|2[0-9]|[3-9][0-9]{2}))([0-9]{7,8})(?:-([0-9]{1,6}))?")
_ABROAD = re.compile(r"\+[1-9][0-9]{5,14}")
_COUNTRY = re.compile(r"(?:\+|00)86-?|86-?(?=1[3-9][0-9]{9}$)")
PLACEHOLDERS = frozenset({"18999999999", "1" * 18})  # what people write who know nothing


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
        compact = compacted(text)
        digits = compact.replace("-", "")
        if MOBILE.fullmatch(digits) and digits not in PLACEHOLDERS:
            return Cleaned(digits)
        _not_lossy(compact)
        compact = re.sub(r"[().·]", "", compact.removesuffix(".0"))
        if compact in PLACEHOLDERS:
            return Cleaned(None)
        at_home = _COUNTRY.sub("", compact, count=1).lstrip("-") if compact.startswith(("+86", "00", "86")) else compact
        if MOBILE.fullmatch(at_home.replace("-", "")):
            return Cleaned(at_home.replace("-", ""))
        is_international = at_home != compact and not at_home.startswith("0")
        area = "0" + at_home if is_international else at_home
        landline = _LANDLINE.fullmatch(area) or _LANDLINE.fullmatch(area.replace("-", "", 1))
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


_NO_ID = N_("%(value)s is not an ID number: it needs 17 digits and a digit or X, this has %(length)s characters")
_NO_ID_OF_15 = N_("%(value)s is an ID number of the kind with 15 digits: ask for the one with 18 characters")


class IdNumber(Domain):
    """A resident identity number of 18 characters; a wrong check character only warns."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(18)

    def clean(self, text: str) -> Cleaned:
        compact = compacted(text).upper()
        _not_lossy(compact)
        if compact in PLACEHOLDERS:
            return Cleaned(None)
        if not id_numbers.PLAIN.fullmatch(compact):
            sentence = _NO_ID_OF_15 if id_numbers.OF_OLD.fullmatch(compact) else _NO_ID
            raise Fault(sentence, value=text, length=len(compact))
        if not id_numbers.has_birth(compact):
            raise Fault(
                N_("%(value)s is not an ID number: %(birth)s in it is no birth date"),
                value=text,
                birth=compact[6:14],
            )
        if not id_numbers.is_sound(compact):
            return Cleaned(
                compact,
                [Fault(N_("The check character of ID number %(value)s does not fit: compare it"), value=text)],
            )
        return Cleaned(compact)

    def mask(self, value: str) -> str:
        return value[:4] + "*" * max(len(value) - 6, 4) + value[-2:]


class Code(Domain):
    """A short code such as `E1` or `3-2-1501`: letters, digits and - _ . / #, half-width."""

    cache_ok = True

    def __init__(self, length: int = 40) -> None:
        super().__init__(length)

    def clean(self, text: str) -> Cleaned:
        compact = compacted(text)
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
        found = re.fullmatch(r"([0-9]{1,2})[:时]([0-9]{2})(?::00|分)?", plain(text))
        hour, minute = (int(part) for part in found.groups()) if found else (99, 99)
        if minute > 59 or hour > 24 or (hour == 24 and minute):
            raise Fault(N_("%(value)s is not a time of day: write it like 09:00, the end of the day 24:00"), value=text)
        return Cleaned(f"{hour:02}:{minute:02}")


def parse(column_type: Any, text: str, zone: tzinfo = UTC, order: str | None = None) -> Cleaned:
    """The value of a text for a column of that type; Cleaned(None) for a blank one.

    Local moments are read in `zone`; `order` (dmy, mdy, ymd, serial) is the column's for days written in numbers.
    Raises Fault with a sentence that names the value and what to do.
    """
    text = text.strip()
    if "\x00" in text:
        raise Fault(N_("The value holds a NUL character: delete it"))
    if not text:
        return Cleaned(None)
    return reader_of(column_type)(column_type, text, zone, order)


def reader_of(column_type: Any) -> readers.Reader:
    """What reads a text without outer blanks for a column of that type; TypeError for a type that nobody types."""
    for kind, reader in _READERS:
        if isinstance(column_type, kind):
            return reader
    raise TypeError(f"no reader for {column_type!r}")


def _domain(kind: Domain, text: str, zone: tzinfo, order: str | None) -> Cleaned:
    cleaned = kind.clean(text)
    if cleaned.value is not None:
        readers.fits(cleaned.value, kind.impl_instance.length)  # type: ignore[attr-defined]  # a String has a length
    return cleaned if cleaned.value == text else Cleaned(cleaned.value, cleaned.warnings, is_changed=True)


_READERS: list[tuple[Any, readers.Reader]] = [
    (Domain, _domain),
    (Enum, readers.enum),
    (Boolean, readers.boolean),
    (UtcDateTime, readers.datetime),
    (Date, readers.date),
    (Integer, readers.integer),
    (Numeric, readers.number),
    (Text, readers.string),
    (String, readers.string),
]
