"""Documents put into the search index: by what each database does fastest."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from models.search_entry import SearchEntry
from operations.inserting import MANY, insert_many
from operations.search_documents import Document

Taken = tuple[Sequence[int], Sequence[str]]  # ids, and documents as the database takes them

_ENTRIES = cast(Table, SearchEntry.__table__)  # a mapped class has a Table

MERGED = 4  # pieces of one size, as the full-text table does where nothing is said
_MERGING = text("INSERT INTO search_gram (search_gram, rank) VALUES ('automerge', :segments)")
_REPLACING = " ON CONFLICT (id) DO UPDATE SET grams = excluded.grams WHERE search_entry.grams <> excluded.grams"
# Long texts: the driver would take as long to write down arrays as it takes to make what is in them.
_REPLACE = text(
    "INSERT INTO search_entry (id, grams) SELECT * FROM"
    " unnest(CAST(string_to_array(:ids, ' ') AS bigint[]), CAST(string_to_array(:grams, chr(10)) AS tsvector[]))"
    + _REPLACING
)


def put(session: Session, entries: Sequence[Document], are_new: bool = False) -> None:
    """Write documents, each in place of the one that the row had; `are_new` if there are none of these rows yet."""
    put_taken(session, *as_taken(session.connection().dialect.name, entries), are_new)


def put_taken(session: Session, ids: Sequence[int], documents: Sequence[str], are_new: bool = False) -> None:
    """The same of documents that `as_taken` made ready."""
    if not ids:
        return
    is_postgresql = session.connection().dialect.name == "postgresql"
    if is_postgresql and not are_new:  # the blank keeps the text of a single empty document from being that of none
        said = {"ids": " ".join(map(str, ids)), "grams": "\n".join([f" {each}" for each in documents])}
        session.connection().execute(_REPLACE, said)
    else:  # many to a statement: the full-text table puts away what it holds in memory at the end of each
        insert_many(
            session, _ENTRIES, ("id",), (ids,), texts={"grams": documents}, ending="" if are_new else _REPLACING
        )


@contextmanager
def merged_later(session: Session, count: int) -> Iterator[None]:
    """Around `count` documents: of many, what the full-text table of SQLite puts away is not merged each time there is
    more, which takes half as long as putting it away. The next that are written see to it, little by little.
    """
    if count < MANY or session.connection().dialect.name != "sqlite":
        yield
        return
    session.connection().execute(_MERGING, {"segments": 0})
    yield
    session.connection().execute(_MERGING, {"segments": MERGED})


def as_taken(dialect: str, entries: Sequence[Document]) -> Taken:
    """The documents as the database takes them, apart from their ids. Without the database."""
    ids, documents = zip(*entries, strict=True) if entries else ((), ())
    return ids, documents if dialect == "sqlite" else [vector(each) for each in documents]


def vector(grams: str) -> str:
    """A document as PostgreSQL reads it: each gram at its position, a gap between chunks."""
    found, position = [], 0
    for chunk in grams.split("  "):
        for gram in chunk.split():
            position += 1
            found.append(f"'{gram}':{min(position, 16383)}")
        position += 1
    return " ".join(found)
