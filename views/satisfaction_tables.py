"""The satisfaction summary as tables and chart, each figure with the list of the callbacks it counts."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, timedelta
from math import floor
from typing import Any

from flask import url_for

from models.base import N_
from models.callback import CallbackOutcome
from reports.satisfaction import Answer, Answers, Butler, Question, SatisfactionReport
from reports.zones import Place, by_zone
from rules.months import Month
from rules.satisfaction import RATE_CLAUSE, SATISFIED, SCALE_CLAUSE, SMALL_SAMPLE, TARGET, TARGET_CLAUSE
from views.access import default_zone
from views.figures import (
    Column,
    Figure,
    Table,
    name_figure,
    number_figure,
    percent,
    share_columns,
    share_figures,
    target_figure,
)
from views.language import translate
from views.summary_charts import satisfaction_spec

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
    return [
        _by_place(question, report),
        _by_month(question, report),
        _by_kind(question, report),
        _by_butler(question, report),
    ]


def chart(question: Question, report: SatisfactionReport) -> tuple[dict[str, Any], str] | None:
    """The spec of the chart and what it shows in words; None when nothing was answered."""
    rows = list(_chart_rows(question, report))
    lows = [row["low"] for row in rows if row["low"] is not None]
    if not lows:
        return None
    lowest = min(floor(min(lows) * 10) / 10, 0.8)
    label = translate(N_("Satisfaction rate by month with its interval and the target; the table has the figures"))
    target = translate(N_("Target"))
    months = [str(month) for month in question.months]
    return satisfaction_spec(rows, months, lowest, TARGET, target), label


def _chart_rows(question: Question, report: SatisfactionReport) -> Iterator[dict[str, Any]]:
    """A row per estate and month; one without answers has no rate, where the line breaks."""
    answered = {place for place, answers in report.by_place.items() if answers.answered}
    apart = [place for place in report.places if place in answered]
    for place in apart if len(apart) <= MOST_PANELS else [None]:
        for month in question.months:
            share = _of_month(report, month, place).share
            yield {
                "estate": place.name if place else translate(N_("All estates")),
                "month": str(month),
                "rate": share.rate,
                "low": share.interval and share.interval.low,
                "high": share.interval and share.interval.high,
                "small": share.is_small,
                "url": callbacks_url(_narrowed(question, month, place), report, Answer.ANSWERED),
            }


def _of_month(report: SatisfactionReport, month: Month, place: Place | None) -> Answers:
    if place is not None:
        return report.by_month.get((month, place), Answers())
    return sum((answers for (each, _), answers in report.by_month.items() if each == month), Answers())


def _by_place(question: Question, report: SatisfactionReport) -> Table:
    rows = [
        [name_figure(place.name), *_answer_figures(_narrowed(question, None, place), report, answers)]
        for place, answers in report.by_place.items()
    ]
    if len(rows) > 1:
        every = name_figure(translate(N_("All estates")))
        rows.append([every, *_answer_figures(question, report, report.total)])
    columns = [Column(translate(N_("Estate")), is_number=False), *_answer_columns()]
    return Table("estates", translate(N_("By estate")), "", columns, rows)


def _by_month(question: Question, report: SatisfactionReport) -> Table:
    rows = [
        [
            name_figure(str(month)),
            name_figure(place.name),
            *_answer_figures(_narrowed(question, month, place), report, answers),
        ]
        for (month, place), answers in sorted(
            report.by_month.items(), key=lambda item: (-item[0][0].year, -item[0][0].number, item[0][1].name)
        )
    ]
    columns = [
        Column(translate(N_("Month")), is_number=False),
        Column(translate(N_("Estate")), is_number=False),
        *_answer_columns(),
    ]
    return Table("months", translate(N_("By month and estate")), "", columns, rows)


def _by_kind(question: Question, report: SatisfactionReport) -> Table:
    rows = [
        [name_figure(translate(kind.label)), *_answer_figures(replace(question, kind=kind), report, answers)]
        for kind, answers in report.by_kind.items()
    ]
    columns = [Column(translate(N_("Ticket kind")), is_number=False), *_answer_columns()]
    return Table("kinds", translate(N_("By ticket kind")), "", columns, rows)


def _by_butler(question: Question, report: SatisfactionReport) -> Table:
    rows = [
        [
            name_figure(butler.name or translate(N_("No butler"))),
            *_answer_figures(question, report, answers, butler),
        ]
        for butler, answers in report.by_butler.items()
    ]
    note = translate(N_("The butler named on the ticket, as he was when it was opened."))
    columns = [Column(translate(N_("Butler")), is_number=False), *_answer_columns()]
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


def _answer_figures(
    question: Question, report: SatisfactionReport, answers: Answers, butler: Butler | None = None
) -> list[Figure]:
    url = {answer: callbacks_url(question, report, answer, butler) for answer in Answer}
    return [
        number_figure(answers.answered, url[Answer.ANSWERED]),
        number_figure(answers.satisfied, url[Answer.SATISFIED]),
        *share_figures(answers.share, url[Answer.ANSWERED]),
        target_figure(answers.share),
        number_figure(answers.unreachable, url[Answer.UNREACHABLE]),
        number_figure(answers.refused, url[Answer.REFUSED]),
    ]


def _narrowed(question: Question, month: Month | None, place: Place | None) -> Question:
    return replace(
        question,
        first=month or question.first,
        last=month or question.last,
        estate_id=place.id if place else question.estate_id,
    )


def callbacks_url(question: Question, report: SatisfactionReport, answer: Answer, butler: Butler | None = None) -> str:
    """The list of the callbacks counted: the general one where its filters can say which, else one of our own."""
    found = [place for place in report.places if question.estate_id in (None, place.id)]
    chosen: dict[str, Any] = {} if question.estate_id is None else {"estate_id": question.estate_id}
    if question.kind is None and butler is None and len(by_zone(found)) == 1:
        chosen |= {**_span(question, found[0]), **_LIST_FILTERS[answer]}
        return url_for("callbacks.index_view", **chosen)
    chosen |= {"from": str(question.first), "to": str(question.last), "answer": answer.value}
    if question.kind is not None:
        chosen["kind"] = question.kind.value
    if butler is not None:
        chosen["butler_id"] = butler.id or "none"
    return url_for("satisfaction.callbacks_view", **chosen)


def _span(question: Question, place: Place) -> dict[str, str]:
    """First and last day; as moments where the list would take the days in another time zone than the estate's."""
    if default_zone() == place.zone:
        first, last = question.first.first_day.isoformat(), question.last.last_day.isoformat()
    else:
        begin, end = question.first.start(place.zone), question.last.end(place.zone) - timedelta(seconds=1)
        first, last = (moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (begin, end))
    return {"called_at.from": first, "called_at.to": last}
