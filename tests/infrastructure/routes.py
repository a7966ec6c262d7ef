"""Every route of the application and who may use it: what the authorisation walk checks, stated apart from the views.

A new route fails the walk until it stands here. Routes of entities follow from the entity's declaration and the
permission table; a visitor is always sent to the sign-in page.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Flask

from models.account import Role
from models.base import Deed, Permission, entities, entity
from rules.permissions import Action, Reach, reach
from tests.infrastructure.people import NEXT, OTHER, OWN, SHARED

PUBLIC = {
    "assets.bundle_view",
    "home.static",
    "public.healthz",
    "public.switch_language",
    "public.switch_theme",
    "security.login",
    "security.static",
    "static",
}
SIGNED_IN = {
    "finding.find": "/find",
    "home.index": "/",
    "inbox.answer": "/inbox/acknowledge",
    "inbox.index": "/inbox/",
    "inbox.read": "/inbox/read",
    "own.password": "/password",
    "security.logout": "/logout",
}


@dataclass(frozen=True)
class Route:
    """A route of an entity: its methods, what it asks for, and whether it is about one row."""

    path: str
    methods: tuple[str, ...]
    action: Action
    deed: Deed | None = None
    of_row: bool = False


ENTITY_ROUTES = {
    "index_view": Route("/{name}/", ("GET",), Action.SEE),
    "find_view": Route("/{name}/find", ("POST",), Action.SEE),
    "filters_view": Route("/{name}/filters", ("GET",), Action.SEE),
    "columns_view": Route("/{name}/columns", ("GET", "POST"), Action.SEE),
    "views_view": Route("/{name}/views", ("GET", "POST"), Action.SEE),
    "ajax_lookup": Route("/{name}/lookup", ("POST",), Action.SEE),
    "action_view": Route("/{name}/action", ("POST",), Action.SEE),
    "export": Route("/{name}/export/csv", ("GET",), Action.EXPORT),
    "create_view": Route("/{name}/new", ("GET", "POST"), Action.CREATE, "create"),
    "details_view": Route("/{name}/{id}/", ("GET",), Action.SEE, None, True),
    "edit_view": Route("/{name}/{id}/edit", ("GET", "POST"), Action.EDIT, "edit", True),
    "cell_view": Route("/{name}/{id}/cell", ("GET", "POST"), Action.EDIT, "edit", True),
    "undo_view": Route("/{name}/undo/{id}", ("POST",), Action.EDIT),
    "delete_view": Route("/{name}/{id}/delete", ("GET", "POST"), Action.DELETE, "delete", True),
}
# What views of their own add to their entity.
OWN_ROUTES = {
    "accounts.reset_view": Route("/accounts/{id}/reset", ("POST",), Action.EDIT, "edit", True),
    "drafts.adopt_view": Route("/drafts/{id}/adopt", ("POST",), Action.EDIT, "edit", True),
    "drafts.base_view": Route("/drafts/{id}/base", ("POST",), Action.EDIT, "edit", True),
    "drafts.drop_view": Route("/drafts/{id}/drop", ("POST",), Action.EDIT, "edit", True),
    "drafts.progress_view": Route("/drafts/{id}/progress", ("GET",), Action.SEE, None, True),
    "drafts.rules_view": Route("/drafts/{id}/rules", ("GET", "POST"), Action.EDIT, "edit", True),
    "drafts.run_view": Route("/drafts/{id}/run", ("POST",), Action.EDIT, "edit", True),
    "drafts.tickets_view": Route("/drafts/{id}/tickets", ("GET",), Action.SEE, None, True),
    "drafts.work_view": Route("/drafts/{id}/work", ("POST",), Action.EDIT, "edit", True),
    "tickets.who_view": Route("/tickets/who", ("POST",), Action.CREATE, "create"),
    "tickets.act_view": Route("/tickets/{id}/act", ("POST",), Action.EDIT, "edit", True),
}


@dataclass(frozen=True)
class PageRoute:
    """A route that is no entity's: of the grants in `asks` one suffices; `row` is the entity whose id the path has."""

    path: str
    methods: tuple[str, ...]
    asks: tuple[tuple[Permission, Action], ...]
    row: str = ""


