"""The commands as a shell sees them: what they print, where, and their status."""

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models.account import Account, Role
from models.estate import Estate
from models.rollup import Report, Rollup
from models.search_entry import SearchEntry
from models.ticket import Severity, TicketKind
from operations.write import writing
from tests.infrastructure.cast import report, settle
from tests.infrastructure.databases import Database
from tests.infrastructure.loading import csv_file, estate
from views.database import db

HEADER = ("业主编号", "业主姓名", "手机号")
GOOD = ("A1", "陈静", "13812345678")


@pytest.fixture
def estate_id(session: Session) -> int:
    return estate(session, "E1")


def flask(app: Flask, *arguments: object) -> Result:
    """What `flask --app app …` does."""
    return app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])


def test_create_user_prints_a_password_that_opens_the_account(app: Flask, session: Session, estate_id: int) -> None:
    result = flask(app, "create-user", "clerk@example.test", "前台", "--role", "clerk", "--estate", "E1")
    assert result.exit_code == 0, result.output
    account = session.scalars(select(Account)).one()
    assert [row.role for row in account.role_rows] == [Role.CLERK]
    assert result.stdout.split("\t")[0] == "clerk@example.test"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--role", "clerk", "--estate", "E9"), "no estate with the code E9"),
        (("--role", "butler", "--building", "E1/9"), "no building E1/9"),
        (("--role", "king"), "'king' is not one of"),
        ((), "Missing option '--role'"),
    ],
)
def test_create_user_names_what_is_wrong(
    app: Flask, session: Session, estate_id: int, arguments: tuple[str, ...], sentence: str
) -> None:
    result = flask(app, "create-user", "clerk@example.test", "前台", *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert not session.scalars(select(Account)).all()


def test_an_email_is_taken_once(app: Flask, session: Session, estate_id: int) -> None:
    flask(app, "create-user", "clerk@example.test", "前台", "--role", "clerk", "--estate", "E1")
    result = flask(app, "create-user", "clerk@example.test", "前台", "--role", "clerk", "--estate", "E1")
    assert result.exit_code == 2
    assert "taken already" in result.stderr


def test_explain_names_a_ticket_that_does_not_exist(app: Flask, session: Session) -> None:
    result = flask(app, "explain", "E1-260101-0001")
    assert result.exit_code == 2
    assert "There is no ticket E1-260101-0001" in result.stderr


def test_sweep_says_how_many_steps_it_recorded(app: Flask, session: Session) -> None:
    assert flask(app, "sweep").stdout == "0 steps recorded\n"


def test_an_empty_panel_gets_a_first_administrator_and_keeps_the_password(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(app, "instance_path", str(tmp_path))
    monkeypatch.setitem(app.config, "DEMO", False)
    first, second = flask(app, "prepare"), flask(app, "prepare")
    assert first.exit_code == 0, first.output
    assert first.stdout == second.stdout
    assert "admin@pinzhi.example" in (tmp_path / "sign-ins.txt").read_text()
    assert (tmp_path / "sign-ins.txt").stat().st_mode & 0o077 == 0


def test_the_demo_is_never_loaded_where_somebody_can_sign_in(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(app, "instance_path", str(tmp_path))
    flask(app, "create-user", "admin@example.test", "管理员", "--role", "administrator")
    assert flask(app, "prepare").exit_code == 0
    session.rollback()
    assert not session.scalars(select(Estate)).all()


def test_a_database_without_tables_is_named(app: Flask, database: Database, tmp_path: Path) -> None:
    from app import create_app

    bare = create_app({"DATABASE_URL": database.empty("bare"), "INSTANCE_PATH": str(tmp_path), "TESTING": "1"})
    result = flask(bare, "explain", "E1-260101-0001")
    with bare.app_context():
        db.engine.dispose()
    assert result.exit_code == 2
    assert result.stderr.startswith("The database cannot be used")
    assert "prepare" in result.stderr


def test_the_search_index_is_compared_and_made_anew(
    app: Flask, session: Session, estate_id: int, tmp_path: Path
) -> None:
    flask(app, "import", "owners", csv_file(tmp_path, HEADER, GOOD), "--estate", "E1")
    assert flask(app, "search-index", "--check").exit_code == 0
    with writing(session):
        session.execute(delete(SearchEntry))
    broken = flask(app, "search-index", "--check")
    assert broken.exit_code == 1
    assert "owners: 1 rows" in broken.stdout
    assert flask(app, "search-index").exit_code == 0
    assert flask(app, "search-index", "--check").exit_code == 0


def test_counts_that_differ_are_told_and_counted_anew_when_asked(app: Flask, session: Session) -> None:
    right = flask(app, "check-summaries")
    report(session, settle(session), kind=TicketKind.COMPLAINT, severity=Severity.MINOR)
    session.execute(update(Rollup).where(Rollup.report == Report.PROMISES).values(total=5))
    session.commit()
    told = flask(app, "check-summaries")
    repaired = flask(app, "check-summaries", "--repair")
    again = flask(app, "check-summaries")
    assert (right.exit_code, right.stdout) == (0, "All counts are right.\n")
    assert told.exit_code == 1
    assert "report promises, day 2026-03-06: kept total 5, counted total 1\n1 of the counts differ." in told.stdout
    assert (repaired.exit_code, again.exit_code) == (0, 0)
    assert again.stdout == right.stdout
