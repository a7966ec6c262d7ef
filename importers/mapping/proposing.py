"""What a file's columns seem to hold: by what is remembered, their headings, and what stands in them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from importers.mapping import content
from importers.mapping.fields import Field, Wordings, fields, known_spellings, no_wordings
from importers.mapping.similarity import similar
from importers.reading.known_headings import normalised, without_brackets
from importers.settings import Settings, Source
from models.base import Base, entity
from models.fields import IdNumber, Phone

APPLIED = 80  # a match of this confidence is applied unasked, a weaker one only offered
OFFERED = 50  # a weaker one is not even offered
LONGEST_HEADING = 200  # characters: more is no heading, and would take long to compare
LOOKED_AT = 60  # filled cells of a column whose content is judged

Known = Callable[[str, Sequence[str]], int]  # how many of the texts are values of that field in this estate already


@dataclass(frozen=True, slots=True)
class Match:
    """What a column of the file seems to hold: `field` by name with a `confidence` from 0 to 100 and `why`
    (remembered, label, alias, similar, content, or nothing). `rival` is the heading that goes before it for a field.
    """

    column: int
    heading: str
    field: str | None = None
    confidence: int = 0
    why: str = ""
    rival: str | None = None

    @property
    def is_applied(self) -> bool:
        """Whether it holds as long as nobody decides otherwise."""
        return self.field is not None and self.confidence >= APPLIED


@dataclass(frozen=True, slots=True)
class PartOffer:
    """A column that seems to hold two things: divided at `splitter` its pieces fill `fields`, as in `example`."""

    column: int
    heading: str
    splitter: str
    fields: tuple[str, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a file seems to hold, a match for each of its columns. `headings` by field as we head columns ourselves,
    `date_orders` by column index as the sample shows.
    """

    matches: list[Match]
    headings: dict[str, str] = field(default_factory=dict)
    unmatched_needed: list[str] = field(default_factory=list)
    offers: list[PartOffer] = field(default_factory=list)
    date_orders: dict[int, str] = field(default_factory=dict)
    remembered: Settings | None = None

    def sources(self) -> dict[str, Source]:
        """The fields that are filled unasked."""
        return {match.field: Source(match.column) for match in self.matches if match.field and match.is_applied}

    def as_json(self) -> dict[str, Any]:
        """As the report of a run keeps it."""
        return {
            "matches": [asdict(match) for match in self.matches],
            "unmatched_needed": self.unmatched_needed,
            "offers": [asdict(offer) for offer in self.offers],
            "date_orders": {str(index): order for index, order in self.date_orders.items()},
            "remembered": self.remembered is not None,
        }


@dataclass(frozen=True, slots=True)
class _Guess:
    confidence: int
    column: int
    field: Field
    why: str


def propose(
    model: type[Base],
    header: Sequence[str],
    sample: Sequence[Sequence[str]],
    wordings: Wordings = no_wordings,
    remembered: Settings | None = None,
    known: Known | None = None,
) -> Proposal:
    """What each column of the file seems to hold; `sample` are some first rows, `known` looks values up in the estate.

    A field goes to the column that is surest of it, the first of equals; what is left over may be offered elsewhere.
    """
    columns = [_texts(sample, index) for index in range(len(header))]
    guesses = [*_remembered(model, header, remembered), *_by_heading(model, header, wordings)]
    sure = {guess.column for guess in guesses if guess.confidence >= APPLIED}
    rest = [index for index in range(len(header)) if index not in sure]
    guesses += _by_content(model, header, columns, rest, guesses, known)
    matches = _settled(header, guesses)
    filled = {match.field for match in matches if match.is_applied} | set((remembered and remembered.columns) or {})
    return Proposal(
        matches,
        {column.name: column.heading(wordings) for column in fields(model)},
        [column.name for column in fields(model) if column.is_needed and column.name not in filled],
        _offers(model, header, columns, matches),
        {index: order for index, texts in enumerate(columns) if (order := content.date_order(texts)) is not None},
        remembered,
    )


