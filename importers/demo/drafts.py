"""A draft of the default standards with what it would have done, for the quality officer to go on with."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.account import Account, AccountRole, Role
from models.draft import StandardDraft
from models.standard import StandardRule
from operations import adoption, what_if
from operations.draft_changes import limit_of
from operations.drafts import create_draft, save_changes
from operations.write import Author, writing

_RULE, _NAME = "default/complaint-minor-resolution", "轻微投诉一天办结"


def write_draft(session: Session, at: datetime) -> int:
    """Draft a shorter limit and try it out; returns how many drafts, none without a quality officer.

    Runs its own transactions.
    """
    officer = select(Account.id).join(AccountRole).where(AccountRole.role == Role.QUALITY_OFFICER)
    account_id = session.scalars(officer.order_by(Account.id)).first()
    rule = session.scalars(select(StandardRule).where(StandardRule.code == _RULE)).one()
    session.rollback()
    if account_id is None:
        return 0
    by = Author(account_id)
    limit = {**limit_of({"value": rule.value, "unit": rule.unit, "clock": rule.clock}), "value": 1}
    with writing(session):
        draft_id = create_draft(session, {"name": _NAME, "standard_set_id": rule.standard_set_id}, by, at)
        changes = {"rules": {str(rule.id): {"version": rule.version, "limit": limit}}}
        save_changes(session, draft_id, 1, changes, by, at)
    day = adoption.first_day(session, rule.standard_set_id, at)
    what_if.start_run(session, draft_id, session.get_one(StandardDraft, draft_id).version, day, at)
    what_if.run(session, draft_id, lambda: at)
    return 1
