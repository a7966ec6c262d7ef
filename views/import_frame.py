"""What the pages of one run share: the heading, the steps from the file to what was loaded, the way on."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_admin import BaseView

from importers.mapping.headings import OWN_HEADINGS
from models.base import N_, entities, entity
from models.estate import Estate
from models.import_batch import BatchState, ImportBatch
from views.database import db
from views.import_kinds import better_kinds
from views.import_said import Said
from views.language import translate

FILE, COLUMNS, PROBLEMS, PREVIEW, LOADED = "file", "columns", "problems", "preview", "loaded"
DONE = frozenset({BatchState.COMMITTED, BatchState.UNDOING, BatchState.UNDONE})
READ = DONE | {BatchState.PREVIEWED, BatchState.LOADING}  # states in which there is something to be said of the lines
OPEN = frozenset({BatchState.ASKING, BatchState.UNREADABLE, BatchState.PREVIEWED})  # decisions may still change


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the run: where it is, what is counted there; `url` is empty while it cannot be reached."""

    name: str
    label: str
    url: str
    count: str = ""
    is_alarm: bool = False
    is_current: bool = False


def framed(page: BaseView, template: str, batch: ImportBatch, current: str, **context: Any) -> Any:
    """A page of the run; `current` is the step that it shows."""
    return page.render(
        template,
        batch=batch,
        kind=entity(entities()[batch.entity]),
        estate=db.session.get(Estate, batch.estate_id) if batch.estate_id else None,
        steps=steps(batch, current),
        said=Said(batch),
        translate=translate,
        better=better_kinds(batch),
        is_decided=batch.state not in OPEN,
        **context,
    )


def steps(batch: ImportBatch, current: str) -> list[Step]:
    """The five steps, each with its count; those that wait for an answer about the file lead nowhere yet."""
    said, is_read = Said(batch), batch.state in READ
    preview = url_for("load.batch", id=batch.id)
    changes = batch.new_count + batch.changed_count
    loaded = batch.state in DONE
    known = [
        Step(FILE, N_("File"), url_for("load.question", id=batch.id)),
        Step(
            COLUMNS,
            N_("Columns"),
            url_for("load.columns", id=batch.id) if shows_columns(batch) else "",
            _matched(said),
        ),
        Step(
            PROBLEMS,
            N_("Problems"),
            url_for("load.problems", id=batch.id) if is_read else "",
            str(batch.refused_count + batch.conflict_count) if is_read else "",
            batch.refused_count + batch.conflict_count > 0,
        ),
        Step(PREVIEW, N_("Preview"), preview if is_read else "", str(changes) if is_read else ""),
        Step(LOADED, N_("Loaded"), preview if loaded else "", str(changes) if loaded else ""),
    ]
    here = LOADED if loaded and current == PREVIEW else current
    return [
        Step(step.name, translate(step.label), step.url, step.count, step.is_alarm, step.name == here) for step in known
    ]


def _matched(said: Said) -> str:
    """How many columns of the file fill something, of how many: not counting those that a file of refused rows adds."""
    theirs = [heading for heading in said.header if heading not in OWN_HEADINGS]
    return f"{len(said.used_columns)}/{len(theirs)}" if theirs else ""


def shows_columns(batch: ImportBatch) -> bool:
    """Whether the columns of the file are known, and with them what fills what."""
    return batch.state in READ or (batch.state is BatchState.ASKING and Said(batch).asked == COLUMNS)


def landing(batch: ImportBatch) -> str:
    """Where the person goes on: to what is asked, to columns that nobody is sure of, to problems, to the preview."""
    if batch.state is BatchState.ASKING and shows_columns(batch):
        return url_for("load.columns", id=batch.id)
    if batch.state in {BatchState.ASKING, BatchState.UNREADABLE}:
        return url_for("load.question", id=batch.id)
    if batch.state is not BatchState.PREVIEWED:
        return url_for("load.batch", id=batch.id)
    if batch.recipe is None and batch.settings.get("columns") is None and not Said(batch).is_certain:
        return url_for("load.columns", id=batch.id)
    if batch.refused_count:
        return url_for("load.problems", id=batch.id)
    return url_for("load.batch", id=batch.id)
