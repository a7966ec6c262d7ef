"""Databases of a company, built once and kept: the schema, rows in bulk, what is derived, a check of a sample."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import psycopg
from flask import Flask
from flask_migrate import upgrade
from flask_security import hash_password
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import create_app
from bench.company import Company, Size
from bench.data import FOLDER, forget_others, sqlite_file
from bench.filling import copy, fill
from models.account import Role
from models.milestone import LadderStep, Milestone
from models.standard import StandardSet
from models.ticket import Ticket
from operations import due_times, ticket_facts
from operations.accounts import create_account
from operations.standards import load_standards
from operations.write import Author, writing
from views.database import db

BY = Author(None, "bench")
EMAIL, PASSWORD = "bench@pinzhi.example", "measure twice, cut once"
# The administrator reaches every row of every estate, with personal data in the clear: the widest of all scopes.
ROLE = Role.ADMINISTRATOR
DERIVED = ("operations.search_index", "operations.rollups")
SAMPLE = 300


def settings(database_url: str) -> dict[str, str]:
    """What the panel is started with, here and in the servers that are measured."""
    (FOLDER / "instance").mkdir(parents=True, exist_ok=True)
    return {"DATABASE_URL": database_url, "SECRET_KEY": "bench", "INSTANCE_PATH": str(FOLDER / "instance")}


def sqlite_database(size: Size, keep: bool) -> str:
    """The address of the SQLite database of that size, built now if there is none."""
    path = sqlite_file(size, keep)
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        _build(size, f"sqlite:///{unfinished}", unfinished, None)
        unfinished.rename(path)
        forget_others(path)
    return f"sqlite:///{path}"


def postgresql_database(size: Size, server: str, keep: bool) -> str:
    """The address of the PostgreSQL database with the rows of the SQLite database of that size."""
    source = Path(sqlite_database(size, keep).removeprefix("sqlite:///"))
    name = f"pinzhi_{source.stem.replace('-', '_').lower()}"
    url = server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server, autocommit=True) as connection:
        names = [row[0] for row in connection.execute("SELECT datname FROM pg_database")]
        if name in names:
            return url
        for old in [each for each in names if each.startswith(f"pinzhi_{size.name.lower()}_")]:
            connection.execute(f'DROP DATABASE "{old}"')
        connection.execute(f'CREATE DATABASE "{name}_unfinished"')
    unfinished = url.replace(f"/{name}?", f"/{name}_unfinished?")
    _build(size, unfinished, source, unfinished)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}_unfinished" RENAME TO "{name}"')
    return url


def _build(size: Size, url: str, path: Path, copied_to: str | None) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    with _application(url), _timed(f"{size.name}, {url.partition(':')[0]}: built"):
        upgrade()
        if copied_to is None:
            with writing(db.session):
                load_standards(db.session, BY, now)
            set_id = db.session.scalars(select(StandardSet.id).where(StandardSet.code == "default")).one()
            standard = ticket_facts.standards(db.session, [set_id])[set_id]
            _release()
            fill(path, Company(size, set_id), standard, now)
        else:
            _release()
            copy(path, copied_to)
        _derive(now)
        _check_sample(db.session(), size)
        _release()


def _derive(now: datetime) -> None:
    """The account that measures, and whatever the write path would have derived from the rows."""
    with writing(db.session):
        account = {"email": EMAIL, "name": "Bench"}
        create_account(db.session, account, hash_password(PASSWORD), roles=[ROLE], by=BY, at=now)
    for name in filter(find_spec, DERIVED):
        with _timed(f"  {name}.rebuild"), writing(db.session):
            import_module(name).rebuild(db.session)


def _check_sample(session: Session, size: Size) -> None:
    """The rules, asked again, change nothing of some hundred tickets."""
    ids = Random(23).sample(range(1, size.tickets + 1), SAMPLE)
    before = _due_rows(session, ids)
    due_times.recompute(session, ids)
    assert _due_rows(session, ids) == before, "the due times of the built tickets are not those of the rules"
    session.rollback()


def _due_rows(session: Session, ids: list[int]) -> list[Any]:
    kept = [(Milestone, Milestone.ticket_id), (LadderStep, LadderStep.ticket_id), (Ticket, Ticket.id)]
    found: list[Any] = []
    for model, key in kept:
        table: Any = model.__table__
        found += session.execute(select(table).where(key.in_(ids)).order_by(table.c.id)).all()
    return found


@contextmanager
def _application(url: str) -> Iterator[Flask]:
    app = create_app(settings(url.replace("postgresql://", "postgresql+psycopg://")))
    with app.app_context():
        yield app
        _release()


def _release() -> None:
    sessions: Any = db.session
    sessions.remove()
    db.engine.dispose()


@contextmanager
def _timed(what: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    print(f"{what} in {time.perf_counter() - start:.0f} s", flush=True)
