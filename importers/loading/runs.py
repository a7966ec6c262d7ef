"""A run of the import from its file to its preview: received, prepared as often as decisions change, dropped."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any
from uuid import uuid4

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from importers.loading import staged
from importers.loading.forgetting import bare_report, bare_settings
from importers.loading.keeping import forget_file, kept_file, receive
from importers.loading.preparing import Asking, Preparation, Run, choose_columns
from importers.loading.progress import Cancelled, IsCancelled, Progress, never, silent
from importers.loading.staged import fault_as_json
from importers.mapping.headings import Wordings, no_wordings, weights
from importers.reading.sources import opened
from importers.reading.table import AskEncoding, Limits, UnreadableFile
from importers.recipes import recipe_named
from importers.recipes.applying import Opener, applied, merged, really_ignored
from importers.recipes.beside import Wishes, keep, with_beside
from importers.settings import Settings
from models.base import N_, entities
from models.faults import Fault
from models.import_batch import BatchState, ImportBatch, RowVerdict
from operations.write import writing

__all__ = ["change_settings", "claim", "drop", "forget_file", "kept_file", "prepare", "receive", "too_late"]

BEFORE_LOADING = (BatchState.READING, BatchState.ASKING, BatchState.UNREADABLE, BatchState.PREVIEWED)
NO_COUNTS = {f"{verdict.value}_count": 0 for verdict in RowVerdict}


def prepare(
    session: Session,
    batch_id: int,
    at: datetime,
    *,
    wordings: Wordings = no_wordings,
    progress: Progress = silent,
    is_cancelled: IsCancelled = never,
    apart: bool = True,
    limits: Limits | None = None,
) -> BatchState:
    """Read the kept file anew and stage what its lines would do under the present settings; returns the state.

    PREVIEWED; ASKING with `ask` in the report; UNREADABLE with `fault` in it; DROPPED when cancelled. Begun again
    after a halt, it starts from the file. With `apart` a process with limits reads the file. Raises Fault for a run
    that was loaded or dropped. The session must hold no unsaved work.
    """
    run, hold = _begin(session, batch_id, at)
    try:
        with kept_file(session, batch_id, run.file_name) as path:
            files = partial(opened, path, apart=apart, limits=limits)
            return hold.end(_outcome(session, run, files, wordings, hold, progress, is_cancelled))
    except Cancelled:
        drop(session, batch_id)
        return BatchState.DROPPED
    except _OvertakenError:
        return session.scalars(select(ImportBatch.state).where(ImportBatch.id == batch_id)).one()


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a preparation; `beside` is what a recipe wishes for beside the lines."""

    state: BatchState
    report: Mapping[str, Any]
    counts: Mapping[RowVerdict, int] = field(default_factory=dict)
    beside: Wishes | None = None


def _outcome(session: Session, run: Run, *how: Any) -> _Outcome:
    """The preview, or what stands before it."""
    try:
        return _prepared(session, run, *how)
    except AskEncoding as asked:
        candidates = [[encoding, list(lines)] for encoding, lines in asked.candidates]
        return _Outcome(BatchState.ASKING, {"ask": {"kind": "encoding", "candidates": candidates}})
    except Asking as asked:
        return _Outcome(BatchState.ASKING, asked.report)
    except UnreadableFile as fault:
        return _Outcome(BatchState.UNREADABLE, {"fault": fault_as_json(fault)})


def _prepared(
    session: Session,
    run: Run,
    files: Opener,
    wordings: Wordings,
    hold: "_Hold",
    progress: Progress,
    is_cancelled: IsCancelled,
) -> _Outcome:
    """The file read as its recipe says, or by itself."""
    settings = run.settings
    with ExitStack() as stack:
        beside = None
        if settings.recipe is None:
            source = stack.enter_context(files(settings.reading, weights(run.model, wordings).weights))
        else:
            recipe = recipe_named(settings.recipe)
            file = stack.enter_context(applied(recipe, files, settings.reading))
            source, settings, beside = file, merged(settings, recipe, file.head.header), file.beside
        columns = choose_columns(session, run, source.head, settings, wordings)
        if settings.recipe is not None:
            columns = replace(columns, mapping=really_ignored(columns.mapping, recipe_named(settings.recipe)))
        preparation = Preparation(session, run, source, columns, hold.keep, progress, is_cancelled)
        report = preparation.go()
        if beside is None:
            return _Outcome(BatchState.PREVIEWED, report, preparation.stage.counts)
        report["to_create"] = with_beside(session, run.estate_id, beside.wishes, preparation.differ.missing)
        return _Outcome(BatchState.PREVIEWED, report, preparation.stage.counts, beside.wishes)


