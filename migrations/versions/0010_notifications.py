"""Levels of the ladder and notifications"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLES = (
    *("administrator", "estate_admin", "clerk", "butler", "engineer"),
    *("supervisor", "manager", "quality_officer", "hq", "auditor"),
)
KINDS = (*("escalated", "warned", "not_acknowledged", "pause_to_allow", "plan_to_decide", "calendar", "review"),)
UNREAD = sa.text("read_at IS NULL")
UNANSWERED = sa.text("acknowledge_by IS NOT NULL AND acknowledged_at IS NULL AND passed_up_at IS NULL")
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "ladder_level",
        sa.Column("id", KEY, nullable=False),
        sa.Column("standard_set_id", KEY, nullable=False),
        sa.Column("code", code(60), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role", closed_list("role", ROLES), nullable=True),
        sa.Column("acknowledge_minutes", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("is_ours", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("level BETWEEN 0 AND 99", name=op.f("ck_ladder_level_level")),
        sa.CheckConstraint("(level = 0) = (role IS NULL)", name=op.f("ck_ladder_level_role_from_level_1")),
        sa.CheckConstraint(
            "acknowledge_minutes IS NULL OR acknowledge_minutes > 0", name=op.f("ck_ladder_level_acknowledge_minutes")
        ),
        sa.ForeignKeyConstraint(["standard_set_id"], ["standard_set.id"], name=op.f("fk_ladder_level_standard_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ladder_level")),
        sa.UniqueConstraint("code", name=op.f("uq_ladder_level_code")),
        sa.UniqueConstraint("standard_set_id", "level", name=op.f("uq_ladder_level_standard_set_id_level")),
    )
    op.create_table(
        "notification",
        sa.Column("id", KEY, nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("occasion", sa.String(length=120), nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("estate_id", KEY, nullable=True),
        sa.Column("ticket_id", KEY, nullable=True),
        sa.Column("kind", closed_list("notification_kind", KINDS), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledge_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by_id", KEY, nullable=True),
        sa.Column("passed_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_notification_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["acknowledged_by_id"], ["account.id"], name=op.f("fk_notification_acknowledged_by_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["estate_id"], ["estate.id"], name=op.f("fk_notification_estate_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_notification_ticket_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("account_id", "occasion", name=op.f("uq_notification_account_id_occasion")),
        sa.UniqueConstraint("key", name=op.f("uq_notification_key")),
    )
    op.create_index(op.f("ix_notification_occasion"), "notification", ["occasion"])
    op.create_index(op.f("ix_notification_account_id_id"), "notification", ["account_id", "id"])
    op.create_index(op.f("ix_notification_ticket_id_account_id"), "notification", ["ticket_id", "account_id"])
    op.create_index(
        "ix_notification_unread", "notification", ["account_id", "id"], sqlite_where=UNREAD, postgresql_where=UNREAD
    )
    op.create_index(
        "ix_notification_unanswered",
        "notification",
        ["acknowledge_by"],
        sqlite_where=UNANSWERED,
        postgresql_where=UNANSWERED,
    )
    op.create_table(
        "delivery",
        sa.Column("id", KEY, nullable=False),
        sa.Column("notification_id", KEY, nullable=False),
        sa.Column("estate_id", KEY, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("channel", closed_list("delivery_channel", ("email", "webhook")), nullable=False),
        sa.Column("address", code(254), nullable=True),
        sa.Column("state", closed_list("delivery_state", ("waiting", "sent", "given_up")), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estate.id"], name=op.f("fk_delivery_estate_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_delivery_notification_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("notification_id", "channel", name=op.f("uq_delivery_notification_id_channel")),
    )
    op.create_index(op.f("ix_delivery_created_at"), "delivery", ["created_at"])
    op.create_index(op.f("ix_delivery_estate_id_created_at"), "delivery", ["estate_id", "created_at"])
    op.create_index(
        "ix_delivery_waiting", "delivery", ["next_attempt_at"], sqlite_where=WAITING, postgresql_where=WAITING
    )


def downgrade() -> None:
    op.drop_table("delivery")
    op.drop_table("notification")
    op.drop_table("ladder_level")


def code(length: int) -> Any:
    """A text by code points, as SQLite sorts."""
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")


def closed_list(name: str, members: tuple[str, ...]) -> Any:
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=40)
