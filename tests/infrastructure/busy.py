"""A busy office: everything that people do to tickets and callbacks, at random, through the real operations."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.account import Role
from models.bulk_change import BulkAction
from models.callback import Callback, CallbackOutcome, Satisfaction
from models.faults import Fault
from models.owner import Owner
from models.ownership import Ownership
from models.pause import PauseReason, TellingChannel
from models.staff import Staff
from models.ticket import SEVERITIES, Ticket, TicketKind, Validity
from models.unit import Unit
from operations.bulk import Order, carry_out
from operations.callbacks import edit_callback, record_callback
from operations.sweep import sweep
from operations.tickets import act, act_on, edit_ticket, open_ticket
from operations.undo import undo_bulk
from operations.write import Delete, Insert, InTheWay, Refused, Stale, Update, attempt, write, writing
from rules.permissions import EVERYTHING
from rules.transitions import Action
from tests.infrastructure.cast import BY, Cast

KINDS = (TicketKind.COMPLAINT, TicketKind.REPAIR, TicketKind.CONSULTATION, TicketKind.HELP)
ENDS = (Action.RESOLVE, Action.RESOLVE, Action.CLOSE, Action.CLOSE_UNRESOLVED, Action.REOPEN, Action.VOID)


class Office:
    """Somebody who does one thing after the other; the clock moves on by some hours each time."""

    def __init__(self, session: Session, casts: list[Cast], start: datetime, seed: int) -> None:
        self.session, self.casts, self.now = session, casts, start
        self.random = Random(seed)

    def work(self, steps: int) -> int:
        """Do so many things and return how many of them could be done; what may not be is refused and left."""
        deeds = self.deeds()
        done = 0
        for _ in range(steps):
            self.now += timedelta(seconds=self.random.randrange(1, 8 * 3600))
            with suppress(Refused, Stale, InTheWay, Fault):
                self.random.choice(deeds)()
                done += 1
        return done

    def deeds(self) -> list[Callable[[], None]]:
        """What there is to do, each as often as it comes up."""
        return [
            *(self.open, self.open, self.act, self.act, self.act, self.act_on, self.edit, self.call, self.call),
            *(self.correct, self.remove_callback, self.sweep, self.assign_in_bulk),
        ]

    def open(self) -> None:
        cast = self.random.choice(self.casts)
        facts = {"unit_id": cast.unit_id, "owner_id": cast.owner_id, "subject": "报事", **self._class()}
        with writing(self.session):
            open_ticket(self.session, facts, BY, self.now, self.now - timedelta(hours=self.random.randrange(25)))

    def act(self) -> None:
        action = self.random.choice([*Action, *ENDS, *ENDS])
        with writing(self.session):
            said = {"reason": "原因", "assignee_id": None, "said": self._said()}
            act(self.session, self._ticket(), action, BY, list(Role), self.now, **said)  # type: ignore[arg-type]

    def act_on(self) -> None:
        ids = {self._ticket() for _ in range(5)}
        with writing(self.session):
            act_on(self.session, ids, self.random.choice(ENDS), BY, list(Role), self.now, reason="原因")

    def edit(self) -> None:
        """Another class, another butler, found valid: whatever somebody corrects on a ticket."""
        cast = self.random.choice(self.casts)
        values: dict[str, Any] = self.random.choice(
            [self._class(), {"butler_id": self.random.choice([None, cast.butler_id])}, {"validity": Validity.VALID}]
        )
        with writing(self.session):
            edit_ticket(self.session, self._ticket(), values, None, BY, self.now)

    def call(self) -> None:
        with writing(self.session):
            values = {"ticket_id": self._ticket(), "called_at": self.now, **self._answer()}
            record_callback(self.session, values, BY, self.now)

    def correct(self) -> None:
        """Another answer, or another day of the call."""
        values = {**self._answer(), "called_at": self.now - timedelta(days=self.random.randrange(40))}
        with writing(self.session):
            edit_callback(self.session, self._some(Callback), values, None, BY, self.now)

    def remove_callback(self) -> None:
        with writing(self.session):
            write(self.session, [Delete(Callback, self._some(Callback))], by=BY, at=self.now)

    def sweep(self) -> None:
        sweep(self.session, self.now, BY)

    def assign_in_bulk(self) -> None:
        """End some tickets in bulk, and take it back half of the times."""
        ids = dict.fromkeys(self._ticket() for _ in range(5))
        order = Order(Ticket, BulkAction.RESOLVE, reason="原因")
        with writing(self.session):
            done = carry_out(self.session, order, ids, EVERYTHING, by=BY, roles=list(Role), at=self.now)
        if done.bulk_id is not None and self.random.random() < 0.5:
            with writing(self.session):
                undo_bulk(self.session, done.bulk_id, BY, self.now)

    def _class(self) -> dict[str, Any]:
        kind = self.random.choice(KINDS)
        return {"kind": kind, "severity": self.random.choice(SEVERITIES.get(kind, (None,))), "validity": None}

    def _said(self) -> dict[str, Any]:
        """What waits, complaints and their plans take: with proof and without, for a short time and a long one."""
        until = self.now + timedelta(hours=self.random.randrange(1, 60))
        told = {"told_at": self.now, "told_channel": TellingChannel.PHONE, "expected_until": until}
        words = {"apology": "抱歉", "plan": "方案", "root_cause": "原因", "passed_on_to": "城管"}
        chosen = {"pause_reason": PauseReason.PARTS, "validity": self.random.choice(list(Validity))}
        return {**words, **chosen, **self.random.choice([{}, told])}

    def _answer(self) -> dict[str, Any]:
        outcome = self.random.choice([CallbackOutcome.REACHED, *CallbackOutcome])
        answer = self.random.choice(list(Satisfaction)) if outcome is CallbackOutcome.REACHED else None
        return {"outcome": outcome, "satisfaction": answer}

    def _ticket(self) -> int:
        return self._some(Ticket)

    def _some(self, model: type[Any]) -> int:
        """A row's id, one of the last forty."""
        last = self.session.scalar(select(func.max(model.id))) or 0
        return max(1, last - self.random.randrange(40))


