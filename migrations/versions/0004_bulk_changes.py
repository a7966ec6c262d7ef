"""Bulk changes"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

EVENTS = (
    *("opened", "noted", "assigned", "started", "responded", "arrived", "replied", "answered", "harm_stopped"),
    *("reported", "reported_hq", "handed_supervisor", "handed_manager", "waiting", "resolved", "record_handed_in"),
    *("closed", "closed_unresolved", "reopened", "voided", "reclassified", "escalated", "urged"),
)
ACTIONS = ("set", "delete", "assign", "urge", "resolve", "close", "close_unresolved")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "bulk_change",
        sa.Column("id", KEY, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", KEY, nullable=True),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("action", closed_list("bulk_action", ACTIONS), nullable=False),
        sa.Column("estate_id", KEY, nullable=True),
        sa.Column("what", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("done_count", sa.Integer(), nullable=False),
        sa.Column("refused_count", sa.Integer(), nullable=False),
        sa.Column("unchanged_count", sa.Integer(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", KEY, nullable=True),
        sa.Column("undone_count", sa.Integer(), nullable=True),
        sa.Column("left_count", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_bulk_change_account_id")),
        sa.ForeignKeyConstraint(
            ["estate_id"], ["estate.id"], name=op.f("fk_bulk_change_estate_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["undone_by_id"], ["account.id"], name=op.f("fk_bulk_change_undone_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_change")),
    )
    with op.batch_alter_table("bulk_change") as batch:
        batch.create_index(batch.f("ix_bulk_change_account_id"), ["account_id"])
        batch.create_index(batch.f("ix_bulk_change_at"), ["at"])
        batch.create_index(batch.f("ix_bulk_change_estate_id_at"), ["estate_id", "at"])
        batch.create_index(batch.f("ix_bulk_change_estate_id_entity"), ["estate_id", "entity"])
        batch.create_index(batch.f("ix_bulk_change_undone_by_id"), ["undone_by_id"])
    with op.batch_alter_table("history") as batch:
        batch.add_column(sa.Column("bulk_id", KEY, nullable=True))
        batch.create_foreign_key(batch.f("fk_history_bulk_id"), "bulk_change", ["bulk_id"], ["id"], ondelete="SET NULL")
        is_of_bulk = sa.text("bulk_id IS NOT NULL")
        batch.create_index(
            batch.f("ix_history_bulk_id"), ["bulk_id"], sqlite_where=is_of_bulk, postgresql_where=is_of_bulk
        )
    allow_events(before=EVENTS, after=(*EVENTS, "undone"))


def downgrade() -> None:
    op.execute("DELETE FROM ticket_event WHERE kind = 'undone'")
    allow_events(before=(*EVENTS, "undone"), after=EVENTS)
    with op.batch_alter_table("history") as batch:
        batch.drop_index(batch.f("ix_history_bulk_id"))
        batch.drop_constraint(batch.f("fk_history_bulk_id"), type_="foreignkey")
        batch.drop_column("bulk_id")
    op.drop_table("bulk_change")


def allow_events(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    with op.batch_alter_table("ticket_event") as batch:
        batch.alter_column(
            "kind",
            existing_type=closed_list("event_kind", before),
            type_=closed_list("event_kind", after),
            existing_nullable=False,
        )


def closed_list(name: str, members: tuple[str, ...]) -> Any:
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=40)
