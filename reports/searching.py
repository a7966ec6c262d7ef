"""What was typed into a search box, read: by which sources rows are found.

A text that is a phone or a number of a person as a whole finds by being equal; a code by how it begins; words, all of
them, in the search index. Sources without hope are left out, and none is joined to another by OR: a list takes the
first rows of each.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, combinations
from typing import Any

from sqlalchemy.orm import Session

from models.base import Base, target, words
from models.faults import Fault
from models.fields import Code, parse
from operations.scope import estate_column, path_end
from operations.search_documents import CODE, ESTATE, parts, references, searched, sign
from operations.search_index import kinds
from reports.search_sources import Begin, Equal, Path, Source, probe, spellings
from rules.grams import Wanted, wanted
from rules.permissions import NOTHING, Scope

LONGEST = 100
FEW = 20_000  # codes that begin so: looked up and sorted; rows with more are met by going through the newest
MOST_MANY = 3  # words with more codes than FEW among several, each of which doubles the sources
MOST_ESTATES = 12  # estates that are named in the index's own condition; more are told from the rows

ScopeOf = Callable[[type[Base]], Scope]


def nowhere(model: type[Base]) -> Scope:
    """The scope of somebody who sees personal columns of no row: none of them is searched."""
    return NOTHING


@dataclass(frozen=True, slots=True)
class Sought:
    """The sources of a text, none if nothing can be found, and the values that they bind."""

    sources: tuple[Source, ...]
    values: dict[str, Any]


def is_searched(model: type[Base]) -> bool:
    """Whether rows of the model are found by words, codes or numbers."""
    return bool(parts(model) or _exact_columns(model) or _code_columns(model))


def sought(session: Session, model: type[Base], typed: str, scope: Scope, personal: ScopeOf = nowhere) -> Sought:
    """How to find the rows of the model for what was typed."""
    reading = _Reading(session, model, scope, personal, {})
    said = typed.replace("\x00", "")[:LONGEST].strip()
    each_word = said.split()
    whole = reading.keys(said, "whole")
    sources = [Source(equals=((key,),)) for key in whole.found]
    if len(each_word) == 1:
        sources += [Source(begins=((each,),)) for each in reading.beginnings(said, "begins")]
        sources += [] if whole.is_personal else reading.one_word(said)
    elif not whole.is_personal:
        sources += reading.several_words(each_word)
    return Sought(tuple(sources), reading.values)


def says_estates(model: type[Base], scope: Scope) -> bool:
    """Whether the condition of words keeps inside the scope by itself."""
    is_bounded = scope.estates is not None and estate_column(model) is not None
    is_narrower = scope.buildings is not None or scope.staff_id is not None or scope.is_empty
    return not is_narrower and (not is_bounded or bool(_estates(model, scope)))


@dataclass(frozen=True, slots=True)
class _Keys:
    """The columns that a text may be the value of; `is_personal` if it reads like a phone and the like."""

    found: list[Equal]
    is_personal: bool


@dataclass(frozen=True, slots=True)
class _Word:
    """A word among several: what it is in texts, and the codes that begin with it."""

    text: list[Wanted] | None
    codes: list[Begin]

    @property
    def is_in_index(self) -> bool:
        """Whether its codes are few enough to be gathered by the index of words."""
        return all(each.is_few for each in self.codes)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was typed being read: what it is looked for in, for whom, and the values bound so far."""

    session: Session
    model: type[Base]
    scope: Scope
    personal: ScopeOf
    values: dict[str, Any]

    def keys(self, text: str, name: str) -> _Keys:
        """The columns whose value the text may be, where the person sees them."""
        found: list[Equal] = []
        is_personal = False
        for path, exact, hides in _exact_columns(self.model):
            value = _value(exact.type, text)
            if value is None:
                continue
            visible = self.personal(path_end(self.model, path) if path else self.model) if hides else None
            is_personal = is_personal or hides
            if visible is None or not visible.is_empty:
                bound = f"{name}_{len(found)}"
                self.values[bound] = value
                found.append(Equal(path, exact.name, bound, visible))
        return _Keys(found, is_personal)

    def beginnings(self, word: str, name: str) -> list[Begin]:
        """The columns in which codes do begin with the word, in each spelling that some have."""
        columns, texts = _code_columns(self.model), spellings(word)
        if not columns or not _is_code(word):
            return []
        statement = probe(tuple(column for _, column in columns), len(texts))
        values = {f"text_{at}": text for at, text in enumerate(texts)} | {"most": FEW + 1}
        numbers = iter(self.session.connection().execute(statement, values).one())
        found: list[Begin] = []
        for path, column in columns:
            for at, text in enumerate(texts):
                if number := next(numbers):
                    self.values[f"{name}_{at}"] = text
                    found.append(Begin(path, column.name, f"{name}_{at}", number <= FEW))
        return found

    def one_word(self, word: str) -> Iterator[Source]:
        """The word in texts; the codes that begin with it are sources of their own."""
        looked_for = wanted(word) if self.model in searched() else None
        if looked_for:
            yield self._in_index([(each, False) for each in looked_for])

    def several_words(self, each_word: Sequence[str]) -> Iterator[Source]:
        """All of the words: phones and the like among them by being equal, the rest in texts and codes."""
        keyed = [self.keys(word, f"word_{at}") for at, word in enumerate(each_word)]
        if any(keys.is_personal and not keys.found for keys in keyed):
            return  # a number that the person may not look for
        groups = [tuple(keys.found) for keys in keyed if keys.found]
        rest = [
            _Word(wanted(word), self.beginnings(word, f"code_{at}"))
            for at, (word, keys) in enumerate(zip(each_word, keyed, strict=True))
            if not keys.found
        ]
        for source in self._of_all(rest):
            if not groups:
                yield source
            for key in groups[0] if groups else ():
                yield replace(source, equals=((key,), *groups[1:]))

    def _of_all(self, rest: Sequence[_Word]) -> Iterator[Source]:
        """The words in the index; and again, for words that too many codes begin with, with these asked of the rows."""
        many = [word for word in rest if not word.is_in_index][:MOST_MANY]
        for asked in chain.from_iterable(combinations(many, size) for size in range(len(many) + 1)):
            source = self._of_words([word for word in rest if word not in asked])
            if source is not None:
                groups = (tuple(replace(each, is_few=False) for each in word.codes) for word in asked)
                yield replace(source, begins=tuple(groups))

    def _of_words(self, rest: Sequence[_Word]) -> Source | None:
        if not rest:
            return Source()
        if self.model not in searched() or any(word.text is None for word in rest):
            return None
        pieces = [(each, bool(word.codes) and word.is_in_index) for word in rest for each in word.text or ()]
        return self._in_index(pieces)

    def _in_index(self, pieces: Sequence[tuple[Wanted, bool]]) -> Source:
        number, dialect = kinds(self.session)[self.model], self.session.connection().dialect.name
        name, mark = f"match_{len(self.values)}", sign(number)
        self.values.update({"kind": number, name: _match(pieces, mark, _estates(self.model, self.scope), dialect)})
        if dialect != "sqlite":
            return Source(match=name)
        texts = [" ".join(mark + gram for gram in each.grams) for each, _ in pieces if len(each.grams) > 1]
        phrases = {f"{name}_{at}": text for at, text in enumerate(texts)}
        self.values.update(phrases)
        return Source(match=name, phrases=tuple(phrases))


