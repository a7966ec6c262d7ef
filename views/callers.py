"""The one box of the intake: unit or owner by code, phone or name; and how what it finds is written."""

from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms.utils import unset_value

from models.base import N_, ColumnWords
from models.faults import Fault
from models.owner import Owner
from models.ownership import OwnershipRole
from models.ticket import Ticket
from reports.callers import Caller, caller_of, callers, callers_of_owner, callers_of_unit
from rules.permissions import Action, Scope
from views.access import estates, model_scope
from views.cells import formatter
from views.database import db
from views.forms import TypedField
from views.language import translate
from views.lists import record_id

WORDS = ColumnWords(
    N_("Who reports, or where"),
    help=N_("Unit code, or the owner's phone, name or number; a building or estate for what is communal"),
)


def intake_scope() -> Scope:
    """Where the person takes reports in."""
    return model_scope(Ticket, Action.CREATE)


def caller_text(caller: Caller) -> str:
    """The caller in one line: estate where several are served, place, person, phone as the role may see it."""
    phone = formatter(Owner, Owner.__table__.columns["phone"])(caller.phone, caller.estate_id)
    role = translate(caller.role.label) if caller.role not in {None, OwnershipRole.OWNER} and caller.role else ""
    estate = caller.estate_code if len(estates()) > 1 else ""
    return " · ".join(part for part in (estate, _place(caller), caller.owner_name, role, phone) if part)


def _place(caller: Caller) -> str:
    if caller.unit_code is not None:
        return caller.unit_code
    if caller.owner_id is not None:
        return translate(N_("no unit"))
    whole, communal = N_("whole estate"), N_("communal area")  # outside the f-strings, where extraction is blind
    if caller.building_id is None:
        return f"{caller.estate_name} · {translate(whole)}"
    return f"{caller.building_name or caller.building_code} · {translate(communal)}"


def proposal_text(caller: Caller) -> str:
    """Whom the building proposes."""
    people = [
        (N_("Butler: %(name)s"), caller.butler_name),
        (N_("For repairs: %(name)s"), caller.engineer_name),
    ]
    return " · ".join(translate(sentence) % {"name": name} for sentence, name in people if name)


def offered(typed: str) -> list[dict[str, Any]]:
    """What the box offers for the words, as its script reads it."""
    return [
        {
            "id": caller.token,
            "text": caller_text(caller),
            "note": proposal_text(caller),
            "estate": caller.estate_id,
        }
        for caller in callers(db.session, typed, intake_scope())
    ]


class CallerField(TypedField):
    """The caller chosen, or resolved from what was typed; `several` are to choose from when more than one fits."""

    data: Caller | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, column=Ticket.__table__.columns["unit_id"], **kwargs)
        self.words = WORDS
        self.typed = ""
        self.several: list[Caller] = []

    @property
    def is_needed(self) -> bool:
        return True

    @property
    def estate_id(self) -> int | None:
        return self.data.estate_id if self.data else None

    @property
    def token(self) -> str:
        return self.data.token if self.data else ""

    @property
    def shown(self) -> str:
        return caller_text(self.data) if self.data else self.typed

    @property
    def note(self) -> str:
        return proposal_text(self.data) if self.data else ""

    @property
    def options(self) -> list[tuple[str, str]]:
        return [(caller.token, caller_text(caller)) for caller in self.several]

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(None, None, extra_filters)
        if formdata is not None:
            self._read(formdata)

    def propose(self, parameters: Mapping[str, str]) -> None:
        """Fill the box from an address such as `?unit_id=5`; several owners are offered."""
        for name, find in _PROPOSERS.items():
            row_id = record_id(parameters.get(name, ""))
            if row_id is not None:
                self._take(find(row_id))
                return

    def _read(self, formdata: MultiDict[str, str]) -> None:
        name = self.name
        self.typed = formdata.get(f"{name}.text", "").strip()[:100]
        picked = formdata.get(f"{name}.choice", "") if formdata.get(f"{name}.asked", "") == self.typed else ""
        token = picked or formdata.get(name, "")
        found = caller_of(db.session, token, intake_scope()) if token else None
        # Without a script the text may have been changed under a choice made before: what is typed wins.
        if found is not None and (picked or self.typed in {"", caller_text(found)}):
            self.data = found
        elif self.typed:
            self._resolve()
        elif token:
            self.fault = Fault(N_("There is no such record in this estate: choose another"))

    def _resolve(self) -> None:
        self._take(callers(db.session, self.typed, intake_scope()))
        if self.several:
            self.fault = Fault(N_("%(value)s fits several records: choose one from the list"), value=self.typed[:60])
        elif self.data is None:
            self.fault = Fault(N_("Nothing is found for %(value)s: choose from the list"), value=self.typed[:60])

    def _take(self, found: list[Caller]) -> None:
        self.data = found[0] if len(found) == 1 else None
        self.several = found if len(found) > 1 else []


def _one(token: str) -> list[Caller]:
    found = caller_of(db.session, token, intake_scope())
    return [found] if found else []


_PROPOSERS: Mapping[str, Callable[[int], list[Caller]]] = {
    "unit_id": lambda row_id: callers_of_unit(db.session, row_id, intake_scope()),
    "owner_id": lambda row_id: callers_of_owner(db.session, row_id, intake_scope()),
    "building_id": lambda row_id: _one(f"b{row_id}"),
    "estate_id": lambda row_id: _one(f"e{row_id}"),
}
