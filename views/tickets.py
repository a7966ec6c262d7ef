"""Tickets: taking a report in, and the page on which a ticket is worked."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from flask import flash, jsonify, redirect, request, url_for
from flask_admin import expose
from sqlalchemy import Column, select
from wtforms import Form

from models.base import N_, ColumnWords, Row, UtcDateTime, now
from models.faults import Fault
from models.owner import Owner
from models.ticket import OPEN_STATES, SEVERITIES, Channel, Severity, Ticket, TicketKind
from operations.agreements import AGREED
from operations.tickets import act, edit_ticket, open_ticket
from operations.write import Refused, Stale, writing
from reports.explanation import Explanation, MilestoneReason, explain
from rules.deadlines import late_seconds
from rules.permissions import Action
from views.access import author, demand, roles, zone_of
from views.callers import CallerField, offered
from views.cells import exported_columns, formatter
from views.changes import changes_since
from views.database import db
from views.deeds import asked_action, asked_arguments, offer, staff_to_assign
from views.details import Shown, call_url
from views.forms import TypedField, form_class, shown_version
from views.inbox import answers_asked
from views.language import translate
from views.panel import EntityView
from views.ticket_cards import agreed_cards, complaint_card, pause_cards
from views.timeline import timeline
from views.why import Teller
from views.wording import duration_text, exact_text, late_text, limit_text, offset_text

LEAD = (
    "unit_id",
    "owner_id",
    "contact_name",
    "contact_phone",
    "building_id",
    "butler_id",
    "assignee_id",
    "opened_at",
    "description",
    "close_reason",
    "source_system",
    "source_is_on_time",
)
SHOWN_APART = {
    *("events", "milestones", "ladder-steps", "warnings"),
    *("pauses", "handling-plans", "complaint-records"),
}  # sections of the page's own

# When a report came that is entered later, from the night desk or from paper: no column of its own.
CAME_AT: Any = Column(
    "came_at",
    UtcDateTime(),
    info={
        "words": ColumnWords(
            N_("Came at"), help=N_("Only if it is entered later than it came, such as from the night desk or paper")
        )
    },
)


class TicketView(EntityView):
    """Intake in one box and four fields; edits as events; the actions that the ticket's state and the role allow."""

    form_template = "tickets/form.html"
    details_template = "tickets/details.html"
    shown_apart = SHOWN_APART

    def __init__(self) -> None:
        super().__init__(Ticket)

    def get_create_form(self) -> type[Form]:
        """The generated form with one box in place of unit, building and owner."""
        boxed: dict[str, Any] = dict.fromkeys(("unit_id", "building_id", "owner_id"))
        own = {"who": CallerField(), "came_at": TypedField(column=CAME_AT)}
        return type("IntakeForm", (form_class(Ticket, "create"),), {**boxed, **own})

    @expose("/who", methods=("POST",))
    def who_view(self) -> Any:
        """Whom the words in the box fit: [{id, text, note, estate}]."""
        demand(self.can_create)
        return jsonify(offered(request.form.get("text", "")[:100]))

    @expose("/<id>/act", methods=("POST",))
    def act_view(self, id: str) -> Any:
        """Do an action on the ticket: what was changed is an event, what is refused is said on the page."""
        demand(self.can_edit)
        row = self.get_one(id, Action.EDIT)
        action, version = asked_action(), shown_version()
        try:
            arguments = asked_arguments(row, action)
            with writing(db.session):
                act(db.session, int(id), action, author(), roles(), now(), version=version, **arguments)
        except Fault as fault:
            return self._refused(id, [fault])
        except Refused as refused:
            return self._refused(id, refused.faults.values())
        except Stale:
            return self._overtaken(id, version)
        flash(translate(N_("Done: %(action)s")) % {"action": translate(action.label)}, "success")
        return redirect(url_for(".details_view", id=id))

    def _refused(self, id: str, faults: Collection[Fault]) -> Any:
        context = self.details_context(self.get_one(id))
        sentences = [fault.text(translate) for fault in faults]
        return self.render(self.details_template, **context, refused=sentences, asked=request.form), 422

    def _overtaken(self, id: str, version: int) -> Any:
        """The page as it is now, with what was typed and what somebody else did meanwhile."""
        row = self.get_one(id)
        context, meanwhile = self.details_context(row), changes_since(row, version)
        return self.render(self.details_template, **context, meanwhile=meanwhile, asked=request.form), 409

    def filled(self, form_type: type[Form], row: Row | None) -> Form:
        form = super().filled(form_type, row)
        if row is None and request.method == "GET":
            form["who"].propose(request.args)
            form["kind"].process_data(TicketKind.REPAIR)
            form["severity"].process_data(Severity.ORDINARY)
            form["channel"].process_data(Channel.PHONE)
        return form

    def form_page(self, form: Form, row: Row | None, rest: list[str], **extra: Any) -> Any:
        fitting = {kind.value: [severity.value for severity in choices] for kind, choices in SEVERITIES.items()}
        return super().form_page(form, row, rest, **extra, fitting=json.dumps(fitting))

    def insert(self, values: dict[str, Any]) -> int:
        caller = values["who"]
        place = {name: getattr(caller, name) for name in ("estate_id", "building_id", "unit_id", "owner_id")}
        facts = {name: value for name, value in values.items() if name not in {"who", "came_at"}} | place
        with writing(db.session):
            return open_ticket(db.session, facts, by=author(), at=now(), came_at=values["came_at"])

    def update(self, row: Row, values: dict[str, Any], version: int) -> None:
        row_id, values = row.id, values | unmoved(row, values)
        with writing(db.session):
            edit_ticket(db.session, row_id, values, version, by=author(), at=now(), roles=roles())
            self.keep_in_reach(row_id, Action.EDIT)

    def details_context(self, row: Ticket) -> dict[str, Any]:
        moment, zone = now(), zone_of(row.estate_id)
        reasons = explain(db.session, row, moment)
        context = super().details_context(row)
        related = {section.name: section for section in context["related"]}
        staff = staff_to_assign(row.estate_id)
        offered_now = offer(row, reasons, staff)
        return {
            **context,
            "lead": lead(row, context["fields"]),
            "related": [section for name, section in related.items() if name != "callbacks"],
            "callbacks": related.get("callbacks"),
            "explanation": reasons,
            "level": max((step.level for step in reasons.steps if step.is_reached), default=0),
            "is_open": row.state in OPEN_STATES,
            "next_due": next_due(reasons),
            "late": duration_of(late_seconds(row.next_due_at, moment)),
            "left": duration_of(late_seconds(moment, row.next_due_at) if row.next_due_at else 0),
            "deeds": offered_now.deeds,
            "hints": offered_now.hints,
            "staff": staff,
            "timeline": timeline(row),
            **cards(row, zone),
            "answers_asked": answers_asked(row.id),
            "local": local_text(zone),
            "duration_text": duration_text,
            "limit_text": limit_text,
            "exact_text": exact_text,
            "late_text": late_text,
            "offset_text": offset_text,
            "teller": Teller(reasons, zone),
        }


