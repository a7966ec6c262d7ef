"""The filters of a list: what an address means, what its chips and controls say, what the panel's form asks for."""

import re
from datetime import UTC, date, datetime
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

import views.lists
from models.account import Account, Role
from models.base import entities
from models.estate import Estate
from models.faults import Fault
from models.ticket import Ticket, TicketKind
from models.unit import Unit
from operations.write import Insert, write, writing
from tests.infrastructure.people import AT, BY, NEXT, OTHER, OWN, PHONE, Cast, Person, address, sign_in
from views.conditions import Sense, conditions_of, kind_of
from views.filters import in_order
from views.lists import OWN_WORDS
from views.usual_views import USUAL_VIEWS

FIELD = re.compile(r'<input class="form-control" type="([^"]+)"[^>]* name="opened_at.from" value="([^"]*)"')
ROW = re.compile(r'<th scope="row"[^>]*><a href="[^"]+">([^<]+)</a>')
CHIP = re.compile(r'<a class="chip[^"]*" href="([^"]+)"[^>]*><b>([^<]+)</b> <span>([^<]*)</span>')
ENGLISH = {"Accept-Language": "en"}

SHANGHAI = ZoneInfo("Asia/Shanghai")
BEFORE_MIDNIGHT = datetime(2026, 3, 4, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in Shanghai
MIDNIGHT = datetime(2026, 3, 4, 16, 0, 0, tzinfo=UTC)
URUMQI_MIDNIGHT = datetime(2026, 3, 4, 18, 0, 0, tzinfo=UTC)


@pytest.fixture
def clerk(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.CLERK))


@pytest.fixture
def admin(app: Flask, cast: Cast) -> Person:
    return sign_in(app, address(Role.ADMINISTRATOR))


def shown(person: Person, path: str) -> list[str]:
    """What names the rows of the list."""
    answer = person.get(path)
    assert answer.status_code == 200, answer.text
    return sorted(ROW.findall(answer.text))


def chips(person: Person, path: str) -> dict[str, str]:
    """What the chips of the list say, by the column."""
    return {unescape(label): unescape(text) for _, label, text in CHIP.findall(person.get(path, headers=ENGLISH).text)}


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(views.lists, "now", lambda: moment)


def bounds(column: str, operator: str, text: str, moment: datetime = BEFORE_MIDNIGHT) -> list[tuple[str, Any]]:
    """What the filter asks of a column of tickets, or of findings where tickets have none of that name."""
    model = Ticket if column in Ticket.__table__.columns else entities()["findings"]
    found = conditions_of(model.__table__.columns[column], operator, [text], Sense(moment, SHANGHAI))
    return [(each.operator, each.values[0]) for each in found]


# Addresses


def test_values_are_among_or_left_out(admin: Person) -> None:
    assert shown(admin, "/units/?occupancy=owner_occupied&occupancy=let") == [f"{NEXT}-1", f"{OTHER}-1", f"{OWN}-1"]
    assert shown(admin, "/units/?occupancy.not=owner_occupied") == []
    assert len(shown(admin, "/units/?occupancy.not=vacant&occupancy.not=let")) == 3


def test_what_has_no_value_is_not_one_of_the_values(admin: Person, cast: Cast) -> None:
    assert shown(admin, f"/tickets/?assignee_id.not={cast.id_of('staff')}") == [f"{NEXT}-T", f"{OTHER}-T"]


def test_numbers_are_from_and_to(admin: Person, session: Session, cast: Cast) -> None:
    place = {"estate_id": cast.id_of("estates"), "building_id": cast.id_of("buildings")}
    with writing(session):
        rows = [Insert(Unit, {**place, "code": f"U-{area}", "area": area}) for area in (79, 80, 120, 121)]
        write(session, rows, by=BY, at=AT)
    assert shown(admin, "/units/?area.from=80&area.to=120") == ["U-120", "U-80"]
    assert shown(admin, "/units/?area=80&area=121") == ["U-121", "U-80"]


def test_a_code_begins_with_what_is_said(admin: Person) -> None:
    assert shown(admin, f"/units/?code.starts={OWN}") == [f"{OWN}-1"]
    assert shown(admin, f"/units/?code={OWN}-1&code={NEXT}-1") == [f"{NEXT}-1", f"{OWN}-1"]


