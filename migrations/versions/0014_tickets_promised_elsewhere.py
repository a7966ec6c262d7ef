"""Tickets that were taken in and promised elsewhere: what the source says of them"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("ticket") as batch:
        batch.add_column(sa.Column("source_system", sa.String(40), nullable=True))
        batch.add_column(sa.Column("source_due_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("source_closed_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("source_is_on_time", sa.Boolean(), nullable=True))
    op.create_index(
        "ix_ticket_from_elsewhere",
        "ticket",
        ["source_system"],
        sqlite_where=sa.text("source_system IS NOT NULL"),
        postgresql_where=sa.text("source_system IS NOT NULL"),
    )
    with op.batch_alter_table("milestone") as batch:
        batch.alter_column("rule_id", existing_type=KEY, nullable=True)
        batch.add_column(sa.Column("is_in_time", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM milestone WHERE rule_id IS NULL")
    with op.batch_alter_table("milestone") as batch:
        batch.drop_column("is_in_time")
        batch.alter_column("rule_id", existing_type=KEY, nullable=False)
    op.drop_index("ix_ticket_from_elsewhere", "ticket")
    with op.batch_alter_table("ticket") as batch:
        for name in ("source_is_on_time", "source_closed_at", "source_due_at", "source_system"):
            batch.drop_column(name)
