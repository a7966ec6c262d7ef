from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from importers.loading.committing import commit
from importers.loading.expiring import KEPT_LINES, WAITING, forget_old
from models.import_batch import BatchState, ImportBatch, ImportChunk, ImportFile
from tests.infrastructure.loading import AT, BY, csv_file, estate, staged

SECOND = timedelta(seconds=1)


def preview(session: Session, folder: Path) -> int:
    """One good line, one that is refused."""
    file = csv_file(folder, ("业主编号", "业主姓名", "手机号"), ("A1", "陈静", ""), ("A2", "李雷", "12345"))
    return staged(session, file, estate(session))


def kept(session: Session) -> tuple[int, int]:
    """Parts of files and chunks of lines that are there."""
    count = (session.scalar(select(func.count()).select_from(model)) for model in (ImportFile, ImportChunk))
    files, chunks = (number or 0 for number in count)
    return files, chunks


@pytest.mark.parametrize(
    ("after", "state", "left"),
    [(WAITING, BatchState.PREVIEWED, (1, 2)), (WAITING + SECOND, BatchState.DROPPED, (0, 0))],
)
def test_a_file_that_nobody_decides_about_is_dropped(
    session: Session, tmp_path: Path, after: timedelta, state: BatchState, left: tuple[int, int]
) -> None:
    batch_id = preview(session, tmp_path)
    forget_old(session, AT + after)
    assert (session.get_one(ImportBatch, batch_id, populate_existing=True).state, kept(session)) == (state, left)


@pytest.mark.parametrize(("after", "left"), [(KEPT_LINES, (0, 1)), (KEPT_LINES + SECOND, (0, 0))])
def test_refused_lines_of_a_loaded_file_are_forgotten_in_the_end(
    session: Session, tmp_path: Path, after: timedelta, left: tuple[int, int]
) -> None:
    batch_id = preview(session, tmp_path)
    commit(session, batch_id, BY, AT)
    forget_old(session, AT + after)
    batch = session.get_one(ImportBatch, batch_id, populate_existing=True)
    assert (batch.state, batch.refused_count, kept(session)) == (BatchState.COMMITTED, 1, left)


def test_what_is_forgotten_is_forgotten_once(session: Session, tmp_path: Path) -> None:
    preview(session, tmp_path)
    later = AT + WAITING + SECOND
    assert (forget_old(session, later), forget_old(session, later)) == (1, 0)
