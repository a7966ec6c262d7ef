"""The search index kept right: documents follow the rows in the transaction that changes them, or are made anew."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from models.base import Base, entity
from models.search_entry import KINDS, POSTGRESQL_DDL, TRIGGERS, SearchEntry, SearchKind
from operations import scope
from operations.ahead import made_ahead
from operations.chunks import among, chunks, spans
from operations.recording import Added, Written
from operations.search_documents import (
    Document,
    Texts,
    Watch,
    documents,
    made_documents,
    made_of,
    read_texts,
    searched,
    sign,
    watches,
)
from operations.search_entries import Taken, as_taken, merged_later, put, put_taken, vector

__all__ = [
    "check",
    "derive",
    "derive_added",
    "forget",
    "kinds",
    "noted",
    "put",
    "rebuild",
    "refresh",
    "remove",
    "settle",
    "sign",
    "vector",
]

AT_ONCE = 5000  # documents in one statement
_LOCK = 7_301  # the first half of the advisory locks of this module
_PENDING = "search_index"  # in Session.info: what the transaction has written

Value = TypeVar("Value")

_ENTRIES, _KINDS = cast(Table, SearchEntry.__table__), cast(Table, SearchKind.__table__)  # a mapped class has a Table


@dataclass(slots=True)
class _Noted:
    """What a write meant for the index: a few numbers for each row, however much was written."""

    touched: dict[Watch, set[int]] = field(default_factory=lambda: defaultdict(set))
    gone: dict[type[Base], set[int]] = field(default_factory=lambda: defaultdict(set))
    estates: set[int] = field(default_factory=set)
    reaches_others: bool = False

    def add(self, other: "_Noted") -> None:
        for watch, ids in other.touched.items():
            self.touched[watch] |= ids
        for model, ids in other.gone.items():
            self.gone[model] |= ids
        self.estates |= other.estates
        self.reaches_others |= other.reaches_others


def derive(session: Session, written: Sequence[Written]) -> Sequence[Written]:
    """Note the rows written by which any are found; `settle` brings the documents in line when the transaction ends."""
    watched = watches()
    by_model: dict[type[Base], list[Written]] = defaultdict(list)
    for change in written:
        if change.model in watched:
            by_model[change.model].append(change)
    if by_model:
        _pending(session).append(_noted_of(by_model))
    return ()


def derive_added(session: Session, added: Added) -> None:
    """The same for rows that came in together."""
    found = _Noted(estates={each or 0 for each in added.columns.get("estate_id", (0,))})
    for watch in watches().get(added.model, ()):
        if not watch.path:
            keys = added.ids if watch.key == "id" else added.columns[watch.key]
            found.touched[watch] |= set(keys) - {None}
    if found.touched:
        _pending(session).append(found)


def settle(session: Session) -> None:
    """Bring the documents in line of the rows that were written, and of those that are found by their words.

    At the end of the transaction, when it has locked every row that it writes: whoever has their turn here needs
    nothing any more of those who wait for it.
    """
    found, pending = _Noted(), _pending(session)
    while pending:
        found.add(pending.pop())
    if found.touched or found.gone:
        numbers = kinds(session)
        _take_turns(session, found)
        for model, ids in found.gone.items():
            remove(session, numbers[model], ids)
        stale = _stale(session, found.touched)
        with merged_later(session, sum(map(len, stale.values()))):
            for model, ids in stale.items():
                _bring_in_line(session, model, numbers[model], ids)


def forget(session: Session, since: int = 0) -> None:
    """Drop what was noted: of a transaction that was rolled back, or of a part of it that began with `since`."""
    del _pending(session)[since:]


def noted(session: Session) -> int:
    """How much the transaction has noted so far: for `forget`, when what follows is rolled back alone."""
    return len(_pending(session))


def _pending(session: Session) -> list[_Noted]:
    found: list[_Noted] = session.info.setdefault(_PENDING, [])
    return found


def kinds(session: Session) -> Mapping[type[Base], int]:
    """The number of each searched model in the index; a model that is new gets one."""
    known = dict(session.execute(select(SearchKind.entity, SearchKind.id)).all())
    missing = [model for model in searched() if entity(model).name not in known]
    if missing:
        _number(session, missing, max(known.values(), default=0))
        return kinds(session)
    return {model: known[entity(model).name] for model in searched()}


def rebuild(session: Session) -> None:
    """Make every document anew, in one transaction of its own; nobody else writes meanwhile."""
    session.rollback()
    dialect = session.connection(execution_options={"sqlite_begin": "IMMEDIATE"}).dialect.name
    session.execute(delete(_KINDS))
    _number(session, searched(), 0)
    for statement in _EMPTIED[dialect]:
        session.execute(text(statement))
    for model, number in kinds(session).items():
        for some in _batches(_entries(session, model, number, ())):
            put(session, some, are_new=True)
    for statement in _FILLED[dialect]:
        session.execute(text(statement))
    session.commit()


def refresh(session: Session) -> bool:
    """Rebuild if documents are made of something else than they were when it was filled; says whether it did.

    After a migration: the first that brings the index, or one that brings a column by which rows are found.
    """
    known = dict(session.execute(select(SearchKind.entity, SearchKind.made_of)).all())
    stale = [model for model in searched() if known.get(entity(model).name) != made_of(model)]
    if any(session.scalar(select(model.__table__.columns["id"]).limit(1)) is not None for model in stale):
        rebuild(session)
        return True
    for model in stale:
        session.execute(delete(_KINDS).where(_KINDS.c.entity == entity(model).name))
    kinds(session)
    session.commit()
    return False


def check(session: Session, at_most: int | None = None) -> Mapping[str, list[int]]:
    """By entity: the rows whose document is not what it should be, is missing or has no row; of the newest ones only
    with `at_most`. Writes nothing.
    """
    found: dict[str, list[int]] = {}
    for model, number in kinds(session).items():
        table = model.__table__
        newest = session.scalar(select(func.max(table.c.id))) or 0
        bounds = () if at_most is None else (table.c.id > newest - at_most,)
        stored = _stored(session, number, 0 if at_most is None else max(newest - at_most + 1, 0))
        wrong: set[int] = set()
        for some in _batches(documents(session, model, number, bounds)):
            kept = _as_kept(session, [grams for _, grams in some])
            wrong |= {row_id for (row_id, _), grams in zip(some, kept, strict=True) if stored.pop(row_id, "") != grams}
        wrong |= stored.keys()
        if wrong:
            found[entity(model).name] = sorted(wrong)
    return found


def _stored(session: Session, number: int, first: int) -> dict[int, str]:
    bounds = (_ENTRIES.c.id >= first * KINDS, _ENTRIES.c.id % KINDS == number)
    statement = select(_ENTRIES.c.id, sql_cast(_ENTRIES.c.grams, Text)).where(*bounds)
    return {entry_id // KINDS: grams for entry_id, grams in session.execute(statement)}


def _as_kept(session: Session, documents: Sequence[str]) -> Sequence[str]:
    if session.connection().dialect.name == "sqlite":
        return documents
    statement = text("SELECT CAST(CAST(each AS tsvector) AS text) FROM unnest(CAST(:all AS text[])) AS each")
    return session.scalars(statement, {"all": [vector(grams) for grams in documents]}).all()


def remove(session: Session, number: int, row_ids: Iterable[int]) -> None:
    """Take the documents of rows that are gone out of the index."""
    for wanted in among(session, _ENTRIES.c.id, [row_id * KINDS + number for row_id in sorted(row_ids)]):
        session.execute(delete(_ENTRIES).where(wanted))


def _noted_of(by_model: Mapping[type[Base], Sequence[Written]]) -> _Noted:
    """The rows that documents hang on, by how; those that are gone, by model; and where all of it happened."""
    found = _Noted()
    for model, changes in by_model.items():
        watched = watches()[model]
        found.estates |= {(change.after or change.before or {}).get("estate_id") or 0 for change in changes}
        found.reaches_others |= any(w.path for w in watched) and any(change.before for change in changes)
        for watch in watched:
            is_own = watch.model is model and not watch.path and watch.key == "id"
            if is_own and (gone := {change.id for change in changes if change.after is None}):
                found.gone[model] |= gone
            if ids := _moved(changes, watch, is_own):
                found.touched[watch] |= ids
    return found


def _moved(changes: Sequence[Written], watch: Watch, is_own: bool) -> set[int]:
    """What the watch is about in the rows that moved it. Nothing points yet, or any more, at a row that comes or goes;
    the document of one that goes is removed.
    """
    key, found = watch.key, set[int | None]()
    if not watch.path:
        found |= {change.after[key] for change in changes if change.before is None and change.after is not None}
        if not is_own:
            found |= {change.before[key] for change in changes if change.before is not None and change.after is None}
    for change in changes:
        before, after = change.before, change.after
        if before is not None and after is not None and any(before[name] != after[name] for name in watch.columns):
            found |= {before[key], after[key]}
    return {each for each in found if each is not None}


def _stale(session: Session, touched: Mapping[Watch, set[int]]) -> Mapping[type[Base], set[int]]:
    """The rows whose documents are to be made anew, by model. Only who has their turn sees all of them."""
    stale: dict[type[Base], set[int]] = {}
    for watch, ids in touched.items():
        found = set(_starting(session, watch, ids)) if watch.path else ids
        stale[watch.model] = stale[watch.model] | found if watch.model in stale else found
    return stale


def _starting(session: Session, watch: Watch, ids: Iterable[int]) -> Iterator[int]:
    for some in chunks(sorted(ids)):
        yield from session.connection().execute(_leading(watch.model, watch.path), {"ids": some}).scalars()


@cache
def _leading(model: type[Base], path: tuple[str, ...]) -> Select[Any]:
    """The rows from which the path leads to these ids; made once, since every save asks for some."""
    wanted: BindParameter[int] = bindparam("ids", expanding=True)
    return select(model.__table__.columns["id"]).where(scope.follow(model, path, wanted))


def _take_turns(session: Session, found: _Noted) -> None:
    """On PostgreSQL, inside an estate: who changes what other rows are found by writes alone.

    Otherwise a new ticket and a new name of its owner, written at the same moment, would not see each other.
    """
    if session.connection().dialect.name != "postgresql":
        return
    lock = func.pg_advisory_xact_lock if found.reaches_others else func.pg_advisory_xact_lock_shared
    for estate_id in sorted(found.estates):
        session.execute(select(lock(literal(_LOCK), literal(estate_id))))


def _bring_in_line(session: Session, model: type[Base], number: int, ids: Iterable[int]) -> None:
    read = (read_texts(session, model, [bounds]) for bounds in spans(model.__table__.columns["id"], ids))
    with closing(made_ahead(read, partial(_made, session.connection().dialect.name, model, number))) as ready:
        for ids_and_documents in ready:
            put_taken(session, *ids_and_documents)


def _made(dialect: str, model: type[Base], number: int, texts: Texts) -> Taken:
    made = made_documents(model, number, texts)
    return as_taken(dialect, [(row_id * KINDS + number, grams) for row_id, grams in made])


def _entries(
    session: Session, model: type[Base], number: int, bounds: Sequence[ColumnElement[bool]]
) -> Iterator[Document]:
    for row_id, grams in documents(session, model, number, bounds):
        yield row_id * KINDS + number, grams


def _batches(values: Iterable[Value]) -> Iterator[list[Value]]:
    left = iter(values)
    while some := list(islice(left, AT_ONCE)):
        yield some


def _number(session: Session, models: Sequence[type[Base]], after: int) -> None:
    rows = [
        {"id": number, "entity": entity(model).name, "made_of": made_of(model)}
        for number, model in enumerate(models, start=after + 1)
    ]
    session.execute(insert(_KINDS), rows)


_EMPTIED = {
    "sqlite": (
        *(f"DROP TRIGGER {name}" for name in TRIGGERS),
        "DELETE FROM search_entry",
        "INSERT INTO search_gram (search_gram) VALUES ('delete-all')",
    ),
    "postgresql": ("TRUNCATE search_entry", "DROP INDEX ix_search_entry_grams"),
}
_FILLED = {
    "sqlite": ("INSERT INTO search_gram (search_gram) VALUES ('rebuild')", *TRIGGERS.values()),
    "postgresql": (*POSTGRESQL_DDL, "ANALYZE search_entry"),
}
