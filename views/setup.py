"""Setting the panel up: the database backed up and migrated, standards loaded, first accounts, the demo company."""

import os
import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from flask_migrate import upgrade
from flask_security import hash_password
from sqlalchemy import func, select

from importers.demo import DemoReport, SignIn, load_demo
from models.account import Account, Role
from models.base import N_, now
from models.building import Building
from models.estate import Estate
from models.faults import Fault
from operations import search_index
from operations.accounts import create_account, new_password
from operations.calendar_seeds import seed_calendars
from operations.standards import load_standards
from operations.write import Author, writing
from views.database import db

BACKUPS_KEPT = 5


@dataclass(frozen=True, slots=True)
class SignInLine:
    """How somebody signs in for the first time."""

    email: str
    password: str
    name: str


def prepare_database() -> None:
    """Back an existing SQLite database up, migrate it and load the standards and calendars that are missing."""
    _back_up()
    upgrade()
    search_index.refresh(db.session)
    with writing(db.session):
        load_standards(db.session, by=Author(None, "prepare"), at=now())
        seed_calendars(db.session, by=Author(None, "prepare"), at=now())


def _back_up() -> Path | None:
    """A copy of the SQLite database beside it, made while others may use it; the last five are kept."""
    database = db.engine.url.database
    if db.engine.dialect.name != "sqlite" or not database or not Path(database).exists():
        return None
    folder = Path(current_app.instance_path) / "backups"
    folder.mkdir(exist_ok=True)
    copy = folder / f"{Path(database).stem}-{now():%Y%m%d%H%M%S}.sqlite3"
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    for old in sorted(folder.glob("*.sqlite3"))[:-BACKUPS_KEPT]:
        old.unlink()
    return copy


def seed_demo(say: Callable[[str], None]) -> None:
    """Load the demo company, unless it is there, with an account for each role."""
    moment = now()
    today = moment.astimezone(ZoneInfo(current_app.config["BABEL_DEFAULT_TIMEZONE"])).date()
    say("Loading the demo company …")
    say(_told(load_demo(db.session, today, moment, Author(None, "demo"), hash_password, keep=_keep_made)))


def _keep_made(made: Sequence[SignIn]) -> None:
    keep_sign_ins([SignInLine(each.account.email, each.password, each.account.name) for each in made])


def is_untouched() -> bool:
    """Whether nobody can sign in yet: a demo that was broken off, or a database just made."""
    return not db.session.scalar(select(func.count()).select_from(Account))


def _told(report: DemoReport) -> str:
    if not report.is_new:
        return "The demo company is there already; nothing was added."
    return "Demo company: " + ", ".join(f"{number} {what}" for what, number in report.counts.items())


def first_administrator() -> None:
    """An administrator for an empty panel, unless somebody can sign in already."""
    if is_untouched():
        values = {"email": "admin@pinzhi.example", "name": "Administrator"}
        with writing(db.session):
            keep_sign_ins([_account(values, {Role.ADMINISTRATOR}, (), ())])


def make_account(
    email: str, name: str, roles: Collection[Role], estates: Collection[str], buildings: Collection[str]
) -> SignInLine:
    """Add an account with a generated password; Fault names an estate or building that does not exist."""
    with writing(db.session):
        return _account({"email": email, "name": name}, roles, estates, buildings)


def _account(
    values: dict[str, Any], roles: Collection[Role], estates: Collection[str], buildings: Collection[str]
) -> SignInLine:
    password = new_password()
    create_account(
        db.session,
        values,
        hash_password(password),
        roles=roles,
        estates=[_estate_id(code) for code in estates],
        buildings=[_building_id(code) for code in buildings],
        by=Author(None, "create-user"),
        at=now(),
    )
    return SignInLine(values["email"], password, values["name"])


def _estate_id(code: str) -> int:
    found = db.session.scalar(select(Estate.id).where(Estate.code == code))
    if found is None:
        raise Fault(N_("There is no estate with the code %(code)s"), code=code)
    return found


def _building_id(code: str) -> int:
    """`E1/3`: building 3 of estate E1."""
    estate_code, _, building_code = code.partition("/")
    statement = select(Building.id).where(Building.estate_id == _estate_id(estate_code), Building.code == building_code)
    found = db.session.scalar(statement)
    if found is None:
        raise Fault(N_("There is no building %(code)s: write estate and building like E1/3"), code=code)
    return found


def sign_in_file() -> Path:
    """Where the first passwords are kept, readable by their owner alone."""
    return Path(current_app.instance_path) / "sign-ins.txt"


def keep_sign_ins(lines: Collection[SignInLine]) -> None:
    """Put first passwords into the file, each in place of an older one of the same account."""
    kept = {line.email: line for line in [*kept_sign_ins(), *lines]}
    with os.fdopen(os.open(sign_in_file(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(f"{line.email}\t{line.password}\t{line.name}\n" for line in kept.values())


def kept_sign_ins() -> list[SignInLine]:
    """The first passwords in the file."""
    if not sign_in_file().exists():
        return []
    return [SignInLine(*line.split("\t")) for line in sign_in_file().read_text(encoding="utf-8").splitlines()]
