"""Reviews and their sign-off"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "review",
        sa.Column("id", KEY, nullable=False),
        sa.Column("estate_id", KEY, nullable=False),
        sa.Column(
            "kind",
            sa.Enum("daily", "weekly", name="review_kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("period_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by_id", KEY, nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("taken_in", sa.Integer(), nullable=False),
        sa.Column("resolved", sa.Integer(), nullable=False),
        sa.Column("open_complaints", sa.Integer(), nullable=False),
        sa.Column("overdue", sa.Integer(), nullable=False),
        sa.Column("unassigned", sa.Integer(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estate.id"], name=op.f("fk_review_estate_id")),
        sa.ForeignKeyConstraint(["signed_by_id"], ["account.id"], name=op.f("fk_review_signed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("estate_id", "kind", "period_on", name=op.f("uq_review_estate_id_kind_period_on")),
    )
    op.create_index("ix_review_signed_at", "review", ["signed_at"])
    op.create_index("ix_review_signed_by_id", "review", ["signed_by_id"])
    op.create_index("ix_review_estate_id_signed_at", "review", ["estate_id", "signed_at"])


def downgrade() -> None:
    op.drop_table("review")
