"""`python -m bench.sweeping`: what a sweep costs, by how much has come due and by how many tickets there are."""

import argparse
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from flask import Flask
from flask_security import hash_password
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import create_app
from bench.building import BY, PASSWORD, settings, sqlite_database
from bench.company import SIZES, Size
from models.account import Role
from models.base import now
from models.estate import Estate
from models.milestone import LadderStep
from operations.accounts import create_account
from operations.sweep import sweep
from operations.write import Author, writing
from views.database import db

CROSSINGS = (0, 100, 1000)
TARGET_SECONDS = 3.0
LADDER = (Role.SUPERVISOR, Role.MANAGER, Role.HQ)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sweeping", description=__doc__)
    parser.add_argument("--size", choices=SIZES, help="only this size")
    parser.add_argument("--keep", action="store_true", help="use what was built last, whatever has changed since")
    asked = parser.parse_args()
    for size in [SIZES[asked.size]] if asked.size else SIZES.values():
        _measure(size, asked.keep)


def _measure(size: Size, keep: bool) -> None:
    """Sweep a copy of the database again and again, each time up to the moment by which so many steps are due."""
    with _copied(size, keep) as app, app.app_context():
        session = db.session()
        _people(session)
        moment = _pending(session)[0]
        sweep(session, moment, Author(None, "sweep"))  # and whatever else was due before
        for crossings in CROSSINGS:
            moment = [moment, *_pending(session)[:crossings]][-1]
            session.rollback()
            start = time.perf_counter()
            done = sweep(session, moment, Author(None, "sweep"))
            seconds = time.perf_counter() - start
            note = f", target {TARGET_SECONDS:.0f} s" if crossings == max(CROSSINGS) else ""
            others = f"{done.warned} warnings, {done.passed_up} unanswered"
            print(f"{size.name}: {done.recorded} steps, {others}: {seconds:.2f} s{note}", flush=True)


@contextmanager
def _copied(size: Size, keep: bool) -> Iterator[Flask]:
    """The application on a copy of the built database, which is removed afterwards."""

    source = Path(sqlite_database(size, keep).removeprefix("sqlite:///"))
    copy = source.with_suffix(".swept")
    shutil.copyfile(source, copy)
    app = create_app(settings(f"sqlite:///{copy}"))
    try:
        yield app
    finally:
        with app.app_context():
            db.engine.dispose()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{copy}{suffix}").unlink(missing_ok=True)


def _people(session: Session) -> None:
    """Somebody at each level above the front desk, of every estate."""
    estates = session.scalars(select(Estate.id)).all()
    password = hash_password(PASSWORD)
    with writing(session):
        for role in LADDER:
            account = {"email": f"{role.value}@bench.example", "name": role.value}
            create_account(session, account, password, roles=[role], estates=estates, by=BY, at=now())


def _pending(session: Session) -> Sequence[datetime]:
    """The moments at which the steps to come are due, of which a small company has few."""
    pending = select(LadderStep.due_at).where(LadderStep.recorded_at.is_(None)).order_by(LadderStep.due_at)
    return session.scalars(pending.limit(max(CROSSINGS))).all()


main()
