"""From a file being read to staged lines: checked, compared and put aside block by block; no record is changed."""

import gc
from collections.abc import Callable, Collection, Iterable
from collections.abc import Mapping as Values
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from importers.checking.cells import Checker
from importers.checking.problems import Grouping
from importers.lines import Line
from importers.loading.contradictions import Fates, as_line, contradicted, overridden
from importers.loading.progress import Cancelled, IsCancelled, Progress, never, silent
from importers.loading.stage import Stage
from importers.loading.staged import Record, fault_as_json, staged_line
from importers.mapping.headings import Mapping, Proposal, Wordings, chosen, propose
from importers.mapping.layouts import recall, with_remembered
from importers.matching.diffing import Differ, Target, drops
from importers.matching.lookup import known_here
from importers.matching.repeats import CONTRADICTORY, Stated
from importers.reading.blocks import Block, Head
from importers.reading.sources import Source
from importers.settings import Settings
from models.base import Base, entity
from models.estate import Estate
from operations.ahead import made_ahead
from operations.inserting import at_full_speed

LISTED = 200  # missing buildings and units named
COLLECTED_EVERY = 8  # blocks
SAMPLED = 20  # first rows shown on the page of the columns


class Asking(Exception):  # nothing went wrong
    """The file cannot be judged before somebody answers: `report` holds the question."""

    def __init__(self, report: Values[str, Any]) -> None:
        super().__init__(report)
        self.report = report


@dataclass(frozen=True, slots=True)
class Run:
    """The run that is prepared: where its lines go and what people decided."""

    batch_id: int
    model: type[Base]
    estate_id: int | None
    file_name: str
    settings: Settings


@dataclass(frozen=True, slots=True)
class Columns:
    """What fills what in the file, with the decisions that hold for it and what was proposed."""

    settings: Settings
    mapping: Mapping
    proposal: Proposal


def choose_columns(session: Session, run: Run, head: Head, settings: Settings, wordings: Wordings) -> Columns:
    """What people decided about the columns, else what is remembered of such files, else what is proposed.

    Raises Asking where nothing is known of any column.
    """
    remembered = None
    if settings.use_layout and settings.recipe is None:
        remembered = recall(session, entity(run.model).name, run.estate_id, head.header)
    settings = with_remembered(settings, remembered)
    known = known_here(session, run.model, run.estate_id)
    proposal = propose(run.model, head.header, head.sample, wordings, remembered, known)
    mapping = chosen(run.model, head.header, settings, proposal)
    columns = Columns(settings, mapping, proposal)
    if not any(True for _ in mapping.filled()):
        asked = {"kind": "columns", "headings": list(mapping.headings.values())[:4]}
        raise Asking({**said_of_both(head, columns), "ask": asked})
    return columns


