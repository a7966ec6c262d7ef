"""Which language a page speaks; that a page speaks nothing else, whoever wrote the words."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.account import Role
from models.base import Base, entities, entity, target
from tests.infrastructure.people import OWN, Cast, Person, address, csrf_token, sign_in
from tests.infrastructure.site import TYPED, Site, addresses, followed, forms, visited
from tests.infrastructure.speech import Data, data_of, not_chinese, not_english, said
from tests.infrastructure.web import Client
from tests.infrastructure.words import ROOT, chinese, foreign, visible
from views.errors import SENTENCES
from views.language import wordings

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}
ENGLISH = {"Accept-Language": "en-GB,en;q=0.9"}
JSON = {"Accept": "application/json"}
READERS = {"zh": (CHINESE, not_chinese), "en": (ENGLISH, not_english)}
# Files for loading are headed as the company's own files are, whoever fetches them.
FILES_FOR_LOADING = {"load.template", "load.refused"}
WITHOUT_WORDS = {"home.static", "static", "security.static", "public.healthz", "assets.bundle_view"}
# Tested below; there when a form has been answered.
APART = {"security.login", "security.logout", "load.refused", "bulk-changes.details_view"}
Judge = Callable[[Iterable[str], Data], set[str]]


# What is said does not depend on the database, and the walks are long.
on_one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def site(furnished: Site, session: Session) -> Site:
    return furnished


@pytest.fixture(params=list(READERS))
def reader(request: pytest.FixtureRequest) -> tuple[dict[str, str], Judge]:
    """What a reader's browser asks for, and who judges what comes."""
    return READERS[request.param]


def reading(app: Flask, role: Role, language: dict[str, str]) -> Person:
    person = sign_in(app, address(role))
    person.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language["Accept-Language"]
    return person


def misread(
    answers: Iterable[tuple[str, TestResponse]], judge: Judge, session: Session, before: Data
) -> dict[str, str]:
    """What is said in no language of the reader, with a place; `before` knows what the walk itself deleted."""
    collected = list(answers)
    assert not [where for where, answer in collected if answer.status_code >= 500]
    data = before | data_of(session)
    return {text[:200]: where for where, answer in collected for text in judge(said(answer), data)}


def routes_of_pages(app: Flask) -> set[str]:
    """The routes that answer with a page when they are fetched; one that nothing links to belongs in `addresses`."""
    fetched = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())}
    deeds = {"edit_view": "edit", "cell_view": "edit", "delete_view": "delete"}
    undone = {
        f"{name}.{view}" for name, model in entities().items() for view, deed in deeds.items() if not does(model, deed)
    }
    return fetched - undone - WITHOUT_WORDS - APART


def does(model: type[Base], deed: str) -> bool:
    return deed in entity(model).deeds


def looked_up() -> set[str]:
    """The entities that rows of others refer to."""
    columns = [column for model in entities().values() for column in model.__table__.columns]
    return {model.__entity__.name for column in columns if (model := target(column)) and model.__entity__}


# Every page


@on_one_database
def test_every_page_speaks_the_readers_language(
    app: Flask, session: Session, site: Site, reader: tuple[dict[str, str], Judge]
) -> None:
    """Each kind of page, and of each route whatever set of parameters a page links to; no route is left out."""
    language, judge = reader
    person, before = reading(app, Role.ADMINISTRATOR, language), data_of(session, TYPED)
    pages = dict(followed(person, list(addresses(site).values())))
    to_read = {path: answer for path, answer in pages.items() if not visited(app, [path]) & FILES_FOR_LOADING}
    assert not misread(to_read.items(), judge, session, before)
    assert not sorted(routes_of_pages(app) - visited(app, pages))


@on_one_database
def test_every_answer_to_a_form_speaks_the_readers_language(
    app: Flask, session: Session, site: Site, reader: tuple[dict[str, str], Judge]
) -> None:
    language, judge = reader
    before = data_of(session, TYPED)
    answers = forms(reading(app, Role.ADMINISTRATOR, language), site)
    assert not misread(answers, judge, session, before)


@on_one_database
@pytest.mark.parametrize("role", Role)
def test_every_role_is_spoken_to_in_its_language(
    app: Flask, session: Session, site: Site, reader: tuple[dict[str, str], Judge], role: Role
) -> None:
    """Start page, menu, lists and refusals; a ticket with the actions that the role may do."""
    language, judge = reader
    person = reading(app, role, language)
    paths = ["/", "/overdue/", *(f"/{name}/" for name in entities()), f"/tickets/{site.tickets['late']}/"]
    assert not misread([(path, person.get(path)) for path in paths], judge, session, data_of(session, TYPED))


@on_one_database
def test_scripts_are_answered_in_the_readers_language(
    app: Flask, session: Session, site: Site, reader: tuple[dict[str, str], Judge]
) -> None:
    language, judge = reader
    person = reading(app, Role.ADMINISTRATOR, language)
    asked = {name: person.post(f"/{name}/lookup", {"text": OWN}, headers=JSON) for name in looked_up()}
    asked |= {"who": person.post("/tickets/who", {"text": OWN}, headers=JSON)}
    asked |= {path: person.get(path, headers=JSON) for path in ("/nowhere", "/owners/0/", "/logout")}
    assert not misread(asked.items(), judge, session, data_of(session, TYPED))


