"""The controls of a list's filters, with what the address chose."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from models.base import N_, Base, UtcDateTime, target, words
from models.faults import Fault
from models.fields import parse
from models.staff import Staff
from reports.listing import choices
from reports.titles import titles_of
from views.access import account, default_zone, model_scope
from views.conditions import kind_of
from views.database import db
from views.kinds import kinds_of, names_a_kind
from views.language import translate
from views.lists import MOST_OPTIONS, ListAddress, filter_columns, is_usual, record_id

Option = tuple[str, str, bool]  # value, label, chosen

PERIOD_WORDS: Mapping[str, str] = {
    "today": N_("Today"),
    "yesterday": N_("Yesterday"),
    "tomorrow": N_("Tomorrow"),
    "this_week": N_("This week"),
    "last_week": N_("Last week"),
    "this_month": N_("This month"),
    "last_month": N_("Last month"),
}
SPANS: Mapping[str, str] = {
    "last": N_("Last %(days)s days"),
    "next": N_("Next %(days)s days"),
    "older": N_("More than %(days)s days ago"),
}
USUAL_SPANS = ("last.7", "last.30", "last.90")


@dataclass(frozen=True, slots=True)
class FilterControl:
    """One filter: which control, its options (value, label, chosen), and the texts of its bounds.

    `kind` is a kind of `views.conditions`, `one` for a choice of a single value, or `reference` for rows too many to
    show, which are looked up at `lookup_url`; `choices` are then those chosen. `operator` says how the options are
    meant: among them, `not`, `starts`, `empty` or `filled`; of days it is a period or a span such as `last.7`.
    """

    name: str
    label: str
    kind: str
    options: Sequence[Option]
    first: str = ""
    last: str = ""
    chosen: str = ""
    shown: str = ""
    lookup_url: str = ""
    operator: str = ""
    days: str = ""
    operators: Sequence[tuple[str, str]] = ()
    is_usual: bool = True

    @property
    def is_set(self) -> bool:
        is_chosen = any(chosen for _, _, chosen in self.options)
        return bool(self.first or self.last or self.chosen or self.operator or is_chosen)

    @property
    def summary(self) -> str:
        """What the filter says, for its chip."""
        picked = [label for _, label, chosen in self.options if chosen]
        span = f"{self.first} – {self.last}".replace("T", " ") if self.first or self.last else ""
        return ", ".join(picked) or self.shown or self.chosen or span


def filter_controls(address: ListAddress) -> list[FilterControl]:
    """A control for every column that the list can be filtered by, unless there is nothing to choose."""
    found = [filter_control(column, address) for column in filter_columns(address.listing.model)]
    return [each for each in found if each.is_set or len(each.options) > 1 or not _is_settled(each)]


def _is_settled(item: FilterControl) -> bool:
    """Whether every row has the one value that there is, such as the only estate that somebody serves."""
    return item.kind == "choices" and "empty" not in dict(item.operators)


def filter_control(column: Any, address: ListAddress) -> FilterControl:
    """The control for a filterable column."""
    kind = kind_of(column)
    name, label = str(column.name), label_of(column)
    said = {operator: address.said(f"{name}.{operator}" if operator else name) for operator in ("", "not")}
    given = said["not"] or said[""]
    common: dict[str, Any] = {
        "name": name,
        "label": label,
        "operator": _operator(column, address),
        "operators": _operators(column, kind),
        "is_usual": is_usual(column),
    }
    match kind:
        case "choices":
            options = [(value, text, value in given) for value, text in members(column)]
            return FilterControl(kind=kind, options=options, **common)
        case "yes_no":
            options = [("1", translate(N_("Yes")), "1" in given), ("0", translate(N_("No")), "0" in given)]
            return FilterControl(kind=kind, options=options, **common)
        case "reference":
            return _reference(column, given, common)
        case "days":
            first, last = (local_bound(first_said(address, f"{name}.{end}")) for end in ("from", "to"))
            return FilterControl(kind=kind, options=(), first=first, last=last, days=_days(name, address), **common)
        case "number":
            first, last = (first_said(address, f"{name}.{end}") for end in ("from", "to"))
            if given:
                first = last = given[0]
            return FilterControl(kind=kind, options=(), first=first, last=last, **common)
    chosen = first_said(address, f"{name}.starts") or ", ".join(given)
    return FilterControl(kind=str(kind), options=(), chosen=chosen, **common)


def label_of(column: Any) -> str:
    """What people call the column."""
    declared = words(column)
    assert declared is not None
    return translate(declared.label)


def first_said(address: ListAddress, key: str) -> str:
    """The first value that the parameter says, or an empty text."""
    return next(iter(address.said(key)), "")


def _operator(column: Any, address: ListAddress) -> str:
    """How the control is meant, as its select says it."""
    name = column.name
    emptiness = first_said(address, f"{name}.empty")
    if emptiness:
        return "empty" if emptiness in ("yes", "1") else "filled"
    if kind_of(column) == "days":
        return _when(name, address)
    return next((each for each in ("not", "starts") if address.said(f"{name}.{each}")), "")


def _when(name: str, address: ListAddress) -> str:
    for operator in ("in", "past"):
        if said := first_said(address, f"{name}.{operator}"):
            return f"{operator}.{said}"
    for operator in SPANS:
        if said := first_said(address, f"{name}.{operator}").removesuffix("d"):
            return usual if (usual := f"{operator}.{said}") in USUAL_SPANS else operator
    return ""


def _days(name: str, address: ListAddress) -> str:
    return next((said for each in SPANS if (said := first_said(address, f"{name}.{each}").removesuffix("d"))), "")


def _operators(column: Any, kind: str | None) -> list[tuple[str, str]]:
    """The ways in which the control may be meant, the usual one first."""
    found: list[tuple[str, str]] = []
    if kind in ("choices", "reference"):
        found = [("", translate(N_("is one of"))), ("not", translate(N_("is not one of")))]
    elif kind == "text":
        found = [("", translate(N_("is")))]
        if words(column).search == "prefix":  # type: ignore[union-attr]  # filterable columns are declared
            found.append(("starts", translate(N_("begins with"))))
        found.append(("not", translate(N_("is not"))))
    elif kind == "number":
        found = [("", translate(N_("from, to")))]
    elif kind == "days":
        found = _day_operators()
    elif kind == "presence":
        found = [("", translate(N_("any")))]
    if column.nullable and found:
        found += [("empty", translate(N_("is empty"))), ("filled", translate(N_("is not empty")))]
    return found


def _day_operators() -> list[tuple[str, str]]:
    usual = [(each, *each.split(".")) for each in USUAL_SPANS]
    return [
        ("", translate(N_("from, to"))),
        *((f"in.{name}", translate(label)) for name, label in PERIOD_WORDS.items()),
        *((value, translate(SPANS[operator]) % {"days": number}) for value, operator, number in usual),
        *((operator, translate(label) % {"days": "…"}) for operator, label in SPANS.items()),
        ("past.yes", translate(N_("Past"))),
        ("past.no", translate(N_("Still to come"))),
    ]


def local_bound(bound: str) -> str:
    """A bound as the control takes it: a day as it is, a moment in the local time of the list."""
    if len(bound) <= len("2026-11-01"):
        return bound
    try:
        moment: datetime = parse(UtcDateTime(), bound, default_zone()).value
    except Fault:
        return bound
    return f"{moment.astimezone(default_zone()):%Y-%m-%dT%H:%M:%S}"


def members(column: Any) -> list[tuple[str, str]]:
    """The values of a closed list with their labels."""
    if names_a_kind(column):
        return kinds_of(column)
    return [(member.value, translate(member.label)) for member in column.type.enum_class]


def in_order(title: str) -> list[str | int]:
    """What titles are put in order by: building 2 before building 10."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", title)]


