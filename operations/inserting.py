"""Many rows put into a table at once, by what each driver does fastest; their ids are known before."""

import gc
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from itertools import chain, islice
from types import MappingProxyType, NoneType
from typing import Any

import psycopg
from psycopg.abc import Transformer as Dumping
from psycopg.adapt import PyFormat, Transformer
from sqlalchemy import Dialect, Enum, Table, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from operations.behind import carried_out

MANY = 200  # rows from which on it is worth while; below, a statement as any other

CACHE_KILOBYTES = 16_384  # as quick as three times as much, into tables of 200,000 rows
AT_ONCE = 2500  # rows in one statement of SQLite
PARAMETERS = 30_000  # of which it takes no more than some more than that
COPIED_AT_ONCE = 500  # rows in one piece of what PostgreSQL copies

NULL = r"\N"  # as COPY writes it
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})

Row = tuple[Any, ...]
Columns = Sequence[Sequence[Any]]  # of each column the values of all rows


@contextmanager
def at_full_speed(session: Session) -> Iterator[Callable[[], None]]:
    """Around work on very many rows: none of them is garbage that the collector could find among them. What it gives is
    to be called in each transaction: SQLite keeps pages in memory of its own then, of which the file is no part, and
    PostgreSQL neither goes through a whole table to find some thousand of its rows nor calls others to help it.
    """
    was_on, usual = gc.isenabled(), dict[Any, list[str]]()
    gc.disable()
    try:
        yield lambda: _speed_up(session, usual)
    finally:
        if was_on:
            gc.enable()
        with suppress(sqlite3.Error):  # a connection that is gone needs nothing any more
            for driver, statements in usual.items():
                for statement in statements:
                    driver.execute(statement).close()


def _speed_up(session: Session, usual: dict[Any, list[str]]) -> None:
    """Does it for the connection of the transaction, and notes what puts it back as it was."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(_NO_WHOLE_TABLES)
        return
    driver: Any = connection.connection.driver_connection
    if driver in usual:
        return
    usual[driver] = []
    for name, value in (("cache_size", -CACHE_KILOBYTES), ("mmap_size", 0)):
        (before,) = driver.execute(f"PRAGMA {name}").fetchone()
        driver.execute(f"PRAGMA {name} = {value}").close()
        usual[driver].append(f"PRAGMA {name} = {before}")


_NO_WHOLE_TABLES = text(  # one statement: every one waits for its turn among the threads
    "SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),"
    " set_config('max_parallel_workers_per_gather', '0', true)"
)
# The sequence is looked up once; an array is read at once.
_DRAWN = text(
    "SELECT array_agg(nextval(counter)) FROM CAST(pg_get_serial_sequence(:name, 'id') AS regclass) AS counter,"
    " generate_series(1, :count)"
)


def next_ids(session: Session, table: Table, count: int) -> list[int]:
    """Ids that no row has or will get: on PostgreSQL out of the sequence, on SQLite under the lock of the writer the
    ones after the highest, which is how it counts itself.
    """
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        highest = connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
        return list(range(highest + 1, highest + 1 + count))
    return sorted(connection.execute(_DRAWN, {"name": table.name, "count": count}).scalar_one())


def insert_many(
    session: Session,
    table: Table,
    names: Sequence[str],
    columns: Columns,
    *,
    texts: Mapping[str, Sequence[str]] = MappingProxyType({}),
    fixed: Mapping[str, Any] = MappingProxyType({}),
    ending: str = "",
) -> None:
    """Insert the rows whose columns these are; `texts` are columns that are as the driver takes them, such as JSON;
    `fixed` is the same in every row; `ending` goes behind each statement, on SQLite alone. Raises IntegrityError as any
    statement does.
    """
    connection = session.connection()
    dialect = connection.dialect
    bound = [_bound(dialect, table, name, values) for name, values in zip(names, columns, strict=True)]
    columns = [*bound, *texts.values()]
    constants = [_bound(dialect, table, name, [value])[0] for name, value in fixed.items()]
    put = partial(_by_values, ending) if dialect.name == "sqlite" else _by_copy
    driver: Any = connection.connection.driver_connection
    carried_out(session, partial(put, driver, table.name, (*fixed, *names, *texts), constants, columns))


def _by_values(
    ending: str, driver: Any, table: str, names: Sequence[str], constants: Sequence[Any], columns: Columns
) -> None:
    """Some hundred rows to a statement take half the time of a statement for each, even of one that is prepared."""
    rows = zip(*columns, strict=True)
    at_once = min(AT_ONCE, (PARAMETERS - len(constants)) // max(len(names) - len(constants), 1))
    while some := list(islice(rows, at_once)):
        statement = _statement(table, tuple(names), len(constants), len(some)) + ending
        with _explained(statement):
            driver.execute(statement, (*constants, *chain.from_iterable(some))).close()


@lru_cache(maxsize=64)
def _statement(table: str, names: Sequence[str], fixed: int, count: int) -> str:
    of_one = [*(f"?{number + 1}" for number in range(fixed)), *["?"] * (len(names) - fixed)]
    values = ", ".join([f"({', '.join(of_one)})"] * count)
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES {values}"  # noqa: S608  # names out of the models


def _by_copy(driver: Any, table: str, names: Sequence[str], constants: Sequence[Any], columns: Columns) -> None:
    """While PostgreSQL takes in some hundred rows the next ones are put together."""
    statement = f"COPY {table} ({', '.join(names)}) FROM STDIN"
    with _explained(statement), driver.cursor() as cursor, cursor.copy(statement) as copy:
        told = Transformer(driver)
        fixed = "".join(f"{_copied(told, [value])[0]}\t" for value in constants)
        for start in range(0, len(columns[0]), COPIED_AT_ONCE):
            parts = [_copied(told, column[start : start + COPIED_AT_ONCE]) for column in columns]
            copy.write("".join([f"{fixed}{row}\n" for row in map("\t".join, zip(*parts, strict=True))]))


def _copied(told: Dumping, values: Sequence[Any]) -> Sequence[str]:
    """The values of a column in the text format of COPY: what they have in common is seen once for all."""
    kinds = set(map(type, values))
    if NoneType in kinds:
        there = iter(_copied(told, [value for value in values if value is not None]))
        return [NULL if value is None else next(there) for value in values]
    if kinds <= {int}:
        return list(map(str, values))
    return _escaped(values if kinds == {str} else [_as_text(told, value) for value in values])


def _as_text(told: Dumping, value: Any) -> str:
    return bytes(told.get_dumper(value, PyFormat.TEXT).dump(value) or b"").decode()


def _escaped(texts: Sequence[str]) -> Sequence[str]:
    if _SPECIAL.search("".join(texts)):
        return [text.translate(_ESCAPES) for text in texts]
    return texts


@contextmanager
def _explained(statement: str) -> Iterator[None]:
    try:
        yield
    except (psycopg.IntegrityError, sqlite3.IntegrityError) as error:
        raise IntegrityError(statement, None, error) from error


def _bound(dialect: Dialect, table: Table, name: str, values: Sequence[Any]) -> Sequence[Any]:
    """The values of a column as the driver takes them."""
    kind = table.columns[name].type
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    if process is None:
        return values
    if isinstance(kind, Enum):
        known = {value: process(value) for value in set(values)}
        return [known[value] for value in values]
    return [None if value is None else process(value) for value in values]
