"""The demo's accounts: one for each role."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.demo.files import lines
from models.account import Account, Role
from models.building import Building
from models.estate import Estate
from models.staff import Staff
from operations.accounts import create_account, new_password
from operations.write import Author


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Who signs in, as what, for which estates and buildings (by code), and as which member of staff (by number)."""

    email: str
    name: str
    role: Role
    estates: tuple[str, ...]
    buildings: tuple[str, ...]
    staff_number: str | None


@dataclass(frozen=True, slots=True)
class SignIn:
    """An account that was made, with its password to hand over once."""

    account: DemoAccount
    password: str


@dataclass(frozen=True, slots=True)
class Doer:
    """An account as the author of what was done, and the member of staff behind it."""

    account_id: int
    staff_id: int | None


def demo_accounts() -> list[DemoAccount]:
    """One account for each role."""
    return [
        DemoAccount(
            line["email"],
            line["name"],
            Role(line["role"]),
            tuple(line["estates"].split()),
            tuple(line["buildings"].split()),
            line["staff_number"] or None,
        )
        for line in lines("accounts.csv")
    ]


def create_accounts(session: Session, hash_password: Callable[[str], str], by: Author, at: datetime) -> list[SignIn]:
    """Make those that are missing, with passwords of their own. Inside `writing`."""
    taken = set(session.scalars(select(Account.email)))
    made = [SignIn(account, new_password()) for account in demo_accounts() if account.email not in taken]
    for sign_in in made:
        account = sign_in.account
        values = {"email": account.email, "name": account.name, "staff_id": _staff_id(session, account)}
        create_account(
            session,
            values,
            hash_password(sign_in.password),
            roles=[account.role],
            estates=_estates(session, account.estates),
            buildings=_buildings(session, account),
            by=by,
            at=at,
        )
    return made


def _staff_id(session: Session, account: DemoAccount) -> int | None:
    return session.scalar(select(Staff.id).where(Staff.number == account.staff_number))


def _estates(session: Session, codes: Sequence[str]) -> Sequence[int]:
    return session.scalars(select(Estate.id).where(Estate.code.in_(codes))).all()


def _buildings(session: Session, account: DemoAccount) -> Sequence[int]:
    statement = select(Building.id).where(
        Building.code.in_(account.buildings), Building.estate_id.in_(_estates(session, account.estates))
    )
    return session.scalars(statement).all()


def doers(session: Session) -> dict[tuple[int, Role], Doer]:
    """The accounts that are there, by estate they serve and role."""
    ids = {row.email: row for row in session.execute(select(Account.email, Account.id, Account.staff_id))}
    return {
        (estate_id, account.role): Doer(ids[account.email].id, ids[account.email].staff_id)
        for account in demo_accounts()
        if account.email in ids
        for estate_id in _estates(session, account.estates)
    }