def test_options_stand_in_the_order_of_their_numbers() -> None:
    assert sorted(["10 十号楼", "2 二号楼", "一号楼"], key=in_order) == ["2 二号楼", "10 十号楼", "一号楼"]


def test_any_of_the_filters_suffices(admin: Person, cast: Cast) -> None:
    both = f"building_id={cast.id_of('buildings')}&estate_id={cast.id_of('estates', OTHER)}"
    assert shown(admin, f"/units/?{both}") == []
    assert shown(admin, f"/units/?{both}&match=any") == [f"{OTHER}-1", f"{OWN}-1"]


def test_a_span_stays_a_span_among_alternatives(admin: Person) -> None:
    span = "opened_at.from=2026-03-05&opened_at.to=2026-03-06"
    assert shown(admin, f"/tickets/?{span}&assignee_id.empty=yes&match=any") == [f"{NEXT}-T"]


def test_any_of_never_leaves_the_scope(app: Flask, clerk: Person, cast: Cast) -> None:
    found = shown(clerk, f"/units/?estate_id={cast.id_of('estates', OTHER)}&occupancy=owner_occupied&match=any")
    assert found == [f"{NEXT}-1", f"{OWN}-1"]


def test_me_is_the_staff_member_of_the_account(app: Flask, session: Session, admin: Person, cast: Cast) -> None:
    assert admin.get("/tickets/?assignee_id=me").status_code == 400
    engineer = sign_in(app, address(Role.ENGINEER))
    assert shown(engineer, "/tickets/?assignee_id=me") == [f"{OWN}-T"]
    session.execute(
        update(Account)
        .where(Account.id == cast.accounts[Role.ADMINISTRATOR])
        .values(staff_id=cast.id_of("staff", OTHER))
    )
    session.commit()
    assert shown(admin, "/tickets/?assignee_id=me") == [f"{OTHER}-T"]


@pytest.mark.parametrize("key", ["contact_phone", "contact_phone.empty", "contact_phone.starts", "contact_phone.not"])
def test_a_personal_column_is_no_filter(admin: Person, key: str) -> None:
    answer = admin.get(f"/tickets/?{key}={PHONE}")
    assert (answer.status_code, PHONE in "".join(re.findall(r'href="([^"]*)"', answer.text))) == (400, False)
    assert PHONE not in admin.get("/owners/filters").text
    assert kind_of(Ticket.__table__.columns["contact_phone"]) is None


def test_a_fault_names_filter_and_value_and_loses_nothing_else(admin: Person) -> None:
    answer = admin.get("/tickets/?kind=repair&opened_at.from=soon&sort=opened_at", headers=ENGLISH)
    assert answer.status_code == 400
    assert "Opened: soon is not a date: write it like 2026-11-01" in unescape(answer.text)
    assert chips(admin, "/tickets/?kind=repair&opened_at.from=soon") == {"Kind": "Repair", "Opened": "≥ soon"}
    assert answer.text.count('href="/tickets/?kind=repair&amp;sort=opened_at"') == 2  # on without it, by chip and link


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("match=some", "Filters combine as all or any, not some"),
        ("opened_at.last=0d", "Opened: 0d is not a number of days from 1 to 3660"),
        ("opened_at.last=soon", "Opened: soon is not a number of days from 1 to 3660"),
        ("opened_at.in=whenever", "Opened: whenever is not a period"),
        ("kind.not=party", "Kind: party is not one of the choices"),
        ("assignee_id=x", "Assignee: x is not the number of a record"),
        ("view=999", "There is no view 999, or it is no longer shared with you"),
        ("area.from=80", "The list cannot be filtered by area.from"),
    ],
)
def test_each_fault_has_a_sentence(admin: Person, said: str, sentence: str) -> None:
    answer = admin.get(f"/tickets/?{said}", headers=ENGLISH)
    assert (answer.status_code, sentence in unescape(answer.text)) == (400, True)


