import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.loading.runs import receive
from importers.loading.staged import (
    Record,
    all_lines,
    lines,
    pack,
    rearrange,
    records,
    store,
    unpack,
)
from models.import_batch import ImportChunk, RowVerdict
from operations.write import writing
from tests.infrastructure.loading import AT, BY, estate

NEW, CONFLICT = RowVerdict.NEW, RowVerdict.CONFLICT


def a_run(session: Session) -> int:
    return receive(session, b"", "file.csv", "owners", estate(session), BY, AT)


def some(numbers: range) -> list[Record]:
    return [[number, [f"A{number}"]] for number in numbers]


@given(st.lists(st.text(max_size=20), max_size=5))
def test_every_text_outlasts_packing(cells: list[str]) -> None:
    assert unpack(pack([[1, cells]])) == [[1, cells]]


@pytest.mark.parametrize(
    ("after", "limit", "wanted"),
    [(0, 3, [1, 2, 3]), (999, 3, [1000, 1001, 1002]), (2499, 9, [2500]), (2500, 9, []), (998, 1500, range(999, 2499))],
)
def test_lines_are_paged_by_number_across_chunks(session: Session, after: int, limit: int, wanted: range) -> None:
    batch_id = a_run(session)
    with writing(session):
        store(session, batch_id, NEW, some(range(1, 2501)))
    assert [line.line for line in lines(session, batch_id, NEW, after, limit)] == list(wanted)


def test_late_news_moves_lines_to_another_kind_in_order(session: Session) -> None:
    batch_id = a_run(session)
    with writing(session):
        store(session, batch_id, NEW, some(range(1, 2501)))
        store(session, batch_id, CONFLICT, some(range(3000, 3002)))
        fates = {5: (CONFLICT, [5, ["x"]]), 2400: (CONFLICT, [2400, ["y"]]), 7: None}
        rearrange(session, batch_id, fates)
        rearrange(session, batch_id, {3001: (NEW, [3001, ["z"]]), 6: (CONFLICT, [6, ["w"]])})
    assert [line.line for line in lines(session, batch_id, CONFLICT, 0)] == [5, 6, 2400, 3000]
    assert [line.line for line in lines(session, batch_id, NEW, 3)] == [4, *range(8, 107)]
    assert len(list(all_lines(session, batch_id, [NEW]))) == 2500 - 4 + 1
    assert records(session, batch_id, {5, 7, 3001}) == {5: (CONFLICT, [5, ["x"]]), 3001: (NEW, [3001, ["z"]])}
    counted = session.execute(select(ImportChunk.first_line, ImportChunk.last_line, ImportChunk.line_count)).all()
    assert min(map(tuple, counted)) == (1, 1000, 997)
