"""Service standards as data: sets of rules, each with its clause and the day from which it holds (S3 复审规定)."""

import re
from collections.abc import Mapping
from datetime import date
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
from models.faults import Fault
from models.fields import Code
from models.milestone import Clock, LimitUnit, MilestoneKind
from models.ticket import Category, Severity


class RuleKind(Labelled):
    """What a rule speaks of: one kind of ticket, or everything that is not a complaint."""

    NOT_COMPLAINT = "not_complaint", N_("Not a complaint"), "非投诉"
    CONSULTATION = "consultation", N_("Consultation"), "咨询"
    REPAIR = "repair", N_("Repair"), "报修"
    COMPLAINT = "complaint", N_("Complaint"), "投诉"
    SUGGESTION = "suggestion", N_("Suggestion"), "建议"
    HELP = "help", N_("Help"), "求助"
    SPECIAL_SERVICE = "special_service", N_("Special service"), "特约服务"
    FIRST_AID = "first_aid", N_("First aid"), "急救"
    EMERGENCY = "emergency", N_("Emergency"), "突发事件"


class Start(Labelled):
    """The moment a clock starts at."""

    OPENING = "opening", N_("Opening"), "受理"
    RESOLUTION = "resolution", N_("Resolution"), "处理完毕"


class LadderBasis(Labelled):
    """What a row of the ladder counts from."""

    OPEN_TIME = "open_time", N_("Open time"), "未结时长"
    DUE_TIME = "due_time", N_("Before or after the due time"), "到期前后", "相对时限"


class StandardSet(Row):
    __tablename__ = "standard_set"
    __table_args__ = (UniqueConstraint("code"),)
    __entity__ = Entity(
        name="standard-sets",
        label=N_("Standard set"),
        plural=N_("Standard sets"),
        group=Group.STANDARDS,
        permission=Permission.STANDARDS,
        title=("name",),
        key=("code",),
        order="code",
        icon="journal-bookmark",
        rank=1,
    )

    code: Mapped[str] = column(Code(40), label=N_("Set code"), aliases=("标准编码",), listed=True, sort=True)
    name: Mapped[str] = column(String(80), label=N_("Set name"), aliases=("标准名称",), listed=True)
    note: Mapped[str | None] = column(Text(), label=N_("Note"), aliases=("备注",), listed=True, long=True)
    late_entry_hours: Mapped[int] = column(
        Integer(),
        label=N_("Entered later by at most (hours)"),
        help=N_("How long ago a report that is entered now may have come"),
        default=24,
        server_default=text("24"),
    )
    pause_approval_hours: Mapped[int] = column(
        Integer(),
        label=N_("Pauses to be allowed from (hours)"),
        help=N_("A longer pause counts only once a supervisor or manager has allowed it"),
        default=24,
        server_default=text("24"),
    )
    pause_cap_hours: Mapped[int] = column(
        Integer(),
        label=N_("Pauses of a ticket together at most (hours)"),
        default=720,
        server_default=text("720"),
    )
    quiet_from: Mapped[str | None] = column(
        String(5),
        label=N_("Quiet from"),
        help=N_("Local time such as 22:00; e-mail then waits, but for urgent and major matters. Empty: never"),
        default="22:00",
        server_default="22:00",
    )
    quiet_until: Mapped[str | None] = column(
        String(5), label=N_("Quiet until"), help=N_("Local time such as 07:00"), default="07:00", server_default="07:00"
    )

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        return _hours_faults(row) | _quiet_faults(row)


LONGEST_HOURS = 8784  # a leap year


def _hours_faults(row: Mapping[str, Any]) -> dict[str, Fault]:
    sentence = N_("Give whole hours from 0 to %(limit)s")
    names = ("late_entry_hours", "pause_approval_hours", "pause_cap_hours")
    return {name: Fault(sentence, limit=LONGEST_HOURS) for name in names if not 0 <= row[name] <= LONGEST_HOURS}


def _quiet_faults(row: Mapping[str, Any]) -> dict[str, Fault]:
    names = ("quiet_from", "quiet_until")
    found = {
        name: Fault(N_("Write the time as 22:00, from 00:00 to 23:59"))
        for name in names
        if row[name] and not _TIME_OF_DAY.fullmatch(row[name])
    }
    if bool(row["quiet_from"]) == bool(row["quiet_until"]):
        return found
    empty = "quiet_until" if row["quiet_from"] else "quiet_from"
    return found | {empty: Fault(N_("Quiet hours need both times, or neither"))}


VERSIONS = N_("A change of what tickets go by makes a new version from this day on; earlier tickets keep the old one")
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_LIMIT_HAS_NUMBER = (
    "(unit IN ('at_once', 'end_of_day', 'agreed') AND value IS NULL) "
    "OR (unit NOT IN ('at_once', 'end_of_day', 'agreed') AND value > 0)"
)
# Of a row that counts from a due time the number has a sign: before it or after it.
_OFFSET_OR_LIMIT = (
    "(unit = 'at_once' AND value IS NULL) "
    "OR (basis = 'open_time' AND unit IN ('end_of_day', 'agreed') AND value IS NULL) "
    "OR (unit NOT IN ('at_once', 'end_of_day', 'agreed') AND (value > 0 OR (basis = 'due_time' AND value <= 0)))"
)


