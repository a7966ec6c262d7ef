import json

import pytest

from importers.settings import Reading, Repair, Settings, Source

EVERY_DECISION = Settings(
    reading=Reading(sheet="业主", header_rows=2),
    columns={"name": Source(0), "phone": Source(0, " ", 1), "occupancy": Source(text="自住")},
    note_columns=(4, 5),
    values={"ownership.role": {"1001": "业主"}},
    date_orders={"from_on": "dmy"},
    blanks={"phone": "clear"},
    repairs=(Repair("take_out", "phone", {"characters": "转"}), Repair("drop_repeated")),
    edits={12: {0: "林", 3: ""}},
    accepted={12: 34},
    accept_all=("id_number",),
    create_missing=True,
    all_or_nothing=True,
    recipe="hc",
    use_layout=False,
)


@pytest.mark.parametrize("settings", [Settings(), EVERY_DECISION])
def test_settings_come_back_from_json(settings: Settings) -> None:
    assert Settings.from_json(json.loads(json.dumps(settings.as_json()))) == settings


def test_only_what_was_decided_is_kept() -> None:
    assert Settings(create_missing=True).as_json() == {"create_missing": True}


@pytest.mark.parametrize("said", [None, {}, {"of_tomorrow": 1}, {"reading": {"of_tomorrow": 1}}])
def test_what_this_version_does_not_know_is_passed_over(said: dict[str, object] | None) -> None:
    assert Settings.from_json(said) == Settings()


@pytest.mark.parametrize(
    ("source", "is_whole"), [(Source(1), True), (Source(1, " ", 0), False), (Source(text="自住"), False)]
)
def test_only_a_column_as_it_stands_is_whole(source: Source, is_whole: bool) -> None:
    assert source.is_whole is is_whole


def test_what_not_every_database_keeps_is_left_out() -> None:
    settings = Settings(columns={"note": Source(text="a\x00b")}, edits={2: {0: "c\ud800"}}, accept_all=("d\x00",))
    assert Settings.from_json(settings.as_json()) == Settings(
        columns={"note": Source(text="ab")}, edits={2: {0: "c?"}}, accept_all=("d",)
    )
