"""The sources of a search in SQL: ways to find rows, each of which stands on an index of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    cast,
    column,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from models.base import Base
from models.search_entry import KINDS, SearchEntry
from models.typed_texts import plain
from operations.scope import conditions, follow, path_end
from rules.permissions import Scope

LAST_CHARACTER = "\U0010ffff"

Path = tuple[str, ...]

_GRAMS = table("search_gram", column("rowid"), column("search_gram"))  # on SQLite, beside SearchEntry


@dataclass(frozen=True, slots=True)
class Equal:
    """A column, at the end of a path of references, that has the value bound under that name."""

    path: Path
    column: str
    bound: str
    visible: Scope | None  # where the person sees it, for a personal column


@dataclass(frozen=True, slots=True)
class Begin:
    """A code, at the end of a path of references, that begins with the text bound under that name."""

    path: Path
    column: str
    bound: str
    is_few: bool  # whether those that do are looked up, or met by going through the rows


@dataclass(frozen=True, slots=True)
class Source:
    """One way to find rows. What is the same for any text of the same kind, so that its statement is made once.

    `equals` and `begins` are groups of alternatives, one of each group holds; `match` is the name under which the
    condition on the index of words is bound, `phrases` those of what has to stand side by side in its text.
    """

    equals: tuple[tuple[Equal, ...], ...] = ()
    begins: tuple[tuple[Begin, ...], ...] = ()
    match: str = ""
    phrases: tuple[str, ...] = ()

    @property
    def is_narrow(self) -> bool:
        """Whether it finds so few rows that everything else is asked of these."""
        return bool(self.equals) or any(all(each.is_few for each in group) for group in self.begins)

    @property
    def is_words(self) -> bool:
        """Whether the rows are read from the index of words."""
        return bool(self.match) and not self.is_narrow

    @property
    def is_words_alone(self) -> bool:
        """Whether the index of words says everything."""
        return self.is_words and not self.begins


@dataclass(frozen=True, slots=True)
class Index:
    """The index of words in a statement: where from, the entry's id, the condition."""

    start: FromClause
    entry_id: ColumnElement[int]
    match: ColumnElement[bool]


def index(dialect: str, source: Source) -> Index:
    """The index with the entries that hold the words of the source."""
    entries = SearchEntry.__table__.alias("entry")
    if dialect != "sqlite":
        return Index(entries, entries.c.id, entries.c.grams.op("@@")(cast(bindparam(source.match), TSQUERY)))
    match = _GRAMS.c.search_gram.op("MATCH")(bindparam(source.match))
    if not source.phrases:
        return Index(_GRAMS, _GRAMS.c.rowid, match)
    held = [func.instr(entries.c.grams, bindparam(phrase)) > 0 for phrase in source.phrases]
    return Index(_GRAMS.join(entries, entries.c.id == _GRAMS.c.rowid), _GRAMS.c.rowid, and_(match, *held))


def bounds(model: type[Base], source: Source, dialect: str) -> list[ColumnElement[bool]]:
    """The conditions of a source on the rows themselves; one of words alone has none but the index."""
    key = model.__table__.columns["id"]
    found = [or_(*(_equal(model, each, dialect) for each in group)) for group in source.equals]
    found += [or_(*(_begin(model, each) for each in group)) for group in source.begins]
    if source.match and not source.is_words:
        at = index(dialect, source)
        entry = at.entry_id == key * KINDS + bindparam("kind")
        found.append(select(literal(1)).select_from(at.start).where(entry, at.match).exists())
    return found


def _equal(model: type[Base], each: Equal, dialect: str) -> ColumnElement[bool]:
    end = path_end(model, each.path) if each.path else model
    own = end.__table__.columns[each.column]
    narrowed = [own == bindparam(each.bound, type_=own.type)]
    if each.visible is not None:
        narrowed += aside(conditions(end, each.visible), dialect)
    return _at_end(model, each.path, end, narrowed)


def aside(narrowing: Sequence[ColumnElement[bool]], dialect: str) -> list[ColumnElement[bool]]:
    """Conditions that no index of SQLite's is to serve: without statistics the one on the estate, say, would seem as
    good as that on the phone.
    """
    return [func.coalesce(each, false()) for each in narrowing] if dialect == "sqlite" else list(narrowing)


def _begin(model: type[Base], each: Begin) -> ColumnElement[bool]:
    """The range of the index; or, of many, the column as no index has it, so that rows are met in the list's order."""
    end = path_end(model, each.path) if each.path else model
    own, text = end.__table__.columns[each.column], bindparam(each.bound, type_=end.__table__.columns[each.column].type)
    if each.is_few or each.path:
        return _at_end(model, each.path, end, [begins(own, text)])
    return begins(func.coalesce(own, ""), text)


def _at_end(
    model: type[Base], path: Path, end: type[Base], narrowed: Sequence[ColumnElement[bool]]
) -> ColumnElement[bool]:
    if not path:
        return and_(*narrowed)
    return follow(model, path, select(end.__table__.columns["id"]).where(*narrowed))


def begins(each: Any, text: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the column begins with the text: a range, which an index serves, since such columns sort by code
    points on both databases (`models.fields.Domain`).
    """
    return and_(each >= text, each < text + literal_column(f"'{LAST_CHARACTER}'"))


def starts_with(each: Any, text: str) -> ColumnElement[bool]:
    """Whether the column begins with the text, as typed or in the case of a code."""
    return or_(*(begins(each, literal(spelling)) for spelling in spellings(text)))


def spellings(text: str) -> list[str]:
    """A code as typed, in capitals and in small letters."""
    first = plain(text)
    return list(dict.fromkeys((first, first.upper(), first.lower())))


@lru_cache(maxsize=256)
def probe(columns: tuple[ColumnElement[Any], ...], texts: int) -> Select[Any]:
    """How many values of each column begin with each of so many texts, counted up to `most`."""
    counts = [
        select(func.count())
        .select_from(
            select(literal(1))
            .where(begins(each, bindparam(f"text_{at}", type_=each.type)))
            .limit(bindparam("most"))
            .subquery()
        )
        .scalar_subquery()
        for each in columns
        for at in range(texts)
    ]
    return select(*counts)
