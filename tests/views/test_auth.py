import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import create_app
from models.account import Account, Role, SignIn, SignInAttempt
from models.base import now
from models.history import History
from operations.accounts import Grants, create_account, edit_account, end_sign_ins, set_password
from operations.write import writing
from tests.infrastructure.databases import Database
from tests.infrastructure.people import AT, BY, PASSWORD, Cast, Person, address, csrf_token, sign_in
from tests.infrastructure.web import Client
from views.database import db

ALLOWED = 3  # attempts in the second worker below

CLERK = address(Role.CLERK)

OFF_SITE = [
    "//evil.example",
    "///evil.example",
    "////evil.example/x",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\@evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\x00//evil.example",
    "\x19//evil.example",
    " //evil.example",
    "http:evil.example",
    "http:/evil.example",
    "http:///evil.example",
    "http://evil.example",
    "https://localhost@evil.example",
    "https://evil.example\\@localhost",
    "javascript:alert(1)",
    "data:text/html,x",
    "/%5C/evil.example",
    "/.//evil.example",
    "@evil.example",
    "evil.example",
]


@pytest.fixture
def worker(app: Flask, cast: Cast, database: Database, tmp_path: Any) -> Iterator[Flask]:
    """Another process's application on the same database."""
    settings = {"DATABASE_URL": database.url, "INSTANCE_PATH": str(tmp_path), "SECRET_KEY": "test", "TESTING": "1"}
    other = create_app({**settings, "SIGN_IN_ATTEMPTS": str(ALLOWED)})
    other.test_client_class = Client
    yield other
    with other.app_context():
        db.engine.dispose()


def test_the_right_password_signs_in(app: Flask, cast: Cast) -> None:
    assert sign_in(app, CLERK).get("/").status_code == 200


def test_an_address_is_known_in_capitals_too(app: Flask, cast: Cast) -> None:
    assert sign_in(app, f" {CLERK.upper()} ").get("/").status_code == 200


def test_every_failure_gets_the_same_sentence(app: Flask, session: Session, cast: Cast) -> None:
    deactivate(session, cast, Role.BUTLER)
    cases = [
        (CLERK, "wrong"),
        ("nobody@example.test", PASSWORD),
        (address(Role.BUTLER), PASSWORD),
        ("", ""),
        (CLERK, ""),
    ]
    sentences = {alert(attempt(app, *case)) for case in cases}
    assert len(sentences) == 1
    assert sentences != {""}


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (CLERK, "x" * 5000),
        (CLERK, "nul\x00nul"),
        ("nul\x00@example.test", "x"),
        ("x" * 5000 + "@example.test", "x"),
        ("%' OR 1=1 --", "x"),
        ("\ud83d\ude00@example.test".encode("utf-16", "surrogatepass").decode("utf-16"), "😀"),
        ("a@b@c", "\t"),
    ],
)
def test_strange_input_is_a_failure_like_any_other(app: Flask, cast: Cast, email: str, password: str) -> None:
    answer = attempt(app, email, password)
    assert (answer.status_code, alert(answer) != "") == (200, True)


def test_attempts_are_counted_across_workers(app: Flask, worker: Flask, session: Session, cast: Cast) -> None:
    sentence = alert(attempt(app, CLERK, "wrong"))
    assert [alert(attempt(worker, CLERK, "wrong")) == sentence for _ in range(ALLOWED - 1)] == [True, True]
    assert alert(attempt(worker, CLERK, PASSWORD)) != sentence
    assert attempt(worker, address(Role.BUTLER), PASSWORD).status_code == 302


def test_spelling_an_address_otherwise_gives_no_more_attempts(worker: Flask, cast: Cast) -> None:
    spellings = [CLERK, CLERK.upper(), f" {CLERK} ", f"{CLERK}\n"]
    sentences = [alert(attempt(worker, email, "wrong")) for email in spellings]
    assert [sentence == sentences[0] for sentence in sentences] == [True, True, True, False]


def test_attempts_as_json_count_too(worker: Flask, cast: Cast) -> None:
    answers = [post_json(worker, {"email": CLERK, "password": "wrong"}) for _ in range(ALLOWED)]
    assert {answer.status_code for answer in answers} == {200}
    assert attempt(worker, CLERK, PASSWORD).status_code == 200


def test_attempts_are_forgotten_after_a_quarter_of_an_hour(worker: Flask, session: Session, cast: Cast) -> None:
    assert {attempt(worker, CLERK, "wrong").status_code for _ in range(ALLOWED)} == {200}
    with writing(session):
        session.execute(update(SignInAttempt).values(at=now() - timedelta(minutes=16)))
    assert attempt(worker, CLERK, PASSWORD).status_code == 302


def test_nothing_of_an_attempt_is_kept_in_the_clear(app: Flask, session: Session, cast: Cast) -> None:
    attempt(app, CLERK, "wrong")
    subjects = session.scalars(select(SignInAttempt.subject)).all()
    assert len(subjects) == 2
    assert {len(subject) for subject in subjects} == {64}


