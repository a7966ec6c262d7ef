"""The generated list: any entity's rows, filtered, searched, sorted by key and paged by cursor, as plain tuples."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from itertools import islice
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Index,
    Integer,
    Select,
    UniqueConstraint,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from models.base import Base, entity, now
from reports.computed import COMPUTED, Computed
from reports.limits import TooSlow, at_most
from reports.list_statements import (
    FIXED,
    Operator,
    Rows,
    Shape,
    ids_where,
    number,
    number_where,
    rows,
    rows_where,
)
from reports.list_statements import ids as id_statement
from reports.search_sources import starts_with
from reports.searching import LONGEST, ScopeOf, Sought, is_searched, nowhere, sought
from reports.titles import titles_of
from rules.permissions import Scope

__all__ = [
    "COMPUTED",
    "COUNT_CAP",
    "LONGEST_SEARCH",
    "NEWEST_FIRST",
    "SEARCH_CAP",
    "Cell",
    "Computed",
    "Condition",
    "ListRow",
    "Listing",
    "Page",
    "ScopeOf",
    "TooSlow",
    "choices",
    "comparable",
    "count",
    "few_choices",
    "matching_ids",
    "page",
    "starts_with",
    "stream",
    "unindexed_columns",
]

COUNT_CAP = 10_000
SEARCH_CAP = 1_000
LONGEST_SEARCH = LONGEST
LONGEST_SECONDS = 5.0
NEWEST_FIRST = (
    "-id"  # the order of what was searched, unless another is asked for: the index is read so without sorting
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter on one column: among the values or none of them, from or to one (inclusive), empty or filled."""

    column: str
    operator: Operator
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """What is asked of a list. `sort` is a column, with - for descending; `after`/`before` are (value, id) cursors.

    `columns` may name computed ones, which are as of the `moment`; `match` says whether all conditions are to hold
    or any of them, where those on one column are one; `where` takes conditions that no filter of the list can
    say, such as those behind a figure of a summary; `personal` says in which rows of a model the search may use the
    personal columns: those shown in the clear.
    """

    model: type[Base]
    columns: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    search: str = ""
    ids: tuple[int, ...] | None = None
    sort: str = "id"
    after: tuple[Any, int] | None = None
    before: tuple[Any, int] | None = None
    size: int = 50
    where: tuple[ColumnElement[bool], ...] = ()
    personal: ScopeOf = nowhere
    match: Literal["all", "any"] = "all"
    moment: datetime | None = None


class Cell(NamedTuple):
    """A reference: the row it points to and that row's title."""

    id: int
    title: str


