"""Commands: `flask --app app …`, each with help and clear errors on standard error, status 2 for an unusable call."""

import click
from flask import Flask, current_app

from models.account import Role
from operations import rollups, search_index
from operations.counting import Counts
from operations.write import writing
from views import (
    background_commands,
    draft_commands,
    explain_command,
    import_commands,
    setup,
    standards_commands,
)
from views.commands import command, fail
from views.database import db

DIFFERENCES_SHOWN = 20


@command("prepare")
def prepare_command() -> None:
    """Back up and migrate the database, seed it (DEMO=0: only a first administrator), and say how to sign in."""
    setup.prepare_database()
    if current_app.config["DEMO"] and setup.is_untouched():
        setup.seed_demo(click.echo)
    else:
        setup.first_administrator()
    _say_address()


def _say_address() -> None:
    address = current_app.config["PUBLIC_URL"] or f"http://127.0.0.1:{current_app.config['PORT']}/"
    click.echo(f"\nPinzhi: {address}")
    if lines := setup.kept_sign_ins():
        click.echo(f"Sign-ins as first made (kept in {setup.sign_in_file().name} of the instance folder):")
    for line in lines:
        click.echo(f"  {line.email:<36} {line.password}   {line.name}")


@command("demo")
def demo_command() -> None:
    """Load the demo company; migrates an empty database first, and adds nothing when it is there."""
    setup.prepare_database()
    setup.seed_demo(click.echo)
    _say_address()


@command("create-user")
@click.argument("email")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role]))
@click.option("--estate", "estates", multiple=True, metavar="CODE", help="An estate the person serves; repeatable.")
@click.option("--building", "buildings", multiple=True, metavar="E1/3", help="A building a butler serves; repeatable.")
def create_user_command(
    email: str, name: str, roles: tuple[str, ...], estates: tuple[str, ...], buildings: tuple[str, ...]
) -> None:
    """Add an account and print its generated password."""
    line = setup.make_account(email, name, [Role(role) for role in roles], estates, buildings)
    click.echo(f"{line.email}\t{line.password}")


@command("search-index")
@click.option("--check", "only_check", is_flag=True, help="Make nothing: compare the index with the rows.")
def search_index_command(only_check: bool) -> None:
    """Make the search index anew, during which nothing can be saved. With --check status 1 when it differs."""
    if not only_check:
        search_index.rebuild(db.session)
        return
    differing = search_index.check(db.session)
    for name, row_ids in differing.items():
        click.echo(f"{name}: {len(row_ids)} rows, such as {', '.join(map(str, row_ids[:5]))}")
    if differing:
        fail("The search index differs from the rows: run search-index", 1)


@command("check-summaries")
@click.option("--repair", is_flag=True, help="Count everything anew where a difference is found.")
def check_summaries_command(repair: bool) -> None:
    """Recompute the counts that the summaries read and compare. Status 1 when they differ."""
    differences = rollups.check(db.session())
    for each in differences[:DIFFERENCES_SHOWN]:
        cell = ", ".join(f"{name} {value}" for name, value in each.cell._asdict().items() if value not in ("", 0))
        click.echo(f"{cell}: kept {_told_counts(each.kept)}, counted {_told_counts(each.counted)}")
    click.echo(f"{len(differences)} of the counts differ." if differences else "All counts are right.")
    if differences and repair:
        with writing(db.session):
            rollups.rebuild(db.session)
        click.echo("Everything was counted anew.")
    elif differences:
        raise SystemExit(1)


def _told_counts(counts: Counts) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts._asdict().items() if number) or "nothing"


def init_commands(app: Flask) -> None:
    """Attach the commands."""
    for each in (
        *(prepare_command, demo_command, create_user_command),
        *import_commands.COMMANDS,
        *background_commands.COMMANDS,
        *standards_commands.COMMANDS,
        *draft_commands.COMMANDS,
        *explain_command.COMMANDS,
        *(search_index_command, check_summaries_command),
    ):
        app.cli.add_command(each)
