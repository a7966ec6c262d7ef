"""Saved views, list preferences, exports"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export_record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("estate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("entity", sa.String(length=60), nullable=False),
        sa.Column(
            "format",
            sa.Enum("csv", "xlsx", name="file_format", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("query", sa.Text(), nullable=True),
        sa.Column("is_searched", sa.Boolean(), nullable=False),
        sa.Column("column_names", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=True),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("is_personal", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_export_record_account_id")),
        sa.ForeignKeyConstraint(
            ["estate_id"], ["estate.id"], name=op.f("fk_export_record_estate_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_record")),
    )
    with op.batch_alter_table("export_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_export_record_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_export_record_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_export_record_estate_id_at"), ["estate_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_export_record_entity_at"), ["entity", "at"], unique=False)

    op.create_table(
        "list_preference",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("columns", sa.Text(), nullable=True),
        sa.Column(
            "density",
            sa.Enum("comfortable", "compact", name="density", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("page_size", sa.Integer(), nullable=True),
        sa.Column("default_view", sa.String(length=40), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "page_size IS NULL OR page_size BETWEEN 1 AND 200", name=op.f("ck_list_preference_page_size")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_list_preference_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_preference")),
        sa.UniqueConstraint("account_id", "entity", name=op.f("uq_list_preference_account_id_entity")),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column(
            "audience",
            sa.Enum("own", "estate", "all", name="audience", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("estate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(audience = 'estate') = (estate_id IS NOT NULL)", name=op.f("ck_saved_view_estate_named")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_saved_view_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["estate_id"], ["estate.id"], name=op.f("fk_saved_view_estate_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("account_id", "entity", "name", name=op.f("uq_saved_view_account_id_entity_name")),
    )
    with op.batch_alter_table("saved_view", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_saved_view_entity_audience"), ["entity", "audience"], unique=False)
        batch_op.create_index(batch_op.f("ix_saved_view_estate_id"), ["estate_id"], unique=False)


def downgrade() -> None:
    op.drop_table("saved_view")
    op.drop_table("list_preference")
    op.drop_table("export_record")
