"""Who reports, and from where: units, owners, buildings and estates by the code, phone or name that is said."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, aliased

from models.building import Building
from models.estate import Estate
from models.faults import Fault
from models.fields import Phone
from models.owner import Owner
from models.ownership import Ownership, OwnershipRole
from models.staff import Staff
from models.typed_texts import plain
from models.unit import Unit
from operations.scope import conditions
from reports.listing import starts_with
from rules.permissions import Scope

_TOKEN = re.compile(r"(?P<kind>u|o|b|e)(?P<id>[0-9]{1,18})(?:o(?P<owner>[0-9]{1,18}))?")
_BUTLER, _ENGINEER = aliased(Staff), aliased(Staff)
_IS_CURRENT = Ownership.until_on.is_(None)

Bounds = list[ColumnElement[bool]]
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Caller:
    """A place and, where known, the person: what a report is about, and whom its building proposes."""

    estate_id: int
    estate_code: str
    estate_name: str
    building_id: int | None = None
    building_code: str | None = None
    building_name: str | None = None
    butler_name: str | None = None
    engineer_name: str | None = None
    unit_id: int | None = None
    unit_code: str | None = None
    owner_id: int | None = None
    owner_name: str | None = None
    phone: str | None = None
    role: OwnershipRole | None = None

    @property
    def token(self) -> str:
        """What a form sends back for it: u12o5, u12, o5, b3 or e1."""
        if self.unit_id is None and self.owner_id is None:
            return f"b{self.building_id}" if self.building_id is not None else f"e{self.estate_id}"
        unit = "" if self.unit_id is None else f"u{self.unit_id}"
        return unit + ("" if self.owner_id is None else f"o{self.owner_id}")


def callers(session: Session, said: str, scope: Scope, limit: int = 12) -> list[Caller]:
    """Whom and what the words fit, exact codes and phones first: an owner once for each unit, a unit for each owner."""
    words = plain(said)
    if not words or "\x00" in words:
        return []
    codes = {words, words.upper()}
    named = or_(Owner.name.icontains(words, autoescape=True), starts_with(Owner.number, words))
    statements = [
        _units(scope, [Unit.code.in_(codes)]),
        _owners(scope, _has_phone(words) or [Owner.number.in_(codes)]),
        *_places(scope, words),
        _units(scope, [starts_with(Unit.code, words), Unit.code.not_in(codes)]),
        _owners(scope, [named]),
    ]
    found: dict[str, Caller] = {}
    for statement in statements:
        if len(found) < limit:
            found |= {caller.token: caller for caller in _fetched(session, statement.limit(limit))}
    return list(found.values())[:limit]


def caller_of(session: Session, token: str, scope: Scope) -> Caller | None:
    """The caller of that token, if it is one and within the scope."""
    match = _TOKEN.fullmatch(token)
    if match is None or (match["owner"] and match["kind"] != "u"):
        return None
    row_id, owner_id = int(match["id"]), int(match["owner"] or 0)
    match match["kind"]:
        case "u" if owner_id:
            return next(_fetched(session, _units(scope, [Unit.id == row_id, Owner.id == owner_id])), None)
        case "u":
            found = next(_fetched(session, _units(scope, [Unit.id == row_id]).limit(1)), None)
            return found and replace(found, owner_id=None, owner_name=None, phone=None, role=None)
        case "o":
            found = next(_fetched(session, _owners(scope, [Owner.id == row_id]).limit(1)), None)
            return found and _without_unit(found)
        case "b":
            return next(_fetched(session, _buildings(scope, [Building.id == row_id])), None)
    return next(_fetched(session, _estates(scope, [Estate.id == row_id])), None)


def callers_of_unit(session: Session, unit_id: int, scope: Scope) -> list[Caller]:
    """The unit with each of those who own or live in it now."""
    return list(_fetched(session, _units(scope, [Unit.id == unit_id])))


def callers_of_owner(session: Session, owner_id: int, scope: Scope) -> list[Caller]:
    """The owner with each unit that is theirs now."""
    return list(_fetched(session, _owners(scope, [Owner.id == owner_id])))


def _fetched(session: Session, statement: AnySelect) -> Iterator[Caller]:
    return (Caller(**row._asdict()) for row in session.execute(statement))


def _without_unit(caller: Caller) -> Caller | None:
    """The owner alone; nobody once units are theirs, since then one of these is meant."""
    return caller if caller.unit_id is None else None


def _has_phone(words: str) -> Bounds:
    try:
        phone = Phone().clean(words).value
    except Fault:
        return []
    return [or_(Owner.phone == phone, Owner.other_phone == phone)] if phone else []


def _pairs() -> tuple[Any, ...]:
    return (
        *_place_columns(),
        Unit.id.label("unit_id"),
        Unit.code.label("unit_code"),
        Owner.id.label("owner_id"),
        Owner.name.label("owner_name"),
        Owner.phone,
        Ownership.role,
    )


def _place_columns() -> tuple[Any, ...]:
    return (
        Estate.id.label("estate_id"),
        Estate.code.label("estate_code"),
        Estate.name.label("estate_name"),
        Building.id.label("building_id"),
        Building.code.label("building_code"),
        Building.name.label("building_name"),
        _BUTLER.name.label("butler_name"),
        _ENGINEER.name.label("engineer_name"),
    )


def _units(scope: Scope, bounds: Bounds) -> AnySelect:
    statement = (
        select(*_pairs())
        .select_from(Unit)
        .join(Estate, Estate.id == Unit.estate_id)
        .join(Building, Building.id == Unit.building_id)
        .outerjoin(Ownership, and_(Ownership.unit_id == Unit.id, _IS_CURRENT))
        .outerjoin(Owner, Owner.id == Ownership.owner_id)
    )
    return _with_staff(statement).where(*bounds, *conditions(Unit, scope)).order_by(Unit.code, Ownership.id)


def _owners(scope: Scope, bounds: Bounds) -> AnySelect:
    statement = (
        select(*_pairs())
        .select_from(Owner)
        .join(Estate, Estate.id == Owner.estate_id)
        .outerjoin(Ownership, and_(Ownership.owner_id == Owner.id, _IS_CURRENT))
        .outerjoin(Unit, Unit.id == Ownership.unit_id)
        .outerjoin(Building, Building.id == Unit.building_id)
    )
    # Who serves buildings takes reports from these only, not from the owner's other units.
    units = conditions(Unit, scope) if scope.buildings is not None else []
    bounded = _with_staff(statement).where(*bounds, *conditions(Owner, scope), *units)
    return bounded.order_by(Owner.name, Owner.id, Unit.code)


def _places(scope: Scope, words: str) -> list[AnySelect]:
    return [
        _buildings(scope, [or_(Building.code == words, Building.name.contains(words, autoescape=True))]),
        _estates(scope, [or_(Estate.code == words, Estate.name.contains(words, autoescape=True))]),
    ]


def _buildings(scope: Scope, bounds: Bounds) -> AnySelect:
    statement = select(*_place_columns()).select_from(Building).join(Estate, Estate.id == Building.estate_id)
    return _with_staff(statement).where(*bounds, *conditions(Building, scope)).order_by(Building.code)


def _estates(scope: Scope, bounds: Bounds) -> AnySelect:
    """None for somebody who serves buildings: a report of a whole estate would be out of their sight."""
    columns = (Estate.id.label("estate_id"), Estate.code.label("estate_code"), Estate.name.label("estate_name"))
    wanted = [Estate.id.is_(None)] if scope.buildings is not None else [*bounds, *conditions(Estate, scope)]
    return select(*columns).where(*wanted).order_by(Estate.code)


def _with_staff(statement: AnySelect) -> AnySelect:
    return statement.outerjoin(_BUTLER, _BUTLER.id == Building.butler_id).outerjoin(
        _ENGINEER, _ENGINEER.id == Building.engineer_id
    )
