"""Owners without a number whom a file adds twice: said, and one where somebody says so."""

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
    return tuple(session.scalars(select(func.count()).select_from(model)).one() for model in (Owner, Ownership))  # type: ignore[return-value]


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
        (("身份证号",), [("11010519491231002X",), ("110105199003070017",)]),
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
