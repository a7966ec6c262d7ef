"""The statements that a piece of code sends to the database, and how the database would go about them."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session

from models.base import Base


@dataclass(frozen=True)
class Sent:
    """A statement as the driver got it."""

    statement: str
    parameters: Any


@contextmanager
def selects(session: Session) -> Iterator[list[str]]:
    """A list that fills with the SELECT statements sent meanwhile."""
    found: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *others: Any) -> None:
        if statement.startswith("SELECT"):
            found.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


@contextmanager
def sent(app: Flask) -> Iterator[list[Sent]]:
    """A list that fills with every statement that the application sends meanwhile."""
    from views.database import db

    found: list[Sent] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *others: Any) -> None:
        found.append(Sent(statement, parameters))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


# Read as a whole: they hardly grow.
SMALL = {"search_kind", "estate", "region", "standard_set", "holiday_calendar", "service_hours"}


def labours(session: Session, each: Sent) -> list[str]:
    """What of the plan of a query grows with a table: rows read without an index, and rows sorted before a limit.

    On PostgreSQL as if everything else were dearer: few rows are best read through without their index.
    """
    if not each.statement.lstrip("( ").upper().startswith(("SELECT", "WITH")):
        return []
    connection = session.connection()
    return (_sqlite if connection.dialect.name == "sqlite" else _postgresql)(connection, each)


def _sqlite(connection: Connection, each: Sent) -> list[str]:
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {each.statement}", each.parameters)
    steps = [(parent, str(detail)) for _, parent, _, detail in plan]
    reads_nothing = "WHERE 0 = 1" in each.statement
    scans = [detail for _, detail in steps if _is_scan(detail) and not reads_nothing]
    return scans + [f"{detail}: {each.statement[:60]}" for parent, detail in steps if _sorts(detail, parent, steps)]


def _is_scan(detail: str) -> bool:
    return detail.startswith("SCAN ") and " USING " not in detail and "INDEX" not in detail and _reads_table(detail)


def _reads_table(detail: str) -> bool:
    found = re.match(r"(?:SCAN|SEARCH) (\w+?)(?:_\d+)?(?: |$)", detail)
    return found is not None and found[1] in Base.metadata.tables.keys() - SMALL


def _sorts(detail: str, parent: int, steps: list[tuple[int, str]]) -> bool:
    """Whether rows of a table are sorted; those that a limited query has handed on are few."""
    first = next((other for above, other in steps if above == parent), "")
    return "TEMP B-TREE FOR ORDER BY" in detail and _reads_table(first)


def _postgresql(connection: Connection, each: Sent) -> list[str]:
    for way in ("seqscan", "sort"):
        connection.execute(text(f"SET LOCAL enable_{way} = off"))
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {each.statement}", each.parameters).scalar_one()
    return list(_costly((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]))


def _costly(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan" and node["Relation Name"] not in SMALL:
        yield f"SCAN {node['Relation Name']}"
    if node["Node Type"] == "Sort" and not _is_limited(node):
        yield f"SORT BY {', '.join(node['Sort Key'])}"
    for part in node.get("Plans", ()):
        yield from _costly(part)


def _is_limited(node: dict[str, Any]) -> bool:
    below: list[dict[str, Any]] = node.get("Plans", [])
    return bool(below) and (below[0]["Node Type"] == "Limit" or _is_limited(below[0]))
