"""The address of a list: `?kind=repair&kind=help&opened_at.last=7d&sort=-opened_at&after=…&size=50`.

Besides filters (`views.conditions`) it knows: `match=any` (one of the filters suffices), `sort` (a column, with - for
descending), `after` and `before` (cursors), `size` (rows on a page), `q` (the token of a search), `view` (the saved
view that it came from), `count=exact`, and in exports `columns=shown`. What was typed to search by is never in it.
"""

import base64
import binascii
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import Any

from flask import session
from werkzeug.datastructures import MultiDict

from models.base import N_, Base, entity, now, target, words
from models.faults import Fault
from models.fields import parse
from reports.listing import LONGEST_SEARCH, NEWEST_FIRST, Condition, Listing, comparable
from rules.permissions import Action, Scope
from views.access import account, default_zone, estates, model_scope, reaches, zone_of
from views.conditions import OPERATORS, Kind, Sense, conditions_of, kind_of
from views.conditions import record_id as record_id  # noqa: PLC0414  # read here by every view
from views.language import translate

SIZES = (20, 50, 100, 200)
MOST_OPTIONS = 60  # a reference to more rows than this is looked up as one types
SEARCHES_KEPT = 12
SEARCHES_SIZE = 2000  # characters in the session's cookie, which no browser keeps beyond 4,093
OWN_WORDS = frozenset({"sort", "after", "before", "size", "q", "columns", "match", "view", "count"})
ONCE = frozenset({"after", "before", "count"})  # what no link carries on


@dataclass
class ListAddress:
    """A list as its address asks for it, and what is wrong with the address, by parameter."""

    listing: Listing
    parameters: MultiDict[str, str]
    faults: dict[str, Fault] = field(default_factory=dict)
    search_token: str = ""
    own: frozenset[str] = frozenset()  # parameters of the page's own, which are no columns
    moment: datetime | None = None
    _kept: dict[str, list[str]] | None = None

    def with_changes(self, **changes: str | None) -> dict[str, list[str]]:
        """The parameters with some replaced or, by None, dropped; cursors and what nobody knows never survive."""
        kept = {key: texts for key, texts in self.kept().items() if key not in changes}
        return kept | {key: [value] for key, value in changes.items() if value is not None}

    def without(self, *keys: str) -> dict[str, list[str]]:
        """The parameters without those."""
        return {key: texts for key, texts in self.kept().items() if key not in keys}

    def without_filters(self, *keys: str) -> dict[str, list[str]]:
        """As `without`; where no filter is left the view goes too, which alone would bring its filters back."""
        left = self.without(*keys)
        return left if left.keys() - {"view", "size"} else {}

    def kept(self) -> dict[str, list[str]]:
        """The parameters that links carry on."""
        if self._kept is None:
            known = (self.own | known_keys(self.listing.model)) - ONCE
            self._kept = {key: self.parameters.getlist(key) for key in self.parameters if key in known}
        return self._kept

    @property
    def filter_keys(self) -> list[str]:
        """The parameters that are filters and say something, in order, faulty ones too."""
        known = filter_keys(self.listing.model)
        return [key for key in self.parameters if key in known and self.said(key)]

    def said(self, key: str) -> list[str]:
        """What the parameter says, blanks left out."""
        return [text.strip() for text in self.parameters.getlist(key) if text.strip()]

    @property
    def is_any(self) -> bool:
        """Whether one of the filters suffices."""
        return self.parameters.get("match") == "any"


def shown_columns(model: type[Base]) -> tuple[str, ...]:
    """The columns of the model's list, as declared; those that name the row come first."""
    listed = [column.name for column in model.__table__.columns if (found := words(column)) and found.listed]
    naming = [name for name in entity(model).title if name in listed]
    return tuple(dict.fromkeys(naming + listed))


def filter_columns(model: type[Base]) -> list[Any]:
    """The columns that the list can be filtered by, those declared for it first."""
    found = [column for column in model.__table__.columns if kind_of(column) is not None]
    return sorted(found, key=lambda column: not is_usual(column))


def is_usual(column: Any) -> bool:
    """Whether the declaration asks for a filter on the column; the others are offered behind it."""
    declared = words(column)
    return declared is not None and declared.filter


