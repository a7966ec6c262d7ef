"""Milestones (时限) and ladder steps (升级) of tickets: stored, indexed due times, derived in the write path."""

from datetime import UTC, datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import N_, READ_ONLY, Entity, Group, Labelled, Permission, Row, choice, column


class MilestoneKind(Labelled):
    HARM_STOPPED = "harm_stopped", N_("Harm stopped"), "止损"
    FIRST_RESPONSE = "first_response", N_("First response"), "响应"
    ON_SITE = "on_site", N_("On site"), "到场"
    PROGRESS_REPLY = "progress_reply", N_("Progress reply"), "反馈"
    PROMISED_REPLY = "promised_reply", N_("Promised reply"), "约定回复"
    REPORT_SUPERVISOR = "report_supervisor", N_("Report to the supervisor"), "上报主管"
    REPORT_HQ = "report_hq", N_("Report to HQ"), "上报总公司"
    ANSWER = "answer", N_("Clear answer"), "明确答复"
    HAND_OVER_SUPERVISOR = "hand_over_supervisor", N_("Hand-over to the supervisor"), "转主管"
    HAND_OVER_MANAGER = "hand_over_manager", N_("Hand-over to the manager"), "转经理"
    RESOLUTION = "resolution", N_("Resolution"), "处理完毕"
    RECORD_HANDED_IN = "record_handed_in", N_("Record handed in"), "交记录"


class LimitUnit(Labelled):
    MINUTES = "minutes", N_("minutes"), "分钟"
    HOURS = "hours", N_("hours"), "小时"
    DAYS = "days", N_("days"), "天", "日"
    WEEKS = "weeks", N_("weeks"), "周"
    MONTHS = "months", N_("months"), "个月", "月"
    WORKING_DAYS = "working_days", N_("working days"), "工作日", "个工作日"
    AT_ONCE = "at_once", N_("at once"), "立即"
    END_OF_DAY = "end_of_day", N_("end of day"), "当天"
    AGREED = "agreed", N_("as agreed"), "约定"


class Clock(Labelled):
    """The time that counts towards a limit."""

    ELAPSED = "elapsed", N_("Round the clock"), "全天候"
    SERVICE = "service", N_("Service hours"), "服务时间"


class Milestone(Row):
    """One promised moment of a ticket. Open means: not done, and the ticket not ended without it."""

    __tablename__ = "milestone"
    __table_args__ = (
        UniqueConstraint("ticket_id", "kind", "round"),
        Index(
            "ix_milestone_open",
            "estate_id",
            "kind",
            "due_at",
            sqlite_where=text("is_open"),
            postgresql_where=text("is_open"),
        ),
        Index(None, "estate_id", "kind", "due_at"),
        Index(None, "estate_id", "started_at"),
    )
    __entity__ = Entity(
        name="milestones",
        label=N_("Milestone"),
        plural=N_("Milestones"),
        group=Group.SERVICE,
        permission=Permission.SERVICE,
        title=("kind",),
        order="-started_at",
        to_building=("ticket_id", "building_id"),
        to_assignee=("ticket_id", "assignee_id"),
        deeds=READ_ONLY,
        in_menu=False,
        icon="flag",
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), filter=True)
    ticket_id: Mapped[int] = column(ForeignKey("ticket.id"), label=N_("Ticket"), listed=True, filter=True)
    kind: Mapped[MilestoneKind] = column(choice(MilestoneKind), label=N_("Milestone"), listed=True, filter=True)
    round: Mapped[int] = column(
        Integer(), label=N_("Round of reopening"), help=N_("0 first, then one more for each reopening"), default=0
    )
    started_at: Mapped[datetime] = column(label=N_("Clock started"), listed=True, sort=True, index=True)
    due_at: Mapped[datetime | None] = column(label=N_("Due"), listed=True, filter=True)
    done_at: Mapped[datetime | None] = column(label=N_("Done"), listed=True, filter=True)
    is_open: Mapped[bool] = column(Boolean(), label=N_("Open"), listed=True, filter=True)
    limit_value: Mapped[int | None] = column(Integer(), label=N_("Limit value"), listed=True)
    limit_unit: Mapped[LimitUnit] = column(choice(LimitUnit), label=N_("Limit unit"), listed=True)
    rule_id: Mapped[int | None] = column(
        ForeignKey("standard_rule.id"),
        label=N_("Rule"),
        help=N_("Empty: as the system says that the ticket came from"),
        listed=True,
        index=True,
    )
    clock: Mapped[Clock] = column(
        choice(Clock), label=N_("Clock"), default=Clock.ELAPSED, server_default=Clock.ELAPSED.value
    )
    paused_seconds: Mapped[int] = column(Integer(), label=N_("Seconds paused"), default=0, server_default=text("0"))
    is_provisional: Mapped[bool] = column(
        Boolean(),
        label=N_("Provisional"),
        help=N_("The calendar was not known to the end: Monday to Friday counted from there on"),
        filter=True,
        default=False,
        server_default=false(),
    )
    done_by_id: Mapped[int | None] = column(ForeignKey("account.id"), label=N_("Done by"), index=True)
    is_in_time: Mapped[bool | None] = column(
        Boolean(),
        label=N_("In time as the source says"),
        help=N_("Empty: it is in time if it was done by its due moment"),
    )


