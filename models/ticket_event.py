"""The timeline of a ticket: what was done, when, by whom, with internal notes."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import N_, READ_ONLY, Entity, Group, Labelled, Permission, Row, choice, column


class EventKind(Labelled):
    OPENED = "opened", N_("Opened")
    NOTED = "noted", N_("Note")
    ASSIGNED = "assigned", N_("Assigned")
    STARTED = "started", N_("Work started")
    RESPONDED = "responded", N_("First response given")
    ARRIVED = "arrived", N_("On site")
    REPLIED = "replied", N_("Reply to the owner")
    ANSWERED = "answered", N_("Clear answer to the owner")
    HARM_STOPPED = "harm_stopped", N_("Harm stopped, apology given")
    REPORTED = "reported", N_("Reported to the supervisor")
    REPORTED_HQ = "reported_hq", N_("Reported to HQ")
    HANDED_SUPERVISOR = "handed_supervisor", N_("Handed over to the supervisor")
    HANDED_MANAGER = "handed_manager", N_("Handed over to the manager")
    WAITING = "waiting", N_("Waiting")
    RESOLVED = "resolved", N_("Resolved")
    RECORD_HANDED_IN = "record_handed_in", N_("Record handed in")
    CLOSED = "closed", N_("Closed")
    CLOSED_UNRESOLVED = "closed_unresolved", N_("Closed unresolved")
    REOPENED = "reopened", N_("Reopened")
    VOIDED = "voided", N_("Voided")
    RECLASSIFIED = "reclassified", N_("Reclassified")
    ESCALATED = "escalated", N_("Escalated")
    URGED = "urged", N_("Urged")
    UNDONE = "undone", N_("Undone")  # `data.events` names the events that count no longer
    AGREED = "agreed", N_("Date agreed")
    OWNER_TOLD = "owner_told", N_("Owner told of the wait")
    PAUSE_ALLOWED = "pause_allowed", N_("Pause allowed")
    PAUSE_REFUSED = "pause_refused", N_("Pause refused")
    VALIDITY_JUDGED = "validity_judged", N_("Validity judged")
    PASSED_ON = "passed_on", N_("Passed on outside the remit")
    PLAN_DRAFTED = "plan_drafted", N_("Handling plan drafted")
    PLAN_APPROVED = "plan_approved", N_("Handling plan approved")
    PLAN_RETURNED = "plan_returned", N_("Handling plan returned")
    RECORD_KEPT = "record_kept", N_("Complaint record kept")
    WARNED = "warned", N_("Warned")
    ACKNOWLEDGED = "acknowledged", N_("Acknowledged")
    NOT_ACKNOWLEDGED = "not_acknowledged", N_("Not acknowledged in time")
    DATES_MOVED = "dates_moved", N_("Dates moved")


class TicketEvent(Row):
    """`data` keeps what the kind needs, such as the class before and after a reclassification."""

    __tablename__ = "ticket_event"
    __table_args__ = (
        Index(None, "ticket_id", "at"),
        Index(None, "estate_id", "kind", "at"),
        Index(None, "estate_id", "at"),
    )
    __entity__ = Entity(
        name="events",
        label=N_("Event"),
        plural=N_("Events"),
        group=Group.SERVICE,
        permission=Permission.SERVICE,
        title=("kind",),
        order="-at",
        to_building=("ticket_id", "building_id"),
        to_assignee=("ticket_id", "assignee_id"),
        deeds=READ_ONLY,
        in_menu=False,
        icon="clock-history",
    )

    estate_id: Mapped[int] = column(ForeignKey("estate.id"), label=N_("Estate"), filter=True)
    ticket_id: Mapped[int] = column(ForeignKey("ticket.id"), label=N_("Ticket"), listed=True, filter=True)
    kind: Mapped[EventKind] = column(choice(EventKind), label=N_("Event kind"), listed=True, filter=True)
    at: Mapped[datetime] = column(label=N_("When"), listed=True, filter=True, sort=True, index=True)
    account_id: Mapped[int | None] = column(ForeignKey("account.id"), label=N_("By"), listed=True, index=True)
    note: Mapped[str | None] = column(Text(), label=N_("Text"), listed=True, long=True)
    is_internal: Mapped[bool] = column(Boolean(), label=N_("Internal"), listed=True, default=False)
    data: Mapped[dict[str, Any] | None] = mapped_column()
