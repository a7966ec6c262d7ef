"""Saved views of a list: those that ship, the person's own and those shared with her; what is done with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import abort, request
from sqlalchemy import and_, bindparam, or_, select
from werkzeug.datastructures import MultiDict

from models.account import Account
from models.base import N_, Base, entity, now
from models.faults import Fault
from models.saved_view import Audience, SavedView
from operations.accounts import SignedIn
from operations.write import Delete, Insert, Refused, Update, write, writing
from rules.sharing import audiences, may_delete
from views.access import account, author, estates, roles
from views.database import db
from views.language import translate
from views.list_columns import known_columns
from views.lists import known_keys, record_id
from views.preferences import joined, keep_preference, preference, split
from views.usual_views import USUAL_VIEWS

ALL = "all"  # the view that is none: the list as it is
UNKEPT = frozenset({"after", "before", "size", "q", "view", "count", "columns"})
MOST_VIEWS = 60


_KEPT = SavedView.__table__.c
_WANTED = (_KEPT.id, _KEPT.name, _KEPT.query, _KEPT.columns, _KEPT.audience, _KEPT.estate_id, _KEPT.account_id)
_IS_SHARED = or_(
    _KEPT.audience == Audience.ALL,
    and_(_KEPT.audience == Audience.ESTATE, _KEPT.estate_id.in_(bindparam("served", expanding=True))),
)
# The views of a list that somebody sees; made once, since every list asks it.
_SEEN = (
    select(*_WANTED, Account.__table__.c.name.label("maker"))
    .join(Account.__table__, Account.__table__.c.id == _KEPT.account_id)
    .where(_KEPT.entity == bindparam("name"), or_(_KEPT.account_id == bindparam("account"), _IS_SHARED))
    .order_by(
        (_KEPT.account_id == bindparam("account")).desc(), _KEPT.name, _KEPT.id
    )  # the own ones are never too many
    .limit(MOST_VIEWS)
)


@dataclass(frozen=True, slots=True)
class View:
    """A view as the list shows it: its key in addresses, its name and parameters; of a saved one who made it."""

    key: str
    name: str
    query: str
    columns: tuple[str, ...] | None = None
    audience: Audience | None = None
    estate_id: int | None = None
    maker: str = ""
    is_mine: bool = False
    is_removable: bool = False

    @property
    def parameters(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query)

    @property
    def is_shared(self) -> bool:
        return self.audience in (Audience.ESTATE, Audience.ALL)


@dataclass(frozen=True, slots=True)
class Opened:
    """A list as it is opened: the parameters, also those of the view, and the view itself."""

    parameters: MultiDict[str, str]
    views: list[View]
    view: View | None = None
    fault: Fault | None = None

    @property
    def is_modified(self) -> bool:
        """Whether the list was narrowed or widened since the view was opened."""
        return self.view is not None and _sorted(kept_pairs(self.parameters)) != _sorted(self.view.parameters)

    @property
    def columns(self) -> tuple[str, ...] | None:
        return self.view.columns if self.view is not None else None


def _sorted(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted((key, text) for key, text in pairs if text)


def kept_pairs(parameters: MultiDict[str, str]) -> list[tuple[str, str]]:
    """What of the parameters belongs to a view: filters and order."""
    return [(key, text) for key, text in parameters.items(multi=True) if key not in UNKEPT and text.strip()]


def open_list(model: type[Base], given: MultiDict[str, str], with_default: bool = True) -> Opened:
    """The list as the address opens it: a view alone brings its parameters, nothing at all the person's default."""
    views = views_of(model)
    usual = preference(model).default_view if with_default and not given else ""
    key = given.get("view") or usual
    view = next((each for each in views if each.key == key), None)
    if view is None:
        is_gone = key not in ("", ALL, usual)
        fault = Fault(N_("There is no view %(value)s, or it is no longer shared with you"), value=key[:40])
        return Opened(given, views, fault=fault if is_gone else None)
    if not kept_pairs(given) and not given.get("q"):
        brought = [("view", key), *view.parameters]
        rest = [(name, text) for name, text in given.items(multi=True) if name != "view"]
        return Opened(MultiDict([*brought, *rest]), views, view)
    return Opened(given, views, view)


def views_of(model: type[Base]) -> list[View]:
    """The views that the person may open, those that ship first, then her own, then those shared with her."""
    person = account()
    usual = [
        View(each.key, translate(each.label), each.query)
        for each in USUAL_VIEWS.get(entity(model).name, ())
        if not each.is_personal or (person is not None and person.staff_id is not None)
    ]
    return usual + _saved(model, person) if person is not None else usual


def _saved(model: type[Base], person: SignedIn) -> list[View]:
    served = [estate.id for estate in estates()]
    asked = {"account": person.id, "name": entity(model).name, "served": served}
    return [_view(model, row, person) for row in db.session.connection().execute(_SEEN, asked)]