_SUMMARY = ((Permission.SERVICE, Action.SEE),)
_SUMMARY_FILE = ((Permission.SERVICE, Action.EXPORT),)
_REVIEWS = ((Permission.QUALITY, Action.SEE),)
_LOAD = tuple(
    (entity(model).permission, Action.IMPORT) for model in entities().values() if "import" in entity(model).deeds
)
_LOAD_RUN = ((Permission.REGISTER, Action.IMPORT),)
PAGES = {
    "callbacks-due.index_view": PageRoute("/callbacks-due/", ("GET",), _SUMMARY),
    "callbacks-due.index_export": PageRoute("/callbacks-due/export/csv", ("GET",), _SUMMARY_FILE),
    "satisfaction.index": PageRoute("/satisfaction/", ("GET",), _SUMMARY),
    "satisfaction.export": PageRoute("/satisfaction/export/months/csv", ("GET",), _SUMMARY_FILE),
    "satisfaction.callbacks_view": PageRoute("/satisfaction/callbacks", ("GET",), _SUMMARY),
    "satisfaction.callbacks_export": PageRoute("/satisfaction/callbacks/csv", ("GET",), _SUMMARY_FILE),
    "escalation.index": PageRoute("/escalation/", ("GET",), _SUMMARY),
    "escalation.export": PageRoute("/escalation/export/levels/csv", ("GET",), _SUMMARY_FILE),
    "escalation.tickets_view": PageRoute("/escalation/tickets", ("GET",), _SUMMARY),
    "escalation.tickets_export": PageRoute("/escalation/tickets/csv", ("GET",), _SUMMARY_FILE),
    "escalation.steps_view": PageRoute("/escalation/steps", ("GET",), _SUMMARY),
    "escalation.steps_export": PageRoute("/escalation/steps/csv", ("GET",), _SUMMARY_FILE),
    "escalation.times_view": PageRoute("/escalation/times", ("GET",), _SUMMARY),
    "escalation.times_export": PageRoute("/escalation/times/csv", ("GET",), _SUMMARY_FILE),
    "escalation.resolutions_view": PageRoute("/escalation/resolutions", ("GET",), _SUMMARY),
    "escalation.resolutions_export": PageRoute("/escalation/resolutions/csv", ("GET",), _SUMMARY_FILE),
    "pausing.index": PageRoute("/pausing/", ("GET",), _SUMMARY),
    "pausing.export": PageRoute("/pausing/export/people/csv", ("GET",), _SUMMARY_FILE),
    "pausing.pauses_view": PageRoute("/pausing/pauses", ("GET",), _SUMMARY),
    "pausing.tickets_view": PageRoute("/pausing/tickets", ("GET",), _SUMMARY),
    "pausing.tickets_export": PageRoute("/pausing/tickets/csv", ("GET",), _SUMMARY_FILE),
    "pausing.pauses_export": PageRoute("/pausing/pauses/csv", ("GET",), _SUMMARY_FILE),
    "overdue.index_view": PageRoute("/overdue/", ("GET",), _SUMMARY),
    "overdue.export_view": PageRoute("/overdue/export/csv", ("GET",), _SUMMARY_FILE),
    "overdue.act_view": PageRoute("/overdue/act", ("POST",), ((Permission.SERVICE, Action.EDIT),)),
    "reviews-due.index_view": PageRoute("/reviews-due/", ("GET",), _REVIEWS),
    "reviews-due.review_view": PageRoute("/reviews-due/daily/{id}/2026-03-04", ("GET",), _REVIEWS, "estates"),
    "reviews-due.sign_view": PageRoute("/reviews-due/daily/{id}/2026-03-04/sign", ("POST",), _REVIEWS, "estates"),
    "load.index": PageRoute("/load/", ("GET", "POST"), _LOAD),
    "load.template": PageRoute("/load/template/owners.csv", ("GET",), ((Permission.REGISTER, Action.IMPORT),)),
    "load.batch": PageRoute("/load/{id}/", ("GET",), ((Permission.REGISTER, Action.IMPORT),), "imports"),
    "load.question": PageRoute("/load/{id}/answer", ("GET", "POST"), _LOAD_RUN, "imports"),
    "load.columns": PageRoute("/load/{id}/columns", ("GET", "POST"), _LOAD_RUN, "imports"),
    "load.problems": PageRoute("/load/{id}/problems", ("GET", "POST"), _LOAD_RUN, "imports"),
    "load.runs": PageRoute("/load/runs", ("GET",), _LOAD),
    "load.progress": PageRoute("/load/{id}/progress", ("GET",), _LOAD_RUN, "imports"),
    "load.cancel": PageRoute("/load/{id}/cancel", ("POST",), _LOAD_RUN, "imports"),
    "load.here": PageRoute("/load/{id}/here", ("POST",), _LOAD_RUN, "imports"),
    "load.decide": PageRoute("/load/{id}/decide", ("POST",), _LOAD_RUN, "imports"),
    "load.undo": PageRoute("/load/{id}/undo", ("GET", "POST"), _LOAD_RUN, "imports"),
    "load.refused": PageRoute("/load/{id}/refused.csv", ("GET",), ((Permission.REGISTER, Action.IMPORT),), "imports"),
    "load.commit_batch": PageRoute("/load/{id}/commit", ("POST",), ((Permission.REGISTER, Action.IMPORT),), "imports"),
    "load.drop_batch": PageRoute("/load/{id}/drop", ("POST",), ((Permission.REGISTER, Action.IMPORT),), "imports"),
}


