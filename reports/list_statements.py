"""The statements of lists: made once per shape (columns, order, kinds of conditions), the values bound when run."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    String,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
    union,
)

from models.base import Base, UtcDateTime, entity, target
from models.search_entry import KINDS
from operations.scope import conditions
from reports.computed import COMPUTED
from reports.search_sources import Index, Source, aside, bounds, index
from reports.searching import says_estates
from rules.permissions import Scope

Operator = Literal["in", "not_in", "from", "to", "empty", "filled"]
FIXED = 3  # columns in front of those of the list: id, estate, version


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything about a list that its statement hangs on, but no value.

    `sources` is None without a search; `filters` are columns with their operators; `way` is 1 forwards, -1 backwards.
    """

    model: type[Base]
    columns: tuple[str, ...]
    filters: tuple[tuple[str, Operator], ...]
    is_any: bool
    sources: tuple[Source, ...] | None
    has_ids: bool
    sort: str
    way: int
    has_cursor: bool
    scope: Scope
    dialect: str

    @property
    def key(self) -> str:
        return self.sort.lstrip("-")

    @property
    def key_at(self) -> int | None:
        """Where the sort key is among the columns that are read anyhow."""
        if self.key == "id":
            return 0
        return FIXED + self.columns.index(self.key) if self.key in self.columns else None

    @property
    def is_descending(self) -> bool:
        return self.sort.startswith("-") == (self.way > 0)


@dataclass(frozen=True, slots=True)
class Rows:
    """A statement for rows: behind the fixed columns those of the list, up to `end`; where the sort key is, and for
    which column of the list, counted from the first, at which place its title is.
    """

    statement: Select[Any]
    end: int
    key: int
    titles: tuple[tuple[int, int], ...]


Extra = tuple[ColumnElement[bool], ...]


@lru_cache(maxsize=1024)
def rows(shape: Shape) -> Rows:
    """The rows of a page, the first `size` of them, in the order of the list or, backwards, against it."""
    return rows_where(shape, ())


def rows_where(shape: Shape, where: Extra) -> Rows:
    """As `rows`, under conditions that no shape can say."""
    table = shape.model.__table__
    found = _found(shape, where, bindparam("size")).subquery("found")
    source, titles = _with_titles(shape, found.join(table, table.c.id == found.c.id))
    computed = COMPUTED.get(shape.model, {})
    shown = [
        computed[name].expression(bindparam("moment", type_=UtcDateTime())) if name in computed else table.c[name]
        for name in shape.columns
    ]
    fixed = [table.c.id, _or_null(table, "estate_id"), _or_null(table, "version")]
    named = [each.label(f"c{at}") for at, each in enumerate(shown)]
    statement = select(*fixed, *named, *titles.values(), *([] if shape.key_at is not None else [found.c.key]))
    ordered = statement.select_from(source).order_by(*_order(found.c.key, found.c.id, shape))
    end = FIXED + len(shown)
    places = tuple((at, end + number) for number, at in enumerate(titles))
    return Rows(ordered, end, end + len(titles) if shape.key_at is None else shape.key_at, places)


@lru_cache(maxsize=1024)
def number(shape: Shape, is_capped: bool) -> Select[Any]:
    """How many rows there are, counted no further than `size`, or to the end."""
    return number_where(shape, is_capped, ())


def number_where(shape: Shape, is_capped: bool, where: Extra) -> Select[Any]:
    """As `number`, under conditions that no shape can say."""
    size: ColumnElement[Any] | None = bindparam("size") if is_capped else None
    alone = _words_alone(shape) if not where else None
    branches = _branches(shape, where) if alone is None else [_Branch(alone.start, alone.entry_id, (alone.match,))]
    ids = [_unordered(shape, branch, size) for branch in branches]
    inner = ids[0] if len(ids) == 1 else union(*(select(each.subquery().c.id) for each in ids))
    return select(func.count()).select_from(inner.subquery())


@lru_cache(maxsize=1024)
def ids(shape: Shape) -> Select[Any]:
    """The ids of the rows, the first `size` of them, in order of the ids."""
    return ids_where(shape, ())


def ids_where(shape: Shape, where: Extra) -> Select[Any]:
    """As `ids`, under conditions that no shape can say."""
    return select(_found(shape, where, bindparam("size")).subquery("found").c.id)


