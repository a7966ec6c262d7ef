"""Find anything: owners, units, tickets and staff by what was typed, each within what the person may see."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from models.base import Base, entity
from models.owner import Owner
from models.staff import Staff
from models.ticket import Ticket
from models.unit import Unit
from reports.listing import LONGEST_SEARCH, Listing, ListRow, page
from rules.permissions import Action
from views.access import account, may, model_scope
from views.cells import formatter
from views.database import db
from views.language import translate
from views.lists import personal_scope
from views.pages import turned_away

# What is looked through, in the order shown, and what tells one row from another beside its title.
FOUND: Mapping[type[Base], tuple[str, ...]] = {
    Ticket: ("state", "unit_id"),
    Owner: ("phone", "estate_id"),
    Unit: ("occupancy", "estate_id"),
    Staff: ("role", "estate_id"),
}
AT_MOST = 6  # of each kind: who sees more types more

finding = Blueprint("finding", __name__)


@finding.post("/find")
def find() -> Any:
    """{groups: [{label, items: [{title, detail, url}]}]}; what was typed stays out of every address."""
    if account() is None:
        return turned_away()
    text = request.form.get("text", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    return answer(text) if text else jsonify(groups=[])


def answer(text: str) -> Response:
    """The rows that fit, by kind; one statement for each kind that the person sees."""
    kinds = [model for model in FOUND if may(model, Action.SEE)]
    found = [{"label": translate(entity(model).plural), "items": list(items(model, text))} for model in kinds]
    groups = [group for group in found if group["items"]]
    return jsonify(groups=sorted(groups, key=lambda group: not _is_named(group["items"], text)))


def _is_named(found: Sequence[Mapping[str, str]], text: str) -> bool:
    """Whether one of the rows is called so, and not merely has to do with it: a kind of such rows comes first."""
    return any(text.casefold() in item["title"].casefold().split() for item in found)


def items(model: type[Base], text: str) -> Iterator[dict[str, str]]:
    """The model's rows that fit the text, newest first: title, what tells them apart, address."""
    named, told = entity(model).title, FOUND[model]
    listing = Listing(model, (*named, *told), search=text, sort="-id", size=AT_MOST, personal=personal_scope)
    formatters = [formatter(model, model.__table__.columns[name]) for name in listing.columns]
    for row in page(db.session, listing, model_scope(model)).rows:
        shown = texts(formatters, row)
        yield {
            "title": " ".join(filter(None, shown[: len(named)])),
            "detail": " · ".join(filter(None, shown[len(named) :])),
            "url": url_for(f"{entity(model).name}.details_view", id=row.id),
        }


def texts(formatters: list[Any], row: ListRow) -> list[str]:
    """The row's values as the person may read them."""
    return [form(value, row.estate_id) for form, value in zip(formatters, row.values, strict=True)]
