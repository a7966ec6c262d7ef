"""Runs that are worked on in the background: left to a consumer, watched, cancelled, gone on with after a halt."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from socket import gethostname
from time import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from models.account import Account, Role
from models.base import now
from models.import_batch import BatchState, ImportBatch
from tests.infrastructure.people import Cast, Person, address, sign_in
from tests.infrastructure.runs import ENGLISH
from tests.infrastructure.uploads import GOOD, MIXED, batch_of, owners_of, renamed, uploaded
from views.background import Background
from views.import_jobs import DEEDS, go_on
from views.import_orders import Order, Work

# The queue is a file beside the database, whichever this is; claims are tested with the runs.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

COMMIT = DEEDS[Work.COMMIT]


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.ESTATE_ADMIN))


@pytest.fixture
def jobs(app: Flask) -> Iterator[Background]:
    """The background without a consumer, and without what tests before have left in it."""
    found: Background = app.extensions["background"]
    found.queue.storage.flush_all()
    yield found
    found.queue.storage.flush_all()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is asked for is too much for a request."""
    monkeypatch.setattr("views.import_jobs.LITTLE_FILE", 0)
    monkeypatch.setattr("views.import_jobs.FEW_LINES", 0)


def consume(jobs: Background) -> None:
    """What a consumer does with all that waits."""
    while (task := jobs.queue.dequeue()) is not None:
        jobs.queue.execute(task)


def progress(person: Person, path: str) -> dict[str, Any]:
    found: dict[str, Any] = person.get(f"{path}progress", headers=ENGLISH).get_json()
    return found


def key(path: str, what: str) -> str:
    return f"import {path.split('/')[2]} {what}"


