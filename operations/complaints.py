"""Complaints: the apology, the validity, the handling plan, the record, and what makes one major on the spot."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.account import Role
from models.base import N_
from models.complaint import ComplaintRecord, HandlingPlan, PlanState
from models.faults import Fault
from models.notification import NotificationKind
from models.ticket import Validity
from operations.cases import RECORDED, SIGNATURE, latest_plans, record_of
from operations.recording import Author, plain
from operations.telling import Occasion, tell
from operations.write import Change, Insert, Update
from rules.hindrances import dismissal_fault
from rules.transitions import Action

AnyRow = Mapping[str, Any]


def complaint_fault(
    ticket: AnyRow, action: Action, said: AnyRow, reason: str | None, roles: Collection[Role], at: datetime
) -> Fault | None:
    """What is missing or wrong in what is said with the action; None for any other action."""
    match action:
        case Action.STOP_HARM if not said.get("apology"):
            return Fault(N_("Write down the apology that was given, in its words"))
        case Action.JUDGE:
            return _judgement_fault(said, reason, roles)
        case Action.DRAFT_PLAN if not said.get("plan"):
            return Fault(N_("Write down the handling plan: what is done, by whom, until when"))
        case Action.KEEP_RECORD:
            return _record_fault(ticket, said, at)
    return None


def _judgement_fault(said: AnyRow, reason: str | None, roles: Collection[Role]) -> Fault | None:
    validity = said.get("validity")
    if validity is None:
        return Fault(N_("Choose whether the complaint is valid, invalid or outside the remit"))
    if validity is Validity.INVALID and not reason:
        return Fault(N_("Give the reason why the complaint is invalid: it stays on the ticket"))
    if validity is Validity.OUTSIDE_REMIT and not said.get("passed_on_to"):
        return Fault(N_("Say to whom the complaint was passed on"))
    return dismissal_fault(validity, roles)


def _record_fault(ticket: AnyRow, said: AnyRow, at: datetime) -> Fault | None:
    if not any(said.get(name) for name in RECORDED):
        return Fault(N_("Fill in what is known of the record: the rest may follow until the ticket is closed"))
    if said.get("unsigned_reason") and any(said.get(name) for name in SIGNATURE):
        return Fault(N_("Give either the owner's signature or why there is none: empty the one or the other"))
    signed_at = said.get("owner_signed_at")
    if signed_at is not None and not ticket["opened_at"] <= signed_at <= at:
        return Fault(N_("The owner signed between the opening of the ticket and now: correct the moment"))
    return None


def complaint_values(action: Action, said: AnyRow) -> dict[str, Any]:
    """The columns of the ticket that the action sets."""
    return {"validity": said["validity"]} if action is Action.JUDGE else {}


def complaint_data(ticket: AnyRow, action: Action, said: AnyRow) -> dict[str, Any]:
    """What the event of the action keeps of what was said; nothing for any other action."""
    match action:
        case Action.STOP_HARM:
            return {"apology": said["apology"]}
        case Action.JUDGE:
            judged = {"from": plain(ticket["validity"]), "to": plain(said["validity"])}
            return judged | ({"passed_on_to": said["passed_on_to"]} if said.get("passed_on_to") else {})
        case Action.DRAFT_PLAN:
            return {"plan": said["plan"]}
    return {}


def complaint_changes(
    session: Session, ticket: AnyRow, action: Action, said: AnyRow, text: str | None, by: Author, at: datetime
) -> list[Change]:
    """What the action does to the plan and the record of the complaint; `text` is the note or reason."""
    match action:
        case Action.DRAFT_PLAN:
            return _drafted(session, ticket, said["plan"], by, at)
        case Action.APPROVE_PLAN:
            return _decided(session, ticket, PlanState.APPROVED, text, by, at)
        case Action.RETURN_PLAN:
            return _decided(session, ticket, PlanState.RETURNED, text, by, at)
        case Action.KEEP_RECORD:
            return _recorded(session, ticket, said, at)
    return []


def ask_for_decision(session: Session, ticket_id: int, by: Author, at: datetime) -> None:
    """Tell the managers of a plan that waits for one of them. Inside `writing`."""
    plan = latest_plans(session, [ticket_id])[ticket_id]
    occasion = Occasion(
        key=f"plan/{plan.id}/{plan.version}",
        kind=NotificationKind.PLAN_TO_DECIDE,
        estate_id=plan.estate_id,
        ticket_id=ticket_id,
        roles=(Role.MANAGER,),
    )
    tell(session, [occasion], by, at)


def _drafted(session: Session, ticket: AnyRow, text: str, by: Author, at: datetime) -> list[Change]:
    """A plan that nobody decided on is rewritten; one that was returned stays, and another takes its place."""
    plan = latest_plans(session, [ticket["id"]]).get(ticket["id"])
    values = {"text": text, "drafted_at": at, "drafted_by_id": by.account_id}
    if plan is not None and plan.state is PlanState.DRAFTED:
        return [Update(HandlingPlan, plan.id, values)]
    return [Insert(HandlingPlan, {"estate_id": ticket["estate_id"], "ticket_id": ticket["id"], **values})]


def _decided(
    session: Session, ticket: AnyRow, state: PlanState, remark: str | None, by: Author, at: datetime
) -> list[Change]:
    plan = latest_plans(session, [ticket["id"]])[ticket["id"]]
    decided = {"state": state, "decided_at": at, "decided_by_id": by.account_id, "remark": remark}
    return [Update(HandlingPlan, plan.id, decided)]


def _recorded(session: Session, ticket: AnyRow, said: AnyRow, at: datetime) -> list[Change]:
    values = {**{name: said[name] for name in RECORDED if name in said}, "recorded_at": at}
    record = record_of(session, ticket["id"])
    if record is not None:
        return [Update(ComplaintRecord, record.id, values)]
    return [Insert(ComplaintRecord, {"estate_id": ticket["estate_id"], "ticket_id": ticket["id"], **values})]
