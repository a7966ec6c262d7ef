"""What the person may do to many rows of a list at once."""

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Table, UniqueConstraint

from models.base import Base, entity, words
from models.bulk_change import BulkAction
from models.ticket import Ticket
from rules import transitions
from rules.transitions import MOVES
from views.access import roles
from views.forms import form_columns
from views.language import translate

if TYPE_CHECKING:
    from views.panel import EntityView

OF_TICKETS = (
    *(BulkAction.ASSIGN, BulkAction.URGE, BulkAction.RESOLVE),
    *(BulkAction.CLOSE, BulkAction.CLOSE_UNRESOLVED),
)


def offered(view: "EntityView") -> list[BulkAction]:
    """What the person may do to many rows of the entity at once."""
    found = ticket_actions() if view.model is Ticket and view.can_edit else []
    if _may_set(view) and _shared_columns(view.model):
        found.append(BulkAction.SET)
    if view.can_delete:
        found.append(BulkAction.DELETE)
    return found


def ticket_actions() -> list[BulkAction]:
    """What the person's roles may do to many tickets at once."""
    return [each for each in OF_TICKETS if not MOVES[transitions.Action(each.value)].roles.isdisjoint(roles())]


def settable_columns(view: "EntityView") -> dict[str, str]:
    """The columns that many rows may share, with their labels."""
    if not _may_set(view):
        return {}
    return {name: translate(label) for name, label in _shared_columns(view.model).items()}


def _may_set(view: "EntityView") -> bool:
    return view.edits_single_columns and view.can_edit


@cache
def _shared_columns(model: type[Base]) -> dict[str, str]:
    """The columns of the form that rows may have in common: none that is unique, and nothing personal."""
    table, key = model.__table__, entity(model).key
    assert isinstance(table, Table)
    unique = {
        column.name for item in table.constraints if isinstance(item, UniqueConstraint) for column in item.columns
    }
    return {
        column.name: found.label
        for column in form_columns(model, "edit")
        if (found := words(column)) and not found.personal and column.name not in {*unique, *key}
    }
