"""Rows as a file that people edit and load again: every field that a file may fill, under headings that are known."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from importers.mapping.fields import Field, Wordings, fields, known_spellings
from importers.matching.lookup import rows_with
from importers.reading.known_headings import normalised
from models.base import N_, Base, Labelled, entity
from models.building import Building
from models.faults import Fault
from models.fields import Domain, parse
from models.owner import Owner
from models.ownership import Ownership
from models.unit import Unit
from operations.chunks import chunks
from rules.guarding import guarded

Translate = Callable[[str], str]
IsMasked = Callable[[Any], bool]  # of a column
Cell = str | int | Decimal
Row = Mapping[str, Any]

# Facts of a unit that there is are not changed by a file of owners: to offer them there would mislead.
_NOT_FROM_OWNERS = frozenset({"unit.building_id", "unit.entrance", "unit.floor", "unit.area"})
_PLACE = frozenset({"unit.building_id", "unit.entrance", "unit.code"})


@dataclass(frozen=True, slots=True)
class Words:
    """The language of the file: `translate` says a message, `wordings` a label in every language."""

    translate: Translate
    wordings: Wordings


def edited_fields(model: type[Base]) -> list[Field]:
    """The columns of the file, the business key first."""
    keys = {*entity(model).key, *(_PLACE if model is Unit else ())}
    found = [each for each in fields(model) if model is not Owner or each.name not in _NOT_FROM_OWNERS]
    return sorted(found, key=lambda each: each.name not in keys)


def headings(model: type[Base], said: Words) -> list[str]:
    """The headings, in the language of the file wherever they are known again in it."""
    known = known_spellings(model, said.wordings)
    found = []
    for each in edited_fields(model):
        label = said.translate(each.words.label)
        is_known = known.get(normalised(label)) is not None and known[normalised(label)].name == each.name
        found.append(label if is_known else each.heading(said.wordings))
    return found


def lines(
    session: Session, model: type[Base], ids: Sequence[int], said: Words, zone: tzinfo, is_masked: IsMasked
) -> Iterator[list[Cell]]:
    """The rows with these ids, in this order, as cells; those that are gone meanwhile are left out."""
    writers = [_Writer(model, each, said, zone, is_masked) for each in edited_fields(model)]
    for some in chunks(list(ids)):
        rows = {row["id"]: row for row in rows_with(session, model, "id", some)}
        found = [rows[row_id] for row_id in some if row_id in rows]
        columns = [writer.cells(session, found) for writer in writers]
        yield from (list(cells) for cells in zip(*columns, strict=True))


class _Writer:
    """What writes one column of the file."""

    def __init__(self, model: type[Base], field: Field, said: Words, zone: tzinfo, is_masked: IsMasked) -> None:
        self.model, self.field = model, field
        self.column = model.__table__.columns.get(field.name)
        self._text = _texts(field.type, said.translate, zone)
        masked = self.column is not None and is_masked(self.column)
        self._mask = _mask_of(field.type) if masked else None

    def cells(self, session: Session, rows: Sequence[Row]) -> list[Cell]:
        """The cells of the rows in this column."""
        return [self._cell(value) for value in self._values(session, rows)]

    def _cell(self, value: Any) -> Cell:
        if value is None:
            return ""
        text = self._text(value) if self._mask is None else self._mask(str(value))
        return guarded(text) if isinstance(text, str) else text

    def _values(self, session: Session, rows: Sequence[Row]) -> list[Any]:
        if self.column is None:
            return [row.get(self.field.name) for row in _with_links(session, self.model, rows)]
        values = [row[self.field.name] for row in rows]
        if self.field.parent is None:
            return values
        names = names_of(session, self.field.parent, {value for value in values if value is not None})
        return [names.get(value) for value in values]


def names_of(session: Session, parent: type[Base], ids: set[int]) -> dict[int, str]:
    """What files name these rows by: the text of the business key, which is the row's own."""
    name = naming_column(parent)
    return {row["id"]: row[name] for row in rows_with(session, parent, "id", ids)}


def naming_column(parent: type[Base]) -> str:
    """The column by which files name a row: the first text of the business key, else of the title."""
    said, columns = entity(parent), parent.__table__.columns
    return next(name for name in (*said.key, *said.title) if not columns[name].foreign_keys)


def _with_links(session: Session, model: type[Base], rows: Sequence[Row]) -> list[Row]:
    """The rows with what stands in other tables: the place of a unit, its first owner; of an owner the first unit."""
    own, other = ("owner_id", "unit_id") if model is Owner else ("unit_id", "owner_id")
    ids = {row["id"] for row in rows}
    links: dict[int, Row] = {}
    for link in rows_with(session, Ownership, own, ids, Ownership.until_on.is_(None)):
        links.setdefault(link[own], link)
    partners = {link[other] for link in links.values()}
    names = names_of(session, Unit if model is Owner else Owner, partners)
    heading = "unit.code" if model is Owner else "owner.number"
    buildings = names_of(session, Building, {row["building_id"] for row in rows}) if model is Unit else {}
    return [
        {
            **(_place(row, buildings) if model is Unit else {}),
            **({heading: names[link[other]], "ownership.role": link["role"]} if link else {}),
        }
        for row, link in ((row, links.get(row["id"])) for row in rows)
    ]


def _place(row: Row, buildings: Mapping[int, str]) -> Row:
    code, entrance = row["code"], row["entrance"]
    return {"unit.building_id": buildings[row["building_id"]], "unit.entrance": entrance, "unit.code": code}


def _mask_of(column_type: Any) -> Callable[[str], str]:
    return column_type.mask if isinstance(column_type, Domain) else lambda value: "*" * 6


def _texts(column_type: Any, translate: Translate, zone: tzinfo) -> Callable[[Any], Cell]:
    """What turns a value of that type into a cell that is read as the same value."""
    words_of: Callable[[Any, tuple[str, ...]], str] = cache(
        lambda value, texts: _first_known(column_type, value, texts)
    )

    def text(value: Any) -> Cell:
        match value:
            case bool():
                yes, no = N_("Yes"), N_("No")
                return words_of(value, (translate(yes if value else no), "yes" if value else "no"))
            case Labelled():
                return words_of(value, (translate(value.label), value.label, str(value.value)))
            case datetime():
                return _moment(value, zone)
            case date():
                return value.isoformat()
            case int() | Decimal():
                return value
        return str(value)

    return text


def _first_known(column_type: Any, value: Any, texts: tuple[str, ...]) -> str:
    """The first of the texts that is read as the value."""
    for text in texts:
        try:
            if parse(column_type, text).value == value:
                return text
        except Fault:
            continue
    raise LookupError(f"no text is read as {value!r}")


def _moment(value: datetime, zone: tzinfo) -> str:
    """Local time to the second; where that is said twice a year, or was finer, with its offset."""
    local = value.astimezone(zone)
    is_plain = not local.microsecond and local.replace(fold=1 - local.fold).utcoffset() == local.utcoffset()
    return local.replace(tzinfo=None).isoformat(" ") if is_plain else local.isoformat()
