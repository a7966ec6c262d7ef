"""A longer list of search entries that wait for their place in the index"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INDEX = "ix_search_entry_grams"


def upgrade() -> None:
    _set(1024)


def downgrade() -> None:
    _set(256)


def _set(kilobytes: int) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER INDEX {INDEX} SET (gin_pending_list_limit = {kilobytes})")
