"""Drafts of standards and what they would do"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STATES = ("draft", "adopted", "dropped")
EFFECTS = ("date_moved", "late", "in_time", "escalated", "spared")
MILESTONES = (
    *("harm_stopped", "first_response", "on_site", "progress_reply", "promised_reply", "report_supervisor"),
    *("report_hq", "answer", "hand_over_supervisor", "hand_over_manager", "resolution", "record_handed_in"),
)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "standard_draft",
        sa.Column("id", KEY, nullable=False),
        sa.Column("standard_set_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("state", closed_list("draft_state", STATES), nullable=False),
        sa.Column("account_id", KEY, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("adopted_at", MOMENT, nullable=True),
        sa.Column("adopted_by_id", KEY, nullable=True),
        sa.Column("moves_dates", sa.Boolean(), nullable=False),
        sa.Column("moved_at", MOMENT, nullable=True),
        sa.Column("moved_through", KEY, nullable=True),
        sa.Column("changes", JSON, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        reference("standard_draft", "account_id", "account"),
        reference("standard_draft", "adopted_by_id", "account"),
        reference("standard_draft", "standard_set_id", "standard_set"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard_draft")),
    )
    index("standard_draft", "account_id")
    index("standard_draft", "adopted_by_id")
    index("standard_draft", "created_at")
    index("standard_draft", "standard_set_id")
    op.create_table(
        "draft_run",
        sa.Column("id", KEY, nullable=False),
        sa.Column("draft_id", KEY, nullable=False),
        sa.Column("draft_version", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ticket_count", sa.Integer(), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        reference("draft_run", "draft_id", "standard_draft", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_run")),
    )
    index("draft_run", "draft_id")
    is_going = sa.text("finished_at IS NULL")
    op.create_index(op.f("ix_draft_run_going"), "draft_run", ["id"], sqlite_where=is_going, postgresql_where=is_going)
    op.create_table(
        "draft_slice",
        sa.Column("id", KEY, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("first_id", KEY, nullable=False),
        sa.Column("last_id", KEY, nullable=False),
        sa.Column("ticket_count", sa.Integer(), nullable=False),
        sa.Column("claimed_until", MOMENT, nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("figures", JSON, nullable=True),
        reference("draft_slice", "run_id", "draft_run", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_slice")),
    )
    index("draft_slice", "run_id", "done_at")
    op.create_table(
        "draft_effect",
        sa.Column("id", KEY, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("slice_id", KEY, nullable=False),
        sa.Column("estate_id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("staff_id", KEY, nullable=True),
        sa.Column("effect", closed_list("effect", EFFECTS), nullable=False),
        sa.Column("milestone", closed_list("milestone_kind", MILESTONES), nullable=True),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("from_at", MOMENT, nullable=True),
        sa.Column("to_at", MOMENT, nullable=True),
        reference("draft_effect", "run_id", "draft_run", "CASCADE"),
        reference("draft_effect", "slice_id", "draft_slice", "CASCADE"),
        reference("draft_effect", "estate_id", "estate", "CASCADE"),
        reference("draft_effect", "ticket_id", "ticket", "CASCADE"),
        reference("draft_effect", "staff_id", "staff", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_effect")),
    )
    index("draft_effect", "run_id", "effect", "id")
    index("draft_effect", "slice_id")


def downgrade() -> None:
    for table in ("draft_effect", "draft_slice", "draft_run", "standard_draft"):
        op.drop_table(table)


def reference(table: str, column: str, parent: str, ondelete: str | None = None) -> Any:
    return sa.ForeignKeyConstraint([column], [f"{parent}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def closed_list(name: str, members: tuple[str, ...]) -> Any:
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=40)
