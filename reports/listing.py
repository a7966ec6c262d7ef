"""The generated list: any entity's rows, filtered, searched, sorted by key and paged by cursor, as plain tuples."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, String, and_, cast, false, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from models.base import Base, entity, model_of_table, target, words
from models.faults import Fault
from models.fields import parse, plain
from operations.scope import conditions, follow, path_end
from rules.permissions import NOTHING, Scope

COUNT_CAP = 10_000
LONGEST_SEARCH = 100
LAST_CHARACTER = "\U0010ffff"

Operator = Literal["in", "from", "to", "empty", "filled"]


ScopeOf = Callable[[type[Base]], Scope]


def nowhere(model: type[Base]) -> Scope:
    """The scope of somebody who sees personal columns of no row: none of them is searched."""
    return NOTHING


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter on one column: among the values, from or to one (inclusive), empty or filled."""

    column: str
    operator: Operator
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """What is asked of a list. `sort` is a column, with - for descending; `after`/`before` are (value, id) cursors.

    `where` takes conditions that no filter of the list can say, such as those behind a figure of a summary;
    `personal` says in which rows of a model the search may use the personal columns: those shown in the clear.
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


@dataclass(frozen=True, slots=True)
class Cell:
    """A reference: the row it points to and that row's title."""

    id: int
    title: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row of a list: its id, its estate, the sort key that a cursor needs, the values of the columns."""

    id: int
    estate_id: int | None
    key: Any
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list and the cursors to its neighbours, None where there is none."""

    rows: list[ListRow]
    next: tuple[Any, int] | None
    previous: tuple[Any, int] | None


def page(session: Session, listing: Listing, scope: Scope) -> Page:
    """The page that the cursors of the listing point to, in one statement."""
    backwards = listing.before is not None
    rows = _fetch(session, _ordered(listing, scope, backwards).limit(listing.size + 1), listing)
    more = len(rows) > listing.size
    rows = rows[: listing.size]
    if backwards:
        rows.reverse()
    has_next, has_previous = (True, more) if backwards else (more, listing.after is not None)
    return Page(
        rows,
        (rows[-1].key, rows[-1].id) if rows and has_next else None,
        (rows[0].key, rows[0].id) if rows and has_previous else None,
    )


def stream(session: Session, listing: Listing, scope: Scope, chunk: int = 1000) -> Iterator[ListRow]:
    """Every row of the listing in order, fetched page by page so that memory stays flat."""
    current = replace(listing, after=None, before=None, size=chunk)
    while True:
        found = page(session, current, scope)
        yield from found.rows
        if found.next is None:
            return
        current = replace(current, after=found.next)


def count(session: Session, listing: Listing, scope: Scope, cap: int = COUNT_CAP) -> int:
    """How many rows match, counted no further than `cap` + 1."""
    inner = select(literal(1)).select_from(listing.model.__table__).where(*_bounds(listing, scope)).limit(cap + 1)
    return session.scalar(select(func.count()).select_from(inner.subquery())) or 0


def matching_ids(session: Session, listing: Listing, scope: Scope, limit: int) -> list[int]:
    """The ids of the matching rows, `limit` + 1 at most so that the caller sees when there are more."""
    table = listing.model.__table__
    statement = select(table.columns["id"]).where(*_bounds(listing, scope)).order_by(table.columns["id"])
    return list(session.scalars(statement.limit(limit + 1)))


def choices(
    session: Session,
    model: type[Base],
    scope: Scope,
    search: str = "",
    limit: int = 20,
    estate_id: int | None = None,
    personal: ScopeOf = nowhere,
) -> list[Cell]:
    """Rows of the model to choose from, by title, narrowed by what was typed."""
    table = model.__table__
    bounds = conditions(model, scope) + _search(model, search, personal)
    if estate_id is not None and "estate_id" in table.columns:
        bounds.append(or_(table.columns["estate_id"] == estate_id, table.columns["estate_id"].is_(None)))
    order = table.columns[entity(model).order.lstrip("-")]
    inner = select(table.columns["id"]).where(*bounds).order_by(order, table.columns["id"]).limit(limit).subquery()
    statement = select(inner.c.id, title(model, inner.c.id))
    return [Cell(row_id, text or "") for row_id, text in session.execute(statement)]


