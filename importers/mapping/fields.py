"""The fields of an entity that a file may fill, and every heading by which such a column is known."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from importers.reading.known_headings import normalised
from models.base import Base, ColumnWords, target, words
from models.building import Building
from models.owner import Owner
from models.ownership import Ownership
from models.unit import Unit

_GIVEN = {(Owner, "number")}  # a new owner gets one

Wordings = Callable[[str], Iterable[str]]


def no_wordings(label: str) -> Iterable[str]:
    """No spellings beyond name, label and aliases."""
    return ()


@dataclass(frozen=True, slots=True)
class Field:
    """A column that a file may fill. `parent` is set where the cell names another record by its code or name;
    `is_needed` where no new row can be without it.
    """

    name: str
    words: ColumnWords
    type: Any
    parent: type[Base] | None = None
    is_own: bool = True
    more_aliases: tuple[str, ...] = ()
    is_needed: bool = False

    def heading(self, wordings: Wordings) -> str:
        """How the column is headed in files we make: as such files usually call it, or else by its label."""
        return next(iter(self.words.aliases or tuple(wordings(self.words.label))), self.words.label)

    def spellings(self, wordings: Wordings) -> Iterable[str]:
        """Every heading that means the field."""
        yield self.name.rpartition(".")[2]
        yield self.words.label
        yield from self.words.aliases
        yield from self.more_aliases
        yield from wordings(self.words.label)


def fields(model: type[Base]) -> list[Field]:
    """Every column that a file of the entity may fill, in the order of the declaration."""
    own = [_own_field(model, column) for column in model.__table__.columns if _is_for_files(model, column)]
    if model is Owner:
        return own + _place_fields(is_own=False) + _unit_facts() + [_part("ownership.role", Ownership, "role")]
    if model is Unit:
        rest = [known for known in own if known.name not in {"building_id", "code", "entrance"}]
        return _place_fields(is_own=True) + rest + [_owner_number(), _part("ownership.role", Ownership, "role")]
    return own


def known_spellings(model: type[Base], wordings: Wordings = no_wordings) -> dict[str, Field]:
    """The field of every heading that is known for the entity, by the heading as `normalised` gives it."""
    known: dict[str, Field] = {}
    for column in fields(model):
        for spelling in column.spellings(wordings):
            known.setdefault(normalised(spelling), column)
    return known


def _is_for_files(model: type[Base], column: Any) -> bool:
    said = words(column)
    if said is None or said.secret or column.name == "estate_id":
        return False
    if model.__entity__ is not None and "import" not in model.__entity__.deeds:
        return True  # loaded by a recipe alone, which says of each column what fills it
    key = model.__entity__.key if model.__entity__ is not None else ()
    return said.form != "none" or column.name in key


def _own_field(model: type[Base], column: Any) -> Field:
    is_needed = not column.nullable and column.default is None and (model, column.name) not in _GIVEN
    return Field(column.name, _words(model, column.name), column.type, target(column), is_needed=is_needed)


def _place_fields(*, is_own: bool) -> list[Field]:
    code = Building.__table__.columns["code"]
    return [
        Field("unit.building_id", _words(Unit, "building_id"), code.type, is_own=is_own),
        _part("unit.entrance", Unit, "entrance", is_own=is_own),
        _part("unit.code", Unit, "code", is_own=is_own, is_needed=is_own),
    ]


def _unit_facts() -> list[Field]:
    return [_part("unit.floor", Unit, "floor"), _part("unit.area", Unit, "area")]


def _owner_number() -> Field:
    number = Owner.__table__.columns["number"]
    own = _words(Owner, "number")
    return Field("owner.number", own, number.type, is_own=False, more_aliases=_words(Ownership, "owner_id").aliases)


def _part(name: str, model: type[Base], column: str, *, is_own: bool = False, is_needed: bool = False) -> Field:
    column_type = model.__table__.columns[column].type
    return Field(name, _words(model, column), column_type, is_own=is_own, is_needed=is_needed)


def _words(model: type[Base], column: str) -> ColumnWords:
    said = words(model.__table__.columns[column])
    assert said is not None, f"{model.__name__}.{column} is not declared for people"
    return said
