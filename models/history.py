"""History: every insert, update and delete, append-only, written in the transaction that makes the change."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import N_, READ_ONLY, Base, Entity, Group, Key, Labelled, Permission, choice, column


def _of_some(name: str) -> Index:
    """An index of the rows that have the column: the many that have not would slow every write of theirs."""
    there = text(f"{name} IS NOT NULL")
    return Index(None, name, sqlite_where=there, postgresql_where=there)


class ChangeKind(Labelled):
    INSERT = "insert", N_("Added")
    UPDATE = "update", N_("Changed")
    DELETE = "delete", N_("Deleted")


class History(Base):
    """`changes` holds {field: [from, to]} for one row changed at one moment."""

    __tablename__ = "history"
    __table_args__ = (
        Index(None, "entity", "row_id", "id"),
        Index(None, "estate_id", "at"),
        *map(_of_some, ("account_id", "batch_id", "bulk_id")),
        # Runs are never deleted. PostgreSQL would look for the same one again for every row of an import.
        ForeignKeyConstraint(["batch_id"], ["import_batch.id"], ondelete="SET NULL", info={"only_on": "sqlite"}).ddl_if(
            dialect="sqlite"
        ),
    )
    __entity__ = Entity(
        name="history",
        label=N_("Change"),
        plural=N_("History"),
        group=Group.SYSTEM,
        permission=Permission.SYSTEM,
        title=("entity", "row_id"),
        order="-at",
        deeds=READ_ONLY,
        icon="clock-history",
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[datetime] = column(label=N_("When"), listed=True, filter=True, sort=True, index=True)
    account_id: Mapped[int | None] = column(ForeignKey("account.id"), label=N_("By"), listed=True, filter=True)
    entity: Mapped[str] = column(String(40), label=N_("Record kind"), listed=True, filter=True)
    row_id: Mapped[int] = column(Key, label=N_("Record"), listed=True, filter=True)
    kind: Mapped[ChangeKind] = column(choice(ChangeKind), label=N_("Change kind"), listed=True, filter=True)
    changes: Mapped[dict[str, Any]] = mapped_column()
    estate_id: Mapped[int | None] = column(
        ForeignKey("estate.id", ondelete="SET NULL"), label=N_("Estate"), listed=True, filter=True
    )
    batch_id: Mapped[int | None] = column(Key, label=N_("Import"), listed=True, filter=True)
    bulk_id: Mapped[int | None] = column(
        ForeignKey("bulk_change.id", ondelete="SET NULL"), label=N_("Bulk change"), filter=True
    )
    by_command: Mapped[str | None] = column(String(40), label=N_("By command"), listed=True)
