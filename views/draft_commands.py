"""The command for drafts of standards: run one, from as many processes as are wanted, and say what it would do."""

import subprocess
import sys
from datetime import timedelta

import click

from models.base import now
from models.draft import StandardDraft
from operations import adoption, what_if
from operations.what_if import Progress
from reports.what_if import WhatIf
from reports.what_if import what_if as figures
from rules.permissions import EVERYTHING
from rules.satisfaction import Share
from views.commands import command, fail
from views.database import db

STRETCH = timedelta(seconds=1)  # between two lines of progress


@command("what-if")
@click.argument("draft_id", type=int, metavar="ID")
@click.option("--again", is_flag=True, help="Run anew, even if the last run is of the draft as it is.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, help="How many processes work on it.")
def what_if_command(draft_id: int, again: bool, processes: int) -> None:
    """Say what the draft ID would have done over the past 12 months and the open tickets, beside today."""
    draft = db.session.get(StandardDraft, draft_id)
    if draft is None:
        fail(f"There is no draft {draft_id}")
    found = what_if.progress(db.session(), draft_id)
    if found is None or found.is_overtaken or again:
        moment = now()
        day = adoption.first_day(db.session(), draft.standard_set_id, moment)
        what_if.start_run(db.session(), draft_id, draft.version, day, moment)
    helpers = [_helper(draft_id) for _ in range(processes - 1)]
    found = _run(draft_id)
    for each in helpers:
        each.wait()
    db.session.rollback()  # or what they stored last would not be seen
    found = what_if.progress(db.session(), draft_id) or found
    if not found.is_finished:
        fail("The draft was changed meanwhile, or others still work on it: run the command again", 1)
    _say(figures(db.session(), found.run_id, EVERYTHING))


def _helper(draft_id: int) -> "subprocess.Popen[bytes]":
    """Another process that works on the same run."""
    call = [sys.executable, "-m", "flask", "--app", "app", "what-if", str(draft_id)]
    return subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603  # ourselves


def _run(draft_id: int) -> Progress:
    """Work until nothing is left to claim, and say how far it is."""
    while True:
        done = what_if.progress(db.session(), draft_id)
        found = what_if.run(db.session(), draft_id, now, now() + STRETCH)
        assert found is not None, "a run was begun"
        click.echo(f"{found.done} of {found.tickets} tickets", err=True)
        if found.is_finished or found.is_overtaken or found == done:
            return found


def _say(found: WhatIf) -> None:
    click.echo(f"{found.tickets} tickets, {found.open_tickets} open; the dates of {found.moved} open ones would move")
    for each in found.milestones:
        today, draft = _share(each.today), _share(each.draft)
        click.echo(f"on time, {each.kind.value}, {each.milestone.value}: {today} today, {draft} by the draft")
    for level in found.levels:
        click.echo(f"escalated to {level.level}, {level.kind.value}: {level.today} today, {level.draft} by the draft")
    for hit in found.estates:
        click.echo(f"{hit.name}: {hit.hit} tickets late or escalated by the draft, but not today")


def _share(share: Share) -> str:
    return "none" if share.rate is None else f"{share.rate:.1%} ({share.good}/{share.total})"


COMMANDS: tuple[click.Command, ...] = (what_if_command,)
