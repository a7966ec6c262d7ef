from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from importers.matching.repeats import CONTRADICTORY, REPEATED
from importers.settings import Repair, Settings
from models.history import History
from models.import_batch import ImportBatch, RowVerdict
from models.owner import Owner
from models.ownership import Ownership
from models.unit import Unit
from tests.infrastructure.loading import csv_file, estate, loaded, seen, staged

HEADER = ("业主编号", "姓名", "手机号", "房号")
FIRST = ("A1", "林", "13800010001", "1-1-101")
UNITS = ("房号", "楼层", "业主编号")


def test_an_owner_of_two_units_comes_in_with_one_file(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    path = csv_file(tmp_path, HEADER, FIRST, ("A1", "林", "13800010001", "1-1-102"), ("A1", "林", "", "1-1-103"))
    assert loaded(session, path, estate_id, create_missing=True) == (1, 2, 0, 0)
    assert session.scalars(select(func.count()).select_from(Ownership)).one() == 3
    assert loaded(session, path, estate_id, create_missing=True) == (0, 0, 3, 0)


def test_a_later_line_adds_what_the_first_does_not_say(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    path = csv_file(tmp_path, HEADER, ("A1", "林", "", "1-1-101"), ("A1", "林", "13800010001", "1-1-101"))
    assert loaded(session, path, estate_id, create_missing=True) == (1, 1, 0, 0)
    assert session.scalars(select(Owner.phone)).one() == "13800010001"


def test_a_unit_of_two_owners_comes_in_with_one_file(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, ("业主编号", "姓名"), ("A1", "林"), ("A2", "陈")), estate_id)
    path = csv_file(tmp_path, UNITS, ("1-1-101", 1, "A1"), ("1-1-101", 1, "A2"), ("1-1-101", "", "A2"))
    assert loaded(session, path, estate_id, "units", create_missing=True) == (1, 1, 0, 1)
    assert session.scalars(select(func.count()).select_from(Ownership)).one() == 2


def test_a_line_that_says_nothing_new_is_refused_naming_the_first(session: Session, tmp_path: Path) -> None:
    lines = seen(session, csv_file(tmp_path, HEADER, FIRST, FIRST), estate(session), create_missing=True)
    assert [line.verdict for line in lines] == [RowVerdict.NEW, RowVerdict.REFUSED]
    (said,) = lines[1].problems["faults"]
    assert (said["column"], said["value"], said["places"]) == ("业主编号", "A1", {"line": 2})


SKIPPED = Repair("skip_lines", "number", {"message": REPEATED})


@pytest.mark.parametrize("repair", [Repair("drop_repeated"), SKIPPED], ids=lambda repair: repair.kind)
def test_lines_that_say_nothing_new_can_be_dropped(session: Session, tmp_path: Path, repair: Repair) -> None:
    path = csv_file(tmp_path, HEADER, FIRST, FIRST)
    settings = Settings(repairs=(repair,), create_missing=True)
    batch_id = staged(session, path, estate(session), settings=settings)
    batch = session.get_one(ImportBatch, batch_id)
    assert (batch.new_count, batch.refused_count, batch.report["skipped"]) == (1, 0, 1)


def test_contradicting_lines_can_be_left_out_together(session: Session, tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEADER, FIRST, ("A1", "陈", "", ""), ("A2", "李", "", ""))
    settings = Settings(repairs=(Repair("skip_lines", "number", {"message": CONTRADICTORY}),), create_missing=True)
    assert [line.line for line in seen(session, path, estate(session), settings=settings)] == [4]


def test_of_lines_that_contradict_each_other_none_is_loaded_and_each_names_what_the_others_say(
    session: Session, tmp_path: Path
) -> None:
    estate_id = estate(session)
    path = csv_file(tmp_path, HEADER, FIRST, ("A1", "林", "13800010001", "1-1-102"), ("A1", "陈", "", "1-1-103"))
    lines = seen(session, path, estate_id, create_missing=True)
    assert [line.verdict for line in lines] == [RowVerdict.CONFLICT] * 3
    assert [line.changes["others"]["name"] for line in lines] == [[[2, "林"], [4, "陈"]]] * 3
    assert loaded(session, path, estate_id, create_missing=True) == (0, 0, 0, 3)
    assert session.scalars(select(Unit.code)).all() == []


@pytest.mark.parametrize(("kind", "name"), [("keep_first", "林"), ("keep_last", "陈")])
def test_which_of_contradicting_lines_counts_can_be_said_and_no_unit_of_theirs_is_lost(
    session: Session, tmp_path: Path, kind: str, name: str
) -> None:
    estate_id = estate(session)
    path = csv_file(tmp_path, HEADER, FIRST, ("A1", "陈", "13800010001", "1-1-102"))
    settings = Settings(repairs=(Repair(kind, "number"),), create_missing=True)
    assert loaded(session, path, estate_id, settings=settings) == (1, 1, 0, 0)
    assert session.scalars(select(Owner.name)).one() == name
    assert sorted(session.scalars(select(Unit.code))) == ["1-1-101", "1-1-102"]
    assert loaded(session, path, estate_id, settings=settings) == (0, 0, 2, 0)


def test_columns_kept_in_the_note_are_gathered_from_all_lines_of_an_owner(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    cars = [
        ("A1", "林", "", "1-1-101", "京A1"),
        ("A1", "林", "", "1-1-102", "京A2"),
        ("A1", "林", "", "1-1-102", "京A3"),
    ]
    path = csv_file(tmp_path, (*HEADER, "车牌"), *cars)
    settings = Settings(note_columns=(4,), create_missing=True)
    assert loaded(session, path, estate_id, settings=settings) == (1, 1, 1, 0)
    assert session.scalars(select(Owner.note)).one() == "车牌: 京A1\n车牌: 京A2\n车牌: 京A3"
    assert loaded(session, path, estate_id, settings=settings)[:2] == (0, 0)


def test_what_is_said_twice_of_a_record_that_is_there_changes_it_once(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, HEADER, FIRST), estate_id, create_missing=True)
    path = csv_file(tmp_path, HEADER, ("A1", "林晓燕", "", "1-1-101"), ("A1", "林晓燕", "", "1-1-102"))
    assert loaded(session, path, estate_id, create_missing=True) == (0, 2, 0, 0)
    owners = select(func.count()).select_from(History).where(History.entity == "owners")
    assert session.scalars(owners).one() == 2


@pytest.mark.parametrize(
    ("later", "wanted"),
    [
        (("A1", "林", "13800010001", "1-1-102"), RowVerdict.CHANGED),
        (("A1", "", "13800010001", "1-1-102"), RowVerdict.CHANGED),
        (("A1", "陈", "", "1-1-102"), RowVerdict.CONFLICT),
        (FIRST, RowVerdict.REFUSED),
    ],
)
def test_lines_are_compared_across_blocks(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: tuple[str, ...], wanted: RowVerdict
) -> None:
    monkeypatch.setattr("importers.reading.sources.BLOCK_ROWS", 1)
    monkeypatch.setattr("importers.loading.stage.PACKED_BACK", 2)
    monkeypatch.setattr("importers.loading.stage.CHUNK_LINES", 1)
    others = [(f"B{number}", "李", "", "1-1-101") for number in range(5)]
    lines = seen(session, csv_file(tmp_path, HEADER, FIRST, *others, later), estate(session), create_missing=True)
    assert lines[-1].verdict == wanted
    assert [line.line for line in lines] == list(range(2, 9))


@pytest.mark.parametrize("rows_in_block", [1, 100])
@pytest.mark.parametrize(
    ("notes", "kept"), [(("一", "二", "三"), "三"), (("一", "二", "一"), "一"), (("一", "", "二"), "二")]
)
def test_of_three_lines_the_last_counts(
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    notes: tuple[str, ...],
    kept: str,
    rows_in_block: int,
) -> None:
    monkeypatch.setattr("importers.reading.sources.BLOCK_ROWS", rows_in_block)
    rows = [(*FIRST[:3], f"1-1-10{number}", note) for number, note in enumerate(notes)]
    settings = Settings(repairs=(Repair("keep_last"),), create_missing=True)
    loaded(session, csv_file(tmp_path, (*HEADER, "备注"), *rows), estate(session), settings=settings)
    assert session.scalars(select(Owner.note)).one() == kept
    assert session.scalars(select(func.count()).select_from(Ownership)).one() == 3


KNOWN = ("姓名", "手机号", "房号", "身份证号", "备注")
ID_NUMBER = "11010519491231002X"


@pytest.mark.parametrize("rows_in_block", [1, 100])
@pytest.mark.parametrize("says", ["more", "nothing new"])
def test_a_line_that_met_no_owner_joins_the_one_whom_the_first_line_met(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, rows_in_block: int
) -> None:
    """An owner who is known by the flat alone, and stands in the next list with the ID number and a second flat."""
    monkeypatch.setattr("importers.reading.sources.BLOCK_ROWS", rows_in_block)
    estate_id = estate(session)
    id_number = ID_NUMBER if says == "nothing new" else ""
    before = csv_file(tmp_path, KNOWN, ("王", "", "1-1-101", id_number, ""), ("王", "", "1-1-102", id_number, ""))
    settings = Settings(repairs=(Repair("keep_first"),), create_missing=True)
    loaded(session, before, estate_id, settings=settings)
    first, second = ("王", "", "1-1-101", ID_NUMBER, ""), ("王", "13800010001", "1-1-103", ID_NUMBER, "急")
    result = loaded(session, csv_file(tmp_path, KNOWN, first, second), estate_id, create_missing=True)
    assert result == ((0, 2, 0, 0) if says == "more" else (0, 1, 1, 0))
    (owner,) = session.scalars(select(Owner).where(Owner.id_number == ID_NUMBER)).all()
    assert (owner.phone, owner.note) == ("13800010001", "急")


def two_of_a_name(session: Session, tmp_path: Path) -> int:
    """The estate in which two of one name live, each in a flat."""
    estate_id = estate(session)
    path = csv_file(tmp_path, KNOWN, ("王", "", "1-1-101", "", ""), ("王", "13800010002", "1-1-102", "", ""))
    loaded(session, path, estate_id, create_missing=True)
    return estate_id


def test_lines_that_met_different_owners_stay_apart(session: Session, tmp_path: Path) -> None:
    estate_id = two_of_a_name(session, tmp_path)
    rows = [
        ("王", "", "1-1-101", ID_NUMBER, "急"),
        ("王", "", "1-1-102", ID_NUMBER, ""),
        ("王", "", "1-1-102", "", "不急"),
    ]
    assert loaded(session, csv_file(tmp_path, KNOWN, *rows), estate_id) == (0, 3, 0, 0)
    assert session.scalars(select(Owner.note).order_by(Owner.id)).all() == ["急", "不急"]


def test_a_line_that_met_an_owner_loses_nothing_to_an_earlier_one_that_met_none(
    session: Session, tmp_path: Path
) -> None:
    estate_id = two_of_a_name(session, tmp_path)
    rows = [("王", "", "1-1-103", ID_NUMBER, "急"), ("王", "13800010001", "1-1-101", ID_NUMBER, "急")]
    assert loaded(session, csv_file(tmp_path, KNOWN, *rows), estate_id, create_missing=True) == (1, 1, 0, 0)
    met = session.scalars(select(Owner).order_by(Owner.id)).first()
    assert met is not None
    assert (met.id_number, met.note, met.phone) == (ID_NUMBER, "急", "13800010001")


def test_a_record_met_by_a_bare_line_first_is_that_of_all_who_know_it_better(session: Session, tmp_path: Path) -> None:
    estate_id = two_of_a_name(session, tmp_path)
    rows = [("王", "", "1-1-101", "", ""), ("王", "", "1-1-101", ID_NUMBER, ""), ("王", "", "1-1-103", ID_NUMBER, "急")]
    assert loaded(session, csv_file(tmp_path, KNOWN, *rows), estate_id, create_missing=True) == (0, 2, 1, 0)
    assert session.execute(select(Owner.id_number, Owner.note).order_by(Owner.id)).all() == [
        (ID_NUMBER, "急"),
        (None, None),
    ]
    assert session.scalars(select(func.count()).select_from(Ownership)).one() == 3
