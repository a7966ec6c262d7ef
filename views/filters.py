"""The controls of a list's filters, with what the address chose, and the chips that take a filter off again."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from models.base import Base, target, words
from reports.listing import choices, title_of
from views.access import model_scope, reaches
from views.database import db
from views.language import translate
from views.lists import ListAddress, control, record_id

MOST_OPTIONS = 60


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
        span = f"{self.first} – {self.last}" if self.first or self.last else ""
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
            options = [
                (member.value, translate(member.label), member.value in given) for member in column.type.enum_class
            ]
            return FilterControl(column.name, label, kind, options)
        case "yes_no":
            options = [("1", translate("Yes"), "1" in given), ("0", translate("No"), "0" in given)]
            return FilterControl(column.name, label, kind, options)
        case "days":
            first, last = (
                address.parameters.get(f"{column.name}.from", ""),
                address.parameters.get(f"{column.name}.to", ""),
            )
            return FilterControl(column.name, label, kind, [], first, last)
        case "reference":
            return _reference(column, label, given)
    return FilterControl(column.name, label, kind, [], chosen=given[0] if given else "")


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
