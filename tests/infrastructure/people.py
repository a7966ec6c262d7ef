"""A fixed cast in two estates: places with a row of every entity, people with one account per role, and their sign-in.

Every row of a place carries the place's mark in some text that a list, an export or a lookup shows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from flask import Flask, current_app
from flask_security import hash_password
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.account import Role
from models.base import Base, entities
from models.bulk_change import BulkAction
from models.calendar import Weekday
from models.callback import Satisfaction
from models.import_batch import BatchState
from models.inspection import Area, InspectionKind
from models.milestone import LimitUnit, MilestoneKind
from models.notification import DeliveryChannel, DeliveryState, Notification, NotificationKind
from models.owner import Owner
from models.pause import PauseReason
from models.review import ReviewKind
from models.staff import StaffRole
from models.standard import RuleKind
from models.ticket import Severity, TicketKind
from models.ticket_event import EventKind
from operations.accounts import create_account
from operations.write import Author, Insert, write, writing
from tests.infrastructure.web import Client

BY = Author(None, "test")
AT = datetime(2026, 3, 4, 1, 0, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
PHONE, ID_NUMBER = "13812345678", "110101199003070038"
OWN, NEXT, OTHER, SHARED = "ZZOWN", "ZZNEXT", "ZZOTHER", "ZZSHARED"  # marks; NEXT is the building next door


@dataclass(frozen=True)
class Cast:
    """Ids by place and entity: `rows[OWN]["owners"]`; people by role: their e-mail is `address(role)`."""

    rows: Mapping[str, dict[str, int]]
    accounts: dict[Role, int] = field(default_factory=dict)

    def id_of(self, name: str, place: str = OWN) -> int:
        return self.rows[place][name]


@dataclass(frozen=True)
class Person:
    """Somebody at a browser: requests carry the cookie and, where needed, the CSRF token."""

    client: Client
    token: str

    def get(self, url: str, **arguments: Any) -> TestResponse:
        return self.client.get(url, **arguments)

    def post(self, url: str, data: Mapping[str, Any] | None = None, **arguments: Any) -> TestResponse:
        return self.client.post(url, data={"csrf_token": self.token, **(data or {})}, **arguments)


def address(role: Role) -> str:
    """The e-mail of the account with that role."""
    return f"{role.value}@example.test"


def settle(session: Session) -> Cast:
    """The two estates, their rows and people, committed."""
    with writing(session):
        shared = _shared(session)
        own = _place(session, OWN, shared, _estate(session, OWN, "E1", shared))
        once = {name: own[name] for name in ("estates", "staff", "imports", "bulk-changes")}
        next_door = _place(session, NEXT, shared, once)
        other = _place(session, OTHER, shared, _estate(session, OTHER, "E2", shared))
        cast = Cast({OWN: own, NEXT: next_door, OTHER: other, SHARED: shared})
        for role in Role:
            cast.accounts[role] = _account(session, role, own)
        shared["accounts"] = cast.accounts[Role.AUDITOR]
        for mark, rows in ((OWN, own), (OTHER, other)):
            rows["reviews"] = _review(session, mark, rows["estates"], cast.accounts[Role.SUPERVISOR])
            rows["deliveries"] = _delivery(session, mark, rows["estates"], cast.accounts[Role.AUDITOR])
        for name in ("reviews", "deliveries"):
            next_door[name] = own[name]  # an estate's, not a building's
    return cast


def sign_in(app: Flask, email: str, password: str = PASSWORD) -> Person:
    """The person signed in through the real form."""
    client = app.test_client()
    assert isinstance(client, Client)
    answer = client.post("/login", data={"email": email, "password": password, "csrf_token": csrf_token(client)})
    assert answer.status_code == 302, answer.text
    return Person(client, csrf_token(client, "/"))


def visitor(app: Flask) -> Person:
    """Somebody who is not signed in but has a page with a token."""
    client = app.test_client()
    assert isinstance(client, Client)
    return Person(client, csrf_token(client))


def csrf_token(client: Client, page: str = "/login") -> str:
    """The token that the page hands out."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(page).text)
    assert found is not None
    return found[1]


def add(session: Session, model: type[Base], **values: Any) -> int:
    """One row through the write path, committed; returns its id."""
    with writing(session):
        return _add(session, model, **values)


def _cheap_hash() -> str:
    """The hash of PASSWORD, with little work: argon2 as shipped costs a tenth of a second a time."""
    current_app.extensions["security"].pwd_context.update(
        argon2__time_cost=1, argon2__memory_cost=64, argon2__parallelism=1
    )
    return _hash_once()


@cache
def _hash_once() -> str:
    return str(hash_password(PASSWORD))


