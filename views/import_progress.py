"""Work under way on a run, as its page shows it and as the script of the page asks for it; stopping it."""

from dataclasses import dataclass
from datetime import datetime
from time import time
from typing import Any

from flask import flash, jsonify, redirect, url_for
from flask_admin import BaseView

from models.base import N_
from models.import_batch import BatchState, ImportBatch
from views import import_jobs, import_orders
from views.access import zone_of
from views.import_access import batch_of
from views.import_frame import FILE, LOADED, PREVIEW, framed
from views.import_orders import SILENCE, UNDER_WAY, Told, Work
from views.language import translate

PATIENCE = 5  # seconds until it is said that nobody has begun

TITLES = {
    Work.PREPARE: N_("The file is read and checked"),
    Work.COMMIT: N_("The rows are loaded"),
    Work.UNDO: N_("The import is taken back"),
}
# What the importers call their phases, in the words of people.
PHASES = {
    "reading": N_("Reading and checking …"),
    "checking": N_("Reading and checking …"),
    "loading": N_("Writing …"),
    "finishing": N_("Finishing …"),
    "undoing": N_("Taking back …"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where work stands: in words, and done of how many; None where nobody can tell."""

    work: Work
    title: str
    phase: str
    figures: str
    done: int | None
    total: int | None
    is_waiting: bool  # for somebody who begins
    is_broken: bool
    goes_on_at: str  # when others may take up what was broken off

    @property
    def can_cancel(self) -> bool:
        return self.work is not Work.UNDO

    @property
    def can_be_done_here(self) -> bool:
        return self.is_waiting or (self.is_broken and not self.goes_on_at)


def standing(batch: ImportBatch) -> Standing | None:
    """What is being done with the run, or waits to be; None when nothing is."""
    order = import_orders.ordered(batch.id)
    work = UNDER_WAY.get(batch.state)
    if work is None:
        if order is None or not import_orders.fits(batch, order):
            return None
        work = Work(order.work)
    said, moment = import_orders.told(batch.id), time()
    is_claimed = import_orders.is_claimed(batch) and not import_orders.is_orphaned(batch.id)
    is_silent = import_orders.is_orphaned(batch.id) or said is None or moment - said.at > SILENCE
    has_begun = said is not None or is_claimed
    waited = moment - order.at if order is not None else 0.0
    return Standing(
        work,
        translate(TITLES[work]),
        _phase(said, has_begun),
        _figures(said, moment),
        said.done if said is not None and said.total else None,
        said.total if said is not None else None,
        is_waiting=not has_begun and waited > PATIENCE,
        is_broken=said is not None and is_silent,
        goes_on_at=_goes_on_at(batch) if is_claimed else "",
    )


def _phase(said: Told | None, has_begun: bool) -> str:
    if said is None:
        return translate(N_("Begins …") if has_begun else N_("Waits for the background work …"))
    return translate(PHASES.get(said.phase, N_("Working …")))


def _figures(said: Told | None, moment: float) -> str:
    """How much is done, for how long that took, and how long it will take still."""
    if said is None:
        return ""
    elapsed = max(0, round(said.at - said.since))
    parts = [translate(N_("%(number)s s so far")) % {"number": elapsed}]
    if said.total:
        counts = {"done": f"{said.done:,}", "total": f"{said.total:,}"}
        parts.insert(0, translate(N_("%(done)s of %(total)s lines")) % counts)
        if said.done and elapsed >= 2:  # before that a guess is worth nothing
            left = round((said.at - said.since) * (said.total - said.done) / said.done)
            parts.append(translate(N_("about %(number)s s left")) % {"number": max(left, 1)})
    elif said.done:
        parts.insert(0, translate(N_("%(done)s lines")) % {"done": f"{said.done:,}"})
    return " · ".join(parts)


def _goes_on_at(batch: ImportBatch) -> str:
    until: datetime | None = batch.claimed_until
    return until.astimezone(zone_of(batch.estate_id)).strftime("%H:%M:%S") if until is not None else ""


def shown(page: BaseView, batch: ImportBatch, found: Standing) -> Any:
    """The page with the bar."""
    current = {Work.PREPARE: FILE, Work.COMMIT: PREVIEW, Work.UNDO: LOADED}[found.work]
    return framed(page, "imports/progress.html", batch, current, standing=found)


def progress_answer(id: str) -> Any:
    """How far it is: {phase, figures, done, total, waiting, broken, over}."""
    found = standing(batch_of(id))
    if found is None:
        return jsonify({"over": True})
    said = {"phase": found.phase, "figures": found.figures, "done": found.done, "total": found.total}
    return jsonify({**said, "waiting": found.is_waiting, "broken": found.is_broken, "over": False})


def cancel_answer(id: str) -> Any:
    """Stop the reading or the loading: nothing has been written then."""
    batch = batch_of(id)
    found = standing(batch)
    if found is not None and found.can_cancel:
        import_jobs.cancel(batch.id)
        if batch.state is BatchState.DROPPED:
            flash(translate(N_("Cancelled. Nothing was changed.")), "success")
    return redirect(url_for(".batch", id=id))


def here_answer(id: str) -> Any:
    """Do within the request what nobody in the background takes up."""
    batch = batch_of(id)
    found = standing(batch)
    if found is not None and found.can_be_done_here:
        import_jobs.work_on(batch.id)
    leads_on = found is not None and found.work is Work.PREPARE
    return redirect(url_for(".batch", id=id, then="on" if leads_on else None))
