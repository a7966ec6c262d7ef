"""Who hears of what: the people of a ladder level or of a role in an estate, looked up in sets."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import Session

from models.account import Account, AccountEstate, AccountRole, Role
from models.ladder_level import LadderLevel
from models.standard import StandardSet
from operations.chunks import chunks
from rules.permissions import GRANTS, Reach

FALLBACK_SET = "default"  # whose levels hold for a set that has none of its own
AnyRow = Row[*tuple[Any, ...]]
_PERSON = (Account.id, Account.name, Account.email)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be told."""

    id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the ladder: the role told there, None at level 0; the minutes to answer in, if an answer is asked."""

    level: int
    role: Role | None
    acknowledge_minutes: int | None


Ladder = Sequence[Level]


def ladders(session: Session, set_ids: Collection[int | None]) -> Mapping[int | None, Ladder]:
    """The levels of those sets, lowest first; those of the default set where a set has none, or there is no set."""
    columns = (LadderLevel.standard_set_id, StandardSet.code, LadderLevel.level, LadderLevel.role)
    wanted = or_(StandardSet.code == FALLBACK_SET, StandardSet.id.in_({each for each in set_ids if each is not None}))
    statement = (
        select(*columns, LadderLevel.acknowledge_minutes)
        .join(StandardSet, StandardSet.id == LadderLevel.standard_set_id)
        .where(wanted)
        .order_by(LadderLevel.level)
    )
    own: dict[int | None, list[Level]] = defaultdict(list)
    fallback: list[Level] = []
    for row in session.execute(statement):
        level = Level(row.level, row.role, row.acknowledge_minutes)
        own[row.standard_set_id].append(level)
        if row.code == FALLBACK_SET:
            fallback.append(level)
    return {set_id: own.get(set_id) or fallback for set_id in {None, *set_ids}}


def of_roles(
    session: Session, roles: Collection[Role], estate_ids: Collection[int | None]
) -> Mapping[tuple[Role, int | None], list[Person]]:
    """By role and estate the active accounts that serve it; roles that reach every estate serve each, and None."""
    everywhere = {role for role in roles if GRANTS[role][0] is Reach.ALL}
    found: dict[tuple[Role, int | None], list[Person]] = defaultdict(list)
    statement = _people(AccountRole.role).join(AccountRole, AccountRole.account_id == Account.id)
    for role, *person in session.execute(statement.where(AccountRole.role.in_(everywhere))) if everywhere else ():
        for estate_id in {None, *estate_ids}:
            found[role, estate_id].append(Person(*person))
    serving = statement.add_columns(AccountEstate.estate_id).join(AccountEstate, AccountEstate.account_id == Account.id)
    served = {each for each in estate_ids if each is not None}
    bounds = (AccountRole.role.in_(set(roles) - everywhere), AccountEstate.estate_id.in_(served))
    for role, *person, estate_id in session.execute(serving.where(*bounds)) if set(roles) - everywhere else ():
        found[role, estate_id].append(Person(*person))
    return found


def of_staff(session: Session, staff_ids: Iterable[int | None]) -> Mapping[int | None, list[Person]]:
    """The active accounts of those members of staff."""
    found: dict[int | None, list[Person]] = defaultdict(list)
    for wanted in chunks({each for each in staff_ids if each is not None}):
        for staff_id, *person in session.execute(_people(Account.staff_id).where(Account.staff_id.in_(wanted))):
            found[staff_id].append(Person(*person))
    return found


def of_accounts(session: Session, account_ids: Iterable[int]) -> Mapping[int, Person]:
    """Those accounts, as far as they are active."""
    found: dict[int, Person] = {}
    for wanted in chunks(set(account_ids)):
        rows = session.execute(_people().where(Account.id.in_(wanted)))
        found |= {row.id: Person(*row) for row in rows}
    return found


def _people(*first: Any) -> Select[Any]:
    return select(*first, *_PERSON).where(Account.active).order_by(Account.id)
