from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from models.account import Account, Role
from models.base import Base
from models.building import Building
from models.estate import Estate
from models.history import ChangeKind, History
from models.owner import Owner
from models.ownership import Ownership, OwnershipRole
from models.staff import Staff
from models.ticket import Ticket
from models.unit import Unit
from operations.write import Change, Delete, Insert, InTheWay, Refused, Stale, Update, write, writing
from tests.infrastructure.databases import Database
from tests.infrastructure.people import AT, BY, NEXT, OTHER, OWN, Cast
from views.database import db


def test_an_insert_returns_the_ids_in_the_order_of_the_changes(session: Session, cast: Cast) -> None:
    ids = put(session, *(owner(cast, f"N-{n}") for n in (3, 1, 2)))
    assert [session.get_one(Owner, row_id).number for row_id in ids] == ["N-3", "N-1", "N-2"]


def test_parents_and_children_go_in_and_out_in_one_set(session: Session, cast: Cast) -> None:
    estate = {"estate_id": cast.id_of("estates")}
    unit_id, building_id = put(
        session,
        Insert(Unit, {**estate, "code": "new-unit", "building_id": cast.id_of("buildings")}),
        Insert(Building, {**estate, "code": "new"}),
    )
    put(session, Delete(Building, building_id), Delete(Unit, unit_id))
    assert session.get(Unit, unit_id) is None


def test_an_insert_takes_the_defaults_of_what_is_left_out(session: Session, cast: Cast) -> None:
    estate_id, owner_id = cast.id_of("estates"), cast.id_of("owners")
    values = {"estate_id": estate_id, "owner_id": owner_id, "unit_id": cast.id_of("units", NEXT)}
    (row_id,) = put(session, Insert(Ownership, values))
    row = session.get_one(Ownership, row_id)
    assert (row.role, row.version, row.until_on) == (OwnershipRole.OWNER, 1, None)


def test_an_unknown_column_is_a_programming_error(session: Session, cast: Cast) -> None:
    with pytest.raises(LookupError, match="nonsense"):
        put(session, Insert(Owner, {"nonsense": 1}))
    with pytest.raises(LookupError, match="nonsense"):
        put(session, Update(Owner, cast.id_of("owners"), {"nonsense": 1}))


@pytest.mark.parametrize("name", ["id", "version"])
def test_an_update_sets_neither_id_nor_version(session: Session, cast: Cast, name: str) -> None:
    with pytest.raises(LookupError, match=name):
        put(session, Update(Owner, cast.id_of("owners"), {name: 77}))


def test_an_update_bumps_the_version_and_leaves_what_changed(session: Session, cast: Cast) -> None:
    put(session, Update(Owner, cast.id_of("owners"), {"name": "陈静", "number": OWN}, version=1))
    entry = latest(session, Owner)
    assert session.get_one(Owner, cast.id_of("owners")).version == 2
    assert (entry.kind, entry.changes) == (ChangeKind.UPDATE, {"name": [f"Owner {OWN}", "陈静"]})
    assert (entry.estate_id, entry.by_command, entry.at) == (cast.id_of("estates"), "test", AT)


def test_an_update_that_changes_nothing_writes_nothing(session: Session, cast: Cast) -> None:
    before = history_length(session)
    put(session, Update(Owner, cast.id_of("owners"), {"name": f"Owner {OWN}"}, version=1))
    assert history_length(session) == before
    assert session.get_one(Owner, cast.id_of("owners")).version == 1


def test_two_updates_of_one_row_in_a_set_are_one_change(session: Session, cast: Cast) -> None:
    owner_id = cast.id_of("owners")
    put(session, Update(Owner, owner_id, {"name": "一"}), Update(Owner, owner_id, {"note": "二"}))
    row = session.get_one(Owner, owner_id)
    assert (row.name, row.note, row.version) == ("一", "二", 2)


def test_a_delete_keeps_what_the_row_held(session: Session, cast: Cast) -> None:
    put(session, Delete(Ownership, cast.id_of("ownerships"), version=1))
    entry = latest(session, Ownership)
    assert entry.kind is ChangeKind.DELETE
    assert entry.changes["role"] == ["owner", None]


def test_an_insert_keeps_what_the_row_holds(session: Session, cast: Cast) -> None:
    put(session, owner(cast, "N-1"))
    assert latest(session, Owner).changes["number"] == [None, "N-1"]


def test_history_never_holds_a_secret(session: Session, cast: Cast) -> None:
    put(session, Update(Account, cast.accounts[Role.CLERK], {"password": "s3cret", "fs_uniquifier": "s3cret"}))
    kept = session.scalars(select(History.changes).where(History.entity == "accounts")).all()
    assert {field for changes in kept for field in changes}.isdisjoint({"password", "fs_uniquifier"})


