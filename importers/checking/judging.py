"""One field of a file: from its texts to values, each different text judged once, plain ones by a glance."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Date, Enum, String, Text

from importers.checking.repairs import after, before
from importers.mapping.fields import Field
from importers.mapping.headings import Mapping
from importers.settings import Repair
from models import id_numbers
from models.base import UtcDateTime
from models.dates import possible_orders
from models.faults import Fault
from models.fields import MOBILE, PLACEHOLDERS, Code, Email, IdNumber, Phone, parse
from models.typed_texts import Cleaned, plain

REMEMBERED = 20_000  # texts of a field whose judgement is kept

_PLAIN_EMAIL = re.compile(r"[A-Za-z0-9_.+-]{1,60}@[A-Za-z0-9-]{1,60}\.[A-Za-z0-9.-]{0,60}[A-Za-z0-9-]")


class Verdict(NamedTuple):
    """A judgement that has more to say than the value."""

    value: Any = None
    fault: Fault | None = None
    warnings: Sequence[Fault] = ()
    became: str | None = None  # the value as text, where it is written otherwise than the cell


class Judge(dict[str, Any]):
    """The values of a field by their texts, a Verdict where there is more to say. Forgets when it knows too many.

    `evidence` counts the different texts that leave no doubt in which order the column names day and month.
    """

    def __init__(self, column: Field, mapping: Mapping, repairs: Sequence[Repair], zone: tzinfo) -> None:
        super().__init__()
        self.column, self.zone = column, zone
        self.order = mapping.date_orders.get(column.name)
        self.evidence: Counter[str] = Counter()
        self._before = before(repairs, column.name, mapping.values.get(column.name))
        self._after = after(repairs, column.name)
        self._is_dated = isinstance(column.type, Date | UtcDateTime) and column.parent is None
        self._glance = _glance(column) if self._before is None else None

    def of_all(self, texts: Sequence[str]) -> list[Any]:
        """A value, None or a Verdict for each text."""
        return self._glance(texts, self) if self._glance is not None else [self[text] for text in texts]

    def __missing__(self, text: str) -> Any:
        found = self._judged(text)
        if len(self) >= REMEMBERED:
            self.clear()
        self[text] = found
        return found

    def _judged(self, text: str) -> Any:
        changed = self._before(text) if self._before is not None else text
        if self._is_dated and len(orders := possible_orders(plain(changed))) == 1:
            self.evidence[min(orders)] += 1
        try:
            cleaned = self._read(changed)
        except Fault as fault:
            return self._repaired(changed) or Verdict(fault=fault)
        return self._said(cleaned, is_repaired=changed is not text and self._is_new(text, changed))

    def _is_new(self, text: str, changed: str) -> bool:
        """Whether a repair changed the text; a word read as a choice is none."""
        return changed.strip() != text.strip() and not isinstance(self.column.type, Enum | Boolean)

    def _repaired(self, text: str) -> Verdict | None:
        for change in self._after:
            changed = change(text)
            try:
                cleaned = self._read(changed)
            except Fault:
                continue
            return Verdict(cleaned.value, None, cleaned.warnings, self._as_text(cleaned.value))
        return None

    def _read(self, text: str) -> Cleaned:
        if self.column.parent is None:
            return parse(self.column.type, text, self.zone, self.order)
        seen = plain(parse(_ANY_TEXT, text).value or "")
        return Cleaned(seen or None)

    def _said(self, cleaned: Cleaned, *, is_repaired: bool) -> Any:
        is_changed = cleaned.is_changed or is_repaired
        if not is_changed and not cleaned.warnings:
            return cleaned.value
        became = self._as_text(cleaned.value) if is_changed else None
        return Verdict(cleaned.value, None, cleaned.warnings, became)

    def _as_text(self, value: Any) -> str:
        if isinstance(value, datetime):
            return value.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")
        return "" if value is None else str(value)


_ANY_TEXT = String()

Glance = Callable[[Sequence[str], Judge], list[Any]]


def _glance(column: Field) -> Glance | None:
    """What sees at once that a text is its own value, and asks the judge about all others; None for types without."""
    kind = column.type
    if column.parent is not None:
        return None
    if isinstance(kind, Phone):
        return _phones
    if isinstance(kind, IdNumber):
        return _id_numbers
    if isinstance(kind, Email):
        return _emails
    if isinstance(kind, Code):
        length: int = kind.impl_instance.length  # type: ignore[attr-defined]  # a String has a length
        return _codes(length)
    if type(kind) in {String, Text}:
        return _strings(kind.length or 2**31)
    return None


def _phones(texts: Sequence[str], judge: Judge) -> list[Any]:
    is_plain = MOBILE.fullmatch
    return [text if is_plain(text) and text not in PLACEHOLDERS else judge[text] for text in texts]


def _id_numbers(texts: Sequence[str], judge: Judge) -> list[Any]:
    is_plain = id_numbers.PLAIN.fullmatch
    return [text if is_plain(text) and id_numbers.is_sound(text) else judge[text] for text in texts]


def _emails(texts: Sequence[str], judge: Judge) -> list[Any]:
    is_plain = _PLAIN_EMAIL.fullmatch
    return [text if is_plain(text) else judge[text] for text in texts]


def _codes(length: int) -> Glance:
    is_plain = re.compile(rf"[A-Za-z0-9_\-./#]{{1,{length}}}").fullmatch

    def glance(texts: Sequence[str], judge: Judge) -> list[Any]:
        return [text if is_plain(text) else judge[text] for text in texts]

    return glance


def _strings(length: int) -> Glance:
    def glance(texts: Sequence[str], judge: Judge) -> list[Any]:
        return [(text.strip() or None) if len(text) <= length and text.isprintable() else judge[text] for text in texts]

    return glance