def title_of(session: Session, model: type[Base], row_id: int) -> str:
    """The title of one row, empty when there is none."""
    return session.scalar(select(title(model, literal(row_id)))) or ""


def titles_of(session: Session, model: type[Base], row_ids: Collection[int]) -> Mapping[int, str]:
    """The titles of those rows that there are, in one statement."""
    key = model.__table__.columns["id"]
    rows = session.execute(select(key, title(model, key)).where(key.in_(row_ids)))
    return {row_id: text or "" for row_id, text in rows}


def title(model: type[Base], row_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """An expression for the title of the row with that id, following references inside titles."""
    table = model.__table__.alias()
    parts: list[ColumnElement[Any]] = []
    for name in entity(model).title:
        parent = target(model.__table__.columns[name])
        part = table.c[name] if parent is None else title(parent, table.c[name])
        parts.append(func.coalesce(cast(part, String), ""))
    text = parts[0]
    for part in parts[1:]:
        text = text + literal(" ") + part
    return select(text).where(table.c.id == row_id).scalar_subquery()


def _ordered(listing: Listing, scope: Scope, backwards: bool) -> Select[Any]:
    table = listing.model.__table__
    name = listing.sort.lstrip("-")
    descending = listing.sort.startswith("-") != backwards
    key, row_id = table.columns[name], table.columns["id"]
    bounds = _bounds(listing, scope)
    cursor = listing.before if backwards else listing.after
    if cursor is not None:
        left, right = tuple_(key, row_id), tuple_(literal(cursor[0], key.type), literal(cursor[1]))
        bounds.append(left < right if descending else left > right)
    order = (key.desc(), row_id.desc()) if descending else (key.asc(), row_id.asc())
    wanted = dict.fromkeys(("id", "estate_id", name, *listing.columns))
    columns = [table.columns[column] for column in wanted if column in table.columns]
    return select(*columns).where(*bounds).order_by(*order)


def _fetch(session: Session, inner: Select[Any], listing: Listing) -> list[ListRow]:
    """The inner statement finds the rows by index alone; titles are looked up for these few only."""
    table = listing.model.__table__
    found = inner.subquery()
    references = [name for name in listing.columns if target(table.columns[name]) is not None]
    titles = [title(_parent(table.columns[name]), found.c[name]) for name in references]
    key = listing.sort.lstrip("-")
    rows = []
    statement = select(found, *titles)
    for order in inner._order_by_clauses:
        statement = statement.order_by(_same_order(order, found))
    for record in session.execute(statement):
        by_name = dict(zip(found.c.keys(), record[: len(found.c)], strict=True))
        shown = dict(zip(references, record[len(found.c) :], strict=True))
        rows.append(
            ListRow(
                by_name["id"],
                by_name.get("estate_id"),
                by_name[key],
                tuple(_cell(name, by_name[name], shown) for name in listing.columns),
            )
        )
    return rows


def _same_order(order: Any, found: Any) -> Any:
    column = found.c[order.element.name]
    return column.desc() if order.modifier.__name__ == "desc_op" else column.asc()


def _parent(column: Any) -> type[Base]:
    parent = target(column)
    assert parent is not None
    return parent


def _cell(name: str, value: Any, titles: dict[str, Any]) -> Any:
    return Cell(value, titles[name] or "") if name in titles and value is not None else value


def _bounds(listing: Listing, scope: Scope) -> list[ColumnElement[bool]]:
    table = listing.model.__table__
    bounds = [
        *conditions(listing.model, scope),
        *listing.where,
        *_search(listing.model, listing.search, listing.personal),
    ]
    bounds += [_condition(table.columns[item.column], item) for item in listing.conditions]
    if listing.ids is not None:
        bounds.append(table.columns["id"].in_(listing.ids))
    return bounds


def _condition(column: Any, item: Condition) -> ColumnElement[bool]:
    match item.operator:
        case "in":
            return column.in_(item.values)  # type: ignore[no-any-return]
        case "from":
            return column >= item.values[0]  # type: ignore[no-any-return]
        case "to":
            return column <= item.values[0]  # type: ignore[no-any-return]
        case "empty":
            return column.is_(None)  # type: ignore[no-any-return]
        case "filled":
            return column.is_not(None)  # type: ignore[no-any-return]


def _search(model: type[Base], text: str, personal: ScopeOf) -> list[ColumnElement[bool]]:
    """The text as a whole is a number of the row, or every word of it is found: exactly, as a beginning, or anywhere.

    What is typed is cleaned like what is stored, so that a phone is found however it is spelt.
    """
    said = text.replace("\x00", "")[:LONGEST_SEARCH].strip()
    if not said or not _searched(model):
        return []
    columns = model.__table__.columns
    whole = [_visible(column, match, personal) for column in columns for match in _exactly(column, said)]
    by_word = [or_(false(), *_found(model, word, personal)) for word in said.split()]
    return [or_(*whole, and_(*by_word))]


def _searched(model: type[Base]) -> list[Any]:
    """The columns that the search box uses: those declared so, and the references that name a row."""
    named = entity(model).title
    return [
        column
        for column in model.__table__.columns
        if (declared := words(column)) and (declared.search or (target(column) is not None and column.name in named))
    ]


def _found(model: type[Base], word: str, personal: ScopeOf) -> Iterator[ColumnElement[bool]]:
    if path := entity(model).found_by:
        end = path_end(model, path)
        yield follow(model, path, select(end.__table__.columns["id"]).where(*_search(end, word, personal)))
    for column in _searched(model):
        for match in _matches(column, word, personal):
            yield _visible(column, match, personal)


def _matches(column: Any, word: str, personal: ScopeOf) -> Sequence[ColumnElement[bool]]:
    parent = target(column)
    if parent is not None:
        return [column.in_(select(parent.__table__.columns["id"]).where(*_search(parent, word, personal)))]
    match words(column).search:  # type: ignore[union-attr]  # only declared columns are searched
        case "exact":
            return _exactly(column, word)
        case "prefix":
            return [starts_with(column, word)]
    return [column.icontains(word, autoescape=True)]


def _exactly(column: Any, text: str) -> list[ColumnElement[bool]]:
    """The value as it would be stored; nothing for a text that can be none, or for a column searched otherwise."""
    declared = words(column)
    if declared is None or declared.search != "exact":
        return []
    try:
        value = parse(column.type, text).value
    except Fault:
        return []
    return [] if value is None else [column == value]


def starts_with(column: Any, text: str) -> ColumnElement[bool]:
    """Whether the column begins with the text, as typed or in the case of a code; a range, which an index serves.

    Such columns sort by code points on both databases (`models.fields.Domain`).
    """
    first = plain(text)
    spellings = dict.fromkeys((first, first.upper(), first.lower()))
    return or_(*(and_(column >= each, column < each + LAST_CHARACTER) for each in spellings))


def _visible(column: Any, match: ColumnElement[bool], personal: ScopeOf) -> ColumnElement[bool]:
    """The match; in a personal column only where the person sees it, or whoever guesses could read it."""
    declared = words(column)
    if declared is None or not declared.personal:
        return match
    model = model_of(column)
    return and_(match, *conditions(model, personal(model)))


def model_of(column: Any) -> type[Base]:
    """The model whose table has the column."""

    return model_of_table(column.table.name)


def comparable(value: Any) -> Any:
    """A cursor value as JSON can hold it."""
    return value.isoformat() if isinstance(value, date | datetime) else value
