"""The search index follows the rows: in the same transaction, in sets, and as if it had been made anew."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.base import Base
from models.owner import Owner
from models.ownership import Ownership
from models.search_entry import KINDS, SearchEntry, SearchKind
from models.ticket import Ticket
from models.unit import Unit
from operations import rollups, search_index
from operations.search_documents import parts, searched
from operations.write import Change, Delete, Insert, Refused, Update, attempt, write, writing
from tests.infrastructure import cast as standing
from tests.infrastructure.busy import Register
from tests.infrastructure.databases import Database
from tests.infrastructure.people import AT, BY, NEXT, OWN, PHONE, Cast
from views.database import db


def test_what_the_cast_wrote_is_what_a_rebuild_makes(session: Session, cast: Cast) -> None:
    assert search_index.check(session) == {}
    before = entries(session)
    search_index.rebuild(session)
    assert entries(session) == before
    assert search_index.check(session) == {}


def test_a_new_name_of_an_owner_reaches_the_tickets_and_ownerships(session: Session, cast: Cast) -> None:
    do(session, Update(Owner, cast.id_of("owners"), {"name": "欧阳靖"}))
    assert holding(session, "欧阳") == {
        (Owner, cast.id_of("owners")),
        (Ticket, cast.id_of("tickets")),
        (Ownership, cast.id_of("ownerships")),
    }
    assert search_index.check(session) == {}


def test_a_new_code_of_a_unit_reaches_its_owners(session: Session, cast: Cast) -> None:
    do(session, Update(Unit, cast.id_of("units"), {"code": "Q-77"}))
    assert (Owner, cast.id_of("owners")) in holding(session, "=q-77")
    assert search_index.check(session) == {}


def test_an_owner_is_found_by_a_unit_as_long_as_it_is_theirs(session: Session, cast: Cast) -> None:
    owner, unit, estate = cast.id_of("owners"), cast.id_of("units", NEXT), cast.id_of("estates")
    place = {"estate_id": estate, "owner_id": owner, "unit_id": unit}
    (ownership,) = do(session, Insert(Ownership, place))
    assert (Owner, owner) in holding(session, f"={NEXT}-1".lower())
    do(session, Delete(Ownership, ownership))
    assert (Owner, owner) not in holding(session, f"={NEXT}-1".lower())
    assert search_index.check(session) == {}


def test_an_ownership_that_changes_hands_changes_both_owners(session: Session, cast: Cast) -> None:
    do(session, Update(Ownership, cast.id_of("ownerships"), {"owner_id": cast.id_of("owners", NEXT)}))
    found = holding(session, f"={OWN}-1".lower())
    assert (Owner, cast.id_of("owners")) not in found
    assert (Owner, cast.id_of("owners", NEXT)) in found
    assert search_index.check(session) == {}


def test_a_row_that_goes_takes_its_document_along(session: Session, cast: Cast) -> None:
    (owner,) = do(session, Insert(Owner, {"estate_id": cast.id_of("estates"), "number": "N-9", "name": "司马"}))
    assert holding(session, "司马") == {(Owner, owner)}
    do(session, Delete(Owner, owner))
    assert holding(session, "司马") == set()
    assert search_index.check(session) == {}


def test_an_import_of_many_is_indexed_in_the_same_transaction(session: Session, cast: Cast) -> None:
    rows = [{"estate_id": cast.id_of("estates"), "number": f"M-{at}", "name": f"诸葛{at}"} for at in range(1200)]
    ids = do(session, *(Insert(Owner, row) for row in rows))
    assert holding(session, "诸葛") == {(Owner, row_id) for row_id in ids}
    assert search_index.check(session) == {}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_after_very_many_the_full_text_table_merges_as_ever(session: Session, cast: Cast) -> None:
    merged = text("SELECT v FROM search_gram_config WHERE k = 'automerge'")
    many = [{"estate_id": cast.id_of("estates"), "number": f"M-{at}", "name": "诸葛"} for at in range(300)]
    with suppress(OSError), writing(session):
        write(session, [Insert(Owner, row) for row in many], by=BY, at=AT)
        search_index.settle(session)
        raise OSError
    assert session.execute(merged).one_or_none() is None
    do(session, *(Insert(Owner, row) for row in many))
    assert session.execute(merged).scalar_one() == 4


def test_what_is_refused_leaves_the_index_as_it_was(session: Session, cast: Cast) -> None:
    before = entries(session)
    renamed, faulty = Update(Owner, cast.id_of("owners"), {"name": "欧阳靖"}), Insert(Owner, {"name": "司马"})
    with pytest.raises(Refused):
        do(session, renamed, faulty)
    assert entries(session) == before


def test_a_change_of_no_searched_column_writes_no_document(session: Session, cast: Cast) -> None:
    before = entries(session)
    do(session, Update(Owner, cast.id_of("owners"), {"phone": "13900001111", "note": "欧阳"}))
    assert entries(session) == before


def test_no_phone_is_in_the_index_wherever_it_was_typed(session: Session, cast: Cast) -> None:
    do(session, Update(Ticket, cast.id_of("tickets"), {"subject": f"请致电{PHONE}，010-62345678"}))
    assert [grams for grams in entries(session).values() if PHONE in grams or "62345678" in grams] == []
    assert (Ticket, cast.id_of("tickets")) in holding(session, "致电")


def test_personal_columns_are_part_of_no_document() -> None:
    assert {part.column for model in searched() for part in parts(model)} == {"code", "name", "number", "subject"}


def test_the_check_names_what_differs(session: Session, cast: Cast) -> None:
    lost, owner = cast.id_of("tickets"), cast.id_of("owners")
    with writing(session):
        numbers = search_index.kinds(session)
        search_index.remove(session, numbers[Ticket], [lost])
        search_index.put(session, [(owner * KINDS + numbers[Owner], "x"), (999 * KINDS + numbers[Owner], "y")])
    assert search_index.check(session) == {"owners": [owner, 999], "tickets": [lost]}
    search_index.rebuild(session)
    assert search_index.check(session) == {}


def test_a_single_document_without_a_word_is_kept_as_any(session: Session, cast: Cast) -> None:
    with writing(session):
        search_index.put(session, [(KINDS - 1, "")])
    assert session.scalars(select(SearchEntry.grams).where(SearchEntry.id == KINDS - 1)).all() == [""]


def test_documents_made_of_something_else_are_made_anew(session: Session, cast: Cast) -> None:
    assert not search_index.refresh(session)
    with writing(session):
        session.execute(SearchKind.__table__.update().values(made_of="less"))  # type: ignore[attr-defined]
    assert search_index.refresh(session)
    assert not search_index.refresh(session)
    assert search_index.check(session) == {}


def test_a_database_that_has_rows_is_searchable_after_the_migration(session: Session, cast: Cast) -> None:
    before = entries(session)
    with writing(session):
        session.execute(SearchKind.__table__.delete())  # type: ignore[attr-defined]
        session.execute(SearchEntry.__table__.delete())  # type: ignore[attr-defined]
    assert search_index.refresh(session)
    assert entries(session) == before


def do(session: Session, *changes: Change) -> Sequence[int]:
    with writing(session):
        return write(session, list(changes), by=BY, at=AT)


def entries(session: Session) -> dict[int, str]:
    return {entry_id: str(grams) for entry_id, grams in session.execute(select(SearchEntry.id, SearchEntry.grams))}


def holding(session: Session, gram: str) -> set[tuple[type[Base], int]]:
    """The rows whose documents hold the gram, as a whole or at the beginning of a longer one."""
    models: dict[int, Any] = {number: model for model, number in search_index.kinds(session).items()}
    return {
        (models[entry_id % KINDS], entry_id // KINDS)
        for entry_id, grams in entries(session).items()
        if f"{search_index.sign(entry_id % KINDS)}{gram}" in grams
    }


def test_two_who_rename_the_same_owner_after_other_work_do_not_wait_for_each_other(
    app: Flask, session: Session, cast: Cast
) -> None:
    """An import adds owners and then renames one, whom somebody else renames meanwhile in a form."""
    owner, estate = cast.id_of("owners"), cast.id_of("estates")

    def rename() -> None:
        with app.app_context():
            do(db.session(), Update(Owner, owner, {"name": "欧阳靖"}))
            db.session.remove()

    with ThreadPoolExecutor(1) as other:
        with writing(session):
            write(session, [Insert(Owner, {"estate_id": estate, "number": "N-9", "name": "诸葛"})], by=BY, at=AT)
            renamed = other.submit(rename)
            wait([renamed], timeout=1)
            write(session, [Update(Owner, owner, {"name": "司马"})], by=BY, at=AT)
        renamed.result()
    assert search_index.check(session) == {}


def test_a_new_ticket_and_a_new_name_of_its_owner_at_one_moment_see_each_other(
    app: Flask, session: Session, cast: Cast
) -> None:
    owner, of_cast = cast.id_of("owners"), session.get_one(Ticket, cast.id_of("tickets"))
    row = {"estate_id": of_cast.estate_id, "code": "Q-79", "subject": "漏水", "kind": of_cast.kind}
    row |= {"severity": of_cast.severity, "state": of_cast.state, "opened_at": AT, "owner_id": owner}

    def rename() -> None:
        with app.app_context():
            do(db.session(), Update(Owner, owner, {"name": "欧阳靖"}))
            db.session.remove()

    with ThreadPoolExecutor(1) as other:
        with writing(session):
            (ticket,) = write(session, [Insert(Ticket, row)], by=BY, at=AT)
            search_index.settle(session)
            renamed = other.submit(rename)
            wait([renamed], timeout=1)
        renamed.result()
    assert (Ticket, ticket) in holding(session, "欧阳")
    assert search_index.check(session) == {}


def test_an_id_that_goes_and_comes_back_in_one_transaction_keeps_its_document(session: Session, cast: Cast) -> None:
    row = {"estate_id": cast.id_of("estates"), "number": "N-9", "name": "司马"}
    (owner,) = do(session, Insert(Owner, row))
    with writing(session):
        write(session, [Delete(Owner, owner)], by=BY, at=AT)
        write(session, [Insert(Owner, {**row, "id": owner, "name": "诸葛"})], by=BY, at=AT)
    assert holding(session, "诸葛") == {(Owner, owner)}
    assert search_index.check(session) == {}


def test_what_was_tried_and_taken_back_is_in_no_document(session: Session, cast: Cast) -> None:
    before, row = entries(session), {"estate_id": cast.id_of("estates"), "number": "N-9", "name": "司马"}
    with writing(session), suppress(Refused), attempt(session):
        write(session, [Insert(Owner, row), Update(Owner, cast.id_of("owners"), {"name": "诸葛"})], by=BY, at=AT)
        write(session, [Insert(Owner, {"name": "欧阳"})], by=BY, at=AT)
    assert entries(session) == before


def test_whatever_several_do_at_once_all_is_found_and_counted_as_if_made_anew(
    app: Flask, session: Session, fresh_database: Database
) -> None:
    casts = [standing.settle(session), standing.settle(session, "E2")]

    def work(seed: int) -> int:
        with app.app_context():
            done = Register(db.session(), casts, standing.OPENED, seed).work(70)
            db.session.remove()
            return done

    with ThreadPoolExecutor(3) as all_of_them:
        done = list(all_of_them.map(work, (3, 4, 5)))
    assert min(done) > 20
    assert search_index.check(session) == {}
    assert rollups.check(session) == []
    words = text("INSERT INTO search_gram (search_gram, rank) VALUES ('integrity-check', 1)")
    session.execute(words if fresh_database.name == "sqlite" else text("SELECT 1"))