def title(model: type[Base], row_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """An expression for the title of the row with that id, following references inside titles."""
    table = model.__table__.alias()
    parts: list[ColumnElement[Any]] = []
    for name in entity(model).title:
        parent = target(model.__table__.columns[name])
        parts.append(_said(table.c[name]) if parent is None else func.coalesce(title(parent, table.c[name]), ""))
    return select(_together(parts)).where(table.c.id == row_id).scalar_subquery()


def _said(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(cast(column, String), "")


def _together(parts: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    text = parts[0]
    for part in parts[1:]:
        text = text + literal(" ") + part
    return text


def _with_titles(shape: Shape, source: FromClause) -> tuple[FromClause, dict[int, ColumnElement[Any]]]:
    """The titles of the referred rows by joins, which the database does for the rows of a page alone."""
    titles: dict[int, ColumnElement[Any]] = {}
    own = shape.model.__table__
    for at, name in enumerate(shape.columns):
        if name in own.c and (parent := target(own.c[name])) is not None:
            source, titles[at] = _joined(source, own.c[name], parent)
    return source, titles


def _joined(source: FromClause, column: ColumnElement[Any], parent: type[Base]) -> tuple[FromClause, Any]:
    table = parent.__table__.alias()
    source = source.outerjoin(table, table.c.id == column)
    parts = []
    for name in entity(parent).title:
        further = target(parent.__table__.c[name])
        if further is None:
            part = _said(table.c[name])
        else:
            source, part = _joined(source, table.c[name], further)
        parts.append(part)
    return source, _together(parts)


def _or_null(table: FromClause, name: str) -> ColumnElement[Any]:
    return table.c[name] if name in table.c else literal(None)


@dataclass(frozen=True, slots=True)
class _Branch:
    """Rows found in one way: where from, how they are ordered by id there, under which conditions."""

    start: FromClause
    entry_id: ColumnElement[Any] | None
    bounds: tuple[ColumnElement[bool], ...]


def _branches(shape: Shape, where: Extra) -> list[_Branch]:
    """The ways in which rows of the list are found: by each source of a search, by each of alternative conditions."""
    table = shape.model.__table__
    always = [*conditions(shape.model, shape.scope), *where]
    if shape.has_ids:
        always.append(table.c.id.in_(bindparam("ids", expanding=True)))
    filters = [_filter(table.c[name], operator, f"f{at}") for at, (name, operator) in enumerate(shape.filters)]
    if shape.is_any:
        filters = _by_column(shape, filters)
    if shape.sources is None and shape.is_any and len(filters) > 1:
        return [_Branch(table, None, (*always, each)) for each in filters]
    always += [or_(*filters)] if shape.is_any and filters else filters
    if shape.sources is None:
        return [_Branch(table, None, tuple(always))]
    return [_searched(shape, source, always) for source in shape.sources] or [_Branch(table, None, (false(),))]


def _by_column(shape: Shape, filters: Sequence[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    """The conditions of each column as one, so that a span stays a span among alternatives."""
    found: dict[str, list[ColumnElement[bool]]] = {}
    for (name, _), condition in zip(shape.filters, filters, strict=True):
        found.setdefault(name, []).append(condition)
    return [and_(*each) for each in found.values()]


def _searched(shape: Shape, source: Source, always: Sequence[ColumnElement[bool]]) -> _Branch:
    table = shape.model.__table__
    own = bounds(shape.model, source, shape.dialect)
    if source.is_narrow:
        return _Branch(table, None, (*own, *aside(always, shape.dialect)))
    found = (*always, *own)
    if not source.is_words:
        return _Branch(table, None, found)
    at = index(shape.dialect, source)
    if shape.dialect == "sqlite":
        return _Branch(at.start.join(table, table.c.id == _row_id(at.entry_id)), at.entry_id, (at.match, *found))
    # The bound of nothing keeps the index apart: of a rare word the planner would look for rows, newest first, instead.
    held = select(at.entry_id.label("id")).select_from(at.start).where(at.match).offset(0).subquery("held")
    return _Branch(held.join(table, table.c.id == _row_id(held.c.id)), held.c.id, found)


def _row_id(entry_id: ColumnElement[Any]) -> ColumnElement[Any]:
    return entry_id.op(">>")(literal(KINDS.bit_length() - 1))


def _found(shape: Shape, where: Extra, size: ColumnElement[Any]) -> Select[Any]:
    if not where and shape.key == "id" and (at := _words_alone(shape)) is not None:
        row_id = _row_id(at.entry_id)
        bounds = [at.match, *([_beyond_entry(shape, at.entry_id)] if shape.has_cursor else [])]
        alone = select(row_id.label("id"), row_id.label("key")).select_from(at.start).where(*bounds)
        return alone.order_by(_directed(at.entry_id, shape)).limit(size)
    branches = [_first(shape, branch, size) for branch in _branches(shape, where)]
    if len(branches) == 1:
        return branches[0]
    together = union(*(select(each.subquery()) for each in branches)).subquery()
    return select(together).order_by(*_order(together.c.key, together.c.id, shape)).limit(size)


def _first(shape: Shape, branch: _Branch, size: ColumnElement[Any]) -> Select[Any]:
    """The first rows of a branch in the order of the list. In order of ids the index of words is read in its own."""
    table = shape.model.__table__
    key, bounds = table.c[shape.key], list(branch.bounds)
    is_by_entry = branch.entry_id is not None and shape.key == "id"
    if shape.has_cursor:
        bounds.append(_beyond(shape, key, table.c.id))
        if is_by_entry:
            bounds.append(_beyond_entry(shape, branch.entry_id))
    order = [_directed(branch.entry_id, shape)] if is_by_entry else _order(key, table.c.id, shape)
    return select(table.c.id, key.label("key")).select_from(branch.start).where(*bounds).order_by(*order).limit(size)


def _beyond(shape: Shape, key: ColumnElement[Any], row_id: ColumnElement[Any]) -> ColumnElement[bool]:
    at = bindparam("cursor_id", type_=BigInteger())
    if shape.key == "id":
        return row_id < at if shape.is_descending else row_id > at
    left, right = tuple_(key, row_id), tuple_(bindparam("cursor_key", type_=key.type), at)
    return left < right if shape.is_descending else left > right


def _beyond_entry(shape: Shape, entry_id: Any) -> ColumnElement[bool]:
    at: ColumnElement[Any] = bindparam("cursor_id", type_=BigInteger()) * KINDS
    return entry_id < at if shape.is_descending else entry_id >= at + KINDS  # type: ignore[no-any-return]


def _order(key: ColumnElement[Any], row_id: ColumnElement[Any], shape: Shape) -> list[ColumnElement[Any]]:
    return [_directed(row_id, shape)] if shape.key == "id" else [_directed(key, shape), _directed(row_id, shape)]


def _directed(column: Any, shape: Shape) -> ColumnElement[Any]:
    return column.desc() if shape.is_descending else column.asc()  # type: ignore[no-any-return]


def _unordered(shape: Shape, branch: _Branch, size: ColumnElement[Any] | None) -> Select[Any]:
    row_id = shape.model.__table__.c.id if branch.entry_id is None else _row_id(branch.entry_id)
    found = select(row_id.label("id")).select_from(branch.start).where(*branch.bounds).limit(size)
    # Up to a bound the newest are counted: they lie together, while from its beginning the index holds other kinds.
    return found if size is None or branch.entry_id is None else found.order_by(branch.entry_id.desc())


def _words_alone(shape: Shape) -> Index | None:
    """The index of words alone, when nothing has to be asked of the rows."""
    sources = shape.sources or ()
    is_plain = not shape.filters and not shape.has_ids and says_estates(shape.model, shape.scope)
    if len(sources) != 1 or not is_plain or not sources[0].is_words_alone:
        return None
    return index(shape.dialect, sources[0])


def _filter(column: Any, operator: Operator, name: str) -> ColumnElement[bool]:
    found: ColumnElement[bool]
    match operator:
        case "in":
            found = column.in_(bindparam(name, expanding=True))
        case "not_in":
            found = or_(column.not_in(bindparam(name, expanding=True)), column.is_(None))
        case "from":
            found = column >= bindparam(name, type_=column.type)
        case "to":
            found = column <= bindparam(name, type_=column.type)
        case "empty":
            found = column.is_(None)
        case "filled":
            found = not_(column.is_(None))
    return found
