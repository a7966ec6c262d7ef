"""Runs of the import: the file kept, lines in chunks, layouts remembered, undo"""

import json
import zlib
from itertools import groupby, islice
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
COUNTS = ("conflict_count", "undone_count", "left_count")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
VERDICTS = ("new", "changed", "unchanged", "refused")
STATES = ("previewed", "committed", "dropped")
STATES_NOW = (
    *("reading", "asking", "unreadable", "previewed", "loading", "committed", "undoing", "undone", "dropped"),
)

CHUNK_LINES = 1_000
ROW = sa.table(
    "import_row",
    *(sa.column(name) for name in ("batch_id", "line", "verdict")),
    *(sa.column(name, JSON) for name in ("cells", "changes", "problems")),
)
CHUNK = sa.table(
    "import_chunk",
    *(sa.column(name) for name in ("batch_id", "kind", "first_line", "last_line", "line_count")),
    sa.column("body", sa.LargeBinary()),
)


def upgrade() -> None:
    with op.batch_alter_table("import_batch") as batch:
        batch.alter_column(
            "state",
            existing_type=closed_list("batch_state", STATES),
            type_=closed_list("batch_state", STATES_NOW),
            existing_nullable=False,
        )
        for name in COUNTS:
            batch.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("recipe", sa.String(40), nullable=True))
        batch.add_column(sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("undone_by_id", KEY, nullable=True))
        batch.add_column(sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("settings", JSON, nullable=False, server_default="{}"))
        batch.create_foreign_key(batch.f("fk_import_batch_undone_by_id"), "account", ["undone_by_id"], ["id"])
        batch.create_index(batch.f("ix_import_batch_undone_by_id"), ["undone_by_id"])
    with op.batch_alter_table("import_batch") as batch:
        for name in (*COUNTS, "settings"):
            batch.alter_column(name, server_default=None)
    op.create_table(
        "import_file",
        sa.Column("batch_id", KEY, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        of_batch("import_file"),
        sa.PrimaryKeyConstraint("batch_id", "part", name=op.f("pk_import_file")),
    )
    op.create_table(
        "import_chunk",
        sa.Column("id", KEY, nullable=False),
        sa.Column("batch_id", KEY, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("first_line", sa.Integer(), nullable=False),
        sa.Column("last_line", sa.Integer(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        of_batch("import_chunk"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_chunk")),
    )
    op.create_index(
        op.f("ix_import_chunk_batch_id_kind_first_line"), "import_chunk", ["batch_id", "kind", "first_line"]
    )
    keep_lines()
    op.drop_table("import_row")
    op.create_table(
        "import_layout",
        sa.Column("id", KEY, nullable=False),
        sa.Column("entity", sa.String(40), nullable=False),
        sa.Column("estate_id", KEY, nullable=True),
        sa.Column("header_hash", sa.String(64), nullable=False),
        sa.Column("account_id", KEY, nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estate.id"], name=op.f("fk_import_layout_estate_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_import_layout_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_layout")),
    )
    op.create_index(
        op.f("ix_import_layout_entity_estate_id_header_hash"), "import_layout", ["entity", "estate_id", "header_hash"]
    )


def keep_lines() -> None:
    """The lines staged one to a row, put into chunks; without them an import that is not loaded yet would be lost."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.select(ROW).order_by(ROW.c.batch_id, ROW.c.verdict, ROW.c.line),
        execution_options={"yield_per": CHUNK_LINES},
    )
    for (batch_id, verdict), lines in groupby(rows, key=lambda row: (row.batch_id, row.verdict)):
        while part := list(islice(lines, CHUNK_LINES)):
            body = json.dumps([record(row) for row in part], ensure_ascii=False, separators=(",", ":"))
            connection.execute(
                sa.insert(CHUNK),
                {
                    "batch_id": batch_id,
                    "kind": verdict,
                    "first_line": part[0].line,
                    "last_line": part[-1].line,
                    "line_count": len(part),
                    "body": zlib.compress(body.encode(errors="surrogatepass"), 1),
                },
            )


def record(row: Any) -> list[Any]:
    """A line as chunks keep it: number, cells, new values, old values, what else it does, problems."""
    fields = (row.changes or {}).get("fields", {})
    rest = ("row", "version", "building", "unit", "link")
    more = {name: row.changes[name] for name in rest if (row.changes or {}).get(name) is not None}
    values = {name: new for name, (_, new) in fields.items()}
    olds = {name: old for name, (old, _) in fields.items()} if "row" in more else None
    return [row.line, row.cells["cells"], values, olds, more, row.problems]


def downgrade() -> None:
    op.create_table(
        "import_row",
        sa.Column("id", KEY, nullable=False),
        sa.Column("batch_id", KEY, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("verdict", closed_list("row_verdict", VERDICTS), nullable=False),
        *(sa.Column(name, JSON, nullable=False) for name in ("cells", "changes", "problems")),
        of_batch("import_row"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_row")),
    )
    op.create_index(op.f("ix_import_row_batch_id_verdict_line"), "import_row", ["batch_id", "verdict", "line"])
    op.drop_table("import_layout")
    op.drop_table("import_chunk")
    op.drop_table("import_file")
    op.execute("UPDATE import_batch SET state = 'committed' WHERE state IN ('undoing', 'undone')")
    op.execute(
        "UPDATE import_batch SET state = 'dropped'"  # their lines go with the chunks
        " WHERE state IN ('reading', 'asking', 'unreadable', 'previewed', 'loading')"
    )
    with op.batch_alter_table("import_batch") as batch:
        batch.drop_constraint(batch.f("fk_import_batch_undone_by_id"), type_="foreignkey")
        batch.drop_index(batch.f("ix_import_batch_undone_by_id"))
        for name in (*COUNTS, "recipe", "undone_at", "undone_by_id", "claimed_until", "settings"):
            batch.drop_column(name)
        batch.alter_column(
            "state",
            existing_type=closed_list("batch_state", STATES_NOW),
            type_=closed_list("batch_state", STATES),
            existing_nullable=False,
        )


def of_batch(table: str) -> Any:
    return sa.ForeignKeyConstraint(
        ["batch_id"], ["import_batch.id"], name=op.f(f"fk_{table}_batch_id"), ondelete="CASCADE"
    )


def closed_list(name: str, members: tuple[str, ...]) -> Any:
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=40)
