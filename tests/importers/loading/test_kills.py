"""Loaders that are killed at any moment: whole batches only, and the same call goes on with what is left."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from importers.loading import applying
from importers.loading.committing import CLAIMED, commit
from models.history import History
from models.import_batch import BatchState, ImportBatch
from models.owner import Owner
from models.ownership import Ownership
from models.unit import Unit
from operations import search_index
from tests.infrastructure.databases import Database
from tests.infrastructure.loading import AT, BY, csv_file, estate, staged
from views.database import prepare_sqlite

HEADER = ("业主编号", "业主姓名", "房号", "手机号")
LINES = 2_000
LATER = CLAIMED + timedelta(minutes=1)


def file_of(folder: Path, number: int) -> Path:
    rows = ((f"B{number}-{n}", f"陈{n}", f"{number}-1-{n}", "13812345678") for n in range(1, LINES + 1))
    return csv_file(folder, HEADER, *rows)


def loader(url: str, batch_id: int, at: datetime) -> int:
    """The id of a process of its own that loads the batch, through a connection of its own."""
    process = os.fork()
    if process:
        return process
    try:
        applying.SLICE_CHUNKS = {"sqlite": 1, "postgresql": 1}
        engine = create_engine(url)
        if engine.dialect.name == "sqlite":
            prepare_sqlite(engine)
        with Session(engine) as session:
            commit(session, batch_id, BY, at)
    finally:
        os._exit(0)


def seconds_of(process: int) -> float:
    started = time.monotonic()
    os.waitpid(process, 0)
    return time.monotonic() - started


def kill_after(process: int, seconds: float) -> None:
    time.sleep(seconds)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def written(session: Session, batch_id: int) -> tuple[BatchState, int, int]:
    """The state of the batch, the rows that there are of it, and what the history tells of it."""
    session.rollback()
    batch = session.get_one(ImportBatch, batch_id, populate_existing=True)
    told = select(func.count()).select_from(History).where(History.batch_id == batch_id)
    rows = sum(session.scalar(select(func.count()).select_from(model)) or 0 for model in (Owner, Unit, Ownership))
    return batch.state, rows, session.scalar(told) or 0


def states_after_kills(session: Session, database: Database, folder: Path, kills: int) -> Iterator[tuple[bool, str]]:
    """For each kill whether all or nothing was there afterwards, and the state in which the batch was found.

    A batch that was whole before the kill is followed by another one.
    """
    random, at, whole = Random(kills), AT, 0
    estate_id = estate(session)
    batch_id = staged(session, file_of(folder, 0), estate_id, create_missing=True)
    session.rollback()
    usual = seconds_of(loader(database.url, batch_id, at))
    for number in range(1, kills + 1):
        state, rows, told = written(session, batch_id)
        if state is BatchState.COMMITTED:
            whole = rows
            batch_id = staged(session, file_of(folder, number), estate_id, create_missing=True)
            session.rollback()
        at += LATER
        kill_after(loader(database.url, batch_id, at), random.uniform(0, usual))
        state, rows, told = written(session, batch_id)
        of_all = 3 * LINES
        is_all = (rows - whole, told) == (of_all, of_all + 1)
        is_nothing = (rows - whole, told) == (0, 0)
        yield is_all if state is BatchState.COMMITTED else is_nothing, state.value
    assert seconds_of(loader(database.url, batch_id, at + LATER)) > 0
    state, rows, _ = written(session, batch_id)
    yield (state, rows - whole) == (BatchState.COMMITTED, 3 * LINES), "finished"


@pytest.mark.parametrize("kills", [10, pytest.param(100, marks=pytest.mark.soak)])
def test_a_loader_that_is_killed_leaves_whole_batches_only(
    session: Session, database: Database, tmp_path: Path, kills: int
) -> None:
    """Ten on each database here, a hundred in `make soak`."""
    found = list(states_after_kills(session, database, tmp_path, kills))
    assert [is_whole for is_whole, _ in found] == [True] * (kills + 1)
    assert "loading" in {state for _, state in found}
    assert search_index.check(session) == {}
