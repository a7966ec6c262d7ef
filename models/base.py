"""What every model shares: the declarative base, the declaration of a column and of an entity, the clock.

Clock convention: the database holds UTC; a moment in Python is always aware; local time is the estate's and is
made at the edges (forms, lists, files) from the estate's time zone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, MetaData
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator

from models.faults import N_ as N_  # noqa: PLC0414  # everybody takes it from here
from models.faults import Fault


class Labelled(StrEnum):
    """A closed list: value, English label (a message id) and other spellings met in files, on one line each."""

    label: str
    aliases: tuple[str, ...]

    def __new__(cls, value: str, label: str = "", *aliases: str) -> Self:  # the default: for look-up by value
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.aliases = aliases
        return member

    @property
    def is_open(self) -> bool | None:
        """Of a list of states: whether work is still owed in this one. None for a list of anything else."""
        return None


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs a time zone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def choice(enum: type[Labelled]) -> SqlEnum:
    """A closed list stored by value, guarded by a named check constraint."""
    return SqlEnum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=40,
        name=_snake(enum.__name__),
        values_callable=lambda members: [member.value for member in members],
    )


def _snake(name: str) -> str:
    return "".join(("_" + char.lower()) if char.isupper() else char for char in name).lstrip("_")


Key = BigInteger().with_variant(Integer, "sqlite")
# A value that is not there is NULL, not the JSON null that no `IS NULL` finds.
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

Search = Literal["exact", "prefix", "words"]
FormUse = Literal["both", "create", "edit", "none"]


@dataclass(frozen=True, slots=True)
class ColumnWords:
    """Everything the screens, files and permissions need to know of a column beyond its type."""

    label: str
    help: str = ""
    aliases: tuple[str, ...] = ()
    listed: bool = False
    filter: bool = False
    sort: bool = False
    search: Search | None = None
    form: FormUse = "both"
    personal: bool = False
    secret: bool = False
    long: bool = False
    deadline: bool = False


def column(
    *args: Any,
    label: str,
    help: str = "",
    aliases: tuple[str, ...] = (),
    listed: bool = False,
    filter: bool = False,
    sort: bool = False,
    search: Search | None = None,
    form: FormUse = "both",
    personal: bool = False,
    secret: bool = False,
    long: bool = False,
    deadline: bool = False,
    **sql: Any,
) -> MappedColumn[Any]:
    """A column declared once: `sql` goes to SQLAlchemy, the rest is for what is generated from it.

    `listed` shows it in the list; `sort` needs an index and NOT NULL, since paging goes by key; `search` says how
    the search box uses it: `exact` and `prefix` need an index that starts with the column and get one, unless
    `index=False` says that a unique key is it; `personal` masks it unless the role may see; `secret` is never shown
    nor kept in history; `deadline` is a moment that stands there as long as something is owed by it.
    """
    if search in ("exact", "prefix"):
        sql.setdefault("index", True)
    words = ColumnWords(label, help, aliases, listed, filter, sort, search, form, personal, secret, long, deadline)
    return mapped_column(*args, info={"words": words}, **sql)


class Permission(StrEnum):
    """The classes by which access is granted; a model names the one it belongs to."""

    REGISTER = "register"
    SERVICE = "service"
    CALLBACKS = "callbacks"
    QUALITY = "quality"
    STAFF = "staff"
    STANDARDS = "standards"
    ACCOUNTS = "accounts"
    SYSTEM = "system"


class Group(Labelled):
    """Menu groups, in menu order."""

    SERVICE = "service", N_("Service")
    REGISTER = "register", N_("Register")
    QUALITY = "quality", N_("Quality")
    STAFF = "staff", N_("Staff")
    STANDARDS = "standards", N_("Standards")
    SYSTEM = "system", N_("System")


Deed = Literal["create", "edit", "delete", "import"]
EVERY_DEED: frozenset[Deed] = frozenset({"create", "edit", "delete", "import"})
READ_ONLY: frozenset[Deed] = frozenset()


@dataclass(frozen=True, slots=True)
class Entity:
    """The few words a model says about itself.

    `name` is the plural used in addresses and commands; `title` the columns that name a row to people; `key` the
    business key inside the estate by which files match rows; `to_building` and `to_assignee` the foreign keys to
    follow to the building and to the assigned staff member, for those who see only their own; `found_by` the
    keys to follow to rows by whose names these are found too; `rank` its place in the menu group.
    """

    name: str
    label: str
    plural: str
    group: Group
    permission: Permission
    title: tuple[str, ...]
    key: tuple[str, ...] = ()
    order: str = "id"
    to_building: tuple[str, ...] = ()
    to_assignee: tuple[str, ...] = ()
    found_by: tuple[str, ...] = ()
    deeds: frozenset[Deed] = EVERY_DEED
    in_menu: bool = True
    icon: str = "list"
    rank: int = 9


class Base(DeclarativeBase):
    """All tables; constraint names follow one convention so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, dict[str, Any]: Json}
    __entity__: ClassVar[Entity | None] = None
    if TYPE_CHECKING:
        id: Mapped[int]  # every entity has one; declared where it is mapped

    @classmethod
    def faults(cls, row: Mapping[str, Any]) -> dict[str, Fault]:
        """What is wrong with a whole row, by column: the friendly face of the table's check constraints."""
        return {}


class Row(Base):
    """A row that people edit: a surrogate key and a version that a stale save cannot get past."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(Key, primary_key=True, sort_order=-10)
    version: Mapped[int] = mapped_column(Integer, default=1, sort_order=900)


def words(model_column: Any) -> ColumnWords | None:
    """What the declaration says of a column, or None for one that no screen shows."""
    found: ColumnWords | None = model_column.info.get("words")
    return found


def entity(model: type[Base]) -> Entity:
    """What the model says about itself; LookupError if it is not an entity of the panel."""
    if model.__entity__ is None:
        raise LookupError(f"{model.__name__} is not an entity")
    return model.__entity__


def entities() -> dict[str, type[Base]]:
    """Every entity of the panel by its name, in menu order."""
    found = [mapper.class_ for mapper in Base.registry.mappers if mapper.class_.__entity__ is not None]
    groups = list(Group)
    found.sort(key=lambda model: (groups.index(model.__entity__.group), model.__entity__.rank, model.__entity__.name))
    return {model.__entity__.name: model for model in found}


@cache
def model_of_table(table_name: str) -> type[Base]:
    """The model mapped to that table; KeyError for a table of none."""
    by_table: dict[str, type[Base]] = {
        str(mapper.local_table.name): mapper.class_  # type: ignore[attr-defined]  # a mapped Table has a name
        for mapper in Base.registry.mappers
    }
    return by_table[table_name]


def target(model_column: Any) -> type[Base] | None:
    """The model a foreign key column points to, or None for a plain column."""
    for key in model_column.foreign_keys:
        return model_of_table(key.column.table.name)
    return None


Clock = Callable[[], datetime]


def now() -> datetime:
    """The present moment, whole seconds, UTC. Handed in at the edges; nothing below calls it for a judgement."""
    return datetime.now(UTC).replace(microsecond=0)


def spellings(members: Iterable[Labelled]) -> dict[str, Labelled]:
    """Every accepted spelling of a closed list in lower case, to its member."""
    return {
        spelling.strip().lower(): member
        for member in members
        for spelling in (member.value, member.label, *member.aliases)
    }
