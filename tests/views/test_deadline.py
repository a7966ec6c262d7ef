"""The command `deadline`: cases in JSON, answered as JSON, or one sentence that names the key."""

import json
import os
import subprocess
import sys
from copy import deepcopy
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from rules.cases import Case
from views.deadline_cases import Malformed, cases
from views.standards_commands import told

OFFICE = [["09:00", "12:00"], ["14:30", "17:30"]]
CASE: dict[str, Any] = {
    "time_zone": "Asia/Shanghai",
    "clock": "service",
    "calendar": {
        "windows": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), OFFICE),
        "holidays": ["2026-10-01"],
        "extra_workdays": {"2026-10-10": "mon"},
    },
    "start": "2026-09-30T16:30:00+08:00",
    "limit": {"value": 2, "unit": "hours"},
}
ELAPSED = {name: CASE[name] for name in ("time_zone", "start", "limit")} | {"clock": "elapsed"}


def deadline(app: Flask, sent: Any) -> Result:
    text = sent if isinstance(sent, str) else json.dumps(sent)
    return app.test_cli_runner().invoke(args=["deadline"], input=text)


def answered(**changes: Any) -> dict[str, Any]:
    """The answer to the case with these keys changed."""
    found = cases(json.dumps({**CASE, **changes}).encode())
    assert isinstance(found, Case)
    return told("", found)


def test_a_case_is_answered_with_an_object(app: Flask) -> None:
    result = deadline(app, {**CASE, "offsets": [{"value": -30, "unit": "minutes"}], "now": "2026-09-30T09:30:00Z"})
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {
        "due_at": "2026-10-02T10:00:00+08:00",
        "paused_seconds": 0,
        "used_seconds": 3600,
        "remaining_seconds": 3600,
        "breached": False,
        "late_seconds": 0,
        "offsets_at": ["2026-10-02T09:30:00+08:00"],
        "trace": [
            stretch("2026-09-30T16:30:00", "2026-09-30T17:30:00", 3600, "counted"),
            stretch("2026-09-30T17:30:00", "2026-10-01T00:00:00", 0, "closed: night"),
            stretch("2026-10-01T00:00:00", "2026-10-02T00:00:00", 0, "holiday 2026-10-01"),
            stretch("2026-10-02T00:00:00", "2026-10-02T09:00:00", 0, "closed: night"),
            stretch("2026-10-02T09:00:00", "2026-10-02T10:00:00", 3600, "counted"),
        ],
    }


def stretch(first: str, last: str, counted: int, why: str) -> dict[str, Any]:
    return {"from": f"{first}+08:00", "to": f"{last}+08:00", "counted_seconds": counted, "why": why}


def test_several_cases_are_answered_in_order(app: Flask) -> None:
    result = deadline(app, [ELAPSED, CASE])
    assert [each["due_at"] for each in json.loads(result.stdout)] == [
        "2026-09-30T18:30:00+08:00",
        "2026-10-02T10:00:00+08:00",
    ]
    assert json.loads(deadline(app, []).stdout) == []


def test_a_malformed_case_leaves_nothing_on_standard_output(app: Flask) -> None:
    result = deadline(app, [CASE, {**CASE, "limit": {"value": 2, "unit": "years"}}])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == ("cases[1].limit.unit must be one of minutes, hours, days, weeks, months, working_days\n")


