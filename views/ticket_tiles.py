"""What waits on the start page: due today, one's own open tickets, today's callbacks, and the way to a new ticket."""

from flask import url_for
from werkzeug.datastructures import MultiDict

from models.base import N_, Row, entity, now
from models.callback import Callback
from models.ticket import OPEN_STATES, Ticket
from reports.listing import count
from reports.overdue import overdue_counts_by_level
from rules.permissions import Action
from views import lists
from views.access import account, default_zone, may, may_do, model_scope
from views.database import db
from views.language import translate
from views.pages import Tile

HQ_LEVEL = 3


def ticket_tiles() -> list[Tile]:
    """At the top of the ladder, due today, one's own open tickets, callbacks made today, the way to a new ticket."""
    if not may(Ticket, Action.SEE):
        return []
    local = now().astimezone(default_zone())
    today = local.date().isoformat()
    due = MultiDict([("next_due_at.from", f"{local:%Y-%m-%dT%H:%M}"), ("next_due_at.to", today)])
    called = MultiDict([("called_at.from", today), ("called_at.to", today)])
    found = [*_top_tiles(), _list_tile(N_("Due today"), "clock", Ticket, due), *_own_tiles()]
    found.append(_list_tile(N_("Callbacks made today"), "telephone-outbound", Callback, called))
    if may_do(Ticket, "create"):
        found.append(Tile(translate(N_("New ticket")), url_for("tickets.create_view"), "plus-circle"))
    return found


def _top_tiles() -> list[Tile]:
    """What has reached HQ: told to those who see every estate (S3 第5篇 5.2.1)."""
    scope = model_scope(Ticket)
    if scope.estates is not None:
        return []
    number = overdue_counts_by_level(db.session, now(), scope).get(HQ_LEVEL, 0)
    label = translate(N_("Overdue at level %(level)s")) % {"level": HQ_LEVEL}
    return [Tile(label, url_for("overdue.index_view", level=HQ_LEVEL), "building-exclamation", number, number > 0)]


def _own_tiles() -> list[Tile]:
    person = account()
    if person is None or person.staff_id is None:
        return []
    states = [("state", state.value) for state in sorted(OPEN_STATES)]
    return [
        _list_tile(
            N_("My open tickets"), "person-check", Ticket, MultiDict([("assignee_id", str(person.staff_id)), *states])
        )
    ]


def _list_tile(label: str, icon: str, model: type[Row], parameters: MultiDict[str, str]) -> Tile:
    """A tile that leads to a filtered list and says how many rows it has."""
    address = lists.read_address(model, parameters)
    number = count(db.session, address.listing, model_scope(model))
    url = url_for(f"{entity(model).name}.index_view", **address.with_changes())  # type: ignore[arg-type]  # lists are fine
    return Tile(translate(label), url, icon, number)
