"""Somebody at a browser, without the browser: a kept connection, cookies, forms, and a clock."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode


@dataclass(frozen=True)
class Answer:
    """What came back, and how long it took until the last byte of it was there."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode()

    def demand(self, *statuses: int) -> "Answer":
        """Itself; RuntimeError when the status is none of these: a time of an error page is none of the page."""
        if self.status not in statuses:
            words = re.sub(r"<[^>]+>|\s+", " ", self.text)
            raise RuntimeError(f"status {self.status}: {words[:2000]}")
        return self


class Visitor:
    def __init__(self, host: str, port: int) -> None:
        self.connection = HTTPConnection(host, port, timeout=600)
        self.cookies: dict[str, str] = {}
        self.used_at = 0.0

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, form: Mapping[str, str]) -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(form).encode(), headers)

    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def sign_in(self, email: str, password: str) -> None:
        form = fields(self.get("/login").demand(200).text)
        self.post("/login", {**form, "email": email, "password": password}).demand(302)
        self.get("/").demand(200)

    def token(self) -> str:
        """What an unsafe request must carry."""
        return fields(self.get("/password").demand(200).text)["csrf_token"]

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        sent = {"Accept-Language": "zh-CN", **headers}
        if self.cookies:
            sent["Cookie"] = self.cookie()
        self._refresh()
        start = time.perf_counter()
        self.connection.request(method, path, body, sent)
        response = self.connection.getresponse()
        content = response.read()
        self.used_at = time.perf_counter()
        seconds = self.used_at - start
        for line in response.headers.get_all("Set-Cookie", []):
            self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})
        return Answer(response.status, dict(response.headers), content, seconds)

    def _refresh(self) -> None:
        """Connect anew if the server may have closed the connection meanwhile: it keeps it for two seconds."""
        if time.perf_counter() - self.used_at > 1:
            self.connection.close()
            self.connection.connect()


class _Fields(HTMLParser):
    """What a browser would send if the form were sent as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.select = self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        is_ticked = given.get("type") not in ("checkbox", "radio") or "checked" in given
        if tag == "input" and name and is_ticked:
            self.found[name] = value
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in given or self.select not in self.found):
            self.found[self.select] = value
        elif tag == "textarea":
            self.area = name
            self.found[name] = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.found[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""


def fields(page: str) -> dict[str, str]:
    """The fields of the page's forms with what stands in them; of equal names the last."""
    parser = _Fields()
    parser.feed(page)
    return parser.found


def assets(page: str) -> list[str]:
    """The addresses of the style sheets and scripts that the page asks for."""
    found = re.findall(r'<(?:link rel="stylesheet" href|script[^>]* src)="([^"]+)"', page)
    return [address.replace("&amp;", "&") for address in found]
