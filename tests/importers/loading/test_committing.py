from contextlib import nullcontext
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from importers.loading.committing import CLAIMED, commit
from importers.loading.exchange import report
from importers.loading.staged import lines
from importers.loading.staging import drop
from models.faults import Fault
from models.history import History
from models.import_batch import BatchState, ImportBatch, ImportChunk, ImportFile, RowVerdict
from models.milestone import Milestone
from models.owner import Owner
from models.ownership import Ownership
from models.staff import Staff, StaffRole
from models.standard import StandardRule
from models.unit import Unit
from operations import search_index
from operations.inserting import MANY
from operations.write import Delete, Insert, Update, write, writing
from tests.infrastructure.cast import report as take_in
from tests.infrastructure.cast import settle
from tests.infrastructure.databases import Database
from tests.infrastructure.loading import AT, BY, FILES, as_tuple, csv_file, estate, loaded, staged

HEADER = ("业主编号", "业主姓名", "手机号")
NAMED = ("姓名", "手机号")


def test_a_preview_changes_no_record(session: Session) -> None:
    batch_id = staged(session, FILES / "good.csv", estate(session), create_missing=True)
    batch = session.get_one(ImportBatch, batch_id)
    assert (batch.state, batch.new_count, batch.report["to_create"]) == (
        BatchState.PREVIEWED,
        5,
        {"buildings": 2, "units": 5},
    )
    assert session.scalars(select(Owner)).all() == []


def test_a_batch_is_committed_once(session: Session) -> None:
    batch_id = staged(session, FILES / "good.csv", estate(session), create_missing=True)
    assert as_tuple(commit(session, batch_id, BY, AT)) == (5, 0, 0, 0)
    with pytest.raises(Fault, match="loaded or dropped already"):
        commit(session, batch_id, BY, AT)
    batch = session.get_one(ImportBatch, batch_id)
    assert (batch.state, batch.committed_at, batch.report["created"]) == (
        BatchState.COMMITTED,
        AT,
        {"buildings": 2, "units": 5},
    )


def test_everything_a_batch_writes_is_in_the_history_with_it(session: Session) -> None:
    batch_id = staged(session, FILES / "good.csv", estate(session), create_missing=True)
    commit(session, batch_id, BY, AT)
    statement = select(History.entity, func.count()).where(History.batch_id == batch_id).group_by(History.entity)
    written = dict(session.execute(statement).all())
    assert written == {"buildings": 2, "units": 5, "owners": 5, "ownerships": 5}


def test_a_dropped_batch_forgets_its_lines_and_cannot_be_loaded(session: Session) -> None:
    batch_id = staged(session, FILES / "good.csv", estate(session), create_missing=True)
    drop(session, batch_id)
    assert session.scalars(select(ImportChunk.id)).all() == []
    assert session.scalars(select(ImportFile.part)).all() == []
    with pytest.raises(Fault, match="loaded or dropped already"):
        commit(session, batch_id, BY, AT)


def test_the_good_lines_load_and_the_refused_ones_do_not(session: Session) -> None:
    assert loaded(session, FILES / "bad_phone.csv", estate(session)) == (1, 0, 0, 2)
    assert session.scalars(select(Owner.number)).all() == ["B002"]


def test_all_or_nothing_loads_none_when_one_is_refused(session: Session) -> None:
    batch_id = staged(session, FILES / "bad_phone.csv", estate(session))
    counts = commit(session, batch_id, BY, AT, all_or_nothing=True)
    assert (as_tuple(counts), counts.is_loaded) == ((0, 0, 0, 2), False)
    assert session.scalars(select(Owner.number)).all() == []
    assert as_tuple(commit(session, batch_id, BY, AT)) == (1, 0, 0, 2)


