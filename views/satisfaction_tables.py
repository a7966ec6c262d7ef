"""The satisfaction summary as tables and chart, each figure with the list of the callbacks it counts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, timedelta, tzinfo
from functools import partial
from math import floor
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import url_for

from models.base import N_
from models.callback import CallbackOutcome
from models.ticket import TicketKind
from reports.satisfaction import Answer, Answers, Butler, Question, SatisfactionReport
from reports.zones import Place
from rules.months import Month
from rules.satisfaction import RATE_CLAUSE, SATISFIED, SCALE_CLAUSE, SMALL_SAMPLE, TARGET, TARGET_CLAUSE
from views.access import default_zone
from views.figures import (
    Column,
    Figure,
    Table,
    TableRow,
    name_figure,
    number_figure,
    percent,
    share_columns,
    share_figures,
    table_row,
    target_figure,
)
from views.language import translate
from views.summary_charts import Drawing, satisfaction_spec

MOST_PANELS = 6  # estates with a panel of their own in the chart; of more only all together are drawn

# The figures in the words of the list of callbacks.
_LIST_FILTERS: Mapping[Answer, Mapping[str, list[str]]] = {
    Answer.ANSWERED: {"outcome": [CallbackOutcome.REACHED.value]},
    Answer.SATISFIED: {
        "outcome": [CallbackOutcome.REACHED.value],
        "satisfaction": sorted(answer.value for answer in SATISFIED),
    },
    Answer.UNREACHABLE: {"outcome": [CallbackOutcome.UNREACHABLE.value]},
    Answer.REFUSED: {"outcome": [CallbackOutcome.REFUSED.value]},
}
_LIST_WORDS = {answer: urlencode(words, doseq=True) for answer, words in _LIST_FILTERS.items()}


class Behind(NamedTuple):
    """The list of the callbacks that a row counts, of whatever answer: the general one, or our own."""

    address: str
    is_own: bool

    def url(self, answer: Answer) -> str:
        """The list of those with that answer."""
        return f"{self.address}&{f'answer={answer.value}' if self.is_own else _LIST_WORDS[answer]}"


def lead(report: SatisfactionReport) -> str:
    """The one sentence that the page begins with."""
    share = report.total.share
    if share.rate is None or share.interval is None:
        return translate(N_("No callback was answered in these months."))
    sentence = N_(
        "%(satisfied)s of %(answered)s answers were satisfied: %(rate)s, with 95 percent confidence between "
        "%(low)s and %(high)s. The target is %(target)s."
    )
    return translate(sentence) % {
        "satisfied": share.good,
        "answered": share.total,
        "rate": percent(share.rate),
        "low": percent(share.interval.low),
        "high": percent(share.interval.high),
        "target": percent(TARGET),
    }


def notes() -> list[str]:
    """How the figures are made, with their clauses."""
    rate = N_(
        "Rate = satisfied answers ÷ answers (%(rate)s). Very and basically satisfied count as satisfied on the scale "
        "of %(scale)s (ours). Callbacks that reached nobody or were refused are not in it."
    )
    target = N_("The target is that of an excellent project and of the quarterly assessment (%(clause)s).")
    interval = N_(
        "The interval is Wilson's with 95 percent confidence; fewer than %(number)s answers are marked as a small "
        "sample (ours). A month is the callback's, in the estate's own time."
    )
    return [
        translate(rate) % {"rate": RATE_CLAUSE, "scale": SCALE_CLAUSE},
        translate(target) % {"clause": TARGET_CLAUSE},
        translate(interval) % {"number": SMALL_SAMPLE},
    ]


def tables(question: Question, report: SatisfactionReport) -> list[Table]:
    """The tables of the page, in its order."""
    links = Links(question, report)
    return [make(links, report) for make in (_by_place, _by_month, _by_kind, _by_butler)]


def chart(question: Question, report: SatisfactionReport) -> tuple[Drawing, str] | None:
    """The chart, to be drawn at a width, and what it shows in words; None when nothing was answered."""
    rows = list(_chart_rows(question, report))
    lows = [row["low"] for row in rows if row["low"] is not None]
    if not lows:
        return None
    lowest = min(floor(min(lows) * 10) / 10, 0.8)
    label = translate(N_("Satisfaction rate by month with its interval and the target; the table has the figures"))
    target = translate(N_("Target"))
    months = [str(month) for month in question.months]
    return partial(satisfaction_spec, rows, months, lowest, TARGET, target), label


def _chart_rows(question: Question, report: SatisfactionReport) -> Iterator[dict[str, Any]]:
    """A row per estate and month; one without answers has no rate, where the line breaks."""
    answered = {place for place, answers in report.by_place.items() if answers.answered}
    apart = [place for place in report.places if place in answered]
    links = Links(question, report)
    together: dict[Month, Answers] = {}
    for (month, _), answers in report.by_month.items():
        together[month] = together.get(month, Answers()) + answers
    for place in apart if len(apart) <= MOST_PANELS else [None]:
        for month in question.months:
            counted = report.by_month.get((month, place)) if place else together.get(month)
            share = (counted or Answers()).share
            yield {
                "estate": place.name if place else translate(N_("All estates")),
                "month": str(month),
                "rate": share.rate,
                "low": share.interval and share.interval.low,
                "high": share.interval and share.interval.high,
                "small": share.is_small,
                "url": links.to(month, place).url(Answer.ANSWERED),
            }


class Links:
    """Where the callbacks counted are listed: in the general list where its filters can say which, else in our own."""

    def __init__(self, question: Question, report: SatisfactionReport) -> None:
        self.question = question
        self.zones = {place.id: place.zone for place in report.places}
        self.zone = default_zone()
        self.own, self.general = url_for("satisfaction.callbacks_view"), url_for("callbacks.index_view")
        self.spans: dict[tuple[Month, Month, tzinfo], str] = {}
        self.common = set(self.zones.values())

    def to(
        self,
        month: Month | None = None,
        place: Place | None = None,
        kind: TicketKind | None = None,
        butler: Butler | None = None,
    ) -> Behind:
        """The list of a row: of a month or all, an estate or all, a kind or a butler."""
        question = self.question
        first, last = month or question.first, month or question.last
        estate_id, kind = place.id if place else question.estate_id, kind or question.kind
        estate = "" if estate_id is None else f"estate_id={estate_id}&"
        zones = {self.zones[estate_id]} if estate_id in self.zones else self.common
        if kind is None and butler is None and len(zones) == 1:
            return Behind(f"{self.general}?{estate}{self._span(first, last, *zones)}", False)
        of_kind = f"&kind={kind.value}" if kind else ""
        of_butler = f"&butler_id={butler.id or 'none'}" if butler else ""
        return Behind(f"{self.own}?{estate}from={first}&to={last}{of_kind}{of_butler}", True)

    def _span(self, first: Month, last: Month, zone: tzinfo) -> str:
        """First and last day; as moments where the list would take the days in another time zone than the estate's."""
        key = (first, last, zone)
        if key not in self.spans:
            bounds = (first.start(zone), last.end(zone) - timedelta(seconds=1))
            begin, end = (moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for moment in bounds)
            if zone == self.zone:
                begin, end = first.first_day.isoformat(), last.last_day.isoformat()
            self.spans[key] = urlencode({"called_at.from": begin, "called_at.to": end})
        return self.spans[key]


