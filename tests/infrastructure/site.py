"""The cast at work, and the ways through all that it can be shown: pages, what they link to, answers to forms."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from models.account import Role
from models.base import entities, entity, now
from models.bulk_change import BulkAction
from models.callback import CallbackForm, CallbackOutcome, Satisfaction
from models.pause import PauseReason, TellingChannel
from models.ticket import Severity, TicketKind, Validity
from operations.callbacks import record_callback
from operations.sweep import sweep
from operations.tickets import act
from operations.write import writing
from rules.transitions import Action
from tests.infrastructure import pages
from tests.infrastructure.desk import AGO, report
from tests.infrastructure.people import BY, OWN, SHARED, Cast, Person
from tests.infrastructure.routes import ENTITY_ROUTES, PAGES
from tests.infrastructure.uploads import previewed
from views.forms import form_columns

#: What the walk types, to be told from words of the panel.
TYPED = (
    "~",
    "x",
    "nothing",
    "nonsense",
    "业主编号",
    "业主姓名",
    "手机号",
    "A1",
    "A2",
    "A3",
    "陈静",
    "李雷",
    "韩梅",
    "李蕾",
    "证件号码",
    "A9",
    "owners.csv",
    "owners.xlsx",
)
SHEET = "业主编号,业主姓名,手机号\nA1,陈静,13812345678\nA2,李雷,13912345678\nA3,韩梅,12345\n"


@dataclass(frozen=True)
class Site:
    """The cast with tickets in several states, by name: `site.tickets["waiting"]`."""

    cast: Cast
    tickets: dict[str, int] = field(default_factory=dict)
    run: int = 0  # a file that waits for decisions


def furnish(session: Session, cast: Cast) -> Site:
    """Tickets in every state and of every age, callbacks of every answer; all of it swept."""
    site = Site(cast, run=previewed(session, cast))
    for name, (facts, deeds) in _TICKETS.items():
        site.tickets[name] = report(session, cast, facts.get("ago", AGO["days"]), **_without_age(facts))
        for action, note in deeds:
            _do(session, site, name, action, note)
    for name, answer in _ANSWERS.items():
        _call(session, site.tickets[name], answer)
    sweep(session, now(), BY)
    session.commit()
    return site


_BURST = {"kind": TicketKind.REPAIR, "severity": Severity.URGENT, "subject": "水管爆裂"}
_LIGHT = {"kind": TicketKind.COMPLAINT, "severity": Severity.MINOR, "subject": "楼道灯不亮"}
_GRAVE = {"kind": TicketKind.COMPLAINT, "severity": Severity.MAJOR, "subject": "电梯困人", "validity": Validity.VALID}
_DONE = [(Action.START, None), (Action.RESOLVE, "已处理")]
_TICKETS: dict[str, tuple[dict[str, Any], list[tuple[Action, str | None]]]] = {
    "new": ({"ago": AGO["minutes"], **_BURST}, []),
    "assigned": ({"ago": AGO["day"], **_LIGHT}, [(Action.ASSIGN, None)]),
    "started": ({**_LIGHT}, [(Action.START, None), (Action.RESPOND, "已答复")]),
    "waiting": ({**_BURST}, [(Action.START, None), (Action.WAIT, "等待配件")]),
    "told": ({**_BURST}, [(Action.WAIT, None), (Action.ALLOW_PAUSE, "同意")]),
    "planned": ({**_GRAVE}, [(Action.DRAFT_PLAN, None), (Action.RETURN_PLAN, "不够具体"), (Action.DRAFT_PLAN, None)]),
    "judged": ({**_LIGHT}, [(Action.START, None), (Action.JUDGE, None), (Action.KEEP_RECORD, None)]),
    "late": ({"ago": AGO["weeks"], **_LIGHT}, [(Action.URGE, "请尽快")]),
    "grave": ({"ago": timedelta(days=40), **_GRAVE}, [(Action.REPORT_SUPERVISOR, "已上报")]),
    "resolved": ({**_LIGHT}, _DONE),
    "closed": ({"ago": AGO["weeks"], **_BURST}, [*_DONE, (Action.CLOSE, None)]),
    "reopened": ({"ago": AGO["weeks"], **_LIGHT}, [*_DONE, (Action.REOPEN, "又坏了")]),
    "unresolved": ({**_LIGHT}, [(Action.CLOSE_UNRESOLVED, "业主不配合")]),
    "void": ({**_LIGHT}, [(Action.VOID, "重复登记")]),
    "praised": ({"ago": AGO["weeks"], **_BURST}, _DONE),
    "blamed": ({"ago": AGO["weeks"], **_BURST}, _DONE),
    "unreached": ({"ago": AGO["weeks"], **_BURST}, _DONE),
}
_UNTOLD: dict[str, Any] = {"pause_reason": PauseReason.PARTS}
_SAID: dict[str, Any] = {
    "pause_reason": PauseReason.PARTS,
    "told_channel": TellingChannel.PHONE,
    "told_at": now(),
    "expected_until": now() + timedelta(days=3),
    "validity": Validity.VALID,
    "plan": "更换门机",
    "apology": "抱歉",
    "root_cause": "门机老化",
    "training": "巡检培训",
    "responsible_department": "工程部",
}
_ANSWERS: dict[str, dict[str, Any]] = {
    "praised": {"outcome": CallbackOutcome.REACHED, "satisfaction": Satisfaction.VERY},
    "blamed": {"outcome": CallbackOutcome.REACHED, "satisfaction": Satisfaction.DISSATISFIED, "opinion": "再去一次"},
    "unreached": {"outcome": CallbackOutcome.UNREACHABLE},
}


def _without_age(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name != "ago"}


def _do(session: Session, site: Site, name: str, action: Action, note: str | None) -> None:
    assignee = site.cast.id_of("staff") if action is Action.ASSIGN else None
    with writing(session):
        said = {"waiting": _UNTOLD}.get(name, _SAID)
        act(session, site.tickets[name], action, BY, list(Role), now(), note, note, assignee, said=said)


def _call(session: Session, ticket_id: int, answer: dict[str, Any]) -> None:
    values = {"ticket_id": ticket_id, "called_at": now(), "form": CallbackForm.PHONE, **answer}
    with writing(session):
        record_callback(session, values, BY, now())


def addresses(site: Site) -> dict[str, str]:
    """Pages that are fetched, by kind: those of `pages`, what each entity has, tickets in each state."""
    rows = site.cast.rows[OWN] | site.cast.rows[SHARED]
    of_entities = {
        f"{what} of {name}": f"/{name}/{ending}" for name in entities() for what, ending in _OF_EVERY.items()
    }
    of_rows = {
        f"{what} of {name}": f"/{name}/{rows[name]}/{ending}"
        for name in sorted(entities().keys() & rows)
        for what, ending in {"details": "", "edit": "edit", "deletion": "delete"}.items()
    }
    tickets = {f"ticket, {name}": f"/tickets/{ticket_id}/" for name, ticket_id in site.tickets.items()}
    of_rows["progress of a draft"] = f"/drafts/{rows['drafts']}/progress"
    kinds = pages.addresses({**rows, "tickets": site.tickets["late"], "history": 1, "run": site.run})
    declared = {page.path: page.path.format(id=rows.get(page.row)) for page in PAGES.values() if "GET" in page.methods}
    return {**kinds, **declared, **_UNLINKED, **of_entities, **of_rows, **_cells(rows), **tickets, **_AFTER_A_FILE}


def _cells(rows: Mapping[str, int]) -> dict[str, str]:
    """The editors of single cells, of every column that a form has; some may not be edited in the list."""
    asked = {(name, column.name) for name in sorted(rows) for column in form_columns(entities()[name], "edit")}
    return {f"{column} of {name}": f"/{name}/{rows[name]}/cell?column={column}" for name, column in sorted(asked)}


_OF_EVERY = {
    "list": "",
    "wrong address": "?sort=nonsense&size=x&nothing=1",
    "filters": "filters",
    "columns": "columns",
    "views": "views",
    "form": "new",
    "file": "export/csv",
}
_LINK = re.compile(r'<a\b[^>]*?\shref="(/(?!/)[^"]*)"')
_AFTER_A_FILE = {"details of an export": "/exports/1/"}
_UNLINKED = {
    "overdue, unread": "/overdue/?level=x&nothing=1",
    "satisfaction, one kind": "/satisfaction/?kind=repair&from=2026-01&to=2099-01",
    "satisfaction, unread": "/satisfaction/?from=x&estate_id=x",
    "escalation, unread": "/escalation/?estate_id=x&nothing=1",
}


def forms(person: Person, site: Site) -> Iterator[tuple[str, TestResponse]]:
    """What posted forms are answered with, by kind, also after the way that a redirection points."""
    for kind, answer in _posted(person, site):
        is_passed_on = answer.status_code in (302, 303)
        yield kind, person.get(answer.location) if is_passed_on else answer


def _posted(person: Person, site: Site) -> Iterator[tuple[str, TestResponse]]:
    """Empty forms, wrong ones, stale ones, questions, files."""
    rows = site.cast.rows[OWN] | site.cast.rows[SHARED]
    for name, model in entities().items():
        wrong = {column.name: "~" for column in model.__table__.columns}
        yield f"{name}, empty", person.post(f"/{name}/new")
        yield f"{name}, wrong", person.post(f"/{name}/new", wrong)
        yield f"{name}, too long", person.post(f"/{name}/new", dict.fromkeys(wrong, "~" * 5000))
        yield f"{name}, stale", person.post(f"/{name}/{rows.get(name, 1)}/edit", {"version": "0"})
        if "delete" in entity(model).deeds:
            yield f"{name}, in the way", person.post(f"/{name}/{rows.get(name, 1)}/delete", {"version": "1"})
    yield from _in_cells(person, rows)
    yield from _in_bulk(person, rows)
    yield from _views(person)
    yield from _acts(person, site)
    yield from _files(person, site)
    yield "without a token", person.client.post("/owners/find")
    yield "wrong method", person.client.get("/logout")


def _in_cells(person: Person, rows: Mapping[str, int]) -> Iterator[tuple[str, TestResponse]]:
    """Every cell that a form has, with nonsense in it, and shown too long ago."""
    for kind, path in _cells(rows).items():
        address, _, column = path.partition("?column=")
        for version in ("0", "1"):
            yield f"cell, {kind}", person.post(address, {"column": column, column: "~", "version": version})


def _in_bulk(person: Person, rows: Mapping[str, int]) -> Iterator[tuple[str, TestResponse]]:
    """Every bulk action on a row of every entity: what it asks, what it says afterwards, and its undoing."""
    for name, row_id in sorted(rows.items()):
        for action in BulkAction:
            form = {"deed": action.value, "id": row_id, "reason": "~", "note": "~"}
            yield f"{action.value} {name}?", person.post(f"/{name}/action", form)
            yield f"{action.value} {name}", person.post(f"/{name}/action", {**form, "sure": "1"})
        yield f"{name}, none chosen", person.post(f"/{name}/action", {"deed": "set"})
    for number in range(1, 6):
        yield f"undo {number}", person.post(f"/tickets/undo/{number}")
        yield f"undone {number}", person.get(f"/bulk-changes/{number}/")


def _views(person: Person) -> Iterator[tuple[str, TestResponse]]:
    for deed in ("save", "update", "rename", "delete", "default", "nonsense"):
        yield f"view, {deed}, unnamed", person.post("/tickets/views?kind=repair", {"deed": deed})
        yield f"view, {deed}", person.post("/tickets/views?kind=repair", {"deed": deed, "name": "~", "key": "1"})
    yield "columns", person.post("/tickets/columns", {"column": "code"})
    yield "columns, again", person.get("/tickets/columns")
    yield "palette", person.post("/find", {"text": OWN})
    yield "palette, nothing found", person.post("/find", {"text": "~"})


def _acts(person: Person, site: Site) -> Iterator[tuple[str, TestResponse]]:
    """Every action on a ticket in several states, with nothing said and with a wrong version; bulk work."""
    for name in ("new", "resolved"):
        path = f"/tickets/{site.tickets[name]}/act"
        for action in Action:
            yield f"{name}: {action.value}", person.post(path, {"action": action.value, "version": "0"})
        yield f"{name}: nonsense", person.post(path, {"action": "nonsense", "version": "1"})
    for deed in ("urge", "assign", "nonsense"):
        ids = [site.tickets["late"], site.tickets["grave"]]
        yield f"overdue: {deed}", person.post("/overdue/act", {"deed": deed, "id": ids})
    yield "password, empty", person.post("/password")
    yield "password, differing", person.post("/password", {"current": "x", "new": "y" * 20, "repeated": "z"})


def _files(person: Person, site: Site) -> Iterator[tuple[str, TestResponse]]:
    """A file that cannot be read, one that can, what it would do, and what became of it."""
    for kind, name, content in (("damaged", "owners.xlsx", b"PK\x03\x04"), ("empty", "owners.csv", b"")):
        yield f"upload, {kind}", _upload(person, site, name, content)
    yield "upload, nothing chosen", person.post("/load/", {"kind": "owners"})
    answer = _upload(person, site, "owners.csv", SHEET.encode())
    path = f"/load/{answer.location.split('/')[2]}/"
    for show in ("new", "refused", "changed", "unchanged", "conflict"):
        yield f"preview, {show}", person.get(f"{path}?show={show}")
    yield "loaded", person.get(person.post(f"{path}commit").location)
    yield "loaded again", person.get(person.post(f"{path}commit").location)
    yield "taken back", person.get(person.post(f"{path}undo").location)
    yield "taken back again", person.get(person.post(f"{path}undo").location)


def _upload(person: Person, site: Site, name: str, content: bytes) -> TestResponse:
    data = {"kind": "owners", "estate": str(site.cast.id_of("estates")), "file": (BytesIO(content), name)}
    return person.post("/load/", data, content_type="multipart/form-data")


def followed(person: Person, starts: list[str], more: int = 160) -> Iterator[tuple[str, TestResponse]]:
    """The pages of these addresses and what they link to: of each kind of route with each set of parameters, one;
    so many `more` at most.
    """
    app, seen = person.client.application, set[Any]()
    queue, known = deque(starts), set(starts)
    while queue and len(seen) < len(starts) + more:
        path = queue.popleft()
        kind = _kind(app, path, path in starts)
        if kind in seen:
            continue
        seen.add(kind)
        answer = person.get(path)
        yield path, answer
        if answer.mimetype == "text/html":
            links = [path for path in _links(answer.text) if path not in known]
            queue.extend(links)
            known.update(links)


def visited(app: Flask, paths: Iterable[str]) -> set[str]:
    """The endpoints of these addresses."""
    return {endpoint for path in paths for endpoint in [_endpoint(app, path)] if endpoint}


def _kind(app: Flask, path: str, is_start: bool) -> Any:
    """What is visited once: a start, or a route with these parameters; what every entity has, of one entity."""
    endpoint = _endpoint(app, path)
    name, _, view = endpoint.partition(".")
    generated = view in ENTITY_ROUTES and name in entities()
    return path if is_start else (view if generated else endpoint, frozenset(parse_qs(urlsplit(path).query)))


def _endpoint(app: Flask, path: str) -> str:
    try:
        endpoint, _ = app.url_map.bind("localhost").match(urlsplit(path).path)
    except HTTPException:
        return ""
    return str(endpoint)


def _links(html: str) -> Iterator[str]:
    """The addresses of our own that the page links to; a parser would take as long as the page itself."""
    return map(unescape, dict.fromkeys(_LINK.findall(html)))
