from dataclasses import replace

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from importers.mapping.layouts import header_hash, recall, remember, remembered_part, with_remembered
from importers.settings import Reading, Repair, Settings, Source
from models.import_batch import BatchState, ImportBatch
from models.owner import Owner
from operations.write import writing
from tests.infrastructure.loading import AT, estate

HEADER = ["姓名", "手机号"]
DECIDED = Settings(
    reading=Reading(sheet="业主", encoding="gb18030", delimiter=";", header_rows=2),
    columns={"name": Source(0), "phone": Source(text="13800010001"), "ownership.role": Source(text="业主")},
    note_columns=(1,),
    values={"ownership.role": {"1001": "业主"}, "name": {"张三": "李四"}},
    date_orders={"from_on": "dmy"},
    blanks={"phone": "clear"},
    repairs=(Repair("drop_repeated"),),
    edits={3: {0: "张三"}},
    accepted={3: 4},
    create_missing=True,
)
KEPT = Settings(
    reading=Reading(sheet="业主", delimiter=";"),
    columns={"name": Source(0), "ownership.role": Source(text="业主")},
    note_columns=(1,),
    values={"ownership.role": {"1001": "业主"}},
    date_orders={"from_on": "dmy"},
    blanks={"phone": "clear"},
)


def batch(session: Session, estate_id: int | None, settings: Settings) -> int:
    values = {
        "entity": "owners",
        "estate_id": estate_id,
        "file_name": "a.csv",
        "file_hash": "0" * 64,
        "state": BatchState.COMMITTED,
        "created_at": AT,
        "settings": settings.as_json(),
        "report": {"header": HEADER},
    }
    with writing(session):
        batch_id: int = session.execute(insert(ImportBatch).returning(ImportBatch.id), values).scalar_one()
        remember(session, batch_id, AT)
    return batch_id


def test_decisions_are_kept_but_nothing_that_cells_say() -> None:
    assert remembered_part(Owner, DECIDED) == KEPT


def test_a_layout_is_recalled_by_kind_estate_and_headings(session: Session) -> None:
    here, elsewhere = estate(session), estate(session, "E2")
    batch(session, here, DECIDED)
    assert recall(session, "owners", here, [" 姓名*", "手机号"]) == KEPT
    assert recall(session, "owners", elsewhere, HEADER) is None
    assert recall(session, "units", here, HEADER) is None
    assert recall(session, "owners", here, HEADER[::-1]) is None


def test_a_later_decision_changes_what_it_says_and_keeps_the_rest(session: Session) -> None:
    here = estate(session)
    batch(session, here, DECIDED)
    batch(session, here, Settings(date_orders={"from_on": "mdy"}))
    assert recall(session, "owners", here, HEADER) == replace(KEPT, reading=Reading(), date_orders={"from_on": "mdy"})


@pytest.mark.parametrize("settings", [Settings(), Settings(edits={2: {0: "x"}}), replace(KEPT, recipe="hc")])
def test_a_run_without_decisions_about_the_layout_leaves_none(session: Session, settings: Settings) -> None:
    here = estate(session)
    batch(session, here, settings)
    assert recall(session, "owners", here, HEADER) is None


def test_what_is_remembered_holds_where_nothing_is_decided() -> None:
    own = Settings(blanks={"phone": "keep"}, create_missing=True)
    assert with_remembered(own, KEPT) == replace(KEPT, reading=Reading(), blanks={"phone": "keep"}, create_missing=True)
    assert with_remembered(Settings(columns={}), KEPT).note_columns == ()
    assert with_remembered(Settings(use_layout=False), KEPT) == Settings(use_layout=False)
    assert with_remembered(own, None) == own


def test_headings_are_told_apart_by_their_order_not_their_decoration() -> None:
    assert header_hash(["*姓名 ", "手机号："]) == header_hash(["姓名", "手机号"])
    assert header_hash(["姓名手机号"]) != header_hash(["姓名", "手机号"])
