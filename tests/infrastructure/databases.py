"""The two databases the tests run on, each put back to a kept state within milliseconds."""

import shutil
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url


class Database(ABC):
    """A database for the application under test."""

    name: str
    url: str

    def __init__(self) -> None:
        #: Closes the application's connections; set by whoever opened them.
        self.release: Callable[[], None] = lambda: None

    def keep(self, state: str = "template") -> None:
        """Take the present state as one that `reset` goes back to."""
        self.release()
        self._keep(state)

    def reset(self, state: str = "template") -> None:
        """Put the database back to a kept state; the usual one is migrated and has no rows."""
        self.release()
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
        # Unlinked first: a connection that somebody still holds must not see its file change underneath.
        self._remove("main")
        shutil.copyfile(self._file(state), self._file("main"))


class PostgresqlDatabase(Database):
    """Databases on one server, whose names all start with `prefix`; `drop` removes every one of them."""

    name = "postgresql"

    def __init__(self, server_url: str, prefix: str) -> None:
        super().__init__()
        self.server = make_url(server_url).set(drivername="postgresql+psycopg")
        self.prefix = prefix
        self.created: set[str] = set()
        self.url = self.empty("main")

    def empty(self, name: str) -> str:
        self._create(name)
        url = self.server.set(database=self._database(name))
        return url.render_as_string(hide_password=False)

    def drop(self) -> None:
        self.release()
        for name in sorted(self.created):
            self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", self._database(name))

    def _database(self, name: str) -> str:
        return f"{self.prefix}_{name}"

    def _create(self, name: str, template: str = "template1") -> None:
        self.created.add(name)
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", self._database(name))
        self._execute("CREATE DATABASE {} TEMPLATE {}", self._database(name), template)

    def _execute(self, statement: str, *names: str) -> None:
        address = self.server.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _keep(self, state: str) -> None:
        self._create(state, template=self._database("main"))

    def _restore(self, state: str) -> None:
        self._create("main", template=self._database(state))