def _add(session: Session, model: Any, **values: Any) -> int:
    return write(session, [Insert(model, values)], by=BY, at=AT)[0]


def _shared(session: Session) -> dict[str, int]:
    """Rows of no estate."""
    models = entities()
    region_id = _add(session, models["regions"], name=SHARED)
    set_id = _add(session, models["standard-sets"], code="cast", name=SHARED)
    rule = {
        "standard_set_id": set_id,
        "kind": RuleKind.HELP,
        "value": 1,
        "unit": LimitUnit.DAYS,
        "source": SHARED,
        "valid_from": date(2020, 1, 1),
    }
    rule_id = _add(session, models["rules"], code="cast-rule", milestone=MilestoneKind.RESOLUTION, **rule)
    ladder_id = _add(session, models["ladder-rules"], code="cast-ladder", level=1, **rule)
    level = {"standard_set_id": set_id, "level": 1, "role": Role.SUPERVISOR, "source": SHARED}
    level_id = _add(session, models["ladder-levels"], code="cast-level", name=SHARED, **level)
    rules = {"standard-sets": set_id, "rules": rule_id, "ladder-rules": ladder_id, "ladder-levels": level_id}
    limit = {"value": 2, "unit": "days", "clock": "elapsed"}
    draft = {"name": SHARED, "created_at": AT, "changes": {"rules": {str(rule_id): {"version": 1, "limit": limit}}}}
    rules["drafts"] = _add(session, models["drafts"], standard_set_id=set_id, **draft)
    return {"regions": region_id, **rules, **_calendars(session)}


def _calendars(session: Session) -> dict[str, int]:
    """A calendar that no region names, and service hours that no estate does."""
    models, since = entities(), {"valid_from": date(2020, 1, 1)}
    calendar_id = _add(session, models["calendars"], code="cast", name=SHARED)
    hours_id = _add(session, models["service-hours"], code="cast", name=SHARED)
    of_calendar, of_hours = {"calendar_id": calendar_id, **since}, {"service_hours_id": hours_id, **since}
    window = {"weekday": Weekday.MONDAY, "opens": "09:00", "closes": "17:30"}
    return {
        "calendars": calendar_id,
        "calendar-years": _add(session, models["calendar-years"], year=2026, source=SHARED, **of_calendar),
        "calendar-days": _add(session, models["calendar-days"], day=date(2026, 5, 1), name=SHARED, **of_calendar),
        "service-hours": hours_id,
        "service-windows": _add(session, models["service-windows"], **window, **of_hours),
    }


def _estate(session: Session, mark: str, code: str, shared: Mapping[str, int]) -> dict[str, int]:
    """What an estate has once: itself, its engineer, a file that was loaded, something done on many rows."""
    models = entities()
    estate_id = _add(session, models["estates"], code=code, name=f"{mark} estate", region_id=shared["regions"])
    staff = {"number": f"{code}-9", "name": f"{mark} engineer", "role": StaffRole.ENGINEER, "phone": PHONE}
    staff_id = _add(session, models["staff"], estate_id=estate_id, **staff)
    batch: dict[str, Any] = {
        "entity": "owners",
        "file_name": f"{mark}.csv",
        "file_hash": "0" * 64,
        "state": BatchState.COMMITTED,
    }
    batch_id = _add(session, models["imports"], estate_id=estate_id, created_at=AT, report={"header": []}, **batch)
    deed = {"entity": "owners", "action": BulkAction.SET, "what": {}}
    bulk_id = _add(session, models["bulk-changes"], at=AT, estate_id=estate_id, **deed)
    return {"estates": estate_id, "staff": staff_id, "imports": batch_id, "bulk-changes": bulk_id}


def _place(session: Session, mark: str, shared: Mapping[str, int], known: Mapping[str, int]) -> dict[str, int]:
    """A building of the estate with one row of every entity that hangs on it."""
    models, ids = entities(), dict(known)
    estate = {"estate_id": ids["estates"]}
    ids["buildings"] = _add(session, models["buildings"], code=mark, name=f"{mark} building", **estate)
    ids["units"] = _add(session, models["units"], code=f"{mark}-1", building_id=ids["buildings"], **estate)
    ids["owners"] = add_owner(session, ids, mark)
    home = {"unit_id": ids["units"], "owner_id": ids["owners"]}
    ids["ownerships"] = _add(session, models["ownerships"], **home, **estate)
    ids |= _service(session, mark, shared, {**ids, **home}) | _quality(session, mark, ids)
    return ids


def add_owner(session: Session, ids: Mapping[str, int], number: str) -> int:
    """An owner of the estate with phone and ID number; her name says her number."""
    contact = {"phone": PHONE, "id_number": ID_NUMBER, "email": f"{number.lower()}@example.test"}
    return _add(session, Owner, estate_id=ids["estates"], number=number, name=f"Owner {number}", **contact)