def test_a_row_edited_since_the_preview_is_refused_and_not_overwritten(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, HEADER, ("A1", "林", ""), ("A2", "陈", "")), estate_id)
    path = csv_file(tmp_path, HEADER, ("A1", "林晓燕", ""), ("A2", "陈国栋", ""))
    batch_id = staged(session, path, estate_id)
    edited = session.scalars(select(Owner).where(Owner.number == "A1")).one()
    with writing(session):
        write(session, [Update(Owner, edited.id, {"name": "林雨"})], by=BY, at=AT)
    assert as_tuple(commit(session, batch_id, BY, AT)) == (0, 1, 0, 1)
    assert sorted(session.scalars(select(Owner.name))) == ["林雨", "陈国栋"]
    (refused,) = report(session, batch_id).refused
    assert (refused.line, refused.message) == (2, "The record was edited meanwhile: load the file again")


def test_with_all_or_nothing_an_edited_row_keeps_the_whole_batch_out(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, HEADER, ("A1", "林", "")), estate_id)
    batch_id = staged(session, csv_file(tmp_path, HEADER, ("A1", "林晓燕", ""), ("A2", "陈", "")), estate_id)
    with writing(session):
        write(session, [Update(Owner, session.scalars(select(Owner.id)).one(), {"name": "林雨"})], by=BY, at=AT)
    counts = commit(session, batch_id, BY, AT, all_or_nothing=True)
    assert (as_tuple(counts), counts.is_loaded) == ((0, 0, 0, 1), False)
    assert session.scalars(select(Owner.name)).all() == ["林雨"]
    assert session.get_one(ImportBatch, batch_id).state is BatchState.PREVIEWED


@pytest.mark.parametrize("header", [HEADER, NAMED])
def test_of_two_previews_of_one_file_only_one_adds_its_owners(
    session: Session, tmp_path: Path, header: tuple[str, ...]
) -> None:
    estate_id = estate(session)
    path = csv_file(tmp_path, header, ("A1", "林", "13800010001")[-len(header) :])
    first, second = staged(session, path, estate_id), staged(session, path, estate_id)
    assert as_tuple(commit(session, first, BY, AT)) == (1, 0, 0, 0)
    assert as_tuple(commit(session, second, BY, AT)) == (0, 0, 0, 1)


def test_of_two_previews_that_make_the_same_units_the_second_uses_those_of_the_first(session: Session) -> None:
    estate_id = estate(session)
    path = FILES / "notes_beside.xlsx"
    loaded(session, path, estate_id)
    first = staged(session, path, estate_id, create_missing=True, sheet="房屋资料")
    second = staged(session, path, estate_id, create_missing=True, sheet="房屋资料")
    assert as_tuple(commit(session, first, BY, AT)) == (0, 5, 0, 3)
    assert as_tuple(commit(session, second, BY, AT)) == (0, 5, 0, 3)
    assert len(session.scalars(select(Unit)).all()) == len(session.scalars(select(Ownership)).all()) == 5


def test_a_line_whose_owner_or_unit_has_gone_is_refused(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, HEADER, ("A1", "林", "")), estate_id)
    loaded(session, csv_file(tmp_path, ("楼栋", "房号"), ("1", "101")), estate_id, "units", create_missing=True)
    units = staged(session, csv_file(tmp_path, ("房号", "业主编号"), ("1-101", "A1")), estate_id, "units")
    owners = staged(session, csv_file(tmp_path, (*HEADER, "房号"), ("A2", "陈", "", "1-101")), estate_id)
    owner_id, unit_id = session.scalars(select(Owner.id)).one(), session.scalars(select(Unit.id)).one()
    with writing(session):
        write(session, [Delete(Owner, owner_id), Delete(Unit, unit_id)], by=BY, at=AT)
    assert as_tuple(commit(session, owners, BY, AT)) == (0, 0, 0, 1)
    assert as_tuple(commit(session, units, BY, AT)) == (0, 0, 0, 1)


def test_generated_numbers_go_on_after_the_highest_in_the_estate_and_in_the_file(
    session: Session, tmp_path: Path
) -> None:
    estate_id = estate(session)
    with writing(session):
        owner = {"estate_id": estate_id, "number": "E1-00041", "name": "林"}
        write(session, [Insert(Owner, owner), Insert(Owner, {**owner, "number": "E1-X"})], by=BY, at=AT)
    path = csv_file(tmp_path, HEADER, ("", "陈", ""), ("E1-00043", "李", ""), ("", "王", ""))
    assert loaded(session, path, estate_id) == (3, 0, 0, 0)
    numbers = dict(session.execute(select(Owner.name, Owner.number)).all())
    assert (numbers["陈"], numbers["王"]) == ("E1-00044", "E1-00045")


