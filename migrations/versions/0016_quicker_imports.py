"""Quicker imports: indexes of history leave out rows that have nothing to be found by; on PostgreSQL history no longer
looks up its import row by row, and what is packed is not packed again
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

LEFT_OUT = ("account_id", "batch_id")  # of which many rows have none
NAME = "fk_history_batch_id"
BODIES = ("import_file", "import_chunk")


def upgrade() -> None:
    for column in LEFT_OUT:
        there = sa.text(f"{column} IS NOT NULL")
        _index_anew(column, sqlite_where=there, postgresql_where=there)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(NAME, "history", type_="foreignkey")
        _store("EXTERNAL")


def downgrade() -> None:
    for column in LEFT_OUT:
        _index_anew(column)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("UPDATE history SET batch_id = NULL WHERE batch_id NOT IN (SELECT id FROM import_batch)")
        op.create_foreign_key(NAME, "history", "import_batch", ["batch_id"], ["id"], ondelete="SET NULL")
        _store("EXTENDED")


def _index_anew(column: str, **which: sa.TextClause) -> None:
    op.drop_index(f"ix_history_{column}", "history")
    op.create_index(f"ix_history_{column}", "history", [column], **which)


def _store(how: str) -> None:
    for table in BODIES:
        op.execute(f"ALTER TABLE {table} ALTER body SET STORAGE {how}")