def _service(session: Session, mark: str, shared: Mapping[str, int], ids: Mapping[str, int]) -> dict[str, int]:
    """A ticket with what belongs to it; the engineer is assigned everywhere but next door."""
    models, estate = entities(), {"estate_id": ids["estates"]}
    ticket = {
        "code": f"{mark}-T",
        "subject": f"{mark} subject",
        "kind": TicketKind.REPAIR,
        "severity": Severity.URGENT,
        "contact_phone": PHONE,
        "opened_at": AT,
        "building_id": ids["buildings"],
        "unit_id": ids["units"],
        "owner_id": ids["owners"],
        "assignee_id": None if mark == NEXT else ids["staff"],
    }
    ticket_id = _add(session, models["tickets"], **ticket, **estate)
    of_ticket = {"ticket_id": ticket_id, **estate}
    event_id = _add(session, models["events"], kind=EventKind.NOTED, at=AT, note=mark, **of_ticket)
    milestone = {"kind": MilestoneKind.RESOLUTION, "started_at": AT, "is_open": True, "limit_unit": LimitUnit.AT_ONCE}
    step = {"level": 1, "due_at": AT, "is_open": True, "rule_id": shared["ladder-rules"]}
    pause = {"reason": PauseReason.PARTS, "note": mark, "requested_at": AT}
    record = {"responsible_department": mark, "recorded_at": AT}
    return {
        "tickets": ticket_id,
        "pauses": _add(session, models["pauses"], **pause, **of_ticket),
        "handling-plans": _add(session, models["handling-plans"], text=mark, drafted_at=AT, **of_ticket),
        "complaint-records": _add(session, models["complaint-records"], **record, **of_ticket),
        "events": event_id,
        "milestones": _add(session, models["milestones"], rule_id=shared["rules"], **milestone, **of_ticket),
        "ladder-steps": _add(session, models["ladder-steps"], **step, **of_ticket),
        "warnings": _add(session, models["warnings"], due_at=AT, is_open=False, rule_id=step["rule_id"], **of_ticket),
        "callbacks": _add(session, models["callbacks"], called_at=AT, satisfaction=Satisfaction.VERY, **of_ticket),
    }


def _quality(session: Session, mark: str, ids: Mapping[str, int]) -> dict[str, int]:
    models, estate = entities(), {"estate_id": ids["estates"]}
    inspection = {"code": f"{mark}-I", "kind": InspectionKind.DAY, "inspected_on": AT.date()}
    inspection_id = _add(session, models["inspections"], **inspection, **estate)
    of_inspection = {"inspection_id": inspection_id, **estate}
    item_id = _add(session, models["inspection-items"], area=Area.SERVICE, requirement=mark, **of_inspection)
    finding = {"code": f"{mark}-F", "description": mark, "due_on": AT.date()}
    finding_id = _add(session, models["findings"], **finding, **of_inspection)
    return {"inspections": inspection_id, "inspection-items": item_id, "findings": finding_id}


def _review(session: Session, mark: str, estate_id: int, account_id: int) -> int:
    """A day of long ago that was signed off."""
    period = {"kind": ReviewKind.DAILY, "period_on": date(2026, 1, 4), "due_at": AT}
    signed = {"signed_at": AT, "signed_by_id": account_id, "remark": mark}
    return _add(session, entities()["reviews"], estate_id=estate_id, **period, **signed)


def _delivery(session: Session, mark: str, estate_id: int, account_id: int) -> int:
    """A message that was read long ago, and how it was sent."""
    told = {"estate_id": estate_id, "account_id": account_id, "kind": NotificationKind.REVIEW, "data": {}}
    notification = Notification(key=mark, occasion=mark, created_at=AT, read_at=AT, **told)
    session.add(notification)  # as telling does: notifications leave no history
    session.flush()
    sent = {"channel": DeliveryChannel.WEBHOOK, "state": DeliveryState.SENT, "created_at": AT, "next_attempt_at": AT}
    of_notification = {"notification_id": notification.id, "key": mark, "estate_id": estate_id}
    return _add(session, entities()["deliveries"], **of_notification, **sent)


def _account(session: Session, role: Role, own: Mapping[str, int]) -> int:
    """The role's account: it serves the first estate and, for what goes by building, its first building."""
    staff_id = own["staff"] if role is Role.ENGINEER else None
    values = {"email": address(role), "name": f"{role.value} of the cast", "staff_id": staff_id}
    return create_account(
        session,
        values,
        _cheap_hash(),
        roles={role},
        estates={own["estates"]},
        buildings={own["buildings"]},
        by=BY,
        at=AT,
    )
