"""Tickets (报事): anything an owner brings; on paper 接待业主情况记录, 投诉登记处理记录 (S3 第6篇, 第5篇)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped

from models.base import N_, Entity, Group, Labelled, Permission, Row, choice, column
from models.faults import Fault, Labels
from models.fields import Code, Phone


class TicketKind(Labelled):
    CONSULTATION = "consultation", N_("Consultation"), "咨询"
    REPAIR = "repair", N_("Repair"), "报修"
    COMPLAINT = "complaint", N_("Complaint"), "投诉"
    SUGGESTION = "suggestion", N_("Suggestion"), "建议", "意见"
    HELP = "help", N_("Help"), "求助"
    SPECIAL_SERVICE = "special_service", N_("Special service"), "特约服务"
    FIRST_AID = "first_aid", N_("First aid"), "急救"
    EMERGENCY = "emergency", N_("Emergency"), "突发事件"


class Category(Labelled):
    COMMUNAL_LIFT = "communal_lift", N_("Communal lift"), "公共电梯"
    COMMUNAL_POWER = "communal_power", N_("Communal power"), "公共供电"
    COMMUNAL_WATER = "communal_water", N_("Communal water"), "公共供水"
    LIGHTING_GENERAL = "lighting_general", N_("Public lighting, general"), "公共照明一般故障"
    LIGHTING_COMPLEX = "lighting_complex", N_("Public lighting, complex"), "公共照明复杂故障"
    FIRE = "fire", N_("Fire"), "火警"
    STAFF_CONDUCT = "staff_conduct", N_("Staff conduct"), "服务态度"
    CLEANING = "cleaning", N_("Cleaning"), "环境卫生"
    SECURITY = "security", N_("Order and security"), "秩序安全"
    PARKING = "parking", N_("Parking"), "停车"
    GREENERY = "greenery", N_("Greenery"), "绿化"
    NOISE = "noise", N_("Noise"), "噪音"
    FEES = "fees", N_("Fees"), "收费"
    INDOOR = "indoor", N_("Inside the unit"), "户内"
    OTHER = "other", N_("Other"), "其他"


class Severity(Labelled):
    """投诉类型 of a complaint (S3 第5篇 4.1–4.3); ordinary 零修 or urgent 急修 of a repair."""

    MINOR = "minor", N_("Minor"), "轻微"
    IMPORTANT = "important", N_("Important"), "重要"
    MAJOR = "major", N_("Major"), "重大"
    ORDINARY = "ordinary", N_("Ordinary"), "一般", "零修"
    URGENT = "urgent", N_("Urgent"), "急修", "紧急"


SEVERITIES: dict[TicketKind, tuple[Severity, ...]] = {
    TicketKind.COMPLAINT: (Severity.MINOR, Severity.IMPORTANT, Severity.MAJOR),
    TicketKind.REPAIR: (Severity.ORDINARY, Severity.URGENT),
}


class Validity(Labelled):
    VALID = "valid", N_("Valid"), "有效"
    INVALID = "invalid", N_("Invalid"), "无效"
    OUTSIDE_REMIT = "outside_remit", N_("Outside the remit"), "非物业管理范围"


class Channel(Labelled):
    VISIT = "visit", N_("Visit"), "上门"
    PHONE = "phone", N_("Phone call"), "电话"
    WEB = "web", N_("Web"), "网上"
    PATROL = "patrol", N_("Patrol"), "巡查"


class TicketState(Labelled):
    NEW = "new", N_("New"), "新建"
    ASSIGNED = "assigned", N_("Assigned"), "已派单"
    IN_PROGRESS = "in_progress", N_("In progress"), "处理中"
    WAITING = "waiting", N_("Waiting"), "等待中"
    RESOLVED = "resolved", N_("Resolved"), "已处理"
    CLOSED = "closed", N_("Closed"), "已关闭"
    CLOSED_UNRESOLVED = "closed_unresolved", N_("Closed unresolved"), "未解决关闭"
    REOPENED = "reopened", N_("Reopened"), "重新打开"
    VOID = "void", N_("Void"), "作废"

    @property
    def is_open(self) -> bool:
        return self in OPEN_STATES


OPEN_STATES = frozenset(
    {
        TicketState.NEW,
        TicketState.ASSIGNED,
        TicketState.IN_PROGRESS,
        TicketState.WAITING,
        TicketState.REOPENED,
    }
)
REASONED_STATES = frozenset({TicketState.CLOSED_UNRESOLVED, TicketState.VOID})


def _listed_sql(values: Any) -> str:
    return ", ".join(f"'{value.value}'" for value in sorted(values))


_SEVERITY_FITS = " OR ".join(
    [f"(kind = '{kind.value}' AND severity IN ({_listed_sql(fitting)}))" for kind, fitting in SEVERITIES.items()]
    + [f"(kind NOT IN ({_listed_sql(SEVERITIES)}) AND severity IS NULL)"]
)
CALLED_BACK = frozenset({TicketKind.COMPLAINT, TicketKind.FIRST_AID})  # each one, not a quota (S3 第7篇 4.1)
IS_CALLED_BACK_SQL = f"kind IN ({_listed_sql(CALLED_BACK)})"
IS_OPEN_SQL = f"state IN ({_listed_sql(OPEN_STATES)})"


class Ticket(Row):
    """`next_due_at` caches the earliest open milestone; it and the milestones are derived in the write path."""

    __tablename__ = "ticket"
    __table_args__ = (
        UniqueConstraint("estate_id", "code"),
        Index(
            "ix_ticket_owed",
            "estate_id",
            "next_due_at",
            sqlite_where=text("next_due_at IS NOT NULL"),
            postgresql_where=text("next_due_at IS NOT NULL"),
        ),
        Index(
            "ix_ticket_owed_everywhere",
            "next_due_at",
            sqlite_where=text("next_due_at IS NOT NULL"),
            postgresql_where=text("next_due_at IS NOT NULL"),
        ),
        Index(
            "ix_ticket_open",
            "estate_id",
            "opened_at",
            sqlite_where=text(IS_OPEN_SQL),
            postgresql_where=text(IS_OPEN_SQL),
        ),
        Index(
            "ix_ticket_called_back",
            "resolved_at",
            sqlite_where=text(IS_CALLED_BACK_SQL),
            postgresql_where=text(IS_CALLED_BACK_SQL),
        ),
        Index(None, "estate_id", "opened_at"),
        Index(None, "opened_at"),
        Index(None, "estate_id", "state", "opened_at"),
        Index(None, "assignee_id", "opened_at"),
        Index(None, "estate_id", "resolved_at"),
        Index(None, "standard_set_id", "opened_at"),  # whether a set was worked by on certain days
        Index(
            "ix_ticket_entered_later",
            "entered_at",
            sqlite_where=text("entered_at IS NOT NULL"),
            postgresql_where=text("entered_at IS NOT NULL"),
        ),
        Index(
            "ix_ticket_moved",
            "standards_on",
            sqlite_where=text("standards_on IS NOT NULL"),
            postgresql_where=text("standards_on IS NOT NULL"),
        ),
        Index(
            "ix_ticket_from_elsewhere",
            "source_system",
            sqlite_where=text("source_system IS NOT NULL"),
            postgresql_where=text("source_system IS NOT NULL"),
        ),
        CheckConstraint(_SEVERITY_FITS, name="severity_fits_kind"),
        CheckConstraint(
            f"state NOT IN ({_listed_sql(REASONED_STATES)}) OR close_reason IS NOT NULL", name="reason_given"
        ),
        CheckConstraint("validity IS NULL OR kind = 'complaint'", name="validity_of_complaint"),
    )
    __entity__ = Entity(
        name="tickets",
        label=N_("Ticket"),
        plural=N_("Tickets"),
        group=Group.SERVICE,
        permission=Permission.SERVICE,
        title=("code", "subject"),
        key=("code",),
        order="-opened_at",
        to_building=("building_id",),
        to_assignee=("assignee_id",),
        deeds=frozenset({"create", "edit"}),
        icon="ticket-detailed",
        rank=1,
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), filter=True, form="none")
    code: Mapped[str] = column(Code(40), label=N_("Ticket code"), listed=True, search="prefix", form="none")
    subject: Mapped[str] = column(String(120), label=N_("Subject"), aliases=("事由",), listed=True, search="words")
    unit_id: Mapped[int | None] = column(
        ForeignKey("unit.id"), label=N_("Unit"), listed=True, search="words", index=True
    )
    building_id: Mapped[int | None] = column(ForeignKey("building.id"), label=N_("Building"), filter=True, index=True)
    owner_id: Mapped[int | None] = column(
        ForeignKey("owner.id"), label=N_("Owner"), listed=True, search="words", index=True
    )
    contact_name: Mapped[str | None] = column(
        String(80),
        label=N_("Reported by"),
        aliases=("业主姓名",),
        help=N_("Who brought it, if not the owner"),
    )
    contact_phone: Mapped[str | None] = column(
        Phone(), label=N_("Contact phone"), aliases=("联系电话",), personal=True, search="exact", index=True
    )
    kind: Mapped[TicketKind] = column(choice(TicketKind), label=N_("Kind"), listed=True, filter=True)
    severity: Mapped[Severity | None] = column(
        choice(Severity),
        label=N_("Severity"),
        help=N_("Of a complaint: minor, important or major. Of a repair: ordinary or urgent. Otherwise none"),
        listed=True,
        filter=True,
    )
    category: Mapped[Category | None] = column(choice(Category), label=N_("Category"), filter=True)
    validity: Mapped[Validity | None] = column(
        choice(Validity), label=N_("Validity"), help=N_("Of a complaint"), filter=True, form="none"
    )
    channel: Mapped[Channel] = column(choice(Channel), label=N_("Channel"), filter=True, default=Channel.PHONE)
    state: Mapped[TicketState] = column(
        choice(TicketState), label=N_("State"), listed=True, filter=True, form="none", default=TicketState.NEW
    )
    assignee_id: Mapped[int | None] = column(
        ForeignKey("staff.id"), label=N_("Assignee"), listed=True, filter=True, form="create"
    )
    butler_id: Mapped[int | None] = column(
        ForeignKey("staff.id"), label=N_("Butler"), filter=True, index=True, form="create"
    )
    opened_at: Mapped[datetime] = column(label=N_("Opened"), listed=True, filter=True, sort=True, form="none")
    entered_at: Mapped[datetime | None] = column(
        label=N_("Entered later"), help=N_("When it was entered, if later than it came"), filter=True, form="none"
    )
    next_due_at: Mapped[datetime | None] = column(
        label=N_("Next due"), listed=True, filter=True, form="none", deadline=True
    )
    description: Mapped[str | None] = column(Text(), label=N_("Description"), long=True)
    appointment_at: Mapped[datetime | None] = column(
        label=N_("Appointment"), help=N_("When both sides agreed that the engineer comes")
    )
    owner_deadline_at: Mapped[datetime | None] = column(
        label=N_("Owner's own deadline"), help=N_("Of a minor complaint: replaces the two days")
    )
    promised_reply_at: Mapped[datetime | None] = column(
        label=N_("Promised reply"),
        help=N_("Of a complaint not settled on the spot: when the owner was promised an answer"),
    )
    is_under_warranty: Mapped[bool] = column(
        Boolean(), label=N_("Under the builder's warranty"), filter=True, default=False
    )
    is_harm_ongoing: Mapped[bool] = column(
        Boolean(),
        label=N_("Harm still going on"),
        help=N_("Of a complaint: stopping the harm comes before anything else"),
        default=False,
    )
    has_caused_harm: Mapped[bool] = column(
        Boolean(),
        label=N_("Injury or serious loss by our fault"),
        help=N_("Of a complaint: a valid one is major then (S3 第5篇 4.1.2)"),
        default=False,
        server_default=false(),
    )
    resolved_at: Mapped[datetime | None] = column(label=N_("Resolved"), filter=True, form="none")
    closed_at: Mapped[datetime | None] = column(label=N_("Closed at"), form="none")
    close_reason: Mapped[str | None] = column(Text(), label=N_("Reason of closing"), form="none", long=True)
    reopen_count: Mapped[int] = column(Integer(), label=N_("Times reopened"), form="none", default=0)
    standard_set_id: Mapped[int | None] = column(ForeignKey("standard_set.id"), label=N_("Standard set"), form="none")
    standards_on: Mapped[date | None] = column(
        Date(),
        label=N_("Standards as of"),
        help=N_("The day whose standards the ticket keeps, where its dates were moved. Empty: the day of its opening"),
        form="none",
    )
    calendar_id: Mapped[int | None] = column(ForeignKey("holiday_calendar.id"), label=N_("Calendar"), form="none")
    service_hours_id: Mapped[int | None] = column(
        ForeignKey("service_hours.id"), label=N_("Service hours"), form="none"
    )
    source_system: Mapped[str | None] = column(
        String(40),
        label=N_("Source system"),
        help=N_("Where the ticket was taken in and promised, if not here: our standards set it no dates"),
        filter=True,
        form="none",
    )
    source_due_at: Mapped[datetime | None] = column(label=N_("Due as the source says"), form="none")
    source_closed_at: Mapped[datetime | None] = column(label=N_("Closed as the source says"), form="none")
    source_is_on_time: Mapped[bool | None] = column(
        Boolean(), label=N_("On time as the source says"), filter=True, form="none"
    )

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        found = {}
        fitting = SEVERITIES.get(row["kind"], ())
        if fitting and row["severity"] not in fitting:
            found["severity"] = Fault(
                N_("A %(kind)s needs a severity: %(choices)s"),
                kind=row["kind"],
                choices=Labels(tuple(severity.label for severity in fitting)),
            )
        if not fitting and row["severity"] is not None:
            found["severity"] = Fault(N_("Only complaints and repairs have a severity: leave it empty"))
        if row["validity"] is not None and row["kind"] is not TicketKind.COMPLAINT:
            found["validity"] = Fault(N_("Only complaints have a validity: leave it empty"))
        if row["state"] in REASONED_STATES and not row["close_reason"]:
            found["close_reason"] = Fault(N_("Give the reason: it stays on the ticket"))
        return found
