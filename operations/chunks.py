"""Sets cut to what one statement takes."""

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, String, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

CHUNK = 500  # values in one IN list: far below the bounds of both databases
SPAN = 2_000  # rows whose ids follow each other, as those that were added together do
MANY = 5_000  # values that go as one parameter

Value = TypeVar("Value")


def chunks(values: Iterable[Value]) -> Iterator[list[Value]]:
    """The values in their order, at most `CHUNK` at a time."""
    wanted = list(values)
    for start in range(0, len(wanted), CHUNK):
        yield wanted[start : start + CHUNK]


def spans(key: ColumnElement[int], ids: Iterable[int]) -> Iterator[ColumnElement[bool]]:
    """Conditions that together meet the rows with these ids, each a number of them that one statement takes."""
    wanted = sorted(ids)
    for start in range(0, len(wanted), SPAN):
        some = wanted[start : start + SPAN]
        if len(some) > 1 and some[-1] - some[0] == len(some) - 1:
            yield key.between(some[0], some[-1])
        else:
            yield from (key.in_(few) for few in chunks(some))


def among(session: Session, wanted: ColumnElement[Any], values: Collection[Any]) -> Iterator[ColumnElement[bool]]:
    """Conditions that together are `wanted IN values`, for many values: each takes some thousand as one parameter,
    where a list of so many placeholders would take longer to write than to answer.
    """
    if len(values) <= CHUNK:
        if values:
            yield wanted.in_(list(values))
        return
    every = list(values)
    for start in range(0, len(every), MANY):
        some = every[start : start + MANY]
        if session.get_bind().dialect.name == "postgresql":
            kind = String() if isinstance(some[0], str) else wanted.type
            yield wanted == any_(cast(literal(as_array(some), String()), ARRAY(kind)))
        else:
            listed = func.json_each(json.dumps(some)).table_valued("value", name="listed")
            yield wanted.in_(select(listed.c.value))


def as_array(values: Iterable[Any]) -> str:
    """The values as PostgreSQL reads an array: the driver takes ten times as long to write one down."""
    said = (str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return '{"' + '","'.join(said) + '"}'
