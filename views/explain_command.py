"""`explain CODE`: every date of a ticket with its reasons, in Chinese or English."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from flask_babel import force_locale
from sqlalchemy import select

from models.base import N_, now
from models.ticket import Ticket
from reports.explanation import Explanation, MilestoneReason, StepReason, explain
from views.commands import command, fail
from views.database import db
from views.language import translate
from views.why import Teller
from views.wording import late_text

LOCALES = {"en": "en", "zh": "zh_Hans_CN"}


@command("explain")
@click.argument("code")
@click.option("--language", type=click.Choice(list(LOCALES)), default="en", show_default=True)
def explain_command(code: str, language: str) -> None:
    """Say of the ticket CODE why each of its dates is what it is: clause, start, what counted, what did not."""
    ticket = db.session.scalars(select(Ticket).where(Ticket.code == code)).first()
    if ticket is None:
        fail(f"There is no ticket {code}")
    with force_locale(LOCALES[language]):
        for line in explained(explain(db.session, ticket, now())):
            click.echo(line)


def explained(found: Explanation) -> Iterator[str]:
    """The lines of it in the language of the moment."""
    teller = Teller(found, ZoneInfo(found.time_zone))
    said = {"code": found.code, "moment": teller.moment(found.opened_at), "zone": found.time_zone}
    yield translate(N_("%(code)s, opened %(moment)s (%(zone)s)")) % said
    for reason in found.milestones:
        yield ""
        yield f"{translate(reason.label)}: {_due(teller, reason.due_at)} — {'; '.join(_standing(teller, reason))}"
        yield from (f"    {line}" for line in teller.milestone(reason).lines())
    for step in (*found.steps, *found.warnings):
        yield ""
        yield f"{step_name(step)}: {teller.moment(step.due_at)}"
        yield from (f"    {line}" for line in teller.step(step).lines())


def step_name(step: StepReason) -> str:
    """What a step or warning is called."""
    name = N_("Warning to level %(level)s") if step.is_warning else N_("Level %(level)s")
    return translate(name) % {"level": step.level}


def _due(teller: Teller, due_at: datetime | None) -> str:
    return teller.moment(due_at) if due_at else translate(N_("to be agreed"))


def _standing(teller: Teller, reason: MilestoneReason) -> Iterator[str]:
    if reason.is_by_resolution:
        yield translate(N_("covered by the resolution"))
    elif reason.done_at is not None:
        said = {"moment": teller.moment(reason.done_at), "who": reason.done_by or translate(N_("Automatic"))}
        yield translate(N_("done %(moment)s by %(who)s")) % said
    else:
        yield translate(N_("open") if reason.is_open else N_("no longer owed"))
    if reason.is_late:
        yield translate(N_("late by %(length)s")) % {"length": late_text(reason.late_seconds, reason.clock)}


COMMANDS: tuple[click.Command, ...] = (explain_command,)
