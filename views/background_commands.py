"""Commands for what has come due: sweep, deliver, and the consumer that does both each minute."""

import click

from views.background import deliver_now, sweep_now, work
from views.commands import command


@command("sweep")
def sweep_command() -> None:
    """Record what has come due, once each, whoever else sweeps, and tell whom it concerns; see `deliver`."""
    done = sweep_now()
    click.echo(f"{done.recorded} steps recorded")
    if done.warned or done.passed_up:
        click.echo(f"{done.warned} early warnings told, {done.passed_up} calls without an answer passed up")


@command("deliver")
def deliver_command() -> None:
    """Send the e-mails and webhook calls that wait, each under one stable id. Status 1 when some were given up."""
    done = deliver_now()
    click.echo(f"{done.sent} sent, {done.failed} to be tried again, {done.given_up} given up")
    if done.given_up:
        raise SystemExit(1)


@command("work")
@click.option("--until-input-ends", is_flag=True, help="Stop when standard input ends: with whoever started this.")
def work_command(until_input_ends: bool) -> None:
    """Sweep and deliver each minute, and do what the panel leaves to the background, until stopped (Ctrl-C)."""
    work(until_input_ends)


COMMANDS: tuple[click.Command, ...] = (sweep_command, deliver_command, work_command)
