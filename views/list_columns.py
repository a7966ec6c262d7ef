"""The columns that a list offers: those declared, and those that are computed when it is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.base import Base, words
from reports.listing import COMPUTED
from views.cells import exported_columns
from views.lists import shown_columns

MOST_NAMED = 4  # what the search box has room to name


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of a list: its name, its label (a message id), its type, and the table's column if it has one."""

    name: str
    label: str
    type: Any
    column: Any = None


def offered_columns(model: type[Base]) -> dict[str, ListColumn]:
    """Every column that the list may show, by name: all that are no secret, then what is computed."""
    found = {str(column.name): _declared(column) for column in exported_columns(model)}
    computed = COMPUTED.get(model, {})
    return found | {name: ListColumn(name, each.label, each.type) for name, each in computed.items()}


def _declared(column: Any) -> ListColumn:
    declared = words(column)
    assert declared is not None
    return ListColumn(str(column.name), declared.label, column.type, column)


def usual_columns(model: type[Base]) -> tuple[str, ...]:
    """The columns that the list shows unless somebody chose others."""
    return (*shown_columns(model), *COMPUTED.get(model, {}))


def searched_labels(model: type[Base]) -> list[str]:
    """The labels of what the search box looks in, the first few."""
    labels = [declared.label for column in model.__table__.columns if (declared := words(column)) and declared.search]
    return labels[:MOST_NAMED]


def known_columns(model: type[Base], names: Sequence[str]) -> tuple[str, ...]:
    """Those of the names that the list offers, each once; a column that is no more falls away."""
    offered = offered_columns(model)
    return tuple(dict.fromkeys(name for name in names if name in offered))


def list_columns(model: type[Base], names: Sequence[str]) -> list[ListColumn]:
    """The columns of those names, in their order."""
    offered = offered_columns(model)
    return [offered[name] for name in names]
