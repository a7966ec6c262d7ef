"""Commands that load a file and take it back: the whole pipeline, as the screens use it."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any, get_args

import click
from sqlalchemy import select

from importers.checking.repairs import ONE_OWNER
from importers.loading import staged
from importers.loading.committing import commit
from importers.loading.exchange import Report, fault_of, report, warnings
from importers.loading.runs import change_settings, drop, prepare, receive
from importers.loading.staged import fault_from_json
from importers.loading.undoing import undo_import
from importers.mapping.headings import fields
from importers.matching.second_chances import WARNINGS
from importers.recipes import recipes
from importers.settings import BLANKS, DateOrder, Reading, Repair, Settings, Source
from models.base import entities, entity, now
from models.estate import Estate
from models.import_batch import BatchState, ImportBatch
from operations.recording import entity_name
from operations.undo import Outcome
from operations.write import Author, writing
from views.commands import command, fail
from views.database import db
from views.language import wordings

BY_RECIPE = {recipe.kind for recipe in recipes()}  # some kinds come by a recipe alone
LOADABLE = [name for name, model in entities().items() if "import" in entity(model).deeds or name in BY_RECIPE]
LARGEST_ID = 2**63 - 1  # that a database can hold
QUIET_SECONDS = 1.0  # what takes no longer needs no news
DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


class Pairs(click.ParamType[tuple[str, str]]):
    """`name=value`; a value may hold further signs of equality, so may a heading."""

    name = "NAME=VALUE"

    def __init__(self, *, split_last: bool = False) -> None:
        self.split_last = split_last

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        left, sign, right = value.rpartition("=") if self.split_last else value.partition("=")
        if not sign or not left:
            self.fail(f"{value} is not of the form name=value", param, ctx)
        return left, right


Given = tuple[tuple[str, str], ...]


@command("import")
@click.argument("kind", type=click.Choice(LOADABLE))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--estate", "estate_code", metavar="CODE", help="The estate that the rows belong to.")
@click.option("--sheet", help="The sheet of a workbook; without it, the one whose header fits.")
@click.option("--encoding", help="The encoding of a text file, such as gb18030; without it, found out.")
@click.option("--delimiter", help="What stands between two cells: a sign, or tab, comma, semicolon, pipe.")
@click.option(
    "--map", "mapped", multiple=True, type=Pairs(split_last=True), metavar="HEADING=FIELD", help="A column; repeatable."
)
@click.option("--set", "fixed", multiple=True, type=Pairs(), metavar="FIELD=TEXT", help="The same in every line.")
@click.option("--date-order", "orders", multiple=True, type=Pairs(), metavar="FIELD=dmy", help="How dates are written.")
@click.option(
    "--blank", "blanks", multiple=True, type=Pairs(), metavar="FIELD=clear", help="Whether empty cells clear or keep."
)
@click.option(
    "--create-missing", is_flag=True, help="Create buildings and units that the file names and the estate lacks."
)
@click.option(
    "--accept-second-chances",
    is_flag=True,
    help="Take the records that lines without a known key may well mean.",
)
@click.option("--one-owner", is_flag=True, help="Of owners: take lines of one name and phone for one owner.")
@click.option("--recipe", metavar="NAME", help="Read the file of another system by the recipe of that name.")
@click.option("--all-or-nothing", is_flag=True, help="Load nothing when a row is refused.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and load nothing.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object on standard output.")
def import_command(kind: str, file: Path, estate_code: str | None, dry_run: bool, as_json: bool, **said: Any) -> None:
    """Load rows of KIND from a text file or a workbook. Status 1 when rows were refused, 2 when file or call is
    unusable. `undo-import` takes it back by the number of the batch.
    """
    told = Progress()
    by = Author(None, "import")
    batch_id = _staged(kind, file, _estate_id(estate_code), by, _settings(kind, said), said, told)
    notes = [*_notices(batch_id), *_warnings(batch_id)]
    if dry_run:
        answer = report(db.session(), batch_id)
        drop(db.session(), batch_id)
    else:
        counts = commit(db.session(), batch_id, by, now(), progress=told)
        answer = replace(report(db.session(), batch_id), new=counts.new, changed=counts.changed)
        _forget(batch_id)
    told.end()
    _answer(answer, notes, as_json)


def _staged(
    kind: str, file: Path, estate_id: int | None, by: Author, settings: Settings, said: dict[str, Any], told: "Progress"
) -> int:
    """The batch, previewed; with columns that are named, once their places are known."""
    with file.open("rb") as stream:
        batch_id = receive(db.session(), stream, file.name, kind, estate_id, by, now(), settings)
    _prepared(batch_id, told, may_ask=bool(said["mapped"] or said["fixed"]))
    if said["mapped"] or said["fixed"]:
        columns = _columns(batch_id, said["mapped"], said["fixed"])
        change_settings(db.session(), batch_id, replace(settings, columns=columns))
        _prepared(batch_id, told)
    return batch_id


def _prepared(batch_id: int, told: "Progress", *, may_ask: bool = False) -> None:
    """Read and compared. Raises the sentence of a file that cannot be, and forgets it."""
    state = prepare(db.session(), batch_id, now(), wordings=wordings, progress=told)
    batch = db.session().get_one(ImportBatch, batch_id, populate_existing=True)
    if state is BatchState.PREVIEWED or (may_ask and batch.report.get("header")):
        return
    fault = fault_of(batch)
    drop(db.session(), batch_id)
    raise fault


def _settings(kind: str, said: dict[str, Any]) -> Settings:
    """The decisions of the call, each field checked to be one of the kind."""
    names = {field.name for field in fields(entities()[kind])}
    _known("--map", [name for _, name in said["mapped"]], names)
    _known("--set", [name for name, _ in said["fixed"]], names)
    _known("--date-order", [name for name, _ in said["orders"]], names)
    _known("--blank", [name for name, _ in said["blanks"]], names)
    _known("--date-order", [order for _, order in said["orders"]], set(get_args(DateOrder)))
    _known("--blank", [deed for _, deed in said["blanks"]], set(BLANKS))
    _known("--recipe", [said["recipe"]] if said["recipe"] else [], {recipe.name for recipe in recipes()})
    _known("--one-owner", [kind] if said["one_owner"] else [], {"owners"})
    delimiter = said["delimiter"]
    if delimiter == "":
        fail("--delimiter: name a sign, or one of " + ", ".join(DELIMITERS))
    return Settings(
        reading=Reading(said["sheet"], said["encoding"], DELIMITERS.get(delimiter, delimiter)),
        date_orders=dict(said["orders"]),
        blanks=dict(said["blanks"]),
        accept_all=tuple(WARNINGS) if said["accept_second_chances"] else (),
        repairs=(Repair(ONE_OWNER),) if said["one_owner"] else (),
        create_missing=said["create_missing"],
        all_or_nothing=said["all_or_nothing"],
        recipe=said["recipe"],
    )


def _known(option: str, given: list[str], known: set[str]) -> None:
    for name in given:
        if name not in known:
            fail(f"{option}: {name} is none of {', '.join(sorted(known))}")


def _columns(batch_id: int, mapped: Given, fixed: Given) -> dict[str, Source]:
    """What was found out, and instead of that what the call says."""
    said = db.session().get_one(ImportBatch, batch_id, populate_existing=True).report
    header = [heading.strip() for heading in said["header"]]
    unknown = [heading for heading, _ in mapped if heading.strip() not in header]
    if unknown:
        drop(db.session(), batch_id)
        fail(f"--map: the file has no heading {', '.join(unknown)}; there are: {', '.join(header)}")
    places = {field: header.index(heading.strip()) for heading, field in mapped}
    found = {name: Source(column=int(index)) for index, name in said.get("columns", {}).items()}
    kept = {name: source for name, source in found.items() if source.column not in places.values()}
    texts = {name: Source(text=text) for name, text in fixed}
    return kept | {name: Source(column=place) for name, place in places.items()} | texts


def _forget(batch_id: int) -> None:
    """What the answer says is not kept: the records and their history tell of the rest, and undo goes by these."""
    with writing(db.session()):
        staged.forget(db.session(), batch_id)
    drop(db.session(), batch_id)  # a batch that was not loaded is of no more use


def _notices(batch_id: int) -> list[str]:
    """What is to be said of the file as a whole, such as columns that nothing is known of."""
    said = db.session().get_one(ImportBatch, batch_id).report["notices"]
    return [f"notice: {fault_from_json(each)}" for each in said]


def _warnings(batch_id: int) -> list[str]:
    """What is to be said of lines without refusing them."""
    return [f"warning, line {w.line}: {w.column} {w.value}: {w.message}" for w in warnings(db.session(), batch_id)]


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
        said = f"new {answer.new}, changed {answer.changed}, unchanged {answer.unchanged}"
        click.echo(f"{said}; batch {answer.batch}")
        for item in answer.refused:
            click.echo(f"refused, line {item.line}: {item.column} {item.value}: {item.message}")
    if answer.refused:
        raise SystemExit(1)


@command("undo-import")
@click.argument("batch", type=click.IntRange(1, LARGEST_ID))
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object on standard output.")
def undo_import_command(batch: int, as_json: bool) -> None:
    """Take back what the import BATCH wrote. Status 1 when rows were left, since somebody changed them or refers to
    them, which another call takes up; 2 when there is no such batch, it was not loaded, or nothing is left of it.
    """
    if db.session().get(ImportBatch, batch) is None:
        fail(f"There is no import {batch}")
    told = Progress()
    outcome = undo_import(db.session(), batch, Author(None, "undo-import"), now(), progress=told)
    told.end()
    _answer_undo(batch, outcome, as_json)


def _answer_undo(batch: int, outcome: Outcome, as_json: bool) -> None:
    left = [{"kind": entity_name(model), "row": row_id, "message": str(why)} for (model, row_id), why in outcome.left]
    if as_json:
        click.echo(json.dumps({"batch": batch, "undone": len(outcome.done), "left": left}, ensure_ascii=False))
    else:
        click.echo(f"undone {len(outcome.done)}, left {len(left)}")
        for item in left:
            click.echo(f"left, {item['kind']} {item['row']}: {item['message']}")
    if left:
        raise SystemExit(1)


class Progress:
    """News on standard error, where a person sees them, of what takes longer than a moment."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.clock, self.started, self.has_spoken = clock, clock(), False

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        if sys.stderr.isatty() and self.clock() - self.started > QUIET_SECONDS:
            click.echo(f"\r\033[K{phase} {done}" + (f" of {total}" if total else ""), err=True, nl=False)
            self.has_spoken = True

    def end(self) -> None:
        """Leave the line to what comes next."""
        if self.has_spoken:
            click.echo("\r\033[K", err=True, nl=False)


COMMANDS = (import_command, undo_import_command)