class ListRow(NamedTuple):
    """A row of a list: its id, its estate, the sort key that a cursor needs, the values of the columns, its version."""

    id: int
    estate_id: int | None
    key: Any
    values: tuple[Any, ...]
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list and the cursors to its neighbours, None where there is none."""

    rows: list[ListRow]
    next: tuple[Any, int] | None
    previous: tuple[Any, int] | None


def page(session: Session, listing: Listing, scope: Scope) -> Page:
    """The page that the cursors of the listing point to, in one statement besides those that read what is searched.

    Raises TooSlow when it takes longer than `LONGEST_SECONDS`.
    """
    with _bound(session, listing):
        return _page(session, listing, scope)


def stream(session: Session, listing: Listing, scope: Scope, chunk: int = 5000) -> Iterator[ListRow]:
    """Every row of the listing in order, references as titles; fetched in parts so that memory stays flat."""
    current = replace(listing, after=None, before=None, size=chunk)
    search = _sought(session, current, scope)
    while True:
        found, statement = _fetched(session, current, scope, search)
        yield from (_with_texts(record, statement) for record in islice(found, chunk))
        if len(found) <= chunk:
            return
        current = replace(current, after=(found[chunk - 1][statement.key], found[chunk - 1][0]))


def count(session: Session, listing: Listing, scope: Scope, cap: int | None = COUNT_CAP) -> int:
    """How many rows match, counted no further than `cap` + 1, or by None to the end; raises TooSlow."""
    with _bound(session, listing):
        search = _sought(session, listing, scope)
        shape = _shape(session, replace(listing, after=None, before=None), scope, search)
        statement = (
            number_where(shape, cap is not None, listing.where) if listing.where else number(shape, cap is not None)
        )
        values = _values(listing, search) | ({} if cap is None else {"size": cap + 1})
        found = session.connection().execute(statement, values).scalar_one()
    return int(found if cap is None else min(found, cap + 1))


def matching_ids(session: Session, listing: Listing, scope: Scope, limit: int) -> list[int]:
    """The ids of the matching rows, `limit` + 1 at most so that the caller sees when there are more; raises TooSlow."""
    ordered = replace(listing, after=None, before=None, sort="id")
    with _bound(session, ordered):
        search = _sought(session, ordered, scope)
        shape = _shape(session, ordered, scope, search)
        statement = ids_where(shape, listing.where) if listing.where else id_statement(shape)
        values = _values(listing, search) | {"size": limit + 1}
        return sorted(session.connection().execute(statement, values).scalars())


def choices(
    session: Session,
    model: type[Base],
    scope: Scope,
    search: str = "",
    limit: int = 20,
    estate_id: int | None = None,
    personal: ScopeOf = nowhere,
) -> list[Cell]:
    """Rows of the model to choose from, narrowed by what was typed: in the order of the list, or the newest found."""
    return _cells_of(session, model, _chosen(session, model, scope, search, limit, estate_id, personal))


def few_choices(
    session: Session, model: type[Base], scope: Scope, most: int, estate_id: int | None
) -> list[Cell] | None:
    """All rows of the model to choose from, in the order of the list; None when there are more than `most`."""
    if _has_more(session, model, scope, most, estate_id):
        return None
    ids = _chosen(session, model, scope, "", most + 1, estate_id, nowhere)
    return _cells_of(session, model, ids) if len(ids) <= most else None


def _has_more(session: Session, model: type[Base], scope: Scope, most: int, estate_id: int | None) -> bool:
    """Whether the estate has more rows than that, asked without looking at any; False where the scope is narrower."""
    column = model.__table__.columns.get("estate_id")
    is_whole = scope.buildings is None and scope.staff_id is None and not scope.is_empty
    is_inside = scope.estates is None or estate_id in scope.estates
    if estate_id is None or column is None or column.nullable or not (is_whole and is_inside):
        return False
    values = {"estate_id": estate_id, "most": most + 1}
    return int(session.connection().execute(_in_estate(model), values).scalar_one()) > most


@cache
def _in_estate(model: type[Base]) -> Select[int]:
    """How many rows an estate has, counted no further than `most`."""
    column = model.__table__.columns["estate_id"]
    some = select(column).where(column == bindparam("estate_id")).limit(bindparam("most", type_=Integer()))
    return select(func.count()).select_from(some.subquery())


def _cells_of(session: Session, model: type[Base], ids: list[int]) -> list[Cell]:
    titles = titles_of(session, model, ids)
    return [Cell(row_id, titles.get(row_id, "")) for row_id in ids]


def _chosen(
    session: Session,
    model: type[Base],
    scope: Scope,
    search: str,
    limit: int,
    estate_id: int | None,
    personal: ScopeOf,
) -> list[int]:
    columns, order = model.__table__.columns, entity(model).order.lstrip("-")
    where: tuple[ColumnElement[bool], ...] = ()
    here: tuple[Condition, ...] = ()
    if estate_id is not None and "estate_id" in columns and columns["estate_id"].nullable:
        where = (or_(columns["estate_id"] == estate_id, columns["estate_id"].is_(None)),)
    elif estate_id is not None and "estate_id" in columns:
        here = (Condition("estate_id", "in", (estate_id,)),)  # an index has them in order; not so with the others
    listing = Listing(model, (), here, search, sort=order, size=limit, where=where, personal=personal)
    found = _sought(session, listing, scope)
    if found is not None and any(source.match for source in found.sources):
        listing = replace(listing, sort=NEWEST_FIRST)
    return [record[0] for record in _fetched(session, listing, scope, found)[0][:limit]]


def unindexed_columns(listing: Listing) -> list[str]:
    """The columns that the list is filtered by and that no index serves, in order of the filters."""
    names = dict.fromkeys(condition.column for condition in listing.conditions)
    return [name for name in names if name not in _indexed(listing.model)]


def comparable(value: Any) -> Any:
    """A cursor value as JSON can hold it."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def _page(session: Session, listing: Listing, scope: Scope) -> Page:
    found, statement = _fetched(session, listing, scope, _sought(session, listing, scope))
    more, found = len(found) > listing.size, found[: listing.size]
    backwards = listing.before is not None
    if backwards:
        found.reverse()
    has_next, has_previous = (True, more) if backwards else (more, listing.after is not None)
    return Page(
        [_with_cells(record, statement) for record in found],
        (found[-1][statement.key], found[-1][0]) if found and has_next else None,
        (found[0][statement.key], found[0][0]) if found and has_previous else None,
    )


