"""How a text becomes a value of a column without rules of its own: choices, yes and no, numbers, dates, any text."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Enum, Integer, Numeric, String

from models.base import N_, Labelled, spellings
from models.dates import moment
from models.faults import Fault, Labels
from models.typed_texts import Cleaned, plain

LARGEST_INTEGER = 2**31 - 1
NO_CHOICE = N_("%(value)s is not one of the choices: %(choices)s")
NEITHER = N_("%(value)s is neither yes nor no: write 是 or 否")
_UNSEEN_ANYWHERE = {
    0x200B: None,
    0x2060: None,
    0xFEFF: None,
    0x00A0: " ",
    0x202F: " ",
}  # what a text of any script can lose


Reader = Callable[[Any, str, tzinfo, str | None], Cleaned]


def string(kind: String, text: str, zone: tzinfo, order: str | None) -> Cleaned:
    """A text without what nobody sees; one of nothing else is None."""
    seen = text if text.isprintable() else text.translate(_UNSEEN_ANYWHERE).strip()
    fits(seen, kind.length)
    return Cleaned(seen or None, is_changed=seen != text)


def fits(text: str, length: int | None) -> None:
    """Raises Fault for a text of more characters than `length`."""
    if length is not None and len(text) > length:
        raise Fault(
            N_("The text has %(length)s characters, %(limit)s at most are allowed: shorten it"),
            length=len(text),
            limit=length,
        )


def enum(kind: Enum, text: str, zone: tzinfo, order: str | None) -> Cleaned:
    """The choice that is spelt like this in any of its ways."""
    members: type[Labelled] = kind.enum_class  # type: ignore[assignment]  # choice() always has a class
    known = _known(members)
    for spelling in (text.lower(), plain(text).lower(), re.sub(r"\s", "", plain(text)).lower()):
        if spelling in known:
            return Cleaned(known[spelling])
    raise Fault(NO_CHOICE, value=text, choices=Labels(tuple(member.label for member in members)))


@cache
def _known(members: type[Labelled]) -> Mapping[str, Labelled]:
    return spellings(members)


_YES = {"1", "true", "t", "yes", "y", "on", "是", "有", "对", "√", "✓", "✔"}
_NO = {"0", "false", "f", "no", "n", "off", "否", "无", "没有", "不是", "×", "✗", "✘"}


def boolean(kind: Boolean, text: str, zone: tzinfo, order: str | None) -> Cleaned:
    """Yes or no, by any of the words for it."""
    if plain(text).lower() in _YES | _NO:
        return Cleaned(plain(text).lower() in _YES)
    raise Fault(NEITHER, value=text)


_WHOLE = re.compile(r"([+-]?(?:[0-9]{1,3}(?:,[0-9]{3}){1,5}|[0-9]{1,18}))(?:\.0*)?[层楼]?")


def integer(kind: Integer, text: str, zone: tzinfo, order: str | None) -> Cleaned:
    """A whole number, also with separators of thousands or a counting word."""
    found = _WHOLE.fullmatch(plain(text))
    if found is None:
        raise Fault(N_("%(value)s is not a whole number"), value=text)
    number = int(found[1].replace(",", ""))
    if abs(number) > LARGEST_INTEGER:
        raise Fault(N_("%(value)s is too large: %(limit)s is the largest number"), value=text, limit=LARGEST_INTEGER)
    return Cleaned(number, is_changed=not _PLAIN_NUMBER.fullmatch(text))


_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_DIGITS = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+"
_AMOUNT = re.compile(
    rf"(?:rmb|cny)?([+-]?)[¥$]?([+-]?)({_DIGITS})(e[+-]?[0-9]{{1,3}})?(?:元整?|圆|m2|m²|平方米|平米|平|rmb|cny)?",
    re.IGNORECASE,
)


def number(kind: Numeric[Any], text: str, zone: tzinfo, order: str | None) -> Cleaned:
    """A decimal number, rounded to the places of the column, also with a currency or a unit of area."""
    found = _AMOUNT.fullmatch(re.sub(r"\s", "", plain(text)))
    if found is None:
        raise Fault(N_("%(value)s is not a number"), value=text)
    number = Decimal((found[1] or found[2]) + found[3].replace(",", "") + (found[4] or ""))
    limit = 10 ** ((kind.precision or 18) - (kind.scale or 0))
    is_small = abs(number) < limit
    rounded = round(number, kind.scale or 0) if is_small else number
    if not is_small or abs(rounded) >= limit:
        raise Fault(N_("%(value)s is not a number below %(limit)s"), value=text, limit=limit)
    return Cleaned(rounded, is_changed=rounded != number or not _PLAIN_NUMBER.fullmatch(text))


_PLAIN_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]00:00(:00)?)?")
_PLAIN_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.0+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def date(kind: Any, text: str, zone: tzinfo, order: str | None) -> Cleaned:
    """The day that the text names."""
    return Cleaned(moment(plain(text), zone, order).date(), is_changed=not _PLAIN_DAY.fullmatch(text))


def datetime(kind: Any, text: str, zone: tzinfo, order: str | None) -> Cleaned:
    """The moment that the text names, in UTC; local ones are of `zone`."""
    is_changed = not (_PLAIN_MOMENT.fullmatch(text) or _PLAIN_DAY.fullmatch(text))
    return Cleaned(moment(plain(text), zone, order).astimezone(UTC), is_changed=is_changed)