@cache
def _exact_columns(model: type[Base], path: Path = ()) -> tuple[tuple[Path, Any, bool], ...]:
    """The columns that are searched by their whole value, own ones and across references; whether each is personal."""
    found = [
        (path, column, declared.personal)
        for column in model.__table__.columns
        if (declared := words(column)) and declared.search == "exact"
    ]
    for reference in references(model):
        parent = target(reference)
        if parent is not None and parent is not model:
            found += _exact_columns(parent, (*path, reference.name))
    return tuple(found)


@cache
def _code_columns(model: type[Base]) -> tuple[tuple[Path, Any], ...]:
    """The columns whose beginning is searched: own ones and the codes that documents hold."""
    own = [((), column) for column in model.__table__.columns if (said := words(column)) and said.search == "prefix"]
    further = [
        (part.path, path_end(model, part.path).__table__.columns[part.column])
        for part in parts(model)
        if part.is_code and part.path
    ]
    return (*own, *further)


def _value(column_type: Any, text: str) -> Any:
    """The value as it would be stored; None for a text that can be none."""
    try:
        return parse(column_type, text).value
    except Fault:
        return None


def _is_code(word: str) -> bool:
    """Whether a code, or an address, may begin so."""
    return _value(Code(LONGEST), word.replace("@", "")) is not None


def _estates(model: type[Base], scope: Scope) -> Sequence[int]:
    """The estates that the index is asked for, none if all or too many."""
    if estate_column(model) is None or scope.estates is None or len(scope.estates) > MOST_ESTATES:
        return []
    return sorted(scope.estates)


def _match(pieces: Sequence[tuple[Wanted, bool]], mark: str, estates: Sequence[int], dialect: str) -> str:
    """The condition on the index as the database reads it; a piece may be in a text or, if it says so, in a code.

    Grams hold none of the signs that mean something there (`rules.grams`).
    """
    is_sqlite = dialect == "sqlite"
    terms = [_term(each, mark, is_sqlite, or_code) for each, or_code in pieces]
    if estates:
        places = [_quoted(f"{mark}{ESTATE}{estate_id}", is_sqlite) for estate_id in estates]
        terms.append("(" + (" OR " if is_sqlite else " | ").join(places) + ")")
    return (" AND " if is_sqlite else " & ").join(terms)


def _term(each: Wanted, mark: str, is_sqlite: bool, or_code: bool) -> str:
    grams = [_quoted(mark + gram, is_sqlite) for gram in each.grams]
    ending = ("*" if is_sqlite else ":*") if each.is_open else ""
    grams[-1] += ending
    if or_code and len(grams) == 1:
        code = _quoted(mark + CODE + each.grams[0], is_sqlite) + ending
        return f"({grams[0]} OR {code})" if is_sqlite else f"({grams[0]} | {code})"
    return "(" + (" AND " if is_sqlite else " <-> ").join(grams) + ")"


def _quoted(gram: str, is_sqlite: bool) -> str:
    return f'"{gram}"' if is_sqlite else f"'{gram}'"
