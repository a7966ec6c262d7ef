from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Date, Integer, Numeric, String, Text

from models.base import UtcDateTime, choice
from models.faults import Fault
from models.fields import ClockTime, Code, Domain, Email, IdNumber, Phone, parse
from models.ownership import OwnershipRole

DOMAINS: list[Callable[[], Domain]] = [ClockTime, Phone, IdNumber, Code, Email]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800010001", "13800010001"),
        (" 138 0001 0001 ", "13800010001"),
        ("138-0001-0001", "13800010001"),
        ("１３８０００１０００１", "13800010001"),
        ("+86 13800010001", "13800010001"),
        ("008613800010001", "13800010001"),
        ("010-65550101", "010-65550101"),
        ("01065550101", "010-65550101"),
        ("(0755)26550101", "0755-26550101"),
        ("0755-26550101-803", "0755-26550101-803"),
        ("+852 6123 4567", "+85261234567"),
        ("86-13800010001", "13800010001"),
        ("8613800010001", "13800010001"),
        ("+86-138-0001-0001", "13800010001"),
        ("13800010001.0", "13800010001"),
        ("'13800010001", "13800010001"),
        ('="13800010001"', "13800010001"),
        ("138\u200b0001\u00a00001", "13800010001"),
        ("138–0001–0001", "13800010001"),
        ("+86 10 6555 0101", "010-65550101"),
        ("+86-755-26550101", "0755-26550101"),
    ],
)
def test_a_phone_is_kept_in_one_form(text: str, number: str) -> None:
    assert parse(Phone(), text).value == number


@pytest.mark.parametrize(
    "text", ["1380001000", "138000100011", "12800010001", "65550101", "电话", "1٣800010001", "13800010001/13900010001"]
)
def test_what_is_no_phone_is_refused_with_its_value(text: str) -> None:
    with pytest.raises(Fault) as refused:
        parse(Phone(), text)
    assert refused.value.places["value"] == text


@pytest.mark.parametrize("kind", [Phone(), IdNumber(), Code()])
@pytest.mark.parametrize("text", ["1.38E+10", "1e+5", "６.32E+17"])
def test_scientific_notation_is_refused_as_lossy(kind: Domain, text: str) -> None:
    with pytest.raises(Fault, match="has lost digits"):
        parse(kind, text)


def test_a_code_may_look_like_a_power_of_ten() -> None:
    assert parse(Code(), "1E2").value == "1E2"


@pytest.mark.parametrize(("kind", "text"), [(Phone(), "18999999999"), (IdNumber(), "1" * 18)])
def test_known_placeholders_become_empty(kind: Domain, text: str) -> None:
    assert parse(kind, text).value is None


@pytest.mark.parametrize("text", ["11010519491231002X", "11010519491231002x", "110105 19491231 002X"])
def test_an_id_number_is_kept_without_blanks_in_upper_case(text: str) -> None:
    cleaned = parse(IdNumber(), text)
    assert (cleaned.value, list(cleaned.warnings)) == ("11010519491231002X", [])


def test_a_wrong_check_character_only_warns() -> None:
    cleaned = parse(IdNumber(), "110105194912310021")
    assert cleaned.value == "110105194912310021"
    assert [warning.places["value"] for warning in cleaned.warnings] == ["110105194912310021"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1101051949123100", "has 16 characters"),
        ("11010519491331002X", "19491331 in it is no birth date"),
        ("11010518991231002X", "18991231 in it is no birth date"),
        ("11010519490229002X", "19490229 in it is no birth date"),
        ("1101051949123100X2", "is not an ID number"),
        ("110105491231002", "of the kind with 15 digits"),
    ],
)
def test_an_id_number_of_the_wrong_form_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Fault, match=sentence):
        parse(IdNumber(), text)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Code(), " ３—2—1501 ", "3-2-1501"),
        (Email(), " lin@example.com ", "lin@example.com"),
        (Integer(), "１５", 15),
        (Integer(), "15.0", 15),
        (Integer(), "-2", -2),
        (Numeric(10, 2), "￥1,234.505", Decimal("1234.50")),
        (Numeric(10, 2), "1,234.50元", Decimal("1234.50")),
        (Numeric(10, 2), "94.56㎡", Decimal("94.56")),
        (Numeric(10, 2), "94.56 平方米", Decimal("94.56")),
        (Numeric(10, 2), "-¥12", Decimal(-12)),
        (Integer(), "1,500", 1500),
        (Integer(), "15层", 15),
        (Boolean(), "√", True),
        (Date(), "20261101", date(2026, 11, 1)),
        (Date(), "2026-11-01 00:00:00", date(2026, 11, 1)),
        (choice(OwnershipRole), " 租　客 ", OwnershipRole.TENANT),
        (String(4), "\ufeff林\u200b", "林"),
        (String(40), "O\u00a0Neil", "O Neil"),
        (Numeric(10, 2), "99999999.99", Decimal("99999999.99")),
        (Boolean(), "是", True),
        (Boolean(), "TRUE", True),
        (Boolean(), "否", False),
        (Date(), "2026年11月1日", date(2026, 11, 1)),
        (Date(), "2026/1/9", date(2026, 1, 9)),
        (choice(OwnershipRole), "租客", OwnershipRole.TENANT),
        (choice(OwnershipRole), "Co-Owner", OwnershipRole.CO_OWNER),
        (Text(), "NA", "NA"),
        (String(4), "0012", "0012"),
    ],
)
def test_a_text_becomes_a_value_of_its_column(kind: Any, text: str, value: object) -> None:
    assert parse(kind, text).value == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Code(), "3号 楼!"),
        (Code(4), "12345"),
        (Email(), "lin.example.com"),
        (Integer(), "1.5"),
        (Integer(), str(2**31)),
        (Numeric(10, 2), "1e30"),
        (Numeric(10, 2), "99999999.999"),
        (Numeric(10, 2), "NaN"),
        (Numeric(10, 2), "八十"),
        (Numeric(10, 2), "94,56"),
        (Numeric(10, 2), "1_000"),
        (Numeric(10, 2), "1.2.3"),
        (Integer(), "1,50"),
        (Integer(), "1" + ",234" * 5000),
        (Numeric(10, 2), "9" * 30_000),
        (Boolean(), "也许"),
        (Date(), "2026-02-30"),
        (Date(), "昨天"),
        (choice(OwnershipRole), "邻居"),
        (String(4), "12345"),
        (Text(), "a\x00b"),
    ],
)
def test_what_does_not_fit_its_column_is_refused(kind: Any, text: str) -> None:
    with pytest.raises(Fault):
        parse(kind, text)


