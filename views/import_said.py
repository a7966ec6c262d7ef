"""What the report of a run says, read once for the pages: its keys are those that preparing writes."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from importers.checking.suggesting import Offered
from importers.lines import fault_from_json
from importers.mapping.headings import OWN_HEADINGS
from importers.mapping.proposing import Match, PartOffer
from importers.settings import Repair, Settings, Source
from models.faults import Fault
from models.import_batch import ImportBatch
from models.readers import NEITHER, NO_CHOICE

MASK = "•••"
SURE = 90  # of 100: from here on a match needs no second look


@dataclass(frozen=True, slots=True)
class Group:
    """Problems of one kind in one column: `lines` are some of them with the value at fault, `texts` the different
    values with their counts and the choice that each may mean.
    """

    key: str
    column: str
    field: str
    index: int | None
    is_warning: bool
    fault: Fault  # of the first line
    count: int
    lines: list[tuple[int, str]]
    texts: list[tuple[str, int, str | None]]
    repairs: list[Offered]


class Said:
    """The report of a run; what an older run did not say is empty."""

    def __init__(self, batch: ImportBatch) -> None:
        self.batch = batch
        self.report: Mapping[str, Any] = batch.report or {}
        self.proposal: Mapping[str, Any] = self.report.get("proposal") or {}

    @cached_property
    def header(self) -> list[str]:
        """The headings of the file."""
        return list(self.report.get("header") or [])

    @cached_property
    def sheets(self) -> list[str]:
        """The sheets of a workbook."""
        return list(self.report.get("sheets") or [])

    @cached_property
    def sample(self) -> list[list[str]]:
        """The first rows of the file."""
        return list(self.report.get("sample") or [])

    @cached_property
    def used_columns(self) -> dict[int, str]:
        """By the index of a column the field that it fills as it stands."""
        return {int(index): name for index, name in (self.report.get("columns") or {}).items()}

    @cached_property
    def settings(self) -> Settings:
        """The decisions in force: the person's, and what was remembered where nothing else was decided."""
        said = Settings.from_json(self.batch.settings)
        known = {name: self.report[name] for name in ("values", "date_orders") if name in self.report}
        return replace(said, note_columns=tuple(self.report.get("note_columns", said.note_columns)), **known)

    @cached_property
    def sources(self) -> dict[str, Source]:
        """By field where it comes from, also where that is a part of a column or the same text for all."""
        return {name: _made(Source, source) for name, source in (self.report.get("sources") or {}).items()}

    @cached_property
    def matches(self) -> dict[int, Match]:
        """By the index of a column what it seems to hold."""
        found = [_made(Match, match) for match in self.proposal.get("matches") or []]
        return {match.column: match for match in found}

    @cached_property
    def part_offers(self) -> list[PartOffer]:
        """Columns that seem to hold two things."""
        return [_made(PartOffer, offer) for offer in self.proposal.get("offers") or []]

    @cached_property
    def needed(self) -> list[str]:
        """The fields without which there is no new row and that nothing fills."""
        return list(self.proposal.get("unmatched_needed") or [])

    @cached_property
    def is_certain(self) -> bool:
        """Whether nobody needs to look at the columns: somebody decided about such a file before, or each of them fills
        something for sure or holds nothing to load.
        """
        if self.proposal.get("remembered"):
            return not self.needed
        return not self.part_offers and not self.needed and all(map(self._is_settled, range(len(self.header))))

    def _is_settled(self, index: int) -> bool:
        match = self.matches.get(index)
        if match is not None and (match.field is not None or match.rival is not None):
            return match.field is None or match.is_applied
        texts = [row[index].strip() for row in self.sample if index < len(row)]
        return self.header[index] in OWN_HEADINGS or not any(texts) or _counts_up(texts)

    @cached_property
    def groups(self) -> list[Group]:
        """The problems by kind and column, most first."""
        return [_group(said) for said in self.report.get("groups") or []]

    @cached_property
    def words(self) -> dict[str, list[tuple[str, int, str | None]]]:
        """By choice the words that it does not know: with their counts, and what they may mean."""
        asked = [group for group in self.groups if group.fault.message in {NO_CHOICE, NEITHER}]
        return {group.field: group.texts for group in asked}

    @cached_property
    def fault(self) -> Fault | None:
        """Why the file cannot be read."""
        said = self.report.get("fault")
        return fault_from_json(said) if said else None

    @property
    def asked(self) -> str:
        """What somebody has to answer before the file can be judged: "encoding", "columns", or nothing."""
        return str((self.report.get("ask") or {}).get("kind", ""))

    @cached_property
    def candidates(self) -> list[tuple[str, list[str]]]:
        """The encodings that the file may be in, each with some lines as it would read them."""
        asked = self.report.get("ask") or {}
        return [(encoding, list(lines)) for encoding, lines in asked.get("candidates") or []]


def _counts_up(texts: list[str]) -> bool:
    """Whether these are the numbers of the lines."""
    return texts == [str(number) for number in range(1, len(texts) + 1)]


def _made(kind: type[Any], said: Mapping[str, Any]) -> Any:
    names = {known.name for known in fields(kind)}
    return kind(**{name: value for name, value in said.items() if name in names})


def _group(said: Mapping[str, Any]) -> Group:
    repairs = [
        Offered(_made(Repair, offer), fault_from_json(offer["sentence"]), offer.get("would_help"))
        for offer in said.get("repairs") or []
    ]
    return Group(
        said["key"],
        said["column"],
        said["field"],
        said["index"],
        said["is_warning"],
        fault_from_json(said["fault"]),
        said["count"],
        [(line, value) for line, value in said["lines"]],
        [(text, count, meant) for text, count, meant in said["texts"]],
        repairs,
    )
