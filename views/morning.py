"""The morning list: what waits for the person, the most alarming first; each number is that of the list it leads to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from flask import url_for
from flask_admin import expose
from werkzeug.datastructures import MultiDict

from models.account import Role
from models.base import N_, Base, Group, Permission, entity, now
from models.bulk_change import BulkChange
from models.calendar import CalendarYear
from models.callback import Callback
from models.export_record import ExportRecord
from models.import_batch import BatchState, ImportBatch
from models.inspection import Finding, FindingState
from models.review import Review, ReviewKind
from models.ticket import OPEN_STATES, Ticket
from operations.calendar_coverage import coverages
from operations.review_duties import OwedReview, Owing, owed_reviews
from reports.callbacks_owed import Owed, callbacks_owed
from reports.listing import Listing, TooSlow, count
from reports.overdue import overdue_counts_by_level
from rules.callback_limits import OWED
from rules.permissions import Action
from rules.reviews import SIGNERS, SOURCES, SUPERIORS
from views import lists
from views.access import account, default_zone, may, may_class, may_do, model_scope, roles
from views.asking import Asking
from views.behind import PAGING, Behind, rows_file, rows_page
from views.database import db
from views.escalation_tables import level_who
from views.figures import link
from views.import_access import importable
from views.language import translate
from views.pages import PanelPage, Way
from views.reviews import owed_url

MOST_COUNTED = 999  # more is told as "999+"
READERS = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})  # to whom it is news what others took out or changed in bulk

Mood = Literal["alarm", "warn", "plain", "quiet"]
_MOODS: Mapping[Mood, int] = {"alarm": 0, "warn": 1, "plain": 2, "quiet": 3}
_OPEN = "&".join(f"state={state.value}" for state in sorted(OPEN_STATES))
_UNVERIFIED = f"state.not={FindingState.VERIFIED.value}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait, what they are, and their list; `number` is None where counting would take too long."""

    number: int | None
    label: str
    note: str
    url: str
    icon: str
    mood: Mood

    @property
    def told(self) -> str:
        """The number as it is shown."""
        if self.number is None:
            return "…"
        return f"{MOST_COUNTED}+" if self.number > MOST_COUNTED else str(self.number)


def morning() -> list[Waiting]:
    """What waits for the person; nothing that is not there."""
    moment = now()
    of_tickets = [*_overdue(moment), *_tickets(), *_callbacks(moment)]
    found = [*of_tickets, *_reviews(moment), *_findings(), *_files(), *_calendars(moment)]
    return sorted((row for row in found if row.number != 0), key=lambda row: _MOODS[row.mood])


def ticket_ways() -> list[Way]:
    """The way to a new ticket, for those who take reports in."""
    if not may_do(Ticket, "create"):
        return []
    return [Way(translate(N_("New ticket")), url_for("tickets.create_view"), "plus-circle", "n")]


def _overdue(moment: datetime) -> Iterator[Waiting]:
    """By the level at which they stand, the highest first (S3 第6篇 4.6–4.8)."""
    if not may(Ticket, Action.SEE):
        return
    address, label = url_for("overdue.index_view"), translate(N_("Overdue at level %(level)s"))
    for level, number in sorted(overdue_counts_by_level(db.session, moment, model_scope(Ticket)).items(), reverse=True):
        told, url = label % {"level": level}, link(address, {"level": level})
        yield Waiting(number, told, level_who(level), url, "alarm", "alarm" if level > 1 else "warn")


def _tickets() -> Iterator[Waiting]:
    if not may(Ticket, Action.SEE):
        return
    today = N_("Still to come before midnight")
    yield _listed(Ticket, "next_due_at.in=today&next_due_at.past=no", N_("Due today"), today, "clock", "plain")
    person = account()
    if person is not None and person.staff_id is not None:
        mine = f"assignee_id=me&{_OPEN}"
        of_today = N_("Assigned to you, due today or before")
        yield _listed(Ticket, f"{mine}&next_due_at.to=today", N_("My tickets today"), of_today, "person-check", "plain")
        yield _listed(Ticket, mine, N_("My open tickets"), N_("All that is assigned to you"), "person", "quiet")
    # Work of the estates: in all of them together nobody goes through it.
    if may_do(Ticket, "edit") and model_scope(Ticket).estates is not None:
        nobody = N_("New, and nobody is assigned yet")
        query = "state=new&assignee_id.empty=yes"
        yield _listed(Ticket, query, N_("Unassigned tickets"), nobody, "person-plus", "plain")
        waiting = N_("For parts or for the owner: see that they go on")
        yield _listed(Ticket, "state=waiting", N_("Waiting tickets"), waiting, "hourglass-split", "quiet")


def _callbacks(moment: datetime) -> Iterator[Waiting]:
    if not (may(Ticket, Action.SEE) and may(Callback, Action.SEE)):
        return
    clauses = ", ".join(dict.fromkeys(limit.source for limit in OWED.values()))
    notes: Mapping[Owed, tuple[str, str, Mood]] = {
        Owed.LATE: (
            N_("Callbacks overdue"),
            N_("Resolved, the limit has passed, nobody has called (%(clause)s)"),
            "warn",
        ),
        Owed.DUE: (N_("Callbacks due"), N_("Resolved, and still within the limit (%(clause)s)"), "plain"),
    }
    for owed, (label, note, mood) in notes.items():
        listing = Listing(Ticket, ("id",), where=callbacks_owed(moment, owed))
        url = link(url_for("callbacks-due.index_view"), {"owed": owed.value})
        told = translate(note) % {"clause": clauses}
        yield Waiting(_count(listing), translate(label), told, url, "telephone-outbound", mood)
    unsatisfied = N_("Unsatisfied callbacks")
    week = translate(N_("Of the last 7 days: the manager hears of each (%(clause)s)")) % {"clause": "S3 第7篇 4.4"}
    query = "satisfaction=dissatisfied&called_at.last=7d"
    yield _listed(Callback, query, unsatisfied, week, "emoji-frown", "warn")