LARGEST_LIMIT = 9999  # also in months a date that the calendar still has


def _limit_faults(row: Mapping[str, Any]) -> dict[str, Fault]:
    found = {}
    is_counted = row["unit"] not in (LimitUnit.AT_ONCE, LimitUnit.END_OF_DAY, LimitUnit.AGREED)
    if is_counted and not 0 < (row["value"] or 0) <= LARGEST_LIMIT:
        found["value"] = Fault(N_("This limit unit needs a number from 1 to %(limit)s"), limit=LARGEST_LIMIT)
    if not is_counted and row["value"] is not None:
        found["value"] = Fault(N_("This limit unit has no number: leave it empty"))
    if row["valid_to"] is not None and row["valid_to"] <= row["valid_from"]:
        sentence = N_("The rule would hold on no day: give a day after %(start)s")
        found["valid_to"] = Fault(sentence, start=row["valid_from"])
    return found


HIGHEST_LEVEL = 99


def _offset_faults(row: Mapping[str, Any]) -> dict[str, Fault]:
    """Of a row that counts from a due time: the number has a sign, and `at once` is that time itself."""
    found = {name: fault for name, fault in _limit_faults(row).items() if name == "valid_to"}
    if row["unit"] in (LimitUnit.END_OF_DAY, LimitUnit.AGREED):
        found["unit"] = Fault(N_("From a due time count minutes, hours, days, weeks, months or working days"))
    elif row["unit"] is not LimitUnit.AT_ONCE and (row["value"] is None or abs(row["value"]) > LARGEST_LIMIT):
        found["value"] = Fault(N_("Give a number from -%(limit)s to %(limit)s"), limit=LARGEST_LIMIT)
    elif row["unit"] is LimitUnit.AT_ONCE and row["value"] is not None:
        found["value"] = Fault(N_("This limit unit has no number: leave it empty"))
    return found


class StandardRule(Row):
    """A limit: for tickets of that kind, category and severity, the milestone is due so long after its start."""

    __tablename__ = "standard_rule"
    __table_args__ = (
        Index(None, "standard_set_id", "kind", "milestone"),
        CheckConstraint(_LIMIT_HAS_NUMBER, name="limit"),
    )
    __entity__ = Entity(
        name="rules",
        label=N_("Rule"),
        plural=N_("Rules"),
        group=Group.STANDARDS,
        permission=Permission.STANDARDS,
        title=("code",),
        key=("code",),
        order="code",
        icon="rulers",
        rank=2,
    )

    standard_set_id: Mapped[int] = column(
        ForeignKey("standard_set.id"), label=N_("Standard set"), aliases=("标准",), listed=True, filter=True
    )
    code: Mapped[str] = column(
        Code(60), label=N_("Rule code"), aliases=("规则编码",), listed=True, sort=True, unique=True
    )
    kind: Mapped[RuleKind] = column(choice(RuleKind), label=N_("Kind"), aliases=("类别",), listed=True, filter=True)
    category: Mapped[Category | None] = column(
        choice(Category), label=N_("Category"), aliases=("分类",), listed=True, filter=True
    )
    severity: Mapped[Severity | None] = column(
        choice(Severity), label=N_("Severity"), aliases=("等级",), listed=True, filter=True
    )
    milestone: Mapped[MilestoneKind] = column(
        choice(MilestoneKind), label=N_("Milestone"), aliases=("时限项",), listed=True, filter=True
    )
    value: Mapped[int | None] = column(Integer(), label=N_("Limit value"), aliases=("数值",), listed=True)
    unit: Mapped[LimitUnit] = column(choice(LimitUnit), label=N_("Limit unit"), aliases=("单位",), listed=True)
    clock: Mapped[Clock] = column(
        choice(Clock),
        label=N_("Clock"),
        help=N_("Minutes and hours count round the clock or within the estate's service hours"),
        aliases=("计时方式",),
        listed=True,
        default=Clock.ELAPSED,
        server_default=Clock.ELAPSED.value,
    )
    start: Mapped[Start] = column(
        choice(Start), label=N_("Counted from"), aliases=("起算",), default=Start.OPENING, listed=True
    )
    only_if_harm: Mapped[bool] = column(
        Boolean(), label=N_("Only while harm goes on"), aliases=("仅损害持续",), default=False
    )
    source: Mapped[str] = column(String(80), label=N_("Clause"), aliases=("依据",), listed=True)
    text: Mapped[str | None] = column(Text(), label=N_("Clause text"), aliases=("条文",), long=True)
    is_ours: Mapped[bool] = column(
        Boolean(),
        label=N_("Our own reading"),
        help=N_("The documents leave this open and the product decides"),
        aliases=("自定",),
        listed=True,
        default=False,
    )
    valid_from: Mapped[date] = column(Date(), label=N_("Valid from"), help=VERSIONS, aliases=("生效日期",), listed=True)
    valid_to: Mapped[date | None] = column(Date(), label=N_("Valid to"), aliases=("失效日期",), listed=True)

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        return _limit_faults(row)


