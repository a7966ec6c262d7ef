"""What a complaint needs beside its ticket: the handling plan 处理方案 and the record 投诉登记处理记录 (S3 第5篇)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped

from models.base import N_, READ_ONLY, Entity, Group, Labelled, Permission, Row, choice, column


class PlanState(Labelled):
    DRAFTED = "drafted", N_("To be approved"), "待批准"
    APPROVED = "approved", N_("Approved"), "已批准"
    RETURNED = "returned", N_("Returned"), "已退回"


class HandlingPlan(Row):
    """Drafted by the supervisor, approved by the manager before work starts (S3 第5篇 3.2–3.3); the latest counts."""

    __tablename__ = "handling_plan"
    __table_args__ = (
        Index(None, "ticket_id", "drafted_at"),
        Index(None, "estate_id", "drafted_at"),
        CheckConstraint("(state = 'drafted') = (decided_at IS NULL)", name="decided"),
    )
    __entity__ = Entity(
        name="handling-plans",
        label=N_("Handling plan"),
        plural=N_("Handling plans"),
        group=Group.SERVICE,
        permission=Permission.SERVICE,
        title=("ticket_id",),
        order="-drafted_at",
        to_building=("ticket_id", "building_id"),
        to_assignee=("ticket_id", "assignee_id"),
        deeds=READ_ONLY,
        in_menu=False,
        icon="clipboard-check",
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), filter=True)
    ticket_id: Mapped[int] = column(ForeignKey("ticket.id"), label=N_("Ticket"), listed=True, filter=True)
    text: Mapped[str] = column(Text(), label=N_("Plan"), listed=True, long=True)
    state: Mapped[PlanState] = column(
        choice(PlanState), label=N_("Plan state"), listed=True, filter=True, default=PlanState.DRAFTED
    )
    drafted_at: Mapped[datetime] = column(label=N_("Drafted at"), listed=True, filter=True, sort=True, index=True)
    drafted_by_id: Mapped[int | None] = column(
        ForeignKey("account.id"), label=N_("Drafted by"), listed=True, index=True
    )
    decided_at: Mapped[datetime | None] = column(label=N_("Decided at"), listed=True)
    decided_by_id: Mapped[int | None] = column(
        ForeignKey("account.id"), label=N_("Decided by"), listed=True, index=True
    )
    remark: Mapped[str | None] = column(Text(), label=N_("Remark on the decision"), long=True)


class ComplaintRecord(Row):
    """What a closed complaint carries: who answers for it, the cause, the training, the signature (S2 程序 五)."""

    __tablename__ = "complaint_record"
    __table_args__ = (UniqueConstraint("ticket_id"), Index(None, "estate_id", "recorded_at"))
    __entity__ = Entity(
        name="complaint-records",
        label=N_("Complaint record"),
        plural=N_("Complaint records"),
        group=Group.SERVICE,
        permission=Permission.SERVICE,
        title=("ticket_id",),
        order="-recorded_at",
        to_building=("ticket_id", "building_id"),
        to_assignee=("ticket_id", "assignee_id"),
        deeds=READ_ONLY,
        in_menu=False,
        icon="journal-check",
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), filter=True)
    ticket_id: Mapped[int] = column(ForeignKey("ticket.id"), label=N_("Ticket"), listed=True, filter=True)
    recorded_at: Mapped[datetime] = column(label=N_("Recorded"), listed=True, filter=True, sort=True, index=True)
    responsible_department: Mapped[str | None] = column(
        String(80), label=N_("Responsible department"), listed=True, filter=True
    )
    responsible_staff_id: Mapped[int | None] = column(
        ForeignKey("staff.id"), label=N_("Responsible person"), listed=True, filter=True, index=True
    )
    root_cause: Mapped[str | None] = column(Text(), label=N_("Root cause"), listed=True, long=True)
    training: Mapped[str | None] = column(Text(), label=N_("Preventive training"), listed=True, long=True)
    owner_signed_name: Mapped[str | None] = column(String(80), label=N_("Signed by the owner as"), listed=True)
    owner_signed_at: Mapped[datetime | None] = column(label=N_("Signed by the owner at"), listed=True)
    # An owner may refuse: the complaint is closed all the same, and who saw it is on record.
    unsigned_reason: Mapped[str | None] = column(String(200), label=N_("Not signed: why, and who witnessed it"))