def _reviews(moment: datetime) -> Iterator[Waiting]:
    """Those that the person is to sign, and those that are late of whoever stands below."""
    mine, below = ([kind for kind in ReviewKind if who[kind] in roles()] for who in (SIGNERS, SUPERIORS))
    if not (mine or below):
        return
    found = owed_reviews(db.session, moment, model_scope(Review), [*mine, *below])
    for kind in mine:
        yield _owed_review(found, kind, Owing.LATE, "alarm")
        yield _owed_review(found, kind, Owing.DUE, "plain")
    for kind in below:
        if kind not in mine:
            yield _owed_review(found, kind, Owing.LATE, "warn")


def _owed_review(found: Sequence[OwedReview], kind: ReviewKind, owing: Owing, mood: Mood) -> Waiting:
    labels = {
        (ReviewKind.DAILY, Owing.DUE): N_("Daily reviews to sign off"),
        (ReviewKind.DAILY, Owing.LATE): N_("Daily reviews overdue"),
        (ReviewKind.WEEKLY, Owing.DUE): N_("Monday reviews to sign off"),
        (ReviewKind.WEEKLY, Owing.LATE): N_("Monday reviews overdue"),
    }
    number = sum((each.period.kind, each.owing) == (kind, owing) for each in found)
    note = translate(N_("Signed off by the %(role)s (%(clause)s)"))
    told = note % {"role": translate(SIGNERS[kind].label), "clause": SOURCES[kind]}
    return Waiting(number, translate(labels[kind, owing]), told, owed_url(kind, owing), "check2-all", mood)


def _findings() -> Iterator[Waiting]:
    if not may(Finding, Action.SEE):
        return
    late, week = N_("Not verified, and the day has passed"), N_("Not verified, within the next 7 days")
    query = f"{_UNVERIFIED}&due_on.past=yes"
    yield _listed(Finding, query, N_("Findings overdue"), late, "exclamation-diamond", "warn")
    query = f"{_UNVERIFIED}&due_on.next=7d"
    yield _listed(Finding, query, N_("Findings due"), week, "clipboard-check", "plain")


def _files() -> Iterator[Waiting]:
    """What was brought in, taken out or changed in bulk, for whom that is news."""
    week = N_("In the last 7 days")
    if importable():
        query = f"state={BatchState.PREVIEWED.value}&created_at.last=7d"
        previewed = N_("Looked at, but neither loaded nor dropped")
        yield _listed(ImportBatch, query, N_("Imports to finish"), previewed, "upload", "plain")
        query = f"state={BatchState.COMMITTED.value}&created_at.last=7d"
        yield _listed(ImportBatch, query, N_("Imports loaded"), week, "check2-square", "quiet")
    if roles() & READERS:
        yield _listed(BulkChange, "at.last=7d", N_("Bulk changes"), week, "stack", "quiet")
        yield _listed(ExportRecord, "at.last=7d", N_("Exports"), week, "box-arrow-up", "quiet")


def _calendars(moment: datetime) -> Iterator[Waiting]:
    """Calendars of which a year is missing, for those who can add it."""
    if not may_do(CalendarYear, "create"):
        return
    for each in coverages(db.session(), moment.astimezone(default_zone()).date()):
        if each.is_missed:
            label = translate(N_("Calendar without %(year)s")) % {"year": each.missing}
            known = N_("%(name)s: until it is added, Monday to Friday counts, and dates say so")
            note = translate(known) % {"name": each.name}
            url = url_for("calendars.details_view", id=each.calendar_id)
            yield Waiting(1, label, note, url, "calendar-x", "warn")


def _listed(model: type[Base], query: str, label: str, note: str, icon: str, mood: Mood) -> Waiting:
    """The generated list under that address, and how many rows it has."""
    parameters: MultiDict[str, str] = MultiDict(each.split("=", 1) for each in query.split("&"))  # type: ignore[misc]
    address = lists.read_address(model, parameters)
    assert not address.faults, f"{query}: {address.faults}"
    number = _count(address.listing) if may(model, Action.SEE) else 0
    url = f"{url_for(f'{entity(model).name}.index_view')}?{query}"
    return Waiting(number, translate(label), translate(note), url, icon, mood)


def _count(listing: Listing) -> int | None:
    try:
        return count(db.session, listing, model_scope(listing.model), cap=MOST_COUNTED)
    except TooSlow:
        return None


class CallbacksDuePage(PanelPage):
    """The tickets whose owners are still to be called back."""

    title = N_("Callbacks due")
    group = Group.SERVICE
    address = "callbacks-due"
    icon = "telephone-forward"
    permission = Permission.SERVICE

    def is_accessible(self) -> bool:
        return super().is_accessible() and may_class(Permission.CALLBACKS, Action.SEE)

    @expose("/")
    def index_view(self) -> Any:
        return rows_page(self, self._behind(), ".index_view")

    @expose("/export/<export_type>")
    def index_export(self, export_type: str) -> Any:
        return rows_file(export_type, self._behind())

    def _behind(self) -> Behind:
        asking = Asking()
        asking.only(("owed", *PAGING))
        owed = asking.choice("owed", Owed)
        chips = [] if owed is None else [translate(owed.label)]
        return Behind(Ticket, callbacks_owed(now(), owed), translate(self.title), chips, asking.faults)
