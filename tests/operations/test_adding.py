"""Many new rows of one model: judged, filled and told of as a few are."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Base
from models.building import Building
from models.history import ChangeKind, History
from models.owner import ContactPreference, Owner
from models.ownership import Ownership, OwnershipRole
from models.unit import Unit
from operations import search_index
from operations.inserting import MANY
from operations.write import Delete, Insert, Refused, attempt, write, writing
from tests.infrastructure.loading import AT, BY, estate


def put(session: Session, model: type[Base], rows: Sequence[Mapping[str, object]]) -> list[int]:
    with writing(session):
        return write(session, [Insert(model, row) for row in rows], by=BY, at=AT)


def owners(estate_id: int, count: int = MANY) -> list[dict[str, object]]:
    return [{"estate_id": estate_id, "number": f"A{number}", "name": "王 50%"} for number in range(count)]


def link(session: Session, unit_id: int, owner_id: int) -> None:
    write(session, [Insert(Ownership, {"estate_id": 1, "unit_id": unit_id, "owner_id": owner_id})], by=BY, at=AT)


def fail_after(session: Session, ids: list[int], changes: list[Insert]) -> None:
    """Adds the rows in a part of the transaction that fails, and notes the ids that they had."""
    with suppress(OSError), attempt(session):
        ids += write(session, changes, by=BY, at=AT)
        raise OSError


@pytest.fixture
def unit_id(session: Session) -> int:
    estate_id = estate(session)
    (building_id,) = put(session, Building, [{"estate_id": estate_id, "code": "1"}])
    return put(session, Unit, [{"estate_id": estate_id, "building_id": building_id, "code": "1-1-101"}])[0]


@pytest.mark.parametrize("place", [0, MANY // 2, MANY - 1])
def test_the_one_row_that_lacks_a_value_is_named(session: Session, place: int) -> None:
    rows = owners(estate(session))
    rows[place]["name"] = None
    with pytest.raises(Refused) as refused:
        put(session, Owner, rows)
    assert (refused.value.index, list(refused.value.faults)) == (place, ["name"])
    assert session.scalars(select(Owner)).all() == []


def test_a_column_that_is_not_there_is_no_silent_loss(session: Session) -> None:
    rows = owners(estate(session))
    rows[-1]["nickname"] = "老王"
    with pytest.raises(LookupError, match="nickname"):
        put(session, Owner, rows)


def test_what_a_model_says_of_its_rows_holds_for_many(session: Session, unit_id: int) -> None:
    ids = put(session, Owner, owners(1))
    rows: list[dict[str, object]] = [{"estate_id": 1, "unit_id": unit_id, "owner_id": owner_id} for owner_id in ids]
    rows[7] |= {"from_on": date(2026, 2, 1), "until_on": date(2026, 1, 1)}
    with pytest.raises(Refused) as refused:
        put(session, Ownership, rows)
    assert (refused.value.index, list(refused.value.faults)) == (7, ["until_on"])


def test_a_row_that_names_nobody_is_told_from_those_that_do(session: Session, unit_id: int) -> None:
    ids = put(session, Owner, owners(1))
    rows = [{"estate_id": 1, "unit_id": unit_id, "owner_id": owner_id} for owner_id in [*ids[1:], max(ids) + 1]]
    with pytest.raises(Refused) as refused:
        put(session, Ownership, rows)
    assert (refused.value.index, list(refused.value.faults)) == (MANY - 1, ["owner_id"])


def test_rows_that_leave_different_columns_out_get_the_defaults_of_each(session: Session, unit_id: int) -> None:
    ids = put(session, Owner, owners(1))
    rows: list[dict[str, object]] = [{"estate_id": 1, "unit_id": unit_id, "owner_id": owner_id} for owner_id in ids]
    rows[0]["role"] = OwnershipRole.TENANT
    put(session, Ownership, rows)
    kept = session.execute(select(Ownership.role, Ownership.version).order_by(Ownership.id)).all()
    assert kept == [(OwnershipRole.TENANT, 1), *[(OwnershipRole.OWNER, 1)] * (MANY - 1)]


def test_history_tells_each_row_as_it_tells_a_single_one(session: Session) -> None:
    """Values that all share, that only some have, with signs that mean something to who puts texts together."""
    rows = owners(estate(session), MANY + 1)
    rows[3] |= {"note": '%s "备注" \\ %%', "contact_preference": ContactPreference.VISIT}
    put(session, Owner, rows[:MANY])
    put(session, Owner, rows[MANY:])
    said = session.execute(
        select(History.changes, History.kind, History.estate_id).where(History.entity == "owners").order_by(History.id)
    ).all()
    common = {"estate_id": [None, 1], "name": [None, "王 50%"]}
    expected = [{**common, "number": [None, row["number"]]} for row in rows]
    expected[3] |= {"note": [None, rows[3]["note"]], "contact_preference": [None, "visit"]}
    assert [each.changes for each in said] == expected
    assert {(each.kind, each.estate_id) for each in said} == {(ChangeKind.INSERT, 1)}


@pytest.mark.parametrize("odd", ['王 "伟"', "王\\伟", "王\t伟\n", "王\x1f", "王\x7f", "%s %%", "𠀀", ""])
def test_a_text_of_any_signs_is_told_as_it_is(session: Session, odd: str) -> None:
    rows = owners(estate(session))
    rows[3]["name"] = odd
    ids = put(session, Owner, rows)
    told = session.execute(
        select(History.row_id, History.changes).where(History.entity == "owners").order_by(History.id)
    )
    assert [(row_id, said["name"]) for row_id, said in told] == [
        (row_id, [None, row["name"]]) for row_id, row in zip(ids, rows, strict=True)
    ]


def test_they_are_found(session: Session, unit_id: int) -> None:
    ids = put(session, Owner, owners(1))
    put(session, Ownership, [{"estate_id": 1, "unit_id": unit_id, "owner_id": owner_id} for owner_id in ids])
    assert search_index.check(session) == {}


def test_a_row_that_went_in_the_same_transaction_is_no_longer_known(session: Session, unit_id: int) -> None:
    with writing(session):
        ids = write(session, [Insert(Owner, row) for row in owners(1)], by=BY, at=AT)
        write(session, [Delete(Owner, ids[0])], by=BY, at=AT)
        with pytest.raises(Refused, match="no such record"):
            link(session, unit_id, ids[0])


def test_a_row_that_was_rolled_back_is_no_longer_known(session: Session, unit_id: int) -> None:
    ids: list[int] = []
    with writing(session):
        fail_after(session, ids, [Insert(Owner, row) for row in owners(1)])
        with pytest.raises(Refused, match="no such record"):
            link(session, unit_id, ids[0])
