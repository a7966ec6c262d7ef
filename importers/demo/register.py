"""The demo's estates, staff, buildings, units and owners: loaded by the importer, and read back."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.demo.files import FOLDER, lines
from importers.loading.committing import commit
from importers.loading.staging import preview
from models.building import Building
from models.estate import Estate
from models.owner import Owner
from models.ownership import Ownership, OwnershipRole
from models.staff import Staff, StaffRole
from models.unit import Unit
from operations.calendar_seeds import seed_calendars
from operations.calendars import opening_calendars
from operations.standards import load_standards
from operations.write import Author, writing

_OF_THE_COMPANY = {
    "service-hours": "service-hours.csv",
    "service-windows": "service-windows.csv",
    "regions": "regions.csv",
    "estates": "estates.csv",
    "staff": "staff-HQ.csv",
}
_OF_AN_ESTATE = ("staff", "buildings", "units", "owners", "ownerships")  # in the order in which they need each other


@dataclass(frozen=True, slots=True)
class Block:
    """A building with the pair that serves it."""

    id: int
    code: str
    butler_id: int
    engineer_id: int


@dataclass(frozen=True, slots=True)
class Home:
    """A unit and one who lives in it or owns it."""

    unit_id: int
    code: str
    entrance: str
    floor: int
    block: Block
    owner_id: int
    owner_number: str
    phone: str | None
    owner_name: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """An estate as the demo needs it: `staff` by post, HQ's included, each in the order of their numbers."""

    id: int
    code: str
    zone: ZoneInfo
    standard_set_id: int | None
    homes: Sequence[Home]
    staff: Mapping[StaffRole, Sequence[int]]
    calendar_id: int | None = None
    service_hours_id: int | None = None

    def person(self, *posts: StaffRole) -> int:
        """The first who holds one of the posts."""
        return next(self.staff[post][0] for post in posts if self.staff[post])


def estate_codes() -> list[str]:
    return [line["小区编码"] for line in lines("estates.csv")]


def load_register(session: Session, by: Author, at: datetime) -> Counter[str]:
    """Load standards, calendars and the files, as anybody may load theirs; returns how many rows are new, by kind."""
    with writing(session):
        load_standards(session, by, at)
        seed_calendars(session, by, at)
    loaded: Counter[str] = Counter()
    for name, file_name in _OF_THE_COMPANY.items():
        loaded[name] += _load(session, file_name, name, None, by, at)
    for code in estate_codes():
        estate_id = session.scalars(select(Estate.id).where(Estate.code == code)).one()
        for name in _OF_AN_ESTATE:
            loaded[name] += _load(session, f"{name}-{code}.csv", name, estate_id, by, at)
    return loaded


def _load(session: Session, file_name: str, entity_name: str, estate_id: int | None, by: Author, at: datetime) -> int:
    batch_id = preview(session, FOLDER / file_name, file_name, entity_name, estate_id, by, at)
    counts = commit(session, batch_id, by, at, all_or_nothing=True)
    if not counts.is_loaded:
        raise RuntimeError(f"{file_name}: {counts.refused} lines refused")
    return counts.new


def read_sites(session: Session) -> list[Site]:
    """The demo's estates with all that lives and works in them."""
    statement = select(Estate).where(Estate.code.in_(estate_codes())).order_by(Estate.code)
    return [_site(session, estate) for estate in session.scalars(statement)]


def _site(session: Session, estate: Estate) -> Site:
    return Site(
        estate.id,
        estate.code,
        ZoneInfo(estate.time_zone),
        estate.standard_set_id,
        sorted(_homes(session, estate.id), key=lambda home: (home.code, home.owner_number)),
        _staff(session, estate.id),
        *opening_calendars(session, estate.id),
    )


def _homes(session: Session, estate_id: int) -> Iterable[Home]:
    blocks = _blocks(session, estate_id)
    statement = (
        select(Unit.id, Unit.code, Unit.entrance, Unit.floor, Unit.building_id)
        .add_columns(Owner.id.label("owner_id"), Owner.number, Owner.phone, Owner.name)
        .join(Ownership, Ownership.unit_id == Unit.id)
        .join(Owner, Owner.id == Ownership.owner_id)
        .where(Unit.estate_id == estate_id, Ownership.until_on.is_(None))
        .where(Ownership.role != OwnershipRole.FAMILY)
    )
    for row in session.execute(statement):
        block = blocks[row.building_id]
        place = (row.id, row.code, row.entrance or "1", row.floor or 1, block)
        yield Home(*place, row.owner_id, row.number, row.phone, row.name)


def _blocks(session: Session, estate_id: int) -> dict[int, Block]:
    columns = (Building.id, Building.code, Building.butler_id, Building.engineer_id)
    rows = session.execute(select(*columns).where(Building.estate_id == estate_id))
    return {
        row.id: Block(row.id, row.code, row.butler_id, row.engineer_id)
        for row in rows
        if row.butler_id is not None and row.engineer_id is not None
    }


def _staff(session: Session, estate_id: int) -> Mapping[StaffRole, Sequence[int]]:
    own = (Staff.estate_id == estate_id) | Staff.estate_id.is_(None)
    found: dict[StaffRole, list[int]] = defaultdict(list)
    for _, role, staff_id in sorted(session.execute(select(Staff.number, Staff.role, Staff.id).where(own))):
        found[role].append(staff_id)
    return found
