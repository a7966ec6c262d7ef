"""Levels of the escalation ladder (升级级别): who is told at each, and how soon the call must be answered."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped

from models.account import Role
from models.base import N_, Entity, Group, Permission, Row, choice, column
from models.faults import Fault
from models.fields import Code
from models.standard import HIGHEST_LEVEL

LONGEST_ANSWER = 30 * 24 * 60  # minutes


class LadderLevel(Row):
    """Level 0 is the front desk: whoever the ticket is assigned to, else its butler; it names no role.

    `acknowledge_minutes` is how long the people told may leave it unanswered before the next level is told; None asks
    for no answer.
    """

    __tablename__ = "ladder_level"
    __table_args__ = (
        UniqueConstraint("standard_set_id", "level"),
        CheckConstraint(f"level BETWEEN 0 AND {HIGHEST_LEVEL}", name="level"),
        CheckConstraint("(level = 0) = (role IS NULL)", name="role_from_level_1"),
        CheckConstraint("acknowledge_minutes IS NULL OR acknowledge_minutes > 0", name="acknowledge_minutes"),
    )
    __entity__ = Entity(
        name="ladder-levels",
        label=N_("Ladder level"),
        plural=N_("Ladder levels"),
        group=Group.STANDARDS,
        permission=Permission.STANDARDS,
        title=("code", "name"),
        key=("code",),
        order="code",
        icon="people",
        rank=4,
    )

    standard_set_id: Mapped[int] = column(
        ForeignKey("standard_set.id"), label=N_("Standard set"), aliases=("标准",), listed=True, filter=True
    )
    code: Mapped[str] = column(
        Code(60), label=N_("Level code"), aliases=("级别编码",), listed=True, sort=True, unique=True
    )
    level: Mapped[int] = column(Integer(), label=N_("Level"), aliases=("级别",), listed=True, filter=True)
    name: Mapped[str] = column(String(80), label=N_("Level name"), aliases=("级别名称",), listed=True)
    role: Mapped[Role | None] = column(
        choice(Role),
        label=N_("Who is told"),
        help=N_("Everybody of this role who serves the estate. Level 0 has none: the assignee, else the butler"),
        aliases=("通知角色",),
        listed=True,
        filter=True,
    )
    acknowledge_minutes: Mapped[int | None] = column(
        Integer(),
        label=N_("Minutes to acknowledge"),
        help=N_("Not acknowledged by then, the next level is told (the two hours are ours). Empty: nobody has to"),
        aliases=("确认时限(分钟)",),
        listed=True,
        default=120,
    )
    source: Mapped[str] = column(String(80), label=N_("Clause"), aliases=("依据",), listed=True)
    is_ours: Mapped[bool] = column(
        Boolean(), label=N_("Our own reading"), aliases=("自定",), default=False, listed=True
    )

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        found = {}
        if not 0 <= row["level"] <= HIGHEST_LEVEL:
            found["level"] = Fault(N_("The level lies between 0 and %(limit)s"), limit=HIGHEST_LEVEL)
        if row["level"] == 0 and row["role"] is not None:
            found["role"] = Fault(N_("Level 0 is the assignee, else the butler: leave the role empty"))
        if row["level"] != 0 and row["role"] is None:
            found["role"] = Fault(N_("Choose the role that is told at this level"))
        minutes = row["acknowledge_minutes"]
        if minutes is not None and not 0 < minutes <= LONGEST_ANSWER:
            sentence = N_("Give a number from 1 to %(limit)s, or leave it empty")
            found["acknowledge_minutes"] = Fault(sentence, limit=LONGEST_ANSWER)
        return found