def _begin(session: Session, batch_id: int, at: datetime) -> tuple[Run, "_Hold"]:
    """Put away what was staged before: whoever looks meanwhile sees a file that is being read."""
    hold = _Hold(session, batch_id, at)
    with writing(session):
        batch = session.get_one(ImportBatch, batch_id, populate_existing=True)
        if batch.state not in BEFORE_LOADING:
            raise too_late()
        if batch.claimed_until is not None and batch.claimed_until > at:
            hold.length = batch.claimed_until - at
        settings = Settings.from_json(batch.settings)
        run = Run(batch_id, entities()[batch.entity], batch.estate_id, batch.file_name, settings)
        anew = {"state": BatchState.READING, "report": {"token": hold.token}, **NO_COUNTS}
        session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(anew))
        staged.forget(session, batch_id)
    return run, hold


class _OvertakenError(Exception):
    """Somebody dropped the run, or prepares it anew: what is done here is of no more use."""


@dataclass(slots=True)
class _Hold:
    """One preparation's hold on its run: `token` tells it from any other, `length` is how far ahead it claims."""

    session: Session
    batch_id: int
    at: datetime
    length: timedelta | None = None
    token: str = field(default_factory=lambda: uuid4().hex)
    started: float = field(default_factory=monotonic)

    def keep(self) -> None:
        """Claim the run for as long again. Within `writing`; raises where somebody decided otherwise meanwhile."""
        batch = select(ImportBatch.state, ImportBatch.report).where(ImportBatch.id == self.batch_id)
        state, report = self.session.execute(batch).one()
        if state is not BatchState.READING or report.get("token") != self.token:
            raise _OvertakenError
        if self.length is not None:
            until = self.at + timedelta(seconds=int(monotonic() - self.started)) + self.length
            self._set({"claimed_until": until})

    def end(self, outcome: _Outcome) -> BatchState:
        """Say what became of it."""
        counts = {f"{verdict.value}_count": number for verdict, number in outcome.counts.items()}
        with writing(self.session):
            self.keep()
            if outcome.state is not BatchState.PREVIEWED:
                staged.forget(self.session, self.batch_id)
            if outcome.beside is not None:
                keep(self.session, self.batch_id, outcome.beside)
            said = {"state": outcome.state, "report": dict(outcome.report), "claimed_until": None}
            self._set(said | counts)
        return outcome.state

    def _set(self, values: Mapping[str, Any]) -> None:
        self.session.execute(update(ImportBatch).where(ImportBatch.id == self.batch_id).values(values))


def change_settings(session: Session, batch_id: int, settings: Settings) -> None:
    """Decide otherwise: the run is to be prepared anew. Raises Fault once it was loaded or dropped."""
    changed = {"settings": settings.as_json(), "recipe": settings.recipe, "state": BatchState.READING, "report": {}}
    with writing(session):
        if not _set(session, batch_id, BEFORE_LOADING, changed | {"claimed_until": None}):
            raise too_late()
        staged.forget(session, batch_id)


def drop(session: Session, batch_id: int) -> None:
    """Give up a run that was not loaded: its lines and its file are forgotten; a run that was is left as it is."""
    dropped = {"state": BatchState.DROPPED, "claimed_until": None}
    with writing(session):
        batch = session.get_one(ImportBatch, batch_id, populate_existing=True)
        said = {"settings": bare_settings(batch.settings), "report": bare_report(batch.report)}
        if _set(session, batch_id, BEFORE_LOADING, dropped | said):
            forget_file(session, batch_id)
            staged.forget(session, batch_id)


def claim(session: Session, batch_id: int, at: datetime, seconds: int) -> bool:
    """Take the run for so long, in a state in which there is work to do; False when somebody else has it."""
    table = ImportBatch.__table__
    is_free = or_(table.c.claimed_until.is_(None), table.c.claimed_until <= at)
    with writing(session):
        claimed = session.execute(
            update(ImportBatch)
            .where(ImportBatch.id == batch_id, is_free)
            .where(ImportBatch.state.in_([BatchState.READING, BatchState.LOADING, BatchState.UNDOING]))
            .values(claimed_until=at + timedelta(seconds=seconds))
            .returning(ImportBatch.id)
        ).scalar_one_or_none()
    return claimed is not None


def too_late() -> Fault:
    """The sentence for a run that is past its preview."""
    return Fault(N_("This import was loaded or dropped already"))


def _set(session: Session, batch_id: int, states: tuple[BatchState, ...], values: dict[str, Any]) -> bool:
    """Whether the run was in one of the states and has the values now."""
    statement = update(ImportBatch).where(ImportBatch.id == batch_id, ImportBatch.state.in_(states))
    found = session.execute(statement.values(values).returning(ImportBatch.id)).scalar_one_or_none()
    return found is not None
