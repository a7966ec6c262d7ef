"""Tables of figures: each cell as it is read on the page, where it leads, and what of it goes into a file."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from flask import current_app
from markupsafe import Markup

from models.base import N_
from reports.files import Value
from rules.satisfaction import Share
from views.language import translate


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its label, already translated; in a file it may become several."""

    label: str
    is_number: bool = True
    file_labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tag:
    """A short remark; `mood` is good, warn, alarm or plain."""

    text: str
    mood: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell: its text, the rows it opens, and its values for a file."""

    text: str
    values: tuple[Value, ...]
    url: str | None = None
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True)
class TableRow:
    """The cells under their columns; the first names the row."""

    columns: Sequence[Column]
    figures: Sequence[Figure]

    @cached_property
    def html(self) -> Markup:
        """The row as it stands in the page."""
        parts: Any = current_app.jinja_env.get_template("summaries/_row.html").module
        return Markup(parts.table_row(self.columns, self.figures))  # noqa: S704  # made by a template


_KEPT_ROWS = 6000  # some 2 kB each
_kept: OrderedDict[Hashable, TableRow] = OrderedDict()


def table_row(columns: Sequence[Column], content: Hashable, make: Callable[[], Sequence[Figure]]) -> TableRow:
    """The row with that content, which says all that it is made of; made once as long as it stays the same."""
    key = (columns[0].label, content)  # the label says the language
    row = _kept.get(key)
    if row is None:
        row = _kept[key] = TableRow(columns, make())
        while len(_kept) > _KEPT_ROWS:
            _kept.popitem(last=False)
    return row


def link(address: str, parameters: Mapping[str, Any]) -> str:
    """The address with these parameters; far cheaper than `url_for`, which a table with a link in each cell feels."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return f"{address}?{urlencode(given, doseq=True)}" if given else address


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a summary."""

    name: str
    title: str
    note: str
    columns: list[Column]
    rows: Sequence[TableRow]

    def header(self) -> list[str]:
        """The header of the file."""
        return [label for column in self.columns for label in (column.file_labels or (column.label,))]

    def file_rows(self) -> Iterator[list[Any]]:
        """The rows of the file: numbers stay numbers, shares are between 0 and 1."""
        return ([value for figure in row.figures for value in figure.values] for row in self.rows)


def name_figure(text: str) -> Figure:
    """A cell that names its row."""
    return Figure(text, (text,))


def number_figure(number: int, url: str | None = None) -> Figure:
    """A count; it opens its rows when there are any."""
    return Figure(str(number), (number,), url if number else None)


def share_columns(rate_label: str) -> list[Column]:
    """The columns of a share: the rate, and how far it can be trusted."""
    low, high = translate(N_("Interval from")), translate(N_("Interval to"))
    return [Column(rate_label), Column(translate(N_("Confidence interval")), file_labels=(low, high))]


def share_figures(share: Share, url: str | None = None) -> list[Figure]:
    """The rate and its interval; empty cells when there is no case."""
    if share.rate is None or share.interval is None:
        return [Figure("—", ("",)), Figure("", ("", ""))]
    low, high = share.interval.low, share.interval.high
    small = (Tag(translate(N_("Small sample")), "warn"),) if share.is_small else ()
    return [
        Figure(percent(share.rate), (round(share.rate, 4),), url, small),
        Figure(f"{percent(low)} – {percent(high)}", (round(low, 4), round(high, 4))),
    ]


def target_figure(share: Share) -> Figure:
    """Whether the target is met, said without colour where the sample is small; empty without any case."""
    if not share.total:
        return Figure("", ("",))
    text = translate(N_("Target met") if share.meets_target else N_("Target missed"))
    mood = "plain" if share.is_small else "good" if share.meets_target else "alarm"
    return Figure("", (text,), tags=(Tag(text, mood),))


def percent(share: float) -> str:
    """A share between 0 and 1 as people read it."""
    return f"{share:.1%}"


def duration(seconds: float) -> str:
    """A duration in hours up to two days, then in days."""
    hours = seconds / 3600
    if hours < 48:
        return translate(N_("%(number)s h")) % {"number": f"{hours:.1f}"}
    return translate(N_("%(number)s d")) % {"number": f"{hours / 24:.1f}"}