@pytest.mark.parametrize("kind", [Phone(), Integer(), Date(), Text(), choice(OwnershipRole)])
def test_a_blank_text_is_no_value(kind: Any) -> None:
    assert parse(kind, " \t ").value is None


def test_a_moment_is_read_in_the_zone_of_the_estate() -> None:
    parsed = parse(UtcDateTime(), "2026-01-05 08:30", ZoneInfo("Asia/Shanghai"))
    assert parsed.value == datetime(2026, 1, 5, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        (Phone(), "13800010001", "138****0001"),
        (Phone(), "12345", "*****"),
        (IdNumber(), "11010519491231002X", "1101************2X"),
        (Email(), "lin@example.com", "l***@example.com"),
    ],
)
def test_what_is_personal_is_masked(kind: Domain, value: str, masked: str) -> None:
    assert kind.mask(value) == masked


@pytest.mark.parametrize("domain", DOMAINS)
def test_statements_over_domain_types_are_cached(domain: Callable[[], Domain]) -> None:
    assert domain().cache_ok
    assert "cache_ok" in type(domain()).__dict__


@pytest.mark.parametrize(
    ("text", "value"), [("9:00", "09:00"), ("09：30", "09:30"), ("24:00", "24:00"), ("9时05分", "09:05"), ("", None)]
)
def test_a_time_of_day_is_kept_to_the_minute(text: str, value: str | None) -> None:
    assert parse(ClockTime(), text).value == value


@pytest.mark.parametrize("text", ["24:01", "25:00", "12:60", "9", "morning", "-1:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(Fault, match="is not a time of day"):
        parse(ClockTime(), text)


@pytest.mark.parametrize(
    ("kind", "text", "is_changed"),
    [
        (Phone(), " 13800010001 ", False),
        (Phone(), "138 0001 0001", True),
        (Phone(), "18999999999", True),
        (IdNumber(), "11010519491231002x", True),
        (Code(), "３-2", True),
        (Numeric(10, 2), "94.5", False),
        (Numeric(10, 2), "94.567", True),
        (Numeric(10, 2), "94.56㎡", True),
        (Integer(), "15", False),
        (Integer(), "１５", True),
        (Date(), "2026-11-01", False),
        (Date(), "2026年11月1日", True),
        (Date(), "2026-11-01 08:30", True),
        (UtcDateTime(), "2026-11-01 08:30", False),
        (UtcDateTime(), "2026-11-01T08:30:00+08:00", False),
        (UtcDateTime(), "2026/11/1 8:30", True),
        (choice(OwnershipRole), "租客", False),
        (Boolean(), "是", False),
        (String(4), "林", False),
        (String(4), "林\u200b", True),
    ],
)
def test_what_is_written_otherwise_than_it_was_is_said(kind: Any, text: str, is_changed: bool) -> None:
    assert parse(kind, text).is_changed is is_changed


KINDS = [Phone(), IdNumber(), Code(), Email(), ClockTime(), Integer(), Numeric(10, 2), Date(), String(20), Text()]
# What people type around numbers and words, more often than chance would.
TYPED = st.text(
    st.one_of(st.sampled_from("0123456789-./:年月日￥,元㎡@+86xX 　\u200b\u00a0\ufeff’'林a"), st.characters())
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)
@given(text=TYPED)
@settings(max_examples=60, deadline=None)
def test_what_was_read_once_reads_the_same_again(kind: Any, text: str) -> None:
    first = value_of(kind, text)
    again = value_of(kind, str(first))
    assert again == first


NOTHING = ""


def value_of(kind: Any, text: str) -> Any:
    """What the text is read as; nothing where it is refused."""
    try:
        found = parse(kind, text).value
    except Fault:
        return NOTHING
    return NOTHING if found is None else found
