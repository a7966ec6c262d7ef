"""The authorisation walk: requests through every declared route, and what is wrong with the answers, as sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.account import Role
from models.base import Base, entities, entity
from rules.permissions import Action, Reach, reach
from tests.infrastructure import routes
from tests.infrastructure.people import ID_NUMBER, NEXT, OTHER, OWN, PHONE, Cast, Person
from tests.infrastructure.routes import PAGES, PageRoute, Route

FORM = {
    "version": "1",
    "name": "taken over",
    "subject": "taken over",
    "description": "taken over",
    "active": "",
    "deed": "urge",
}
ADMITTED = {200, 302, 400, 404, 422}  # a post without a form's fields is taken in, not obeyed


def wrong_refusals(person: Person, role: Role, cast: Cast) -> Iterator[str]:
    """Requests that must be refused and are not refused as they should."""
    for name in entities():
        for route in _routes(person, name):
            if not routes.is_granted(role, name, route):
                yield from _unless(person, name, route, _some_id(cast, name), {403})
            elif route.of_row:
                for place in routes.places(role, name, cast.rows):
                    if not routes.is_reached(role, name, place):
                        yield from _unless(person, name, route, cast.id_of(name, place), {404})
    for page in PAGES.values():
        if not _is_page_granted(role, page):
            yield from _page_unless(person, page, cast, OWN, {403, 404} if page.row else {403})
        elif page.row and not _is_everywhere(role, page):
            yield from _page_unless(person, page, cast, OTHER, {404})


def wrong_admissions(person: Person, role: Role, cast: Cast) -> Iterator[str]:
    """Pages that must be shown and are not, or that show a mark of a place out of reach."""
    for name in entities():
        for route in _routes(person, name):
            if not routes.is_granted(role, name, route):
                continue
            if not route.of_row and route.action not in (Action.SEE, Action.EXPORT):
                yield from _unless(person, name, route, 0, ADMITTED)
            for place in routes.places(role, name, cast.rows) if route.of_row else ():
                if "GET" in route.methods and routes.is_reached(role, name, place):
                    path = route.path.format(name=name, id=cast.id_of(name, place))
                    answer = person.get(path)
                    yield from (f"GET {path}: {status}" for status in {answer.status_code} - {200})
                    yield from _marks(role, name, path, answer.text)
        yield from _leaks(person, role, name, cast)
    for page in PAGES.values():
        if _is_page_granted(role, page):
            yield from _page_unless(person, page, cast, OWN, ADMITTED | ({403} if "POST" in page.methods else set()))
            if "GET" in page.methods and not page.row and not _is_everywhere(role, page):
                yield from (f"{page.path} shows {OTHER}" for text in [person.get(page.path).text] if OTHER in text)


def not_sent_to_sign_in(person: Person, cast: Cast) -> Iterator[str]:
    """Requests of a visitor that are answered by anything but the way to the sign-in page."""
    asked = [("GET", "/"), ("GET", "/password"), ("POST", "/password")]
    asked += [("GET", "/inbox/"), ("POST", "/inbox/read"), ("POST", "/inbox/acknowledge")]
    for name in entities():
        for route in _routes(person, name):
            asked += [(method, route.path.format(name=name, id=_some_id(cast, name))) for method in route.methods]
    for page in PAGES.values():
        asked += [(method, page.path.format(id=1)) for method in page.methods]
    for method, path in asked:
        answer = person.post(path, FORM) if method == "POST" else person.get(path)
        if answer.status_code != 302 or not answer.location.startswith("/login"):
            yield f"{method} {path}: {answer.status_code} {answer.location}"


def accepted_without_token(app: Flask, person: Person) -> Iterator[str]:
    """Unsafe requests that are taken without a CSRF token, with an empty or with a wrong one."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
            values: dict[str, Any] = dict.fromkeys(rule.arguments, 1)
            path = adapter.build(rule.endpoint, values, method=method)
            for token in ({}, {"csrf_token": "wrong"}):
                answer = person.client.open(path, method=method, data={**FORM, **token})
                if answer.status_code != 400:
                    yield f"{method} {path} {token}: {answer.status_code}"


