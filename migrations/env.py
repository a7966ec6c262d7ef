"""Alembic's environment: the application's engine, the models' metadata, types rendered as plain SQL types."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import JSON
from sqlalchemy.types import TypeDecorator

from models.base import Base

database = current_app.extensions["migrate"].db


def plain_type(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Migrations name no type of ours, so that a later change of a type cannot change an old migration."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    if kind == "type" and isinstance(item, JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


def run() -> None:
    """Migrate the application's database; batch mode, since SQLite cannot alter tables in place."""
    with database.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            render_item=plain_type,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