def test_a_line_that_names_a_record_removed_since_is_refused(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    with writing(session):
        staff = {"estate_id": estate_id, "number": "S1", "name": "王管家", "role": StaffRole.BUTLER}
        (staff_id,) = write(session, [Insert(Staff, staff)], by=BY, at=AT)
    path = csv_file(tmp_path, ("楼栋编码", "管家"), ("3", "S1"), ("4", ""))
    batch_id = staged(session, path, estate_id, "buildings")
    assert session.get_one(ImportBatch, batch_id).refused_count == 0
    with writing(session):
        write(session, [Delete(Staff, staff_id)], by=BY, at=AT)
    assert as_tuple(commit(session, batch_id, BY, AT)) == (1, 0, 0, 1)
    (refused,) = report(session, batch_id).refused
    assert refused.message.startswith("A record that this line names was removed meanwhile")


def test_a_file_does_not_rewrite_a_rule_that_tickets_were_promised_by(session: Session, tmp_path: Path) -> None:
    ticket_id = take_in(session, settle(session))
    promised = select(StandardRule.code).join(Milestone, Milestone.rule_id == StandardRule.id)
    code = session.scalars(promised.where(Milestone.ticket_id == ticket_id).limit(1)).one()
    path = csv_file(tmp_path, ("规则编码", "数值", "单位"), (code, "99", "天"))
    batch_id = staged(session, path, None, "rules")
    assert as_tuple(commit(session, batch_id, BY, AT)) == (0, 0, 0, 1)
    (refused,) = report(session, batch_id).refused
    assert refused.message.startswith("Tickets were promised by this rule")


@pytest.mark.parametrize(("valid_from", "loaded_count"), [("2026-03-04", 0), ("2026-03-05", 1)])
def test_a_file_adds_no_rule_for_days_on_which_tickets_were_opened_without_it(
    session: Session, tmp_path: Path, valid_from: str, loaded_count: int
) -> None:
    take_in(session, settle(session))
    header = ("标准", "规则编码", "类别", "时限项", "数值", "单位", "依据", "生效日期")
    path = csv_file(tmp_path, header, ("default", "new", "求助", "处理完毕", "9", "天", "自定", valid_from))
    batch_id = staged(session, path, None, "rules")
    assert as_tuple(commit(session, batch_id, BY, AT)) == (loaded_count, 0, 0, 1 - loaded_count)
    told = [each.message for each in report(session, batch_id).refused]
    assert told == ["Tickets of 2026-03-04 were opened already: let it hold from a later day on"] * (1 - loaded_count)


def test_the_panel_does_not_keep_sqlite_busy_with_a_file_of_any_size(
    session: Session, database: Database, tmp_path: Path
) -> None:
    batch_id = staged(session, csv_file(tmp_path, HEADER, ("A1", "林", ""), ("A2", "陈", "")), estate(session))
    refusal = pytest.raises(Fault, match="use PostgreSQL") if database.name == "sqlite" else nullcontext()
    with refusal:
        commit(session, batch_id, BY, AT, at_most=1)
    wanted = {"sqlite": BatchState.PREVIEWED, "postgresql": BatchState.COMMITTED}[database.name]
    assert state_of(session, batch_id) is wanted


def test_a_commit_that_is_cancelled_leaves_the_preview(session: Session, tmp_path: Path) -> None:
    batch_id = staged(session, csv_file(tmp_path, HEADER, ("A1", "林", ""), ("A2", "陈", "")), estate(session))
    assert not commit(session, batch_id, BY, AT, is_cancelled=lambda: True).is_loaded
    assert (state_of(session, batch_id), session.scalars(select(Owner)).all()) == (BatchState.PREVIEWED, [])
    assert as_tuple(commit(session, batch_id, BY, AT)) == (2, 0, 0, 0)


def test_a_commit_tells_how_far_it_is(session: Session, tmp_path: Path) -> None:
    batch_id = staged(session, csv_file(tmp_path, HEADER, ("A1", "林", ""), ("A2", "陈", "")), estate(session))
    told: list[tuple[str, int, int | None]] = []
    commit(session, batch_id, BY, AT, progress=lambda *news: told.append(news))
    assert told == [("loading", 0, 2), ("finishing", 2, 2)]


def test_a_run_whose_loader_died_is_gone_on_with_once_its_claim_has_expired(session: Session, tmp_path: Path) -> None:
    batch_id = staged(session, csv_file(tmp_path, HEADER, ("A1", "林", "")), estate(session))
    with writing(session):
        dead = {"state": BatchState.LOADING, "claimed_until": AT + CLAIMED}
        session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(dead))
    with pytest.raises(Fault, match="is being loaded"):
        commit(session, batch_id, BY, AT)
    assert as_tuple(commit(session, batch_id, BY, AT + CLAIMED)) == (1, 0, 0, 0)