@pytest.mark.parametrize("change", [Update, Delete])
def test_a_stale_version_is_refused(session: Session, cast: Cast, change: Any) -> None:
    put(session, Update(Ownership, cast.id_of("ownerships"), {"role": OwnershipRole.TENANT}))
    arguments = ({"role": OwnershipRole.FAMILY},) if change is Update else ()
    with pytest.raises(Stale):
        put(session, change(Ownership, cast.id_of("ownerships"), *arguments, version=1))
    assert session.get_one(Ownership, cast.id_of("ownerships")).role is OwnershipRole.TENANT


@pytest.mark.parametrize("change", [Update(Owner, 999, {"name": "X"}), Delete(Owner, 999)])
def test_a_row_that_is_gone_is_stale(session: Session, cast: Cast, change: Change) -> None:
    with pytest.raises(Stale):
        put(session, change)


def test_a_refused_row_keeps_the_whole_set_out(session: Session, cast: Cast) -> None:
    before = history_length(session)
    with pytest.raises(Refused) as refused:
        put(
            session,
            owner(cast, "N-1"),
            Update(Owner, cast.id_of("owners"), {"name": "X"}),
            Insert(Owner, {"estate_id": cast.id_of("estates"), "number": "N-2"}),
        )
    assert (refused.value.index, set(refused.value.faults)) == (2, {"name"})
    assert history_length(session) == before
    assert session.get_one(Owner, cast.id_of("owners")).name == f"Owner {OWN}"


