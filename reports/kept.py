"""Reading the kept counts: for whole estates; who reaches a part of one has it counted row by row.

A statement over spans is built once for as many time zones as there are; `span_values` says which estates are in
which, and from when to when.
"""

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, bindparam, or_

from models.rollup import Rollup
from reports.zones import Place, by_zone
from rules.permissions import Scope

rollup = Rollup.__table__.c

Bounds = Callable[[ZoneInfo], tuple[Any, Any]]


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
