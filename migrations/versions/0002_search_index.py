"""Search index"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

POSTGRESQL_DDL = (
    "CREATE INDEX ix_search_entry_grams ON search_entry USING gin (grams) WITH (gin_pending_list_limit = 256)",
)
SQLITE_DDL = (
    "CREATE VIRTUAL TABLE search_gram USING fts5 (grams, content = 'search_entry', content_rowid = 'id',"
    " tokenize = \"ascii tokenchars '-_./#=@'\", detail = none, columnsize = 0, prefix = 2)",
    "CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN"
    " INSERT INTO search_gram (rowid, grams) VALUES (new.id, new.grams); END",
    "CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN"
    " INSERT INTO search_gram (search_gram, rowid, grams) VALUES ('delete', old.id, old.grams);"
    " INSERT INTO search_gram (rowid, grams) VALUES (new.id, new.grams); END",
    "CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN"
    " INSERT INTO search_gram (search_gram, rowid, grams) VALUES ('delete', old.id, old.grams); END",
)
# What the search box finds by being equal to what was typed or beginning with it, and what it goes through.
SEARCHED = (
    ("ticket", "code"),
    ("owner", "number"),
    ("owner", "phone"),
    ("owner", "other_phone"),
    ("owner", "id_number"),
    ("unit", "code"),
    ("building", "code"),
    ("staff", "phone"),
    ("inspection", "code"),
    ("finding", "code"),
    ("ownership", "unit_id"),
)
# Served as well by the index on the number alone.
REPLACED = ("phone", "other_phone", "id_number")
# A list of one estate in its usual order.
ORDERED = (
    ("ticket_event", "at"),
    ("milestone", "started_at"),
    ("finding", "due_on"),
    ("staff", "number"),
    ("import_batch", "created_at"),
)


def upgrade() -> None:
    """The index is filled once every migration has run (migrations/env.py): what goes into it hangs on the models."""
    op.create_table(
        "search_kind",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("made_of", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_kind")),
        sa.UniqueConstraint("entity", name=op.f("uq_search_kind_entity")),
    )
    op.create_table(
        "search_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("grams", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entry")),
    )
    for statement in POSTGRESQL_DDL if op.get_bind().dialect.name == "postgresql" else SQLITE_DDL:
        op.execute(statement)
    for table, column in SEARCHED:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    for column in REPLACED:
        op.drop_index(op.f(f"ix_owner_estate_id_{column}"), table_name="owner")
    for table, column in ORDERED:
        op.create_index(op.f(f"ix_{table}_estate_id_{column}"), table, ["estate_id", column])
    op.drop_index(op.f("ix_import_batch_estate_id"), table_name="import_batch")


def downgrade() -> None:
    op.create_index(op.f("ix_import_batch_estate_id"), "import_batch", ["estate_id"])
    for table, column in reversed(ORDERED):
        op.drop_index(op.f(f"ix_{table}_estate_id_{column}"), table_name=table)
    for column in REPLACED:
        op.create_index(op.f(f"ix_owner_estate_id_{column}"), "owner", ["estate_id", column])
    for table, column in reversed(SEARCHED):
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_gram")
    op.drop_table("search_entry")
    op.drop_table("search_kind")
