"""The address of the overdue list: what it is narrowed to, by columns of the ticket and by words of its own."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from models.base import N_, Labelled, choice, entity, target, words
from models.faults import Fault
from models.fields import parse
from models.milestone import MilestoneKind
from models.standard import HIGHEST_LEVEL
from models.ticket import Ticket
from reports.listing import Listing
from reports.overdue import Lateness, OverdueFilter
from reports.titles import titles_of
from views import lists
from views.access import estates, model_scope
from views.database import db
from views.filters import FilterControl, filter_control
from views.language import translate
from views.lists import ListAddress, record_id

COLUMNS = ("estate_id", "building_id", "kind", "severity", "assignee_id")
SINGLE = {"building_id", "assignee_id"}
OWN = frozenset({"level", "late", "milestone", "after"})
_LATENESS, _MILESTONE = choice(Lateness), choice(MilestoneKind)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: the filters, where to go on, and the address itself with its faults."""

    address: ListAddress
    narrowed: OverdueFilter
    after: tuple[datetime, int] | None


def read_asked(parameters: MultiDict[str, str]) -> Asked:
    """What the parameters ask for; what cannot be read is a fault of its parameter."""
    given = MultiDict([(name, text) for name, text in parameters.items(multi=True) if text.strip()])
    by_column = MultiDict([(name, text) for name, text in given.items(multi=True) if name in COLUMNS])
    read = lists.read_address(Ticket, by_column)
    address = ListAddress(Listing(Ticket, ()), given, read.faults, own=OWN)
    address.faults.update({name: _unknown(name) for name in parameters if name not in {*COLUMNS, *OWN}})
    values: dict[str, tuple[Any, ...]] = {each.column: each.values for each in read.listing.conditions}
    address.faults.update(
        {name: Fault(N_("Choose one value only")) for name in SINGLE if len(values.get(name, ())) > 1}
    )
    narrowed = OverdueFilter(
        estate_ids=values.get("estate_id", ()),
        building_id=next(iter(values.get("building_id", ())), None),
        kinds=values.get("kind", ()),
        severities=values.get("severity", ()),
        assignee_id=next(iter(values.get("assignee_id", ())), None),
        level=_level(address),
        lateness=_member(address, "late", _LATENESS),
        milestone=_member(address, "milestone", _MILESTONE),
    )
    return Asked(address, narrowed, lists.read_cursor(Ticket, "next_due_at", "after", parameters, address.faults))


def _unknown(name: str) -> Fault:
    return Fault(N_("The list cannot be filtered by %(value)s"), value=name[:60])


def _level(address: ListAddress) -> int | None:
    text = address.parameters.get("level", "").strip()
    if not text:
        return None
    if len(text) <= len(str(HIGHEST_LEVEL)) and text.isascii() and text.isdigit():
        return int(text)
    address.faults["level"] = Fault(N_("%(value)s is not a level"), value=text[:40])
    return None


def _member(address: ListAddress, name: str, kind: Any) -> Any:
    try:
        return parse(kind, address.parameters.get(name, "")).value
    except Fault as fault:
        address.faults[name] = fault
        return None


def controls(address: ListAddress, levels: Collection[int]) -> list[FilterControl]:
    """The filters of the list; of the levels those that some ticket stands at."""
    columns, said = Ticket.__table__.columns, address.parameters.getlist("estate_id")
    level_options = [(str(level), translate(N_("Level %(level)s")) % {"level": level}) for level in levels]
    served = [(str(estate.id), f"{estate.code} {estate.name}", str(estate.id) in said) for estate in estates()]
    found = [
        FilterControl("estate_id", _label(columns["estate_id"]), "choices", served),
        _looked_up(columns["building_id"], address),
        *(filter_control(columns[name], address) for name in ("kind", "severity")),
        _looked_up(columns["assignee_id"], address),
    ]
    return [
        *(each for each in found if each.kind == "reference" or len(each.options) > 1 or each.is_set),
        _one(address, "level", N_("Level"), level_options),
        _one(address, "late", N_("How late"), _options(Lateness)),
        _one(address, "milestone", N_("Milestone"), _options(MilestoneKind)),
    ]


def _looked_up(column: Any, address: ListAddress) -> FilterControl:
    """A reference that is looked up as one types; nothing is asked of the database before."""
    parent = target(column)
    assert parent is not None
    chosen = next(iter(address.said(column.name)), "")
    row_id = record_id(chosen)
    titles = {} if row_id is None else titles_of(db.session, parent, [row_id], model_scope(parent))
    shown = titles.get(row_id or 0, f"#{chosen}" if chosen else "")
    url = url_for(f"{entity(parent).name}.ajax_lookup")
    return FilterControl(column.name, _label(column), "reference", (), chosen=chosen, shown=shown, lookup_url=url)


def _label(column: Any) -> str:
    declared = words(column)
    return translate(declared.label) if declared else str(column.name)


def _options(members: type[Labelled]) -> list[tuple[str, str]]:
    return [(member.value, translate(member.label)) for member in members]


def _one(address: ListAddress, name: str, label: str, options: list[tuple[str, str]]) -> FilterControl:
    given = address.parameters.get(name, "")
    return FilterControl(name, translate(label), "one", [(value, text, value == given) for value, text in options])
