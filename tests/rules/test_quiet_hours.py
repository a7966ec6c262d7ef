from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from models.ticket import Severity, TicketKind
from rules.quiet_hours import is_urgent, quiet_until

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-03-04 21:59:59", None),
        ("2026-03-04 22:00:00", "2026-03-05 07:00:00"),
        ("2026-03-04 23:59:59", "2026-03-05 07:00:00"),
        ("2026-03-05 00:00:00", "2026-03-05 07:00:00"),
        ("2026-03-05 06:59:59", "2026-03-05 07:00:00"),
        ("2026-03-05 07:00:00", None),
    ],
)
def test_quiet_hours_over_midnight_last_until_their_end(moment: str, until: str | None) -> None:
    expected = local(until) if until else None
    assert quiet_until(local(moment), SHANGHAI, "22:00", "07:00") == expected


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-03-04 11:59:59", None),
        ("2026-03-04 12:00:00", "2026-03-04 14:00:00"),
        ("2026-03-04 13:59:59", "2026-03-04 14:00:00"),
        ("2026-03-04 14:00:00", None),
    ],
)
def test_quiet_hours_within_a_day(moment: str, until: str | None) -> None:
    expected = local(until) if until else None
    assert quiet_until(local(moment), SHANGHAI, "12:00", "14:00") == expected


def test_quiet_hours_are_those_of_the_zone() -> None:
    in_london = local("2026-03-04 23:00:00").astimezone(ZoneInfo("Europe/London"))
    assert quiet_until(in_london, SHANGHAI, "22:00", "07:00") == local("2026-03-05 07:00:00")
    assert quiet_until(in_london, ZoneInfo("Europe/London"), "22:00", "07:00") is None


@pytest.mark.parametrize(("begins", "ends"), [(None, None), ("22:00", None), (None, "07:00"), ("07:00", "07:00")])
def test_without_two_times_nothing_is_quiet(begins: str | None, ends: str | None) -> None:
    assert quiet_until(local("2026-03-04 23:00:00"), SHANGHAI, begins, ends) is None


@pytest.mark.parametrize(
    ("kind", "severity", "urgent"),
    [
        (TicketKind.REPAIR, Severity.URGENT, True),
        (TicketKind.COMPLAINT, Severity.MAJOR, True),
        (TicketKind.EMERGENCY, None, True),
        (TicketKind.FIRST_AID, None, True),
        (TicketKind.REPAIR, Severity.ORDINARY, False),
        (TicketKind.COMPLAINT, Severity.IMPORTANT, False),
        (TicketKind.CONSULTATION, None, False),
        (None, None, False),
    ],
)
def test_only_what_is_urgent_or_major_is_not_held_back(
    kind: TicketKind | None, severity: Severity | None, urgent: bool
) -> None:
    assert is_urgent(kind, severity) is urgent
