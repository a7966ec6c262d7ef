"""Owners without a number whom a file adds twice: said, and one where somebody says so."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from importers.loading.staged import StagedLine
from importers.matching.namesakes import NAMESAKE
from importers.settings import Repair, Settings
from models.import_batch import ImportBatch
from models.owner import Owner
from models.ownership import Ownership
from tests.infrastructure.loading import csv_file, estate, loaded, seen, staged

HEADER = ("姓名", "手机号", "房号")
FIRST = ("林", "13800010001", "1-1-101")
OTHER = ("林", "13800010001", "1-1-102")
ID_NUMBER = "11010519491231002X"
ONE_OWNER = Settings(repairs=(Repair("one_owner"),), create_missing=True)


def told(lines: list[StagedLine]) -> list[tuple[int, str, int]]:
    """Of the lines that are said to name an owner again: the line, the value it is about, and the earlier line."""
    return [
        (line.line, said["value"], said["places"]["line"])
        for line in lines
        for said in line.problems["warnings"]
        if said["message"] == NAMESAKE
    ]


def owners_and_units(session: Session) -> tuple[int, int]:
    owners, ownerships = (select(func.count()).select_from(model) for model in (Owner, Ownership))
    return session.scalars(owners).one(), session.scalars(ownerships).one()


@pytest.mark.parametrize("rows_in_block", [1, 100])
def test_a_name_and_phone_that_come_again_with_another_unit_are_said_and_add_two(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_in_block: int
) -> None:
    monkeypatch.setattr("importers.reading.sources.BLOCK_ROWS", rows_in_block)
    path, estate_id = csv_file(tmp_path, HEADER, FIRST, ("陈", *FIRST[1:]), OTHER), estate(session)
    assert told(seen(session, path, estate_id, create_missing=True)) == [(4, "13800010001", 2)]
    assert loaded(session, path, estate_id, create_missing=True) == (3, 0, 0, 0)


@pytest.mark.parametrize("rows_in_block", [1, 100])
def test_they_are_one_owner_where_somebody_says_so(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_in_block: int
) -> None:
    monkeypatch.setattr("importers.reading.sources.BLOCK_ROWS", rows_in_block)
    path, estate_id = csv_file(tmp_path, HEADER, FIRST, OTHER, ("林", "13800010002", "1-1-103")), estate(session)
    assert told(seen(session, path, estate_id, settings=ONE_OWNER)) == []
    assert loaded(session, path, estate_id, settings=ONE_OWNER) == (2, 1, 0, 0)
    assert owners_and_units(session) == (2, 3)
    assert loaded(session, path, estate_id, create_missing=True) == (0, 0, 3, 0)


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (("业主编号",), [("A1",), ("A2",)]),
        (("身份证号",), [(ID_NUMBER,), ("110105199003070017",)]),
    ],
)
def test_who_has_something_better_to_be_known_by_is_nobody_else(
    session: Session, tmp_path: Path, names: tuple[str], rows: list[tuple[str]]
) -> None:
    path = csv_file(tmp_path, (*HEADER, *names), (*FIRST, *rows[0]), (*OTHER, *rows[1]))
    estate_id = estate(session)
    assert told(seen(session, path, estate_id, create_missing=True)) == []
    assert loaded(session, path, estate_id, settings=ONE_OWNER) == (2, 0, 0, 0)


def test_a_line_without_a_unit_is_the_owner_of_one_with_a_unit(session: Session, tmp_path: Path) -> None:
    path, estate_id = csv_file(tmp_path, HEADER, FIRST, (*FIRST[:2], "")), estate(session)
    assert told(seen(session, path, estate_id, create_missing=True)) == [(3, "13800010001", 2)]
    assert loaded(session, path, estate_id, settings=ONE_OWNER) == (1, 0, 0, 1)
    assert owners_and_units(session) == (1, 1)


def test_cleared_phones_are_nobodys(session: Session, tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEADER, ("林", "", "1-1-101"), ("林", "", "1-1-102"))
    settings = replace(ONE_OWNER, blanks={"phone": "clear"})
    estate_id = estate(session)
    assert told(seen(session, path, estate_id, settings=replace(settings, repairs=()))) == []
    assert loaded(session, path, estate_id, settings=settings) == (2, 0, 0, 0)


def test_cleared_id_numbers_are_nobodys(session: Session, tmp_path: Path) -> None:
    path = csv_file(tmp_path, (*HEADER, "身份证号"), (*FIRST, ""), ("林", "13800010002", "1-1-102", ""))
    settings = Settings(blanks={"id_number": "clear"}, create_missing=True)
    assert loaded(session, path, estate(session), settings=settings) == (2, 0, 0, 0)


@pytest.mark.parametrize("rows_in_block", [1, 100])
@pytest.mark.parametrize("ids", [(ID_NUMBER, ""), ("", ID_NUMBER)])
def test_who_has_an_id_number_in_one_line_alone_may_be_meant_by_the_other(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ids: tuple[str, str], rows_in_block: int
) -> None:
    monkeypatch.setattr("importers.reading.sources.BLOCK_ROWS", rows_in_block)
    path = csv_file(tmp_path, (*HEADER, "身份证号"), (*FIRST, ids[0]), (*OTHER, ids[1]))
    estate_id = estate(session)
    assert told(seen(session, path, estate_id, create_missing=True)) == [(3, "13800010001", 2)]
    assert loaded(session, path, estate_id, settings=ONE_OWNER) == (1, 1, 0, 0)
    assert session.scalars(select(Owner.id_number)).one() == ID_NUMBER


@pytest.mark.parametrize("rows_in_block", [1, 100])
@pytest.mark.parametrize(
    ("third", "became"),
    [
        (("林", "", "1-1-102", ""), (1, 1, 0, 1)),  # says nothing new
        (("林", "", "1-1-102", "不急"), (0, 0, 0, 3)),  # says otherwise than the first
        (("林", "", "1-1-102", "急"), (1, 1, 0, 1)),
    ],
)
def test_a_line_that_joins_a_joined_line_is_compared_with_the_first(
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    third: tuple[str, ...],
    became: tuple[int, ...],
    rows_in_block: int,
) -> None:
    monkeypatch.setattr("importers.reading.sources.BLOCK_ROWS", rows_in_block)
    path = csv_file(tmp_path, (*HEADER, "备注"), (*FIRST, "急"), (*OTHER, "急"), third)
    assert loaded(session, path, estate(session), settings=ONE_OWNER) == became


def test_whom_a_first_line_with_another_offer_names_is_told_all_the_same(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, HEADER, ("林", "13900010009", "1-1-101")), estate_id, create_missing=True)
    lines = seen(session, csv_file(tmp_path, HEADER, FIRST, OTHER), estate_id, create_missing=True)
    assert ([len(line.offers) for line in lines], told(lines)) == ([1, 0], [(3, "13800010001", 2)])


def test_a_line_that_joins_another_is_not_said_to_add_an_owner(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, HEADER, FIRST), estate_id, create_missing=True)
    path = csv_file(tmp_path, HEADER, OTHER, (*FIRST[:2], "1-1-103"))
    first, second = seen(session, path, estate_id, settings=ONE_OWNER)
    assert (len(first.problems["warnings"]), second.problems["warnings"]) == (1, [])


def test_a_line_joins_the_record_of_an_accepted_offer(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, HEADER, FIRST), estate_id, create_missing=True)
    path = csv_file(tmp_path, HEADER, OTHER, (*FIRST[:2], "1-1-103"))
    settings = replace(ONE_OWNER, accepted={2: session.scalars(select(Owner.id)).one()})
    assert [line.problems["warnings"] for line in seen(session, path, estate_id, settings=settings)] == [[], []]
    assert loaded(session, path, estate_id, settings=settings) == (0, 2, 0, 0)
    assert owners_and_units(session) == (1, 3)


def test_lines_that_contradict_each_other_are_not_told_of_twice(session: Session, tmp_path: Path) -> None:
    header = (*HEADER, "身份证号", "备注")
    path = csv_file(tmp_path, header, (*FIRST, ID_NUMBER, "急"), (*OTHER, ID_NUMBER, "不急"))
    assert told(seen(session, path, estate(session), create_missing=True)) == []


def test_the_id_number_is_surer_than_name_and_phone(session: Session, tmp_path: Path) -> None:
    header = (*HEADER, "身份证号")
    rows = [(*FIRST, ""), ("林", "", "1-1-102", ID_NUMBER), (*FIRST[:2], "1-1-103", ID_NUMBER)]
    assert loaded(session, csv_file(tmp_path, header, *rows), estate(session), settings=ONE_OWNER) == (2, 1, 0, 0)
    assert session.scalars(select(Owner.id_number).where(Owner.id_number.is_not(None))).all() == [ID_NUMBER]


def test_who_is_offered_a_record_is_not_told_of_the_other_line_too(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, HEADER, FIRST), estate_id, create_missing=True)
    path = csv_file(tmp_path, HEADER, OTHER, (*FIRST[:2], "1-1-103"))
    lines = seen(session, path, estate_id, create_missing=True)
    assert ([len(line.offers) for line in lines], told(lines)) == ([1, 1], [])


def test_lines_taken_for_one_owner_must_not_contradict_each_other(session: Session, tmp_path: Path) -> None:
    path, estate_id = csv_file(tmp_path, (*HEADER, "备注"), (*FIRST, "急"), (*OTHER, "不急")), estate(session)
    assert loaded(session, path, estate_id, settings=ONE_OWNER) == (0, 0, 0, 2)


def test_the_repair_is_offered_with_what_it_is_about(session: Session, tmp_path: Path) -> None:
    batch_id = staged(session, csv_file(tmp_path, HEADER, FIRST, OTHER), estate(session), create_missing=True)
    groups = session.get_one(ImportBatch, batch_id).report["groups"]
    (group,) = [each for each in groups if each["message"] == NAMESAKE]
    assert (group["column"], group["count"], [repair["kind"] for repair in group["repairs"]]) == (
        "手机号",
        1,
        ["one_owner"],
    )
