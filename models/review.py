"""Reviews (检查记录): that a supervisor has gone through a day's records, and a manager through a week's (S3 第6篇)."""

from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped

from models.base import N_, READ_ONLY, Entity, Group, Labelled, Permission, Row, choice, column


class ReviewKind(Labelled):
    DAILY = "daily", N_("Daily review"), "每日检查"
    WEEKLY = "weekly", N_("Monday review"), "周一检查", "每周检查"


class Review(Row):
    """A sign-off, once per estate, kind and period, with the figures as they stood when it was signed.

    `period_on` is the day, or the Monday of the week, that was reviewed.
    """

    __tablename__ = "review"
    __table_args__ = (UniqueConstraint("estate_id", "kind", "period_on"), Index(None, "estate_id", "signed_at"))
    __entity__ = Entity(
        name="reviews",
        label=N_("Review"),
        plural=N_("Reviews signed"),
        group=Group.SERVICE,
        permission=Permission.QUALITY,
        title=("kind", "period_on"),
        order="-signed_at",
        deeds=READ_ONLY,
        in_menu=False,
        icon="check2-all",
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), listed=True, filter=True)
    kind: Mapped[ReviewKind] = column(choice(ReviewKind), label=N_("Review kind"), listed=True, filter=True)
    period_on: Mapped[date] = column(
        Date(), label=N_("Period"), help=N_("The day, or the Monday of the week"), listed=True, filter=True
    )
    due_at: Mapped[datetime] = column(label=N_("Sign-off due"))
    signed_at: Mapped[datetime] = column(label=N_("Signed off"), listed=True, filter=True, sort=True, index=True)
    signed_by_id: Mapped[int] = column(
        ForeignKey("account.id"), label=N_("Signed by"), listed=True, filter=True, index=True
    )
    is_late: Mapped[bool] = column(Boolean(), label=N_("Signed late"), listed=True, filter=True, default=False)
    taken_in: Mapped[int] = column(Integer(), label=N_("New tickets"), listed=True, default=0)
    resolved: Mapped[int] = column(Integer(), label=N_("Resolved tickets"), listed=True, default=0)
    open_complaints: Mapped[int] = column(Integer(), label=N_("Open complaints"), listed=True, default=0)
    overdue: Mapped[int] = column(Integer(), label=N_("Overdue tickets"), listed=True, default=0)
    unassigned: Mapped[int] = column(Integer(), label=N_("Without a responsible person"), listed=True, default=0)
    remark: Mapped[str | None] = column(Text(), label=N_("Remark"), listed=True, long=True)