def _reference(column: Any, given: list[str], common: dict[str, Any]) -> FilterControl:
    """Every row as an option where they are few; the chosen ones, and where to look others up, where they are many."""
    parent = parent_of(column)
    person = account()
    me: list[Option] = [("me", translate(N_("Me")), "me" in given)] if parent is Staff and person else []
    if not (person and person.staff_id):
        me = [option for option in me if option[2]]
    found = choices(db.session, parent, model_scope(parent), limit=MOST_OPTIONS + 1)
    if len(found) <= MOST_OPTIONS:
        ordered = sorted(found, key=lambda cell: in_order(cell.title))
        options = [(str(cell.id), cell.title, str(cell.id) in given) for cell in ordered]
        strange = [(text, f"#{text}", True) for text in given if text not in {value for value, _, _ in [*me, *options]}]
        return FilterControl(kind="choices", options=[*me, *options, *strange], **common)
    titles = titles_reached({parent: given})
    picked: list[Option] = [(text, titles.get((parent, text), f"#{text}"), True) for text in given if text != "me"]
    chosen, shown = (picked[0][0], picked[0][1]) if picked else ("", "")
    lookup_url = url_for(f"{parent.__entity__.name}.ajax_lookup")  # type: ignore[union-attr]  # an entity has filters
    options = [*me, *picked]
    return FilterControl(kind="reference", options=options, chosen=chosen, shown=shown, lookup_url=lookup_url, **common)


def parent_of(column: Any) -> type[Base]:
    """The model that a reference points to."""
    parent = target(column)
    assert parent is not None
    return parent


def titles_reached(wanted: Mapping[type[Base], Sequence[str]]) -> dict[tuple[type[Base], str], str]:
    """The titles of those rows that the person reaches, in one statement for each kind of record."""
    found: dict[tuple[type[Base], str], str] = {}
    for parent, texts in wanted.items():
        ids = [row_id for text in texts if (row_id := record_id(text)) is not None]
        titles = titles_of(db.session, parent, ids, model_scope(parent)) if ids else {}
        found |= {(parent, str(row_id)): text for row_id, text in titles.items()}
    return found
