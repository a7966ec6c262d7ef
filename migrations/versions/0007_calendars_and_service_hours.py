"""Calendars and service hours"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# What names a calendar or hours, and whether lists filter by it.
NAMED_BY = {
    "region": {"calendar_id": ("holiday_calendar", True)},
    "estate": {"service_hours_id": ("service_hours", True)},
    "ticket": {"calendar_id": ("holiday_calendar", False), "service_hours_id": ("service_hours", False)},
}


def upgrade() -> None:
    _create_named("holiday_calendar")
    _create_named("service_hours")
    _create_years()
    _create_days()
    _create_windows()
    for table, columns in NAMED_BY.items():
        with op.batch_alter_table(table) as batch:
            for column, (parent, is_filtered) in columns.items():
                batch.add_column(sa.Column(column, KEY, nullable=True))
                batch.create_foreign_key(batch.f(f"fk_{table}_{column}"), parent, [column], ["id"])
                if is_filtered:
                    batch.create_index(batch.f(f"ix_{table}_{column}"), [column])


def downgrade() -> None:
    for table, columns in NAMED_BY.items():
        with op.batch_alter_table(table) as batch:
            for column, (_, is_filtered) in columns.items():
                if is_filtered:
                    batch.drop_index(batch.f(f"ix_{table}_{column}"))
                batch.drop_constraint(batch.f(f"fk_{table}_{column}"), type_="foreignkey")
                batch.drop_column(column)
    for table in ("service_window", "service_hours", "calendar_day", "calendar_year", "holiday_calendar"):
        op.drop_table(table)


def _create_named(table: str) -> None:
    op.create_table(
        table,
        sa.Column("id", KEY, nullable=False),
        sa.Column("code", text_by_code_points(40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("stamp", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("code", name=op.f(f"uq_{table}_code")),
    )


def _create_years() -> None:
    op.create_table(
        "calendar_year",
        sa.Column("id", KEY, nullable=False),
        sa.Column("calendar_id", KEY, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("year BETWEEN 1900 AND 2199", name=op.f("ck_calendar_year_year")),
        sa.ForeignKeyConstraint(["calendar_id"], ["holiday_calendar.id"], name=op.f("fk_calendar_year_calendar_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_year")),
        sa.UniqueConstraint("calendar_id", "year", name=op.f("uq_calendar_year_calendar_id_year")),
    )
    op.create_index("ix_calendar_year_year", "calendar_year", ["year"])


def _create_days() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("id", KEY, nullable=False),
        sa.Column("calendar_id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_working", sa.Boolean(), nullable=False),
        sa.Column("as_weekday", weekday(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "is_working = (as_weekday IS NOT NULL)", name=op.f("ck_calendar_day_weekday_of_working_day")
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_calendar_day_period")),
        sa.ForeignKeyConstraint(["calendar_id"], ["holiday_calendar.id"], name=op.f("fk_calendar_day_calendar_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_day")),
        sa.UniqueConstraint(
            "calendar_id", "day", "valid_from", name=op.f("uq_calendar_day_calendar_id_day_valid_from")
        ),
    )
    op.create_index("ix_calendar_day_day", "calendar_day", ["day"])


def _create_windows() -> None:
    op.create_table(
        "service_window",
        sa.Column("id", KEY, nullable=False),
        sa.Column("service_hours_id", KEY, nullable=False),
        sa.Column("weekday", weekday(), nullable=False),
        sa.Column("opens", text_by_code_points(5), nullable=False),
        sa.Column("closes", text_by_code_points(5), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("opens <> closes", name=op.f("ck_service_window_length")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_service_window_period")),
        sa.ForeignKeyConstraint(
            ["service_hours_id"], ["service_hours.id"], name=op.f("fk_service_window_service_hours_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_window")),
        sa.UniqueConstraint(
            *("service_hours_id", "weekday", "opens", "valid_from"),
            name=op.f("uq_service_window_service_hours_id_weekday_opens_valid_from"),
        ),
    )
    op.create_index("ix_service_window_opens", "service_window", ["opens"])


def weekday() -> Any:
    return sa.Enum(*WEEKDAYS, name="weekday", native_enum=False, create_constraint=True, length=40)


def text_by_code_points(length: int) -> Any:
    return sa.String(length=length).with_variant(sa.String(length=length, collation="C"), "postgresql")
