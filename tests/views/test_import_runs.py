"""The list of runs: those that the person reaches, by state and kind."""

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from models.account import Role
from models.import_batch import ImportBatch
from tests.infrastructure.people import OTHER, OWN, Cast, Person, address, sign_in
from tests.infrastructure.uploads import GOOD, MIXED, uploaded


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.ESTATE_ADMIN))


def test_the_list_has_the_runs_of_the_own_estates_only(cast: Cast, admin: Person) -> None:
    page = admin.get("/load/runs").text
    assert f"{OWN}.csv" in page
    assert OTHER not in page


def test_a_run_without_a_person_was_made_on_the_command_line(session: Session, cast: Cast, admin: Person) -> None:
    session.execute(update(ImportBatch).values(account_id=None))
    session.commit()
    assert "命令行" in admin.get("/load/runs").text


def test_a_run_is_listed_with_its_hash_person_counts_and_what_can_be_done(cast: Cast, admin: Person) -> None:
    path = uploaded(admin, cast, MIXED)
    admin.post(f"{path}commit")
    page = admin.get("/load/runs").text
    assert f'href="{path}"' in page
    assert f'href="{path}undo"' in page
    assert f'href="{path}?show=refused"' in page


def test_the_list_is_narrowed_by_state_and_kind(cast: Cast, admin: Person) -> None:
    path = uploaded(admin, cast, GOOD)
    assert path in admin.get("/load/runs?state=previewed&kind=owners").text
    assert path not in admin.get("/load/runs?state=committed").text
    assert path not in admin.get("/load/runs?kind=units").text


@pytest.mark.parametrize("address", ["?state=nonsense", "?kind=nonsense", "?before=x", "?before=" + "9" * 30])
def test_an_address_that_makes_no_sense_is_no_error(cast: Cast, admin: Person, address: str) -> None:
    assert admin.get(f"/load/runs{address}").status_code == 200


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_file_that_was_not_read_has_no_refused_rows(cast: Cast, admin: Person, suffix: str) -> None:
    path = uploaded(admin, cast, "")
    assert admin.get(f"{path}refused.{suffix}").status_code == 200