@pytest.mark.parametrize("name", entities())
def test_no_column_is_called_like_a_word_of_the_address(name: str) -> None:
    assert OWN_WORDS.isdisjoint(entities()[name].__table__.columns.keys())


@pytest.mark.parametrize(
    ("name", "query"),
    [(name, view.query) for name, views in USUAL_VIEWS.items() for view in views],
)
def test_every_view_that_ships_can_be_read(
    app: Flask, session: Session, admin: Person, cast: Cast, name: str, query: str
) -> None:
    session.execute(update(Account).values(staff_id=cast.id_of("staff")))
    session.commit()
    assert admin.get(f"/{name}/?{query}").status_code == 200


# Relative dates


@pytest.mark.parametrize(
    ("moment", "found"), [(BEFORE_MIDNIGHT, [f"{NEXT}-T", f"{OTHER}-T", f"{OWN}-T"]), (MIDNIGHT, [])]
)
def test_today_ends_at_midnight_of_the_estate(
    monkeypatch: pytest.MonkeyPatch, admin: Person, moment: datetime, found: list[str]
) -> None:
    at(monkeypatch, moment)
    assert shown(admin, "/tickets/?opened_at.in=today") == found


def test_today_is_that_of_the_estate_that_the_list_is_filtered_to(
    monkeypatch: pytest.MonkeyPatch, session: Session, admin: Person, cast: Cast
) -> None:
    other = cast.id_of("estates", OTHER)
    session.execute(update(Estate).where(Estate.id == other).values(time_zone="Asia/Urumqi"))
    session.commit()
    at(monkeypatch, MIDNIGHT)
    assert shown(admin, f"/tickets/?opened_at.in=today&estate_id={other}") == [f"{OTHER}-T"]
    assert shown(admin, f"/tickets/?opened_at.in=today&estate_id={cast.id_of('estates')}") == []
    at(monkeypatch, URUMQI_MIDNIGHT)
    assert shown(admin, f"/tickets/?opened_at.in=today&estate_id={other}") == []


def test_a_relative_date_is_read_anew_each_time(monkeypatch: pytest.MonkeyPatch, admin: Person) -> None:
    at(monkeypatch, datetime(2026, 3, 10, 15, 59, 59, tzinfo=UTC))
    assert len(shown(admin, "/tickets/?opened_at.last=7d")) == 3
    at(monkeypatch, datetime(2026, 3, 10, 16, tzinfo=UTC))
    assert shown(admin, "/tickets/?opened_at.last=7d") == []


@pytest.mark.parametrize(
    ("column", "operator", "text", "found"),
    [
        ("opened_at", "in", "yesterday", [("from", "2026-03-03 00:00:00"), ("to", "2026-03-03 23:59:59")]),
        ("opened_at", "last", "1d", [("from", "2026-03-04 00:00:00"), ("to", "2026-03-04 23:59:59")]),
        ("opened_at", "last", "30", [("from", "2026-02-03 00:00:00"), ("to", "2026-03-04 23:59:59")]),
        ("next_due_at", "next", "2d", [("from", "2026-03-04 23:59:59"), ("to", "2026-03-05 23:59:59")]),
        ("opened_at", "older", "30d", [("to", "2026-02-01 23:59:59")]),
        ("next_due_at", "past", "yes", [("to", "2026-03-04 23:59:58")]),
        ("next_due_at", "past", "no", [("from", "2026-03-04 23:59:59")]),
        ("next_due_at", "to", "today", [("to", "2026-03-04 23:59:59")]),
        ("next_due_at", "from", "tomorrow", [("from", "2026-03-05 00:00:00")]),
        ("opened_at", "", "2026-03-03", [("from", "2026-03-03 00:00:00"), ("to", "2026-03-03 23:59:59")]),
    ],
)
def test_a_moment_is_bound_by_days_of_the_estate(
    column: str, operator: str, text: str, found: list[tuple[str, str]]
) -> None:
    said = bounds(column, operator, text)
    assert [(way, f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}") for way, moment in said] == found


@pytest.mark.parametrize(
    ("operator", "text", "found"),
    [
        ("past", "yes", [("to", date(2026, 3, 3))]),
        ("past", "no", [("from", date(2026, 3, 4))]),
        ("next", "7d", [("from", date(2026, 3, 4)), ("to", date(2026, 3, 10))]),
        ("to", "yesterday", [("to", date(2026, 3, 3))]),
    ],
)
def test_a_day_is_bound_by_days(operator: str, text: str, found: list[tuple[str, date]]) -> None:
    assert bounds("due_on", operator, text) == found


def test_a_reference_to_me_without_a_staff_member_is_a_fault() -> None:
    with pytest.raises(Fault, match="no staff member"):
        conditions_of(Ticket.__table__.columns["assignee_id"], "", ["me"], Sense(MIDNIGHT, SHANGHAI))


# Chips


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("kind=repair&kind=help", {"Kind": "Repair, Help"}),
        ("kind.not=help", {"Kind": "not Help"}),
        ("opened_at.from=2026-03-01&opened_at.to=2026-03-31", {"Opened": "2026-03-01 – 2026-03-31"}),
        ("opened_at.last=7d", {"Opened": "Last 7 days"}),
        ("opened_at.in=this_week", {"Opened": "This week"}),
        ("next_due_at.past=yes", {"Next due": "Past"}),
        ("next_due_at.to=today", {"Next due": "≤ Today"}),
        ("assignee_id.empty=yes", {"Assignee": "is empty"}),
        ("code.starts=E1-", {"Ticket code": "begins with E1-"}),
        ("is_under_warranty=1", {"Under the builder's warranty": "Yes"}),
    ],
)
def test_a_chip_says_its_filter(admin: Person, query: str, said: dict[str, str]) -> None:
    assert chips(admin, f"/tickets/?{query}") == said