def test_a_taken_key_is_refused_on_its_column(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        put(session, owner(cast, OWN))
    assert (refused.value.model, set(refused.value.faults)) == (Owner, {"number"})


def test_a_taken_key_is_refused_on_its_column_when_changed(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        put(session, Update(Owner, cast.id_of("owners", NEXT), {"number": OWN}))
    assert set(refused.value.faults) == {"number"}


def test_a_taken_key_of_a_partial_index_is_refused_on_its_column(session: Session, cast: Cast) -> None:
    values = {name: cast.id_of(f"{name[:-3]}s") for name in ("estate_id", "unit_id", "owner_id")}
    with pytest.raises(Refused) as refused:
        put(session, Insert(Ownership, values))
    assert (refused.value.model, set(refused.value.faults)) == (Ownership, {"owner_id"})


def test_the_key_of_one_estate_is_free_in_another(session: Session, cast: Cast) -> None:
    values = {"estate_id": cast.id_of("estates", OTHER), "number": OWN, "name": "Namesake"}
    assert put(session, Insert(Owner, values))


@pytest.mark.parametrize("unit", [OTHER, None])
def test_a_reference_to_another_estate_or_to_nothing_is_refused(session: Session, cast: Cast, unit: str | None) -> None:
    unit_id = cast.id_of("units", unit) if unit else 999
    with pytest.raises(Refused) as refused:
        put(session, Update(Ownership, cast.id_of("ownerships"), {"unit_id": unit_id}))
    assert set(refused.value.faults) == {"unit_id"}


def test_a_row_stays_in_its_estate(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        put(session, Update(Owner, cast.id_of("owners"), {"estate_id": cast.id_of("estates", OTHER)}))
    assert set(refused.value.faults) == {"estate_id"}


def test_hq_staff_may_be_named_in_any_estate(session: Session, cast: Cast) -> None:
    (staff_id,) = put(session, Insert(Staff, {"number": "HQ-1", "name": "HQ", "role": "hq"}))
    put(session, Update(Building, cast.id_of("buildings"), {"butler_id": staff_id}))
    assert session.get_one(Building, cast.id_of("buildings")).butler_id == staff_id


def test_a_row_whose_reference_moved_away_can_still_be_edited(session: Session, cast: Cast) -> None:
    put(session, Update(Staff, cast.id_of("staff"), {"estate_id": cast.id_of("estates", OTHER)}))
    put(session, Update(Ticket, cast.id_of("tickets"), {"subject": "changed"}))
    assert session.get_one(Ticket, cast.id_of("tickets")).subject == "changed"


def test_a_delete_that_would_orphan_is_refused_with_what_stands_in_the_way(session: Session, cast: Cast) -> None:
    with pytest.raises(InTheWay) as found:
        put(session, Delete(Unit, cast.id_of("units")))
    assert found.value.blockers == {Ownership: 1, Ticket: 1}


def test_deleting_a_set_counts_only_what_stays(session: Session, cast: Cast) -> None:
    owner_id, ownership_id = cast.id_of("owners", NEXT), cast.id_of("ownerships", NEXT)
    put(session, Update(Ticket, cast.id_of("tickets", NEXT), {"owner_id": None}))
    put(session, Delete(Owner, owner_id), Delete(Ownership, ownership_id))
    assert session.get(Owner, owner_id) is None


def test_an_estate_without_anything_goes_and_its_history_stays(session: Session, cast: Cast) -> None:
    (estate_id,) = put(session, Insert(Estate, {"code": "E9", "name": "空"}))
    put(session, Update(Estate, estate_id, {"name": "空置"}))
    put(session, Delete(Estate, estate_id))
    kept = session.scalars(select(History).where(History.entity == "estates", History.row_id == estate_id)).all()
    assert [(entry.kind, entry.estate_id) for entry in kept] == [
        (ChangeKind.INSERT, None),
        (ChangeKind.UPDATE, None),
        (ChangeKind.DELETE, None),
    ]


def test_a_touched_row_has_a_new_version_and_no_history(session: Session, cast: Cast) -> None:
    before = history_length(session)
    put(session, Update(Owner, cast.id_of("owners"), {}, version=1, touch=True))
    assert (session.get_one(Owner, cast.id_of("owners")).version, history_length(session)) == (2, before)


def test_an_error_inside_leaves_nothing_behind(session: Session, cast: Cast) -> None:
    before = history_length(session)
    with pytest.raises(ZeroDivisionError):
        fail_after_writing(session, cast)
    assert history_length(session) == before


@pytest.mark.parametrize("races", [20, pytest.param(1000, marks=pytest.mark.soak)])
def test_of_two_writers_at_once_one_is_stale_and_who_writes_elsewhere_succeeds(
    app: Flask, session: Session, cast: Cast, races: int
) -> None:
    outcomes = [race(app, cast, number) for number in range(races)]
    assert {(*sorted(pair), other) for *pair, other in outcomes} == {("Stale", "done", "done")}
    session.rollback()
    assert session.get_one(Owner, cast.id_of("owners")).version == races + 1


def test_of_two_who_take_the_same_key_at_once_one_is_refused(app: Flask, session: Session, cast: Cast) -> None:
    outcomes = at_once(app, *[lambda own: put(own, owner(cast, "SAME"))] * 2)
    assert sorted(outcomes) == ["Refused", "done"]


def test_a_row_cannot_be_deleted_under_somebody_who_refers_to_it(app: Flask, session: Session, cast: Cast) -> None:
    (owner_id,) = put(session, owner(cast, "GOING"))
    values = {"estate_id": cast.id_of("estates"), "unit_id": cast.id_of("units"), "owner_id": owner_id}
    outcomes = at_once(
        app,
        lambda own: put(own, Delete(Owner, owner_id)),
        lambda own: put(own, Insert(Ownership, values)),
    )
    assert outcomes in (["done", "Refused"], ["InTheWay", "done"])


def test_a_reader_is_not_blocked_by_a_writer(session: Session, cast: Cast, database: Database) -> None:
    engine = create_engine(database.url)
    with writing(session), engine.connect() as reader:
        write(session, [Update(Owner, cast.id_of("owners"), {"name": "writing"})], by=BY, at=AT)
        seen = reader.execute(text("SELECT name FROM owner ORDER BY id")).scalars().first()
    engine.dispose()
    assert seen == f"Owner {OWN}"


def test_many_rows_go_in_a_set_and_come_out_again(session: Session, cast: Cast) -> None:
    ids = put(session, *(owner(cast, f"M-{n}") for n in range(1200)))
    put(session, *(Update(Owner, row_id, {"note": f"{n}"}) for n, row_id in enumerate(ids)))
    assert session.get_one(Owner, ids[-1]).note == "1199"
    put(session, *(Delete(Owner, row_id) for row_id in ids))
    assert session.scalar(select(func.count()).where(Owner.number.startswith("M-"))) == 0


def put(session: Session, *changes: Change) -> list[int]:
    """The changes in one transaction, a second after the cast was settled or at the same moment."""
    with writing(session):
        return write(session, changes, by=BY, at=AT)


def owner(cast: Cast, number: str) -> Insert:
    return Insert(Owner, {"estate_id": cast.id_of("estates"), "number": number, "name": number})


def latest(session: Session, model: type[Base]) -> History:
    assert model.__entity__ is not None
    statement = select(History).where(History.entity == model.__entity__.name).order_by(History.id.desc()).limit(1)
    return session.scalars(statement).one()


def history_length(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(History)) or 0


def fail_after_writing(session: Session, cast: Cast) -> None:
    with writing(session):
        write(session, [owner(cast, "N-1")], by=BY, at=AT + timedelta(seconds=1))
        raise ZeroDivisionError


def race(app: Flask, cast: Cast, number: int) -> list[str]:
    """Two who change the same rows, each in another order, and one who adds a row."""
    owner_id, unit_id = cast.id_of("owners"), cast.id_of("units")
    names = [Update(Owner, owner_id, {"name": f"{who}{number}"}, number + 1) for who in "ab"]
    floors = [Update(Unit, unit_id, {"floor": 2 * number + floor}) for floor in (1, 2)]
    return at_once(
        app,
        lambda own: put(own, names[0], floors[0]),
        lambda own: put(own, floors[1], names[1]),
        lambda own: put(own, owner(cast, f"R-{number}")),
    )


def at_once(app: Flask, *works: Callable[[Session], Any]) -> list[str]:
    """The works started together, each on a connection of its own: "done", or the name of what it raised."""
    barrier = Barrier(len(works))

    def run(work: Callable[[Session], Any]) -> str:
        with app.app_context():
            barrier.wait()
            try:
                work(db.session())
            except (Stale, Refused, InTheWay) as error:
                return type(error).__name__
            finally:
                db.session.remove()
        return "done"

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))
