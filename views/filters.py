"""The controls of a list's filters, with what the address chose, and the chips that take a filter off again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from models.base import Base, UtcDateTime, target, words
from models.faults import Fault
from models.fields import parse
from reports.listing import choices, title_of
from views.access import default_zone, model_scope, reaches
from views.database import db
from views.kinds import kinds_of, names_a_kind
from views.language import translate
from views.lists import MOST_OPTIONS, ListAddress, control, record_id


@dataclass(frozen=True, slots=True)
class FilterControl:
    """One filter: which control, its options (value, label, chosen), and the texts of its bounds.

    `kind` is what `lists.control` says, or `one`: a choice of a single value.
    """

    name: str
    label: str
    kind: str
    options: list[tuple[str, str, bool]]
    first: str = ""
    last: str = ""
    chosen: str = ""
    shown: str = ""
    lookup_url: str = ""

    @property
    def is_set(self) -> bool:
        return bool(self.first or self.last or self.chosen or any(chosen for _, _, chosen in self.options))

    @property
    def summary(self) -> str:
        """What the filter says, for its chip."""
        picked = [label for _, label, chosen in self.options if chosen]
        span = f"{self.first} – {self.last}".replace("T", " ") if self.first or self.last else ""
        return ", ".join(picked) or self.shown or self.chosen or span


def filter_control(column: Any, address: ListAddress) -> FilterControl:
    """The control for a filterable column."""
    declared = words(column)
    assert declared is not None
    label = translate(declared.label)
    given = address.parameters.getlist(column.name)
    kind = control(column)
    match kind:
        case "choices":
            options = [(value, text, value in given) for value, text in _members(column)]
            return FilterControl(column.name, label, kind, options)
        case "yes_no":
            options = [("1", translate("Yes"), "1" in given), ("0", translate("No"), "0" in given)]
            return FilterControl(column.name, label, kind, options)
        case "days":
            first, last = (_local(address.parameters.get(f"{column.name}.{end}", "")) for end in ("from", "to"))
            return FilterControl(column.name, label, kind, [], first, last)
        case "reference":
            return _reference(column, label, given)
    return FilterControl(column.name, label, kind, [], chosen=given[0] if given else "")


def _local(bound: str) -> str:
    """A bound as the control takes it: a day as it is, a moment in the local time of the list."""
    if len(bound) <= len("2026-11-01"):
        return bound
    try:
        moment: datetime = parse(UtcDateTime(), bound, default_zone()).value
    except Fault:
        return bound
    return f"{moment.astimezone(default_zone()):%Y-%m-%dT%H:%M:%S}"


def _members(column: Any) -> list[tuple[str, str]]:
    """The values of a closed list with their labels."""
    if names_a_kind(column):
        return kinds_of(column)
    return [(member.value, translate(member.label)) for member in column.type.enum_class]


def _reference(column: Any, label: str, given: list[str]) -> FilterControl:
    parent = target(column)
    assert parent is not None
    if parent.__entity__ is None:
        return FilterControl(column.name, label, "text", [], chosen=given[0] if given else "")
    scope = model_scope(parent)
    found = choices(db.session, parent, scope, limit=MOST_OPTIONS + 1)
    if len(found) <= MOST_OPTIONS:
        options = [(str(cell.id), cell.title, str(cell.id) in given) for cell in found]
        return FilterControl(column.name, label, "choices", options)
    chosen = given[0] if given and record_id(given[0]) is not None else ""
    return FilterControl(
        column.name,
        label,
        "reference",
        [],
        chosen=chosen,
        shown=_visible_title(parent, chosen),
        lookup_url=url_for(f"{parent.__entity__.name}.ajax_lookup"),
    )


def _visible_title(parent: type[Base], chosen: str) -> str:
    """The title of the chosen row; only its number when the person does not reach it."""
    if not chosen:
        return ""
    return title_of(db.session, parent, int(chosen)) if reaches(parent, int(chosen)) else f"#{chosen}"
