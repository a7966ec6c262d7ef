"""Each page of the table: how it is asked for, what it is held against, and what it may cost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from urllib.parse import urlencode

from bench.facts import RARE_WORD, WORD, Facts, utc
from bench.visitor import Answer, Visitor, fields
from views.lists import cursor_text

TIMES, WARMING = 30, 5
Ask = Callable[[], Answer]


@dataclass(frozen=True)
class Page:
    """One line of the table: ours and the limit as they are asked for; `allowed` in milliseconds."""

    name: str
    ours: Ask
    limit: Ask
    allowed: float | None = None


@dataclass(frozen=True)
class Measured:
    """Medians in milliseconds."""

    ours: float
    limit: float
    allowed: float | None


def milliseconds(ask: Ask, times: int = TIMES) -> float:
    """The median of some answers, after some to warm up."""
    for _ in range(WARMING):
        ask()
    return median(ask().seconds for _ in range(times)) * 1000


def measured(pages: Iterator[Page]) -> dict[str, Measured]:
    """Every page, one after the other."""
    return {page.name: Measured(milliseconds(page.ours), milliseconds(page.limit), page.allowed) for page in pages}


def pages(ours: Visitor, limit: Visitor, facts: Facts) -> Iterator[Page]:
    """The pages that are only read."""

    def get(path: str, **asked: str) -> Ask:
        return lambda: ours.get(f"{path}?{urlencode(asked)}" if asked else path).demand(200)

    def at_best(name: str, **asked: str) -> Ask:
        return lambda: limit.get(f"/limit/{name}?{urlencode(asked)}").demand(200)

    estate = str(facts.estate_id)
    cursor = {"after": utc(facts.cursor[0]), "id": str(facts.cursor[1])}
    since = utc(facts.callbacks_since)
    month = utc(datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0))
    yield Page("signed-in page without rows", get("/password"), lambda: limit.get("/bare").demand(200))
    yield Page("ticket list, first page", get("/tickets/"), at_best("list"), 10)
    yield Page("overdue list of one estate", get("/overdue/", estate_id=estate), at_best("overdue", estate=estate), 8)
    for name, entity, text, query, allowed in (
        ("find a ticket by phone", "tickets", facts.contact_phone, at_best("phone", phone=facts.contact_phone), 6),
        ("find an owner by phone", "owners", facts.owner_phone, at_best("owner", phone=facts.owner_phone), 6),
        ("find by code", "tickets", facts.code, at_best("code", code=facts.code, beyond=facts.code + "~"), 6),
        ("find by a word in the subject", "tickets", WORD, at_best("word", word=WORD), 10),
        ("find by a rare word", "tickets", RARE_WORD, at_best("word", word=RARE_WORD), 10),
    ):
        address = _found(ours, entity, text)
        yield Page(name, lambda address=address: ours.get(address).demand(200), query, allowed)  # type: ignore[misc]
    yield Page(
        "page 5,000 by its cursor",
        get("/tickets/", after=cursor_text(facts.cursor) or ""),
        at_best("page", **cursor),
        10,
    )
    span = {"opened_at.from": _stamp(facts.first), "opened_at.to": _stamp(facts.last), "columns": "shown"}
    at_best_export = at_best("export", first=utc(facts.first), last=utc(facts.last))
    yield Page("CSV of 10,000 filtered rows", get("/tickets/export/csv", **span), at_best_export, 250)
    yield Page("satisfaction by month and estate", get("/satisfaction/"), at_best("satisfaction", since=since), 20)
    yield Page("escalation summary", get("/escalation/"), at_best("escalation", month=month), 6)


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _found(visitor: Visitor, entity: str, text: str) -> str:
    """The address of the list that a search leads to: what was typed is posted, and never in an address."""
    form = {"csrf_token": visitor.token(), "text": text}
    return visitor.post(f"/{entity}/find", form).demand(302).headers["Location"]


def search_page(ours: Visitor, limit: Visitor, facts: Facts) -> Page:
    """What is sent before a search shows its rows."""
    form = {"csrf_token": ours.token(), "text": facts.code}
    return Page("find: the post before it", lambda: ours.post("/tickets/find", form).demand(302), _nothing(limit))


def _nothing(limit: Visitor) -> Ask:
    return lambda: limit.get("/bare").demand(200)


def edits(ours: Visitor, limit: Visitor, facts: Facts) -> dict[str, Measured]:
    """The edit form of open tickets, and its save with another subject and another appointment, which is a date."""
    shown: list[float] = []
    saved: list[float] = []
    for number, ticket_id in enumerate(facts.edited):
        form = ours.get(f"/tickets/{ticket_id}/edit").demand(200)
        changed = _changed(fields(form.text), number)
        answer = ours.post(f"/tickets/{ticket_id}/edit", changed).demand(302)
        shown.append(form.seconds * 1000)
        saved.append(answer.seconds * 1000)
    ids = iter(facts.edited * 2)
    read = milliseconds(lambda: limit.get(f"/limit/edit?id={facts.edited[0]}").demand(200))
    written = milliseconds(lambda: limit.post(f"/limit/save?id={next(ids)}", {}).demand(200))
    return {
        "edit form": Measured(median(shown[WARMING:]), read, 5),
        "save, with history and due times": Measured(median(saved[WARMING:]), written, 8),
    }


def _changed(form: dict[str, str], number: int) -> dict[str, str]:
    moment = datetime.now(UTC) + timedelta(days=1, minutes=number)
    subject = form["subject"].partition("（")[0] + f"（{moment:%H%M%S}{number}）"
    return {**form, "subject": subject, "appointment_at": f"{moment:%Y-%m-%dT%H:%M}"}
