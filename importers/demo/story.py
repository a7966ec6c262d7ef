"""Eighteen months of service in all estates, and what is open today: made up without a database."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from random import Random

from importers.demo.calls import Call, Resolved, call, first_calls
from importers.demo.cases import add_cases
from importers.demo.courses import Deed, course, given_up, mistaken, second_round
from importers.demo.dice import dice, in_daytime, minutes
from importers.demo.lives import Life, lived
from importers.demo.open_cases import open_cases
from importers.demo.register import Site
from importers.demo.reports import DAYS, Report, daily_reports, first_day
from importers.demo.texts import phrase
from rules.transitions import Action

_LATE = {"E1": 0.17, "E2": 0.24, "E3": 0.13}  # so many tickets go badly at first, and fewer as time goes by
_LATE_GAIN = 0.07
_LATE_AGAIN = 0.15
_VOID, _GIVEN_UP, _RELAPSE = 0.010, 0.022, 0.012
_RELIEF = 0.06  # a second round satisfies more often


@dataclass(frozen=True, slots=True)
class Draft:
    """A report and what is done with it at first; `resolved` is None when it ends in another way."""

    report: Report
    deeds: Sequence[Deed]
    resolved: Resolved | None


def story(sites: Iterable[Site], today: date, now: datetime, scale: float) -> list[Life]:
    """Every ticket, estate by estate in the order of opening."""
    lives: list[Life] = []
    for site in sites:
        reports = daily_reports(site, today, now, dice(today, site.code, "reports"), scale)
        drafts = [
            _draft(report, dice(today, site.code, "course", number), today) for number, report in _counted(reports)
        ]
        found = [*_played(drafts, site, today, now), *open_cases(site, today, now)]
        in_order = sorted(found, key=lambda life: life.report.opened_at)
        for number, life in enumerate(in_order):
            life.kept = add_cases(life, dice(today, site.code, "case", number), now)
        lives += in_order
    return lives


def _counted(reports: Iterable[Report]) -> Iterator[tuple[int, Report]]:
    return enumerate(sorted(reports, key=lambda report: report.opened_at))


def _draft(report: Report, random: Random, today: date) -> Draft:
    passed = (report.opened_at.date() - first_day(today)).days / DAYS
    is_late = random.random() < _LATE[report.site.code] - _LATE_GAIN * passed
    fate = random.random()
    if fate < _VOID:
        return Draft(report, mistaken(report, random), None)
    if fate < _GIVEN_UP:
        return Draft(report, given_up(report, random), None)
    deeds = course(report, random, is_late=is_late)
    resolved_at = next(deed.at for deed in deeds if deed.action is Action.RESOLVE)
    return Draft(report, deeds, Resolved(report, resolved_at, is_late))


def _played(drafts: Sequence[Draft], site: Site, today: date, now: datetime) -> Iterator[Life]:
    """The drafts with their callbacks and what follows from these."""
    resolved = {number: draft.resolved for number, draft in enumerate(drafts) if draft.resolved is not None}
    done = {number: each for number, each in resolved.items() if each.resolved_at <= now}
    calls = first_calls(done, today)
    for number, draft in enumerate(drafts):
        ending: list[Deed] = []
        heard: list[Call] = []
        if number in done:
            random = dice(today, site.code, "ending", number)
            ending, heard = _ending(done[number], calls.get(number), random, today)
        yield lived(draft.report, [*draft.deeds, *ending], heard, now)


def _ending(
    resolved: Resolved, heard: Call | None, random: Random, today: date, number: int = 0
) -> tuple[list[Deed], list[Call]]:
    """What follows a resolution: the callback, which has that number, then a new round or the closing."""
    calls = [heard] if heard is not None else []
    reopening = _reopening(resolved, heard, number, random)
    if reopening is None:
        return [_closing(resolved, heard, random)], calls
    is_late = random.random() < _LATE_AGAIN
    deeds = second_round(resolved.report, reopening.at, random, is_late=is_late)
    again = Resolved(resolved.report, next(deed.at for deed in deeds if deed.action is Action.RESOLVE), is_late)
    ending, more = _ending(
        again, call(again, random, today, random.random() - _RELIEF), random, today, number + len(calls)
    )
    return [reopening, *deeds, *ending], [*calls, *more]


def _reopening(resolved: Resolved, heard: Call | None, number: int, random: Random) -> Deed | None:
    """Because the owner was not satisfied when called, or because the trouble came back before anybody called."""
    if heard is not None:
        reopening = Deed(heard.called_at, Action.REOPEN, heard.said.get("opinion"), call=number)
        return reopening if heard.is_dissatisfied else None
    at = in_daytime(resolved.resolved_at + minutes(random, 900, 8000), resolved.report.site.zone, random)
    return Deed(at, Action.REOPEN, phrase(random, "reopen")) if random.random() < _RELAPSE else None


def _closing(resolved: Resolved, heard: Call | None, random: Random) -> Deed:
    after = heard.called_at if heard is not None else resolved.resolved_at + minutes(random, 1000, 8000)
    at = in_daytime(after + minutes(random, 20, 400), resolved.report.site.zone, random)
    return Deed(at, Action.CLOSE, phrase(random, "close"))