# Who is not signed in; what goes wrong


@on_one_database
@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/login", "GET", 200),
        ("/nowhere", "GET", 404),
        ("/logout", "GET", 405),
        ("/login", "DELETE", 405),
        ("/owners/find", "POST", 400),
    ],
)
def test_a_visitor_is_spoken_to_in_the_readers_language(
    client: Client, session: Session, reader: tuple[dict[str, str], Judge], path: str, method: str, status: int
) -> None:
    language, judge = reader
    answer = client.open(path, method=method, headers=language)
    assert answer.status_code == status
    assert not judge(said(answer), data_of(session))


@on_one_database
@pytest.mark.parametrize("email", ["", "nobody@example.test", "not an address", "administrator@example.test"])
def test_a_failed_sign_in_is_said_in_the_readers_language(
    client: Client, session: Session, cast: Cast, reader: tuple[dict[str, str], Judge], email: str
) -> None:
    language, judge = reader
    values = {"email": email, "password": "wrong", "csrf_token": csrf_token(client)}
    answer = client.post("/login", data=values, headers=language)
    assert not judge(said(answer), data_of(session, [email]))


@on_one_database
def test_a_failed_sign_in_says_why(client: Client, cast: Cast) -> None:
    values = {"email": "nobody@example.test", "password": "wrong", "csrf_token": csrf_token(client)}
    answer = client.post("/login", data=values, headers=CHINESE)
    assert chinese("E-mail and password do not fit, or the account is not active.") in visible(answer.text)


@on_one_database
def test_too_many_attempts_are_said_in_chinese(app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "SIGN_IN_ATTEMPTS", 1)
    values = {"email": "nobody@example.test", "password": "wrong", "csrf_token": csrf_token(client)}
    answers = [client.post("/login", data=values, headers=CHINESE) for _ in range(2)]
    assert chinese("Too many attempts. Wait a quarter of an hour.") in visible(answers[-1].text)


@on_one_database
def test_a_file_too_large_is_refused_in_the_readers_language(
    app: Flask, session: Session, site: Site, reader: tuple[dict[str, str], Judge], monkeypatch: pytest.MonkeyPatch
) -> None:
    language, judge = reader
    person = reading(app, Role.ADMINISTRATOR, language)
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 10)
    answer = person.client.post("/load/", data={"file": "~" * 1000, "csrf_token": person.token})
    assert answer.status_code == 413
    assert not judge(said(answer), data_of(session))


@pytest.mark.parametrize("status", SENTENCES)
def test_every_error_has_a_chinese_sentence(status: int) -> None:
    assert not foreign(chinese(SENTENCES[status]))


# Scripts and style sheets

SENTENCE = re.compile(r"""["'`][^"'`\n]*[A-Z][a-z]+ [a-z]+[^"'`\n]*["'`]""")


@pytest.mark.parametrize("path", sorted((ROOT / "views" / "static").rglob("*.*s*")), ids=lambda path: path.name)
def test_scripts_and_style_sheets_hold_no_words(path: Path) -> None:
    """Their texts come from the page, where they are translated."""
    text = re.sub(r"/\*.*?\*/", "", re.sub(r"//.*", "", path.read_text()), flags=re.DOTALL)
    assert not SENTENCE.findall(text)
    assert not re.findall(r"[一-鿿]+", text)


# Which language


@on_one_database
def test_the_switch_outlasts_the_wish_of_the_browser(client: Client) -> None:
    client.post("/language", data={"language": "en", "csrf_token": csrf_token(client)}, headers=CHINESE)
    assert 'lang="en"' in client.get("/login", headers=CHINESE).text


def test_a_heading_may_be_in_either_language() -> None:
    assert wordings("Owner name") == ["Owner name", chinese("Owner name"), "Owner name"]


# The judges


@pytest.mark.parametrize(
    "html",
    [
        "<p>Nothing found</p>",
        '<p title="Nothing found">无</p>',
        '<p data-none="Nothing found">无</p>',
        '<input type="submit" value="Save">',
        "<svg><title>Nothing found</title></svg>",
        "<p>共 3 rows</p>",
        "<p>noted</p>",
    ],
)
def test_english_on_a_chinese_page_is_noticed(html: str) -> None:
    assert not_chinese(visible(html), Data(frozenset({"note", "ZZ"})))


@pytest.mark.parametrize(
    "html", ["<p>共 3 条</p>", "<p>“ZZ”</p>", "<p>a***@example.test</p>", "<p>S3 第5篇 5.2.3</p>", "<kbd>Ctrl K</kbd>"]
)
def test_data_and_clauses_on_a_chinese_page_are_let_pass(html: str) -> None:
    assert not not_chinese(visible(html), Data(frozenset({"note", "ZZ"})))


@pytest.mark.parametrize("html", ["<p>没有</p>", '<p aria-label="没有">–</p>', "<p>陈静 来电</p>"])
def test_chinese_on_an_english_page_is_noticed(html: str) -> None:
    assert not_english(visible(html), Data(frozenset({"陈静"})))