def gone() -> int:
    """The number of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        return process.pid


@pytest.fixture
def path(slow: None, cast: Cast, admin: Person, jobs: Background) -> str:
    """A run whose file a consumer has read."""
    found = uploaded(admin, cast, GOOD)
    consume(jobs)
    return found


def asked_to_undo(session: Session, admin: Person, jobs: Background, path: str) -> str:
    """The run is loaded, somebody renames one of its owners, and it is to be undone; returns the name before."""
    admin.post(f"{path}commit")
    consume(jobs)
    _, name = renamed(session, "A1", "Meanwhile")
    admin.post(f"{path}undo")
    return name


@pytest.mark.usefixtures("slow")
def test_a_large_file_is_read_and_loaded_by_a_consumer(
    session: Session, cast: Cast, admin: Person, jobs: Background
) -> None:
    before = owners_of(session, cast)
    path = uploaded(admin, cast, MIXED)
    assert batch_of(session, path).state is BatchState.READING
    assert "data-run-work" in admin.get(path).text
    consume(jobs)
    assert batch_of(session, path).state is BatchState.PREVIEWED
    admin.post(f"{path}commit")
    assert (owners_of(session, cast), progress(admin, path)["over"]) == (before, False)
    consume(jobs)
    assert (owners_of(session, cast), progress(admin, path)) == (before + 2, {"over": True})


@pytest.mark.usefixtures("slow")
def test_what_was_left_to_the_background_twice_is_done_once(
    session: Session, cast: Cast, admin: Person, jobs: Background
) -> None:
    path = uploaded(admin, cast, GOOD)
    jobs.later("imports")  # takes it up too
    consume(jobs)
    before = owners_of(session, cast)
    admin.post(f"{path}commit")
    admin.post(f"{path}commit")
    jobs.later("imports")
    consume(jobs)
    assert owners_of(session, cast) == before + 2


@pytest.mark.usefixtures("slow")
def test_a_file_whose_reading_was_cancelled_is_dropped(
    session: Session, cast: Cast, admin: Person, jobs: Background
) -> None:
    path = uploaded(admin, cast, GOOD)
    admin.post(f"{path}cancel")
    consume(jobs)
    assert batch_of(session, path).state is BatchState.DROPPED
    assert progress(admin, path)["over"]


def test_loading_that_was_cancelled_writes_nothing_and_can_be_asked_for_again(
    session: Session, cast: Cast, admin: Person, jobs: Background, path: str
) -> None:
    before = owners_of(session, cast)
    admin.post(f"{path}commit")
    admin.post(f"{path}cancel")
    consume(jobs)
    assert (batch_of(session, path).state, owners_of(session, cast)) == (BatchState.PREVIEWED, before)
    assert "Cancelled: nothing was loaded" in admin.get(path, headers=ENGLISH).text
    admin.post(f"{path}commit")
    consume(jobs)
    assert owners_of(session, cast) == before + 2


@pytest.mark.usefixtures("slow")
def test_where_nobody_works_in_the_background_the_page_says_so_and_does_it_itself(
    session: Session, cast: Cast, admin: Person, jobs: Background
) -> None:
    path = uploaded(admin, cast, GOOD)
    assert progress(admin, path)["waiting"] is False
    jobs.note(key(path, "order"), {**jobs.noted(key(path, "order")), "at": time() - 60})
    assert progress(admin, path)["waiting"] is True
    assert "flask --app app work" in admin.get(path).text
    admin.post(f"{path}here")
    assert batch_of(session, path).state is BatchState.PREVIEWED


def test_loading_that_was_broken_off_says_so_and_is_gone_on_with(
    session: Session, cast: Cast, admin: Person, jobs: Background, path: str
) -> None:
    before = owners_of(session, cast)
    admin.post(f"{path}commit")
    break_off(session, jobs, path)
    assert progress(admin, path)["broken"] is True
    jobs.queue.storage.flush_queue()  # the job went with its process
    jobs.later("imports")
    consume(jobs)
    assert (batch_of(session, path).state, owners_of(session, cast)) == (BatchState.COMMITTED, before + 2)


def test_what_breaks_off_each_time_is_given_up(
    session: Session, cast: Cast, admin: Person, jobs: Background, path: str
) -> None:
    before = owners_of(session, cast)
    admin.post(f"{path}commit")
    break_off(session, jobs, path, tries=2)
    consume(jobs)
    assert (batch_of(session, path).state, owners_of(session, cast)) == (BatchState.PREVIEWED, before)
    assert "broke off each time" in admin.get(path, headers=ENGLISH).text


def test_what_takes_up_the_rest_and_breaks_off_each_time_leaves_the_run_undone(
    session: Session, admin: Person, jobs: Background, path: str
) -> None:
    asked_to_undo(session, admin, jobs, path)
    consume(jobs)
    assert (batch_of(session, path).state, batch_of(session, path).left_count) == (BatchState.UNDONE, 1)
    admin.post(f"{path}undo")
    break_off(session, jobs, path, BatchState.UNDOING, tries=2)
    consume(jobs)
    assert batch_of(session, path).state is BatchState.UNDONE
    assert "broke off each time" in admin.get(path, headers=ENGLISH).text


def test_what_waits_to_take_up_the_rest_is_shown_and_can_be_done_at_once(
    session: Session, admin: Person, jobs: Background, path: str
) -> None:
    name = asked_to_undo(session, admin, jobs, path)
    consume(jobs)
    renamed(session, "A1", name)
    admin.post(f"{path}undo")
    assert not progress(admin, path)["over"]
    jobs.note(key(path, "order"), {**jobs.noted(key(path, "order")), "at": time() - 60})
    admin.post(f"{path}here")
    assert (batch_of(session, path).state, batch_of(session, path).left_count) == (BatchState.UNDONE, 0)


def test_an_undo_that_was_done_as_its_worker_died_is_not_taken_up_again(
    session: Session, admin: Person, jobs: Background, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = asked_to_undo(session, admin, jobs, path)
    with monkeypatch.context() as dead:
        dead.setattr("views.import_orders.done", lambda *_: None)
        consume(jobs)
    jobs.note(key(path, "worker"), {"host": gethostname(), "process": gone(), "tries": 0})
    renamed(session, "A1", name)
    go_on()
    consume(jobs)
    assert batch_of(session, path).left_count == 1
    assert jobs.noted(key(path, "order")) is None


def break_off(
    session: Session, jobs: Background, path: str, state: BatchState = BatchState.LOADING, tries: int = 0
) -> None:
    """As a worker leaves it that is killed while it loads: claimed for long, said to be under way."""
    at_work = {"state": state, "claimed_until": now() + timedelta(minutes=10)}
    session.execute(update(ImportBatch).where(ImportBatch.id == batch_of(session, path).id).values(at_work))
    session.commit()
    jobs.note(key(path, "told"), {"phase": "writing", "done": 1, "total": 2, "since": time(), "at": time()})
    jobs.note(key(path, "worker"), {"host": gethostname(), "process": gone(), "tries": tries})


@pytest.mark.usefixtures("slow")
def test_a_run_under_way_whose_order_was_lost_is_taken_up(
    session: Session, cast: Cast, admin: Person, jobs: Background
) -> None:
    path = uploaded(admin, cast, GOOD)
    jobs.queue.storage.flush_all()
    jobs.later("imports")
    consume(jobs)
    assert batch_of(session, path).state is BatchState.PREVIEWED


def test_nothing_is_loaded_for_somebody_who_may_not_any_more(
    session: Session, cast: Cast, admin: Person, jobs: Background, path: str
) -> None:
    before = owners_of(session, cast)
    admin.post(f"{path}commit")
    session.execute(update(Account).where(Account.id == cast.accounts[Role.ESTATE_ADMIN]).values(active=False))
    session.commit()
    consume(jobs)
    assert (batch_of(session, path).state, owners_of(session, cast)) == (BatchState.PREVIEWED, before)


@pytest.mark.usefixtures("slow")
def test_progress_is_told_in_words_and_figures(cast: Cast, admin: Person, jobs: Background) -> None:
    path = uploaded(admin, cast, GOOD)
    began = time() - 10
    jobs.note(key(path, "told"), {"phase": "checking", "done": 1000, "total": 3000, "since": began, "at": time()})
    found = progress(admin, path)
    assert (found["phase"], found["done"], found["total"]) == ("Reading and checking …", 1000, 3000)
    assert found["figures"] == "1,000 of 3,000 lines · 10 s so far · about 20 s left"


def test_a_second_click_leaves_no_complaint_behind(
    session: Session, admin: Person, jobs: Background, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both find the run previewed; the other's commit is done when ours begins."""
    admin.post(f"{path}commit")
    monkeypatch.setitem(DEEDS, Work.COMMIT, _twice)
    consume(jobs)
    assert batch_of(session, path).state is BatchState.COMMITTED
    assert jobs.noted(key(path, "fault")) is None
    assert progress(admin, path) == {"over": True}


def _twice(batch_id: int, order: Order) -> None:
    COMMIT(batch_id, order)
    COMMIT(batch_id, order)