def test_it_needs_no_database(tmp_path: Path) -> None:
    settings = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "INSTANCE_PATH": str(tmp_path)}
    found = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "deadline"],
        input=json.dumps(ELAPSED),
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(found.stdout)["due_at"] == "2026-09-30T18:30:00+08:00"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, {"used_seconds": None, "remaining_seconds": None, "breached": False}, id="no present"),
        pytest.param(
            {"now": "2026-10-02T10:00:00+08:00"},
            {"used_seconds": 7200, "remaining_seconds": 0, "breached": False, "late_seconds": 0},
            id="at the due moment",
        ),
        pytest.param(
            {"now": "2026-10-02T10:00:01+08:00"},
            {"used_seconds": 7201, "remaining_seconds": 0, "breached": True, "late_seconds": 1},
            id="a second after it",
        ),
        pytest.param(
            {"now": "2026-10-02T11:00:00+08:00", "done_at": "2026-09-30T17:00:00+08:00"},
            {"used_seconds": 1800, "remaining_seconds": 5400, "breached": False},
            id="done before now",
        ),
        pytest.param(
            {"now": "2026-09-30T08:00:00+08:00"},
            {"used_seconds": 0, "remaining_seconds": 7200},
            id="now before the start",
        ),
        pytest.param(
            {"done_at": "2026-10-02T15:00:00.999+08:00"},
            {"late_seconds": 2 * 3600 + 1800, "breached": True},
            id="late on the clock of the case",
        ),
        pytest.param(
            {"pauses": [{"from": "2026-10-02T09:30:00+08:00"}], "offsets": [{"value": 1, "unit": "days"}]},
            {"due_at": None, "offsets_at": [None], "paused_seconds": 0, "breached": False},
            id="a pause goes on",
        ),
        pytest.param(
            {"pauses": [{"from": "2026-10-02T09:30:00+08:00", "to": None}], "now": "2026-10-02T10:30:00+08:00"},
            {"due_at": None, "paused_seconds": 3600, "used_seconds": 5400, "remaining_seconds": 1800},
            id="a pause goes on until now",
        ),
        pytest.param(
            {"pauses": [{"from": "2026-10-02T09:30:00+08:00"}], "done_at": "2026-10-02T10:30:00+08:00"},
            {"due_at": "2026-10-02T11:00:00+08:00", "paused_seconds": 3600, "used_seconds": 5400},
            id="what is done ends the pause",
        ),
        pytest.param(
            {"pauses": [{"from": "2026-10-02T10:00:00+08:00"}], "now": "2026-10-02T10:30:00+08:00"},
            {"due_at": "2026-10-02T10:00:00+08:00", "paused_seconds": 0, "used_seconds": 7200, "late_seconds": 1800},
            id="a pause from the due moment on",
        ),
        pytest.param(
            {"limit": {"value": 1, "unit": "days"}, "now": "2026-09-30T17:00:00+08:00"},
            {"due_at": "2026-10-01T16:30:00+08:00", "used_seconds": 1800, "remaining_seconds": 1800},
            id="a day that ends on a holiday",
        ),
        pytest.param({"limit": {"value": 1.5, "unit": "minutes"}}, {"due_at": "2026-09-30T16:31:30+08:00"}, id="1.5"),
        pytest.param(
            {"limit": {"value": 2.0, "unit": "working_days"}}, {"due_at": "2026-10-05T16:30:00+08:00"}, id="2.0"
        ),
        pytest.param(
            {"limit": {"value": 0, "unit": "minutes"}}, {"due_at": "2026-09-30T16:30:00+08:00", "trace": []}, id="0"
        ),
        pytest.param(
            {"offsets": [{"value": -1, "unit": "working_days"}, {"value": 3.5, "unit": "hours"}]},
            {"offsets_at": ["2026-09-30T10:00:00+08:00", "2026-10-02T16:00:00+08:00"]},
            id="offsets",
        ),
    ],
)
def test_what_is_told_of_a_case(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    found = answered(**changes)
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"start": "2026-10-09T17:00:00+08:00"},
            ["counted", "closed: night", "make-up working day 2026-10-10 (mon)"],
            id="make-up day",
        ),
        pytest.param({"limit": {"value": 2, "unit": "days"}}, ["day 1 of 2", "day 2 of 2"], id="days"),
        pytest.param(
            {"limit": {"value": 1, "unit": "working_days"}},
            ["holiday 2026-10-01", "working day 1 of 1"],
            id="working days",
        ),
        pytest.param(
            {"limit": {"value": 1, "unit": "weeks"}, "pauses": [{"from": CASE["start"], "to": CASE["start"]}]},
            ["week 1 of 1"],
            id="weeks",
        ),
        pytest.param(
            {"pauses": [{"from": "2026-09-30T17:00:00+08:00"}], "now": "2026-10-02T10:30:00+08:00"},
            ["counted", "pause"],
            id="pause",
        ),
    ],
)
def test_the_trace_says_why_in_english(changes: dict[str, Any], expected: list[str]) -> None:
    assert [each["why"] for each in answered(**changes)["trace"]] == expected