def _by_place(links: Links, report: SatisfactionReport) -> Table:
    columns = [Column(translate(N_("Estate")), is_number=False), *_answer_columns()]
    named = [(place.name, answers, links.to(place=place)) for place, answers in report.by_place.items()]
    if len(named) > 1:
        named.append((translate(N_("All estates")), report.total, links.to()))
    rows = [_row(columns, (name,), answers, urls) for name, answers, urls in named]
    return Table("estates", translate(N_("By estate")), "", columns, rows)


def _by_month(links: Links, report: SatisfactionReport) -> Table:
    columns = [
        Column(translate(N_("Month")), is_number=False),
        Column(translate(N_("Estate")), is_number=False),
        *_answer_columns(),
    ]
    latest_first = sorted(
        report.by_month.items(), key=lambda item: (-item[0][0].year, -item[0][0].number, item[0][1].name)
    )
    rows = [
        _row(columns, (str(month), place.name), answers, links.to(month, place))
        for (month, place), answers in latest_first
    ]
    return Table("months", translate(N_("By month and estate")), "", columns, rows)


def _by_kind(links: Links, report: SatisfactionReport) -> Table:
    columns = [Column(translate(N_("Ticket kind")), is_number=False), *_answer_columns()]
    rows = [
        _row(columns, (translate(kind.label),), answers, links.to(kind=kind))
        for kind, answers in report.by_kind.items()
    ]
    return Table("kinds", translate(N_("By ticket kind")), "", columns, rows)


def _by_butler(links: Links, report: SatisfactionReport) -> Table:
    columns = [Column(translate(N_("Butler")), is_number=False), *_answer_columns()]
    rows = [
        _row(columns, (butler.name or translate(N_("No butler")),), answers, links.to(butler=butler))
        for butler, answers in report.by_butler.items()
    ]
    note = translate(N_("The butler named on the ticket, as he was when it was opened."))
    return Table("butlers", translate(N_("By butler")), note, columns, rows)


def _answer_columns() -> list[Column]:
    return [
        Column(translate(N_("Answers"))),
        Column(translate(N_("Satisfied"))),
        *share_columns(translate(N_("Satisfaction rate"))),
        Column(translate(N_("Target")), is_number=False),
        Column(translate(N_("Unreachable"))),
        Column(translate(N_("Refused"))),
    ]


def _row(columns: Sequence[Column], names: tuple[str, ...], answers: Answers, rows: Behind) -> TableRow:
    return table_row(columns, (names, answers, rows), lambda: _figures(names, answers, rows))


def _figures(names: tuple[str, ...], answers: Answers, rows: Behind) -> Sequence[Figure]:
    url = {answer: rows.url(answer) for answer in Answer}
    return [
        *map(name_figure, names),
        number_figure(answers.answered, url[Answer.ANSWERED]),
        number_figure(answers.satisfied, url[Answer.SATISFIED]),
        *share_figures(answers.share, url[Answer.ANSWERED]),
        target_figure(answers.share),
        number_figure(answers.unreachable, url[Answer.UNREACHABLE]),
        number_figure(answers.refused, url[Answer.REFUSED]),
    ]
