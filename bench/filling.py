"""Rows into databases in bulk: into SQLite as they are made, into PostgreSQL as copied from there."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import chain, islice
from pathlib import Path

import psycopg

from bench import company as registers
from bench import lives as service
from bench.company import Company
from operations.ticket_facts import Standard

BATCH = 5000
COLUMNS = {**registers.COLUMNS, **service.COLUMNS}
STANDARDS = ("standard_set", "standard_rule", "ladder_rule", "ladder_level")


def fill(path: Path, company: Company, standard: Standard, now: datetime) -> None:
    """Put the whole company into an empty, migrated SQLite database; `standard` is that of its estates."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -500000"):
            connection.execute(f"PRAGMA {pragma}")
        with _without_indexes(connection):
            connection.execute("BEGIN")
            for table, rows in chain(_registers(company), _service(company, standard, now)):
                _insert(connection, table, rows)
            connection.execute("COMMIT")


def _registers(company: Company) -> Iterator[tuple[str, Iterable[service.Row]]]:
    yield "estate", company.estates()
    yield "staff", company.staff()
    yield "building", company.buildings()
    yield "unit", company.units()
    yield "owner", company.owners()
    yield "ownership", company.ownerships()


def _service(company: Company, standard: Standard, now: datetime) -> Iterator[tuple[str, Iterable[service.Row]]]:
    writer, tickets = service.Writer(company, standard, now), service.lives(company, now)
    while batch := list(islice(tickets, BATCH)):
        yield from writer.rows(batch).items()


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[service.Row]) -> None:
    names = COLUMNS[table].split()
    places = ", ".join("?" * len(names))
    connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", rows)


@contextmanager
def _without_indexes(connection: sqlite3.Connection) -> Iterator[None]:
    """Indexes made once at the end are made faster than kept all the way."""
    statement = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    indexes = [(name, sql) for name, sql in connection.execute(statement)]
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    yield
    for _, sql in indexes:
        connection.execute(sql)


def copy(path: Path, url: str) -> None:
    """Put the rows of a filled SQLite database into an empty, migrated PostgreSQL database."""
    with closing(sqlite3.connect(path)) as source, psycopg.connect(url) as target:
        # Rows that kept the rules there keep them here: no trigger has to look every reference up again.
        target.execute("SET session_replication_role = replica")
        target.execute("SET TIME ZONE 'UTC'")
        indexes = target.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT IN"
            " (SELECT conname FROM pg_constraint)"
        ).fetchall()
        for name, _ in indexes:
            target.execute(f'DROP INDEX "{name}"')
        for table in (*STANDARDS, *COLUMNS):
            _copy_table(source, target, table)
        for _, definition in indexes:
            target.execute(definition)
    with psycopg.connect(url, autocommit=True) as target:
        target.execute("VACUUM ANALYZE")  # as the server does by itself after a while


def _copy_table(source: sqlite3.Connection, target: "psycopg.Connection[tuple[object, ...]]", table: str) -> None:
    rows = source.execute(f"SELECT * FROM {table}")
    names = ", ".join(f'"{column[0]}"' for column in rows.description)
    with target.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as stream:
        for row in rows:
            stream.write_row(row)
    statement = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
    target.execute(statement)
