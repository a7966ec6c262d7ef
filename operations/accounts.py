"""Accounts: invited, reset and deactivated; sessions that end in every worker; attempts counted for all of them."""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, bindparam, cast, delete, func, insert, select, update
from sqlalchemy.orm import Session

from models.account import Account, AccountBuilding, AccountEstate, AccountRole, Role, SignIn, SignInAttempt
from models.base import N_, Row, UtcDateTime
from models.faults import Fault
from operations.write import Author, Change, Delete, Insert, Refused, Stale, Update, write
from rules.permissions import GRANTS, Reach

ATTEMPT_WINDOW = timedelta(minutes=15)
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200  # hashing takes what it is given: an endless one would cost as much to refuse


@dataclass(frozen=True, slots=True)
class Grants:
    """What an account may be: its roles, and the estates and buildings that it serves, by id."""

    roles: Collection[Role]
    estates: Collection[int] = ()
    buildings: Collection[int] = ()


def fingerprint(secret: str) -> str:
    """What is kept of a token or an identity, so that the table gives nothing away."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_password() -> str:
    """A password to hand over once: 16 characters, none that look alike."""
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(16))


def create_account(
    session: Session,
    values: Mapping[str, Any],
    password_hash: str,
    *,
    roles: Collection[Role],
    estates: Collection[int] = (),
    buildings: Collection[int] = (),
    by: Author,
    at: datetime,
) -> int:
    """Add an account with its grants; returns its id. Refused when it has no role or the e-mail is taken."""
    _demand_grants(Grants(roles, estates, buildings))
    row = {**_written_small(values), "password": password_hash, "fs_uniquifier": secrets.token_hex(32)}
    (account_id,) = write(session, [Insert(Account, row)], by=by, at=at)
    write(session, _granting(session, account_id, Grants(roles, estates, buildings)), by=by, at=at)
    _keep_an_administrator(session)
    return account_id


def _written_small(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with the e-mail in small letters, so that one address is one account however it is typed."""
    return {**values, "email": values["email"].lower()} if values.get("email") else dict(values)


def _demand_grants(grants: Grants) -> None:
    """An account that would see nothing is a mistake: its person meets empty pages that say nothing."""
    reaches = {GRANTS[role][0] for role in grants.roles}
    if not reaches:
        raise Refused(Account, {"roles": Fault(N_("Choose at least one role"))})
    if reaches != {Reach.ALL} and not grants.estates:
        raise Refused(Account, {"estates": Fault(N_("Choose the estates that the person serves"))})
    if reaches == {Reach.BUILDINGS} and not grants.buildings:
        raise Refused(Account, {"buildings": Fault(N_("Choose the buildings that the butler serves"))})


def _granting(session: Session, account_id: int, grants: Grants) -> list[Change]:
    """The changes that make the account's roles, estates and buildings exactly these."""
    return [
        *_exactly(session, AccountRole, account_id, "role", set(grants.roles)),
        *_exactly(session, AccountEstate, account_id, "estate_id", set(grants.estates)),
        *_exactly(session, AccountBuilding, account_id, "building_id", set(grants.buildings)),
    ]


def _exactly(session: Session, model: type[Row], account_id: int, column: str, wanted: set[Any]) -> list[Change]:
    table = model.__table__
    rows = session.execute(
        select(table.columns["id"], table.columns[column]).where(table.columns["account_id"] == account_id)
    ).all()
    gone: list[Change] = [Delete(model, row_id) for row_id, value in rows if value not in wanted]
    present = {value for _, value in rows}
    return gone + [Insert(model, {"account_id": account_id, column: value}) for value in sorted(wanted - present)]


def edit_account(
    session: Session,
    account_id: int,
    values: Mapping[str, Any],
    *,
    grants: Grants | None = None,
    version: int | None,
    by: Author,
    at: datetime,
) -> None:
    """Change an account and, with `grants`, make its grants exactly these; deactivating it ends its sessions.

    The account's version counts changes of its grants too. Raises Stale, or Refused when it has no role.
    """
    if grants is not None:
        _demand_grants(grants)
    _lock_administrators(session)
    _demand_fresh(session, account_id, version)
    granting = _granting(session, account_id, grants) if grants is not None else []
    changed = Update(Account, account_id, _written_small(values), version, touch=bool(granting))
    write(session, [changed, *granting], by=by, at=at)
    _keep_an_administrator(session)
    if values.get("active") is False:
        end_sign_ins(session, account_id, at)


def set_password(session: Session, account_id: int, password_hash: str, *, by: Author, at: datetime) -> None:
    """Replace the password and end every session of the account."""
    values = {"password": password_hash, "fs_uniquifier": secrets.token_hex(32)}
    write(session, [Update(Account, account_id, values)], by=by, at=at)
    end_sign_ins(session, account_id, at)


def set_language(session: Session, account_id: int, language: str) -> None:
    """Word what is sent to the person in that language: a choice of their own, which leaves no history."""
    session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(language=language)
        .execution_options(synchronize_session=False)
    )


def _demand_fresh(session: Session, account_id: int, version: int | None) -> None:
    """Lock the account before its grants are compared; Stale if it is another one by now."""
    found = session.scalar(select(Account.version).where(Account.id == account_id).with_for_update())
    if found is None or version not in {None, found}:
        raise Stale(Account, [account_id])


