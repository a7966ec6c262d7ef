"""The address of a list: `?kind=repair&kind=help&opened_at.from=2026-11-01&sort=-opened_at&after=…&size=50`."""

import base64
import binascii
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import session
from sqlalchemy import Boolean, Date, Enum
from werkzeug.datastructures import MultiDict

from models.base import N_, Base, UtcDateTime, entity, target, words
from models.faults import Fault
from models.fields import parse
from reports.listing import LONGEST_SEARCH, Condition, Listing, comparable
from rules.permissions import Action, Scope
from views.access import default_zone, model_scope, reaches
from views.kinds import names_a_kind

SIZES = (20, 50, 100, 200)
MOST_OPTIONS = 60  # a reference to more rows than this is looked up as one types
SEARCHES_KEPT = 12
SEARCHES_SIZE = 2000  # characters in the session's cookie, which no browser keeps beyond 4,093
OWN_WORDS = {"sort", "after", "before", "size", "q", "columns"}


@dataclass
class ListAddress:
    """A list as its address asks for it, and what is wrong with the address, by parameter."""

    listing: Listing
    parameters: MultiDict[str, str]
    faults: dict[str, Fault] = field(default_factory=dict)
    search_token: str = ""
    own: frozenset[str] = frozenset()  # parameters of the page's own, which are no columns

    def with_changes(self, **changes: str | None) -> dict[str, list[str]]:
        """The parameters with some replaced or, by None, dropped; cursors and what nobody knows never survive."""
        kept = {
            key: self.parameters.getlist(key)
            for key in self.parameters
            if key not in ("after", "before") and key not in changes and self._is_known(key)
        }
        return kept | {key: [value] for key, value in changes.items() if value is not None}

    def _is_known(self, key: str) -> bool:
        return key in self.own or _is_known(self.listing.model, key)


def shown_columns(model: type[Base]) -> tuple[str, ...]:
    """The columns of the model's list, as declared; those that name the row come first."""
    listed = [column.name for column in model.__table__.columns if (found := words(column)) and found.listed]
    naming = [name for name in entity(model).title if name in listed]
    return tuple(dict.fromkeys(naming + listed))


def filter_columns(model: type[Base]) -> list[Any]:
    """The columns that the list can be filtered by."""
    return [column for column in model.__table__.columns if (found := words(column)) and found.filter]


def sortable_columns(model: type[Base]) -> set[str]:
    """The columns that the list can be sorted by."""
    return {column.name for column in model.__table__.columns if (found := words(column)) and found.sort}


def read_address(model: type[Base], parameters: MultiDict[str, str]) -> ListAddress:
    """What the parameters ask for; whatever cannot be read is a fault of its parameter, never an exception."""
    address = ListAddress(Listing(model, shown_columns(model), sort=entity(model).order), parameters)
    conditions = _read_conditions(model, parameters, address.faults)
    token = parameters.get("q", "")
    address.search_token = token
    found = _found_text(token, address.faults)
    sort = _read_sort(model, parameters.get("sort"), address.faults)
    address.listing = Listing(
        model,
        shown_columns(model),
        tuple(conditions),
        found,
        sort=sort,
        after=read_cursor(model, sort, "after", parameters, address.faults),
        before=read_cursor(model, sort, "before", parameters, address.faults),
        size=_read_size(parameters.get("size")),
        personal=personal_scope,
    )
    return address


def personal_scope(model: type[Base]) -> Scope:
    """The rows in which the person may search by phone and the like: those where they see them."""
    return model_scope(model, Action.PERSONAL)


