"""The controls of a list's filters show what the address says, and say it again when sent."""

import re

import pytest
from flask import Flask

from models.account import Role
from tests.infrastructure.people import OWN, Cast, Person, address, sign_in

FIELD = re.compile(r'<input class="form-control" type="([^"]+)"[^>]* name="opened_at.from" value="([^"]*)"')


@pytest.fixture
def clerk(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.CLERK))


@pytest.mark.parametrize(
    ("given", "control"),
    [
        ("2026-03-04", ("date", "2026-03-04")),
        ("2026-03-04T01:00:00Z", ("datetime-local", "2026-03-04T09:00:00")),
        ("2026-03-04T09:00", ("datetime-local", "2026-03-04T09:00:00")),
    ],
)
def test_a_bound_is_shown_in_local_time(clerk: Person, given: str, control: tuple[str, str]) -> None:
    assert FIELD.findall(clerk.get("/tickets/", query_string={"opened_at.from": given}).text) == [control]


@pytest.mark.parametrize(("second", "is_found"), [("00", True), ("01", False)])
def test_a_moment_sent_again_narrows_to_the_second(clerk: Person, second: str, is_found: bool) -> None:
    page = clerk.get("/tickets/", query_string={"opened_at.from": f"2026-03-04T09:00:{second}"}).text
    assert (f"{OWN}-T" in page) is is_found
