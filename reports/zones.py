"""The estates of a report with their time zones, and periods that begin at each estate's own midnight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, false, literal, or_, select
from sqlalchemy.orm import Session

from models.estate import Estate
from operations.scope import conditions
from rules.months import Month
from rules.permissions import Scope


@dataclass(frozen=True, slots=True)
class Place:
    """An estate as a report names it."""

    id: int
    name: str
    zone: ZoneInfo

    def __hash__(self) -> int:
        return hash(self.id)  # a report looks places up thousands of times


def places(session: Session, scope: Scope, estate_id: int | None = None) -> list[Place]:
    """The estates within the scope by code, or the one asked for if it is among them."""
    rows = session.connection().execute(_estates(scope)).all()
    return [
        Place(row.id, f"{row.code} {row.name}", ZoneInfo(row.time_zone))
        for row in rows
        if estate_id is None or row.id == estate_id
    ]


@lru_cache(maxsize=256)
def _estates(scope: Scope) -> Select[int, str, str, str]:
    """The statement for the estates within the scope, made once."""
    columns = (Estate.id, Estate.code, Estate.name, Estate.time_zone)
    return select(*columns).where(*conditions(Estate, scope)).order_by(Estate.code)


def within(
    table: Any, moment: Any, found: Sequence[Place], bounds: Mapping[ZoneInfo, tuple[datetime, datetime]]
) -> ColumnElement[bool]:
    """That a row belongs to one of the estates and its moment lies within its zone's bounds, the end left out."""
    spans = [
        and_(table.c.estate_id.in_(ids), moment >= bounds[zone][0], moment < bounds[zone][1])
        for zone, ids in by_zone(found).items()
    ]
    return or_(false(), *spans)


def month_index(table: Any, moment: Any, found: Sequence[Place], months: Sequence[Month]) -> ColumnElement[Any]:
    """Which of the consecutive months the moment lies in, counted from 0, in the zone of the row's estate."""
    branches = [
        (table.c.estate_id.in_(ids), _index(moment, [month.end(zone) for month in months]))
        for zone, ids in by_zone(found).items()
    ]
    return case(*branches) if len(branches) > 1 else branches[0][1]


def by_zone(found: Sequence[Place]) -> dict[ZoneInfo, list[int]]:
    """The ids of the estates by their time zone: one in most companies."""
    ids: dict[ZoneInfo, list[int]] = {}
    for place in found:
        ids.setdefault(place.zone, []).append(place.id)
    return ids


def _index(moment: Any, ends: Sequence[datetime]) -> ColumnElement[Any]:
    return case(*((moment < end, literal(index)) for index, end in enumerate(ends)))
