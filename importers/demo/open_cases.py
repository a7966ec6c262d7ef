"""What is always open, whatever the day: overdue at each level of the ladder, due today, waiting, new."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from random import Random

from importers.demo.courses import Times, told
from importers.demo.dice import dice, minutes
from importers.demo.files import lines
from importers.demo.lives import Life, lived
from importers.demo.register import Site
from importers.demo.reports import Report, report
from importers.demo.texts import Matter, matters, severity_or_none
from models.ticket import Validity
from rules.transitions import Action

_SHORTLY = timedelta(minutes=30)


def open_cases(site: Site, today: date, now: datetime) -> Iterator[Life]:
    """The cases of the file in that estate, their ages counted back from now."""
    for number, line in enumerate(lines("open_cases.csv")):
        for copy in range(int(line["copies"])):
            random = dice(today, site.code, "open", number, copy)
            found = _case(site, line, now, random)
            times = _times(found, line["deeds"].split(), now, random)
            yield lived(found, told(found, times, random), [], now)


def _case(site: Site, line: dict[str, str], now: datetime, random: Random) -> Report:
    opened_at = now - minutes(random, float(line["least_hours"]) * 60, float(line["most_hours"]) * 60)
    found = report(site, random.choice(_fitting(line)), opened_at, random, is_fresh=True)
    hours = line["appointment_hours"]
    return replace(
        found,
        validity=Validity(line["validity"]) if line["validity"] else None,
        appointment_at=opened_at + timedelta(hours=float(hours)) if hours else None,
        owner_deadline_at=None,
        promised_reply_at=None,
        has_harm=False,
    )


def _fitting(line: dict[str, str]) -> list[Matter]:
    severity = severity_or_none(line["severity"])
    wanted = line["kind"], severity, line["category"]
    return [each for each in matters() if (each.kind.value, each.severity, each.category.value) == wanted]


def _times(report: Report, actions: list[str], now: datetime, random: Random) -> Times:
    """One after the other within the first hours; a resolution shortly before now, and still today."""
    times: Times = {}
    at = report.opened_at
    for name in actions:
        at = min(at + minutes(random, 4, 14), now)
        times[Action(name)] = at
    if Action.RESOLVE in times:
        midnight = datetime.combine(now.astimezone(report.site.zone).date(), time(), report.site.zone)
        times[Action.RESOLVE] = max(now - _SHORTLY, midnight.astimezone(now.tzinfo))
    return times
