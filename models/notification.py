"""Notifications (通知): who was told of what, whether they answered, and how the word got out of the panel."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import N_, READ_ONLY, Base, Entity, Group, Key, Labelled, Permission, Row, choice, column
from models.fields import Email


class NotificationKind(Labelled):
    ESCALATED = "escalated", N_("Escalated")
    WARNED = "warned", N_("Early warning")
    NOT_ACKNOWLEDGED = "not_acknowledged", N_("Not acknowledged in time")
    PAUSE_TO_ALLOW = "pause_to_allow", N_("Pause to allow")
    PLAN_TO_DECIDE = "plan_to_decide", N_("Handling plan to decide on")
    CALENDAR = "calendar", N_("Calendar to complete")
    REVIEW = "review", N_("Review overdue")


class Notification(Base):
    """One person told of one occasion; `key` is its stable id everywhere outside the panel.

    Whether an answer is still asked for: `acknowledge_by` is set, `acknowledged_at` and `passed_up_at` are not. The
    first answer of anybody told on the same occasion stands for them all.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("account_id", "occasion"),
        UniqueConstraint("key"),
        Index(None, "occasion"),
        Index(None, "account_id", "id"),
        Index(None, "ticket_id", "account_id"),
        Index(
            "ix_notification_unread",
            "account_id",
            "id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index(
            "ix_notification_unanswered",
            "acknowledge_by",
            sqlite_where=text("acknowledge_by IS NOT NULL AND acknowledged_at IS NULL AND passed_up_at IS NULL"),
            postgresql_where=text("acknowledge_by IS NOT NULL AND acknowledged_at IS NULL AND passed_up_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(String(36))
    occasion: Mapped[str] = mapped_column(String(120))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    estate_id: Mapped[int | None] = mapped_column(ForeignKey("estate.id", ondelete="CASCADE"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    kind: Mapped[NotificationKind] = mapped_column(choice(NotificationKind))
    level: Mapped[int | None] = mapped_column(Integer())
    created_at: Mapped[datetime] = mapped_column()
    held_until: Mapped[datetime | None] = mapped_column()
    read_at: Mapped[datetime | None] = mapped_column()
    acknowledge_by: Mapped[datetime | None] = mapped_column()
    acknowledged_at: Mapped[datetime | None] = mapped_column()
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    passed_up_at: Mapped[datetime | None] = mapped_column()
    data: Mapped[dict[str, Any]] = mapped_column()


class DeliveryChannel(Labelled):
    EMAIL = "email", N_("E-mail")
    WEBHOOK = "webhook", N_("Webhook")


class DeliveryState(Labelled):
    WAITING = "waiting", N_("Waiting to be sent")
    SENT = "sent", N_("Sent")
    GIVEN_UP = "given_up", N_("Given up")


class Delivery(Row):
    """A notification on its way out by one channel: tried again until it is sent, or given up after a day."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("notification_id", "channel"),
        Index(
            "ix_delivery_waiting",
            "next_attempt_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(None, "estate_id", "created_at"),
    )
    __entity__ = Entity(
        name="deliveries",
        label=N_("Delivery"),
        plural=N_("Deliveries"),
        group=Group.SYSTEM,
        permission=Permission.SYSTEM,
        title=("key",),
        order="-created_at",
        deeds=READ_ONLY,
        in_menu=False,
        icon="send",
    )

    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id", ondelete="CASCADE"))
    estate_id: Mapped[int | None] = column(
        ForeignKey("estate.id", ondelete="CASCADE"), label=N_("Estate"), listed=True, filter=True
    )
    created_at: Mapped[datetime] = column(label=N_("When"), listed=True, filter=True, sort=True, index=True)
    key: Mapped[str] = column(String(36), label=N_("Stable id"), listed=True)
    channel: Mapped[DeliveryChannel] = column(choice(DeliveryChannel), label=N_("Sent by"), listed=True, filter=True)
    address: Mapped[str | None] = column(Email(), label=N_("E-mail"), listed=True, personal=True)
    state: Mapped[DeliveryState] = column(
        choice(DeliveryState), label=N_("Delivery state"), listed=True, filter=True, default=DeliveryState.WAITING
    )
    attempts: Mapped[int] = column(Integer(), label=N_("Attempts"), listed=True, default=0)
    next_attempt_at: Mapped[datetime] = column(label=N_("Next attempt"))
    sent_at: Mapped[datetime | None] = column(label=N_("Sent at"), listed=True)
    error: Mapped[str | None] = column(String(200), label=N_("Last fault"), listed=True)
