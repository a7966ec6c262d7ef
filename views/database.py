"""The one database handle of the application, and how each engine is set up."""

from typing import TYPE_CHECKING, Any

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

import models  # noqa: F401  # maps every model before the first query
from models.base import Base

if TYPE_CHECKING:

    class ScopedSession(Session):
        """What the handle holds: it answers like the session of the request that it stands for."""

        def __call__(self) -> Session: ...
        def remove(self) -> None: ...


class Database(SQLAlchemy):
    """Engine and session for the models, which have a plain declarative base of their own."""

    session: "ScopedSession"  # type: ignore[assignment]  # declared there as what it is, not as what it answers to


# The file is read through the memory that all processes share; what lies beyond the bound is read as ever.
PRAGMAS = (
    *("busy_timeout = 10000", "journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL"),
    "mmap_size = 2147418112",
)

db = Database(metadata=Base.metadata)
migrate = Migrate()


def init_database(app: Flask) -> None:
    """Bind the application to its database; SQLite gets WAL, foreign keys and explicit transactions."""
    db.init_app(app)
    migrate.init_app(app, db, directory=app.root_path + "/migrations")
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            prepare_sqlite(db.engine)


def prepare_sqlite(engine: Engine) -> None:
    """Readers never block, a writer takes its lock at once (`operations.writing`), a commit is on the disk."""
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come too late and be deferred
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")
