"""What a run keeps for good once it is over: counts and decisions, nothing that a cell of the file says."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from importers.checking.repairs import REPLACE
from importers.settings import Settings

_OF_CELLS = frozenset({"sample", "cleaned_examples", "ask", "fault"})
_UNSAID = "…"  # stands where a sentence named a text


def bare_report(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report of a run without texts of the file; the groups of problems keep their counts and sentences.

    Who wants to know which lines had them finds these among the refused, as long as they are kept.
    """
    kept = {name: said for name, said in report.items() if name not in _OF_CELLS}
    if "groups" in kept:
        kept["groups"] = [_bare_group(group) for group in kept["groups"]]
    if "proposal" in kept:
        kept["proposal"] = {**kept["proposal"], "offers": []}
    return kept


def _bare_group(group: Mapping[str, Any]) -> dict[str, Any]:
    fault = group["fault"]
    places = {name: _UNSAID if isinstance(said, str) else said for name, said in fault["places"].items()}
    return {**group, "fault": {**fault, "places": places}, "lines": [], "texts": [], "repairs": []}


def bare_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The decisions of a run, as JSON keeps them, without the texts that were typed for single cells or whole ones."""
    decided = Settings.from_json(settings)
    repairs = tuple(repair for repair in decided.repairs if repair.kind != REPLACE)
    return replace(decided, edits={}, repairs=repairs).as_json()
