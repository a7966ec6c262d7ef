"""What is to be done with runs of the import, how far it is and what stood against it: notes beside the queue.

They are no rows of the database, since nobody can write that while a commit holds it, and a page wants to know.
"""

import os
import socket
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from time import monotonic, time
from typing import Any

from importers.loading.staged import fault_as_json, fault_from_json
from models.base import now
from models.faults import Fault
from models.import_batch import BatchState, ImportBatch
from views.background import background

SILENCE = 20  # seconds without a word, after which work counts as broken off
TOLD_EVERY = 0.3  # seconds between two notes of progress


class Work(StrEnum):
    PREPARE = "prepare"
    COMMIT = "commit"
    UNDO = "undo"


# From which states on each is to be done, the second being that of work under way.
STARTS = {
    Work.PREPARE: (BatchState.READING, BatchState.READING),
    Work.COMMIT: (BatchState.PREVIEWED, BatchState.LOADING),
    Work.UNDO: (BatchState.COMMITTED, BatchState.UNDOING),
}
UNDER_WAY = {states[1]: work for work, states in STARTS.items()}


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants done with a run; `at` is when, in seconds since 1970."""

    work: str
    account_id: int | None
    at: float
    all_or_nothing: bool = False
    is_again: bool = False  # what was undone already, but for some rows


@dataclass(frozen=True, slots=True)
class Told:
    """How far work is: the phase by the importers' name, done of how many, when it began and when this was said."""

    phase: str
    done: int
    total: int | None
    since: float
    at: float


@dataclass(frozen=True, slots=True)
class Worker:
    """The process that took the run last, and how many had before it what they did not finish."""

    host: str
    process: int
    tries: int


def give(
    batch_id: int, work: Work, account_id: int | None, *, all_or_nothing: bool = False, is_again: bool = False
) -> Order:
    """Note what is to be done; what was said of work before is forgotten."""
    for what in ("fault", "told", "cancel", "worker"):
        background().forget(_key(batch_id, what))
    order = Order(work, account_id, time(), all_or_nothing, is_again)
    background().note(_key(batch_id, "order"), asdict(order))
    return order


def ordered(batch_id: int) -> Order | None:
    """What is to be done with the run and is not yet done."""
    found = background().noted(_key(batch_id, "order"))
    return Order(**found) if found is not None else None


def fits(batch: ImportBatch, order: Order) -> bool:
    """Whether the run stands as it did when that was ordered, or is under way."""
    return batch.state in STARTS[Work(order.work)] or (order.is_again and batch.state is BatchState.UNDONE)


def all_ordered() -> set[int]:
    """The runs with something to be done."""
    return {int(key.split()[1]) for key in background().noted_under("import ") if key.endswith(" order")}


def done(batch_id: int, order: Order) -> None:
    """Forget the order, unless something else was ordered meanwhile."""
    if ordered(batch_id) == order:
        for what in ("order", "told", "cancel", "worker"):
            background().forget(_key(batch_id, what))


def begin(batch_id: int) -> int:
    """Say that this process takes the run; returns how many took it before for the same order."""
    before = worker(batch_id)
    tries = before.tries + 1 if before is not None else 0
    background().note(_key(batch_id, "worker"), asdict(Worker(socket.gethostname(), os.getpid(), tries)))
    return tries


def worker(batch_id: int) -> Worker | None:
    """Who took the run last."""
    found = background().noted(_key(batch_id, "worker"))
    return Worker(**found) if found is not None else None


def is_orphaned(batch_id: int) -> bool:
    """Whether whoever took the run is known to be gone: on this machine, whatever was claimed."""
    found = worker(batch_id)
    return found is not None and found.host == socket.gethostname() and not _lives(found.process)


def _lives(process: int) -> bool:
    """Whether there is such a process, and it does not only wait to be buried."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    status = Path(f"/proc/{process}/status")
    return not status.exists() or "State:\tZ" not in status.read_text()


def is_claimed(batch: ImportBatch) -> bool:
    """Whether somebody has taken the run for some time that is not over."""
    return batch.claimed_until is not None and batch.claimed_until > now()


def is_in_hand(batch: ImportBatch) -> bool:
    """Whether somebody works on the run, as far as can be known: by the claim, which a commit cannot renew, or by what
    was told of late; not when that process is gone.
    """
    said = told(batch.id)
    is_told = said is not None and time() - said.at < SILENCE
    return (is_claimed(batch) or is_told) and not is_orphaned(batch.id)


def told(batch_id: int) -> Told | None:
    """How far the work is, as last said."""
    found = background().noted(_key(batch_id, "told"))
    return Told(**found) if found is not None else None


def refuse(batch_id: int, fault: Fault) -> None:
    """Note what kept the work from being done, until something else is ordered."""
    background().note(_key(batch_id, "fault"), fault_as_json(fault))


def stood_against(batch_id: int) -> Fault | None:
    """What kept the last work from being done."""
    found = background().noted(_key(batch_id, "fault"))
    return fault_from_json(found) if found is not None else None


def stop(batch_id: int) -> None:
    """Ask whoever works on the run to stop."""
    background().note(_key(batch_id, "cancel"), True)


def is_stopped(batch_id: int) -> bool:
    """Whether somebody wants the work stopped."""
    return background().noted(_key(batch_id, "cancel")) is not None


class Teller:
    """Notes how far the work is, a few times a second at most; `about` is the number of lines where nobody counts."""

    def __init__(self, batch_id: int, about: int = 0) -> None:
        self.key, self.about = _key(batch_id, "told"), about
        self.since, self.next, self.phase = time(), 0.0, ""

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        moment = monotonic()
        if phase == self.phase and moment < self.next:
            return
        if phase != self.phase:
            self.since = time()
        self.phase, self.next = phase, moment + TOLD_EVERY
        total = total or (max(self.about, done) if self.about else None)
        said: dict[str, Any] = asdict(Told(phase, done, total, self.since, time()))
        background().note(self.key, said)


def _key(batch_id: int, what: str) -> str:
    return f"import {batch_id} {what}"
