"""What is possible at best: a bare Flask page, and the rows of each page as JSON by hand-written SQL."""

import json
import os
import re
import sqlite3
import threading
from datetime import UTC, datetime
from typing import Any

import psycopg
from flask import Flask, Response, render_template_string, request

ROWS = """
    SELECT t.id, t.code, t.subject, u.code AS unit, o.name AS owner, t.kind, t.severity, t.state, s.name AS assignee,
      t.opened_at, t.next_due_at,
      (SELECT coalesce(max(level), 0) FROM ladder_step l WHERE l.ticket_id = t.id AND l.due_at <= :now) AS level
    FROM ({}) t LEFT JOIN unit u ON u.id = t.unit_id LEFT JOIN owner o ON o.id = t.owner_id
      LEFT JOIN staff s ON s.id = t.assignee_id ORDER BY {}
"""
NEWEST, LATEST = "t.opened_at DESC, t.id DESC", "t.next_due_at, t.id"
QUERIES = {
    "list": ROWS.format("SELECT * FROM ticket t ORDER BY opened_at DESC, id DESC LIMIT 50", NEWEST),
    "overdue": ROWS.format(
        "SELECT * FROM ticket WHERE estate_id = :estate AND next_due_at < :now ORDER BY next_due_at, id LIMIT 50",
        LATEST,
    ),
    "phone": ROWS.format("SELECT * FROM ticket WHERE contact_phone = :phone LIMIT 50", NEWEST),
    "owner": "SELECT * FROM owner WHERE estate_id IN (SELECT id FROM estate) AND phone = :phone LIMIT 50",
    "code": ROWS.format(
        "SELECT * FROM ticket WHERE estate_id IN (SELECT id FROM estate) AND code >= :code AND code < :beyond LIMIT 50",
        NEWEST,
    ),
    "word": ROWS.format(
        "SELECT * FROM ticket t WHERE subject LIKE '%' || :word || '%' ORDER BY opened_at DESC, id DESC LIMIT 50",
        NEWEST,
    ),
    "page": ROWS.format(
        "SELECT * FROM ticket t WHERE (opened_at, id) < (:after, :id) ORDER BY opened_at DESC, id DESC LIMIT 50",
        NEWEST,
    ),
    "edit": "SELECT * FROM ticket WHERE id = :id",
    "export": ROWS.format("SELECT * FROM ticket WHERE opened_at BETWEEN :first AND :last", NEWEST),
    "satisfaction": (
        "SELECT {month} AS month, estate_id, count(*) FILTER (WHERE outcome = 'reached'),"
        " count(*) FILTER (WHERE satisfaction IN ('very_satisfied', 'basically_satisfied')),"
        " count(*) FILTER (WHERE outcome = 'unreachable'), count(*) FILTER (WHERE outcome = 'refused')"
        " FROM callback WHERE called_at >= :since GROUP BY 1, estate_id ORDER BY 1, estate_id"
    ),
    "escalation": (
        "SELECT estate_id, level, count(*) FROM ladder_step WHERE recorded_at >= :month AND estate_id IN"
        " (SELECT id FROM estate) GROUP BY estate_id, level"
    ),
}
MONTHS = {"sqlite": "substr(called_at, 1, 7)", "postgresql": "to_char(called_at, 'YYYY-MM')"}
SAVE = (
    "UPDATE ticket SET description = 'bench', version = version + 1 WHERE id = :id",  # nothing is derived from it
    "INSERT INTO history (at, account_id, entity, row_id, kind, changes, estate_id)"
    " VALUES (:now, 1, 'tickets', :id, 'update', '{{}}', 1)",
)
_here = threading.local()


def create_app() -> Flask:
    """Two addresses: /bare, and /limit/<name> for the rows of a page."""
    url = os.environ["DATABASE_URL"]
    name = "sqlite" if url.startswith("sqlite") else "postgresql"
    app = Flask(__name__)

    @app.get("/bare")
    def bare() -> str:
        return render_template_string("<!doctype html><title>{{ title }}</title><p>{{ title }}</p>", title="Bare")

    @app.get("/limit/<query>")
    def rows(query: str) -> Response:
        statement = _spelt(QUERIES[query].replace("{month}", MONTHS[name]), name)
        found = _connection(url).execute(statement, _arguments()).fetchall()
        return Response(json.dumps(found, default=str, ensure_ascii=False), mimetype="application/json")

    @app.post("/limit/save")
    def save() -> Response:
        connection = _connection(url)
        connection.execute("BEGIN IMMEDIATE" if name == "sqlite" else "BEGIN")
        for statement in SAVE:
            connection.execute(_spelt(statement.replace("{{}}", "{}"), name), _arguments())
        connection.execute("COMMIT")
        return Response("saved")

    return app


def _arguments() -> dict[str, str]:
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}.000000"
    return {"now": now, **request.args.to_dict()}


def _spelt(statement: str, name: str) -> str:
    if name == "sqlite":
        return statement
    return re.sub(r":(\w+)", r"%(\1)s", statement.replace("%", "%%"))


def _connection(url: str) -> Any:
    if not hasattr(_here, "connection"):
        _here.connection = _connected(url)
    return _here.connection


def _connected(url: str) -> Any:
    if not url.startswith("sqlite"):
        connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        connection.execute("SET TIME ZONE 'UTC'")
        return connection
    file = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    file.execute("PRAGMA synchronous = FULL")
    return file