def entity_routes(name: str) -> Iterator[tuple[str, Route]]:
    """Every declared route of the entity by its endpoint."""
    for suffix, route in ENTITY_ROUTES.items():
        yield f"{name}.{suffix}", route
    for endpoint, route in OWN_ROUTES.items():
        if endpoint.startswith(f"{name}."):
            yield endpoint, route


def declared() -> dict[str, set[str]]:
    """Every endpoint that the tables know, with its methods as far as they are stated."""
    of_entities = {endpoint: set(route.methods) for name in entities() for endpoint, route in entity_routes(name)}
    return of_entities | {endpoint: set(route.methods) for endpoint, route in PAGES.items()}


def present(app: Flask) -> dict[str, set[str]]:
    """Every endpoint of the application with the methods it takes."""
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        found.setdefault(rule.endpoint, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    return found


def is_granted(role: Role, name: str, route: Route) -> bool:
    """Whether the role may use the route at all: it must see the class, and do what the route asks for."""
    words = entity(entities()[name])
    sees = reach([role], words.permission, Action.SEE) is not Reach.NONE
    does = reach([role], words.permission, route.action) is not Reach.NONE
    return sees and does and (route.deed is None or route.deed in words.deeds)


def is_reached(role: Role, name: str, place: str) -> bool:
    """Whether a row of the place is within the role's reach, the role serving the first estate and building."""
    words = entity(entities()[name])
    bound = reach([role], words.permission, Action.SEE)
    if bound in (Reach.NONE, Reach.ALL):
        return bound is Reach.ALL
    if place in (OWN, SHARED):
        return True
    narrowed = {Reach.BUILDINGS: words.to_building, Reach.ASSIGNED: words.to_assignee}.get(bound, ())
    return place == NEXT and not narrowed


def places(role: Role, name: str, known: Mapping[str, Mapping[str, int]]) -> list[str]:
    """The places with a row of the entity that are worth a visit: the building next door only for who is narrowed."""
    narrow = reach([role], entity(entities()[name]).permission, Action.SEE) < Reach.ESTATES
    wanted = (OWN, NEXT, OTHER, SHARED) if narrow else (OWN, OTHER, SHARED)
    return [place for place in wanted if name in known[place]]
