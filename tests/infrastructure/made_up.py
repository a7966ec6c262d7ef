"""Rows made up for any entity from its declaration: whatever its columns may hold, the awkward above all."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import Boolean, Date, Enum, Integer, Numeric, String, Text
from sqlalchemy.orm import Session

from importers.mapping.fields import fields
from models.base import Base, UtcDateTime, entity, target
from models.fields import ClockTime, Code, Email, IdNumber, Phone
from models.inspection import FindingState
from models.milestone import LimitUnit
from models.owner import Owner
from models.ownership import Ownership
from models.standard import LadderBasis
from models.unit import Unit
from operations.promises import adopting
from operations.write import Insert, write, writing
from tests.infrastructure.people import AT, BY, OWN, SHARED, Cast

AWKWARD = [
    "=1+1",
    "+86 10",
    "-1",
    "@x",
    "'x",
    "007",
    "1E5",
    "NA",
    "TRUE",
    "2026-01-02",
    "a;b|c",
    '"',
    "第1行\n第2行",
    "a\r\nb",
    "全角　，",
]
_numbers = count(1)  # so that no two rows of a run share a key

_TEXTS = st.sampled_from(AWKWARD) | st.text("=+-@'\",;|\t\n中é0 1a_", min_size=1, max_size=12)
# What the declaration does not tell of a column.
_SAID: Mapping[str, Mapping[str, st.SearchStrategy[Any]]] = {
    "buildings": {"floors": st.none() | st.integers(1, 200)},
    "units": {"area": st.none() | st.decimals("0.01", "99999999.99", places=2)},
    "estates": {"time_zone": st.sampled_from(["Asia/Shanghai", "America/New_York"])},
    "ownerships": {"until_on": st.none()},
    "findings": {
        "state": st.sampled_from([each for each in FindingState if each is not FindingState.VERIFIED]),
        "verified_on": st.none(),
    },
    "standard-sets": {"quiet_from": st.just("22:00"), "quiet_until": st.just("07:00")},
    "rules": {"unit": st.just(LimitUnit.HOURS), "value": st.integers(1, 99), "valid_to": st.none()},
    "ladder-rules": {
        "unit": st.just(LimitUnit.HOURS),
        "value": st.integers(1, 99),
        "valid_to": st.none(),
        "level": st.integers(1, 3),
        "basis": st.just(LadderBasis.OPEN_TIME),
        "milestone": st.none(),
    },
    "ladder-levels": {"level": st.builds(lambda: 10 + next(_numbers) % 90), "acknowledge_minutes": st.integers(1, 99)},
    "calendar-days": {"is_working": st.just(True), "valid_to": st.none()},
    "calendar-years": {"year": st.builds(lambda: 1900 + next(_numbers) % 100)},
    "service-windows": {"opens": st.just("08:00"), "closes": st.just("17:30"), "valid_to": st.none()},
}

_FILLED = {("ladder-levels", "role"), ("calendar-days", "as_weekday")}  # by a rule on the whole row


def row(model: type[Base]) -> st.SearchStrategy[dict[str, Any]]:
    """What a file may say of a row of the entity, references and keys apart."""
    names = [each.name for each in fields(model) if each.name in model.__table__.columns and each.parent is None]
    names += ["code", "entrance"] if model is Unit else []
    return st.fixed_dictionaries({name: _value(model, model.__table__.columns[name]) for name in names})


def add_rows(session: Session, cast: Cast, model: type[Base], rows: list[dict[str, Any]]) -> list[int]:
    """The rows with what they refer to, in the estate of the cast; returns their ids."""
    with adopting(session), writing(session):
        values = [_placed(session, cast, model, each) for each in rows]
        return write(session, [Insert(model, each) for each in values], by=BY, at=AT)


def _placed(session: Session, cast: Cast, model: type[Base], said: dict[str, Any]) -> dict[str, Any]:
    columns = model.__table__.columns
    parents = {column.name: target(column) for column in columns if target(column) is not None}
    there = {name: entity(parent).name for name, parent in parents.items() if parent is not None}
    places = {**cast.rows[SHARED], **cast.rows[OWN]}
    named = {name: places[kind] for name, kind in there.items() if kind in places}
    if model is Ownership:
        owner = {"estate_id": cast.id_of("estates"), "number": f"P-{next(_numbers)}", "name": "业主"}
        named["owner_id"] = write(session, [Insert(Owner, owner)], by=BY, at=AT)[0]
    kept = {name: value for name, value in said.items() if value is not None or columns[name].nullable}
    return named | kept


def _value(model: type[Base], column: Any) -> st.SearchStrategy[Any]:
    said = _SAID.get(entity(model).name, {}).get(column.name)
    if said is not None:
        return said
    found = _of_type(column.type, is_key=column.name in entity(model).key or column.name == "code")
    is_filled = not column.nullable or (entity(model).name, column.name) in _FILLED
    return found if is_filled else st.none() | found


def _of_type(kind: Any, *, is_key: bool) -> st.SearchStrategy[Any]:  # noqa: C901  # a table of types
    match kind:
        case Phone():
            return st.sampled_from(["13812345678", "010-12345678", "+447911123456", "0571-8765432-12"])
        case IdNumber():
            return st.sampled_from(["110101199003070038", "11010119900307002X", "000000190001010017"])
        case Email():
            return st.emails(domains=st.just("example.com"))
        case ClockTime():
            return st.sampled_from(["00:00", "09:05", "23:59"])
        case Code():
            return st.sampled_from(["007", "1E5", "A-1", "中/1", "_x.#", "1-2-0301"]).map(
                lambda text: f"{text}-{next(_numbers)}"
            )
        case Enum():
            return st.sampled_from(list(kind.enum_class))  # type: ignore[arg-type]  # choice() always has a class
        case Boolean():
            return st.booleans()
        case Integer():
            return st.integers(0, 99)
        case Numeric():
            return st.decimals("-999.99", "999.99", places=2)
        case Date() if is_key:
            return st.builds(lambda: date(1950, 1, 1) + timedelta(days=next(_numbers)))
        case Date():
            return st.dates(date(1950, 1, 1), date(2150, 1, 1))
        case UtcDateTime():
            return st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
        case Text() | String():
            longest = kind.length or 200
            texts = _TEXTS.map(lambda text: text.strip()[: longest - 8].strip() or "x")
            return texts.map(lambda text: f"{text}{next(_numbers)}") if is_key else texts
    raise TypeError(f"nothing made up for {kind!r}")
