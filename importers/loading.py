"""What a commit does under the write lock: buildings, units, the rows themselves, ownerships, each as one set."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from importers.freshness import Staged, stale
from importers.lookup import rows_with
from importers.numbering import owner_numbers
from importers.owner_rows import current_links
from importers.staged import fault_as_json, line_from
from models.base import N_, Base
from models.building import Building
from models.estate import Estate
from models.faults import Fault
from models.import_batch import BatchState, ImportBatch, ImportRow, RowVerdict
from models.owner import Owner
from models.ownership import Ownership
from models.unit import Unit
from operations.write import Author, Change, Insert, Update, write


@dataclass(frozen=True, slots=True)
class Counts:
    """Lines of a batch by what became of them; `is_loaded` is False when nothing was written."""

    new: int
    changed: int
    unchanged: int
    refused: int
    is_loaded: bool = True


class RefusedRowsError(Exception):
    """Rows were refused under the lock while all or nothing was asked for."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


@dataclass(frozen=True, slots=True)
class Loading:
    """One commit: the batch, where it goes, and in whose name."""

    session: Session
    batch_id: int
    model: type[Base]
    estate_id: int | None
    by: Author
    at: datetime
    report: dict[str, Any]

    def staged(self) -> list[Staged]:
        """The lines that would change something, in order."""
        statement = (
            select(ImportRow.id, ImportRow.line, ImportRow.changes)
            .where(ImportRow.batch_id == self.batch_id)
            .where(ImportRow.verdict.in_([RowVerdict.NEW, RowVerdict.CHANGED]))
            .order_by(ImportRow.line)
        )
        return [
            Staged(row_id, line_from(self.model, line, changes), changes["row"], changes["version"])
            for row_id, line, changes in self.session.execute(statement)
        ]

    def run(self, staged: Sequence[Staged], counts: Counts, *, all_or_nothing: bool) -> Counts:
        """Everything that happens under the write lock."""
        self._claim()
        refused = stale(self.session, self.model, self.estate_id, staged)
        if refused and all_or_nothing:
            raise RefusedRowsError(len(refused))
        good = [row for row in staged if row.id not in refused]
        self.report["created"] = {}
        buildings = self._buildings(good)
        units = self._units(good, buildings)
        ids = self._rows(good, buildings)
        self._links(good, ids, units)
        new = sum(row.row is None for row in good)
        counts = replace(counts, new=new, changed=len(good) - new, refused=counts.refused + len(refused))
        self._note(refused, counts)
        return counts

    def _claim(self) -> None:
        """Take the batch: of two commits only one gets past here. Imports of one estate go one after the other."""
        claimed = self.session.execute(
            update(ImportBatch)
            .where(ImportBatch.id == self.batch_id, ImportBatch.state == BatchState.PREVIEWED)
            .values(state=BatchState.COMMITTED, committed_at=self.at)
            .returning(ImportBatch.id)
        ).scalar_one_or_none()
        if claimed is None:
            raise Fault(N_("This import was loaded or dropped already"))
        lock = select(Estate.id).where(Estate.id == self.estate_id).with_for_update(key_share=True)
        self.session.execute(lock)

    def _write(self, changes: Sequence[Change]) -> list[int]:
        by = replace(self.by, batch_id=self.batch_id)
        return write(self.session, changes, by=by, at=self.at) if changes else []

    def _ids(self, model: type[Base], column: str, values: set[str]) -> dict[str, int]:
        here = model.__table__.columns["estate_id"] == self.estate_id
        return {row[column]: row["id"] for row in rows_with(self.session, model, column, values, here)}

    def _buildings(self, good: Sequence[Staged]) -> dict[str, int]:
        """The buildings that new units go into, by code; those that are missing are made."""
        wanted = [row.line.missing_building for row in good if row.line.missing_building is not None]
        wanted += [row.line.unit.building for row in good if row.line.unit is not None and row.line.unit.is_new]
        known = self._ids(Building, "code", set(wanted))
        codes = [code for code in dict.fromkeys(wanted) if code not in known]
        self.report["created"]["buildings"] = len(codes)
        ids = self._write([Insert(Building, {"estate_id": self.estate_id, "code": code}) for code in codes])
        return known | dict(zip(codes, ids, strict=True))

    def _units(self, good: Sequence[Staged], buildings: dict[str, int]) -> dict[str, int]:
        """The units that owners' lines name, by code; those that are missing are made as their first line says."""
        wanted = {row.line.unit.code: row.line.unit for row in reversed(good) if row.line.unit is not None}
        known = self._ids(Unit, "code", set(wanted))
        new = [unit for code, unit in sorted(wanted.items()) if code not in known]
        values = [
            {
                "estate_id": self.estate_id,
                "building_id": buildings[unit.building],
                "code": unit.code,
                "entrance": unit.entrance,
                "floor": unit.floor,
                "area": unit.area,
            }
            for unit in new
        ]
        self.report["created"]["units"] = len(new)
        ids = self._write([Insert(Unit, row) for row in values])
        return known | {unit.code: row_id for unit, row_id in zip(new, ids, strict=True)}

    def _rows(self, good: Sequence[Staged], buildings: dict[str, int]) -> list[int]:
        """The entity's own rows: inserted or updated; returns the id of each line's row."""
        fixed = {} if self.estate_id is None else {"estate_id": self.estate_id}
        numbers = self._numbers(good)
        changes: list[Change] = []
        for row in good:
            values = dict(row.line.values)
            if self.model is Unit and row.line.missing_building is not None:
                values["building_id"] = buildings[row.line.missing_building]
            if row.row is not None:
                changes.append(Update(self.model, row.row, values, row.version))
            elif self.model is Owner and "number" not in values:
                changes.append(Insert(self.model, {**fixed, **values, "number": next(numbers)}))
            else:
                changes.append(Insert(self.model, {**fixed, **values}))
        return self._write(changes)

    def _numbers(self, good: Sequence[Staged]) -> Iterator[str]:
        if self.model is not Owner or self.estate_id is None:
            return iter(())
        given = [row.line.values["number"] for row in good if "number" in row.line.values]
        return owner_numbers(self.session, self.estate_id, given)

    def _links(self, good: Sequence[Staged], ids: Sequence[int], units: dict[str, int]) -> None:
        """The ownerships that the lines wish for, unless somebody has added them meanwhile."""
        linking = [(row.line.link, row_id) for row, row_id in zip(good, ids, strict=True) if row.line.link is not None]
        owners = self._ids(Owner, "number", {link.owner for link, _ in linking if link.owner is not None})
        pairs = [
            (row_id, owners[link.owner]) if link.owner is not None else (units[link.unit], row_id)
            for link, row_id in linking
        ]
        current = current_links(self.session, {unit_id for unit_id, _ in pairs})
        changes: list[Change] = []
        for (link, _), pair in zip(linking, pairs, strict=True):
            existing = current.get(pair)
            if existing is not None and link.ownership_id is not None:
                changes.append(Update(Ownership, existing["id"], {"role": link.role}))
            elif existing is None:
                values = {
                    "estate_id": self.estate_id,
                    "unit_id": pair[0],
                    "owner_id": pair[1],
                    "role": link.role,
                }
                changes.append(Insert(Ownership, values))
        self._write(changes)

    def _note(self, refused: dict[int, Fault], counts: Counts) -> None:
        """Keep with the batch what became of it."""
        table = ImportRow.__table__
        assert isinstance(table, Table)
        rows = [
            {
                "row_id": row_id,
                "said": {"faults": [{"column": "", "value": "", **fault_as_json(fault)}], "warnings": []},
            }
            for row_id, fault in refused.items()
        ]
        if rows:
            statement = update(table).where(table.c.id == bindparam("row_id"))
            self.session.connection().execute(
                statement.values(verdict=RowVerdict.REFUSED, problems=bindparam("said")), rows
            )
        self.session.execute(
            update(ImportBatch)
            .where(ImportBatch.id == self.batch_id)
            .values(
                new_count=counts.new,
                changed_count=counts.changed,
                unchanged_count=counts.unchanged,
                refused_count=counts.refused,
                report=self.report,
            )
        )
