"""The tickets that a review goes through, as sections of its page; each is the generated list under an address."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from flask import url_for
from werkzeug.datastructures import MultiDict

from models.base import N_
from models.ticket import OPEN_STATES, Ticket
from operations.review_duties import Figures
from reports.listing import ListRow, page
from reports.reviews import root_causes
from rules.reviews import Period
from views import lists
from views.access import model_scope
from views.database import db
from views.grid import Grid
from views.language import translate
from views.list_columns import ListColumn, list_columns

ROWS_SHOWN = 20  # all of them are a list of their own

_OPEN = "&".join(f"state={state.value}" for state in sorted(OPEN_STATES))
_COLUMNS = ("code", "subject", "kind", "severity", "state", "assignee_id", "opened_at", "next_due_at")
_OF_COMPLAINTS = tuple(name for name in _COLUMNS if name != "kind")


@dataclass(frozen=True, slots=True)
class Section:
    """Some tickets of a review: how many by the figures, the first of them, and the list of all.

    `causes` are the root causes found so far by ticket, None where none are asked for.
    """

    title: str
    note: str
    number: int
    columns: Sequence[ListColumn]
    grid: Grid
    rows: Sequence[ListRow]
    causes: Mapping[int, str] | None
    url: str


def sections(estate_id: int, asked: Period, shown: Figures) -> Iterator[Section]:
    """Open complaints first, each with whoever is responsible and the root cause (S4 第四篇 反应度)."""
    estate = f"estate_id={estate_id}"
    stock = N_("Stock is taken of these every day, each with a responsible person and a root cause (S4 第四篇 反应度)")
    query = f"{estate}&kind=complaint&{_OPEN}"
    yield _section(N_("Open complaints"), stock, shown.open_complaints, query, with_causes=True)
    late = N_("Past a promise that is still owed")
    yield _section(N_("Overdue tickets"), late, shown.overdue, f"{estate}&next_due_at.past=yes")
    nobody = N_("Open, and nobody is assigned")
    query = f"{estate}&assignee_id.empty=yes&{_OPEN}"
    yield _section(N_("Without a responsible person"), nobody, shown.unassigned, query)
    for title, number, name in (
        (N_("New tickets"), shown.taken_in, "opened_at"),
        (N_("Resolved tickets"), shown.resolved, "resolved_at"),
    ):
        span = f"{name}.from={asked.on}&{name}.to={asked.last_on}"
        yield _section(title, N_("Of the period"), number, f"{estate}&{span}")


def _section(title: str, note: str, number: int, query: str, *, with_causes: bool = False) -> Section:
    parameters: MultiDict[str, str] = MultiDict(each.split("=", 1) for each in query.split("&"))  # type: ignore[misc]
    address = lists.read_address(Ticket, parameters)
    assert not address.faults, f"{query}: {address.faults}"
    names = _OF_COMPLAINTS if with_causes else _COLUMNS
    listing, columns = replace(address.listing, columns=names, size=ROWS_SHOWN), list_columns(Ticket, names)
    rows = page(db.session, listing, model_scope(Ticket)).rows if number else []
    causes = root_causes(db.session, [row.id for row in rows]) if with_causes else None
    url = f"{url_for('tickets.index_view')}?{query}"
    return Section(translate(title), translate(note), number, columns, Grid(Ticket, columns), rows, causes, url)
