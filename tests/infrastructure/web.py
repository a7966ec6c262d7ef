"""The application as tests see it: through a client, through a real server, through a page in a browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from functools import partial
from threading import Thread
from typing import Any, Never

from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import ConsoleMessage, Page, Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse

from tests.find_browser import NAMES

PATIENCE = 20_000  # milliseconds: two workers, each with a server and a browser, share two cores
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-quic",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str | None:
    """The Chromium to test with: CHROMIUM, or the first on the path. `make test` looks further beforehand."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class Client(FlaskClient):
    """A test client whose requests share nothing with the test or each other, as in production.

    Within a pushed application context a request would take that one over, with its `g`, where Flask-Login
    keeps the user it has found: whoever signed in first would stay signed in for the whole test.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs["buffered"] = True  # a streamed answer must be read where its context is
        return Context().run(partial(super().open, *args, **kwargs))

    def __enter__(self) -> Never:
        raise RuntimeError("`with client:` would keep a context that the test does not share; just use it")


class QuietHandler(WSGIRequestHandler):
    timeout = 5  # Chromium opens connections in advance and says nothing on them

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve on a free port; at the end wait for what is under way: no request outlives its database."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    server.daemon_threads = False  # type: ignore[attr-defined]
    thread = Thread(target=partial(server.serve_forever, poll_interval=0.05))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def watch(page: Page, base_url: str) -> list[str]:
    """A list that fills with what must not happen: script errors, breaches of the CSP, requests to other
    hosts, parts of a page that fail to load. The page itself may well answer 403 or 422.
    """
    faults: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            faults.append(f"console: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((base_url, "data:", "blob:", "about:")):
            faults.append(f"request to another host: {request.url}")

    def on_response(response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            faults.append(f"{response.status}: {response.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("request", on_request)
    page.on("response", on_response)
    return faults
