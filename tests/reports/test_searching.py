"""Searching: a phone, a code, words find what they should, each on its index, and nothing beyond what one may see."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models.base import Base, entities
from models.building import Building
from models.owner import Owner
from models.ownership import Ownership
from models.ticket import Ticket, TicketKind
from models.unit import Unit
from operations.write import Insert, Update, write, writing
from reports import searching
from reports.listing import Condition, Listing, choices, count, matching_ids, page, stream
from rules.permissions import EVERYTHING, NOTHING, Scope
from tests.infrastructure.people import AT, BY, NEXT, OTHER, OWN, PHONE, SHARED, Cast

NEEDLES = 150


def everywhere(model: type[Base]) -> Scope:
    return EVERYTHING


def find(session: Session, model: type[Base], typed: str, scope: Scope = EVERYTHING, **asked: Any) -> list[int]:
    """The rows found, in the order of the list; the count, the export and the ids of a bulk action agree with it."""
    listing = Listing(model, (), search=typed, **{"sort": "-id", "size": 200, "personal": everywhere, **asked})
    ids = [row.id for row in page(session, listing, scope).rows]
    assert count(session, listing, scope) == len(ids)
    assert [row.id for row in stream(session, listing, scope, chunk=3)] == ids
    assert matching_ids(session, listing, scope, 500) == sorted(ids)
    return ids


def add(session: Session, model: type[Base], **values: Any) -> int:
    with writing(session):
        return write(session, [Insert(model, values)], by=BY, at=AT)[0]


def ticket(session: Session, cast: Cast, code: str, subject: str, place: str = OWN, **values: Any) -> int:
    estate = {"estate_id": cast.id_of("estates", place), "opened_at": AT, "kind": TicketKind.HELP}
    return add(session, Ticket, code=code, subject=subject, **{**estate, **values})


@pytest.fixture
def leak(session: Session, cast: Cast) -> int:
    """A ticket of the own place, about a leak in building 3."""
    place: dict[str, Any] = {"unit_id": cast.id_of("units"), "owner_id": cast.id_of("owners")}
    return ticket(session, cast, "LEAK-1", "A栋3单元厨房水管漏水，请速修 WiFi坏", **place)


@pytest.mark.parametrize(
    "typed",
    [
        *("漏水", "水管", "漏", "厨房水管漏水", "速修", "栋", "A栋", "a栋3单元", "3单元", "wifi", "WiF", "ＷＩＦＩ坏"),
        *("LEAK-1", "leak-1", "leak", "漏水 厨房", "水管 wifi", f"漏水 {OWN}-1", f"{PHONE} 漏水", "leak 漏水"),
    ],
)
def test_a_ticket_is_found_by(session: Session, leak: int, typed: str) -> None:
    assert leak in find(session, Ticket, typed)


@pytest.mark.parametrize(
    "typed",
    [
        *("水漏", "漏水管", "管厨", "房漏", "A3", "修wifi", "漏水请", "ifi", "eak-1", "漏水 电梯", f"漏水 {OTHER}-1"),
        *("13900000000 漏水", f"{PHONE} 电梯"),
    ],
)
def test_a_ticket_is_not_found_by(session: Session, leak: int, typed: str) -> None:
    assert leak not in find(session, Ticket, typed)


@pytest.mark.parametrize(
    "typed",
    [
        '"',
        "*",
        '漏水"',
        "漏*",
        "-漏水",
        "漏水 AND",
        "NEAR(漏 水)",
        "'; --",
        "a:b",
        "\\",
        "漏\x00水",
        "grams:漏水",
        "^漏",
    ],
)
def test_what_is_typed_is_no_query(session: Session, leak: int, typed: str) -> None:
    assert set(find(session, Ticket, typed)) <= {leak}


@pytest.mark.parametrize("typed", ['漏水"', "漏水*", "-漏水", "(漏水)", "'漏水'", "漏\x00水", "《漏水》"])
def test_signs_around_a_word_do_no_harm(session: Session, leak: int, typed: str) -> None:
    assert find(session, Ticket, typed) == [leak]


@pytest.mark.parametrize("typed", ["\x00", " \x00 "])
def test_nothing_typed_is_no_search(session: Session, cast: Cast, typed: str) -> None:
    assert cast.id_of("tickets") in find(session, Ticket, typed)


def test_words_are_found_in_the_scope_alone(session: Session, cast: Cast, leak: int) -> None:
    other = ticket(session, cast, "LEAK-2", "厨房漏水", OTHER)
    own, others = (Scope(frozenset({cast.id_of("estates", place)})) for place in (OWN, OTHER))
    assert find(session, Ticket, "漏水") == [other, leak]
    assert find(session, Ticket, "漏水", own) == [leak]
    assert find(session, Ticket, "漏水", others) == [other]
    assert find(session, Ticket, "漏水", NOTHING) == []
    assert find(session, Ticket, "LEAK", own) == [leak]
    assert find(session, Ticket, "LEAK-2", own) == []


def test_many_estates_bound_a_search_as_well(session: Session, cast: Cast, leak: int) -> None:
    ticket(session, cast, "LEAK-2", "厨房漏水", OTHER)
    scope = Scope(frozenset({cast.id_of("estates"), *range(10_000, 10_020)}))
    assert find(session, Ticket, "漏水", scope) == [leak]


def test_a_butler_searches_in_the_buildings_served(session: Session, cast: Cast) -> None:
    ids = [
        ticket(session, cast, f"LEAK-{place}", "漏水", building_id=cast.id_of("buildings", place))
        for place in (OWN, NEXT)
    ]
    scope = Scope(frozenset({cast.id_of("estates")}), buildings=frozenset({cast.id_of("buildings", NEXT)}))
    assert find(session, Ticket, "漏水", scope) == [ids[1]]


def test_a_phone_finds_through_the_owner_where_it_is_seen(session: Session, cast: Cast) -> None:
    own = Scope(frozenset({cast.id_of("estates")}))
    assert cast.id_of("tickets") in find(session, Ticket, PHONE)
    assert cast.id_of("callbacks") in find(session, entities()["callbacks"], PHONE)
    seen = find(session, Ticket, PHONE, personal=lambda model: own)
    assert cast.id_of("tickets") in seen
    assert cast.id_of("tickets", OTHER) not in seen
    assert find(session, Ticket, PHONE, personal=lambda model: NOTHING) == []
    assert find(session, Ticket, f"{PHONE} owner", personal=lambda model: NOTHING) == []


def test_a_phone_in_a_subject_tells_nobody_anything(session: Session, cast: Cast) -> None:
    ticket(session, cast, "CALL-1", "请致电13700001111", owner_id=None)
    assert find(session, Ticket, "13700001111") == []
    assert find(session, Ticket, "137") == []


def test_conditions_hold_beside_a_search(session: Session, cast: Cast, leak: int) -> None:
    question = ticket(session, cast, "LEAK-2", "漏水怎么报", kind=TicketKind.CONSULTATION)
    narrowed = (Condition("kind", "in", (TicketKind.CONSULTATION,)),)
    assert find(session, Ticket, "漏水", conditions=narrowed) == [question]
    assert find(session, Ticket, "LEAK", conditions=narrowed) == [question]
    assert find(session, Ticket, "漏水", ids=(leak,)) == [leak]
    assert find(session, Ticket, "漏水", where=(Ticket.__table__.c.id == leak,)) == [leak]


@pytest.mark.parametrize("sort", ["-id", "id", "-opened_at", "opened_at"])
@pytest.mark.parametrize("typed", ["漏水", "P-", "水管漏水", "P- 漏水"])
def test_the_pages_of_a_search_meet(session: Session, cast: Cast, typed: str, sort: str) -> None:
    expected = [ticket(session, cast, f"P-{number}", f"水管漏水{number}") for number in range(11)]
    listing = Listing(Ticket, (), search=typed, sort=sort, size=4)
    pages = [page(session, listing, EVERYTHING)]
    pages += [page(session, replace(listing, after=pages[0].next), EVERYTHING)]
    pages += [page(session, replace(listing, after=pages[1].next), EVERYTHING)]
    found = [row.id for each in pages for row in each.rows]
    assert found == (expected[::-1] if sort.startswith("-") else expected)
    assert pages[2].next is None
    back = page(session, replace(listing, before=pages[2].previous), EVERYTHING)
    assert [row.id for row in back.rows] == [row.id for row in pages[1].rows]


def test_a_renamed_owner_is_found_by_the_new_name_alone(session: Session, cast: Cast) -> None:
    with writing(session):
        write(session, [Update(Owner, cast.id_of("owners"), {"name": "欧阳靖"})], by=BY, at=AT)
    assert find(session, Ticket, "欧阳靖") == [cast.id_of("tickets")]
    assert find(session, Ownership, "欧阳") == [cast.id_of("ownerships")]


def test_several_words_are_found_across_references(session: Session, cast: Cast, leak: int) -> None:
    with writing(session):
        write(session, [Update(Owner, cast.id_of("owners"), {"name": "欧阳靖"})], by=BY, at=AT)
    assert find(session, Ticket, f"欧阳 漏水 {OWN}") == [leak]
    assert find(session, Ticket, "欧阳 漏水 司马") == []


def test_what_has_no_search_is_not_narrowed(session: Session, cast: Cast) -> None:
    assert find(session, entities()["regions"], "zzz", sort="id") == [cast.id_of("regions", SHARED)]


def test_choices_are_searched_alike(session: Session, cast: Cast) -> None:
    place = {"estate_id": cast.id_of("estates"), "building_id": cast.id_of("buildings")}
    ids = [add(session, Unit, code=code, **place) for code in ("B-3", "B-1", "B-2")]
    found = choices(session, Unit, EVERYTHING, "b-", limit=2)
    assert [cell.id for cell in found] == [ids[1], ids[2]]
    assert choices(session, Unit, EVERYTHING, "b-", estate_id=cast.id_of("estates", OTHER)) == []
    assert [cell.id for cell in choices(session, Owner, EVERYTHING, PHONE, personal=lambda model: NOTHING)] == []


def test_a_building_with_a_chinese_code_is_found_by_it(session: Session, cast: Cast) -> None:
    row_id = add(session, Building, estate_id=cast.id_of("estates"), code="东区-3", name="会所")
    assert find(session, Building, "东区") == [row_id]
    assert find(session, Building, "会所") == [row_id]
    assert find(session, Building, "区") == []


@pytest.mark.parametrize("few", [searching.FEW, 1])
def test_a_search_finds_what_going_through_all_rows_finds(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(searching, "FEW", few)
    random = Random(20)
    texts = made_up(session, cast, random)
    needles = [needle(random, texts) for _ in range(NEEDLES)]
    found = {typed: set(find(session, Ticket, typed)) & texts.keys() for typed in needles}
    assert found == {typed: {row_id for row_id, row in texts.items() if holds(row, typed)} for typed in needles}


def made_up(session: Session, cast: Cast, random: Random) -> dict[int, Mapping[str, tuple[str, ...]]]:
    """Tickets with texts out of few characters, so that much is alike: their texts and codes by id."""
    place = {"estate_id": cast.id_of("estates")}
    units = [f"{number}-{number % 3}" for number in range(1, 13)]
    owners = [(f"N{number}", random_text(random, 3)) for number in range(12)]
    with writing(session):
        unit_place = place | {"building_id": cast.id_of("buildings")}
        unit_ids = write(session, [Insert(Unit, {**unit_place, "code": code}) for code in units], by=BY, at=AT)
        people = [Insert(Owner, {**place, "number": number, "name": name}) for number, name in owners]
        owner_ids = write(session, people, by=BY, at=AT)
        rows = [(f"C{number}", random_text(random, 9), random.randrange(12)) for number in range(40)]
        tickets = [
            {"code": code, "subject": text, "unit_id": unit_ids[at], "owner_id": owner_ids[at]}
            for code, text, at in rows
        ]
        common = {**place, "opened_at": AT, "kind": TicketKind.HELP}
        ids = write(session, [Insert(Ticket, {**common, **row}) for row in tickets], by=BY, at=AT)
    return {
        row_id: {"texts": (text, owners[at][1]), "codes": (code, units[at], owners[at][0])}
        for row_id, (code, text, at) in zip(ids, rows, strict=True)
    }


def random_text(random: Random, length: int) -> str:
    return random.choice("漏水管") + "".join(random.choices("漏水管厨a1 ，", k=length))


def needle(random: Random, rows: Mapping[int, Mapping[str, tuple[str, ...]]]) -> str:
    """One or two words, cut out of what is there, or made up."""
    cut = [piece(random, random.choice(list(rows.values()))) for _ in range(random.choice((1, 1, 2)))]
    return " ".join(word for word in cut if word) or "漏"


def piece(random: Random, row: Mapping[str, tuple[str, ...]]) -> str:
    word = random.choice([*"，".join(row["texts"]).replace("，", " ").split(), *row["codes"], random_text(random, 2)])
    start = random.randrange(len(word)) if not word[0].isascii() else 0
    return word[start : start + random.randint(1, 5)].replace("，", "").replace(" ", "")


def holds(row: Mapping[str, tuple[str, ...]], typed: str) -> bool:
    return all(
        any(code.startswith(word.upper()) for code in row["codes"])
        or any(stands_in(text, word) for text in row["texts"])
        for word in typed.split()
    )


def stands_in(text: str, word: str) -> bool:
    """Whether the word is part of the text; one that begins with a letter or digit, from the beginning of a word."""
    places = (at for at in range(len(text)) if text.startswith(word, at))
    return any(
        not word[0].isascii() or at == 0 or not (text[at - 1].isascii() and text[at - 1].isalnum()) for at in places
    )
