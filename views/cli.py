"""Commands: `flask --app app …`, each with help and clear errors on standard error, status 2 for an unusable call."""

import json
from dataclasses import replace
from pathlib import Path

import click
from flask import Flask, current_app
from sqlalchemy import select

from importers.committing import commit
from importers.exchange import Report, report, warnings
from importers.staged import fault_from_json
from importers.staging import drop, preview
from models.account import Role
from models.base import entities, entity, now
from models.estate import Estate
from models.import_batch import ImportBatch
from operations import rollups, search_index
from operations.counting import Counts
from operations.write import Author, writing
from views import background_commands, draft_commands, explain_command, setup, standards_commands
from views.commands import command, fail
from views.database import db
from views.language import wordings

DIFFERENCES_SHOWN = 20
LOADABLE = [name for name, model in entities().items() if "import" in entity(model).deeds]


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


@command("import")
@click.argument("kind", type=click.Choice(LOADABLE))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--estate", "estate_code", metavar="CODE", help="The estate that the rows belong to.")
@click.option("--sheet", help="The sheet of a workbook; without it, the one whose header fits.")
@click.option(
    "--create-missing", is_flag=True, help="Create buildings and units that the file names and the estate lacks."
)
@click.option("--all-or-nothing", is_flag=True, help="Load nothing when a row is refused.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and load nothing.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object on standard output.")
def import_command(
    kind: str,
    file: Path,
    estate_code: str | None,
    sheet: str | None,
    create_missing: bool,
    all_or_nothing: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Load rows of KIND from a CSV or XLSX file. Status 1 when rows were refused, 2 when file or call is unusable."""
    by = Author(None, "import")
    batch_id = preview(
        db.session,
        file,
        file.name,
        kind,
        _estate_id(estate_code),
        by,
        now(),
        sheet=sheet,
        create_missing=create_missing,
        wordings=wordings,
    )
    notes = [*_notices(batch_id), *_warnings(batch_id)]
    if dry_run:
        answer = report(db.session, batch_id)
        drop(db.session, batch_id)
    else:
        counts = commit(db.session, batch_id, by, now(), all_or_nothing=all_or_nothing)
        answer = replace(report(db.session, batch_id), new=counts.new, changed=counts.changed)
        drop(db.session, batch_id)  # what was loaded stays; a batch that was not is of no more use
    _answer(answer, notes, as_json)


def _notices(batch_id: int) -> list[str]:
    """What is to be said of the file as a whole, such as columns that nothing is known of."""
    said = db.session.get_one(ImportBatch, batch_id).report["notices"]
    return [f"notice: {fault_from_json(each)}" for each in said]


def _warnings(batch_id: int) -> list[str]:
    """What is to be said of lines without refusing them."""
    return [f"warning, line {w.line}: {w.column} {w.value}: {w.message}" for w in warnings(db.session, batch_id)]


def _estate_id(code: str | None) -> int | None:
    if code is None:
        return None
    found = db.session.scalar(select(Estate.id).where(Estate.code == code))
    if found is None:
        known = ", ".join(db.session.scalars(select(Estate.code).order_by(Estate.code)))
        fail(f"There is no estate {code}; there are: {known or 'none'}")
    return found


def _answer(answer: Report, notes: list[str], as_json: bool) -> None:
    for note in notes:
        click.echo(note, err=True)
    if as_json:
        click.echo(json.dumps(answer.as_json(), ensure_ascii=False))
    else:
        click.echo(f"new {answer.new}, changed {answer.changed}, unchanged {answer.unchanged}")
        for item in answer.refused:
            click.echo(f"refused, line {item.line}: {item.column} {item.value}: {item.message}")
    if answer.refused:
        raise SystemExit(1)


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
        *(prepare_command, demo_command, create_user_command, import_command),
        *background_commands.COMMANDS,
        *standards_commands.COMMANDS,
        *draft_commands.COMMANDS,
        *explain_command.COMMANDS,
        *(search_index_command, check_summaries_command),
    ):
        app.cli.add_command(each)
