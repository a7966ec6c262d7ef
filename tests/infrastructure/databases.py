"""The two databases the tests run on, each put back to a kept state within milliseconds."""

import json
import shutil
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

TEMPLATE = "template"  # the state that is migrated and has no rows


class Database(ABC):
    """A database for the application under test."""

    name: str
    url: str

    def __init__(self) -> None:
        #: Closes the application's connections; set by whoever opened them.
        self.release: Callable[[], None] = lambda: None

    def keep(self, state: str = TEMPLATE) -> None:
        """Take the present state as one that `reset` goes back to."""
        self.release()
        self._keep(state)

    def reset(self, state: str = TEMPLATE) -> None:
        """Put the database back to a kept state; the usual one is migrated and has no rows."""
        self._restore(state)

    @abstractmethod
    def empty(self, name: str) -> str:
        """The URL of another database, new and without a schema, for tests of the migrations."""

    @abstractmethod
    def _keep(self, state: str) -> None: ...

    @abstractmethod
    def _restore(self, state: str) -> None: ...


class SqliteDatabase(Database):
    name = "sqlite"

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.directory = directory
        self.url = self.empty("main")

    def empty(self, name: str) -> str:
        self._remove(name)
        return f"sqlite:///{self._file(name)}"

    def _file(self, name: str) -> Path:
        return self.directory / f"{name}.sqlite"

    def _remove(self, name: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._file(name)}{suffix}").unlink(missing_ok=True)

    def _keep(self, state: str) -> None:
        with closing(sqlite3.connect(self._file("main"))) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(self._file("main"), self._file(state))

    def _restore(self, state: str) -> None:
        self.release()
        # Unlinked first: a connection that somebody still holds must not see its file change underneath.
        self._remove("main")
        shutil.copyfile(self._file(state), self._file("main"))


@dataclass(frozen=True)
class State:
    """What the tables held: the statements that put it there, and the schema they fit."""

    schema: str
    script: bytes


# Relations by number, name and columns, and whether statistics were taken, which would change plans; what has grown.
SCHEMA = """
    SELECT md5(string_agg(concat_ws(' ', oid, relname, relnatts, relkind = 'r' AND reltuples >= 0), ',' ORDER BY oid)),
        array_agg(relname::text) FILTER (WHERE relkind = 'r' AND pg_relation_size(oid) > 10 * 8192)
    FROM pg_class WHERE relnamespace = 'public'::regnamespace"""
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
FILL = "INSERT INTO {} SELECT * FROM json_populate_recordset(NULL::{}, {})"
SEQUENCES = "SELECT sequencename, coalesce(last_value, 1), last_value IS NOT NULL FROM pg_sequences"
# Those within a transaction: the pool stays open from test to test, a new connection would read the catalog anew.
LEFT_BEHIND = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
        AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"""


def read_state(connection: psycopg.Connection[Any]) -> State:
    """The present state of the database."""
    schema, _ = _schema(connection)
    tables = [sql.Identifier(name) for (name,) in connection.execute(TABLES)]
    filled = [(table, found) for table in tables if (found := _rows(connection, table))]
    script = [
        sql.SQL("SET LOCAL session_replication_role = replica"),  # no trigger asks after references on the way
        *(sql.SQL("DELETE FROM {}").format(table) for table in tables),
        *(sql.SQL(FILL).format(table, table, json.dumps(found)) for table, found in filled),
        *(sql.SQL("SELECT setval({}, {}, {})").format(*values) for values in connection.execute(SEQUENCES)),
    ]
    return State(schema, sql.SQL(";\n").join(script).as_bytes(connection))


def _rows(connection: psycopg.Connection[Any], table: sql.Identifier) -> Any:
    """The rows of the table; None without any."""
    found = connection.execute(sql.SQL("SELECT json_agg(kept) FROM {} AS kept").format(table)).fetchone()
    return found[0] if found else None


def _schema(connection: psycopg.Connection[Any]) -> tuple[str, list[str] | None]:
    found = connection.execute(SCHEMA).fetchone()
    assert found is not None
    return found[0], found[1]


def put_back(connection: psycopg.Connection[Any], state: State) -> bool:
    """Put the rows of the state in place of the present ones; False when the schema is another by now.

    A table that was never vacuumed counts as ten pages at least: up to there what was deleted changes no plan,
    and a table that has grown beyond is emptied.
    """
    connection.execute(LEFT_BEHIND)
    schema, grown = _schema(connection)
    if schema != state.schema:
        return False
    if grown:
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(map(sql.Identifier, grown))))
    connection.execute(state.script)
    return True


class PostgresqlDatabase(Database):
    """Databases on one server, whose names all start with `prefix`; `drop` removes every one of them.

    A state is put back row by row: that takes a tenth of the time of a new database. Where a test has changed the
    schema, or statistics were taken, the database is made anew.
    """

    name = "postgresql"

    def __init__(self, server_url: str, prefix: str) -> None:
        super().__init__()
        self.server = make_url(server_url).set(drivername="postgresql+psycopg")
        self.prefix = prefix
        self.created: set[str] = set()
        self.states: dict[str, State] = {}
        self.keeper: psycopg.Connection[Any] | None = None  # one that knows the catalog: a new one reads it first
        self.url = self.empty("main")

    def empty(self, name: str) -> str:
        self._create(name)
        url = self.server.set(database=self._database(name))
        return url.render_as_string(hide_password=False)

    def drop(self) -> None:
        self.release()
        self._let_go()
        for name in sorted(self.created):
            self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", self._database(name))

    def _database(self, name: str) -> str:
        return f"{self.prefix}_{name}"

    def _create(self, name: str, template: str = "template1") -> None:
        self._let_go()
        self.created.add(name)
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", self._database(name))
        self._execute("CREATE DATABASE {} TEMPLATE {}", self._database(name), template)

    def _execute(self, statement: str, *names: str) -> None:
        with self._connected("postgres") as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _connected(self, name: str) -> psycopg.Connection[Any]:
        address = self.server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
        return psycopg.connect(address, autocommit=True, prepare_threshold=None)

    def _kept(self) -> psycopg.Connection[Any]:
        if self.keeper is None:
            self.keeper = self._connected(self._database("main"))
        return self.keeper

    def _let_go(self) -> None:
        if self.keeper is not None:
            self.keeper.close()
        self.keeper = None

    def _keep(self, state: str) -> None:
        self._create(state, template=self._database("main"))
        self.states[state] = read_state(self._kept())

    def _restore(self, state: str) -> None:
        if not put_back(self._kept(), self.states[state]):
            self.release()
            self._create("main", template=self._database(state))
