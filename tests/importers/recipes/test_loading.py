"""Files of other systems from the disk into an estate, and back out again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from importers.loading.committing import commit
from importers.loading.exchange import report
from importers.loading.staging import preview
from importers.loading.undoing import undo_import
from importers.outgoing.refused import refused_csv
from importers.settings import Settings
from models.building import Building
from models.estate import Estate
from models.faults import Fault
from models.import_batch import ImportBatch
from models.milestone import EarlyWarning, LadderStep, Milestone
from models.notification import Notification
from models.owner import Owner
from models.ownership import Ownership
from models.rollup import Report, Rollup
from models.standard import StandardSet
from models.ticket import Category, Severity, Ticket, TicketKind, TicketState
from models.ticket_event import EventKind, TicketEvent
from models.unit import Occupancy, Unit
from operations import rollups
from operations.standards import load_standards
from operations.sweep import sweep
from operations.write import Update, write, writing
from reports.callbacks_owed import callbacks_owed
from reports.explanation import explain
from rules.deadlines import Basis
from tests.infrastructure.loading import AT, BY, estate
from tests.infrastructure.recipes import ONE_SHEET, case, cases, community, owner, room, usual_community, workbook

Tally = tuple[int, int, int, int]
LATER = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def estate_id(session: Session) -> int:
    """An empty estate."""
    return estate(session)


@pytest.fixture
def standards(session: Session, estate_id: int) -> None:
    """The default standards, by which the estate works."""
    with writing(session):
        load_standards(session, BY, AT)
        set_id = session.scalar(select(StandardSet.id).where(StandardSet.code == "default"))
        write(session, [Update(Estate, estate_id, {"standard_set_id": set_id})], by=BY, at=AT)


def staged(session: Session, path: Path, estate_id: int, kind: str, recipe: str | None) -> int:
    return preview(session, path, path.name, kind, estate_id, BY, AT, settings=Settings(recipe=recipe))


def load(session: Session, path: Path, estate_id: int, recipe: str, kind: str = "owners") -> tuple[int, Tally]:
    """The run, and how many lines were new, changed, unchanged, refused."""
    batch_id = staged(session, path, estate_id, kind, recipe)
    counts = commit(session, batch_id, BY, AT)
    return batch_id, (counts.new, counts.changed, counts.unchanged, counts.refused)


def number(session: Session, model: type[object]) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_community_comes_in_one_go(session: Session, estate_id: int, tmp_path: Path) -> None:
    _, tally = load(session, usual_community(tmp_path), estate_id, "hc")
    assert tally == (5, 0, 0, 3)
    assert [number(session, model) for model in (Owner, Unit, Ownership)] == [5, 5, 5]
    floors = session.execute(select(Building.code, Building.floors).order_by(Building.code))
    assert [tuple(row) for row in floors] == [("1", 33), ("2", 18)]


def test_a_unit_of_a_community_has_the_code_and_facts_of_its_row(
    session: Session, estate_id: int, tmp_path: Path
) -> None:
    load(session, usual_community(tmp_path), estate_id, "hc")
    unit = session.scalars(select(Unit).where(Unit.code == "1-1-1011")).one()
    assert (unit.entrance, unit.floor, float(unit.area or 0)) == ("1", 1, 94.56)


def test_a_placeholder_for_a_phone_is_no_phone_and_that_is_said(
    session: Session, estate_id: int, tmp_path: Path
) -> None:
    batch_id, _ = load(session, usual_community(tmp_path), estate_id, "hc")
    phones = session.execute(select(Owner.phone).order_by(Owner.number)).scalars().all()
    assert phones[:2] == [None, "13800000002"]
    assert session.get_one(ImportBatch, batch_id).report["cleaned"]["phone"] == 1


def test_who_is_refused_is_named_with_the_sheet_that_lacks_them(
    session: Session, estate_id: int, tmp_path: Path
) -> None:
    batch_id = staged(session, usual_community(tmp_path), estate_id, "owners", "hc")
    refused = report(session, batch_id).refused
    assert [(each.line, each.column, each.value) for each in refused] == [
        (n, "业主编号", str(n - 1)) for n in (7, 8, 9)
    ]
    assert "业主信息" in refused[0].message


def test_refused_lines_go_back_in_after_correction(session: Session, estate_id: int, tmp_path: Path) -> None:
    batch_id, _ = load(session, usual_community(tmp_path), estate_id, "hc")
    refused = refused_csv(session, batch_id).decode("utf-8-sig").replace(",6,1#2,,", ",9,1#2,新业主,")
    path = tmp_path / "refused.csv"
    path.write_text(refused, encoding="utf-8")
    assert load(session, path, estate_id, "hc")[1] == (1, 0, 0, 2)
    assert session.scalars(select(Owner.name).where(Owner.number == "9")).all() == ["新业主"]


def test_a_community_that_is_loaded_again_changes_nothing(session: Session, estate_id: int, tmp_path: Path) -> None:
    path = usual_community(tmp_path)
    load(session, path, estate_id, "hc")
    batch_id, tally = load(session, path, estate_id, "hc")
    assert tally == (0, 0, 5, 3)
    assert session.get_one(ImportBatch, batch_id).report["created"] == {"buildings": 0, "units": 0}
    assert [number(session, model) for model in (Owner, Unit, Ownership, Building)] == [5, 5, 5, 2]


def test_the_preview_of_a_community_says_what_would_be_made(session: Session, estate_id: int, tmp_path: Path) -> None:
    batch_id = staged(session, usual_community(tmp_path), estate_id, "owners", "hc")
    assert session.get_one(ImportBatch, batch_id).report["to_create"] == {"buildings": 2, "units": 5}
    assert number(session, Building) == 0


def test_a_community_is_taken_back_whole(session: Session, estate_id: int, tmp_path: Path) -> None:
    batch_id, _ = load(session, usual_community(tmp_path), estate_id, "hc")
    assert undo_import(session, batch_id, BY, LATER).left == []
    assert [number(session, model) for model in (Owner, Unit, Ownership, Building)] == [0, 0, 0, 0]


def test_an_owner_of_two_units_has_both(session: Session, estate_id: int, tmp_path: Path) -> None:
    path = community(tmp_path, [owner(1)], [room(1011, 1), room(1012, 1)])
    _, tally = load(session, path, estate_id, "hc")
    assert (tally[0], tally[3]) == (1, 0)
    assert [number(session, model) for model in (Owner, Ownership)] == [1, 2]


def test_a_unit_that_nobody_owns_is_made(session: Session, estate_id: int, tmp_path: Path) -> None:
    load(session, community(tmp_path, [owner(1)], [room(1011, 1), room(1012, None)]), estate_id, "hc")
    assert session.scalars(select(Unit.code).order_by(Unit.code)).all() == ["1-1-1011", "1-1-1012"]
    assert number(session, Ownership) == 1


def test_floors_that_are_known_stay_and_those_that_are_not_are_filled_in(
    session: Session, estate_id: int, tmp_path: Path
) -> None:
    load(session, community(tmp_path, [owner(1)], [], [[1, 1, None], [2, 1, 18]]), estate_id, "hc")
    load(session, community(tmp_path, [owner(1)], [], [[1, 1, 33], [2, 1, 40]]), estate_id, "hc")
    assert session.scalars(select(Building.floors).order_by(Building.code)).all() == [33, 18]


def test_a_sheet_of_units_with_their_owners_comes_in_one_go(session: Session, estate_id: int, tmp_path: Path) -> None:
    row = [
        1,
        1,
        1001,
        1,
        33,
        "有",
        110,
        10102,
        94.56,
        94.56,
        0,
        2006,
        "吴女士",
        "女",
        13800000001,
        "110101199003070100",
        1001,
    ]
    _, tally = load(session, workbook(tmp_path / "rooms.xlsx", {"资产信息": [ONE_SHEET, row]}), estate_id, "hc-rooms")
    assert tally == (1, 0, 0, 0)
    unit = session.scalars(select(Unit)).one()
    assert (unit.code, unit.occupancy) == ("1-1-1001", Occupancy.LET)
    assert session.scalars(select(Building.floors)).one() == 33


CASES = [
    case("101", "2022-01-01 08:00:00", "2022-01-05 08:30:00", "2022-01-04 09:00:00"),
    case("102", "2022-01-01 08:00:00", "2022-01-05 08:30:00", "2022-01-06 09:00:00"),
    case("103", "2022-01-02 08:00:00", "2022-01-05 08:30:00"),
    case("104", "2022-01-03 08:00:00", closed="2022-01-04 08:00:00", reason="Noise Disturbance"),
]


def load_cases(session: Session, folder: Path, estate_id: int, *rows: list[str]) -> tuple[int, Tally]:
    return load(session, cases(folder, *(rows or CASES)), estate_id, "open311", "tickets")


def ticket(session: Session, code: str) -> Ticket:
    session.rollback()
    return session.scalars(select(Ticket).where(Ticket.code == code)).one()


def test_cases_become_tickets_as_the_source_has_them(session: Session, estate_id: int, tmp_path: Path) -> None:
    assert load_cases(session, tmp_path, estate_id)[1] == (4, 0, 0, 0)
    late = ticket(session, "102")
    assert (late.kind, late.severity, late.category) == (
        TicketKind.REPAIR,
        Severity.ORDINARY,
        Category.LIGHTING_GENERAL,
    )
    assert late.opened_at == datetime(2022, 1, 1, 13, 0, tzinfo=UTC)
    assert late.closed_at == late.resolved_at == datetime(2022, 1, 6, 14, 0, tzinfo=UTC)
    assert (late.state, late.source_system, late.source_is_on_time) == (TicketState.CLOSED, "Open 311", False)
    assert (late.close_reason, late.standard_set_id) == ("Case Closed. Resolved", None)


@pytest.mark.usefixtures("standards")
def test_a_case_has_the_one_milestone_that_the_source_gives(session: Session, estate_id: int, tmp_path: Path) -> None:
    load_cases(session, tmp_path, estate_id)
    found = session.execute(
        select(Ticket.code, Milestone.due_at, Milestone.is_open, Milestone.is_in_time, Milestone.rule_id)
        .join(Milestone, Milestone.ticket_id == Ticket.id)
        .order_by(Ticket.code)
    )
    due_at = datetime(2022, 1, 5, 13, 30, tzinfo=UTC)
    assert [tuple(row) for row in found] == [
        ("101", due_at, False, True, None),
        ("102", due_at, False, False, None),
        ("103", due_at, True, None, None),
    ]
    assert ticket(session, "103").next_due_at == due_at


@pytest.mark.usefixtures("standards")
def test_no_ladder_no_notice_and_no_callback_come_of_cases(session: Session, estate_id: int, tmp_path: Path) -> None:
    load_cases(session, tmp_path, estate_id)
    swept = sweep(session, datetime(2022, 2, 1, tzinfo=UTC), BY)
    assert (swept.recorded, swept.warned) == (0, 0)
    assert [number(session, model) for model in (LadderStep, EarlyWarning, Notification)] == [0, 0, 0]
    owed = callbacks_owed(datetime(2022, 1, 20, tzinfo=UTC))
    assert session.scalars(select(Ticket.code).where(*owed)).all() == []


def test_the_timeline_of_a_case_is_that_of_the_source(session: Session, estate_id: int, tmp_path: Path) -> None:
    load_cases(session, tmp_path, estate_id)
    events = session.execute(
        select(TicketEvent.kind, TicketEvent.at).where(TicketEvent.ticket_id == ticket(session, "101").id)
    )
    assert [tuple(row) for row in events] == [
        (EventKind.OPENED, datetime(2022, 1, 1, 13, 0, tzinfo=UTC)),
        (EventKind.CLOSED, datetime(2022, 1, 4, 14, 0, tzinfo=UTC)),
    ]


def test_the_date_of_a_case_is_explained_by_its_source(session: Session, estate_id: int, tmp_path: Path) -> None:
    load_cases(session, tmp_path, estate_id)
    (reason,) = explain(session, ticket(session, "102"), AT).milestones
    assert (reason.basis, reason.clause.source, reason.is_late) == (Basis.SOURCE, "Open 311", True)
    assert reason.late_seconds == 24 * 3600 + 1800


def test_the_summaries_count_cases_as_the_source_says(session: Session, estate_id: int, tmp_path: Path) -> None:
    told_otherwise = case("105", "2022-01-01 08:00:00", "2022-01-05 08:30:00", "2022-01-06 08:00:00", ontime="ONTIME")
    load_cases(session, tmp_path, estate_id, *CASES, told_otherwise)
    counted = session.execute(
        select(func.sum(Rollup.total), func.sum(Rollup.good)).where(Rollup.report == Report.PROMISES)
    ).one()
    assert tuple(counted) == (4, 2)
    assert rollups.check(session) == []


def test_the_same_cases_again_change_nothing(session: Session, estate_id: int, tmp_path: Path) -> None:
    load_cases(session, tmp_path, estate_id)
    assert load_cases(session, tmp_path, estate_id)[1] == (0, 0, 4, 0)
    assert number(session, TicketEvent) == 7


def test_a_later_export_closes_what_was_open(session: Session, estate_id: int, tmp_path: Path) -> None:
    load_cases(session, tmp_path, estate_id)
    closed = case("103", "2022-01-02 08:00:00", "2022-01-05 08:30:00", "2022-01-10 08:00:00")
    assert load_cases(session, tmp_path, estate_id, *CASES[:2], closed, CASES[3])[1] == (0, 1, 3, 0)
    found = ticket(session, "103")
    assert (found.state, found.next_due_at, found.source_is_on_time) == (TicketState.CLOSED, None, False)


def test_an_open_case_that_somebody_works_on_here_keeps_its_state(
    session: Session, estate_id: int, tmp_path: Path
) -> None:
    load_cases(session, tmp_path, estate_id)
    with writing(session):
        worked = Update(Ticket, ticket(session, "103").id, {"state": TicketState.IN_PROGRESS})
        write(session, [worked], by=BY, at=AT)
    assert load_cases(session, tmp_path, estate_id)[1] == (0, 0, 4, 0)
    assert ticket(session, "103").state is TicketState.IN_PROGRESS


def test_cases_are_taken_back_with_all_that_came_of_them(session: Session, estate_id: int, tmp_path: Path) -> None:
    batch_id, _ = load_cases(session, tmp_path, estate_id)
    assert undo_import(session, batch_id, BY, LATER).left == []
    assert [number(session, model) for model in (Ticket, TicketEvent, Milestone)] == [0, 0, 0]
    assert rollups.check(session) == []


def test_the_end_that_a_later_export_brought_is_taken_back(session: Session, estate_id: int, tmp_path: Path) -> None:
    load_cases(session, tmp_path, estate_id, CASES[2])
    closed = case("103", "2022-01-02 08:00:00", "2022-01-05 08:30:00", "2022-01-10 08:00:00")
    batch_id, _ = load_cases(session, tmp_path, estate_id, closed)
    assert undo_import(session, batch_id, BY, LATER).left == []
    found = ticket(session, "103")
    assert (found.state, found.closed_at, found.next_due_at) == (
        TicketState.NEW,
        None,
        datetime(2022, 1, 5, 13, 30, tzinfo=UTC),
    )


def test_a_case_that_was_worked_on_since_is_left(session: Session, estate_id: int, tmp_path: Path) -> None:
    batch_id, _ = load_cases(session, tmp_path, estate_id)
    worked_on = ticket(session, "103").id
    with writing(session):
        write(session, [Update(Ticket, worked_on, {"subject": "Lamp"})], by=BY, at=LATER)
    left = undo_import(session, batch_id, BY, LATER).left
    assert [row for row, _ in left] == [(Ticket, worked_on)]
    assert session.scalars(select(Ticket.code)).all() == ["103"]


def test_columns_that_a_recipe_makes_something_of_are_not_said_to_be_ignored(
    session: Session, estate_id: int, tmp_path: Path
) -> None:
    of_cases = staged(session, cases(tmp_path, *CASES), estate_id, "tickets", "open311")
    of_rooms = staged(session, usual_community(tmp_path), estate_id, "owners", "hc")
    said = [session.get_one(ImportBatch, run).report["notices"] for run in (of_cases, of_rooms)]
    assert said[0] == []
    assert [notice["places"] for notice in said[1]] == [
        {"sheets": "费用设置, 车位信息"},
        {"columns": "房屋户型, 房屋费用"},
    ]


def test_tickets_do_not_come_from_an_ordinary_file(session: Session, estate_id: int, tmp_path: Path) -> None:
    with pytest.raises(Fault, match="cannot be loaded from a file"):
        staged(session, cases(tmp_path, *CASES), estate_id, "tickets", None)