def unmoved(row: Row, values: Mapping[str, Any]) -> dict[str, Any]:
    """The agreed dates that the form shows to the minute and that nobody touched, as they are to the second."""
    kept = {name: getattr(row, name) for name in AGREED if values.get(name) is not None}
    return {name: at for name, at in kept.items() if at is not None and at.replace(second=0) == values[name]}


def lead(ticket: Ticket, fields: Sequence[Shown]) -> list[Shown]:
    """What to see first: where, who and their phone, who works it, what was said; empty ones left out."""
    by_name = {column.name: shown for column, shown in zip(exported_columns(Ticket), fields, strict=True)}
    phone = Owner.__table__.columns["phone"]
    value = db.session.scalar(select(Owner.phone).where(Owner.id == ticket.owner_id))
    text = formatter(Owner, phone)(value, ticket.estate_id)
    owner_phone = Shown(translate(N_("Owner's phone")), text, call_url(phone, value, text))
    shown = [*(by_name[name] for name in LEAD[:2]), owner_phone, *(by_name[name] for name in LEAD[2:])]
    return [each for each in shown if each.text]


def local_text(zone: tzinfo) -> Callable[[datetime | None], str]:
    """What writes a moment in that zone; empty for none."""
    return lambda at: at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if at else ""


def cards(ticket: Ticket, zone: tzinfo) -> dict[str, Any]:
    """What the page says of pauses, agreed dates and the complaint."""
    local = local_text(zone)
    return {
        "pauses": pause_cards(ticket, local),
        "agreed": agreed_cards(ticket, local),
        "complaint": complaint_card(ticket, local),
    }


def duration_of(seconds: int) -> str:
    """The duration in words; empty for none."""
    return duration_text(seconds) if seconds else ""


def next_due(reasons: Explanation) -> MilestoneReason | None:
    """The milestone that is due next, or was due first of those still owed."""
    owed = (each for each in reasons.milestones if each.is_open and each.due_at == reasons.next_due_at)
    return next(owed, None) if reasons.next_due_at else None