def test_a_chip_names_only_what_the_person_reaches(clerk: Person, admin: Person, cast: Cast) -> None:
    other = cast.id_of("staff", OTHER)
    path = f"/tickets/?assignee_id={other}"
    assert OTHER in chips(admin, path)["Assignee"]
    assert chips(clerk, path) == {"Assignee": f"#{other}"}


def test_a_chip_takes_its_filter_off_and_the_last_one_leads_to_all(admin: Person) -> None:
    page = admin.get("/tickets/?kind=repair&opened_at.from=2026-03-01&opened_at.to=2026-03-31&sort=opened_at").text
    assert [unescape(url) for url, _, _ in CHIP.findall(page)] == [
        "/tickets/?opened_at.from=2026-03-01&opened_at.to=2026-03-31&sort=opened_at",
        "/tickets/?kind=repair&sort=opened_at",
    ]
    assert [url for url, _, _ in CHIP.findall(admin.get("/tickets/?kind=repair").text)] == ["/tickets/?view=all"]


# The panel


@pytest.mark.parametrize(
    ("given", "control"),
    [
        ("2026-03-04", ("date", "2026-03-04")),
        ("2026-03-04T01:00:00Z", ("datetime-local", "2026-03-04T09:00:00")),
        ("2026-03-04T09:00", ("datetime-local", "2026-03-04T09:00:00")),
    ],
)
def test_a_bound_is_shown_in_local_time(clerk: Person, given: str, control: tuple[str, str]) -> None:
    panel = clerk.get("/tickets/filters", query_string={"opened_at.from": given}).text
    assert FIELD.findall(panel) == [control]


@pytest.mark.parametrize(("second", "is_found"), [("00", True), ("01", False)])
def test_a_moment_sent_again_narrows_to_the_second(clerk: Person, second: str, is_found: bool) -> None:
    page = clerk.get("/tickets/", query_string={"opened_at.from": f"2026-03-04T09:00:{second}"}).text
    assert (f"{OWN}-T" in page) is is_found


