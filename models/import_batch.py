"""Imports: a file as it was read, its rows staged outside the write lock until they are committed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import N_, READ_ONLY, Base, Entity, Group, Key, Labelled, Permission, choice, column


class BatchState(Labelled):
    PREVIEWED = "previewed", N_("Previewed")
    COMMITTED = "committed", N_("Loaded")
    DROPPED = "dropped", N_("Dropped")


class RowVerdict(Labelled):
    NEW = "new", N_("New")
    CHANGED = "changed", N_("Changed")
    UNCHANGED = "unchanged", N_("Unchanged")
    REFUSED = "refused", N_("Refused")


class ImportBatch(Base):
    """`report` holds what is said of the file as a whole: header, encoding, ignored columns, options."""

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
    refused_count: Mapped[int] = column(Integer(), label=N_("Refused"), listed=True, default=0)
    report: Mapped[dict[str, Any]] = mapped_column()


class ImportRow(Base):
    """One line of a file: what it says (`cells`), what it would do (`changes`) and what is wrong with it."""

    __tablename__ = "import_row"
    __table_args__ = (Index(None, "batch_id", "verdict", "line"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id", ondelete="CASCADE"))
    line: Mapped[int] = mapped_column(Integer())
    verdict: Mapped[RowVerdict] = mapped_column(choice(RowVerdict))
    cells: Mapped[dict[str, Any]] = mapped_column()
    changes: Mapped[dict[str, Any]] = mapped_column()
    problems: Mapped[dict[str, Any]] = mapped_column()
