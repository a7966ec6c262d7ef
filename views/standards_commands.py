"""Commands about the standards: limits reckoned for other programs, and whether the calendars are still known."""

import json
import sys
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask import current_app

from models.base import now
from operations.calendar_coverage import Coverage, coverages
from rules.cases import OUT_OF_YEARS, Answer, Case, Unanswerable, answer
from rules.clocks import Stretch
from rules.tracing import Cause
from views.commands import command, fail
from views.database import db
from views.deadline_cases import Malformed, cases

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@command("deadline")
def deadline_command() -> None:
    """Say when a limit is over: a case as JSON on standard input, or an array of them; the README has the keys."""
    try:
        asked = cases(sys.stdin.buffer.read())
        if isinstance(asked, Case):
            answers: Any = told("", asked)
        else:
            answers = [told(f"cases[{number}].", each) for number, each in enumerate(asked)]
    except Malformed as fault:
        fail(str(fault))
    click.echo(json.dumps(answers, indent=2))


def told(place: str, case: Case) -> dict[str, Any]:
    """The answer to the case as JSON has it; Malformed, with the place of the case in front, where there is none."""
    try:
        found = answer(case)
        return _as_json(found, case)
    except Unanswerable as fault:
        raise Malformed("", f"{place}{fault}") from None
    except (OverflowError, ValueError):
        raise Malformed("", f"{place}start: {OUT_OF_YEARS}") from None


def _as_json(found: Answer, case: Case) -> dict[str, Any]:
    def local(moment: datetime | None) -> str | None:
        return None if moment is None else moment.astimezone(case.calendar.zone).isoformat()

    return {
        "due_at": local(found.due_at),
        "paused_seconds": found.paused_seconds,
        "used_seconds": found.used_seconds,
        "remaining_seconds": found.remaining_seconds,
        "breached": found.breached,
        "late_seconds": found.late_seconds,
        "offsets_at": [local(each) for each in found.offsets_at],
        "trace": [
            {
                "from": local(each.start),
                "to": local(each.end),
                "counted_seconds": each.counted_seconds,
                "why": _why(each, case),
            }
            for each in found.trace
        ],
    }


def _why(stretch: Stretch, case: Case) -> str:
    """The cause in a few English words: "holiday 2026-10-01", "day 1 of 3"."""
    if stretch.cause is Cause.EXTRA_WORKDAY:
        weekday = next(day for on, day in case.calendar.extra_workdays.items() if on.isoformat() == stretch.name)
        return f"{stretch.cause.label} {stretch.name} ({_WEEKDAYS[weekday]})"
    return f"{stretch.cause.label} {stretch.name.replace('/', ' of ')}".rstrip()


@command("check-calendar")
@click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="Judge as of that day instead of today, such as 2026-12-01."
)
def check_calendar_command(day: datetime | None) -> None:
    """Say until when each calendar is known. Status 1 when this year, or from December on the next, is missing."""
    today = day.date() if day else now().astimezone(ZoneInfo(current_app.config["BABEL_DEFAULT_TIMEZONE"])).date()
    found = coverages(db.session(), today)
    for each in found:
        click.echo(_covered(each))
    if not found:
        fail("There is no calendar: run `prepare`, which adds that of China", 1)
    if any(each.is_missed for each in found):
        fail(REPAIR, 1)


REPAIR = (
    "Repair: install the newest chinesecalendar and run `prepare`, or add the year and its days "
    "under Calendar years and Calendar days"
)


def _covered(each: Coverage) -> str:
    until = f"known until {each.until}" if each.has_years else "nothing is known yet"
    if each.missing is None:
        return f"{each.name}: {until}"
    if each.is_missed:
        return f"{each.name}: {until}; {each.missing} is missing"
    later = "is still to be published or added: it will be missed from December on"
    return f"{each.name}: {until}; {each.missing} {later if each.is_used else 'is missing, but no region uses it'}"


COMMANDS: tuple[click.Command, ...] = (deadline_command, check_calendar_command)
