"""Alembic's environment: the application's engine, the models' metadata, types rendered as plain SQL types."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import JSON, Connection
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from models.base import Base
from models.fields import Domain
from operations import rollups, search_index
from operations.write import writing

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


def is_ours(name: str | None, kind: str, parents: Any) -> bool:
    """Whether autogeneration looks at it; the full-text table of the search and what SQLite keeps for it are made,
    like its index on PostgreSQL, by statements of their own (`models.search_entry`).
    """
    return not (name or "").startswith(("search_gram", "ix_search_entry_grams"))


def is_there(item: Any, name: str | None, kind: str, is_reflected: bool, other: Any) -> bool:
    """Whether autogeneration expects it here: a constraint may be for one of the databases alone."""
    dialect = context.get_context().dialect.name
    return (getattr(item, "info", None) or {}).get("only_on", dialect) == dialect


def run() -> None:
    """Migrate the application's database; batch mode, since SQLite cannot alter tables in place."""
    with database.engine.connect() as connection, foreign_keys_off(connection):
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            render_item=plain_type,
            compare_type=True,
            include_name=is_ours,
            include_object=is_there,
            transactional_ddl=True,  # on SQLite too, whose driver is told to leave transactions to us
        )
        before = context.get_context().get_current_heads()
        with context.begin_transaction():
            context.run_migrations()
            demand_whole_references(connection)
        connection.commit()
        after = context.get_context().get_current_heads()
        connection.rollback()
    if after != before and set(after) == set(context.script.get_heads()):
        # Now the tables are those that the models speak of; before, a migration could not ask these.
        with Session(database.engine) as session:
            search_index.refresh(session)
            with writing(session):
                rollups.rebuild(session)


run()