def test_working_days_are_the_weekdays_with_windows_or_monday_to_friday() -> None:
    saturday = {"calendar": {"windows": {"sat": [["09:00", "24:00"]], "mon": []}}}
    limit = {"limit": {"value": 1, "unit": "working_days"}}
    assert answered(**saturday, **limit)["due_at"] == "2026-10-03T16:30:00+08:00"
    plain = {"clock": "elapsed", "calendar": {"holidays": ["2026-10-01"]}}
    assert answered(**plain, **limit)["due_at"] == "2026-10-02T16:30:00+08:00"


def changed(path: str, value: Any) -> dict[str, Any]:
    """The case, with pauses and offsets, and the value at that place of it."""
    found: dict[str, Any] = deepcopy(CASE) | {"pauses": [{"from": CASE["start"], "to": CASE["start"]}]}
    found |= {"offsets": [{"value": 1, "unit": "hours"}]}
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place: Any = reduce(getitem, way, found)  # type: ignore[arg-type]  # of mappings and lists alike
    place[last] = value
    return found


MALFORMED = [
    ("time_zone", "Asia/Nowhere", "time_zone is not a time zone"),
    ("time_zone", "../etc/passwd", "time_zone is not a time zone"),
    ("time_zone", None, "time_zone is missing"),
    ("time_zone", 8, "time_zone is not a time zone"),
    ("clock", "business", "clock must be one of elapsed, service"),
    ("clock", ["service"], "clock must be one of elapsed, service"),
    ("start", "2026-09-30T16:30:00", "start has no offset"),
    ("start", "30.9.2026", "start is not a moment"),
    ("start", 1790000000, "start is not a moment"),
    ("limit", 2, "limit is not an object"),
    ("limit", {"unit": "hours"}, "limit.value is missing"),
    ("limit.value", True, "limit.value is not a number"),
    ("limit.value", "2", "limit.value is not a number"),
    ("limit.value", -1, "limit.value is negative"),
    ("limit.value", 0.001, "limit.value does not come to whole seconds"),
    ("limit.value", 1e99, "limit.value is too large"),
    ("limit.value", 10**11, "limit.value is too large"),
    ("limit", {"value": 1.5, "unit": "days"}, "limit.value does not come to a whole number of days"),
    ("limit.unit", "at_once", "limit.unit must be one of minutes, hours"),
    ("limit.units", "hours", "limit.units is not a key here; there are: unit, value"),
    ("speed", 1, "speed is not a key here; there are: calendar, clock, done_at"),
    ("calendar", None, "calendar is needed for the service clock"),
    ("calendar", [], "calendar is not an object"),
    ("calendar.zone", "x", "calendar.zone is not a key here"),
    ("calendar.windows", {}, "calendar.windows has no window"),
    ("calendar.windows.monday", [], "calendar.windows.monday is not a key here"),
    ("calendar.windows.mon", "09:00-12:00", "calendar.windows.mon is not an array"),
    ("calendar.windows.mon.1", ["09:00"], "calendar.windows.mon[1] is not a window"),
    ("calendar.windows.mon.0", ["09:00", "09:00"], "calendar.windows.mon[0] cannot be 09:00 to 09:00"),
    ("calendar.windows.mon.0", ["9", "17:00"], "calendar.windows.mon[0] cannot be 9 to 17:00"),
    ("calendar.holidays", {}, "calendar.holidays is not an array"),
    ("calendar.holidays.0", "2026-02-30", "calendar.holidays[0] is not a date"),
    ("calendar.holidays.0", "20261001", "calendar.holidays[0] is not a date"),
    ("calendar.extra_workdays", ["2026-10-10"], "calendar.extra_workdays is not an object"),
    ("calendar.extra_workdays.2026-10-10", "monday", "calendar.extra_workdays.2026-10-10 must be one of mon"),
    ("calendar.extra_workdays.soon", "mon", "calendar.extra_workdays.soon is not a date"),
    ("pauses", {}, "pauses is not an array"),
    ("pauses.0", {"to": "2026-10-01T00:00:00Z"}, "pauses[0].from is missing"),
    ("pauses.0.to", "2026-09-30T16:29:59+08:00", "pauses[0].to lies before"),
    ("offsets.0.unit", "hour", "offsets[0].unit must be one of"),
    ("offsets.0.value", 1e-30, "offsets[0].value does not come to whole seconds"),
    ("done_at", "yesterday", "done_at is not a moment"),
    ("now", "2026-10-01", "now has no offset"),
]


