"""The views that ship with the lists, by entity: what people of this trade ask of them day by day."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.base import N_
from models.inspection import FindingState
from models.ticket import OPEN_STATES, TicketState


@dataclass(frozen=True, slots=True)
class UsualView:
    """A view by its key, its label and the address that it stands for (`views.conditions`)."""

    key: str
    label: str
    query: str

    @property
    def is_personal(self) -> bool:
        """Whether it is about the person's own work, which takes a staff member."""
        return "=me" in self.query


_OPEN = "&".join(f"state={state.value}" for state in TicketState if state in OPEN_STATES)
_UNVERIFIED = f"state.not={FindingState.VERIFIED.value}"

USUAL_VIEWS: Mapping[str, tuple[UsualView, ...]] = {
    "tickets": (
        UsualView("overdue", N_("Overdue"), "next_due_at.past=yes"),
        UsualView("mine-today", N_("Mine today"), f"assignee_id=me&{_OPEN}&next_due_at.to=today"),
        UsualView("mine", N_("Mine, open"), f"assignee_id=me&{_OPEN}"),
        UsualView("due-today", N_("Due today"), "next_due_at.in=today"),
        UsualView("unassigned", N_("New, unassigned"), "state=new&assignee_id.empty=yes"),
        UsualView("waiting", N_("Waiting"), "state=waiting"),
        UsualView("major", N_("Major complaints"), f"kind=complaint&severity=major&{_OPEN}"),
        UsualView("reopened", N_("Reopened"), "state=reopened"),
    ),
    "callbacks": (
        UsualView("unsatisfied", N_("Unsatisfied callbacks"), "satisfaction=dissatisfied"),
        UsualView("unreached", N_("Not reached"), "outcome=unreachable&outcome=refused"),
        UsualView("mine", N_("My calls this month"), "caller_id=me&called_at.in=this_month"),
        UsualView("this-week", N_("This week"), "called_at.in=this_week"),
    ),
    "pauses": (
        UsualView("to-allow", N_("To be allowed"), "needs_approval=1&allowed_at.empty=yes&refused_at.empty=yes"),
        UsualView("going-on", N_("Going on"), "ended_at.empty=yes"),
        UsualView("untold", N_("Owner not told"), "told_at.empty=yes"),
    ),
    "handling-plans": (UsualView("to-decide", N_("To be approved"), "state=drafted"),),
    "milestones": (
        UsualView("past", N_("Open and past"), "is_open=1&due_at.past=yes"),
        UsualView("today", N_("Due today"), "is_open=1&due_at.in=today"),
    ),
    "ladder-steps": (UsualView("coming", N_("Next 7 days"), "is_open=1&due_at.next=7d"),),
    "units": (
        UsualView("vacant", N_("Vacant"), "occupancy=vacant"),
        UsualView("renovation", N_("Under renovation"), "occupancy=renovation"),
        UsualView("let", N_("Let"), "occupancy=let"),
    ),
    "inspections": (
        UsualView("this-month", N_("This month"), "inspected_on.in=this_month"),
        UsualView("last-month", N_("Last month"), "inspected_on.in=last_month"),
    ),
    "inspection-items": (UsualView("failed", N_("Failed items"), "result=fail"),),
    "findings": (
        UsualView("open", N_("Unverified"), _UNVERIFIED),
        UsualView("overdue", N_("Past their limit"), f"{_UNVERIFIED}&due_on.past=yes"),
        UsualView("mine", N_("Mine, unverified"), f"responsible_id=me&{_UNVERIFIED}"),
        UsualView("this-week", N_("Due this week"), f"{_UNVERIFIED}&due_on.in=this_week"),
    ),
    "history": (UsualView("today", N_("Today"), "at.in=today"),),
    "exports": (
        UsualView("personal", N_("Personal data in the clear"), "is_personal=1"),
        UsualView("this-month", N_("This month"), "at.in=this_month"),
    ),
}
