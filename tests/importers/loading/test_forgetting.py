import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from importers.checking.repairs import REPLACE
from importers.loading.committing import commit
from importers.loading.runs import drop
from importers.settings import Repair, Settings
from models.import_batch import BatchState, ImportBatch
from tests.infrastructure.loading import AT, BY, csv_file, estate, staged

HEADER = ("业主编号", "业主姓名", "手机号")
LINES = (("A1", "陈静", "+86 138 1234 5678"), ("A2", "李雷", "12345"), ("A3", "韩梅", "12345"), ("A4", "王芳", "67"))
TYPED = Settings(
    edits={3: {2: "13912345678"}}, repairs=(Repair(REPLACE, "phone", {"from": "67", "to": "13712345678"}),)
)
ENDS: dict[BatchState, Callable[[Session, int], object]] = {
    BatchState.COMMITTED: lambda session, batch_id: commit(session, batch_id, BY, AT),
    BatchState.DROPPED: drop,
}
by_end = pytest.mark.parametrize("end", ENDS)


def over(session: Session, folder: Path, end: BatchState) -> ImportBatch:
    """A run that came to its end, with cells that were cleaned, corrected, replaced and refused."""
    batch_id = staged(session, csv_file(folder, HEADER, *LINES), estate(session), settings=TYPED)
    ENDS[end](session, batch_id)
    return session.get_one(ImportBatch, batch_id, populate_existing=True)


@by_end
def test_a_run_that_is_over_keeps_no_text_of_its_cells(session: Session, tmp_path: Path, end: BatchState) -> None:
    batch = over(session, tmp_path, end)
    kept = json.dumps([batch.report, batch.settings], ensure_ascii=False)
    said = {*(text for line in LINES for text in line), "13912345678", "13712345678", "13812345678"}
    assert (batch.state, {text for text in said if text in kept}) == (end, set())


@by_end
def test_its_counts_stay(session: Session, tmp_path: Path, end: BatchState) -> None:
    batch = over(session, tmp_path, end)
    (group,) = batch.report["groups"]
    assert (group["column"], group["count"], batch.report["cleaned"]) == ("手机号", 1, {"phone": 2})
    assert batch.report["header"] == [*HEADER]
