from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from importers.settings import Settings
from models.import_batch import ImportBatch, RowVerdict
from models.owner import Owner
from models.unit import Unit
from tests.infrastructure.loading import csv_file, estate, loaded, seen, staged

HEADER = ("业主编号", "姓名", "手机号", "身份证号", "房号")
ID_NUMBER = "11010519491231002X"
KNOWN = ("A1", "林", "13800010001", ID_NUMBER, "1-1-101")

CASES = [
    (("A2", "林晓燕", "", ID_NUMBER, ""), ["id_number"]),
    (("A2", "林", "13800010002", "", "1-1-101"), ["unit_and_name"]),
    (("", "林", "13800010002", "", "1-1-101"), ["unit_and_name"]),
    (("A2", "林", "13800010001", "", ""), ["name_and_phone"]),
    (("A2", "陈", "13800010001", "", ""), []),
    (("A2", "陈", "13800010002", "", "1-1-101"), []),
]


@pytest.mark.parametrize(("row", "why"), CASES)
def test_a_record_that_a_new_line_may_mean_is_offered_and_not_taken(
    session: Session, tmp_path: Path, row: tuple[str, ...], why: list[str]
) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, HEADER, KNOWN), estate_id, create_missing=True)
    (line,) = seen(session, csv_file(tmp_path, HEADER, row), estate_id)
    owner_id = session.scalars(select(Owner.id)).one()
    assert (line.verdict, line.offers) == (RowVerdict.NEW, [{"row": owner_id, "why": each} for each in why])
    assert len(line.problems["warnings"]) == len(why)


@pytest.mark.parametrize(("row", "why"), CASES[:4])
def test_what_is_offered_can_be_accepted_for_a_line_or_for_all_of_a_kind(
    session: Session, tmp_path: Path, row: tuple[str, ...], why: list[str]
) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, HEADER, KNOWN), estate_id, create_missing=True)
    path, owner_id = csv_file(tmp_path, HEADER, row), session.scalars(select(Owner.id)).one()
    (line,) = seen(session, path, estate_id, settings=Settings(accept_all=tuple(why)))
    assert (line.verdict, line.changes["row"], line.offers) == (RowVerdict.CHANGED, owner_id, [])
    assert loaded(session, path, estate_id, settings=Settings(accepted={2: owner_id})) == (0, 1, 0, 0)
    assert session.scalars(select(Owner.number)).all() == [row[0] or "A1"]


def test_what_was_not_offered_cannot_be_accepted(session: Session, tmp_path: Path) -> None:
    here, elsewhere = estate(session), estate(session, "E2")
    loaded(session, csv_file(tmp_path, HEADER, KNOWN), elsewhere, create_missing=True)
    stranger = session.scalars(select(Owner.id)).one()
    path = csv_file(tmp_path, HEADER, ("A2", "林", "13800010001", ID_NUMBER, ""))
    (line,) = seen(session, path, here, settings=Settings(accepted={2: stranger}, accept_all=("id_number",)))
    assert (line.verdict, line.changes["row"], line.offers) == (RowVerdict.NEW, None, [])


def test_a_kind_is_not_accepted_for_a_line_that_several_fit(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    twins = [("A1", "林", "", ID_NUMBER, ""), ("A2", "陈", "", ID_NUMBER, "")]
    loaded(session, csv_file(tmp_path, HEADER, *twins), estate_id)
    path = csv_file(tmp_path, HEADER, ("A3", "王", "", ID_NUMBER, ""))
    (line,) = seen(session, path, estate_id, settings=Settings(accept_all=("id_number",)))
    assert (line.verdict, len(line.offers)) == (RowVerdict.NEW, 2)


@pytest.mark.parametrize("spelt", [("3", "", "1501"), ("3", "2", "01501"), ("3", "02", "1501")])
def test_a_unit_under_another_spelling_is_offered(session: Session, tmp_path: Path, spelt: tuple[str, ...]) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, ("房号",), ("3-2-1501",)), estate_id, "units", create_missing=True)
    path = csv_file(tmp_path, ("楼栋", "单元", "房号"), spelt)
    (line,) = seen(session, path, estate_id, "units")
    assert [offer["why"] for offer in line.offers] == ["spelling"]
    assert loaded(session, path, estate_id, "units", settings=Settings(accept_all=("spelling",))) == (0, 1, 0, 0)
    assert session.scalars(select(Unit.id)).all() == [line.offers[0]["row"]]


@pytest.mark.parametrize("spelt", [("3", "1", "1501"), ("3", "2", "1502"), ("4", "2", "1501")])
def test_another_room_or_entrance_is_another_unit(session: Session, tmp_path: Path, spelt: tuple[str, ...]) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, ("房号",), ("3-2-1501",)), estate_id, "units", create_missing=True)
    path = csv_file(tmp_path, ("楼栋", "单元", "房号"), spelt)
    (line,) = seen(session, path, estate_id, "units", create_missing=True)
    assert (line.verdict, line.offers) == (RowVerdict.NEW, [])


def test_an_owners_unit_under_another_spelling_is_told_of_and_taken_when_accepted(
    session: Session, tmp_path: Path
) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, ("房号",), ("3-2-1501",)), estate_id, "units", create_missing=True)
    path = csv_file(tmp_path, ("姓名", "楼栋", "房号"), ("林", "3号楼", "1501室"))
    (line,) = seen(session, path, estate_id)
    assert line.verdict == RowVerdict.REFUSED
    assert [said["places"] for said in line.problems["warnings"]] == [{"codes": "3-2-1501"}]
    assert loaded(session, path, estate_id, settings=Settings(accept_all=("spelling",))) == (1, 0, 0, 0)
    assert session.scalars(select(Unit.code)).all() == ["3-2-1501"]


def test_how_many_are_offered_stands_with_the_run(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, HEADER, KNOWN), estate_id, create_missing=True)
    batch_id = staged(session, csv_file(tmp_path, HEADER, CASES[0][0], CASES[4][0]), estate_id)
    assert session.get_one(ImportBatch, batch_id).report["offers_count"] == 1
