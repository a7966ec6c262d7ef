"""Recipes as the files in fixtures/recipes have them: how a file is recognised, and what of it fills which field."""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made_of
from functools import cache
from pathlib import Path
from typing import Any

from importers.mapping.headings import normalised
from importers.reading.table import UnreadableFile
from models.base import N_, Base, entity

FOLDER = Path(__file__).parents[2] / "fixtures" / "recipes"

# What the recipes are called, by their `label`: marked here, since nothing finds messages in data.
LABELS: tuple[str, ...] = (
    N_("HC community: workbook of buildings, owners and units"),
    N_("HC community: one sheet of units with their owners"),
    N_("Open 311: export of service requests"),
)


@dataclass(frozen=True, slots=True)
class Output:
    """What fills one field: the first of the columns that is filled, or the same text for all.

    A column of a joined sheet is named `sheet.heading`. `values` reads one text as another; `zone` says where local
    moments are meant; `longest` cuts what is longer; with `is_list` every filled column gives a line of its own.
    """

    field: str
    columns: tuple[str, ...] = ()
    text: str | None = None
    values: Mapping[str, str] = made_of(default_factory=dict)
    zone: str | None = None
    longest: int | None = None
    is_list: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it is a column of the base sheet as it stands."""
        is_whole = self.zone is None and self.longest is None and not self.is_list
        return is_whole and len(self.columns) == 1 and "." not in self.columns[0]

    @property
    def heading(self) -> str:
        """How its column is headed: those of other sheets name the sheet, those made of several the field."""
        is_whole = len(self.columns) == 1 and self.zone is None
        return self.columns[0] if is_whole else f"{self.columns[0]} → {self.field}"


@dataclass(frozen=True, slots=True)
class Sorting:
    """What one column says of several fields at once: its text to the text of each, with what any other text says."""

    column: str
    fields: tuple[str, ...]
    values: Mapping[str, Mapping[str, str]]
    other: Mapping[str, str]

    def heading(self, name: str) -> str:
        """How the column of one of the fields is headed."""
        return f"{self.column} → {name}"


@dataclass(frozen=True, slots=True)
class Join:
    """Another sheet: the row whose `key` is what the base row has in its column `base`.

    Where several rows have a key, the one with `first` (column, text) is meant; the others of them, and rows that no
    base row names, come as lines of their own after those of the base sheet, without what fills `own_fields`.
    """

    sheet: str
    base: str
    key: str
    first: tuple[str, str] | None = None
    own_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Buildings:
    """The rows that tell of buildings: their columns of code and number of floors."""

    sheet: str
    code: str
    floors: str | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """One kind of file. `sheets` has the headings that each of its sheets needs; a text file is the sheet ""."""

    name: str
    label: str
    kind: str
    sheets: Mapping[str, tuple[str, ...]]
    base: str
    outputs: tuple[Output, ...]
    sortings: tuple[Sorting, ...] = ()
    joins: tuple[Join, ...] = ()
    buildings: Buildings | None = None
    create_missing: bool = False
    empty_units: bool = False  # base rows that name nobody are units all the same

    @property
    def owner_columns(self) -> tuple[str, ...]:
        """The base columns without which a row names nobody: those of the joins, else that of the name."""
        names = tuple(output.columns[0] for output in self.outputs if output.field == "name")
        return tuple(join.base for join in self.joins) or names

    @property
    def used_columns(self) -> frozenset[str]:
        """The columns of the base sheet that go somewhere."""
        told = self.buildings if self.buildings is not None and self.buildings.sheet == self.base else None
        found = {column for output in self.outputs for column in output.columns}
        found |= {sorting.column for sorting in self.sortings} | {join.base for join in self.joins}
        return frozenset(found | ({told.code, told.floors or ""} if told is not None else set()))

    def output(self, name: str) -> Output | None:
        """What fills the field by itself."""
        return next((output for output in self.outputs if output.field == name), None)

    def needs(self, sheet: str) -> tuple[str, ...]:
        """The headings without which that sheet is not the one that is meant."""
        return self.sheets[sheet]


@cache
def recipes() -> tuple[Recipe, ...]:
    """Every recipe, by name."""
    return tuple(_recipe(tomllib.loads(path.read_text("utf-8"))) for path in sorted(FOLDER.glob("*.toml")))


def recipe_named(name: str) -> Recipe:
    """The recipe of that name. Raises UnreadableFile where it is gone: a run may outlive the data of its recipe."""
    for recipe in recipes():
        if recipe.name == name:
            return recipe
    raise UnreadableFile(N_("There is no recipe %(name)s any more: load the file without it"), name=name)


def recognise(sheets: Collection[str], header: Sequence[str]) -> Recipe | None:
    """The recipe for a file with these sheets (none: a text file) whose best header is this one, or None."""
    known = {normalised(heading) for heading in header}
    return next((recipe for recipe in recipes() if _is_meant(recipe, sheets, known)), None)


def _is_meant(recipe: Recipe, sheets: Collection[str], known: set[str]) -> bool:
    if len(recipe.sheets) > 1 and not recipe.sheets.keys() <= set(sheets):
        return False
    return any({normalised(each) for each in needed} <= known for needed in recipe.sheets.values())


def loadable(model: type[Base], recipe_name: str | None) -> bool:
    """Whether records of the model may come from a file: from any, or by that recipe alone."""
    if "import" in entity(model).deeds:
        return True
    return any(recipe.name == recipe_name and recipe.kind == entity(model).name for recipe in recipes())


def _recipe(said: Mapping[str, Any]) -> Recipe:
    buildings = said.get("buildings")
    return Recipe(
        name=said["name"],
        label=said["label"],
        kind=said["kind"],
        sheets={sheet: tuple(headings) for sheet, headings in said["sheets"].items()},
        base=said["base"],
        outputs=tuple(_output(name, each, said.get("zone")) for name, each in said["fields"].items()),
        sortings=tuple(_sorting(each) for each in said.get("sorting", ())),
        joins=tuple(_join(each) for each in said.get("join", ())),
        buildings=None if buildings is None else Buildings(**buildings),
        create_missing=said.get("create_missing", False),
        empty_units=said.get("empty_units", False),
    )


def _output(name: str, said: Any, zone: str | None) -> Output:
    if isinstance(said, str):
        return Output(name, (said,))
    return Output(
        name,
        columns=tuple(said.get("columns", ())),
        text=said.get("text"),
        values=said.get("values", {}),
        zone=zone if said.get("is_moment") else None,
        longest=said.get("longest"),
        is_list=said.get("is_list", False),
    )


def _sorting(said: Mapping[str, Any]) -> Sorting:
    other = said["other"]
    return Sorting(said["column"], tuple(other), said["values"], other)


def _join(said: Mapping[str, Any]) -> Join:
    first = said.get("first")
    return Join(said["sheet"], said["base"], said["key"], tuple(first) if first else None, tuple(said["own_fields"]))
