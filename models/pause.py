"""Pauses (等待): a ticket that waits for somebody else, and the proof that the owner was told (S2 二.4)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped

from models.base import N_, READ_ONLY, Entity, Group, Labelled, Permission, Row, choice, column
from models.faults import Fault


class PauseReason(Labelled):
    PARTS = "parts", N_("Parts to be bought"), "采购配件"
    OWNER_WISH = "owner_wish", N_("Owner's own wish"), "业主要求"
    THIRD_PARTY = "third_party", N_("Third party"), "第三方原因"
    WEATHER = "weather", N_("Weather"), "天气原因"


class TellingChannel(Labelled):
    """How the owner was told."""

    IN_PERSON = "in_person", N_("In person"), "当面"
    PHONE = "phone", N_("By phone"), "电话"
    MESSAGE = "message", N_("By message"), "短信或微信", "短信", "微信"


IS_RUNNING_SQL = "ended_at IS NULL"
IS_TO_ALLOW_SQL = "needs_approval AND told_at IS NOT NULL AND allowed_at IS NULL AND refused_at IS NULL"


class Pause(Row):
    """A wait from its request until work goes on. The clock stops at `starts_at`, once the owner was told."""

    __tablename__ = "pause"
    __table_args__ = (
        Index(None, "ticket_id", "requested_at"),
        # No two run at once on one ticket.
        Index(
            "uq_pause_running",
            "ticket_id",
            unique=True,
            sqlite_where=text(IS_RUNNING_SQL),
            postgresql_where=text(IS_RUNNING_SQL),
        ),
        Index(
            "ix_pause_to_allow",
            "estate_id",
            "told_at",
            sqlite_where=text(IS_TO_ALLOW_SQL),
            postgresql_where=text(IS_TO_ALLOW_SQL),
        ),
        Index(None, "estate_id", "requested_at"),
        CheckConstraint(
            "(told_at IS NULL) = (told_channel IS NULL) AND (told_at IS NULL) = (starts_at IS NULL)", name="proof"
        ),
        CheckConstraint("ended_at IS NULL OR starts_at IS NULL OR ended_at >= starts_at", name="in_order"),
        CheckConstraint("allowed_at IS NULL OR refused_at IS NULL", name="decided_once"),
    )
    __entity__ = Entity(
        name="pauses",
        label=N_("Pause"),
        plural=N_("Pauses"),
        group=Group.SERVICE,
        permission=Permission.SERVICE,
        title=("ticket_id",),
        order="-requested_at",
        to_building=("ticket_id", "building_id"),
        to_assignee=("ticket_id", "assignee_id"),
        deeds=READ_ONLY,
        in_menu=False,
        icon="pause-circle",
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), filter=True)
    ticket_id: Mapped[int] = column(ForeignKey("ticket.id"), label=N_("Ticket"), listed=True, filter=True)
    reason: Mapped[PauseReason] = column(choice(PauseReason), label=N_("Reason of the wait"), listed=True, filter=True)
    note: Mapped[str | None] = column(Text(), label=N_("Note"), listed=True, long=True)
    assignee_id: Mapped[int | None] = column(
        ForeignKey("staff.id"), label=N_("Assignee then"), listed=True, filter=True, index=True
    )
    requested_at: Mapped[datetime] = column(label=N_("Waiting since"), listed=True, filter=True, sort=True, index=True)
    requested_by_id: Mapped[int | None] = column(
        ForeignKey("account.id"), label=N_("Requested by"), listed=True, index=True
    )
    expected_until: Mapped[datetime | None] = column(label=N_("Expected until"), listed=True)
    told_at: Mapped[datetime | None] = column(label=N_("Owner told at"), listed=True, filter=True)
    told_channel: Mapped[TellingChannel | None] = column(
        choice(TellingChannel), label=N_("Owner told how"), listed=True, filter=True
    )
    told_by_id: Mapped[int | None] = column(ForeignKey("account.id"), label=N_("Owner told by"), index=True)
    starts_at: Mapped[datetime | None] = column(label=N_("Clock stopped at"), filter=True)
    ended_at: Mapped[datetime | None] = column(label=N_("Ended"), listed=True, filter=True)
    needs_approval: Mapped[bool] = column(
        Boolean(), label=N_("Needs approval"), listed=True, filter=True, default=False
    )
    allowed_at: Mapped[datetime | None] = column(label=N_("Allowed at"), listed=True, filter=True)
    refused_at: Mapped[datetime | None] = column(label=N_("Refused at"), filter=True)
    decided_by_id: Mapped[int | None] = column(ForeignKey("account.id"), label=N_("Decided by"), index=True)
    remark: Mapped[str | None] = column(Text(), label=N_("Remark on the decision"), long=True)

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        if (row["told_at"] is None) != (row["told_channel"] is None):
            return {"told_channel": Fault(N_("Say when and how the owner was told, or neither"))}
        return {}
