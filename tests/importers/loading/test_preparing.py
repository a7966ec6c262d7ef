"""What people decide about a file, through the whole pipeline."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.checking.repairs import applied
from importers.loading.committing import commit
from importers.loading.runs import prepare, receive
from importers.settings import Reading, Repair, Settings, Source
from models.building import Building
from models.import_batch import ImportBatch
from models.owner import Owner
from models.staff import Staff
from tests.infrastructure.loading import AT, BY, as_tuple, csv_file, estate, loaded

UNITS = ("业主编号", "姓名", "房号")
UNDECIDED = Settings()


def prepared(session: Session, path: Path, estate_id: int, settings: Settings = UNDECIDED) -> ImportBatch:
    batch_id = receive(session, path.read_bytes(), path.name, "owners", estate_id, BY, AT, settings)
    prepare(session, batch_id, AT, apart=False)
    return session.get_one(ImportBatch, batch_id, populate_existing=True)


def offered(batch: ImportBatch) -> list[tuple[str, str]]:
    said: list[dict[str, Any]] = batch.report["groups"]
    return [(group["field"], repair["kind"]) for group in said for repair in group["repairs"]]


def test_the_next_file_with_these_headings_is_read_as_the_last_one(session: Session, tmp_path: Path) -> None:
    here = estate(session)
    header = ("编码", "甲", "乙")
    decided = Settings(
        columns={"number": Source(0), "name": Source(1), "phone": Source(2, "/", 0), "other_phone": Source(2, "/", 1)}
    )
    first = csv_file(tmp_path, header, ("A1", "林", "13800010001/13800010002"))
    assert loaded(session, first, here, settings=decided) == (1, 0, 0, 0)
    second = csv_file(tmp_path, header, ("A2", "陈", "13800010003/13800010004"))
    batch = prepared(session, second, here)
    assert [match["why"] for match in batch.report["proposal"]["matches"]] == ["remembered"] * 3
    assert as_tuple(commit(session, batch.id, BY, AT)) == (1, 0, 0, 0)
    phones = session.execute(select(Owner.phone, Owner.other_phone).where(Owner.number == "A2")).one()
    assert tuple(phones) == ("13800010003", "13800010004")


def test_columns_kept_in_the_note_change_nothing_when_the_file_comes_again(session: Session, tmp_path: Path) -> None:
    here = estate(session)
    path = csv_file(
        tmp_path, ("业主编号", "姓名", "备注", "车牌号"), ("A1", "林", "老业主", "粤A1"), ("A2", "陈", "", "")
    )
    settings = Settings(note_columns=(3,))
    assert loaded(session, path, here, settings=settings) == (2, 0, 0, 0)
    assert loaded(session, path, here, settings=settings) == (0, 0, 2, 0)
    assert session.scalars(select(Owner.note).order_by(Owner.number)).all() == ["老业主\n车牌号: 粤A1", None]
    later = csv_file(tmp_path, ("业主编号", "车牌号"), ("A1", "粤A2"))
    assert loaded(session, later, here, settings=Settings(note_columns=(1,))) == (0, 1, 0, 0)
    assert session.scalars(select(Owner.note).order_by(Owner.number)).all() == [
        "老业主\n车牌号: 粤A1\n车牌号: 粤A2",
        None,
    ]


def test_a_file_without_headings_is_loaded_by_what_stands_in_it(session: Session, tmp_path: Path) -> None:
    here = estate(session)
    path = csv_file(
        tmp_path,
        ("张三", "13800010001", "11010519491231002X", "1-1-101"),
        ("李四光", "13800010002", "632126199109162011", "1-1-102"),
    )
    settings = Settings(reading=Reading(header_rows=0), create_missing=True)
    assert loaded(session, path, here, settings=settings) == (2, 0, 0, 0)
    assert session.scalars(select(Owner.name).order_by(Owner.id_number)).all() == ["张三", "李四光"]


def test_a_record_may_be_named_by_a_fixed_text_or_a_part_of_a_column(session: Session, tmp_path: Path) -> None:
    here = estate(session)
    staff = csv_file(tmp_path, ("工号", "姓名", "岗位"), ("S1", "王管家", "管家"), ("S2", "李工", "维修工"))
    loaded(session, staff, here, "staff")
    path = csv_file(tmp_path, ("楼栋", "值班"), ("1", "李工/王管家"))
    columns = {"code": Source(0), "butler_id": Source(text="S1"), "engineer_id": Source(1, "/", 0)}
    assert loaded(session, path, here, "buildings", settings=Settings(columns=columns)) == (1, 0, 0, 0)
    found = session.execute(select(Building.butler_id, Building.engineer_id)).one()
    assert list(found) == session.scalars(select(Staff.id).order_by(Staff.number)).all()


def test_numbers_that_the_estate_knows_tell_their_column(session: Session, tmp_path: Path) -> None:
    here = estate(session)
    loaded(session, csv_file(tmp_path, ("业主编号", "姓名"), ("A001", "林"), ("A002", "陈")), here)
    path = csv_file(tmp_path, ("甲乙", "手机号"), ("A001", "13800010001"), ("A002", "13800010002"))
    assert loaded(session, path, here) == (0, 2, 0, 0)


@pytest.mark.parametrize(
    ("kind", "counts"), [("create_missing", (2, 0, 0, 0)), ("clear", (2, 0, 0, 0)), ("skip_lines", (0, 0, 0, 0))]
)
def test_a_repair_that_is_offered_settles_its_group(
    session: Session, tmp_path: Path, kind: str, counts: tuple[int, ...]
) -> None:
    here = estate(session)
    path = csv_file(tmp_path, UNITS, ("A1", "林", "1-1-101"), ("A2", "陈", "1-1-102"))
    (group,) = prepared(session, path, here).report["groups"]
    (offer,) = (offer for offer in group["repairs"] if offer["kind"] == kind)
    settings = applied(Settings(), Repair(offer["kind"], offer["field"], offer["options"]))
    assert loaded(session, path, here, settings=settings) == counts


def test_only_what_good_lines_need_is_to_be_created(session: Session, tmp_path: Path) -> None:
    path = csv_file(tmp_path, UNITS, ("A1", "林", "1-1-101"), ("A2", "陈", "1-1-101"), ("A1", "李", "2-1-101"))
    batch = prepared(session, path, estate(session), Settings(create_missing=True))
    assert (batch.new_count, batch.conflict_count) == (1, 2)
    assert batch.report["to_create"] == {"buildings": 1, "units": 1}


def test_new_owners_without_a_name_are_left_out_together(session: Session, tmp_path: Path) -> None:
    here = estate(session)
    path = csv_file(tmp_path, ("业主编号", "姓名"), ("A1", "林"), ("A2", ""), ("A3", ""))
    (group,) = prepared(session, path, here).report["groups"]
    (offer,) = group["repairs"]
    settings = Settings(repairs=(Repair(offer["kind"], offer["field"], offer["options"]),))
    batch = prepared(session, path, here, settings=settings)
    assert (batch.new_count, batch.refused_count, batch.report["skipped"]) == (1, 0, 2)


def test_repeated_and_contradictory_lines_have_their_repairs(session: Session, tmp_path: Path) -> None:
    here = estate(session)
    path = csv_file(
        tmp_path, ("业主编号", "姓名"), ("A1", "林"), ("A1", "林"), ("A2", "陈"), ("A2", "李"), name="twice.csv"
    )
    assert set(offered(prepared(session, path, here))) == {
        ("number", "drop_repeated"),
        ("name", "keep_first"),
        ("name", "keep_last"),
    }
    settings = Settings(repairs=(Repair("drop_repeated"), Repair("keep_last")))
    assert loaded(session, path, here, settings=settings) == (2, 0, 0, 0)
    assert session.scalars(select(Owner.name).order_by(Owner.number)).all() == ["林", "李"]
