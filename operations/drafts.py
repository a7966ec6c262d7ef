"""Drafts of standards: saved with a version, made anew from a base that changed, dropped."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import N_, Base
from models.draft import DraftState, StandardDraft
from models.faults import Fault
from models.standard import LadderRule
from operations import ticket_facts
from operations.draft_changes import RULES, Conflict, conflicts, days_seen, limit_of, windows_seen
from operations.write import Author, Insert, Stale, Update, write
from rules.deadlines import DeadlineRule
from rules.drafts import speaks_of
from rules.ladder import LevelRule

Changes = Mapping[str, Any]
NO_CHANGES: Changes = {}


def create_draft(session: Session, values: Mapping[str, Any], by: Author, at: datetime) -> int:
    """A draft of a set that changes nothing yet; returns its id. Inside `writing`."""
    row = {**values, "changes": {}, "account_id": by.account_id, "created_at": at, "state": DraftState.DRAFT}
    return write(session, [Insert(StandardDraft, row)], by=by, at=at)[0]


def save_changes(session: Session, draft_id: int, version: int, changes: Changes, by: Author, at: datetime) -> None:
    """Keep what the draft changes. Raises Stale when somebody else saved it meanwhile, Fault when it is no draft.

    Inside `writing`.
    """
    open_draft(session, draft_id, version)
    write(session, [Update(StandardDraft, draft_id, {"changes": dict(changes)}, version)], by=by, at=at)


def drop_draft(session: Session, draft_id: int, version: int, by: Author, at: datetime) -> None:
    """The draft is not pursued: it stays to be read. Inside `writing`."""
    open_draft(session, draft_id, version)
    write(session, [Update(StandardDraft, draft_id, {"state": DraftState.DROPPED}, version)], by=by, at=at)


def open_draft(session: Session, draft_id: int, version: int) -> StandardDraft:
    """The draft, locked, as it is in that version. Raises Stale, or Fault when it was adopted or dropped."""
    asked = select(StandardDraft).where(StandardDraft.id == draft_id)
    found = session.scalars(asked.with_for_update().execution_options(populate_existing=True)).first()
    if found is not None and found.state is not DraftState.DRAFT:
        raise Fault(N_("This draft is %(state)s: start another one"), state=found.state)
    if found is None or found.version != version:
        raise Stale(StandardDraft, [draft_id])
    return found


def take_new_base(session: Session, draft_id: int, version: int, by: Author, at: datetime) -> list[Conflict]:
    """Set what the draft changes upon the standards as they are now; returns what had changed. Inside `writing`.

    A change of a rule passes to the version that holds now; one whose rule is gone, or that it already says, is let go.
    """
    draft = open_draft(session, draft_id, version)
    found = conflicts(session, draft.changes)
    changes = {
        **draft.changes,
        **{part: _rebased(session, part, draft, found) for part in RULES if part in draft.changes},
        "windows": _rebased_windows(session, draft.changes.get("windows", {})),
        "days": _rebased_days(session, draft.changes.get("days", {})),
    }
    kept = {part: each for part, each in changes.items() if each}
    write(session, [Update(StandardDraft, draft_id, {"changes": kept}, version)], by=by, at=at)
    return found


def _rebased(session: Session, part: str, draft: StandardDraft, found: list[Conflict]) -> dict[str, Any]:
    moved = {each.id for each in found if each.part == part}
    kept = {key: each for key, each in draft.changes[part].items() if int(key) not in moved}
    rows = rule_rows(session, RULES[part], draft.standard_set_id)
    for rule_id in moved:
        row = _present(session, part, draft.standard_set_id, rule_id, rows)
        limit = draft.changes[part][str(rule_id)]["limit"]
        if row is not None and limit != limit_of(row):
            kept[str(row["id"])] = {"version": row["version"], "limit": limit}
    return kept


def _present(
    session: Session, part: str, set_id: int, rule_id: int, rows: Mapping[int, Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """The rule that says now what that one said: itself, or the version that followed it."""
    if rule_id in rows:
        return rows[rule_id]
    standard = ticket_facts.standards(session, [set_id])[set_id]
    known: Sequence[DeadlineRule | LevelRule] = standard.ladder if RULES[part] is LadderRule else standard.deadlines
    said = next((speaks_of(rule) for rule in known if rule.id == rule_id), None)
    later = [rule.id for rule in known if rule.id in rows and speaks_of(rule) == said]
    return rows[later[-1]] if later else None


def _rebased_windows(session: Session, kept: Mapping[str, Any]) -> dict[str, Any]:
    fresh = {key: {**each, "seen": windows_seen(session, int(key))} for key, each in kept.items()}
    return {key: each for key, each in fresh.items() if each["seen"] != each["windows"]}


def _rebased_days(session: Session, kept: Mapping[str, Any]) -> dict[str, Any]:
    fresh: dict[str, Any] = {}
    for key, days in kept.items():
        seen = days_seen(session, int(key), [date.fromisoformat(day) for day in days])
        fresh[key] = {
            day: {**each, "seen": seen.get(day)} for day, each in days.items() if each["day"] != seen.get(day)
        }
    return {key: days for key, days in fresh.items() if days}


def rule_rows(session: Session, model: type[Base], set_id: int) -> dict[int, dict[str, Any]]:
    """The rules of the set that have no end, whole rows by id, in the order of their codes."""
    table = model.__table__
    columns = table.columns
    asked = select(table).where(columns["standard_set_id"] == set_id, columns["valid_to"].is_(None))
    return {row["id"]: dict(row) for row in session.execute(asked.order_by(columns["code"])).mappings()}