class Register(Office):
    """Somebody who besides keeps the register: what rows are found by changes hands and names."""

    def deeds(self) -> list[Callable[[], None]]:
        return [
            *(*super().deeds(), self.rename_owner, self.rename_unit, self.rename_staff, self.rename_tickets),
            *(self.add_owner, self.remove_owner, self.hand_over, self.let_go, self.name_in_bulk, self.move_in),
        ]

    def rename_owner(self) -> None:
        self._set(Owner, {"name": self._name()})

    def rename_unit(self) -> None:
        self._set(Unit, {"code": f"{self.random.randrange(9)}-{self.random.randrange(10**6)}"})

    def rename_staff(self) -> None:
        self._set(Staff, {"name": self._name()})

    def rename_tickets(self) -> None:
        """Two in one transaction, in any order."""
        with writing(self.session):
            for _ in range(2):
                edit_ticket(self.session, self._ticket(), {"subject": self._name()}, None, BY, self.now)

    def add_owner(self) -> None:
        with writing(self.session):
            self._add_owner()

    def remove_owner(self) -> None:
        with writing(self.session):
            write(self.session, [Delete(Owner, self._some(Owner))], by=BY, at=self.now)

    def hand_over(self) -> None:
        """A unit to another owner, or to one more."""
        cast = self.random.choice(self.casts)
        values = {"unit_id": cast.unit_id, "owner_id": self._some(Owner)}
        with writing(self.session):
            write(self.session, [Insert(Ownership, {**values, "estate_id": cast.estate_id})], by=BY, at=self.now)

    def let_go(self) -> None:
        with writing(self.session):
            write(self.session, [Delete(Ownership, self._some(Ownership))], by=BY, at=self.now)

    def name_in_bulk(self) -> None:
        """One name for some owners, and back again half of the times."""
        ids = dict.fromkeys(self._some(Owner) for _ in range(5))
        with writing(self.session):
            order = Order(Owner, BulkAction.SET, {"name": self._name()})
            done = carry_out(self.session, order, ids, EVERYTHING, by=BY, roles=list(Role), at=self.now)
        if done.bulk_id is not None and self.random.random() < 0.5:
            with writing(self.session):
                undo_bulk(self.session, done.bulk_id, BY, self.now)

    def move_in(self) -> None:
        """As a file does it: new owners first, then changed ones, then who owns what; a part of it may fail."""
        cast = self.random.choice(self.casts)
        with writing(self.session):
            new = self._add_owner()
            changed = sorted({self._some(Owner), self._some(Owner)})
            write(self.session, [Update(Owner, each, {"name": self._name()}) for each in changed], by=BY, at=self.now)
            with suppress(Refused, IntegrityError), attempt(self.session):
                link = {"estate_id": cast.estate_id, "unit_id": cast.unit_id, "owner_id": new}
                write(self.session, [Insert(Ownership, link)], by=BY, at=self.now)

    def _add_owner(self) -> int:
        cast, number = self.random.choice(self.casts), f"R-{self.random.randrange(10**9)}"
        row = {"estate_id": cast.estate_id, "number": number, "name": self._name()}
        return write(self.session, [Insert(Owner, row)], by=BY, at=self.now)[0]

    def _set(self, model: type[Any], values: dict[str, Any]) -> None:
        with writing(self.session):
            write(self.session, [Update(model, self._some(model), values)], by=BY, at=self.now)

    def _name(self) -> str:
        return "".join(self.random.choice("欧阳靖司马诸葛张三李四王五") for _ in range(3))