def record_id(text: str) -> int | None:
    """The id that a text says, or None for anything that can be no row's."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def keep_search(text: str) -> str:
    """Remember what was typed in the session, so that no address or log ever holds it; returns its token."""
    token = secrets.token_urlsafe(6)
    kept = [*session.get("searches", []), [token, text.strip()[:LONGEST_SEARCH].replace("\x00", "")]]
    while len(kept) > SEARCHES_KEPT or (len(kept) > 1 and len(json.dumps(kept)) > SEARCHES_SIZE):
        kept.pop(0)
    session["searches"] = kept
    return token


def _found_text(token: str, faults: dict[str, Fault]) -> str:
    if not token:
        return ""
    text = dict(session.get("searches", [])).get(token)
    if text is None:
        faults["q"] = Fault(N_("This search is over: type it again"))
        return ""
    return str(text)


def _read_size(text: str | None) -> int:
    return int(text) if text in {str(size) for size in SIZES} else 50


def _read_sort(model: type[Base], text: str | None, faults: dict[str, Fault]) -> str:
    if not text:
        return entity(model).order
    if text.removeprefix("-") in sortable_columns(model):
        return text
    faults["sort"] = Fault(N_("The list cannot be sorted by %(value)s"), value=text)
    return entity(model).order


def cursor_text(cursor: tuple[Any, int] | None) -> str | None:
    """A cursor as an address holds it."""
    if cursor is None:
        return None
    raw = json.dumps([comparable(cursor[0]), cursor[1]]).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_cursor(
    model: type[Base], sort: str, name: str, parameters: MultiDict[str, str], faults: dict[str, Fault]
) -> tuple[Any, int] | None:
    """The cursor that `cursor_text` made, under that name in the address; None without one or with a faulty one."""
    text = parameters.get(name)
    if not text:
        return None
    column = model.__table__.columns[sort.lstrip("-")]
    try:
        value, row_id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        str(value).encode()  # a lone surrogate, which JSON can spell, is no text
        wanted = _cursor_id(value) if column.primary_key else parse(column.type, str(value), UTC).value
        if wanted is None:
            raise ValueError
        return wanted, _cursor_id(row_id)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        faults[name] = Fault(N_("This page of the list does not exist: start from its beginning"))
        return None


def _cursor_id(value: Any) -> int:
    """The id in a cursor; ValueError for what JSON can hold and no row has."""
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError
    return value


def _read_conditions(model: type[Base], parameters: MultiDict[str, str], faults: dict[str, Fault]) -> list[Condition]:
    by_name = {column.name: column for column in filter_columns(model)}
    found = []
    for key in parameters:
        name, _, operator = key.partition(".")
        if key in OWN_WORDS or not any(text.strip() for text in parameters.getlist(key)):
            continue
        if not _is_known(model, key):
            faults[key] = Fault(N_("The list cannot be filtered by %(value)s"), value=key[:60])
            continue
        try:
            found.append(_condition(by_name[name], operator, parameters.getlist(key)))
        except Fault as fault:
            faults[key] = fault
    return found


def _is_known(model: type[Base], key: str) -> bool:
    """Whether a list of the model has such a parameter; none that `url_for` would take for its own."""
    name, _, operator = key.partition(".")
    is_filter = operator in ("", "from", "to", "empty") and name in {column.name for column in filter_columns(model)}
    return is_filter or key in OWN_WORDS


def _condition(column: Any, operator: str, texts: list[str]) -> Condition:
    texts = [text for text in texts if text.strip()]
    if operator == "empty":
        return Condition(column.name, "empty" if texts[0] == "yes" else "filled")
    if operator in ("from", "to"):
        return Condition(column.name, "from" if operator == "from" else "to", (_bound(column, operator, texts[0]),))
    if isinstance(column.type, UtcDateTime):
        raise Fault(N_("Give a first or a last day"))
    return Condition(column.name, "in", tuple(_value(column, text) for text in texts[:50]))


def _bound(column: Any, operator: str, text: str) -> Any:
    value = _value(column, text)
    if isinstance(value, datetime) and len(text.strip()) <= len("2026-11-01"):
        local = value.astimezone(default_zone())
        day = local.date() + timedelta(days=1 if operator == "to" else 0)
        moment = datetime.combine(day, time(), local.tzinfo).astimezone(UTC)
        return moment - timedelta(seconds=1) if operator == "to" else moment
    return value


def _value(column: Any, text: str) -> Any:
    if target(column) is not None or column.primary_key:
        row_id = record_id(text)
        if row_id is None:
            raise Fault(N_("%(value)s is not the number of a record"), value=text[:40])
        return row_id
    value = parse(column.type, text, default_zone()).value
    if value is None:
        raise Fault(N_("%(value)s cannot be filtered by"), value=text[:40])
    return value


def control(column: Any) -> str:
    """Which control a filter shows: choices, yes_no, days, reference or text."""
    if target(column) is not None:
        return "reference"
    if isinstance(column.type, Enum) or names_a_kind(column):
        return "choices"
    if isinstance(column.type, Boolean):
        return "yes_no"
    return "days" if isinstance(column.type, Date | UtcDateTime) else "text"


def proposed_references(model: type[Base], parameters: MultiDict[str, str]) -> dict[str, int]:
    """The references that an address proposes for a new row, such as `?ticket_id=5`, as far as the person reaches."""
    return {
        key: row_id
        for key, text in parameters.items()
        if key in model.__table__.columns
        and (parent := target(model.__table__.columns[key])) is not None
        and (row_id := record_id(text)) is not None
        and parent.__entity__ is not None
        and reaches(parent, row_id)
    }


def without(address: ListAddress, name: str) -> dict[str, list[str]]:
    """The parameters with every filter on that column taken off."""
    return {key: texts for key, texts in address.with_changes().items() if key.partition(".")[0] != name}