def unmasked(person: Person, cast: Cast) -> Iterator[str]:
    """Places where a phone, an ID number or an e-mail of the cast stands in full."""
    for name in ("owners", "staff", "tickets"):
        row = f"/{name}/{cast.id_of(name)}/"
        for path in (f"/{name}/", row, f"{row}edit", f"/{name}/export/csv", f"/{name}/new", "/history/"):
            text = person.get(path).text
            yield from (f"{path}: {secret}" for secret in (PHONE, ID_NUMBER, "zzown@example.test") if secret in text)
        found = person.post(f"/{name}/lookup", {"text": PHONE}).text
        yield from (f"lookup in {name}" for _ in [found] if PHONE in found)


def state(session: Session) -> dict[str, tuple[int, int]]:
    """How many rows every table has and the sum of their versions: whatever is written shows in it."""
    session.rollback()
    return {table.name: _measure(session, table) for table in Base.metadata.sorted_tables if "id" in table.c}


def row(session: Session, model: type[Base], row_id: int) -> Mapping[str, Any]:
    """The row as it stands in the database."""
    session.rollback()
    return dict(session.execute(select(model.__table__).where(model.__table__.c.id == row_id)).mappings().one())


def _measure(session: Session, table: Any) -> tuple[int, int]:
    versions = table.c.get("version", table.c.id)
    found = session.execute(select(func.count(), func.coalesce(func.sum(versions), 0)).select_from(table)).one()
    return int(found[0]), int(found[1])


def _routes(person: Person, name: str) -> list[Route]:
    """The declared routes of the entity that the application has: a view of its own may not be attached."""
    present = person.client.application.view_functions
    return [route for endpoint, route in routes.entity_routes(name) if endpoint in present]


def _some_id(cast: Cast, name: str) -> int:
    return next((rows[name] for rows in cast.rows.values() if name in rows), 1)


def _unless(person: Person, name: str, route: Route, row_id: int, wanted: set[int]) -> Iterator[str]:
    path = route.path.format(name=name, id=row_id)
    for method in route.methods:
        status = _status(person, method, path)
        if status not in wanted:
            yield f"{method} {path}: {status}"


def _page_unless(person: Person, page: PageRoute, cast: Cast, place: str, wanted: set[int]) -> Iterator[str]:
    path = page.path.format(id=cast.id_of(page.row, place) if page.row else "")
    for method in page.methods:
        status = _status(person, method, path)
        if status not in wanted:
            yield f"{method} {path}: {status}"


def _status(person: Person, method: str, path: str) -> int:
    """How the request is answered. Refusals are asked for as JSON: to render each as a page would double the time."""
    headers = {"Accept": "application/json"}
    answer = person.post(path, FORM, headers=headers) if method == "POST" else person.get(path, headers=headers)
    return answer.status_code


def _is_page_granted(role: Role, page: PageRoute) -> bool:
    return any(reach([role], permission, action) is not Reach.NONE for permission, action in page.asks)


def _is_everywhere(role: Role, page: PageRoute) -> bool:
    return any(reach([role], permission, action) is Reach.ALL for permission, action in page.asks)


def _marks(role: Role, name: str, what: str, text: str) -> Iterator[str]:
    """The marks in the text of places where the role reaches no row of the entity."""
    hidden = [place for place in (NEXT, OTHER) if not routes.is_reached(role, name, place)]
    yield from (f"{what} shows {mark}" for mark in hidden if mark in text)


def _leaks(person: Person, role: Role, name: str, cast: Cast) -> Iterator[str]:
    """Marks of places out of reach in whatever lists rows of the entity."""
    words = entity(entities()[name])
    if reach([role], words.permission, Action.SEE) is Reach.NONE:
        return
    estate_id = cast.id_of("estates", OTHER)
    found = person.post(f"/{name}/find", {"text": "ZZ"})
    shown = {
        f"/{name}/": person.get(f"/{name}/"),
        f"lookup of {OTHER} in {name}": person.post(f"/{name}/lookup", {"text": OTHER}),
        f"lookup in {name} of the other estate": person.post(f"/{name}/lookup", {"estate_id": estate_id}),
        f"search in {name}": person.get(found.location),
    }
    if reach([role], words.permission, Action.EXPORT):
        shown[f"export of {name}"] = person.get(f"/{name}/export/csv")
    for what, answer in shown.items():
        yield from (f"{what}: {status}" for status in {answer.status_code} - {200})
        yield from _marks(role, name, what, answer.text)
