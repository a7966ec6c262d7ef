import json
from pathlib import Path

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from importers.loading.staged import lines
from importers.loading.staging import preview
from importers.reading.table import Limits, UnreadableFile
from models.faults import Fault
from models.import_batch import BatchState, ImportBatch, ImportFile, RowVerdict
from tests.infrastructure.loading import AT, BY, FILES, answered, csv_file, estate, loaded, staged


def test_each_line_is_staged_with_its_cells_changes_and_problems(session: Session) -> None:
    batch_id = staged(session, FILES / "bad_phone.csv", estate(session))
    refused, (new,) = (lines(session, batch_id, verdict) for verdict in (RowVerdict.REFUSED, RowVerdict.NEW))
    assert ([line.line for line in refused], new.line) == ([2, 4], 3)
    assert refused[0].cells == ["B001", "赵敏", "1380001000"]
    assert new.changes["fields"] == {
        "number": [None, "B002"],
        "name": [None, "钱进"],
        "phone": [None, "13800020002"],
    }


def test_the_row_met_is_kept_with_its_version(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, ("业主编号", "姓名"), ("A1", "林")), estate_id)
    batch_id = staged(session, csv_file(tmp_path, ("业主编号", "姓名"), ("A1", "陈")), estate_id)
    (line,) = lines(session, batch_id, RowVerdict.CHANGED)
    assert (line.changes["row"], line.changes["version"]) != (None, None)
    assert line.changes["fields"] == {"name": ["林", "陈"]}


def test_what_is_said_of_the_file_is_kept_with_the_batch(session: Session) -> None:
    batch_id = staged(session, FILES / "other_order.csv", estate(session))
    batch = session.get_one(ImportBatch, batch_id)
    assert (batch.file_name, len(batch.file_hash)) == ("other_order.csv", 64)
    assert (batch.report["encoding"], batch.report["delimiter"], batch.report["sheet"]) == ("utf-8-sig", ",", None)
    assert [notice["places"] for notice in batch.report["notices"]] == [{"columns": "车牌号"}]
    assert batch.report["columns"]["5"] == "name"


def test_the_answer_of_the_command_line_holds_five_things_and_no_more(session: Session) -> None:
    answer = answered(session, FILES / "several_faults.csv", estate(session)).as_json()
    assert list(answer) == ["new", "changed", "unchanged", "refused", "batch"]
    assert (answer["new"], answer["changed"], answer["unchanged"]) == (1, 0, 0)
    assert [list(refused) for refused in answer["refused"]] == [["line", "column", "value", "message"]] * 3
    assert json.loads(json.dumps(answer)) == answer


@pytest.mark.parametrize("entity", ["callbacks", "history", "accounts", "nonsense"])
def test_what_is_not_for_files_is_refused(session: Session, entity: str) -> None:
    with pytest.raises(Fault, match="cannot be loaded from a file"):
        staged(session, FILES / "good.csv", estate(session), entity)


def test_rows_of_an_estate_need_one(session: Session) -> None:
    with pytest.raises(Fault, match="Choose the estate"):
        staged(session, FILES / "good.csv", None)


def test_a_file_without_a_known_heading_is_refused_naming_some_that_are(session: Session, tmp_path: Path) -> None:
    path = csv_file(tmp_path, ("车牌号", "颜色"), ("京A12345", "白"))
    with pytest.raises(UnreadableFile, match="业主编号, 业主姓名"):
        staged(session, path, estate(session))


def test_an_unreadable_file_leaves_neither_file_nor_lines(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    with pytest.raises(UnreadableFile):
        preview(session, FILES / "good.csv", "good.csv", "owners", estate_id, BY, AT, limits=Limits(rows=1))
    assert session.scalars(select(ImportBatch.state)).all() == [BatchState.DROPPED]
    assert session.scalars(select(ImportFile.part)).all() == []


def test_a_nul_in_a_column_that_is_ignored_does_no_harm(session: Session, tmp_path: Path) -> None:
    header = ("业主编号", "姓名", "杂项")
    path = csv_file(tmp_path, header, *[(f"A{number}", "林", "x") for number in range(99)], ("B1", "陈", "a\x00b"))
    assert loaded(session, path, estate(session)) == (100, 0, 0, 0)


def test_a_nul_in_a_column_that_counts_is_refused(session: Session, tmp_path: Path) -> None:
    header = ("业主编号", "姓名")
    path = csv_file(tmp_path, header, *[(f"A{number}", "林晓燕") for number in range(99)], ("B1", "陈\x00"))
    assert loaded(session, path, estate(session)) == (99, 0, 0, 1)


def test_the_number_of_queries_does_not_grow_with_the_file(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    header = ("业主编号", "姓名", "楼栋", "单元", "房号")
    small = csv_file(tmp_path, header, *[(f"A{row}", "林", 1, 1, row) for row in range(100, 110)], name="small.csv")
    large = csv_file(tmp_path, header, *[(f"A{row}", "林", 1, 1, row) for row in range(100, 340)])
    assert _queries(session, small, estate_id) == _queries(session, large, estate_id)


def _queries(session: Session, path: Path, estate_id: int) -> int:
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", note)
    staged(session, path, estate_id, create_missing=True)
    event.remove(engine, "before_cursor_execute", note)
    return len(seen)
