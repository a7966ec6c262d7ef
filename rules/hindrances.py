"""What stands against an action on this very ticket, and what to do instead: harm, plans, records, pauses."""

from collections.abc import Collection
from dataclasses import dataclass

from models.account import Role
from models.base import N_
from models.complaint import PlanState
from models.faults import Fault, Labels
from models.ticket import Severity, TicketKind, Validity
from rules.transitions import Action

# What may be done while harm goes on: stopping it, going there, telling others, and a report entered wrongly goes.
BEFORE_HARM_STOPS = frozenset(
    {
        *(Action.STOP_HARM, Action.RESPOND, Action.ARRIVE, Action.ASSIGN, Action.URGE, Action.NOTE, Action.VOID),
        *(Action.REPORT_SUPERVISOR, Action.REPORT_HQ, Action.HAND_TO_SUPERVISOR, Action.HAND_TO_MANAGER),
        *(Action.RESUME, Action.REOPEN),
    }
)
DISMISSED = frozenset({Validity.INVALID, Validity.OUTSIDE_REMIT})
PLANNED = frozenset({Severity.IMPORTANT, Severity.MAJOR})
_JUDGES = frozenset({Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Waiting:
    """The pause that is running or may be decided; `by_ids` are the accounts that asked for the latter and said how
    long it takes, `is_needed` whether it counts only once it is allowed.
    """

    is_running: bool
    is_told: bool
    is_undecided: bool
    is_needed: bool = False
    by_ids: frozenset[int | None] = frozenset()


@dataclass(frozen=True, slots=True)
class Case:
    """What the closer rules need to know of a ticket; `missing` are the labels of what its record still lacks,
    `plan_by_id` is the account that drafted the plan.
    """

    kind: TicketKind
    severity: Severity | None = None
    validity: Validity | None = None
    is_harm_ongoing: bool = False
    plan: PlanState | None = None
    plan_by_id: int | None = None
    missing: tuple[str, ...] = ()
    waiting: Waiting | None = None

    @property
    def is_complaint(self) -> bool:
        return self.kind is TicketKind.COMPLAINT

    @property
    def needs_plan(self) -> bool:
        """Important and major complaints, unless dismissed, are worked by a plan (S3 第5篇 3.2–3.3)."""
        return self.is_complaint and self.severity in PLANNED and self.validity not in DISMISSED


def hindrance(case: Case, action: Action, roles: Collection[Role], account_id: int | None) -> Fault | None:
    """Why the action cannot be done, with what to do instead; None when nothing of this stands against it."""
    if case.is_complaint and case.is_harm_ongoing and action not in BEFORE_HARM_STOPS:
        sentence = N_("Harm is still going on: first record by '%(action)s' how it was stopped and the apology")
        return Fault(sentence, action=Action.STOP_HARM)
    match action:
        case Action.STOP_HARM if not case.is_harm_ongoing:
            return Fault(N_("No harm is marked as going on: mark it by editing the ticket, or add a note"))
        case Action.START | Action.RESOLVE if case.needs_plan:
            return _unplanned(case)
        case Action.CLOSE if case.is_complaint:
            return _unclosed(case)
        case Action.JUDGE | Action.KEEP_RECORD if not case.is_complaint:
            return Fault(N_("Only complaints have this: edit the kind of the ticket if it is one"))
        case Action.DRAFT_PLAN | Action.APPROVE_PLAN | Action.RETURN_PLAN:
            return _of_plan(case, action, account_id)
        case Action.TELL_OWNER | Action.ALLOW_PAUSE | Action.REFUSE_PAUSE:
            return _of_pause(case, action, account_id)
    return None


def _unplanned(case: Case) -> Fault | None:
    sentences = {
        None: N_("Work on such a complaint begins by a plan: the supervisor drafts it, the manager approves it"),
        PlanState.DRAFTED: N_("The handling plan is not approved yet: the manager approves or returns it first"),
        PlanState.RETURNED: N_("The manager returned the handling plan: the supervisor drafts it anew first"),
    }
    return Fault(sentences[case.plan]) if case.plan in sentences else None


def _unclosed(case: Case) -> Fault | None:
    if case.validity is None:
        sentence = N_("Say first by '%(action)s' whether the complaint is valid")
        return Fault(sentence, action=Action.JUDGE)
    if case.validity in DISMISSED or not case.missing:
        return None
    return Fault(N_("Complete the complaint record before closing: %(missing)s"), missing=Labels(case.missing))


def _of_plan(case: Case, action: Action, account_id: int | None) -> Fault | None:
    if not case.needs_plan:
        return Fault(N_("Only important and major complaints are worked by a handling plan: go on without one"))
    if action is Action.DRAFT_PLAN:
        approved = N_("The handling plan is approved already: work by it, and add what changes as a note")
        return Fault(approved) if case.plan is PlanState.APPROVED else None
    if case.plan is not PlanState.DRAFTED:
        return Fault(N_("No handling plan waits for approval: draft one first"))
    if action is Action.APPROVE_PLAN and account_id is not None and case.plan_by_id == account_id:
        own = N_("You drafted this plan yourself: another manager approves it, or the supervisor drafts it anew")
        return Fault(own)
    return None


def _of_pause(case: Case, action: Action, account_id: int | None) -> Fault | None:
    waiting = case.waiting
    if action is Action.TELL_OWNER:
        if waiting is None or not waiting.is_running:
            return Fault(N_("Nothing tells why the ticket waits: resume work, then let it wait with its reason"))
        return Fault(N_("The owner was told of this wait already")) if waiting.is_told else None
    if waiting is None or not waiting.is_undecided:
        return Fault(N_("No pause waits to be decided: it needs a reason and the proof that the owner was told"))
    if account_id is not None and account_id in waiting.by_ids:
        return Fault(N_("You asked for this pause yourself: another supervisor or manager decides about it"))
    return None


def dismissal_fault(validity: Validity, roles: Collection[Role]) -> Fault | None:
    """Why somebody with these roles may not judge a complaint so."""
    if validity is Validity.VALID or not _JUDGES.isdisjoint(roles):
        return None
    return Fault(N_("Only the supervisor or manager judges a complaint invalid or outside the remit: hand it over"))
