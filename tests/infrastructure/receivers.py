"""Real receivers of what the panel sends: an SMTP server and an HTTP server, each in a thread of its own."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller

HOST = "127.0.0.1"


@dataclass
class Mails:
    """The e-mails that arrived; each of the first `answers` is given in place of taking one in."""

    port: int
    answers: list[str] = field(default_factory=list)
    arrived: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        if self.answers:
            return self.answers.pop(0)
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.arrived.append(message)
        return "250 taken in"


@dataclass
class Call:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Calls:
    """The requests that arrived; each is answered by the next of `answers`, and with 204 when there are no more.

    A redirect leads to `/elsewhere` on the same server.
    """

    port: int = 0
    answers: list[int] = field(default_factory=list)
    arrived: list[Call] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/hook?of=pinzhi"


@contextmanager
def mail_server(*answers: str) -> Iterator[Mails]:
    """An SMTP server without encryption, as on the machine itself."""
    mails = Mails(free_port(), list(answers))
    controller = Controller(mails, hostname=HOST, port=mails.port)
    controller.start()
    try:
        yield mails
    finally:
        controller.stop()


@contextmanager
def http_server(*answers: int) -> Iterator[Calls]:
    """A web server that keeps what is posted to it."""
    calls = Calls(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            calls.arrived.append(Call(self.path, dict(self.headers), body))
            self.send_response(calls.answers.pop(0) if calls.answers else 204)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words: Any) -> None:
            """Nothing: a test says what it has to say."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    calls.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield calls
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
