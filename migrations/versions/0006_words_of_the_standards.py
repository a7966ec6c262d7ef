"""Words of the standards: limits in working days, and what pausing, complaints and the ladder tell of"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UNITS = ("minutes", "hours", "days", "weeks", "months", "at_once", "end_of_day", "agreed")
UNITS_NOW = (*UNITS[:5], "working_days", *UNITS[5:])
EVENTS = (
    *("opened", "noted", "assigned", "started", "responded", "arrived", "replied", "answered", "harm_stopped"),
    *("reported", "reported_hq", "handed_supervisor", "handed_manager", "waiting", "resolved", "record_handed_in"),
    *("closed", "closed_unresolved", "reopened", "voided", "reclassified", "escalated", "urged", "undone"),
)
NEW_EVENTS = (
    *("agreed", "owner_told", "pause_allowed", "pause_refused", "validity_judged", "passed_on"),
    *(
        "plan_drafted",
        "plan_approved",
        "plan_returned",
        "record_kept",
        "warned",
        "acknowledged",
        "not_acknowledged",
        "dates_moved",
    ),
)
LIMIT_HAS_NUMBER = (
    "(unit IN ('at_once', 'end_of_day', 'agreed') AND value IS NULL) "
    "OR (unit NOT IN ('at_once', 'end_of_day', 'agreed') AND value > 0)"
)
LIMITS = {"standard_rule": "unit", "ladder_rule": "unit", "milestone": "limit_unit"}


def upgrade() -> None:
    for table, column in LIMITS.items():
        allow(table, column, "limit_unit", before=UNITS, after=UNITS_NOW)
    allow("ticket_event", "kind", "event_kind", before=EVENTS, after=(*EVENTS, *NEW_EVENTS))


def downgrade() -> None:
    listed = ", ".join(f"'{event}'" for event in NEW_EVENTS)
    op.execute(f"DELETE FROM ticket_event WHERE kind IN ({listed})")  # noqa: S608  # words of this file
    allow("ticket_event", "kind", "event_kind", before=(*EVENTS, *NEW_EVENTS), after=EVENTS)
    op.execute("DELETE FROM milestone WHERE limit_unit = 'working_days'")
    op.execute("DELETE FROM standard_rule WHERE unit = 'working_days'")
    op.execute("DELETE FROM ladder_rule WHERE unit = 'working_days'")
    for table, column in LIMITS.items():
        allow(table, column, "limit_unit", before=UNITS_NOW, after=UNITS)


def allow(table: str, column: str, name: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Let the column take other words; a constraint that reads it is made anew, or PostgreSQL rewrites it."""
    with op.batch_alter_table(table) as batch:
        if table.endswith("_rule"):
            batch.drop_constraint(batch.f(f"ck_{table}_limit"), type_="check")
        batch.alter_column(
            column,
            existing_type=closed_list(name, before),
            type_=closed_list(name, after),
            existing_nullable=False,
        )
        if table.endswith("_rule"):
            batch.create_check_constraint(batch.f(f"ck_{table}_limit"), LIMIT_HAS_NUMBER)


def closed_list(name: str, members: tuple[str, ...]) -> Any:
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=40)
