"""Drafts of standards, and what they would have done: runs over past and open tickets, in slices."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import N_, Base, Entity, Group, Key, Labelled, Permission, Row, choice, column
from models.faults import Fault
from models.milestone import MilestoneKind


class DraftState(Labelled):
    DRAFT = "draft", N_("Draft"), "草稿"
    ADOPTED = "adopted", N_("Adopted"), "已采用"
    DROPPED = "dropped", N_("Dropped"), "已放弃"


class StandardDraft(Row):
    """`changes` holds what would be another way, by part and row; `rules.drafts` reads it."""

    __tablename__ = "standard_draft"
    __entity__ = Entity(
        name="drafts",
        label=N_("Draft of standards"),
        plural=N_("Drafts of standards"),
        group=Group.STANDARDS,
        permission=Permission.STANDARDS,
        title=("name",),
        order="-created_at",
        deeds=frozenset({"create", "edit"}),
        icon="pencil-square",
        rank=7,
    )

    standard_set_id: Mapped[int] = column(
        ForeignKey("standard_set.id"),
        label=N_("Standard set"),
        listed=True,
        filter=True,
        index=True,
        form="create",
    )
    name: Mapped[str] = column(String(80), label=N_("Draft name"), listed=True)
    source: Mapped[str | None] = column(
        String(80),
        label=N_("Clause of the change"),
        help=N_("Where the change is laid down. Without it the changed rules count as our own reading"),
    )
    note: Mapped[str | None] = column(Text(), label=N_("Note"), long=True)
    state: Mapped[DraftState] = column(
        choice(DraftState), label=N_("State"), listed=True, filter=True, form="none", default=DraftState.DRAFT
    )
    account_id: Mapped[int | None] = column(
        ForeignKey("account.id"), label=N_("By"), listed=True, form="none", index=True
    )
    created_at: Mapped[datetime] = column(label=N_("Created"), listed=True, sort=True, index=True, form="none")
    valid_from: Mapped[date | None] = column(Date(), label=N_("Valid from"), listed=True, form="none")
    adopted_at: Mapped[datetime | None] = column(label=N_("Adopted at"), form="none")
    adopted_by_id: Mapped[int | None] = column(
        ForeignKey("account.id"), label=N_("Adopted by"), form="none", index=True
    )
    moves_dates: Mapped[bool] = column(
        Boolean(), label=N_("Dates of open tickets moved too"), form="none", default=False
    )
    moved_at: Mapped[datetime | None] = column(label=N_("Dates moved at"), form="none")
    moved_through: Mapped[int | None] = mapped_column(Key)  # the last open ticket whose dates were moved
    changes: Mapped[dict[str, Any]] = mapped_column()

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        if row["name"] is not None and not row["name"].strip():
            return {"name": Fault(N_("A value is needed here"))}
        return {}


_IS_GOING = "finished_at IS NULL"


class DraftRun(Base):
    """A run of a draft as it was in that version: over the tickets opened in the span, and all that are open.

    `day` is the local day as of which open tickets would go over to the draft.
    """

    __tablename__ = "draft_run"
    __table_args__ = (
        Index("ix_draft_run_going", "id", sqlite_where=text(_IS_GOING), postgresql_where=text(_IS_GOING)),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("standard_draft.id", ondelete="CASCADE"), index=True)
    draft_version: Mapped[int] = mapped_column(Integer())
    since: Mapped[datetime] = mapped_column()
    until: Mapped[datetime] = mapped_column()
    day: Mapped[date] = mapped_column(Date())
    ticket_count: Mapped[int] = mapped_column(Integer())
    finished_at: Mapped[datetime | None] = mapped_column()


class DraftSlice(Base):
    """A part of a run: tickets by range of id, claimed by one worker at a time, counted once."""

    __tablename__ = "draft_slice"
    __table_args__ = (Index(None, "run_id", "done_at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("draft_run.id", ondelete="CASCADE"))
    first_id: Mapped[int] = mapped_column(Key)
    last_id: Mapped[int] = mapped_column(Key)
    ticket_count: Mapped[int] = mapped_column(Integer())
    claimed_until: Mapped[datetime | None] = mapped_column()
    done_at: Mapped[datetime | None] = mapped_column()
    figures: Mapped[dict[str, Any] | None] = mapped_column()


class Effect(Labelled):
    """What a draft would change for one ticket."""

    DATE_MOVED = "date_moved", N_("Date would move")
    LATE = "late", N_("Would have been late")
    IN_TIME = "in_time", N_("Would not have been late")
    ESCALATED = "escalated", N_("Would have been escalated")
    SPARED = "spared", N_("Would not have been escalated")


class DraftEffect(Base):
    """One thing that a draft would change for a ticket: of a milestone, or of a level of the ladder."""

    __tablename__ = "draft_effect"
    __table_args__ = (Index(None, "run_id", "effect", "id"), Index(None, "slice_id"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("draft_run.id", ondelete="CASCADE"))
    slice_id: Mapped[int] = mapped_column(ForeignKey("draft_slice.id", ondelete="CASCADE"))
    estate_id: Mapped[int] = mapped_column(ForeignKey("estate.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))
    effect: Mapped[Effect] = mapped_column(choice(Effect))
    milestone: Mapped[MilestoneKind | None] = mapped_column(choice(MilestoneKind))
    level: Mapped[int | None] = mapped_column(Integer())
    from_at: Mapped[datetime | None] = mapped_column()
    to_at: Mapped[datetime | None] = mapped_column()
