"""Standards with clocks and versions, warnings"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
CLOCKS = ("elapsed", "service")
MILESTONES = (
    *("harm_stopped", "first_response", "on_site", "progress_reply", "promised_reply", "report_supervisor"),
    *("report_hq", "answer", "hand_over_supervisor", "hand_over_manager", "resolution", "record_handed_in"),
)
LIMIT_HAS_NUMBER = (
    "(unit IN ('at_once', 'end_of_day', 'agreed') AND value IS NULL) "
    "OR (unit NOT IN ('at_once', 'end_of_day', 'agreed') AND value > 0)"
)
OFFSET_OR_LIMIT = (
    "(unit = 'at_once' AND value IS NULL) "
    "OR (basis = 'open_time' AND unit IN ('end_of_day', 'agreed') AND value IS NULL) "
    "OR (unit NOT IN ('at_once', 'end_of_day', 'agreed') AND (value > 0 OR (basis = 'due_time' AND value <= 0)))"
)
# What the documents say turns major after a month (S3 第5篇 4.1.3), in the sets as they shipped.
TURNS_MAJOR = (
    "UPDATE ladder_rule SET turns_major = true WHERE level = 3 AND unit = 'months' AND value = 1 AND only_if_valid "
    "AND (code LIKE '%/minor-3' OR code LIKE '%/important-3')"
)


def upgrade() -> None:
    hours = {"late_entry_hours": "24", "pause_approval_hours": "24", "pause_cap_hours": "720"}
    for name, default in hours.items():
        op.add_column("standard_set", sa.Column(name, sa.Integer(), server_default=sa.text(default), nullable=False))
    for name, default in {"quiet_from": "22:00", "quiet_until": "07:00"}.items():
        op.add_column("standard_set", sa.Column(name, sa.String(length=5), server_default=default, nullable=True))
    with op.batch_alter_table("standard_rule") as batch:
        batch.add_column(clock())
    _alter_ladder()
    op.execute(TURNS_MAJOR)
    with op.batch_alter_table("milestone") as batch:
        batch.add_column(clock())
        batch.add_column(sa.Column("paused_seconds", sa.Integer(), server_default=sa.text("0"), nullable=False))
        batch.add_column(flag("is_provisional"))
        batch.add_column(sa.Column("done_by_id", KEY, nullable=True))
        batch.create_foreign_key(batch.f("fk_milestone_done_by_id"), "account", ["done_by_id"], ["id"])
        batch.create_index(batch.f("ix_milestone_done_by_id"), ["done_by_id"])
    # Not in batch mode, which on SQLite would copy every ticket.
    op.add_column("ticket", sa.Column("entered_at", MOMENT, nullable=True))
    op.add_column("ticket", flag("has_caused_harm"))
    op.add_column("ticket", sa.Column("standards_on", sa.Date(), nullable=True))
    op.drop_index("ix_ticket_standard_set_id", "ticket")
    op.create_index("ix_ticket_standard_set_id_opened_at", "ticket", ["standard_set_id", "opened_at"])
    for index, column in {"ix_ticket_entered_later": "entered_at", "ix_ticket_moved": "standards_on"}.items():
        is_set = sa.text(f"{column} IS NOT NULL")
        op.create_index(index, "ticket", [column], sqlite_where=is_set, postgresql_where=is_set)
    _create_warnings()


def _alter_ladder() -> None:
    with op.batch_alter_table("ladder_rule") as batch:
        batch.drop_constraint(batch.f("ck_ladder_rule_level"), type_="check")
        batch.drop_constraint(batch.f("ck_ladder_rule_limit"), type_="check")
        basis = closed_list("ladder_basis", ("open_time", "due_time"))
        batch.add_column(sa.Column("basis", basis, server_default="open_time", nullable=False))
        batch.add_column(sa.Column("milestone", closed_list("milestone_kind", MILESTONES), nullable=True))
        batch.add_column(clock())
        batch.add_column(flag("is_warning"))
        batch.add_column(flag("turns_major"))
        batch.create_check_constraint(
            batch.f("ck_ladder_rule_level"), "level BETWEEN 0 AND 99 AND (level > 0 OR is_warning)"
        )
        batch.create_check_constraint(batch.f("ck_ladder_rule_limit"), OFFSET_OR_LIMIT)


def _create_warnings() -> None:
    op.create_table(
        "early_warning",
        sa.Column("id", KEY, nullable=False),
        sa.Column("estate_id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("rule_id", KEY, nullable=False),
        sa.Column("milestone", closed_list("milestone_kind", MILESTONES), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=True),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estate.id"], name=op.f("fk_early_warning_estate_id")),
        sa.ForeignKeyConstraint(["rule_id"], ["ladder_rule.id"], name=op.f("fk_early_warning_rule_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_early_warning_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_early_warning")),
        sa.UniqueConstraint("ticket_id", "rule_id", "round", name=op.f("uq_early_warning_ticket_id_rule_id_round")),
    )
    op.create_index("ix_early_warning_rule_id", "early_warning", ["rule_id"])
    op.create_index("ix_early_warning_due_at", "early_warning", ["due_at"])
    op.create_index("ix_early_warning_estate_id_due_at", "early_warning", ["estate_id", "due_at"])
    is_pending = sa.text("recorded_at IS NULL AND is_open")
    op.create_index(
        "ix_early_warning_pending", "early_warning", ["due_at"], sqlite_where=is_pending, postgresql_where=is_pending
    )


def downgrade() -> None:
    op.drop_table("early_warning")
    op.drop_index("ix_ticket_moved", "ticket")
    op.drop_index("ix_ticket_entered_later", "ticket")
    op.drop_index("ix_ticket_standard_set_id_opened_at", "ticket")
    op.create_index("ix_ticket_standard_set_id", "ticket", ["standard_set_id"])
    with op.batch_alter_table("ticket") as batch:
        batch.drop_column("standards_on")
        batch.drop_column("has_caused_harm")
        batch.drop_column("entered_at")
    with op.batch_alter_table("milestone") as batch:
        batch.drop_index(batch.f("ix_milestone_done_by_id"))
        batch.drop_constraint(batch.f("fk_milestone_done_by_id"), type_="foreignkey")
        for name in ("done_by_id", "is_provisional", "paused_seconds"):
            batch.drop_column(name)
        drop_choice(batch, "milestone", "clock", "clock")
    op.execute("DELETE FROM ladder_step WHERE rule_id IN (SELECT id FROM ladder_rule WHERE basis = 'due_time')")
    op.execute("DELETE FROM ladder_rule WHERE basis = 'due_time' OR is_warning OR level > 9")
    with op.batch_alter_table("ladder_rule") as batch:
        batch.drop_constraint(batch.f("ck_ladder_rule_level"), type_="check")
        batch.drop_constraint(batch.f("ck_ladder_rule_limit"), type_="check")
        for name in ("turns_major", "is_warning"):
            batch.drop_column(name)
        for name, kind in {"basis": "ladder_basis", "milestone": "milestone_kind", "clock": "clock"}.items():
            drop_choice(batch, "ladder_rule", name, kind)
        batch.create_check_constraint(batch.f("ck_ladder_rule_level"), "level BETWEEN 1 AND 9")
        batch.create_check_constraint(batch.f("ck_ladder_rule_limit"), LIMIT_HAS_NUMBER)
    with op.batch_alter_table("standard_rule") as batch:
        drop_choice(batch, "standard_rule", "clock", "clock")
    with op.batch_alter_table("standard_set") as batch:
        for name in ("late_entry_hours", "pause_approval_hours", "pause_cap_hours", "quiet_from", "quiet_until"):
            batch.drop_column(name)


def drop_choice(batch: Any, table: str, column: str, kind: str) -> None:
    batch.drop_constraint(batch.f(f"ck_{table}_{kind}"), type_="check")
    batch.drop_column(column)


def clock() -> Any:
    return sa.Column("clock", closed_list("clock", CLOCKS), server_default="elapsed", nullable=False)


def flag(name: str) -> Any:
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)


def closed_list(name: str, members: tuple[str, ...]) -> Any:
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=40)
