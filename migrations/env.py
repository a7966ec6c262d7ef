"""Alembic's environment: the application's engine, the models' metadata, types rendered as plain SQL types."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import JSON, Connection
from sqlalchemy.types import TypeDecorator

from models.base import Base
from models.fields import Domain

database = current_app.extensions["migrate"].db


def plain_type(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Migrations name no type of ours, so that a later change of a type cannot change an old migration."""
    if kind == "type" and isinstance(item, Domain):
        length = item.impl_instance.length
        return f"sa.String(length={length}).with_variant(sa.String(length={length}, collation='C'), 'postgresql')"
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    if kind == "type" and isinstance(item, JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


@contextmanager
def foreign_keys_off(connection: Connection) -> Iterator[None]:
    """On SQLite a table that others refer to is altered by a copy that takes its place, for which the references are
    not watched; a transaction cannot change that, so it is done around it. Elsewhere nothing is switched.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    _switch_foreign_keys(connection, "OFF")
    try:
        yield
    finally:
        connection.rollback()
        _switch_foreign_keys(connection, "ON")


def _switch_foreign_keys(connection: Connection, state: str) -> None:
    cursor = connection.connection.cursor()  # the driver's own: SQLAlchemy's would begin a transaction
    cursor.execute(f"PRAGMA foreign_keys = {state}")
    cursor.close()


def demand_whole_references(connection: Connection) -> None:
    """Refuse a migration that leaves rows whose references lead nowhere."""
    if connection.dialect.name == "sqlite":
        broken = {(row[0], row[2]) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")}
        if broken:
            raise RuntimeError(f"the migration broke references: {sorted(broken)}; nothing was changed")


def run() -> None:
    """Migrate the application's database; batch mode, since SQLite cannot alter tables in place."""
    with database.engine.connect() as connection, foreign_keys_off(connection):
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            render_item=plain_type,
            compare_type=True,
            transactional_ddl=True,  # on SQLite too, whose driver is told to leave transactions to us
        )
        with context.begin_transaction():
            context.run_migrations()
            demand_whole_references(connection)
        connection.commit()


run()