def _texts(sample: Sequence[Sequence[str]], index: int) -> list[str]:
    return [text for row in sample if index < len(row) and (text := row[index].strip())]


def _remembered(model: type[Base], header: Sequence[str], remembered: Settings | None) -> Iterable[_Guess]:
    columns = {column.name: column for column in fields(model)}
    for name, source in ((remembered and remembered.columns) or {}).items():
        if name in columns and source.column is not None and 0 <= source.column < len(header):
            yield _Guess(100, source.column, columns[name], "remembered")


def _by_heading(model: type[Base], header: Sequence[str], wordings: Wordings) -> Iterable[_Guess]:
    spellings = known_spellings(model, wordings)
    own = entity(model)
    for index, heading in enumerate(header):
        short = heading[:LONGEST_HEADING]
        exact, bare = normalised(short), normalised(without_brackets(short))
        column = spellings.get(exact) or spellings.get(bare)
        if column is not None:
            labels = {normalised(label) for label in (column.words.label, *wordings(column.words.label))}
            why = "label" if {exact, bare} & labels else "alias"
            yield _Guess(99 if exact in spellings else 95, index, column, why)
            continue
        subjects = {normalised(label) for label in (own.label, *wordings(own.label))}
        for spelling, known in spellings.items():
            is_number = isinstance(known.type, Phone | IdNumber)
            if (confidence := similar(bare, spelling, subjects, is_number=is_number)) >= OFFERED:
                yield _Guess(confidence, index, known, "similar")


def _by_content(
    model: type[Base],
    header: Sequence[str],
    columns: Sequence[Sequence[str]],
    rest: Iterable[int],
    guesses: Sequence[_Guess],
    known: Known | None,
) -> Iterable[_Guess]:
    """What the texts say of the columns whose headings say too little; a heading that is alike makes it surer."""
    alike = {(guess.column, guess.field.name): guess.confidence for guess in guesses}
    for index in rest:
        texts = columns[index][:LOOKED_AT]
        is_nameless = content.is_nameless(header[index])
        for column in fields(model) if texts else ():
            confidence = content.confidence(model, column, texts, is_nameless=is_nameless)
            if known is not None and content.may_be_known(column, texts):
                is_known = known(column.name, texts) >= content.MOST * len(texts)
                confidence = content.KNOWN if is_known else confidence
            if confidence and alike.get((index, column.name), 0) >= content.ALIKE:
                confidence = max(confidence, content.BOTH)
            if confidence >= OFFERED:
                yield _Guess(confidence, index, column, "content")


def _settled(header: Sequence[str], guesses: Iterable[_Guess]) -> list[Match]:
    matches: dict[int, Match] = {}
    rivals: dict[int, str] = {}
    taken: dict[str, int] = {}
    for guess in sorted(guesses, key=lambda guess: (-guess.confidence, guess.column)):
        name = guess.field.name
        if guess.column in matches:
            continue
        if name in taken and guess.confidence >= APPLIED and guess.why != "content":
            rivals.setdefault(guess.column, header[taken[name]])
        elif name not in taken:
            taken[name] = guess.column
            found = Match(guess.column, header[guess.column], name, guess.confidence, guess.why)
            matches[guess.column] = found
    return [
        replace(matches.get(index) or Match(index, heading), rival=rivals.get(index))
        for index, heading in enumerate(header)
    ]


def _offers(
    model: type[Base], header: Sequence[str], columns: Sequence[Sequence[str]], matches: Sequence[Match]
) -> list[PartOffer]:
    """The columns that hold two things in each cell, where the things are fields that nothing else fills."""
    taken = {match.field for match in matches if match.is_applied and match.why != "alias"}
    offers = []
    for index, heading in enumerate(header):
        found = content.pieces(model, columns[index][:LOOKED_AT])
        if found is not None and not set(found[1]) & (taken - {matches[index].field}):
            offers.append(PartOffer(index, heading, found[0], found[1], columns[index][0]))
    return offers
