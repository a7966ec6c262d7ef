"""Bulk changes: one deed on many rows at once, by which it can be taken back; what it changed is in the history."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import N_, READ_ONLY, Base, Entity, Group, Key, Labelled, Permission, choice, column


class BulkAction(Labelled):
    """What is done on many rows at once; those of tickets by the names that single ones have."""

    SET = "set", N_("Set a field")
    DELETE = "delete", N_("Delete")
    ASSIGN = "assign", N_("Reassign")
    URGE = "urge", N_("Urge")
    RESOLVE = "resolve", N_("Resolve")
    CLOSE = "close", N_("Close")
    CLOSE_UNRESOLVED = "close_unresolved", N_("Close unresolved")


class BulkChange(Base):
    """`what` holds the values that were asked for, by column; the estate is None when the rows are of several."""

    __tablename__ = "bulk_change"
    __table_args__ = (Index(None, "estate_id", "entity"), Index(None, "estate_id", "at"))
    __entity__ = Entity(
        name="bulk-changes",
        label=N_("Bulk change"),
        plural=N_("Bulk changes"),
        group=Group.SYSTEM,
        permission=Permission.SYSTEM,
        title=("id",),
        order="-at",
        deeds=READ_ONLY,
        icon="stack",
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[datetime] = column(label=N_("When"), listed=True, filter=True, sort=True, index=True)
    account_id: Mapped[int | None] = column(
        ForeignKey("account.id"), label=N_("By"), listed=True, filter=True, index=True
    )
    entity: Mapped[str] = column(String(40), label=N_("Record kind"), listed=True, filter=True)
    action: Mapped[BulkAction] = column(choice(BulkAction), label=N_("Bulk action"), listed=True, filter=True)
    estate_id: Mapped[int | None] = column(
        ForeignKey("estate.id", ondelete="SET NULL"), label=N_("Estate"), listed=True, filter=True
    )
    what: Mapped[dict[str, Any]] = mapped_column()
    done_count: Mapped[int] = column(Integer(), label=N_("Carried out"), listed=True, default=0)
    refused_count: Mapped[int] = column(Integer(), label=N_("Refused"), listed=True, default=0)
    unchanged_count: Mapped[int] = column(Integer(), label=N_("Unchanged"), listed=True, default=0)
    undone_at: Mapped[datetime | None] = column(label=N_("Undone at"), listed=True)
    undone_by_id: Mapped[int | None] = column(ForeignKey("account.id"), label=N_("Undone by"), index=True)
    undone_count: Mapped[int | None] = column(Integer(), label=N_("Taken back"))
    left_count: Mapped[int | None] = column(Integer(), label=N_("Left as they are"))