def test_signing_out_kills_a_copied_cookie(app: Flask, worker: Flask, cast: Cast) -> None:
    person = sign_in(app, CLERK)
    copy = copied(worker, person)
    assert copy.get("/").status_code == 200
    person.post("/logout")
    assert is_signed_out(copy)
    assert is_signed_out(person.client)


def test_signing_out_needs_a_post(app: Flask, cast: Cast) -> None:
    person = sign_in(app, CLERK)
    assert person.get("/logout").status_code == 405
    assert person.get("/").status_code == 200


def test_a_remember_cookie_opens_nothing(app: Flask, cast: Cast) -> None:
    client = app.test_client()
    assert isinstance(client, Client)
    form = {"email": CLERK, "password": PASSWORD, "remember": "y", "csrf_token": csrf_token(client)}
    client.post("/login", data=form)
    client.delete_cookie("session")
    assert is_signed_out(client)


def test_no_token_opens_the_panel_beside_the_session(app: Flask, session: Session, cast: Cast) -> None:
    with app.app_context():
        token = session.get_one(Account, cast.accounts[Role.ADMINISTRATOR]).get_auth_token()
    client = app.test_client()
    assert client.get("/accounts/", headers={"Authentication-Token": token}).status_code == 302
    assert client.get("/accounts/", query_string={"auth_token": token}).status_code == 302


def test_signing_in_hands_out_no_token(app: Flask, cast: Cast) -> None:
    answer = post_json(app, {"email": CLERK, "password": PASSWORD}, "/login?include_auth_token")
    assert "authentication_token" not in answer.text


def test_deactivating_an_account_ends_its_sessions_in_every_worker(
    app: Flask, worker: Flask, session: Session, cast: Cast
) -> None:
    copy = copied(worker, sign_in(app, CLERK))
    assert copy.get("/").status_code == 200
    deactivate(session, cast, Role.CLERK)
    assert is_signed_out(copy)


def test_a_deactivated_account_stays_out_after_it_is_active_again(app: Flask, session: Session, cast: Cast) -> None:
    person = sign_in(app, CLERK)
    deactivate(session, cast, Role.CLERK)
    with writing(session):
        edit_account(session, cast.accounts[Role.CLERK], {"active": True}, version=None, by=BY, at=AT)
    assert is_signed_out(person.client)


def test_a_new_password_ends_every_session_in_every_worker(
    app: Flask, worker: Flask, session: Session, cast: Cast
) -> None:
    copies = [copied(worker, sign_in(app, CLERK)) for _ in range(2)]
    with writing(session):
        set_password(session, cast.accounts[Role.CLERK], "other hash", by=BY, at=AT)
    assert [is_signed_out(copy) for copy in copies] == [True, True]


def test_a_role_taken_away_is_gone_with_the_next_request(app: Flask, session: Session, cast: Cast) -> None:
    person = sign_in(app, CLERK)
    assert person.get("/owners/").status_code == 200
    with writing(session):
        clerk = cast.accounts[Role.CLERK]
        edit_account(
            session, clerk, {}, grants=Grants({Role.ENGINEER}, {cast.id_of("estates")}), version=None, by=BY, at=AT
        )
    assert person.get("/owners/").status_code == 403


def test_a_session_expires(app: Flask, session: Session, cast: Cast) -> None:
    person = sign_in(app, CLERK)
    with writing(session):
        session.execute(update(SignIn).values(expires_at=now() - timedelta(seconds=1)))
    assert is_signed_out(person.client)


