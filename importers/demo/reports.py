"""What the owners of an estate bring day by day: when, about what, by which channel."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from importers.demo.dice import minutes
from importers.demo.register import Home, Site
from importers.demo.texts import Matter, matters, phrase
from models.ticket import Channel, Severity, TicketKind, Validity

DAYS = 548  # eighteen months

_A_DAY = {"E1": 2.82, "E2": 2.36, "E3": 1.53}
_WEEKDAYS = (1.15, 1.05, 1.0, 1.0, 1.0, 0.95, 0.85)
_SUMMER = {6: 1.1, 7: 1.2, 8: 1.15}
_HOURS = {7: 4, 8: 9, 9: 12, 10: 10, 11: 7, 12: 4, 13: 4, 14: 7, 15: 7, 16: 6, 17: 6, 18: 7, 19: 7, 20: 5, 21: 3, 23: 1}
_VALIDITY = {Validity.VALID: 80, Validity.INVALID: 12, Validity.OUTSIDE_REMIT: 8}
_SEEN_ON_PATROL = {TicketKind.REPAIR, TicketKind.EMERGENCY}
_CHANNELS = {Channel.PHONE: 62, Channel.VISIT: 24, Channel.WEB: 14}


@dataclass(frozen=True, slots=True)
class Report:
    """A matter as it came in; `reclassified_at` is set where it was taken for less at first."""

    site: Site
    home: Home
    matter: Matter
    opened_at: datetime
    channel: Channel
    subject: str
    description: str
    validity: Validity | None = None
    appointment_at: datetime | None = None
    owner_deadline_at: datetime | None = None
    promised_reply_at: datetime | None = None
    is_under_warranty: bool = False
    has_harm: bool = False
    first_severity: Severity | None = None
    reclassified_at: datetime | None = None

    @property
    def is_complaint(self) -> bool:
        return self.matter.kind is TicketKind.COMPLAINT

    @property
    def has_owner(self) -> bool:
        """Whether an owner brought it: what is seen on patrol is brought by staff."""
        return self.channel is not Channel.PATROL

    @property
    def about(self) -> tuple[str, str]:
        """What phrases may be about: the kind where it says more than the category, and the other way round."""
        said = (self.matter.category.value, self.matter.kind.value)
        is_fault = self.matter.kind in {TicketKind.REPAIR, TicketKind.COMPLAINT, TicketKind.EMERGENCY}
        return said if is_fault else (said[1], said[0])


def first_day(today: date) -> date:
    """The day on which the demo begins."""
    return today - timedelta(days=DAYS)


def daily_reports(site: Site, today: date, now: datetime, random: Random, scale: float) -> Iterator[Report]:
    """Everything brought since the first day until now, a fraction of it if `scale` says so."""
    for number in range(DAYS + 1):
        day = first_day(today) + timedelta(days=number)
        wanted = _A_DAY[site.code] * _WEEKDAYS[day.weekday()] * _SUMMER.get(day.month, 1.0) * scale
        made = [_report(site, day, today, random) for _ in range(int(wanted + random.random()))]
        yield from (report for report in made if report.opened_at <= now)


def _report(site: Site, day: date, today: date, random: Random) -> Report:
    matter = random.choices(matters(), [each.weight for each in matters()])[0]
    hour = random.choices(list(_HOURS), list(_HOURS.values()))[0]
    opened_at = datetime.combine(day, time(hour), site.zone).astimezone(UTC) + minutes(random, 0, 60)
    return report(site, matter, opened_at, random, is_fresh=(today - day).days < 2)


def report(
    site: Site,
    matter: Matter,
    opened_at: datetime,
    random: Random,
    *,
    is_fresh: bool = False,
) -> Report:
    """That matter brought by somebody of the estate; a fresh one is not judged yet."""
    home = random.choice(site.homes)
    channel = random.choices(list(_CHANNELS), list(_CHANNELS.values()))[0]
    if matter.kind in _SEEN_ON_PATROL and not matter.is_of_unit and random.random() < 0.25:
        channel = Channel.PATROL
    words = {
        "building": home.block.code,
        "entrance": home.entrance,
        "floor": home.floor,
        "unit": home.code,
        "count": random.randint(2, 5),
        "when": phrase(random, "when"),
    }
    tail = phrase(random, "opening_tail") if channel is not Channel.PATROL else None
    is_minor = matter.severity is Severity.MINOR
    is_reclassified = matter.severity is Severity.IMPORTANT and not is_fresh and random.random() < 0.12
    return Report(
        site,
        home,
        matter,
        opened_at,
        channel,
        subject=matter.subject,
        description=matter.description.format(**words) + (tail or ""),
        validity=None if is_fresh or matter.kind is not TicketKind.COMPLAINT else _validity(random, matter),
        appointment_at=_appointment(site, matter, opened_at, random),
        owner_deadline_at=_evening(site, opened_at, random.randint(1, 4)) if is_minor and _happens(random, 6) else None,
        promised_reply_at=_promise(site, matter, opened_at, random),
        is_under_warranty=matter.kind is TicketKind.REPAIR and _happens(random, 18),
        has_harm=matter.kind is TicketKind.COMPLAINT and not is_minor and _happens(random, 15),
        first_severity=Severity.MINOR if is_reclassified else None,
        reclassified_at=opened_at + minutes(random, 10, 45) if is_reclassified else None,
    )


def _happens(random: Random, percent: float) -> bool:
    return random.random() * 100 < percent


def _validity(random: Random, matter: Matter) -> Validity:
    if matter.severity is Severity.MAJOR:
        return Validity.VALID
    return random.choices(list(_VALIDITY), list(_VALIDITY.values()))[0]


def _appointment(site: Site, matter: Matter, opened_at: datetime, random: Random) -> datetime | None:
    """Of an ordinary repair inside the unit: an hour or more later, on a half hour of the working day."""
    if matter.severity is not Severity.ORDINARY or not matter.is_of_unit:
        return None
    local = (opened_at + minutes(random, 75, 1300)).astimezone(site.zone)
    day = local.date() + timedelta(days=local.hour >= 18)
    hour = local.hour + 1 if 8 <= local.hour < 18 else random.randint(9, 11)
    return datetime.combine(day, time(hour, random.choice((0, 30))), site.zone).astimezone(UTC)


def _promise(site: Site, matter: Matter, opened_at: datetime, random: Random) -> datetime | None:
    """Of some complaints: when the owner was promised an answer."""
    if matter.kind is not TicketKind.COMPLAINT or not _happens(random, 35):
        return None
    return _evening(site, opened_at, random.randint(1, 2 if matter.severity is Severity.MINOR else 4))


def _evening(site: Site, opened_at: datetime, days: int) -> datetime:
    day = opened_at.astimezone(site.zone).date() + timedelta(days=days)
    return datetime.combine(day, time(17, 30), site.zone).astimezone(UTC)
