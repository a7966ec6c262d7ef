"""Imports: a file as it was read, its rows staged outside the write lock until they are committed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, Integer, LargeBinary, String, Table, event
from sqlalchemy.orm import Mapped, mapped_column

from models.base import N_, READ_ONLY, Base, Entity, Group, Key, Labelled, Permission, choice, column


class BatchState(Labelled):
    """Where a run stands; READING, LOADING and UNDOING are gone on with by whoever finds them unclaimed."""

    READING = "reading", N_("Being read")
    ASKING = "asking", N_("Waits for an answer")
    UNREADABLE = "unreadable", N_("Not readable")
    PREVIEWED = "previewed", N_("Previewed")
    LOADING = "loading", N_("Being loaded")
    COMMITTED = "committed", N_("Loaded")
    UNDOING = "undoing", N_("Being undone")
    UNDONE = "undone", N_("Undone")
    DROPPED = "dropped", N_("Dropped")


class RowVerdict(Labelled):
    NEW = "new", N_("New")
    CHANGED = "changed", N_("Changed")
    UNCHANGED = "unchanged", N_("Unchanged")
    CONFLICT = "conflict", N_("Conflict")
    REFUSED = "refused", N_("Refused")


class ImportBatch(Base):
    """One run: `settings` holds what people decided about it, `report` what is said of the file as a whole."""

    __tablename__ = "import_batch"
    __table_args__ = (Index(None, "estate_id", "created_at"),)
    __entity__ = Entity(
        name="imports",
        label=N_("Import"),
        plural=N_("Imports"),
        group=Group.REGISTER,
        permission=Permission.SYSTEM,
        title=("file_name",),
        order="-created_at",
        deeds=READ_ONLY,
        in_menu=False,
        icon="upload",
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    entity: Mapped[str] = column(String(40), label=N_("Record kind"), listed=True, filter=True)
    estate_id: Mapped[int | None] = column(ForeignKey("estate.id"), label=N_("Estate"), listed=True, filter=True)
    account_id: Mapped[int | None] = column(ForeignKey("account.id"), label=N_("By"), listed=True, index=True)
    file_name: Mapped[str] = column(String(255), label=N_("File"), listed=True)
    file_hash: Mapped[str] = column(String(64), label=N_("File hash (SHA-256)"))
    state: Mapped[BatchState] = column(choice(BatchState), label=N_("State"), listed=True, filter=True)
    created_at: Mapped[datetime] = column(label=N_("Uploaded"), listed=True, sort=True, index=True)
    committed_at: Mapped[datetime | None] = column(label=N_("Loaded at"), listed=True)
    new_count: Mapped[int] = column(Integer(), label=N_("New"), listed=True, default=0)
    changed_count: Mapped[int] = column(Integer(), label=N_("Changed"), listed=True, default=0)
    unchanged_count: Mapped[int] = column(Integer(), label=N_("Unchanged"), listed=True, default=0)
    conflict_count: Mapped[int] = column(Integer(), label=N_("Conflict"), listed=True, default=0)
    refused_count: Mapped[int] = column(Integer(), label=N_("Refused"), listed=True, default=0)
    recipe: Mapped[str | None] = column(String(40), label=N_("Recipe"), form="none")
    undone_at: Mapped[datetime | None] = column(label=N_("Undone at"), listed=True)
    undone_by_id: Mapped[int | None] = column(ForeignKey("account.id"), label=N_("Undone by"), index=True)
    undone_count: Mapped[int] = column(Integer(), label=N_("Taken back"), default=0)
    left_count: Mapped[int] = column(Integer(), label=N_("Left as they are"), default=0)
    claimed_until: Mapped[datetime | None] = mapped_column()  # somebody works on it; later others may go on
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    report: Mapped[dict[str, Any]] = mapped_column()


class ImportFile(Base):
    """The file of a run as it came, in parts of a megabyte, until the run is loaded or dropped."""

    __tablename__ = "import_file"

    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[int] = mapped_column(Integer(), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary())


class ImportChunk(Base):
    """Some hundred lines of a run that met the same end, in order: `body` is what `importers.loading.staged` packs.

    `kind` is a verdict's value, or `left` for the rows that an undo left as they are.
    """

    __tablename__ = "import_chunk"
    __table_args__ = (Index(None, "batch_id", "kind", "first_line"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    first_line: Mapped[int] = mapped_column(Integer())
    last_line: Mapped[int] = mapped_column(Integer())
    line_count: Mapped[int] = mapped_column(Integer())
    body: Mapped[bytes] = mapped_column(LargeBinary())


class ImportLayout(Base):
    """What people decided about files with these headings: proposed again when the next one comes."""

    __tablename__ = "import_layout"
    __table_args__ = (Index(None, "entity", "estate_id", "header_hash"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    entity: Mapped[str] = mapped_column(String(40))
    estate_id: Mapped[int | None] = mapped_column(ForeignKey("estate.id"))
    header_hash: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    used_at: Mapped[datetime] = mapped_column()
    settings: Mapped[dict[str, Any]] = mapped_column()


def _on_create(table: Table, connection: Connection, **_: Any) -> None:
    """`migrations/versions/0016…` says the same: what is packed or gone within days PostgreSQL need not pack."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ALTER TABLE {table.name} ALTER body SET STORAGE EXTERNAL")


for _table in (ImportFile.__table__, ImportChunk.__table__):
    event.listen(_table, "after_create", _on_create)