class Preparation:
    """One file on its way to the preview. `hold` is called in every transaction and raises where the run was taken
    out of our hands.
    """

    def __init__(
        self,
        session: Session,
        run: Run,
        source: Source,
        columns: Columns,
        hold: Callable[[], None],
        progress: Progress = silent,
        is_cancelled: IsCancelled = never,
    ) -> None:
        self.session, self.source, self.columns = session, source, columns
        self.progress, self.is_cancelled = progress, is_cancelled
        settings, mapping = columns.settings, columns.mapping
        self.stage = Stage(session, run.batch_id, hold)
        target = Target(run.model, run.estate_id, settings.create_missing)
        self.differ = Differ(session, mapping, target, settings, self._stated)
        self.checker = Checker(run.model, mapping, settings, zone_of(session, run.estate_id))
        self.grouping = Grouping(run.model, mapping)
        self.offered = 0

    def go(self) -> dict[str, Any]:
        """Stage every line; returns what is to be said of the file."""
        done, total, turns = 0, self.source.head.row_count, count(1)
        self.progress("reading", 0, total)
        ahead = made_ahead(self.source.blocks(), self._checked)
        with at_full_speed(self.session) as speed_up, closing(ahead) as checked:
            for lines in checked:
                if self.is_cancelled():
                    raise Cancelled
                speed_up()
                self.take(lines)
                done += len(lines)
                self.progress("checking", done, total)
                if next(turns) % COLLECTED_EVERY == 0:
                    gc.collect(0)
            self._settle()
        return {**said_of_both(self.source.head, self.columns), **self._found()}

    def _checked(self, block: Block) -> list[Line]:
        """One block, its cells judged: without the database, which is busy with the one before."""
        lines = self.checker.check(block)
        if block.surplus:
            for line in lines:
                line.cells = line.cells + block.surplus.get(line.line, [])
        return lines

    def take(self, checked: list[Line]) -> None:
        """Lines of one block: compared, staged."""
        lines = self.differ.diff(checked)
        self.offered += sum(bool(line.offers) for line in lines)
        self.grouping.add(lines)
        self.stage.add(lines)

    def _settle(self) -> None:
        """What only the whole file shows: lines that contradict each other, or that a later one overrides."""
        groups = [group for group in self.differ.repeats.groups.values() if group.contradiction or group.overriding]
        before = self.stage.records({number for group in groups for number in group.lines}) if groups else {}
        is_dropped = drops(self.columns.settings, CONTRADICTORY)
        fates: Fates = {}
        for group in groups:
            if group.contradiction is None:
                fates |= overridden(group, before)
                continue
            self._make_nothing_for(before[number] for number in group.lines if number in before)
            if is_dropped:
                fates |= dict.fromkeys(group.lines)
                self.differ.repeats.skipped += len(group.lines)
            else:
                fates |= contradicted(group, before, self.columns.mapping)
        self.stage.settle(fates)
        self.grouping.add(map(as_line, (fate[1] for fate in fates.values() if fate is not None)))

    def _make_nothing_for(self, lines: Iterable[tuple[str, Record]]) -> None:
        """The lines are not good after all: what they would have made is not to be created."""
        for kind, record in lines:
            more = staged_line(record, kind).more
            unit = more.get("unit") or {}
            self.differ.missing.forget(more.get("building"), unit.get("code") if unit.get("is_new") else None)

    def _stated(self, numbers: Collection[int]) -> dict[int, Stated]:
        """What lines of earlier blocks said: what they change, and what they say as it is."""
        places = {column.name: source.column for column, source in self.columns.mapping.filled()}
        return {
            number: Stated(staged_line(record, kind).values, _filled(record, places))
            for number, (kind, record) in self.stage.records(numbers).items()
        }

    def _found(self) -> dict[str, Any]:
        missing, skipped = self.differ.missing, self.differ.repeats.skipped
        return {
            "groups": [group.as_json() for group in self.grouping.groups(self.checker.found_orders)],
            "found_orders": self.checker.found_orders,
            "cleaned": dict(self.checker.cleaned),
            "cleaned_examples": self.checker.examples,
            "blanks": dict(self.differ.comparer.blanks),
            "to_create": {"buildings": len(missing.buildings), "units": len(missing.units)},
            "missing": {"buildings": list(missing.buildings)[:LISTED], "units": list(missing.units)[:LISTED]},
            "offers_count": self.offered,
            "skipped": skipped + self.differ.line_repairs.left_out + self.checker.left_out,
        }


def _filled(record: Record, places: Values[str, int | None]) -> set[str]:
    cells = record[1]
    return {name for name, place in places.items() if place is None or cells[place].strip()}


def said_of_both(head: Head, columns: Columns) -> dict[str, Any]:
    """What reading showed, what fills what, and the notices of both, which are complete once all rows were read."""
    notices = [fault_as_json(notice) for notice in (*head.notices, *columns.mapping.notices)]
    return {**said_of(head), **said_of_columns(columns), "notices": notices}


def said_of(head: Head) -> dict[str, Any]:
    """What reading the file showed."""
    return {
        "header": head.header,
        "header_rows": head.header_rows,
        "encoding": head.encoding,
        "delimiter": head.dialect.delimiter if head.dialect is not None else None,
        "sheet": head.sheet,
        "sheets": head.sheets,
        "hidden": head.hidden,
        "sample": head.sample[:SAMPLED],
    }


def said_of_columns(columns: Columns) -> dict[str, Any]:
    """What fills what, and what was proposed."""
    return {
        "columns": {str(index): column.name for index, column in columns.mapping.columns.items()},
        "sources": {column.name: asdict(source) for column, source in columns.mapping.filled()},
        "notices": [fault_as_json(notice) for notice in columns.mapping.notices],
        "proposal": columns.proposal.as_json(),
        "note_columns": columns.mapping.note_columns,
        "values": {name: dict(words) for name, words in columns.mapping.values.items()},
        "date_orders": dict(columns.mapping.date_orders),
        "create_missing": columns.settings.create_missing,
    }


def zone_of(session: Session, estate_id: int | None) -> ZoneInfo:
    """Where local moments of the file are meant."""
    estate = session.get(Estate, estate_id) if estate_id is not None else None
    return ZoneInfo(estate.time_zone if estate is not None else "UTC")
