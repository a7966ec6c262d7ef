"""Which language a page speaks; that a Chinese page speaks nothing else, whoever wrote the words."""

import pytest
from flask import Flask

from models.account import Role
from models.base import entities
from tests.infrastructure.people import OWN, SHARED, Cast, address, csrf_token, sign_in
from tests.infrastructure.web import Client
from tests.infrastructure.words import chinese, extracted, foreign, visible
from views.errors import SENTENCES
from views.language import wordings

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}
ENGLISH = {"Accept-Language": "en-GB,en;q=0.9"}


def english_on(html: str) -> list[str]:
    """The texts of the page that are English messages."""
    return [text for text in visible(html) if text in extracted() and chinese(text) != text]


def pages(cast: Cast) -> list[str]:
    """Every kind of page: lists, new rows, and of a row of each entity the details, the form and the deletion."""
    rows = cast.rows[OWN] | cast.rows[SHARED]
    own = ["/", "/password", "/load/", "/overdue/", "/satisfaction/", "/escalation/", "/nowhere"]
    lists = [f"/{name}/{ending}" for name in entities() for ending in ("", "new", "?sort=nonsense")]
    details = [
        f"/{name}/{rows[name]}/{ending}" for name in entities().keys() & rows for ending in ("", "edit", "delete")
    ]
    return [*own, *lists, *sorted(details)]


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.MANAGER])
def test_a_chinese_page_shows_no_english_message(app: Flask, cast: Cast, role: Role) -> None:
    person = sign_in(app, address(role))
    found = {page: english_on(person.get(page, headers=CHINESE).text) for page in pages(cast)}
    assert not {page: texts for page, texts in found.items() if texts}


def test_an_english_page_shows_no_chinese(app: Flask, cast: Cast) -> None:
    """But for the brand's mark, the name of the other language, and what the clauses say."""
    person = sign_in(app, address(Role.ADMINISTRATOR))
    shown = [text for name in entities() for text in visible(person.get(f"/{name}/", headers=ENGLISH).text)]
    assert {text for text in shown if not text.isascii() and "一" <= max(text) <= "鿿"} == {"品", "中文"}


def test_empty_forms_are_refused_in_chinese(app: Flask, cast: Cast) -> None:
    person = sign_in(app, address(Role.ADMINISTRATOR))
    answers = {name: person.post(f"/{name}/new", headers=CHINESE) for name in entities()}
    refused = {name: visible(answer.text) for name, answer in answers.items() if answer.status_code == 422}
    assert chinese("A value is needed here") in " ".join(refused["owners"])
    assert not {name: texts for name, texts in refused.items() if set(texts) & extracted()}


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/nowhere", "GET", 404), ("/logout", "GET", 405), ("/login", "DELETE", 405), ("/owners/find", "POST", 400)],
)
def test_errors_are_said_in_chinese(client: Client, path: str, method: str, status: int) -> None:
    answer = client.open(path, method=method, headers=CHINESE)
    assert answer.status_code == status
    assert not [text for text in visible(answer.text) if text in extracted()]


@pytest.mark.parametrize("status", SENTENCES)
def test_every_error_has_a_chinese_sentence(status: int) -> None:
    assert not foreign(chinese(SENTENCES[status]))


@pytest.mark.parametrize("email", ["", "nobody@example.test", "not an address", "administrator@example.test"])
def test_a_failed_sign_in_is_said_in_chinese(client: Client, cast: Cast, email: str) -> None:
    values = {"email": email, "password": "wrong", "csrf_token": csrf_token(client)}
    answer = client.post("/login", data=values, headers=CHINESE)
    assert chinese("E-mail and password do not fit, or the account is not active.") in visible(answer.text)
    assert not english_on(answer.text)


def test_too_many_attempts_are_said_in_chinese(app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "SIGN_IN_ATTEMPTS", 1)
    values = {"email": "nobody@example.test", "password": "wrong", "csrf_token": csrf_token(client)}
    answers = [client.post("/login", data=values, headers=CHINESE) for _ in range(2)]
    assert chinese("Too many attempts. Wait a quarter of an hour.") in visible(answers[-1].text)


def test_the_switch_outlasts_the_wish_of_the_browser(client: Client) -> None:
    client.post("/language", data={"language": "en", "csrf_token": csrf_token(client)}, headers=CHINESE)
    assert 'lang="en"' in client.get("/login", headers=CHINESE).text


def test_a_heading_may_be_in_either_language() -> None:
    assert wordings("Owner name") == ["Owner name", chinese("Owner name"), "Owner name"]
