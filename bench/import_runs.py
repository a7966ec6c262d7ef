"""One measured run of `bench.importing`, in a process of its own: says its seconds as JSON."""

# ruff: noqa: PLC0415  # each run imports what it needs and nothing of the others, whose memory would be counted

import csv
import json
import os
import re
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

Figures = dict[str, float]
COLUMNS = ("number", "name", "phone", "other_phone", "id_number", "email", "contact_preference", "note")
PHONE = re.compile(r"1[3-9][0-9]{9}")


@contextmanager
def application(url: str) -> Iterator[Any]:
    """The session of the panel on that database."""
    from app import create_app
    from bench.building import settings
    from views.database import db

    app = create_app(settings(url.replace("postgresql://", "postgresql+psycopg://")))
    with app.app_context():
        yield db.session()
        db.session.remove()
        db.engine.dispose()


def upgrade(url: str, path: str) -> Figures:
    from flask_migrate import upgrade as migrate

    with application(url):
        migrate()
    return {}


def index(url: str, path: str) -> Figures:
    from operations import search_index

    with application(url) as session:
        search_index.rebuild(session)
    return {}


def ours(url: str, path: str) -> Figures:
    """Preview and commit as an upload does them, the file read by the limited child; then the undo."""
    from importers.loading.committing import commit
    from importers.loading.staging import preview
    from importers.loading.undoing import undo_import
    from models.base import now
    from operations.write import Author
    from views.language import wordings

    by = Author(None, "bench")
    with application(url) as session:
        started = time.perf_counter()
        batch_id = preview(session, Path(path), "owners.csv", "owners", 1, by, now(), wordings=wordings, apart=True)
        previewed = time.perf_counter()
        counts = commit(session, batch_id, by, now())
        committed = time.perf_counter()
        outcome = undo_import(session, batch_id, by, now())
        undone = time.perf_counter()
        assert len(outcome.done) == 2 * counts.new
        assert not outcome.left
        assert not counts.refused
    together = committed - started
    return {
        "preview": previewed - started,
        "commit": committed - previewed,
        "together": together,
        "undo": undone - committed,
    }


def checked(path: str, known: set[str], units: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    """The rows of the file with the id of their unit; raises where a check of the hand-written one fails."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        next(lines)
        for number, name, phone, other, id_number, email, _, note, building, entrance, room, _ in lines:
            if number in known or not PHONE.fullmatch(phone) or (other and not PHONE.fullmatch(other)):
                raise ValueError(number)
            known.add(number)
            unit = units[f"{building}-{entrance}-{room}"]
            yield (number, name, phone, other or None, id_number, email, "phone", note or None), unit


OWNER = ("id", "version", "estate_id", *COLUMNS)
OWNERSHIP = ("version", "estate_id", "unit_id", "owner_id", "role")


def by_hand(url: str, path: str) -> Figures:
    """The least that somebody would write for this one file: no preview, no history, no search, no undo."""
    load: Callable[[str, str], None] = _by_copy if url.startswith("postgresql") else _by_executemany
    started = time.perf_counter()
    load(url, path)
    return {"together": time.perf_counter() - started}


def _by_executemany(url: str, path: str) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}")
        known = {row[0] for row in connection.execute("SELECT number FROM owner WHERE estate_id = 1")}
        units = dict(connection.execute("SELECT code, id FROM unit WHERE estate_id = 1"))
        connection.execute("BEGIN IMMEDIATE")
        first = connection.execute("SELECT max(id) + 1 FROM owner").fetchone()[0]
        rows = list(enumerate(checked(path, known, units), start=first))
        marks = ", ".join("?" * len(OWNER))
        owners = ((row_id, 1, 1, *row) for row_id, (row, _) in rows)
        connection.executemany(f"INSERT INTO owner ({', '.join(OWNER)}) VALUES ({marks})", owners)
        marks = ", ".join("?" * len(OWNERSHIP))
        links = ((1, 1, unit, row_id, "owner") for row_id, (_, unit) in rows)
        connection.executemany(f"INSERT INTO ownership ({', '.join(OWNERSHIP)}) VALUES ({marks})", links)
        connection.execute("COMMIT")


def _by_copy(url: str, path: str) -> None:
    import psycopg

    with psycopg.connect(url) as connection:
        known = {row[0] for row in connection.execute("SELECT number FROM owner WHERE estate_id = 1")}
        units: dict[str, int] = dict(connection.execute("SELECT code, id FROM unit WHERE estate_id = 1").fetchall())
        found = connection.execute("SELECT max(id) + 1 FROM owner").fetchone()
        assert found is not None
        rows = list(enumerate(checked(path, known, units), start=found[0]))
        with connection.cursor().copy(f"COPY owner ({', '.join(OWNER)}) FROM STDIN") as copy:
            for row_id, (row, _) in rows:
                copy.write_row((row_id, 1, 1, *row))
        with connection.cursor().copy(f"COPY ownership ({', '.join(OWNERSHIP)}) FROM STDIN") as copy:
            for row_id, (_, unit) in rows:
                copy.write_row((1, 1, unit, row_id, "owner"))


def django_import_export(url: str, path: str) -> Figures:
    """A resource in bulk mode with the same columns and checks, unit by code; owners alone, without ownerships."""
    import django
    import tablib
    from django.conf import settings

    settings.configure(
        DATABASES={"default": _django_database(url)},
        INSTALLED_APPS=["import_export"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()
    from bench.import_django import OwnerResource

    started = time.perf_counter()
    data = tablib.Dataset().load(Path(path).read_text("utf-8"), format="csv")
    result = OwnerResource().import_data(data, dry_run=False, raise_errors=True, use_transactions=True)
    assert not result.has_errors()
    assert not result.has_validation_errors()
    return {"together": time.perf_counter() - started}


def _django_database(url: str) -> dict[str, Any]:
    if not url.startswith("postgresql"):
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.removeprefix("sqlite:///")}
    from psycopg.conninfo import conninfo_to_dict

    said = conninfo_to_dict(url)
    names = {"NAME": said["dbname"], "USER": said.get("user", ""), "HOST": said.get("host", "")}
    return {"ENGINE": "django.db.backends.postgresql", **names}


RUNS: dict[str, Callable[[str, str], Figures]] = {
    "upgrade": upgrade,
    "index": index,
    "ours": ours,
    "by hand": by_hand,
    "django-import-export": django_import_export,
}

if __name__ == "__main__":
    figures = RUNS[sys.argv[1]](*sys.argv[2:])
    print(json.dumps(figures))
    sys.stdout.flush()
    os._exit(0)  # what is left is not measured
