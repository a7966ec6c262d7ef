"""Reading the kept counts: for whole estates; who reaches a part of one has it counted row by row.

What was read stays in the worker's memory under the marks of its estates (`operations.rollups` draws one anew in every
transaction that changes what they count): as long as these stand, reading again would give the same.

A statement over spans is built once for as many time zones as there are; `span_values` says which estates are in
which, and from when to when.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from models.rollup import Report, Rollup
from reports.zones import Place, by_zone
from rules.permissions import Scope

rollup = Rollup.__table__.c

Bounds = Callable[[ZoneInfo], tuple[Any, Any]]
Marks = Mapping[int, int]
Build = Callable[[int], Select[Any]]

# Made once: to build it costs more than to run it.
_MARKS = select(rollup.estate_id, rollup.total).where(
    rollup.report == Report.STANDING, rollup.estate_id.in_(bindparam("ids", expanding=True))
)
_MOST_READ = 64
_read: OrderedDict[Hashable, Sequence[Any]] = OrderedDict()


def is_whole(scope: Scope) -> bool:
    """Whether all of each estate within the scope is, so that the counts of the estates are those of the scope."""
    return scope.buildings is None and scope.staff_id is None


def within_spans(estate_id: Any, moment: Any, zones: int) -> ColumnElement[bool]:
    """That a row is of an estate and its day or moment within the span of the estate's zone, both ends included."""
    spans = [
        and_(
            estate_id.in_(bindparam(f"estates_{number}", expanding=True)),
            moment >= bindparam(f"first_{number}"),
            moment <= bindparam(f"last_{number}"),
        )
        for number in range(zones)
    ]
    return or_(*spans)


def span_values(places: Sequence[Place], bounds: Bounds) -> tuple[int, dict[str, Any]]:
    """How many zones the estates are in, and what `within_spans` is to be filled with."""
    values: dict[str, Any] = {}
    zones = by_zone(places)
    for number, (zone, estate_ids) in enumerate(zones.items()):
        first, last = bounds(zone)
        values |= {f"estates_{number}": estate_ids, f"first_{number}": first, f"last_{number}": last}
    return len(zones), values


def marks(session: Session, places: Sequence[Place]) -> Marks:
    """The mark of each estate, 0 where there never was a ticket. To be read before what is counted: a count may be
    newer than its mark, never older.
    """
    found = dict(session.connection().execute(_MARKS, {"ids": [place.id for place in places]}).all())
    return {place.id: found.get(place.id, 0) for place in places}


def rows(session: Session, build: Build, places: Sequence[Place], bounds: Bounds) -> Sequence[Any]:
    """What the statement finds over the spans of the places."""
    zones, values = span_values(places, bounds)
    return session.connection().execute(build(zones), values).all()


def kept_rows(session: Session, build: Build, places: Sequence[Place], bounds: Bounds, marked: Marks) -> Sequence[Any]:
    """As `rows`, of counts that the marks stand for: read again only when one of them has changed."""
    spans = tuple((zone.key, *bounds(zone)) for zone in by_zone(places))
    key = (str(session.get_bind().engine.url), build, spans, tuple(marked.items()))
    if (found := _read.get(key)) is None:
        found = _read[key] = rows(session, build, places, bounds)
        while len(_read) > _MOST_READ:
            _read.popitem(last=False)
    return found
