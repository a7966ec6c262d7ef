"""Of what the search documents are made: which columns, across which references, and whose change makes them stale."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Enum, FromClause, Select, String, select
from sqlalchemy.orm import Session

from models.base import Base, entity, model_of_table, target, words
from models.fields import Code, Domain
from operations.scope import estate_column, path_end
from rules.grams import Chunk, chunks, simple

AT_ONCE = 2_000  # rows that the driver hands over together

FORM = 1  # of the documents, to be counted up when they are made otherwise of the same columns
CODE = "="  # before a gram of a code, so that the beginning of a word is not looked for among all the codes
ESTATE = "@"
_SIGNS = 0xE000  # the private-use characters: no letter of any text

Path = tuple[str, ...]
Document = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Part:
    """A column that a document holds, at the end of a path of foreign keys (`operations.scope.follow`)."""

    path: Path
    column: str
    is_code: bool

    @property
    def is_own_code(self) -> bool:
        return self.is_code and not self.path

    @property
    def steps_back(self) -> bool:
        """Whether many rows stand at the end of the path instead of one."""
        return any("." in step for step in self.path)


@dataclass(frozen=True, slots=True)
class Watch:
    """A change of these columns makes documents of `model` stale: of the rows from which `path` leads to the value
    of `key` in the changed row.
    """

    columns: frozenset[str]
    model: type[Base]
    path: Path
    key: str


@dataclass(frozen=True, slots=True)
class Texts:
    """Rows with id, estate and the texts that come along; and by id what stands at the ends of paths to many rows."""

    rows: Sequence[Any]
    several: Mapping[int, Sequence[tuple[str, bool]]]


@cache
def parts(model: type[Base]) -> tuple[Part, ...]:
    """What the documents of the model hold; nothing for one that no words are searched in."""
    found = list(_own(model))
    for column in references(model):
        found += _title_parts(model, (column.name,))
    if model.__entity__ is not None and (path := model.__entity__.found_by):
        found += [Part(path, part.column, part.is_code) for part in _own(path_end(model, path))]
    return tuple(dict.fromkeys(found))


def references(model: type[Base]) -> list[Any]:
    """The foreign keys that the search goes through: those declared so, and those that name a row."""
    if model.__entity__ is None:
        return []
    named = model.__entity__.title
    return [
        column
        for column in model.__table__.columns
        if target(column) is not None and (declared := words(column)) and (declared.search or column.name in named)
    ]


@cache
def searched() -> tuple[type[Base], ...]:
    """The models that have documents, in a fixed order: those with more to be found by than their code."""
    models: list[type[Base]] = [
        mapper.class_ for mapper in Base.registry.mappers if mapper.class_.__entity__ is not None
    ]
    found = [model for model in models if any(not part.is_own_code for part in parts(model))]
    return tuple(sorted(found, key=lambda model: entity(model).name))


def made_of(model: type[Base]) -> str:
    """The recipe of the model's documents as a text: when it changes, they are to be made anew."""
    said = ("/".join((*part.path, part.column)) + ("#" if part.is_code else "") for part in parts(model))
    return f"{FORM} {' '.join(said)}"


@cache
def watches() -> Mapping[type[Base], Sequence[Watch]]:
    """By changed model: what its changes make stale."""
    found: dict[type[Base], dict[Watch, None]] = defaultdict(dict)
    for model in searched():
        for part in parts(model):
            for changed, watch in _watches_of(model, part):
                found[changed][watch] = None
    return {model: _merged(each) for model, each in found.items()}


def _watches_of(model: type[Base], part: Part) -> Iterator[tuple[type[Base], Watch]]:
    place = model
    for number, step in enumerate(part.path):
        before = part.path[:number]
        table_name, _, column = step.rpartition(".")
        if table_name:
            place = model_of_table(table_name)
            yield place, Watch(frozenset({column}), model, before, column)
        else:
            key, at = ("id", before) if not number or "." not in part.path[number - 1] else _stepped(part.path, number)
            yield place, Watch(frozenset({column}), model, at, key)
            place = path_end(place, (step,))
    yield place, Watch(frozenset({part.column}), model, part.path, "id")


def _stepped(path: Path, number: int) -> tuple[str, Path]:
    """The row that a step back led to points at what counts by itself."""
    return path[number - 1].rpartition(".")[2], path[: number - 1]


def _merged(each: Mapping[Watch, None]) -> list[Watch]:
    columns: dict[tuple[type[Base], Path, str], frozenset[str]] = {}
    for watch in each:
        place = (watch.model, watch.path, watch.key)
        columns[place] = columns.get(place, frozenset()) | watch.columns
    return [Watch(names, *place) for place, names in columns.items()]


def documents(
    session: Session, model: type[Base], number: int, bounds: Sequence[ColumnElement[bool]]
) -> Iterator[Document]:
    """The documents of the rows within the bounds: their ids and their grams."""
    several = _several(session, model, bounds)
    rows = session.connection().execute(_one_row_each(model).where(*bounds))
    for some in rows.partitions(AT_ONCE):
        yield from made_documents(model, number, Texts(some, several))


def read_texts(session: Session, model: type[Base], bounds: Sequence[ColumnElement[bool]]) -> Texts:
    """What the documents of the rows within the bounds are made of."""
    several = _several(session, model, bounds)
    return Texts(session.connection().execute(_one_row_each(model).where(*bounds)).all(), several)