class LadderRule(Row):
    """A row of the ladder: a ticket open so long, or so long before or after a due time, reaches the level, or its
    people are warned.
    """

    __tablename__ = "ladder_rule"
    __table_args__ = (
        Index(None, "standard_set_id", "kind", "level"),
        CheckConstraint("level BETWEEN 0 AND 99 AND (level > 0 OR is_warning)", name="level"),
        CheckConstraint(_OFFSET_OR_LIMIT, name="limit"),
    )
    __entity__ = Entity(
        name="ladder-rules",
        label=N_("Ladder rule"),
        plural=N_("Ladder rules"),
        group=Group.STANDARDS,
        permission=Permission.STANDARDS,
        title=("code",),
        key=("code",),
        order="code",
        icon="bar-chart-steps",
        rank=3,
    )

    standard_set_id: Mapped[int] = column(
        ForeignKey("standard_set.id"), label=N_("Standard set"), aliases=("标准",), listed=True, filter=True
    )
    code: Mapped[str] = column(
        Code(60), label=N_("Rule code"), aliases=("规则编码",), listed=True, sort=True, unique=True
    )
    kind: Mapped[RuleKind] = column(choice(RuleKind), label=N_("Kind"), aliases=("类别",), listed=True, filter=True)
    severity: Mapped[Severity | None] = column(
        choice(Severity), label=N_("Severity"), aliases=("等级",), listed=True, filter=True
    )
    level: Mapped[int] = column(Integer(), label=N_("Level"), aliases=("级别",), listed=True, filter=True)
    basis: Mapped[LadderBasis] = column(
        choice(LadderBasis),
        label=N_("Counts from"),
        aliases=("计算基准",),
        listed=True,
        default=LadderBasis.OPEN_TIME,
        server_default=LadderBasis.OPEN_TIME.value,
    )
    milestone: Mapped[MilestoneKind | None] = column(
        choice(MilestoneKind),
        label=N_("Milestone"),
        help=N_("Whose due time it counts from; empty: the resolution's"),
        aliases=("时限项",),
    )
    value: Mapped[int | None] = column(
        Integer(),
        label=N_("Limit value"),
        help=N_("Counted from a due time: after it, or with a minus sign before it"),
        aliases=("数值",),
        listed=True,
    )
    unit: Mapped[LimitUnit] = column(choice(LimitUnit), label=N_("Limit unit"), aliases=("单位",), listed=True)
    clock: Mapped[Clock] = column(
        choice(Clock),
        label=N_("Clock"),
        aliases=("计时方式",),
        default=Clock.ELAPSED,
        server_default=Clock.ELAPSED.value,
    )
    is_warning: Mapped[bool] = column(
        Boolean(),
        label=N_("Only warns"),
        help=N_("The people of the level are told, and the ticket stays where it is"),
        aliases=("仅预警",),
        listed=True,
        default=False,
        server_default=false(),
    )
    turns_major: Mapped[bool] = column(
        Boolean(),
        label=N_("Turns major"),
        help=N_("A complaint that reaches this step is major from then on"),
        aliases=("转为重大",),
        default=False,
        server_default=false(),
    )
    owner_deadline_counts: Mapped[bool] = column(
        Boolean(), label=N_("Or past the owner's deadline"), aliases=("业主期限",), default=False
    )
    only_if_valid: Mapped[bool] = column(
        Boolean(), label=N_("Valid complaints only"), aliases=("仅有效投诉",), default=False
    )
    source: Mapped[str] = column(String(80), label=N_("Clause"), aliases=("依据",), listed=True)
    text: Mapped[str | None] = column(Text(), label=N_("Clause text"), aliases=("条文",), long=True)
    is_ours: Mapped[bool] = column(
        Boolean(), label=N_("Our own reading"), aliases=("自定",), default=False, listed=True
    )
    valid_from: Mapped[date] = column(Date(), label=N_("Valid from"), help=VERSIONS, aliases=("生效日期",), listed=True)
    valid_to: Mapped[date | None] = column(Date(), label=N_("Valid to"), aliases=("失效日期",), listed=True)

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        lowest = 0 if row["is_warning"] else 1
        if not lowest <= row["level"] <= HIGHEST_LEVEL:
            sentence = N_("The level lies between %(lowest)s and %(highest)s")
            return {"level": Fault(sentence, lowest=lowest, highest=HIGHEST_LEVEL)}
        return _limit_faults(row) if row["basis"] is LadderBasis.OPEN_TIME else _offset_faults(row)