def _fetched(session: Session, listing: Listing, scope: Scope, search: Sought | None) -> tuple[list[Any], Rows]:
    """The records of a page and one more, if there is one, and how they are to be read."""
    shape = _shape(session, listing, scope, search)
    statement = rows_where(shape, listing.where) if listing.where else rows(shape)
    values = _values(listing, search)
    values["size"] = listing.size + 1
    if shape.columns and COMPUTED.get(listing.model):
        values["moment"] = listing.moment or now()
    return list(session.connection().execute(statement.statement, values)), statement


def _with_cells(record: Any, statement: Rows) -> ListRow:
    values = list(record[FIXED : statement.end])
    for at, title_at in statement.titles:
        if values[at] is not None:
            values[at] = Cell(values[at], record[title_at] or "")
    return ListRow(record[0], record[1], record[statement.key], tuple(values), record[2])


def _with_texts(record: Any, statement: Rows) -> ListRow:
    values = list(record[FIXED : statement.end])
    for at, title_at in statement.titles:
        if values[at] is not None:
            values[at] = record[title_at] or ""
    return ListRow(record[0], record[1], record[statement.key], tuple(values), record[2])


def _sought(session: Session, listing: Listing, scope: Scope) -> Sought | None:
    """The sources of what was typed; None when nothing was, or nothing of the model is searched."""
    said = listing.search.strip()
    if not said or not is_searched(listing.model):
        return None
    asked = (session.connection().get_transaction(), listing.model, said, scope, listing.personal)
    known = session.info.get("sought")
    if known is None or known[0] != asked:  # a page and its count ask the same in one transaction
        session.info["sought"] = known = (asked, sought(session, listing.model, said, scope, listing.personal))
    found: Sought = known[1]
    return found


def _shape(session: Session, listing: Listing, scope: Scope, search: Sought | None) -> Shape:
    backwards = listing.before is not None
    return Shape(
        listing.model,
        listing.columns,
        tuple((item.column, item.operator) for item in listing.conditions),
        listing.match == "any",
        None if search is None else search.sources,
        listing.ids is not None,
        listing.sort,
        -1 if backwards else 1,
        backwards or listing.after is not None,
        scope,
        session.connection().dialect.name,
    )


def _values(listing: Listing, search: Sought | None) -> dict[str, Any]:
    values = {} if search is None else dict(search.values)
    for at, item in enumerate(listing.conditions):
        if item.operator in ("in", "not_in"):
            values[f"f{at}"] = list(item.values)
        elif item.operator in ("from", "to"):
            values[f"f{at}"] = item.values[0]
    if listing.ids is not None:
        values["ids"] = list(listing.ids)
    if (cursor := listing.before or listing.after) is not None:
        values["cursor_key"], values["cursor_id"] = cursor
    return values


def _bound(session: Session, listing: Listing) -> AbstractContextManager[None]:
    """A bound on the time of a list that anybody narrowed; one that is only paged through is quick by its index."""
    if listing.conditions or listing.search or listing.where or listing.ids:
        return at_most(session, LONGEST_SECONDS, unindexed_columns(listing))
    return nullcontext()


@cache
def _indexed(model: type[Base]) -> frozenset[str]:
    """The columns that stand first in an index, or behind the estate, unless it holds a part of the rows only."""
    found = {"id"}
    for item in (*model.__table__.indexes, *model.__table__.constraints):  # type: ignore[attr-defined]  # a Table
        if isinstance(item, Index | UniqueConstraint):
            names = [column.name for column in item.columns]
            partial = isinstance(item, Index) and item.dialect_options["sqlite"]["where"] is not None
            leading = names[1:2] if names[0] == "estate_id" else names[:1]
            if not partial or _holds_filled(item, leading):
                found |= {names[0], *leading}
    return frozenset(found)


def _holds_filled(item: Any, leading: Sequence[str]) -> bool:
    return str(item.dialect_options["sqlite"]["where"]) == f"{''.join(leading)} IS NOT NULL"
