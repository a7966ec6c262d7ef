from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from models.dates import moment, possible_orders
from models.faults import Fault


@pytest.mark.parametrize(
    ("text", "order", "said"),
    [
        ("2026-11-01", None, "2026-11-01T00:00:00"),
        ("2026/1/9", None, "2026-01-09T00:00:00"),
        ("2026.11.1", None, "2026-11-01T00:00:00"),
        ("2026年11月1日", None, "2026-11-01T00:00:00"),
        ("2026年1月5日 下午3时05分", None, "2026-01-05T15:05:00"),
        ("26年1月5日", None, "2026-01-05T00:00:00"),
        ("99年1月5日", None, "1999-01-05T00:00:00"),
        ("20261101", None, "2026-11-01T00:00:00"),
        ("2026-11-01 08:30", None, "2026-11-01T08:30:00"),
        ("2026-11-01T08:30:15.250", None, "2026-11-01T08:30:15"),
        ("2026-11-01 24:00", None, "2026-11-02T00:00:00"),
        ("2026-12-31 24:00:00", None, "2027-01-01T00:00:00"),
        ("01/21/2022 01:47:00 PM", None, "2022-01-21T13:47:00"),
        ("01/21/2022 12:05 am", None, "2022-01-21T00:05:00"),
        ("25/04/2026", None, "2026-04-25T00:00:00"),
        ("04/25/2026", None, "2026-04-25T00:00:00"),
        ("3/3/2026", None, "2026-03-03T00:00:00"),
        ("03/04/2026", "dmy", "2026-04-03T00:00:00"),
        ("03/04/2026", "mdy", "2026-03-04T00:00:00"),
        ("3-4-26", "dmy", "2026-04-03T00:00:00"),
        ("3-4-26", "mdy", "2026-03-04T00:00:00"),
        ("26-3-4", "ymd", "2026-03-04T00:00:00"),
        ("2026-11-01", "dmy", "2026-11-01T00:00:00"),
        ("46000", "serial", "2025-12-09T00:00:00"),
        ("46000.5", "serial", "2025-12-09T12:00:00"),
    ],
)
def test_a_day_is_read_as_it_is_written(text: str, order: str | None, said: str) -> None:
    assert moment(text, UTC, order) == datetime.fromisoformat(said).replace(tzinfo=UTC)


def test_an_offset_counts_before_the_zone() -> None:
    assert moment("2026-11-01T08:00:00+02:00", ZoneInfo("Asia/Shanghai")) == datetime(2026, 11, 1, 6, tzinfo=UTC)


def test_a_local_time_is_that_of_the_zone() -> None:
    assert moment("2026-11-01 24:00", ZoneInfo("Asia/Shanghai")) == datetime(2026, 11, 1, 16, tzinfo=UTC)


NO_DATES = (
    "|昨天|2026-02-30|2026-11-011|46000|2026-13-01|1899-12-31|2200-01-01|31/31/2026|99999999|2026-11"
    "|2026-11-01 25:00|2026-11-01 24:01|2026-11-01 08:60|2026-11-01 abc"
)


@pytest.mark.parametrize("text", NO_DATES.split("|"))
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(Fault, match="is not a date"):
        moment(text, UTC)


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("03/04/2026", "2026-03-04", "2026-04-03"),
        ("13-4-26", "2013-04-26", "2026-04-13"),
        ("3-4-26", "2026-03-04", "2026-04-03"),
    ],
)
def test_a_day_that_may_be_two_is_not_guessed(text: str, first: str, second: str) -> None:
    with pytest.raises(Fault, match="choose in which order") as refused:
        moment(text, UTC)
    assert refused.value.places == {"value": text, "first": first, "second": second}


@pytest.mark.parametrize(("text", "order"), [("04/25/2026", "dmy"), ("25/04/2026", "mdy"), ("13-4-45", "ymd")])
def test_a_day_against_the_order_of_its_column_is_refused(text: str, order: str) -> None:
    with pytest.raises(Fault, match="does not fit the order"):
        moment(text, UTC, order)


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        ("03/04/2026", {"dmy", "mdy"}),
        ("25/04/2026", {"dmy"}),
        ("04/25/2026", {"mdy"}),
        ("3/3/2026", set()),
        ("26-4-03", {"dmy", "ymd"}),
        ("26-4-3", {"ymd"}),
        ("2026-04-03", set()),
        ("3-2-1501", set()),
        ("张三", set()),
    ],
)
def test_the_orders_that_give_a_day_are_told(text: str, orders: set[str]) -> None:
    assert possible_orders(text) == orders
