"""A value as people read it: translated, in the estate's time, masked where the role may not see.

What turns a column's values into text is made once per page or file, so that a cell costs one call.
"""

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any

from flask import g, url_for
from flask_babel import get_locale
from sqlalchemy import Boolean, Date, Enum, Integer, Numeric

from models.base import N_, Base, Labelled, UtcDateTime, target, words
from models.fields import Domain
from reports.listing import Cell
from rules.permissions import Action
from views.access import may, sees_personal, zone_of
from views.kinds import kind_label, names_a_kind
from views.language import translate

YES, NO = N_("Yes"), N_("No")

Formatter = Callable[[Any, int | None], str]


def cell_text(value: Any, zone: tzinfo) -> str:
    """The text of a value; empty for None."""
    match value:
        case None:
            return ""
        case bool():
            return translate(YES if value else NO)
        case Labelled():
            return translate(value.label)
        case Cell():
            return value.title
        case datetime():
            return moment_text(value, zone)
        case date():
            return value.isoformat()
        case Decimal():
            return _number_text(value)
    return str(value)


def moment_text(moment: datetime, zone: tzinfo) -> str:
    """The moment to the minute, in the zone."""
    return moment.astimezone(zone).isoformat(" ", "minutes")[:16]  # three times as fast as strftime


def short_moments(moment: datetime) -> Formatter:
    """The function that turns moments into text for a list: as `moment_text`, the year said if it is another one."""
    zone, this_year = zones(), {}

    def text(value: Any, estate_id: int | None) -> str:
        if estate_id not in this_year:
            this_year[estate_id] = moment_text(moment, zone[estate_id])[:5]
        return moment_text(value, zone[estate_id]).removeprefix(this_year[estate_id])

    return text


def _number_text(number: Decimal) -> str:
    return f"{number.normalize():f}" if number else "0"


def is_masked(model: type[Base], column: Any, estate_id: int | None) -> bool:
    """Whether the person sees the column only masked in a row of that estate."""
    declared = words(column)
    return bool(declared and declared.personal) and not _sees_personal(model, estate_id)


def _sees_personal(model: type[Base], estate_id: int | None) -> bool:
    known: dict[tuple[type[Base], int | None], bool] = g.setdefault("sees_personal", {})
    if (model, estate_id) not in known:
        known[model, estate_id] = sees_personal(model, estate_id)
    return known[model, estate_id]


def masked(column: Any, value: str) -> str:
    """The value with what not everybody may see hidden."""
    kind = column.type
    return kind.mask(value) if isinstance(kind, Domain) else "*" * 6


class _Zones(dict[int | None, tzinfo]):
    """The zone of each estate, looked up when first asked for."""

    def __missing__(self, estate_id: int | None) -> tzinfo:
        self[estate_id] = zone_of(estate_id)
        return self[estate_id]


def zones() -> dict[int | None, tzinfo]:
    """The zones of the estates, by id, as far as the request needed them."""
    found: dict[int | None, tzinfo] = g.setdefault("cell_zones", _Zones())
    return found


def labels(members: type[Labelled]) -> dict[Labelled, str]:
    """The labels of a closed list in the language of the request."""
    return _labels(str(get_locale()), members)


@cache
def _labels(locale: str, members: type[Labelled]) -> dict[Labelled, str]:
    return {member: translate(member.label) for member in members}


def formatter(model: type[Base], column: Any) -> Formatter:
    """The function that turns the column's values into text, given the row's estate; made once per page."""
    declared = words(column)
    if names_a_kind(column):
        return _kind_text({})
    if declared is None or not declared.personal:
        return type_formatter(column)
    return lambda value, estate_id: _personal_text(model, column, value, estate_id)


def _kind_text(known: dict[str, str]) -> Formatter:
    def text(value: Any, estate_id: int | None) -> str:
        if value is None:
            return ""
        if value not in known:
            known[value] = kind_label(value)
        return known[value]

    return text


def _personal_text(model: type[Base], column: Any, value: Any, estate_id: int | None) -> str:
    if value is not None and is_masked(model, column, estate_id):
        return masked(column, str(value))
    return cell_text(value, zones()[estate_id])


def type_formatter(column: Any) -> Formatter:
    """As `formatter`, by the column's type alone."""
    kind = column.type
    if target(column) is not None:
        return _reference_text
    if isinstance(kind, Enum) and kind.enum_class is not None:
        known: dict[Any, str] = labels(kind.enum_class)  # type: ignore[arg-type]  # choice() has Labelled
        return lambda value, estate_id: known[value] if value in known else "" if value is None else str(value)
    if isinstance(kind, UtcDateTime):
        zone = zones()
        return lambda value, estate_id: "" if value is None else moment_text(value, zone[estate_id])
    if isinstance(kind, Boolean):
        answers = {True: translate(YES), False: translate(NO), None: ""}
        return lambda value, estate_id: answers[value]
    if isinstance(kind, Date):
        return lambda value, estate_id: "" if value is None else value.isoformat()
    if isinstance(kind, Numeric):
        return lambda value, estate_id: "" if value is None else cell_text(value, zones()[estate_id])
    return lambda value, estate_id: "" if value is None else str(value)


def _reference_text(value: Any, estate_id: int | None) -> str:
    """The title: of a reference with its row, or as a file takes it."""
    if isinstance(value, str):
        return value
    return value.title if isinstance(value, Cell) else "" if value is None else str(value)


def exported_columns(model: type[Base]) -> list[Any]:
    """The columns of an export: every declared one that is not secret."""
    return [column for column in model.__table__.columns if (found := words(column)) and not found.secret]


def file_formatter(model: type[Base], column: Any) -> Callable[[Any, int | None], str | int | Decimal]:
    """As `formatter`, but numbers stay numbers."""
    if target(column) is None and isinstance(column.type, Integer | Numeric):
        return lambda value, estate_id: value if value is not None else ""
    return formatter(model, column)


def reference_url(column: Any, cell: Cell) -> str | None:
    """The address of the row referred to, for those who may see its kind."""
    parent = target(column)
    if parent is None or parent.__entity__ is None or not may(parent, Action.SEE):
        return None
    return url_for(f"{parent.__entity__.name}.details_view", id=cell.id)
