"""Which column of a file fills which column of an entity, told by its heading or chosen by hand."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Values
from dataclasses import dataclass, replace
from dataclasses import field as made_of

from importers.mapping.fields import Field, Wordings, fields, known_spellings, no_wordings
from importers.mapping.proposing import APPLIED, LONGEST_HEADING, Match, PartOffer, Proposal, propose
from importers.reading.known_headings import KnownHeadings, normalised, without_brackets
from importers.reading.own_files import OWN_HEADINGS
from importers.settings import Settings, Source
from models.base import N_, Base
from models.faults import Fault

__all__ = [
    "APPLIED", "OWN_HEADINGS", "Field", "Mapping", "Match", "PartOffer", "Proposal", "Wordings",
    "chosen", "fields", "fit", "map_header", "no_wordings", "normalised", "propose", "weights",
]  # fmt: skip

IGNORED = N_("These columns are not known and ignored: %(columns)s")
NOTE = "note"  # the field that extra columns may be added to

OWN_WEIGHT = 3  # a column of the entity itself says more about a sheet than one of the unit it also names


@dataclass(frozen=True, slots=True)
class Mapping:
    """What fills the fields of a file's lines: whole columns by their index, parts of columns and fixed texts by field.

    `note_columns` are added to the note; `values` says by field which text to read instead of another, `date_orders`
    in which order a column names day and month.
    """

    header: Sequence[str]
    headings: dict[str, str]  # by field name, as we head columns ourselves
    columns: dict[int, Field] = made_of(default_factory=dict)
    ignored: list[str] = made_of(default_factory=list)
    notices: list[Fault] = made_of(default_factory=list)
    parts: dict[str, tuple[Field, Source]] = made_of(default_factory=dict)
    note_columns: tuple[int, ...] = ()
    values: Values[str, Values[str, str]] = made_of(default_factory=dict)
    date_orders: Values[str, str] = made_of(default_factory=dict)

    def filled(self) -> Iterator[tuple[Field, Source]]:
        """Every field that the file fills, with where its text comes from: whole columns in their order first."""
        for index, column in sorted(self.columns.items()):
            yield column, Source(index)
        yield from self.parts.values()

    def heading(self, name: str) -> str:
        """The heading in the file of the column that fills the field; where there is none, our own for it."""
        index = self.index(name)
        return self.header[index] if index is not None else self.headings.get(name, name)

    def index(self, name: str) -> int | None:
        """The index of the column that fills the field, whole or in part."""
        if name in self.parts:
            return self.parts[name][1].column
        return next((index for index, column in self.columns.items() if column.name == name), None)

    def has(self, name: str) -> bool:
        """Whether the file fills the field."""
        return name in self.parts or any(column.name == name for column in self.columns.values())

    def field(self, name: str) -> Field | None:
        """The field of that name, if the file fills it."""
        return next((column for column, _ in self.filled() if column.name == name), None)

    def field_name(self, heading: str) -> str:
        """The name of the field that `heading` gave the heading of; "" where there is none."""
        found = (column.name for column, _ in self.filled() if self.heading(column.name) == heading)
        ours = (name for name, own in self.headings.items() if own == heading)
        return next(found, None) or next(ours, "")


def map_header(model: type[Base], header: Sequence[str], wordings: Wordings = no_wordings) -> Mapping:
    """The columns of the header that the entity knows. The first of two for one column wins; both get a notice."""
    return chosen(model, header, Settings(), propose(model, header, (), wordings))


def chosen(model: type[Base], header: Sequence[str], settings: Settings, proposal: Proposal) -> Mapping:
    """What fills what: as the person says, else as remembered for this layout, else what is proposed for sure."""
    said = settings if settings.columns is not None or proposal.remembered is None else proposal.remembered
    by_name = {column.name: column for column in fields(model)}
    sources = said.columns if said.columns is not None else proposal.sources()
    mapping = Mapping(
        header,
        proposal.headings,
        note_columns=_note_columns(by_name, header, settings.note_columns or said.note_columns),
        values={**(proposal.remembered.values if proposal.remembered else {}), **settings.values},
    )
    for name, source in sources.items():
        if name in by_name and _is_in(source, header):
            _take(mapping, by_name[name], source)
    _notice(mapping, proposal)
    return replace(mapping, date_orders=_date_orders(mapping, settings, proposal))


def _note_columns(by_name: Values[str, Field], header: Sequence[str], said: Sequence[int]) -> tuple[int, ...]:
    return tuple(index for index in said if 0 <= index < len(header)) if NOTE in by_name else ()


def _is_in(source: Source, header: Sequence[str]) -> bool:
    return source.text is not None if source.column is None else 0 <= source.column < len(header)


def _take(mapping: Mapping, column: Field, source: Source) -> None:
    if source.column is not None and source.is_whole and source.column not in mapping.columns:
        mapping.columns[source.column] = column
    else:
        mapping.parts[column.name] = (column, source)


def _notice(mapping: Mapping, proposal: Proposal) -> None:
    """Say which columns are not read, and which say the same as another."""
    used = {source.column for _, source in mapping.filled()} | set(mapping.note_columns)
    for match in proposal.matches:
        if match.column in used or match.heading in OWN_HEADINGS:
            continue
        if match.rival is None:
            mapping.ignored.append(match.heading)
        else:
            sentence = N_("Column %(second)s says the same as %(first)s and is ignored")
            mapping.notices.append(Fault(sentence, second=match.heading, first=match.rival))
    if mapping.ignored:
        mapping.notices.append(Fault(IGNORED, columns=", ".join(mapping.ignored)))


def _date_orders(mapping: Mapping, settings: Settings, proposal: Proposal) -> dict[str, str]:
    """The orders by field: what the sample shows, over it what was remembered, over that what the person says."""
    shown = {
        column.name: proposal.date_orders[source.column]
        for column, source in mapping.filled()
        if source.column in proposal.date_orders
    }
    remembered = proposal.remembered.date_orders if proposal.remembered is not None else {}
    return {**shown, **remembered, **settings.date_orders}


def fit(model: type[Base], wordings: Wordings = no_wordings) -> Callable[[Sequence[str]], int]:
    """Rates a row as a header of the entity: 0 when no heading is known."""
    known = known_spellings(model, wordings)

    def rate(header: Sequence[str]) -> int:
        found = {_by_heading(known, heading) for heading in header}
        return sum(OWN_WEIGHT if column.is_own else 1 for column in found if column is not None)

    return rate


def _by_heading(known: Values[str, Field], heading: str) -> Field | None:
    short = heading[:LONGEST_HEADING]
    return known.get(normalised(short)) or known.get(normalised(without_brackets(short)))


def weights(model: type[Base], wordings: Wordings = no_wordings) -> KnownHeadings:
    """How much each known heading says for a row being the entity's header, as data for another process."""
    known = known_spellings(model, wordings)
    return KnownHeadings({spelling: OWN_WEIGHT if column.is_own else 1 for spelling, column in known.items()})
