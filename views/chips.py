"""The chips of a list: what it is filtered by, each to be taken off again."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.base import N_, Base
from views.conditions import kind_of
from views.filters import PERIOD_WORDS, SPANS, first_said, label_of, local_bound, members, parent_of, titles_reached
from views.language import translate
from views.lists import ListAddress, filter_keys


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter as the list shows it: its column, what it says, the parameters that it stands for."""

    label: str
    text: str
    keys: tuple[str, ...]
    is_faulty: bool = False


def chips(address: ListAddress) -> list[Chip]:
    """What the list is filtered by, a span of two bounds as one."""
    known = filter_keys(address.listing.model)
    titles = titles_reached(_referred(address))
    found: dict[str, Chip] = {}
    for key in address.filter_keys:
        column, operator = known[key]
        if operator in ("from", "to") and (kept := found.get(f"{column.name}.span")):
            found[f"{column.name}.span"] = _span(column, address, (*kept.keys, key))
        elif operator in ("from", "to"):
            found[f"{column.name}.span"] = _span(column, address, (key,))
        else:
            text = key in address.faults and ", ".join(address.said(key))
            text = text or _said(column, operator, address.said(key), titles)
            found[key] = Chip(label_of(column), text, (key,), key in address.faults)
    return list(found.values())


def _referred(address: ListAddress) -> dict[type[Base], list[str]]:
    known, found = filter_keys(address.listing.model), defaultdict[type[Base], list[str]](list)
    for key in address.filter_keys:
        column, operator = known[key]
        if operator in ("", "not") and kind_of(column) == "reference":
            found[parent_of(column)] += address.said(key)
    return found


def _span(column: Any, address: ListAddress, keys: tuple[str, ...]) -> Chip:
    first, last = (_bound_text(first_said(address, f"{column.name}.{end}")) for end in ("from", "to"))
    text = f"{first} – {last}" if first and last else f"≥ {first}" if first else f"≤ {last}"
    return Chip(label_of(column), text, keys, any(key in address.faults for key in keys))


def _bound_text(bound: str) -> str:
    return translate(PERIOD_WORDS[bound]) if bound in PERIOD_WORDS else local_bound(bound).replace("T", " ")


def _said(column: Any, operator: str, texts: Sequence[str], titles: Mapping[tuple[type[Base], str], str]) -> str:
    """What a filter says, in the words of its control."""
    text = texts[0]
    match operator:
        case "empty":
            return translate(N_("is empty") if text in ("yes", "1") else N_("is not empty"))
        case "in":
            return translate(PERIOD_WORDS.get(text, text))
        case "last" | "next" | "older":
            return translate(SPANS[operator]) % {"days": re.sub(r"d$", "", text)}
        case "past":
            return translate(N_("Past") if text in ("yes", "1") else N_("Still to come"))
        case "starts":
            return translate(N_("begins with %(value)s")) % {"value": text}
    shown = ", ".join(_value_text(column, each, titles) for each in texts)
    return translate(N_("not %(values)s")) % {"values": shown} if operator == "not" else shown


def _value_text(column: Any, text: str, titles: Mapping[tuple[type[Base], str], str]) -> str:
    match kind_of(column):
        case "reference" if text == "me":
            return translate(N_("Me"))
        case "reference":
            return titles.get((parent_of(column), text), f"#{text}")
        case "choices":
            return dict(members(column)).get(text, text)
        case "yes_no":
            return translate(N_("Yes")) if text in ("1", "yes") else translate(N_("No"))
    return text
