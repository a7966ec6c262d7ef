"""Service standards as data: sets of rules, each with its clause and the day from which it holds (S3 复审规定)."""

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
)
from sqlalchemy.orm import Mapped

from models.base import N_, Entity, Group, Labelled, Permission, Row, choice, column
from models.faults import Fault
from models.fields import Code
from models.milestone import LimitUnit, MilestoneKind
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
    )

    code: Mapped[str] = column(Code(40), label=N_("Set code"), aliases=("标准编码",), listed=True, sort=True)
    name: Mapped[str] = column(String(80), label=N_("Set name"), aliases=("标准名称",), listed=True)
    note: Mapped[str | None] = column(Text(), label=N_("Note"), aliases=("备注",), listed=True, long=True)


_LIMIT_HAS_NUMBER = (
    "(unit IN ('at_once', 'end_of_day', 'agreed') AND value IS NULL) "
    "OR (unit NOT IN ('at_once', 'end_of_day', 'agreed') AND value > 0)"
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
    valid_from: Mapped[date] = column(Date(), label=N_("Valid from"), aliases=("生效日期",), listed=True)
    valid_to: Mapped[date | None] = column(Date(), label=N_("Valid to"), aliases=("失效日期",), listed=True)

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        return _limit_faults(row)


class LadderRule(Row):
    """A step of the ladder: a ticket open so long reaches the level, or at once."""

    __tablename__ = "ladder_rule"
    __table_args__ = (
        Index(None, "standard_set_id", "kind", "level"),
        CheckConstraint("level BETWEEN 1 AND 9", name="level"),
        CheckConstraint(_LIMIT_HAS_NUMBER, name="limit"),
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
    value: Mapped[int | None] = column(Integer(), label=N_("Open for"), aliases=("数值",), listed=True)
    unit: Mapped[LimitUnit] = column(choice(LimitUnit), label=N_("Limit unit"), aliases=("单位",), listed=True)
    owner_deadline_counts: Mapped[bool] = column(
        Boolean(),
        label=N_("Or past the owner's deadline"),
        aliases=("业主期限",),
        default=False,
        listed=True,
    )
    only_if_valid: Mapped[bool] = column(
        Boolean(), label=N_("Valid complaints only"), aliases=("仅有效投诉",), default=False, listed=True
    )
    source: Mapped[str] = column(String(80), label=N_("Clause"), aliases=("依据",), listed=True)
    text: Mapped[str | None] = column(Text(), label=N_("Clause text"), aliases=("条文",), long=True)
    is_ours: Mapped[bool] = column(
        Boolean(), label=N_("Our own reading"), aliases=("自定",), default=False, listed=True
    )
    valid_from: Mapped[date] = column(Date(), label=N_("Valid from"), aliases=("生效日期",), listed=True)
    valid_to: Mapped[date | None] = column(Date(), label=N_("Valid to"), aliases=("失效日期",), listed=True)

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        if not 1 <= row["level"] <= 9:
            return {"level": Fault(N_("The level lies between 1 and 9"))}
        return _limit_faults(row)