@pytest.mark.parametrize(
    ("form", "query"),
    [
        ({"kind": ["repair", "help"]}, "?kind=repair&kind=help"),
        ({"kind": ["repair"], "kind.is": "not"}, "?kind.not=repair"),
        ({"kind": ["repair"], "severity.is": "empty"}, "?kind=repair&severity.empty=yes"),
        ({"assignee_id.is": "filled"}, "?assignee_id.empty=no"),
        ({"opened_at.is": "in.today", "opened_at.from": "2026-03-01"}, "?opened_at.in=today"),
        ({"opened_at.is": "last.7"}, "?opened_at.last=7d"),
        ({"opened_at.is": "older", "opened_at.days": "14"}, "?opened_at.older=14d"),
        ({"opened_at.is": "older", "opened_at.days": ""}, "?view=all"),
        ({"next_due_at.is": "past.yes"}, "?next_due_at.past=yes"),
        (
            {"opened_at.from": "2026-03-01", "opened_at.to": "2026-03-01"},
            "?opened_at.from=2026-03-01&opened_at.to=2026-03-01",
        ),
        ({"code": "E1-", "code.is": "starts"}, "?code.starts=E1-"),
        ({"kind": ["repair"], "state": ["new"], "match": "any"}, "?kind=repair&state=new&match=any"),
        ({"kind": ["repair"], "match": "any"}, "?kind=repair"),
        ({"kind": ["repair"], "sort": "opened_at", "q": "x"}, "?kind=repair&q=x&sort=opened_at"),
        ({"kind": [""], "subject": "x", "nonsense": "1"}, "?view=all"),
    ],
)
def test_the_form_of_the_panel_asks_for_a_plain_address(clerk: Person, form: dict[str, Any], query: str) -> None:
    answer = clerk.get("/tickets/filters", query_string={"apply": "yes", **form})
    assert (answer.status_code, answer.location) == (302, f"/tickets/{query}")


def test_the_panel_sent_unchanged_leads_back_to_the_same_list(clerk: Person, cast: Cast) -> None:
    query = (
        f"estate_id={cast.id_of('estates')}&kind.not=help&state=new&state=waiting&assignee_id.empty=yes"
        "&opened_at.last=90d&next_due_at.past=yes&resolved_at.older=14d&match=any"
    )
    panel = clerk.get(f"/tickets/filters?{query}", headers={"X-Fragment": "yes"}).text
    sent = clerk.get("/tickets/filters", query_string=sent_form(panel)).location
    assert sorted(sent.partition("?")[2].split("&")) == sorted(query.split("&"))


def sent_form(panel: str) -> list[tuple[str, str]]:
    """What a browser would send of the panel's form."""
    found = [
        (name[1], unescape(value[1]))
        for each in re.findall(r"<input([^>]*)>", panel)
        if (name := re.search(r' name="([^"]+)"', each))
        and (value := re.search(r' value="([^"]*)"', each))
        and (not re.search(r'type="(checkbox|radio)"', each) or " checked" in each)
    ]
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', panel, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found.append((name, chosen[1] if chosen else ""))
    return found


def test_the_panel_is_a_page_of_its_own_without_scripts(clerk: Person) -> None:
    page, part = clerk.get("/tickets/filters").text, clerk.get("/tickets/filters", headers={"X-Fragment": "yes"}).text
    assert ("<!doctype html>" in page, "<h1>" in page) == (True, True)
    assert ("<!doctype html>" in part, '<h2 id="sheet-title">' in part) == (False, True)


@pytest.mark.parametrize("name", entities())
def test_every_entity_has_a_panel(admin: Person, name: str) -> None:
    assert admin.get(f"/{name}/filters").status_code == 200


def test_a_list_asks_no_options_of_its_filters(clerk: Person) -> None:
    """The estates, buildings and staff to filter by are asked for by the panel, which is opened apart."""
    page = clerk.get(f"/tickets/?kind={TicketKind.REPAIR.value}").text
    assert 'name="assignee_id"' not in page


@pytest.mark.parametrize("word", ["today", "yesterday", "tomorrow"])
def test_a_day_is_no_bound_of_a_number(admin: Person, word: str) -> None:
    assert admin.get(f"/history/?row_id.from={word}").status_code == 400


def test_a_long_list_of_what_is_left_out_leaves_all_of_it_out(admin: Person, cast: Cast) -> None:
    others = "&".join(f"estate_id.not={number}" for number in range(1000, 1060))
    assert shown(admin, f"/tickets/?{others}&estate_id.not={cast.id_of('estates')}") == [f"{OTHER}-T"]
