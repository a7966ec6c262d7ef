"""Counts kept for the summaries

The rows are counted once the schema is at its head (`env.py`), by the same code that keeps them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

REPORTS = ("answers_by_kind", "answers_by_butler", "answers_by_both", "promises", "steps", "times", "standing")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "rollup",
        sa.Column("estate_id", KEY, nullable=False),
        sa.Column(
            "report",
            sa.Enum(*REPORTS, name="report", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("butler_id", KEY, nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("unreachable", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estate.id"], name=op.f("fk_rollup_estate_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("estate_id", "report", "day", "kind", "butler_id", "bucket", name=op.f("pk_rollup")),
        sqlite_with_rowid=False,
    )
    is_called_back = sa.text("kind IN ('complaint', 'first_aid')")
    op.create_index(
        "ix_ticket_called_back",
        "ticket",
        ["resolved_at"],
        sqlite_where=is_called_back,
        postgresql_where=is_called_back,
    )
    op.drop_index("ix_ladder_step_estate_id_level_recorded_at", "ladder_step")
    op.create_index("ix_ladder_step_estate_id_due_at_level", "ladder_step", ["estate_id", "due_at", "level"])
    # Not in batch mode, which on SQLite would copy every step.
    op.add_column("ladder_step", sa.Column("until_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("ladder_step", sa.Column("open_since", sa.DateTime(timezone=True), nullable=True))
    stands = sa.text("until_at IS NOT NULL")
    op.create_index(
        "ix_ladder_step_standing",
        "ladder_step",
        ["estate_id", "level", "until_at", "due_at", "open_since"],
        sqlite_where=stands,
        postgresql_where=stands,
    )


def downgrade() -> None:
    op.drop_index("ix_ticket_called_back", "ticket")
    op.drop_index("ix_ladder_step_standing", "ladder_step")
    with op.batch_alter_table("ladder_step") as batch:
        batch.drop_column("open_since")
        batch.drop_column("until_at")
    op.drop_index("ix_ladder_step_estate_id_due_at_level", "ladder_step")
    op.create_index("ix_ladder_step_estate_id_level_recorded_at", "ladder_step", ["estate_id", "level", "recorded_at"])
    op.drop_table("rollup")
