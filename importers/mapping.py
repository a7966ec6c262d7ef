"""Which column of a file fills which column of an entity, told by its heading."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.base import N_, Base, ColumnWords, target, words
from models.building import Building
from models.faults import Fault
from models.owner import Owner
from models.ownership import Ownership
from models.unit import Unit

OWN_HEADINGS = ("行号", "问题")  # what the file of refused rows adds: not data when it comes back

OWN_WEIGHT = 3  # a column of the entity itself says more about a sheet than one of the unit it also names

Wordings = Callable[[str], Iterable[str]]


def no_wordings(label: str) -> Iterable[str]:
    """No spellings beyond name, label and aliases."""
    return ()


@dataclass(frozen=True, slots=True)
class Field:
    """A column that a file may fill. `parent` is set where the cell names another record by its code or name."""

    name: str
    words: ColumnWords
    type: Any
    parent: type[Base] | None = None
    is_own: bool = True
    more_aliases: tuple[str, ...] = ()

    def heading(self, wordings: Wordings) -> str:
        """How the column is headed in files we make: as such files usually call it, or else by its label."""
        return next(iter(self.words.aliases or tuple(wordings(self.words.label))), self.words.label)

    def spellings(self, wordings: Wordings) -> Iterable[str]:
        yield self.name.rpartition(".")[2]
        yield self.words.label
        yield from self.words.aliases
        yield from self.more_aliases
        yield from wordings(self.words.label)


@dataclass(frozen=True, slots=True)
class Mapping:
    """The columns of a file by their index, and what is to be said about the others."""

    header: Sequence[str]
    headings: dict[str, str]  # by field name, as we head columns ourselves
    columns: dict[int, Field] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    notices: list[Fault] = field(default_factory=list)

    def heading(self, name: str) -> str:
        """The heading in the file of the column that fills the field; where there is none, our own for it."""
        found = (self.header[index] for index, column in self.columns.items() if column.name == name)
        return next(found, self.headings.get(name, name))

    def has(self, name: str) -> bool:
        return any(column.name == name for column in self.columns.values())


def fields(model: type[Base]) -> list[Field]:
    """Every column that a file of the entity may fill, in the order of the declaration."""
    own = [_own_field(model, column) for column in model.__table__.columns if _is_for_files(model, column)]
    if model is Owner:
        return own + _place_fields(is_own=False) + _unit_facts() + [_part("ownership.role", Ownership, "role")]
    if model is Unit:
        rest = [known for known in own if known.name not in {"building_id", "code", "entrance"}]
        return _place_fields(is_own=True) + rest + [_owner_number(), _part("ownership.role", Ownership, "role")]
    return own


def _is_for_files(model: type[Base], column: Any) -> bool:
    said = words(column)
    if said is None or said.secret or column.name == "estate_id":
        return False
    key = model.__entity__.key if model.__entity__ is not None else ()
    return said.form != "none" or column.name in key


def _own_field(model: type[Base], column: Any) -> Field:
    return Field(column.name, _words(model, column.name), column.type, target(column))


def _place_fields(*, is_own: bool) -> list[Field]:
    code = Building.__table__.columns["code"]
    return [
        Field("unit.building_id", _words(Unit, "building_id"), code.type, is_own=is_own),
        _part("unit.entrance", Unit, "entrance", is_own=is_own),
        _part("unit.code", Unit, "code", is_own=is_own),
    ]


def _unit_facts() -> list[Field]:
    return [_part("unit.floor", Unit, "floor"), _part("unit.area", Unit, "area")]


def _owner_number() -> Field:
    number = Owner.__table__.columns["number"]
    own = _words(Owner, "number")
    return Field("owner.number", own, number.type, is_own=False, more_aliases=_words(Ownership, "owner_id").aliases)


def _part(name: str, model: type[Base], column: str, *, is_own: bool = False) -> Field:
    return Field(name, _words(model, column), model.__table__.columns[column].type, is_own=is_own)


def _words(model: type[Base], column: str) -> ColumnWords:
    said = words(model.__table__.columns[column])
    assert said is not None, f"{model.__name__}.{column} is not declared for people"
    return said


def map_header(model: type[Base], header: Sequence[str], wordings: Wordings = no_wordings) -> Mapping:
    """The columns of the header that the entity knows. The first of two for one column wins; both get a notice."""
    headings = {column.name: column.heading(wordings) for column in fields(model)}
    return _mapped(_known_spellings(model, wordings), header, headings)


def fit(model: type[Base], wordings: Wordings = no_wordings) -> Callable[[Sequence[str]], int]:
    """Rates a row as a header of the entity: 0 when no heading is known."""
    known = _known_spellings(model, wordings)

    def rate(header: Sequence[str]) -> int:
        found = _mapped(known, header, {}).columns.values()
        return sum(OWN_WEIGHT if column.is_own else 1 for column in found)

    return rate


def _known_spellings(model: type[Base], wordings: Wordings) -> dict[str, Field]:
    known: dict[str, Field] = {}
    for column in fields(model):
        for spelling in column.spellings(wordings):
            known.setdefault(normalised(spelling), column)
    return known


def _mapped(known: dict[str, Field], header: Sequence[str], headings: dict[str, str]) -> Mapping:
    mapping = Mapping(header, headings)
    first: dict[str, str] = {}
    for index, heading in enumerate(header):
        column = known.get(normalised(heading)) or known.get(normalised(_without_brackets(heading)))
        if column is None:
            mapping.ignored.extend([heading] if heading not in OWN_HEADINGS else [])
        elif column.name in first:
            sentence = N_("Column %(second)s says the same as %(first)s and is ignored")
            mapping.notices.append(Fault(sentence, second=heading, first=first[column.name]))
        else:
            mapping.columns[index] = column
            first[column.name] = heading
    if mapping.ignored:
        fault = Fault(N_("These columns are not known and ignored: %(columns)s"), columns=", ".join(mapping.ignored))
        mapping.notices.append(fault)
    return mapping


def normalised(heading: str) -> str:
    """The heading without what people add to it: blanks, stars, brackets, case, full-width forms."""
    return re.sub(r"[\s*:_()\[\]【】「」<>]", "", unicodedata.normalize("NFKC", heading)).casefold()


def _without_brackets(heading: str) -> str:
    return re.sub(r"\(.*?\)|\[.*?\]|【.*?】", "", unicodedata.normalize("NFKC", heading))