def made_documents(model: type[Base], number: int, texts: Texts) -> list[Document]:
    """The documents of these rows: their ids and their grams. Without the database."""
    if not texts.rows:
        return []
    mark = sign(number)
    ids, estates, *columns = zip(*texts.rows, strict=True)
    has_estate = estate_column(model) is not None
    said: list[Sequence[str]] = [
        [f"{mark}{ESTATE}{each}" if has_estate and each is not None else "" for each in estates]
    ]
    said += [_encoded(mark, part.is_code, column) for part, column in zip(_read_along(model), columns, strict=True)]
    said += [_encoded_several(mark, ids, texts.several)] if texts.several else []
    of_each = zip(*said, strict=True)
    joined = map("  ".join, of_each) if all(map(all, said)) else ("  ".join(filter(None, each)) for each in of_each)
    return list(zip(ids, joined, strict=True))


def _encoded_several(mark: str, ids: Sequence[int], several: Mapping[int, Sequence[tuple[str, bool]]]) -> Sequence[str]:
    """What the documents of these rows hold of many rows each."""
    flat = [(row_id, *said) for row_id in ids if row_id in several for said in several[row_id]]
    encoded = {
        is_code: iter(_encoded(mark, is_code, [text for _, text, splits in flat if splits is not is_code]))
        for is_code in (False, True)
    }
    found: dict[int, list[str]] = defaultdict(list)
    for row_id, _, splits in flat:
        found[row_id].append(next(encoded[not splits]))
    return ["  ".join(filter(None, found[row_id])) if row_id in found else "" for row_id in ids]


def _encoded(mark: str, is_code: bool, texts: Sequence[str | None]) -> Sequence[str]:
    """The chunks of each text as the index keeps them: one blank inside a chunk, two between them; "" of none."""
    prefix = mark + CODE if is_code else mark
    there = [text for text in texts if text]
    found = simple(there, parts=not is_code) if there else ()
    if found is not None:
        encoded = (_joined(prefix, chunk) for chunk in found)
    else:
        encoded = ("  ".join([_joined(prefix, each) for each in chunks(text, parts=not is_code)]) for text in there)
    return list(encoded) if len(there) == len(texts) else [next(encoded) if text else "" for text in texts]


def _joined(prefix: str, chunk: Chunk) -> str:
    return prefix + f" {prefix}".join(chunk)


def sign(number: int) -> str:
    """What every gram of the entity with that number begins with, so that words common elsewhere cost nothing."""
    return chr(_SIGNS + number)


def _read_along(model: type[Base]) -> list[Part]:
    """The parts of a document that come with the row itself."""
    return [part for part in parts(model) if not part.steps_back]


@cache
def _one_row_each(model: type[Base]) -> Select[Any]:
    table, own = model.__table__, _read_along(model)
    source: FromClause = table
    joined: dict[Path, FromClause] = {(): table}
    for path in sorted({part.path[:length] for part in own for length in range(1, len(part.path) + 1)}, key=len):
        parent = path_end(model, path)
        joined[path] = parent.__table__.alias()
        source = source.outerjoin(joined[path], joined[path].c.id == joined[path[:-1]].c[path[-1]])
    estate = estate_column(model)
    columns = [joined[part.path].c[part.column] for part in own]
    return select(table.c.id, table.c.id if estate is None else estate, *columns).select_from(source)


def _several(
    session: Session, model: type[Base], bounds: Sequence[ColumnElement[bool]]
) -> Mapping[int, Sequence[tuple[str, bool]]]:
    """What stands at the end of paths that lead to many rows, by the row they start from."""
    found: dict[int, list[tuple[str, bool]]] = defaultdict(list)
    for part in parts(model):
        if part.steps_back:
            rows = session.connection().execute(_many_rows_each(model, part).where(*bounds))
            for row_id, value in rows.all():
                if value:
                    found[row_id].append((value, not part.is_code))
    return found


def _many_rows_each(model: type[Base], part: Part) -> Select[Any]:
    table, place = model.__table__, model
    source: FromClause = table
    last: FromClause = table
    for step in part.path:
        table_name, _, column = step.rpartition(".")
        parent = model_of_table(table_name) if table_name else path_end(place, (step,))
        following = parent.__table__.alias()
        joined = following.c[column] == last.c.id if table_name else following.c.id == last.c[column]
        source, last, place = source.join(following, joined), following, parent
    value = last.c[part.column]
    return select(table.c.id, value).select_from(source).order_by(table.c.id, last.c.id)


def _own(model: type[Base]) -> Iterator[Part]:
    for column in model.__table__.columns:
        if (declared := words(column)) and declared.search in ("words", "prefix") and _is_text(column):
            yield Part((), column.name, isinstance(column.type, Code))


def _title_parts(model: type[Base], path: Path) -> Iterator[Part]:
    end = path_end(model, path)
    for name in entity(end).title if end.__entity__ is not None else ():
        column = end.__table__.columns[name]
        if target(column) is not None:
            yield from _title_parts(model, (*path, name))
        elif _is_text(column):
            yield Part(path, name, isinstance(column.type, Code))


def _is_text(column: Any) -> bool:
    """Whether words are in it that may be in the index: no phones, addresses or numbers of persons."""
    declared = words(column)
    is_open = declared is not None and not (declared.personal or declared.secret)
    kind = column.type
    is_own_kind = isinstance(kind, Domain) and not isinstance(kind, Code)
    return is_open and isinstance(kind, String | Domain) and not isinstance(kind, Enum) and not is_own_kind