def _view(model: type[Base], row: Any, person: SignedIn) -> View:
    is_mine = row.account_id == person.id
    return View(
        key=str(row.id),
        name=row.name,
        query=row.query,
        columns=known_columns(model, split(row.columns)) or None,
        audience=row.audience,
        estate_id=row.estate_id,
        maker=row.maker,
        is_mine=is_mine,
        is_removable=may_delete(roles(), is_mine),
    )


def audience_options() -> list[tuple[str, str]]:
    """With whom the person may share a view: the value of the form and its label."""
    found: list[tuple[str, str]] = []
    for audience in audiences(roles()):
        if audience is Audience.ESTATE:
            sentence = translate(N_("Colleagues of %(estate)s"))
            found += [(f"estate-{each.id}", sentence % {"estate": each.name}) for each in estates()]
        else:
            found.append((audience.value, translate(audience.label)))
    return found


def do(model: type[Base], opened: Opened, columns: tuple[str, ...]) -> str:
    """Do what the posted form says with the list's views; returns the key of the view to go on with.

    Raises Refused for a name that is taken or missing; 400, 403 or 404 for what no form of ours says.
    """
    deeds = {"save": _save, "update": _update, "rename": _rename, "delete": _delete, "default": _default}
    deed = request.form.get("deed", "")
    if deed not in deeds:
        abort(400)
    return deeds[deed](model, opened, columns)


def _save(model: type[Base], opened: Opened, columns: tuple[str, ...]) -> str:
    by = author()
    values = {
        "account_id": by.account_id,
        "entity": entity(model).name,
        "name": _posted_name(),
        "query": _query(model, opened),
        "columns": joined(columns) if request.form.get("columns") == "keep" else None,
        **_posted_audience(),
    }
    with writing(db.session):
        (row_id,) = write(db.session, [Insert(SavedView, values)], by=by, at=now())
    if request.form.get("default") == "yes":
        keep_preference(model, default_view=str(row_id))
    return str(row_id)


def _query(model: type[Base], opened: Opened) -> str:
    known = known_keys(model)
    return urlencode([(key, text) for key, text in kept_pairs(opened.parameters) if key in known])


def _posted_name() -> str:
    name = " ".join(request.form.get("name", "").replace("\x00", "").split())
    if not name:
        raise Refused(SavedView, {"name": Fault(N_("Give the view a name"))})
    if len(name) > 40:
        sentence = N_("The text has %(length)s characters, %(limit)s at most are allowed: shorten it")
        raise Refused(SavedView, {"name": Fault(sentence, length=len(name), limit=40)})
    return name


def _posted_audience() -> dict[str, Any]:
    said = request.form.get("audience") or Audience.OWN.value
    if said not in dict(audience_options()):
        abort(403)
    kind, _, estate_id = said.partition("-")
    return {"audience": Audience(kind), "estate_id": record_id(estate_id)}


def _mine(opened: Opened) -> View:
    """The posted view, which must be the person's own."""
    view = _posted_view(opened)
    if not view.is_mine:
        abort(403)
    return view


def _posted_view(opened: Opened) -> View:
    found = next((each for each in opened.views if each.key == request.form.get("key")), None)
    if found is None:
        abort(404)
    return found


def _change(view: View, values: dict[str, Any]) -> str:
    with writing(db.session):
        write(db.session, [Update(SavedView, int(view.key), values)], by=author(), at=now())
    return view.key


def _update(model: type[Base], opened: Opened, columns: tuple[str, ...]) -> str:
    """The view becomes what the list is now."""
    view = _mine(opened)
    kept = joined(columns) if view.columns else None
    return _change(view, {"query": _query(model, opened), "columns": kept})


def _rename(model: type[Base], opened: Opened, columns: tuple[str, ...]) -> str:
    return _change(_mine(opened), {"name": _posted_name(), **_posted_audience()})


def _delete(model: type[Base], opened: Opened, columns: tuple[str, ...]) -> str:
    view = _posted_view(opened)
    if not view.is_removable:
        abort(403)
    with writing(db.session):
        write(db.session, [Delete(SavedView, int(view.key))], by=author(), at=now())
    if preference(model).default_view == view.key:
        keep_preference(model, default_view=None)
    return ALL


def _default(model: type[Base], opened: Opened, columns: tuple[str, ...]) -> str:
    """The list opens with the view from now on; with none when it is the view that is none."""
    key = request.form.get("key", "")
    keep_preference(model, default_view=None if key == ALL else _posted_view(opened).key)
    return key


def keep_columns(opened: Opened, columns: tuple[str, ...]) -> bool:
    """Put the columns into the opened view if it brings its own and is the person's; whether that was done."""
    view = opened.view
    if view is None or not view.is_mine or not view.columns:
        return False
    _change(view, {"columns": joined(columns)})
    return True