def test_a_conflict_is_kept_with_what_stands_there_now(session: Session, tmp_path: Path) -> None:
    estate_id = estate(session)
    loaded(session, csv_file(tmp_path, HEADER, ("A1", "林", "13812345678")), estate_id)
    batch_id = staged(session, csv_file(tmp_path, HEADER, ("A1", "林", "13912345678")), estate_id)
    owner = session.scalars(select(Owner)).one()
    with writing(session):
        write(session, [Update(Owner, owner.id, {"phone": "13712345678"})], by=BY, at=AT)
    counts = commit(session, batch_id, BY, AT)
    assert (counts.changed, counts.conflicts) == (0, 1)
    (line,) = lines(session, batch_id, RowVerdict.CONFLICT)
    assert line.changes["fields"] == {"phone": ["13712345678", "13912345678"]}
    assert session.get_one(ImportBatch, batch_id, populate_existing=True).conflict_count == 1


def test_nothing_personal_is_kept_of_what_was_loaded(session: Session) -> None:
    batch_id = staged(session, FILES / "bad_phone.csv", estate(session))
    commit(session, batch_id, BY, AT)
    assert session.scalars(select(ImportFile)).all() == []
    assert set(session.scalars(select(ImportChunk.kind))) == {RowVerdict.REFUSED}


def test_many_lines_leave_what_few_leave(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fast way of each driver puts the same rows there, with the same history and the same search index."""
    many, few = estate(session, "E1"), estate(session, "E2")
    header = (*HEADER, "联系偏好", "备注", "房号", "建筑面积")
    people = [(f"A{n}", f"陈{n}", "13812345678", "电话", '"带,号"', f"1-1-{n}", "89.5") for n in range(1, MANY + 2)]
    path = csv_file(tmp_path, header, *people)
    loaded(session, path, many, create_missing=True)
    monkeypatch.setattr("operations.write.MANY", 10**6)
    monkeypatch.setattr("operations.recording.MANY", 10**6)
    loaded(session, path, few, create_missing=True)
    assert everything(session, many) == everything(session, few)
    assert search_index.check(session) == {}


def everything(session: Session, estate_id: int) -> list[object]:
    """The rows of the estate and their history, without what names the estate."""
    found: list[object] = []
    for model, names in (
        (Owner, ("number", "name", "phone", "contact_preference", "note", "version")),
        (Unit, ("code", "entrance", "floor", "area", "occupancy", "version")),
        (Ownership, ("role", "from_on", "version")),
    ):
        columns = model.__table__.columns
        here = select(*(columns[name] for name in names)).where(columns["estate_id"] == estate_id)
        found += [tuple(row) for row in session.execute(here.order_by(columns["id"]))]
    told = select(History.entity, History.kind, History.changes, History.by_command, History.at)
    of_estate = told.where(History.estate_id == estate_id, History.entity != "estates").order_by(History.id)
    for entity, kind, changes, *rest in session.execute(of_estate):
        kept = {name: value for name, value in changes.items() if not name.endswith("_id")}
        found.append((entity, kind, kept, *rest))
    return found


def state_of(session: Session, batch_id: int) -> BatchState:
    return session.get_one(ImportBatch, batch_id, populate_existing=True).state
