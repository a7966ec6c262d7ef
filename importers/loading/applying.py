"""What a commit does under the write lock, some thousand lines at a time: buildings, units, the rows, ownerships."""

import gc
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count, islice

from sqlalchemy.orm import Session

from importers.loading.freshness import Conflicts, Staged, conflicts, found_ids, taken_in
from importers.loading.linking import edited_links, link_changes
from importers.loading.progress import Cancelled, Progress
from importers.loading.staged import bodies, chunks, unpack
from importers.matching.numbering import owner_numbers
from importers.recipes import beside
from models.base import Base
from models.building import Building
from models.import_batch import RowVerdict
from models.owner import Owner
from models.ticket import Ticket
from models.unit import Unit
from operations.recording import restored
from operations.source_cases import timeline
from operations.write import Author, Change, Insert, Update, write

SLICE_CHUNKS = {"sqlite": 2, "postgresql": 4}  # chunks of a thousand lines that are written together
COLLECTED_EVERY = 8  # slices


class RefusedRowsError(Exception):
    """Lines were refused under the lock while all or nothing was asked for."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


@dataclass(slots=True)
class Loading:
    """One commit: the batch, where it goes, and in whose name; counts what it does."""

    session: Session
    batch_id: int
    model: type[Base]
    estate_id: int | None
    by: Author
    at: datetime
    progress: Progress
    is_cancelled: Callable[[], bool]
    new: int = 0
    changed: int = 0
    conflicts: Conflicts = field(default_factory=dict)
    created: dict[str, int] = field(default_factory=lambda: {"buildings": 0, "units": 0})
    made: "array[int]" = field(default_factory=lambda: array("q"))  # by line the row that it made
    numbers: Iterator[str] | None = None

    def run(self, total: int, *, all_or_nothing: bool) -> None:
        """Everything that is written; raises RefusedRowsError or Cancelled, and then nothing may be kept."""
        done, turns, placing = 0, count(1), beside.placing(self.session, self.batch_id, self.estate_id)
        self.created |= placing.before(self._write)
        slices = self._slices()
        staged = self._taken_in(next(slices, []))
        while staged:
            self.progress("loading", done, total)
            if self.is_cancelled():
                raise Cancelled
            done += len(staged)
            staged = self._load(staged, next(slices, []))
            if self.conflicts and all_or_nothing:
                raise RefusedRowsError(len(self.conflicts))
            if next(turns) % COLLECTED_EVERY == 0:
                gc.collect(0)
        placing.after(self._write)
        self.progress("finishing", done, total)

    def _slices(self) -> Iterator[list[bytes]]:
        """The lines that would change something: those that add records first, since others may add to these."""
        together = SLICE_CHUNKS[self.session.get_bind().dialect.name]
        for kind in (RowVerdict.NEW, RowVerdict.CHANGED):
            parts = (body for _, body in bodies(self.session, self.batch_id, [kind]))
            while some := list(islice(parts, together)):
                yield some

    def _taken_in(self, some: Sequence[bytes]) -> list[Staged]:
        return [taken_in(self.model, record) for body in some for record in unpack(body)]

    def _load(self, staged: Sequence[Staged], following: Sequence[bytes]) -> list[Staged]:
        """Returns the lines that follow: they are unpacked while the rows of these are on their way."""
        for line in staged:
            if (maker := line.more.get("same_as")) is not None:
                line.row = self._made_by(maker)
        units = self._known(Unit, {line.unit["code"] for line in staged if line.unit is not None})
        relinked = edited_links(self.session, self.model, self.estate_id, staged, units)
        found = conflicts(self.session, self.model, self.batch_id, self.estate_id, staged, units, relinked)
        self.conflicts |= found
        good = [line for line in staged if line.number not in found] if found else staged
        buildings = self._buildings(good)
        units |= self._units(good, units, buildings)
        ids = self._rows(good, buildings)
        upcoming = self._taken_in(following)
        self._write(link_changes(self.session, self.estate_id, good, ids, units))
        new = sum(line.row is None for line in good)
        self.new, self.changed = self.new + new, self.changed + len(good) - new
        return upcoming

    def _made_by(self, line: int) -> int | None:
        return (self.made[line] or None) if line < len(self.made) else None

    def _write(self, changes: Sequence[Change]) -> list[int]:
        by = replace(self.by, batch_id=self.batch_id)
        return write(self.session, changes, by=by, at=self.at) if changes else []

    def _known(self, model: type[Base], codes: set[str]) -> dict[str, int]:
        return found_ids(self.session, model, "code", codes, self.estate_id)

    def _buildings(self, good: Sequence[Staged]) -> dict[str, int]:
        """The buildings that new units go into, by code; those that are missing are made."""
        wanted = [line.more["building"] for line in good if line.more.get("building") is not None]
        wanted += [line.unit["building"] for line in good if line.unit is not None and line.unit["is_new"]]
        known = self._known(Building, set(wanted))
        codes = [code for code in dict.fromkeys(wanted) if code not in known]
        self.created["buildings"] += len(codes)
        ids = self._write([Insert(Building, {"estate_id": self.estate_id, "code": code}) for code in codes])
        return known | dict(zip(codes, ids, strict=True))

    def _units(self, good: Sequence[Staged], known: dict[str, int], buildings: dict[str, int]) -> dict[str, int]:
        """The units that owners' lines name and the estate lacks, made as their first line says."""
        wanted = {line.unit["code"]: line.unit for line in reversed(good) if line.unit is not None}
        new = [unit for code, unit in sorted(wanted.items()) if code not in known]
        area = Unit.__table__.columns["area"].type
        values = [
            {
                "estate_id": self.estate_id,
                "building_id": buildings[unit["building"]],
                **{name: unit[name] for name in ("code", "entrance", "floor")},
                "area": restored(area, unit["area"]),
            }
            for unit in new
        ]
        self.created["units"] += len(new)
        ids = self._write([Insert(Unit, row) for row in values])
        return {unit["code"]: row_id for unit, row_id in zip(new, ids, strict=True)}

    def _rows(self, good: Sequence[Staged], buildings: dict[str, int]) -> list[int]:
        """The entity's own rows: inserted or updated; returns the id of each line's row."""
        fixed = {} if self.estate_id is None else {"estate_id": self.estate_id}
        changes: list[Change] = []
        for line in good:
            values = line.values
            if self.model is Unit and line.more.get("building") is not None:
                values["building_id"] = buildings[line.more["building"]]
            if line.row is not None:
                changes.append(Update(self.model, line.row, values, line.version))
            elif self.model is Owner and "number" not in values:
                changes.append(Insert(self.model, {**fixed, **values, "number": self._number()}))
            else:
                changes.append(Insert(self.model, fixed | values))
        ids = self._write(changes)
        if self.model is Ticket:
            self._write(timeline(zip(changes, ids, strict=True), self.estate_id or 0, self.by, self.at))
        self._remember(good, ids)
        return ids

    def _remember(self, good: Sequence[Staged], ids: Sequence[int]) -> None:
        if good and good[-1].number >= len(self.made):
            highest = max(line.number for line in good)
            self.made.extend([0] * (highest + 1 - len(self.made)))
        for line, row_id in zip(good, ids, strict=True):
            self.made[line.number] = row_id

    def _number(self) -> str:
        """The next number for an owner who came without one; never one that a line of the file gives."""
        if self.numbers is None:
            given = (
                record[2]["number"]
                for _, records in chunks(self.session, self.batch_id, [RowVerdict.NEW])
                for record in records
                if len(record) > 2 and "number" in (record[2] or {})
            )
            self.numbers = owner_numbers(self.session, self.estate_id or 0, given)
        return next(self.numbers)
