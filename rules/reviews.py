"""Which reviews are owed and when: a day's records by the supervisor, a week's by the manager (S3 第6篇 4.3, 4.9).

The clauses name the day and the Monday; that the sign-off is late after the end of the next day, or of that Monday, and
how far back one is still owed, is ours.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from models.account import Role
from models.review import ReviewKind
from rules.durations import end_of_day

SOURCES: Mapping[ReviewKind, str] = {ReviewKind.DAILY: "S3 第6篇 4.3", ReviewKind.WEEKLY: "S3 第6篇 4.9"}
SIGNERS: Mapping[ReviewKind, Role] = {ReviewKind.DAILY: Role.SUPERVISOR, ReviewKind.WEEKLY: Role.MANAGER}
# Who hears of one that is late: whoever stands above the one who owes it.
SUPERIORS: Mapping[ReviewKind, Role] = {ReviewKind.DAILY: Role.MANAGER, ReviewKind.WEEKLY: Role.HQ}
_LENGTH: Mapping[ReviewKind, timedelta] = {ReviewKind.DAILY: timedelta(days=1), ReviewKind.WEEKLY: timedelta(weeks=1)}
_LOOKED_BACK: Mapping[ReviewKind, int] = {ReviewKind.DAILY: 30, ReviewKind.WEEKLY: 8}


@dataclass(frozen=True, slots=True)
class Period:
    """What a review is of: the records from `starts_at` until before `ends_at`; to be signed from then until `due_at`.

    `on` is the day, or the Monday of the week; the moments are UTC.
    """

    kind: ReviewKind
    on: date
    starts_at: datetime
    ends_at: datetime
    due_at: datetime

    @property
    def last_on(self) -> date:
        """The last day that belongs to it."""
        return self.on + _LENGTH[self.kind] - timedelta(days=1)


def period(kind: ReviewKind, on: date, zone: tzinfo) -> Period | None:
    """The day, or the week that begins on that Monday; None for a week that would begin on another day."""
    if kind is ReviewKind.WEEKLY and on.weekday():
        return None
    starts_at, ends_at = _midnight(on, zone), _midnight(on + _LENGTH[kind], zone)
    return Period(kind, on, starts_at, ends_at, end_of_day(ends_at, zone))


def periods(kind: ReviewKind, first_on: date, now: datetime, zone: tzinfo) -> Iterator[Period]:
    """Those that are over and not too long ago, from the one of the estate's first ticket on, oldest first."""
    today = now.astimezone(zone).date()
    on = max(_start(kind, first_on), _start(kind, today) - _LOOKED_BACK[kind] * _LENGTH[kind])
    while (found := period(kind, on, zone)) is not None and found.ends_at <= now:
        yield found
        on += _LENGTH[kind]


def may_sign(kind: ReviewKind, roles: Collection[Role], estates: Collection[int], estate_id: int) -> bool:
    """Whether somebody with those roles, who serves those estates, signs the reviews of this one."""
    return SIGNERS[kind] in roles and estate_id in estates


def earliest_on(now: datetime) -> date:
    """A day before which no review of any kind is owed, in whatever zone."""
    longest = max(_LOOKED_BACK[kind] * length for kind, length in _LENGTH.items())
    return now.date() - longest - timedelta(days=8)


def _start(kind: ReviewKind, day: date) -> date:
    return day if kind is ReviewKind.DAILY else day - timedelta(days=day.weekday())


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