# A number of very few digits may stand for one of very many.
@pytest.mark.parametrize("number", ["1E-9999999999", "1.0E-9999999999", "-1e-999999999"])
def test_a_number_that_is_all_zeros_is_refused_at_once(number: str) -> None:
    with pytest.raises(Malformed, match=r"limit\.value"):
        cases(json.dumps(CASE).replace('"value": 2', f'"value": {number}').encode())


@pytest.mark.parametrize("number", ["0E+9999999999", "0e-9999999999", "-0.0"])
def test_nought_is_nought_however_it_is_written(number: str) -> None:
    found = cases(json.dumps(CASE).replace('"value": 2', f'"value": {number}').encode())
    assert isinstance(found, Case)
    assert found.limit[0] == 0


@pytest.mark.parametrize(("path", "value", "sentence"), MALFORMED, ids=lambda each: str(each)[:40])
def test_what_is_malformed_is_named(path: str, value: Any, sentence: str) -> None:
    with pytest.raises(Malformed) as raised:
        cases(json.dumps(changed(path, value)).encode())
    assert str(raised.value).startswith(sentence)
    with pytest.raises(Malformed) as raised:
        cases(json.dumps([CASE, CASE, changed(path, value)]).encode())
    assert str(raised.value).startswith(f"cases[2].{sentence}")


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (b"", "The input is not JSON: Expecting value at line 1, column 1"),
        (b'{"start": ', "The input is not JSON"),
        (b"[" * 100_000, "The input is not a case: it is nested too deeply"),
        (b"\xff\xfe", "The input is not JSON: it is not in UTF-8"),
        (b'{"limit": NaN}', "The input is not JSON: NaN is no number"),
        (b"9" * 5000, "The input is not JSON: it holds a number of too many digits"),
        (b'{"limit": 1e-99999999999999999999}', "The input is not JSON: it holds a number of too many digits"),
        (b"7", "The input must be an object"),
        (b"null", "The input must be an object"),
        (b"[[]]", "cases[0] is not an object"),
        (b'{"clock": "service", "clock": "elapsed"}', "clock is there twice"),
    ],
)
def test_what_is_no_case_is_told(sent: bytes, sentence: str) -> None:
    with pytest.raises(Malformed) as raised:
        cases(sent)
    assert str(raised.value).startswith(sentence)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"limit": {"value": 9_999_999_999, "unit": "hours"}}, "limit: The service clock does not run so long"),
        ({"limit": {"value": 9_999_999_999, "unit": "days"}}, "limit: The date would lie past the year 9999"),
        ({"limit": {"value": 120_000, "unit": "months"}}, "limit: The date would lie past the year 9999"),
        ({"offsets": [{"value": -120_000, "unit": "months"}]}, "offsets[0]: "),
        ({"now": "9000-01-01T00:00:00Z"}, "now: The service clock does not run so long"),
        ({"clock": "elapsed", "start": "9999-12-31T23:59:59Z"}, "limit: The date would lie past the year 9999"),
        ({"clock": "elapsed", "start": "9999-12-31T20:00:00Z"}, "start: "),
        ({"start": "0001-01-01T00:00:00+14:00"}, ""),
    ],
)
def test_what_leads_out_of_the_calendar_is_told(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Malformed) as raised:
        answered(**changes)
    assert str(raised.value).startswith(sentence)


@pytest.mark.parametrize(
    "changes", [{"limit": {"value": 1, "unit": "working_days"}}, {"offsets": [{"value": 1, "unit": "working_days"}]}]
)
def test_working_days_need_a_calendar(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match=r"^calendar is needed for working days"):
        cases(json.dumps({**ELAPSED, **changes}).encode())
