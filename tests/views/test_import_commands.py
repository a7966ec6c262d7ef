"""The commands that load a file and take it back, as a shell sees them."""

import json
import re
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.import_batch import ImportBatch, ImportChunk, ImportFile
from models.owner import Owner
from operations.write import Update, write, writing
from tests.infrastructure.loading import AT, BY, csv_file, estate
from views.import_commands import Progress

# What a command asks for is tested on both databases where it is done.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

HEADER = ("业主编号", "业主姓名", "手机号")
GOOD = ("A1", "陈静", "13812345678")
BAD = ("A2", "李雷", "123")


@pytest.fixture
def estate_id(session: Session) -> int:
    return estate(session, "E1")


def flask(app: Flask, *arguments: object) -> Result:
    """What `flask --app app …` does."""
    return app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])


def load(app: Flask, file: Path, *options: str) -> Result:
    return flask(app, "import", "owners", file, "--estate", "E1", *options)


def batch_of(result: Result) -> int:
    return int(json.loads(result.stdout)["batch"])


def owners(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Owner)) or 0


def only_owner(session: Session) -> Owner:
    session.rollback()
    session.expire_all()
    return session.scalars(select(Owner)).one()


def test_import_answers_with_one_json_object(app: Flask, session: Session, estate_id: int, tmp_path: Path) -> None:
    result = load(app, csv_file(tmp_path, HEADER, GOOD), "--json")
    told = json.loads(result.stdout)
    batch = session.scalars(select(ImportBatch)).one()
    assert told == {"new": 1, "changed": 0, "unchanged": 0, "refused": [], "batch": batch.id}
    assert result.exit_code == 0


def test_refused_rows_are_named_and_the_good_ones_load(
    app: Flask, session: Session, estate_id: int, tmp_path: Path
) -> None:
    result = load(app, csv_file(tmp_path, HEADER, GOOD, BAD), "--json")
    (refused,) = json.loads(result.stdout)["refused"]
    assert (refused["line"], refused["column"], refused["value"]) == (3, "手机号", "123")
    assert refused["message"].startswith("123 is not a phone number")
    assert result.exit_code == 1
    assert owners(session) == 1


@pytest.mark.parametrize("option", ["--dry-run", "--all-or-nothing"])
def test_nothing_is_loaded(app: Flask, session: Session, estate_id: int, tmp_path: Path, option: str) -> None:
    result = load(app, csv_file(tmp_path, HEADER, GOOD, BAD), option, "--json")
    assert result.exit_code == 1
    assert owners(session) == 0


def test_a_second_load_changes_nothing(app: Flask, estate_id: int, tmp_path: Path) -> None:
    load(app, csv_file(tmp_path, HEADER, GOOD))
    assert json.loads(load(app, csv_file(tmp_path, HEADER, GOOD), "--json").stdout)["unchanged"] == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("owners", "fixtures/owners/good.csv", "--estate", "E9"), "There is no estate E9; there are: E1"),
        (("owners", "fixtures/owners/good.csv"), "Choose the estate"),
        (("owners", "fixtures/nowhere.csv", "--estate", "E1"), "does not exist"),
        (("dragons", "fixtures/owners/good.csv", "--estate", "E1"), "'dragons' is not one of"),
        (
            ("staff", "fixtures/owners/good.csv", "--estate", "E1", "--one-owner"),
            "--one-owner: staff is none of owners",
        ),
    ],
)
def test_an_unusable_call_says_why_on_standard_error(
    app: Flask, estate_id: int, arguments: tuple[str, ...], sentence: str
) -> None:
    result = flask(app, "import", *arguments, "--json")
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""


def test_all_or_nothing_says_that_nothing_was_loaded(app: Flask, estate_id: int, tmp_path: Path) -> None:
    result = load(app, csv_file(tmp_path, HEADER, GOOD, BAD), "--all-or-nothing", "--json")
    assert (json.loads(result.stdout)["new"], result.exit_code) == (0, 1)