def test_a_cookie_of_another_key_opens_nothing(app: Flask, cast: Cast) -> None:
    client = app.test_client()
    client.set_cookie("session", "eyJfdXNlcl9pZCI6IjEifQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert is_signed_out(client)


def test_the_present_password_cannot_be_guessed_without_end(
    app: Flask, session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SIGN_IN_ATTEMPTS", 2)
    person, new = sign_in(app, CLERK), "another horse battery"
    before = session.scalar(select(Account.password).where(Account.email == CLERK))
    session.rollback()
    for _ in range(2):
        person.post("/password", {"current": "wrong", "new": new, "repeated": new})
    answer = person.post(
        "/password", {"current": PASSWORD, "new": new, "repeated": new}, headers={"Accept-Language": "en"}
    )
    assert (answer.status_code, "Too many attempts" in answer.text) == (422, True)
    assert session.scalar(select(Account.password).where(Account.email == CLERK)) == before


def test_changing_ones_own_password_asks_for_the_present_one(app: Flask, session: Session, cast: Cast) -> None:
    person, new = sign_in(app, CLERK), "another long one"
    refused = person.post("/password", {"current": "wrong", "new": new, "repeated": new})
    assert refused.status_code == 422
    done = person.post("/password", {"current": PASSWORD, "new": new, "repeated": new})
    assert (done.status_code, is_signed_out(person.client)) == (302, True)
    assert sign_in(app, CLERK, new).get("/").status_code == 200


@pytest.mark.parametrize(
    "form",
    [
        {"current": PASSWORD, "new": "short", "repeated": "short"},
        {"current": PASSWORD, "new": "long enough one", "repeated": "long enough two"},
        {"current": "x" * 5000, "new": "long enough one", "repeated": "long enough one"},
        {"current": PASSWORD, "new": "x" * 5000, "repeated": "x" * 5000},
        {},
    ],
)
def test_a_password_that_will_not_do_is_refused_with_a_sentence(app: Flask, cast: Cast, form: dict[str, str]) -> None:
    answer = sign_in(app, CLERK).post("/password", form)
    assert (answer.status_code, "alert-danger" in answer.text) == (422, True)


def test_an_address_is_taken_once_however_it_is_written(app: Flask, session: Session, cast: Cast) -> None:
    from operations.write import Refused

    values = {"email": CLERK.upper(), "name": "Double"}
    with pytest.raises(Refused), writing(session):
        create_account(session, values, "hash", roles={Role.AUDITOR}, by=BY, at=AT)
    assert attempt(app, CLERK, PASSWORD).status_code == 302


def test_signing_in_leaves_account_and_history_as_they_were(app: Flask, session: Session, cast: Cast) -> None:
    before = session.scalar(select(func.count()).select_from(History))
    sign_in(app, CLERK)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(History)) == before
    assert session.get_one(Account, cast.accounts[Role.CLERK]).version == 1


@pytest.mark.parametrize("where", ["form", "query"])
def test_signing_in_never_leads_off_the_site(app: Flask, cast: Cast, where: str) -> None:
    assert [wanted for wanted in OFF_SITE if not stays(attempt(app, CLERK, PASSWORD, **{where: wanted}))] == []


@pytest.mark.parametrize("wanted", ["//evil.example", "/\\evil.example", "http://evil.example", "/\t/evil.example"])
def test_somebody_signed_in_already_is_not_led_off_the_site(app: Flask, cast: Cast, wanted: str) -> None:
    person = sign_in(app, CLERK)
    assert stays(person.get("/login", query_string={"next": wanted}))
    assert stays(person.post("/login", {"next": wanted, "email": CLERK, "password": PASSWORD}))


def test_signing_out_is_not_led_off_the_site(app: Flask, cast: Cast) -> None:
    assert stays(sign_in(app, CLERK).post("/logout?next=//evil.example", {"next": "//evil.example"}))


def test_signing_in_leads_back_to_where_one_wanted_to_go(app: Flask, cast: Cast) -> None:
    asked = app.test_client().get("/owners/?sort=-number&size=20").location
    assert asked.startswith("/login?next=")
    answer = attempt(app, CLERK, PASSWORD, form="/owners/?sort=-number&size=20")
    assert answer.location == "/owners/?sort=-number&size=20"


def attempt(app: Flask, email: str, password: str, form: str = "", query: str = "") -> TestResponse:
    """The answer to an attempt to sign in, with a way to go on in the form or in the address."""
    client = app.test_client()
    assert isinstance(client, Client)
    data = {"email": email, "password": password, "csrf_token": csrf_token(client)} | ({"next": form} if form else {})
    return client.post("/login", data=data, query_string={"next": query} if query else {})


def alert(answer: TestResponse) -> str:
    """The sentence that the sign-in page says; empty for none."""
    _, _, rest = answer.text.partition('alert-danger" role="alert">')
    return rest.partition("<")[0]


def post_json(app: Flask, data: dict[str, str], path: str = "/login") -> TestResponse:
    client = app.test_client()
    assert isinstance(client, Client)
    headers = {"X-CSRFToken": csrf_token(client), "Accept": "application/json"}
    return client.post(path, data=json.dumps(data), content_type="application/json", headers=headers)


def copied(app: Flask, person: Person) -> Client:
    """Another browser, at that worker, with the person's cookie."""
    cookie = person.client.get_cookie("session")
    assert cookie is not None
    client = app.test_client()
    assert isinstance(client, Client)
    client.set_cookie("session", cookie.value)
    return client


def is_signed_out(client: Any) -> bool:
    answer = client.get("/owners/")
    return bool(answer.status_code == 302 and answer.location.startswith("/login"))


def deactivate(session: Session, cast: Cast, role: Role) -> None:
    with writing(session):
        edit_account(session, cast.accounts[role], {"active": False}, version=None, by=BY, at=AT)


def stays(answer: TestResponse) -> bool:
    """Whether the answer is no redirect, or one whose address any browser takes for a page of this site."""
    location = answer.headers.get("Location", "/")
    resolved = urlsplit(urljoin("http://localhost/login", location))
    return (resolved.scheme, resolved.netloc) == ("http", "localhost") and not re.search(r"[\\\x00-\x20]", location)


def test_a_form_sent_after_the_session_has_ended_says_so(app: Flask, session: Session, cast: Cast) -> None:
    person = sign_in(app, CLERK)
    with writing(session):
        end_sign_ins(session, cast.accounts[Role.CLERK], now())
    english = {"Accept-Language": "en"}
    answer = person.post("/tickets/new", {"subject": "水管漏水"}, headers=english)
    assert (answer.status_code, answer.location) == (302, "/login")
    assert "session has ended" in person.get("/login", headers=english).text
