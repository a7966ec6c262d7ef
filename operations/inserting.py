"""Many rows put into a table at once, by what each driver does fastest; their ids are known before."""

import gc
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import chain, islice
from types import MappingProxyType
from typing import Any

import psycopg
from sqlalchemy import Connection, Dialect, Enum, Table, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.fields import Domain

MANY = 200  # rows from which on it is worth while; below, a statement as any other

CACHE_KILOBYTES = 24_576  # as quick as twice as much, into tables of 200,000 rows
AT_ONCE = 500  # rows in one statement of SQLite
PARAMETERS = 30_000  # of which it takes no more than some more than that

Row = tuple[Any, ...]
Columns = Sequence[Sequence[Any]]  # of each column the values of all rows


@contextmanager
def at_full_speed(session: Session) -> Iterator[Callable[[], None]]:
    """Around a transaction of very many rows: none of them is garbage that the collector could find among them. What
    it gives is to be called inside: SQLite keeps the pages of the indexes in memory of its own then, of which the
    file is no part.
    """
    was_on, usual = gc.isenabled(), list[tuple[Any, str]]()
    gc.disable()
    try:
        yield lambda: usual.extend(_keep_pages(session))
    finally:
        if was_on:
            gc.enable()
        with suppress(sqlite3.Error):  # a connection that is gone needs nothing any more
            for driver, statement in usual:
                driver.execute(statement).close()


def _keep_pages(session: Session) -> Iterator[tuple[Any, str]]:
    """Does it for the connection of the transaction, and tells what puts it back as it was."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        for name, value in (("cache_size", -CACHE_KILOBYTES), ("mmap_size", 0)):
            (before,) = driver.execute(f"PRAGMA {name}").fetchone()
            driver.execute(f"PRAGMA {name} = {value}").close()
            yield driver, f"PRAGMA {name} = {before}"


def next_ids(session: Session, table: Table, count: int) -> list[int]:
    """Ids that no row has or will get: on PostgreSQL out of the sequence, on SQLite under the lock of the writer the
    ones after the highest, which is how it counts itself.
    """
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        highest = connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
        return list(range(highest + 1, highest + 1 + count))
    drawn = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
    return sorted(connection.execute(drawn, {"name": table.name, "count": count}).scalars())


def insert_many(
    session: Session,
    table: Table,
    names: Sequence[str],
    columns: Columns,
    *,
    texts: Mapping[str, Sequence[str]] = MappingProxyType({}),
    fixed: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Insert the rows whose columns these are; `texts` are columns that are as the driver takes them, such as JSON;
    `fixed` is the same in every row. Raises IntegrityError as any statement does.
    """
    connection = session.connection()
    dialect = connection.dialect
    bound = [_bound(dialect, table, name, values) for name, values in zip(names, columns, strict=True)]
    rows = zip(*bound, *texts.values(), strict=True)
    constants = [_bound(dialect, table, name, [value])[0] for name, value in fixed.items()]
    listed = (*fixed, *names, *texts)
    if dialect.name == "sqlite":
        _by_values(connection, table.name, listed, constants, rows)
    else:
        _by_copy(connection, table.name, listed, constants, rows)


def _by_values(
    connection: Connection, table: str, names: Sequence[str], constants: Sequence[Any], rows: Iterator[Row]
) -> None:
    """Some hundred rows to a statement take half the time of a statement for each, even of one that is prepared."""
    at_once = min(AT_ONCE, (PARAMETERS - len(constants)) // max(len(names) - len(constants), 1))
    while some := list(islice(rows, at_once)):
        statement = _statement(table, tuple(names), len(constants), len(some))
        connection.exec_driver_sql(statement, (*constants, *chain.from_iterable(some)))


@lru_cache(maxsize=64)
def _statement(table: str, names: Sequence[str], fixed: int, count: int) -> str:
    of_one = [*(f"?{number + 1}" for number in range(fixed)), *["?"] * (len(names) - fixed)]
    values = ", ".join([f"({', '.join(of_one)})"] * count)
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES {values}"  # noqa: S608  # names out of the models


def _by_copy(
    connection: Connection, table: str, names: Sequence[str], constants: Sequence[Any], rows: Iterator[Row]
) -> None:
    driver: Any = connection.connection.driver_connection
    statement = f"COPY {table} ({', '.join(names)}) FROM STDIN"
    with _explained(statement), driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row((*constants, *row))


@contextmanager
def _explained(statement: str) -> Iterator[None]:
    try:
        yield
    except psycopg.IntegrityError as error:
        raise IntegrityError(statement, None, error) from error


def _bound(dialect: Dialect, table: Table, name: str, values: Sequence[Any]) -> Sequence[Any]:
    """The values of a column as the driver takes them."""
    kind = table.columns[name].type
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    if process is None or isinstance(kind, Domain):
        return values  # texts that are judged before they come here
    if isinstance(kind, Enum):
        known = {value: process(value) for value in set(values)}
        return [known[value] for value in values]
    return [None if value is None else process(value) for value in values]
