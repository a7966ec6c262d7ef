"""What every test may ask for: both databases, the application on each, a session, a client, a browser."""

import gc
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from flask import Flask
from hypothesis import settings
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy.orm import Session

from tests.infrastructure.databases import TEMPLATE, Database, PostgresqlDatabase, SqliteDatabase
from tests.infrastructure.postgresql import server as postgresql_server
from tests.infrastructure.web import CHROMIUM_ARGUMENTS, PATIENCE, Client, chromium_path, serving, watch

if TYPE_CHECKING:
    from tests.infrastructure import cast as standards
    from tests.infrastructure.people import Cast
    from tests.infrastructure.site import Site

# The same examples every time, and no clock: two busy cores would fail a deadline.
settings.register_profile("pinzhi", deadline=None, derandomize=True, database=None)
settings.load_profile("pinzhi")
expect.set_options(timeout=PATIENCE)

Made = TypeVar("Made")
# Fixtures that keep a state of the database under their own name; one that goes on from another stands before it.
KEPT = ("furnished", "equipped", "settled", "standing")
WITHOUT_BROWSER = "without_browser"  # how many tests were left out; each worker process counts the same ones
without_browser = pytest.StashKey[int]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the browser tests, and leave them out where there is no browser."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    browser_tests = [item for item in items if item.get_closest_marker("browser")]
    if browser_tests and chromium_path() is None:
        config.stash[without_browser] = len(browser_tests)
        config.hook.pytest_deselected(items=browser_tests)
        items[:] = [item for item in items if item not in browser_tests]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[WITHOUT_BROWSER] = session.config.stash.get(without_browser, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[without_browser] = getattr(node, "workeroutput", {}).get(WITHOUT_BROWSER, 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if count := config.stash.get(without_browser, 0):
        terminalreporter.write_line(f"NO BROWSER: {count} browser tests were not run", yellow=True)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A server on which databases may be made: TEST_DATABASE_URL, or one started here."""
    if named := os.environ.get("TEST_DATABASE_URL"):
        yield named
    else:
        with postgresql_server() as url:
            yield url


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One after the other: SQLite, PostgreSQL. Has no schema until `app` is asked for."""
    if request.param == "sqlite":
        yield SqliteDatabase(tmp_path_factory.mktemp("sqlite"))
    else:
        postgresql = PostgresqlDatabase(request.getfixturevalue("postgresql_url"), f"pinzhi_{os.getpid()}")
        yield postgresql
        postgresql.drop()


@pytest.fixture(scope="session")
def app(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on a migrated database."""
    from flask_migrate import upgrade

    from app import create_app
    from views.database import db

    app = create_app(
        {
            "DATABASE_URL": database.url,
            "INSTANCE_PATH": str(tmp_path_factory.mktemp("instance")),
            "SECRET_KEY": "test",
            "TESTING": "1",
        }
    )
    app.test_client_class = Client

    def release() -> None:
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()

    database.release = release
    with app.app_context():
        upgrade()
    database.keep()
    gc.freeze()  # whatever is loaded by now stays to the end: each full collection would go through all of it
    yield app
    release()


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Nothing, in place of pytest-flask's fixture of this name: it pushes a request context around each test,
    and all requests of a test would share one user.
    """


@pytest.fixture(scope="session")
def settled(app: Flask, database: Database) -> "Cast":
    """The cast, settled once and kept as a state of its own."""
    from tests.infrastructure.people import settle

    return _keep(app, database, "settled", settle)


@pytest.fixture(scope="session")
def equipped(app: Flask, database: Database, settled: "Cast") -> "Cast":
    """The cast at work, under the default standards: a state that goes on from `settled`."""
    from tests.infrastructure.desk import equip

    _keep(app, database, "equipped", lambda session: equip(session, settled), since="settled")
    return settled


@pytest.fixture(scope="session")
def furnished(app: Flask, database: Database, equipped: "Cast") -> "Site":
    """The cast with tickets in every state, as `site` furnishes them: a state that goes on from `equipped`."""
    from tests.infrastructure.site import furnish

    return _keep(app, database, "furnished", lambda session: furnish(session, equipped), since="equipped")


@pytest.fixture(scope="session")
def standing(app: Flask, database: Database) -> "standards.Cast":
    """The cast of `cast`, which has no accounts: one estate under the default standards."""
    from tests.infrastructure.cast import settle

    return _keep(app, database, "standing", settle)


def _keep(app: Flask, database: Database, name: str, make: Callable[[Session], Made], since: str = TEMPLATE) -> Made:
    """What `make` has made of a state, which is kept under the name of its fixture."""
    from views.database import db

    database.reset(since)
    with app.app_context():
        made = make(db.session())
        db.session.remove()
    database.keep(name)
    return made


@pytest.fixture
def fresh_database(app: Flask, database: Database, request: pytest.FixtureRequest) -> Database:
    """The database, migrated, without rows or in the state kept by a fixture that the test builds on.
    Reset once per test.
    """
    state = next((name for name in KEPT if name in request.fixturenames), TEMPLATE)
    if state != TEMPLATE:
        request.getfixturevalue(state)
    database.reset(state)
    _close_ways(app)
    return database


def _close_ways(app: Flask) -> None:
    """No mail and no webhook, whatever the test before has opened: the engine outlives it."""
    from operations.telling import CHANNELS
    from views.database import db

    with app.app_context():
        db.engine.update_execution_options(**{CHANNELS: frozenset()})


@pytest.fixture
def session(app: Flask, fresh_database: Database) -> Iterator[Session]:
    """A session on the fresh database. Commit before a request or a page is to see what it wrote."""
    from views.database import db

    sessions: Any = db.session  # the scoped session, which the handle declares as the one it stands for
    with app.app_context():
        yield sessions()
        sessions.rollback()
        sessions.remove()


@pytest.fixture
def cast(settled: "Cast", fresh_database: Database) -> "Cast":
    """Two estates with a row of everything and an account per role."""
    return settled


@pytest.fixture
def client(app: Flask, fresh_database: Database) -> Client:
    """A visitor on the fresh database; more of them by `app.test_client()`."""
    client = app.test_client()
    assert isinstance(client, Client)
    return client


@pytest.fixture
def server_url(app: Flask, fresh_database: Database) -> Iterator[str]:
    """The application served on a port of its own, on the fresh database."""
    with serving(app) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, server_url: str) -> Iterator[Page]:
    """A page of a Chinese visitor; `page.goto("/")` is the start page. Any fault on it fails the test."""
    context = browser.new_context(base_url=server_url, locale="zh-CN", timezone_id="Asia/Shanghai")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    faults = watch(page, server_url)
    yield page
    context.close()
    assert not faults, "\n".join(faults)