def test_what_was_loaded_can_be_undone_and_nothing_of_the_file_is_kept(
    app: Flask, session: Session, estate_id: int, tmp_path: Path
) -> None:
    batch_id = batch_of(load(app, csv_file(tmp_path, HEADER, GOOD, BAD), "--json"))
    assert [session.scalars(select(kept)).all() for kept in (ImportFile, ImportChunk)] == [[], []]
    result = flask(app, "undo-import", batch_id, "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"batch": batch_id, "undone": 1, "left": []})
    assert owners(session) == 0


def test_undo_lists_what_it_leaves_with_status_1(app: Flask, session: Session, estate_id: int, tmp_path: Path) -> None:
    batch_id = batch_of(load(app, csv_file(tmp_path, HEADER, GOOD), "--json"))
    owner_id = only_owner(session).id
    with writing(session):
        write(session, [Update(Owner, owner_id, {"note": "老客户"})], by=BY, at=AT)
    result = flask(app, "undo-import", batch_id)
    assert result.exit_code == 1
    assert result.stdout == f"undone 0, left 1\nleft, owners {owner_id}: It was changed since\n"


def test_an_import_is_undone_once(app: Flask, session: Session, estate_id: int, tmp_path: Path) -> None:
    batch_id = batch_of(load(app, csv_file(tmp_path, HEADER, GOOD), "--json"))
    flask(app, "undo-import", batch_id)
    result = flask(app, "undo-import", batch_id)
    assert (result.exit_code, result.stderr) == (2, "This import was undone already\n")


def test_what_was_not_loaded_is_not_undone(app: Flask, session: Session, estate_id: int, tmp_path: Path) -> None:
    batch_id = batch_of(load(app, csv_file(tmp_path, HEADER, GOOD), "--dry-run", "--json"))
    missing = flask(app, "undo-import", batch_id + 1)
    assert (missing.exit_code, missing.stderr) == (2, f"There is no import {batch_id + 1}\n")
    dropped = flask(app, "undo-import", batch_id)
    assert (dropped.exit_code, dropped.stderr) == (2, "This import was not loaded: there is nothing to undo\n")


def test_columns_are_named_and_fixed_by_hand(app: Flask, session: Session, estate_id: int, tmp_path: Path) -> None:
    path = csv_file(tmp_path, ("甲", "乙=丙"), ("A1", "陈静"))
    result = load(app, path, "--map", "甲=number", "--map", "乙=丙=name", "--set", "note=a=b", "--json")
    assert result.exit_code == 0, result.output
    owner = only_owner(session)
    assert (owner.number, owner.name, owner.note) == ("A1", "陈静", "a=b")


def test_encoding_and_delimiter_are_taken_as_said(app: Flask, session: Session, estate_id: int, tmp_path: Path) -> None:
    path = tmp_path / "owners.txt"
    path.write_bytes("业主编号\t业主姓名\nA1\t陈静\n".encode("gb18030"))
    result = load(app, path, "--encoding", "gb18030", "--delimiter", "tab")
    assert result.exit_code == 0, result.output
    assert only_owner(session).name == "陈静"


def test_an_empty_cell_clears_where_it_is_told_to(app: Flask, session: Session, estate_id: int, tmp_path: Path) -> None:
    load(app, csv_file(tmp_path, HEADER, GOOD))
    path = csv_file(tmp_path, HEADER, (*GOOD[:2], ""))
    assert json.loads(load(app, path, "--json").stdout)["unchanged"] == 1
    assert json.loads(load(app, path, "--blank", "phone=clear", "--json").stdout)["changed"] == 1
    assert only_owner(session).phone is None


def test_a_second_chance_is_taken_when_told_to(app: Flask, session: Session, estate_id: int, tmp_path: Path) -> None:
    header = (*HEADER[:2], "身份证号")
    load(app, csv_file(tmp_path, header, ("A1", "陈静", "11010519491231002X")))
    path = csv_file(tmp_path, header, ("B1", "陈静", "11010519491231002X"))
    result = load(app, path, "--accept-second-chances", "--json")
    assert json.loads(result.stdout)["changed"] == 1, result.output
    assert only_owner(session).number == "B1"


def test_lines_of_one_name_and_phone_are_one_owner_when_told_to(
    app: Flask, session: Session, estate_id: int, tmp_path: Path
) -> None:
    rows = [("陈静", "13812345678", f"1-1-10{number}") for number in (1, 2)]
    path = csv_file(tmp_path, ("业主姓名", "手机号", "房号"), *rows)
    result = json.loads(load(app, path, "--create-missing", "--one-owner", "--json").stdout)
    assert (result["new"], result["changed"], owners(session)) == (1, 1, 1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--map", "甲=dragon"), "--map: dragon is none of"),
        (("--map", "甲=name"), "--map: the file has no heading 甲; there are: 业主编号, 业主姓名, 手机号"),
        (("--set", "note"), "note is not of the form name=value"),
        (("--blank", "note=burn"), "--blank: burn is none of clear, keep"),
        (("--date-order", "note=xyz"), "--date-order: xyz is none of"),
        (("--recipe", "nowhere"), "nowhere"),
        (("--encoding", "klingon"), "klingon"),
    ],
)
def test_a_decision_that_makes_no_sense_is_named(
    app: Flask, session: Session, estate_id: int, tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    result = load(app, csv_file(tmp_path, HEADER, GOOD), *options, "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in result.stderr
    assert owners(session) == 0


@pytest.mark.usefixtures("database")  # which the mark of all tests here narrows
def test_progress_is_told_to_a_person_and_only_after_a_moment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moments = iter([0.0, 0.5, 1.5])
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    told = Progress(lambda: next(moments))
    told("loading", 1, 3)
    told("loading", 2, 3)
    told.end()
    assert re.findall(r"loading \d of 3", capsys.readouterr().err) == ["loading 2 of 3"]


@pytest.mark.parametrize("number", ["0", "99999999999999999999999"])
def test_a_number_that_no_import_can_have_is_a_sentence(app: Flask, number: str) -> None:
    assert flask(app, "undo-import", number).exit_code == 2


def test_a_delimiter_of_nothing_is_refused(app: Flask, estate_id: int, tmp_path: Path) -> None:
    answer = load(app, csv_file(tmp_path, HEADER, GOOD), "--delimiter", "")
    assert (answer.exit_code, answer.stderr.split(":")[0]) == (2, "--delimiter")
