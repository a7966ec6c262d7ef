"""Callbacks (回访): asking the owner afterwards whether the work was good, on the form 回访记录表 (S3 第7篇)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped

from models.base import N_, Entity, Group, Labelled, Permission, Row, choice, column
from models.faults import Fault


class CallbackForm(Labelled):
    VISIT = "visit", N_("Home visit"), "家访"
    PHONE = "phone", N_("Phone call"), "电话回访", "电话"
    LETTER = "letter", N_("Letter or message"), "信访"


class CallbackOutcome(Labelled):
    REACHED = "reached", N_("Reached"), "已回访"
    UNREACHABLE = "unreachable", N_("Unreachable"), "联系不上"
    REFUSED = "refused", N_("Refused"), "拒访"


class Satisfaction(Labelled):
    """The answer scale (S4 第五篇)."""

    VERY = "very_satisfied", N_("Very satisfied"), "非常满意"
    BASICALLY = "basically_satisfied", N_("Basically satisfied"), "基本满意"
    DISSATISFIED = "dissatisfied", N_("Dissatisfied"), "不满意"


class Callback(Row):
    """Contents asked for: quality, effect, satisfaction, shortcomings, suggestions (4.1.5); attitude for repairs."""

    __tablename__ = "callback"
    __table_args__ = (
        Index(None, "estate_id", "called_at"),
        CheckConstraint("(outcome = 'reached') = (satisfaction IS NOT NULL)", name="answer_when_reached"),
    )
    __entity__ = Entity(
        name="callbacks",
        label=N_("Callback"),
        plural=N_("Callbacks"),
        group=Group.SERVICE,
        permission=Permission.CALLBACKS,
        title=("ticket_id",),
        order="-called_at",
        to_building=("ticket_id", "building_id"),
        to_assignee=("ticket_id", "assignee_id"),
        deeds=frozenset({"create", "edit"}),
        icon="telephone-outbound",
        rank=2,
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), listed=True, filter=True)
    ticket_id: Mapped[int] = column(
        ForeignKey("ticket.id"), label=N_("Ticket"), listed=True, index=True, filter=True, form="create"
    )
    called_at: Mapped[datetime] = column(label=N_("Called"), listed=True, filter=True, sort=True, index=True)
    form: Mapped[CallbackForm] = column(
        choice(CallbackForm), label=N_("Form"), listed=True, filter=True, default=CallbackForm.PHONE
    )
    caller_id: Mapped[int | None] = column(
        ForeignKey("staff.id"), label=N_("Caller"), listed=True, filter=True, index=True
    )
    outcome: Mapped[CallbackOutcome] = column(
        choice(CallbackOutcome),
        label=N_("Outcome"),
        listed=True,
        filter=True,
        default=CallbackOutcome.REACHED,
    )
    satisfaction: Mapped[Satisfaction | None] = column(
        choice(Satisfaction), label=N_("Satisfaction"), listed=True, filter=True
    )
    quality: Mapped[str | None] = column(Text(), label=N_("Quality of the work"), long=True)
    effect: Mapped[str | None] = column(Text(), label=N_("Effect"), long=True)
    attitude: Mapped[str | None] = column(Text(), label=N_("Attitude and manners"), long=True)
    shortcomings: Mapped[str | None] = column(Text(), label=N_("Shortcomings"), long=True)
    suggestions: Mapped[str | None] = column(Text(), label=N_("Suggestions"), long=True)
    opinion: Mapped[str | None] = column(Text(), label=N_("Handling opinion"), long=True)

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        reached = row["outcome"] is CallbackOutcome.REACHED
        if reached and row["satisfaction"] is None:
            return {"satisfaction": Fault(N_("The owner was reached: choose the answer given"))}
        if not reached and row["satisfaction"] is not None:
            return {"satisfaction": Fault(N_("The owner was not reached: leave the satisfaction empty"))}
        return {}
