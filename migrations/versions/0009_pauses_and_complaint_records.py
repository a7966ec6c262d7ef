"""Pauses, handling plans and complaint records"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    is_running = sa.text("ended_at IS NULL")
    is_to_allow = sa.text("needs_approval AND told_at IS NOT NULL AND allowed_at IS NULL AND refused_at IS NULL")
    op.create_table(
        "pause",
        sa.Column("id", KEY, nullable=False),
        sa.Column("estate_id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column(
            "reason", closed_list("pause_reason", ("parts", "owner_wish", "third_party", "weather")), nullable=False
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("assignee_id", KEY, nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by_id", KEY, nullable=True),
        sa.Column("expected_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_channel", closed_list("telling_channel", ("in_person", "phone", "message")), nullable=True),
        sa.Column("told_by_id", KEY, nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("allowed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", KEY, nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(told_at IS NULL) = (told_channel IS NULL) AND (told_at IS NULL) = (starts_at IS NULL)",
            name=op.f("ck_pause_proof"),
        ),
        sa.CheckConstraint("allowed_at IS NULL OR refused_at IS NULL", name=op.f("ck_pause_decided_once")),
        sa.CheckConstraint(
            "ended_at IS NULL OR starts_at IS NULL OR ended_at >= starts_at", name=op.f("ck_pause_in_order")
        ),
        sa.ForeignKeyConstraint(["assignee_id"], ["staff.id"], name=op.f("fk_pause_assignee_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["account.id"], name=op.f("fk_pause_decided_by_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estate.id"], name=op.f("fk_pause_estate_id")),
        sa.ForeignKeyConstraint(["requested_by_id"], ["account.id"], name=op.f("fk_pause_requested_by_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_pause_ticket_id")),
        sa.ForeignKeyConstraint(["told_by_id"], ["account.id"], name=op.f("fk_pause_told_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pause")),
    )
    op.create_index(op.f("ix_pause_assignee_id"), "pause", ["assignee_id"])
    op.create_index(op.f("ix_pause_decided_by_id"), "pause", ["decided_by_id"])
    op.create_index(op.f("ix_pause_estate_id_requested_at"), "pause", ["estate_id", "requested_at"])
    op.create_index(op.f("ix_pause_requested_at"), "pause", ["requested_at"])
    op.create_index(op.f("ix_pause_requested_by_id"), "pause", ["requested_by_id"])
    op.create_index(op.f("ix_pause_ticket_id_requested_at"), "pause", ["ticket_id", "requested_at"])
    op.create_index(
        "ix_pause_to_allow", "pause", ["estate_id", "told_at"], sqlite_where=is_to_allow, postgresql_where=is_to_allow
    )
    op.create_index(op.f("ix_pause_told_by_id"), "pause", ["told_by_id"])
    op.create_index(
        "uq_pause_running", "pause", ["ticket_id"], unique=True, sqlite_where=is_running, postgresql_where=is_running
    )
    op.create_table(
        "handling_plan",
        sa.Column("id", KEY, nullable=False),
        sa.Column("estate_id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", closed_list("plan_state", ("drafted", "approved", "returned")), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_by_id", KEY, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", KEY, nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'drafted') = (decided_at IS NULL)", name=op.f("ck_handling_plan_decided")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["account.id"], name=op.f("fk_handling_plan_decided_by_id")),
        sa.ForeignKeyConstraint(["drafted_by_id"], ["account.id"], name=op.f("fk_handling_plan_drafted_by_id")),
        sa.ForeignKeyConstraint(["estate_id"], ["estate.id"], name=op.f("fk_handling_plan_estate_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_handling_plan_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handling_plan")),
    )
    op.create_index(op.f("ix_handling_plan_decided_by_id"), "handling_plan", ["decided_by_id"])
    op.create_index(op.f("ix_handling_plan_drafted_at"), "handling_plan", ["drafted_at"])
    op.create_index(op.f("ix_handling_plan_drafted_by_id"), "handling_plan", ["drafted_by_id"])
    op.create_index(op.f("ix_handling_plan_estate_id_drafted_at"), "handling_plan", ["estate_id", "drafted_at"])
    op.create_index(op.f("ix_handling_plan_ticket_id_drafted_at"), "handling_plan", ["ticket_id", "drafted_at"])
    op.create_table(
        "complaint_record",
        sa.Column("id", KEY, nullable=False),
        sa.Column("estate_id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("responsible_department", sa.String(length=80), nullable=True),
        sa.Column("responsible_staff_id", KEY, nullable=True),
        sa.Column("root_cause", sa.Text(), nullable=True),
        sa.Column("training", sa.Text(), nullable=True),
        sa.Column("owner_signed_name", sa.String(length=80), nullable=True),
        sa.Column("owner_signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unsigned_reason", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estate.id"], name=op.f("fk_complaint_record_estate_id")),
        sa.ForeignKeyConstraint(
            ["responsible_staff_id"], ["staff.id"], name=op.f("fk_complaint_record_responsible_staff_id")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_complaint_record_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_record")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_complaint_record_ticket_id")),
    )
    op.create_index(op.f("ix_complaint_record_estate_id_recorded_at"), "complaint_record", ["estate_id", "recorded_at"])
    op.create_index(op.f("ix_complaint_record_recorded_at"), "complaint_record", ["recorded_at"])
    op.create_index(op.f("ix_complaint_record_responsible_staff_id"), "complaint_record", ["responsible_staff_id"])


def downgrade() -> None:
    op.drop_table("complaint_record")
    op.drop_table("handling_plan")
    op.drop_table("pause")


def closed_list(name: str, members: tuple[str, ...]) -> Any:
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=40)