def _lock_administrators(session: Session) -> None:
    """Who takes away another administrator waits, so that no two take away the last two at once."""
    has_role = select(AccountRole.account_id).where(AccountRole.role == Role.ADMINISTRATOR)
    statement = select(Account.id).where(Account.id.in_(has_role)).order_by(Account.id)
    session.execute(statement.with_for_update()).all()


def _keep_an_administrator(session: Session) -> None:
    """Somebody must be able to let people in."""
    statement = (
        select(func.count())
        .select_from(Account)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(AccountRole.role == Role.ADMINISTRATOR, Account.active)
    )
    accounts = session.scalar(select(func.count()).select_from(Account)) or 0
    if not session.scalar(statement) and accounts > 1:
        raise Refused(Account, {"roles": Fault(N_("One active administrator must remain"))})


def start_sign_in(session: Session, account_id: int, at: datetime, hours: int) -> str:
    """Open a session of the account; returns the token that the browser keeps."""
    token = secrets.token_urlsafe(32)
    row = {
        "token_hash": fingerprint(token),
        "account_id": account_id,
        "started_at": at,
        "expires_at": at + timedelta(hours=hours),
    }
    session.execute(insert(SignIn).values(row))
    session.execute(delete(SignIn).where(SignIn.expires_at < at - timedelta(days=90)))
    return token


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in, as of this request, with all that decides what they may see and do.

    Made for each request anew, so that a right that was taken away is gone with the next. The properties are those
    by which Flask-Login knows a person.
    """

    id: int
    email: str
    name: str
    staff_id: int | None
    fs_uniquifier: str
    roles_held: frozenset[Role]
    estate_ids: frozenset[int]
    building_ids: frozenset[int]
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        return self.fs_uniquifier


def _granted(model: type[Row], name: str) -> ColumnElement[str | None]:
    """What the account was granted of the kind, as one text."""
    columns = model.__table__.columns
    texts = func.aggregate_strings(cast(columns[name], String), ",")
    return select(texts).where(columns["account_id"] == Account.id).scalar_subquery()


_PERSON = (
    select(Account.id, Account.email, Account.name, Account.staff_id, Account.fs_uniquifier)
    .add_columns(
        _granted(AccountRole, "role").label("roles"),
        _granted(AccountEstate, "estate_id").label("estates"),
        _granted(AccountBuilding, "building_id").label("buildings"),
    )
    .where(Account.active)
)
# One statement, made once: every request of every person begins with it.
_SIGNED_IN = _PERSON.join(SignIn, SignIn.account_id == Account.id).where(
    SignIn.token_hash == bindparam("token_hash"),
    SignIn.ended_at.is_(None),
    SignIn.expires_at > bindparam("at", type_=UtcDateTime()),
)


def signed_in(session: Session, token: str, at: datetime) -> SignedIn | None:
    """Whose session the token opens; None when it is over, in whichever worker it ended, or the account inactive."""
    found = session.connection().execute(_SIGNED_IN, {"token_hash": fingerprint(token), "at": at}).one_or_none()
    return _person(found) if found is not None else None


def absent(session: Session, account_id: int) -> SignedIn | None:
    """The person in whose name a job works, with the rights of now; None when the account is not active any more."""
    found = session.execute(_PERSON.where(Account.id == account_id)).one_or_none()
    return _person(found) if found is not None else None


def _person(found: Any) -> SignedIn:
    return SignedIn(
        id=found.id,
        email=found.email,
        name=found.name,
        staff_id=found.staff_id,
        fs_uniquifier=found.fs_uniquifier,
        roles_held=frozenset(map(Role, _parts(found.roles))),
        estate_ids=frozenset(map(int, _parts(found.estates))),
        building_ids=frozenset(map(int, _parts(found.buildings))),
    )


def _parts(text: str | None) -> list[str]:
    return text.split(",") if text else []


def end_sign_in(session: Session, token: str, at: datetime) -> None:
    """End one session."""
    session.execute(
        update(SignIn).where(SignIn.token_hash == fingerprint(token), SignIn.ended_at.is_(None)).values(ended_at=at)
    )


def end_sign_ins(session: Session, account_id: int, at: datetime) -> None:
    """End every session of the account."""
    session.execute(
        update(SignIn).where(SignIn.account_id == account_id, SignIn.ended_at.is_(None)).values(ended_at=at)
    )


def is_throttled(session: Session, subjects: Mapping[str, int], at: datetime) -> bool:
    """Whether any subject (an identity, an address) has failed its allowed number of times in the last 15 minutes."""
    for subject, allowed in subjects.items():
        statement = select(func.count()).where(
            SignInAttempt.subject == fingerprint(subject), SignInAttempt.at > at - ATTEMPT_WINDOW
        )
        if (session.scalar(statement) or 0) >= allowed:
            return True
    return False


def record_failure(session: Session, subjects: Collection[str], at: datetime) -> None:
    """Count a failed attempt against each subject and forget the old ones."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < at - ATTEMPT_WINDOW))
    session.execute(insert(SignInAttempt), [{"subject": fingerprint(subject), "at": at} for subject in subjects])
