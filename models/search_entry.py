"""The search index: what each row can be found by, as grams; on SQLite with a full-text table beside it."""

from typing import Any

from sqlalchemy import Connection, SmallInteger, String, Table, Text, UniqueConstraint, event
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

KINDS = 256  # entries of a row with the id r and a kind numbered k have the id r * KINDS + k


class SearchKind(Base):
    """The number of an entity in the index, and of what its documents were made when it was filled."""

    __tablename__ = "search_kind"
    __table_args__ = (UniqueConstraint("entity"),)

    id: Mapped[int] = mapped_column(SmallInteger(), primary_key=True, autoincrement=False)
    entity: Mapped[str] = mapped_column(String(40))
    made_of: Mapped[str] = mapped_column(Text())


class SearchEntry(Base):
    """The document of one row. Ids ascend with the rows', so that the newest are found first without sorting.

    On PostgreSQL `grams` keeps the position of each, on SQLite the text does: a gap is a position left out, two blanks.
    """

    __tablename__ = "search_entry"

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    grams: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))


# `migrations/versions/0002_search_index.py` and `0015…` say the same. The list of waiting entries, in kilobytes, bounds
# what a search reads besides the index, half a millisecond; a shorter one makes imports take longer. detail=none and
# columnsize=0 leave out what ranking would need; the prefix is that of one character behind the sign of the kind.
POSTGRESQL_DDL = (
    "CREATE INDEX ix_search_entry_grams ON search_entry USING gin (grams) WITH (gin_pending_list_limit = 1024)",
)
TRIGGERS = {
    "search_entry_added": "CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN"
    " INSERT INTO search_gram (rowid, grams) VALUES (new.id, new.grams); END",
    "search_entry_changed": "CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN"
    " INSERT INTO search_gram (search_gram, rowid, grams) VALUES ('delete', old.id, old.grams);"
    " INSERT INTO search_gram (rowid, grams) VALUES (new.id, new.grams); END",
    "search_entry_removed": "CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN"
    " INSERT INTO search_gram (search_gram, rowid, grams) VALUES ('delete', old.id, old.grams); END",
}
SQLITE_DDL = (
    "CREATE VIRTUAL TABLE search_gram USING fts5 (grams, content = 'search_entry', content_rowid = 'id',"
    " tokenize = \"ascii tokenchars '-_./#=@'\", detail = none, columnsize = 0, prefix = 2)",
    *TRIGGERS.values(),
)


@event.listens_for(SearchEntry.__table__, "after_create")
def _on_create(table: Table, connection: Connection, **_: Any) -> None:
    for statement in POSTGRESQL_DDL if connection.dialect.name == "postgresql" else SQLITE_DDL:
        connection.exec_driver_sql(statement)


@event.listens_for(SearchEntry.__table__, "before_drop")
def _on_drop(table: Table, connection: Connection, **_: Any) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TABLE search_gram")
