"""What the signed-in person may do here: the permission table applied to the account of the request."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import abort, current_app, g
from flask_login import current_user
from sqlalchemy import select

from models.account import Role
from models.base import Base, Deed, Permission, entity
from models.estate import Estate
from operations.accounts import SignedIn, absent
from operations.scope import conditions
from operations.write import Author
from rules.permissions import NOTHING, Action, Reach, Scope, reach, scope
from views.database import db

DEED_ACTIONS: dict[Deed, Action] = {
    "create": Action.CREATE,
    "edit": Action.EDIT,
    "delete": Action.DELETE,
    "import": Action.IMPORT,
}


class ServedEstate(NamedTuple):
    """What every page asks of an estate."""

    id: int
    code: str
    name: str
    time_zone: str


def account() -> SignedIn | None:
    """The signed-in person, or the one in whose name a job works, or None."""
    person = g.get("absent") or current_user._get_current_object()
    return person if isinstance(person, SignedIn) else None


@contextmanager
def in_the_name_of(account_id: int) -> Iterator[bool]:
    """Outside of requests: work with the rights that the person has now; whether there still is such a person."""
    g.absent = absent(db.session, account_id)
    try:
        yield g.absent is not None
    finally:
        del g.absent


def roles() -> frozenset[Role]:
    """The roles of the signed-in person; none for a visitor."""
    person = account()
    return person.roles_held if person is not None else frozenset()


def scope_of(permission: Permission, action: Action) -> Scope:
    """The rows that the person reaches with that action on that class."""
    person = account()
    bound = reach(roles(), permission, action)
    if person is None or bound is Reach.NONE:
        return NOTHING
    return scope(bound, person.estate_ids, person.building_ids, person.staff_id)


def model_scope(model: type[Base], action: Action = Action.SEE) -> Scope:
    """The rows of the model that the person reaches with the action.

    Estates are named to whoever serves them, since their rows could not be told apart or added otherwise.
    """
    if model is Estate and action is Action.SEE:
        return _estates_seen()
    return scope_of(entity(model).permission, action)


def _estates_seen() -> Scope:
    person = account()
    served = person.estate_ids if person is not None else frozenset()
    everywhere = any(reach(roles(), permission, Action.SEE) is Reach.ALL for permission in Permission)
    return Scope(None if everywhere else served)


def reaches(model: type[Base], row_id: int, action: Action = Action.SEE) -> bool:
    """Whether the row exists within what the person reaches by the action."""
    key = model.__table__.columns["id"]
    statement = select(key).where(key == row_id, *conditions(model, model_scope(model, action)))
    return db.session.scalar(statement) is not None


def sees_personal(model: type[Base], estate_id: int | None) -> bool:
    """Whether the person sees phones and the like in the clear in a row of that estate.

    Where one role shows more rows than another unmasks, only the estates that the other serves whole are unmasked.
    """
    permission = entity(model).permission
    if reach(roles(), permission, Action.PERSONAL) >= reach(roles(), permission, Action.SEE):
        return True
    scope = scope_of(permission, Action.PERSONAL)
    is_whole = scope.buildings is None and scope.staff_id is None and not scope.is_empty
    return is_whole and scope.estates is not None and estate_id in scope.estates


def may(model: type[Base], action: Action) -> bool:
    """Whether the person may do that to any row of the model at all."""
    return may_class(entity(model).permission, action)


def may_class(permission: Permission, action: Action) -> bool:
    """Whether the person may do that to anything of the class."""
    return reach(roles(), permission, action) is not Reach.NONE


def may_do(model: type[Base], deed: Deed) -> bool:
    """Whether the model allows the deed and the person's role does."""
    return deed in entity(model).deeds and may(model, DEED_ACTIONS[deed])


def demand(allowed: bool) -> None:
    """Refuse the request with 403 unless allowed."""
    if not allowed:
        abort(403)


def author() -> Author:
    """The person as the author of a change."""
    person = account()
    assert person is not None, "only signed-in people write"
    return Author(person.id)


def estates() -> list[ServedEstate]:
    """The estates that the person sees anything of, by code; fetched once per request."""
    if "estates" not in g:
        columns = (Estate.id, Estate.code, Estate.name, Estate.time_zone)
        statement = select(*columns).where(*conditions(Estate, _estates_seen())).order_by(Estate.code)
        g.estates = [ServedEstate(*row) for row in db.session.execute(statement)]
    found: list[ServedEstate] = g.estates
    return found


def zone_of(estate_id: int | None) -> tzinfo:
    """The estate's time zone; the panel's own for rows of no estate."""
    if "zones" not in g:
        g.zones = {estate.id: ZoneInfo(estate.time_zone) for estate in estates()}
    zones: dict[int | None, tzinfo] = g.zones
    return zones.get(estate_id) or ZoneInfo(current_app.config["BABEL_DEFAULT_TIMEZONE"])


def default_zone() -> tzinfo:
    """The zone in which days are meant where no estate is: that of the first estate served, else the panel's."""
    served = estates()
    return zone_of(served[0].id if served else None)
