"""Inspections of the centres with scored items, and the findings that came of them (S0 日常检查制度, S3 第9篇)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import groupby
from random import Random

from sqlalchemy.orm import Session

from importers.demo.dice import dice
from importers.demo.files import lines
from importers.demo.register import Site
from importers.demo.reports import DAYS, first_day
from models.inspection import (
    Area,
    Finding,
    FindingState,
    Inspection,
    InspectionItem,
    InspectionKind,
    ItemResult,
)
from models.staff import StaffRole
from operations.write import Author, Insert, write

_LETTERS = {InspectionKind.DAY: "D", InspectionKind.OWN: "M", InspectionKind.ASSESSMENT: "Q"}
_PER_AREA = {InspectionKind.DAY: 1, InspectionKind.OWN: 2, InspectionKind.ASSESSMENT: 4}
_FAILING = {"E1": 0.05, "E2": 0.07, "E3": 0.035}
_RECTIFIED_WITHIN = 7  # days
_RECENT = 21  # days: inspections as young as this always found something
_RESPONSIBLE = {
    Area.MANAGEMENT: StaffRole.DEPARTMENT_HEAD,
    Area.SERVICE: StaffRole.SUPERVISOR,
    Area.SECURITY: StaffRole.SECURITY,
    Area.ENGINEERING: StaffRole.ENGINEER,
    Area.CLEANING: StaffRole.CLEANER,
    Area.GREENERY: StaffRole.GREENERY,
}

Line = dict[str, str]


@dataclass(frozen=True, slots=True)
class Check:
    """One inspection: the lines of the checklist that were looked at, and those of them that failed."""

    site: Site
    kind: InspectionKind
    day: date
    points: Sequence[tuple[Line, Decimal]]

    @property
    def code(self) -> str:
        return f"{self.site.code}-{_LETTERS[self.kind]}-{self.day:%y%m%d}"

    @property
    def failed(self) -> list[Line]:
        return [line for line, points in self.points if points == 0]


@cache
def _checklist() -> list[Line]:
    return lines("checklist.csv")


def write_inspections(session: Session, sites: Sequence[Site], today: date, by: Author, at: datetime) -> Counter[str]:
    """Write them all; returns how many rows of each kind. Inside `writing`."""
    checks = [check for site in sites for check in _checks(site, today)]
    ids = write(session, [Insert(Inspection, _inspection(check)) for check in checks], by=by, at=at)
    found = list(zip(checks, ids, strict=True))
    items = [Insert(InspectionItem, row) for check, row_id in found for row in _items(check, row_id)]
    findings = [Insert(Finding, row) for check, row_id in found for row in _findings(check, row_id, today)]
    write(session, [*items, *findings], by=by, at=at)
    return Counter(inspections=len(checks), items=len(items), findings=len(findings))


def _checks(site: Site, today: date) -> Iterator[Check]:
    for number in range(DAYS + 1):
        day = first_day(today) + timedelta(days=number)
        for kind in _kinds(day):
            random = dice(today, site.code, "inspection", day, kind.value)
            yield Check(site, kind, day, list(_points(site, kind, day, today, random)))


def _kinds(day: date) -> Iterator[InspectionKind]:
    """A day check each Wednesday, the own check on the 28th, the assessment at the end of a quarter."""
    if day.weekday() == 2:
        yield InspectionKind.DAY
    if day.day == 28:
        yield InspectionKind.OWN
    if day.day == 25 and day.month % 3 == 0:
        yield InspectionKind.ASSESSMENT


def _points(site: Site, kind: InspectionKind, day: date, today: date, random: Random) -> Iterator[tuple[Line, Decimal]]:
    chosen = [
        line
        for _, of_area in groupby(_checklist(), key=lambda line: line["area"])
        for line in _some(list(of_area), _PER_AREA[kind], random)
    ]
    forced = random.randrange(len(chosen)) if (today - day).days <= _RECENT else None
    for number, line in enumerate(chosen):
        has_failed = random.random() < _FAILING[site.code] * (1.3 - 0.5 * (day - first_day(today)).days / DAYS)
        has_failed = has_failed or number == forced
        lost = random.choices((0, 0.5, 1, 2), (60, 15, 15, 10))[0]
        yield line, Decimal(0) if has_failed else Decimal(line["weight"]) - Decimal(str(lost))


def _some(of_area: list[Line], wanted: int, random: Random) -> list[Line]:
    chosen = sorted(random.sample(range(len(of_area)), min(wanted, len(of_area))))
    return [of_area[index] for index in chosen]


def _inspection(check: Check) -> dict[str, object]:
    post = StaffRole.MANAGER if check.kind is InspectionKind.OWN else StaffRole.QUALITY_OFFICER
    return {
        "estate_id": check.site.id,
        "code": check.code,
        "kind": check.kind,
        "inspected_on": check.day,
        "inspector_id": check.site.person(post),
        "summary": "；".join(line["finding"] for line in check.failed) or None,
    }


def _items(check: Check, inspection_id: int) -> Iterator[dict[str, object]]:
    for line, points in check.points:
        yield {
            "estate_id": check.site.id,
            "inspection_id": inspection_id,
            "area": Area(line["area"]),
            "requirement": line["requirement"],
            "source": line["source"],
            "weight": int(line["weight"]),
            "points": points,
            "result": ItemResult.FAIL if points == 0 else ItemResult.PASS,
        }


def _findings(check: Check, inspection_id: int, today: date) -> Iterator[dict[str, object]]:
    random = dice(today, "findings", check.code)
    for number, line in enumerate(check.failed, 1):
        state = _state((today - check.day).days, number, random)
        is_verified = state is FindingState.VERIFIED
        verified_on = min(check.day + timedelta(days=random.randint(2, _RECTIFIED_WITHIN)), today)
        has_acted = state is not FindingState.OPEN
        yield {
            "estate_id": check.site.id,
            "code": f"{check.code}-{number}",
            "inspection_id": inspection_id,
            "description": line["finding"],
            "corrective_action": line["corrective_action"] if has_acted else None,
            "preventive_action": line["preventive_action"] if has_acted else None,
            "responsible_id": check.site.person(_RESPONSIBLE[Area(line["area"])]),
            "due_on": check.day + timedelta(days=_RECTIFIED_WITHIN),
            "state": state,
            "verified_on": verified_on if is_verified else None,
            "verification": line["corrective_action"] if is_verified else None,
        }


def _state(age: int, number: int, random: Random) -> FindingState:
    """Of the last week: open. Before that the first of an inspection is overdue for a while; all others are done."""
    if age <= _RECTIFIED_WITHIN or (age <= _RECENT and number == 1):
        return FindingState.OPEN
    states = (FindingState.VERIFIED, FindingState.RECTIFIED, FindingState.REFUSED)
    return random.choices(states, (94, 4, 2) if age > _RECENT else (60, 40, 0))[0]