NEVER = datetime(9000, 1, 1, tzinfo=UTC)  # later than any date of a ticket


class LadderStep(Row):
    """A step of the escalation ladder: due when its time has come, recorded by whoever sweeps first.

    An open ticket stands at the level from `due_at` until just before `until_at`, when a higher step comes due (NEVER
    without one). `until_at` and `open_since`, the opening of the ticket, are derived, and empty once it has ended.
    """

    __tablename__ = "ladder_step"
    __table_args__ = (
        UniqueConstraint("ticket_id", "level"),
        Index(
            "ix_ladder_step_pending",
            "due_at",
            sqlite_where=text("recorded_at IS NULL"),
            postgresql_where=text("recorded_at IS NULL"),
        ),
        Index(None, "estate_id", "due_at", "level"),
        Index(
            "ix_ladder_step_standing",
            "estate_id",
            "level",
            "until_at",
            "due_at",
            "open_since",
            sqlite_where=text("until_at IS NOT NULL"),
            postgresql_where=text("until_at IS NOT NULL"),
        ),
    )
    __entity__ = Entity(
        name="ladder-steps",
        label=N_("Ladder step"),
        plural=N_("Ladder steps"),
        group=Group.SERVICE,
        permission=Permission.SERVICE,
        title=("level",),
        order="-due_at",
        to_building=("ticket_id", "building_id"),
        to_assignee=("ticket_id", "assignee_id"),
        deeds=READ_ONLY,
        in_menu=False,
        icon="arrow-up-right",
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), filter=True)
    ticket_id: Mapped[int] = column(ForeignKey("ticket.id"), label=N_("Ticket"), listed=True, filter=True)
    level: Mapped[int] = column(Integer(), label=N_("Level"), listed=True, filter=True)
    due_at: Mapped[datetime] = column(label=N_("Due"), listed=True, filter=True, sort=True, index=True)
    recorded_at: Mapped[datetime | None] = column(label=N_("Recorded"), listed=True, filter=True)
    is_open: Mapped[bool] = column(Boolean(), label=N_("Open"), listed=True, filter=True)
    rule_id: Mapped[int] = column(ForeignKey("ladder_rule.id"), label=N_("Rule"), listed=True, index=True)
    previous_level: Mapped[int | None] = mapped_column(Integer())
    until_at: Mapped[datetime | None] = mapped_column()
    open_since: Mapped[datetime | None] = mapped_column()


class EarlyWarning(Row):
    """A warning before or after a due moment, or after some open time: due when its time has come, told by whoever
    sweeps first. Derived like a step; only those that can still come, or were recorded, are kept.
    """

    __tablename__ = "early_warning"
    __table_args__ = (
        UniqueConstraint("ticket_id", "rule_id", "round"),
        Index(
            "ix_early_warning_pending",
            "due_at",
            sqlite_where=text("recorded_at IS NULL AND is_open"),
            postgresql_where=text("recorded_at IS NULL AND is_open"),
        ),
        Index(None, "estate_id", "due_at"),
    )
    __entity__ = Entity(
        name="warnings",
        label=N_("Early warning"),
        plural=N_("Early warnings"),
        group=Group.SERVICE,
        permission=Permission.SERVICE,
        title=("milestone",),
        order="-due_at",
        to_building=("ticket_id", "building_id"),
        to_assignee=("ticket_id", "assignee_id"),
        deeds=READ_ONLY,
        in_menu=False,
        icon="bell",
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), filter=True)
    ticket_id: Mapped[int] = column(ForeignKey("ticket.id"), label=N_("Ticket"), listed=True, filter=True)
    rule_id: Mapped[int] = column(ForeignKey("ladder_rule.id"), label=N_("Rule"), listed=True, index=True)
    milestone: Mapped[MilestoneKind | None] = column(
        choice(MilestoneKind), label=N_("Milestone"), help=N_("Empty: of the open time"), listed=True, filter=True
    )
    round: Mapped[int] = column(Integer(), label=N_("Round of reopening"), default=0)
    due_at: Mapped[datetime] = column(label=N_("Due"), listed=True, filter=True, sort=True, index=True)
    recorded_at: Mapped[datetime | None] = column(label=N_("Recorded"), listed=True)
    is_open: Mapped[bool] = column(Boolean(), label=N_("Open"), listed=True, filter=True)