@cache
def filter_keys(model: type[Base]) -> dict[str, tuple[Any, str]]:
    """Every parameter that filters a list of the model: its column and operator."""
    by_kind: list[tuple[Any, Kind]] = [(column, kind) for column in filter_columns(model) if (kind := kind_of(column))]
    return {
        f"{column.name}.{operator}" if operator else str(column.name): (column, operator)
        for column, kind in by_kind
        for operator in OPERATORS[kind]
    }


@cache
def known_keys(model: type[Base]) -> frozenset[str]:
    """Every parameter that a list of the model has; none that `url_for` would take for its own."""
    return OWN_WORDS | filter_keys(model).keys()


def sortable_columns(model: type[Base]) -> set[str]:
    """The columns that the list can be sorted by."""
    return {column.name for column in model.__table__.columns if (found := words(column)) and found.sort}


def read_address(
    model: type[Base],
    parameters: MultiDict[str, str],
    columns: tuple[str, ...] | None = None,
    size: int | None = None,
) -> ListAddress:
    """What the parameters ask for, in the columns and the size of page wanted where they say nothing.

    Whatever cannot be read is a fault of its parameter, never an exception.
    """
    moment, faults = now(), dict[str, Fault]()
    token = parameters.get("q", "")
    found = _found_text(token, faults)
    sort = _read_sort(model, parameters.get("sort"), NEWEST_FIRST if found else entity(model).order, faults)
    listing = Listing(
        model,
        columns if columns is not None else shown_columns(model),
        tuple(_read_conditions(model, parameters, moment, faults)),
        found,
        sort=sort,
        after=read_cursor(model, sort, "after", parameters, faults),
        before=read_cursor(model, sort, "before", parameters, faults),
        size=_read_size(parameters.get("size"), size or 50),
        personal=personal_scope,
        match="any" if _is_any(parameters, faults) else "all",
        moment=moment,
    )
    return ListAddress(listing, parameters, faults, token, moment=moment)


def _is_any(parameters: MultiDict[str, str], faults: dict[str, Fault]) -> bool:
    said = parameters.get("match", "")
    if said not in ("", "all", "any"):
        faults["match"] = Fault(N_("Filters combine as all or any, not %(value)s"), value=said[:40])
    return said == "any"


def personal_scope(model: type[Base]) -> Scope:
    """The rows in which the person may search by phone and the like: those where they see them."""
    return model_scope(model, Action.PERSONAL)


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


def _read_size(text: str | None, usual: int) -> int:
    return int(text) if text in {str(size) for size in SIZES} else usual


def _read_sort(model: type[Base], text: str | None, usual: str, faults: dict[str, Fault]) -> str:
    if not text:
        return usual
    if text.removeprefix("-") in sortable_columns(model):
        return text
    faults["sort"] = Fault(N_("The list cannot be sorted by %(value)s"), value=text)
    return usual


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


def _read_conditions(
    model: type[Base], parameters: MultiDict[str, str], moment: datetime, faults: dict[str, Fault]
) -> list[Condition]:
    known, found = filter_keys(model), list[Condition]()
    sense = _sense(parameters, moment) if parameters.keys() & known.keys() else None
    for key in parameters:
        texts = parameters.getlist(key)
        if key in OWN_WORDS or not any(text.strip() for text in texts):
            continue
        if key not in known or sense is None:
            faults[key] = Fault(N_("The list cannot be filtered by %(value)s"), value=_called(model, key))
            continue
        try:
            found += conditions_of(*known[key], texts, sense)
        except Fault as fault:
            faults[key] = fault
    return found


def _called(model: type[Base], key: str) -> str:
    """What people call the column that the parameter begins with; the parameter itself where there is none."""
    column = model.__table__.columns.get(key.partition(".")[0])
    declared = words(column) if column is not None else None
    return translate(declared.label) if declared is not None else key[:60]


def _sense(parameters: MultiDict[str, str], moment: datetime) -> Sense:
    person = account()
    return Sense(moment, list_zone(parameters.getlist("estate_id")), person.staff_id if person else None)


def list_zone(estate_ids: Collection[str]) -> tzinfo:
    """The zone in which a list means its days: that of the estates it is filtered to, where they agree."""
    zones = {estate.time_zone: estate.id for estate in estates() if str(estate.id) in estate_ids}
    return zone_of(next(iter(zones.values()))) if len(zones) == 1 else default_zone()


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
