"""What people decided about a run: how its file is read, what fills which field, what is repaired. JSON both ways."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from dataclasses import field as made_of
from typing import Any, Literal, Self, cast

DateOrder = Literal["dmy", "mdy", "ymd", "serial"]
DATE_ORDERS: tuple[DateOrder, ...] = ("dmy", "mdy", "ymd", "serial")  # serial: days since 1899-12-30
BLANKS = ("keep", "clear")


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read the file; None is found out. Lines count from 1, `header_rows` 0 means none, `quote` "" no quotes."""

    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    header_line: int | None = None
    header_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where the text of a field comes from: a column of the file by its index, a part of it, or the same for all.

    `part` picks one of the pieces of the cell (0 is the first, -1 the last) when it is divided at `splitter`; a
    splitter of one blank divides at any run of blanks.
    """

    column: int | None = None
    splitter: str | None = None
    part: int | None = None
    text: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is a column of the file as it stands."""
        return self.column is not None and self.splitter is None


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair of a whole group: `kind` says what is done, to the column `field` (its name, "" for the line)."""

    kind: str
    field: str = ""
    options: Mapping[str, Any] = made_of(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """Every decision about a run. `columns` None: what is proposed; `blanks` by field `clear` or `keep` (unsaid);
    `values` by field from the text in the file to the text to read instead; `edits` by line and column index;
    `accepted` by line the row that it is to meet; `use_layout` whether what was decided about the last file with these
    headings is taken over; `estate_id` and the entity stand with the batch.
    """

    reading: Reading = Reading()
    columns: Mapping[str, Source] | None = None
    note_columns: tuple[int, ...] = ()
    values: Mapping[str, Mapping[str, str]] = made_of(default_factory=dict)
    date_orders: Mapping[str, str] = made_of(default_factory=dict)
    blanks: Mapping[str, str] = made_of(default_factory=dict)
    repairs: tuple[Repair, ...] = ()
    edits: Mapping[int, Mapping[int, str]] = made_of(default_factory=dict)
    accepted: Mapping[int, int] = made_of(default_factory=dict)
    accept_all: tuple[str, ...] = ()
    create_missing: bool = False
    all_or_nothing: bool = False
    recipe: str | None = None
    use_layout: bool = True

    def as_json(self) -> dict[str, Any]:
        """The decisions that differ from the usual ones, as JSON keeps them: every key a text."""
        said = {name: value for name, value in asdict(self).items() if value != _USUAL[name]}
        if self.edits:
            said["edits"] = {
                str(line): {str(index): text for index, text in cells.items()} for line, cells in self.edits.items()
            }
        if self.accepted:
            said["accepted"] = {str(line): row for line, row in self.accepted.items()}
        return cast(dict[str, Any], _storable(said))

    @classmethod
    def from_json(cls, said: Mapping[str, Any] | None) -> Self:
        """The decisions again; keys that this version does not know are passed over."""
        known = {name: value for name, value in (said or {}).items() if name in _USUAL and value is not None}
        return cls(**{name: _REVIVED.get(name, _same)(value) for name, value in known.items()})


def _storable(value: Any) -> Any:
    """The value with texts that every database keeps: without NUL and halves of characters."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode(errors="replace").decode()
    if isinstance(value, Mapping):
        return {_storable(name): _storable(each) for name, each in value.items()}
    return [_storable(each) for each in value] if isinstance(value, list | tuple) else value


def _same(value: Any) -> Any:
    return value


def _known(kind: type[Any], said: Mapping[str, Any]) -> Any:
    names = {known.name for known in fields(kind)}
    return kind(**{name: value for name, value in said.items() if name in names})


_REVIVED: Mapping[str, Any] = {
    "reading": lambda said: _known(Reading, said),
    "columns": lambda said: {name: _known(Source, source) for name, source in said.items()},
    "note_columns": tuple,
    "repairs": lambda said: tuple(_known(Repair, repair) for repair in said),
    "edits": lambda said: {
        int(line): {int(index): text for index, text in cells.items()} for line, cells in said.items()
    },
    "accepted": lambda said: {int(line): row for line, row in said.items()},
    "accept_all": tuple,
}
_USUAL = asdict(Settings())
