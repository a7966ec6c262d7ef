"""Calendars, moments and pauses for the tests of clocks, written shortly, and drawn at random by hypothesis."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from models.milestone import LimitUnit
from rules.clocks import Calendar, Pause
from rules.windows import window

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
ELAPSED_UNITS = (LimitUnit.MINUTES, LimitUnit.HOURS)
DAY_UNITS = (LimitUnit.DAYS, LimitUnit.WEEKS, LimitUnit.MONTHS, LimitUnit.WORKING_DAYS)


def local(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """The moment of a local time such as "2026-10-01 09:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def told(moment: datetime | None, zone: ZoneInfo = SHANGHAI) -> str | None:
    """The moment as local time such as "2026-10-01 09:00"; seconds only where there are some."""
    return None if moment is None else moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00")


def pause(first: str, last: str | None = None) -> Pause:
    """A pause between local times; one without an end goes on."""
    return Pause(local(first), None if last is None else local(last))


def hours(*windows: str, days: tuple[int, ...] = (0, 1, 2, 3, 4), zone: ZoneInfo = SHANGHAI) -> Calendar:
    """A calendar of windows such as "09:00-12:00" on the weekdays, Monday to Friday unless said otherwise."""
    found = tuple(window(*each.split("-")) for each in windows)
    return Calendar(zone, dict.fromkeys(days, found))


ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]).map(ZoneInfo)
FIRST = datetime(2026, 2, 25, tzinfo=UTC)  # from here on 300 days: with both changes of summer time
STARTS = st.integers(0, 300 * 86_400).map(lambda second: FIRST + timedelta(seconds=second))
_DAYS = st.integers(0, 320).map(lambda number: date(2026, 2, 20) + timedelta(days=number))
_WINDOW = st.tuples(st.integers(0, 95), st.integers(1, 96)).map(lambda drawn: (900 * drawn[0], 900 * sum(drawn)))
_WINDOWS = st.dictionaries(st.integers(0, 6), st.lists(_WINDOW, min_size=1, max_size=3).map(tuple), min_size=1)
CALENDARS = st.builds(
    Calendar,
    ZONES,
    _WINDOWS,
    st.dictionaries(_DAYS, st.just("holiday"), max_size=20),
    st.dictionaries(_DAYS, st.integers(0, 6), max_size=5),
)
ALWAYS_OPEN = st.builds(Calendar, ZONES, st.sampled_from([None, dict.fromkeys(range(7), ((0, 86_400),))]))


def pauses_around(start: datetime, most: int = 5) -> st.SearchStrategy[list[Pause]]:
    """Up to so many pauses from a day before the start to two weeks after it; some without length, some overlap."""
    edge, length = st.integers(-86_400, 14 * 86_400), st.integers(0, 3 * 86_400)
    return st.lists(st.tuples(edge, length).map(lambda drawn: _pause(start, *drawn)), max_size=most)


def _pause(start: datetime, after: int, length: int) -> Pause:
    first = start + timedelta(seconds=after)
    return Pause(first, first + timedelta(seconds=length))


PAUSED_STARTS = STARTS.flatmap(lambda start: st.tuples(st.just(start), pauses_around(start)))
MINUTES = st.integers(0, 6 * 24 * 60)
