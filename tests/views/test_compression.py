"""What goes out compressed, and what goes out as it is."""

import gzip

from flask import Flask

from models.account import Role
from tests.infrastructure.people import OWN, Cast, address, sign_in
from tests.infrastructure.web import Client
from views.compression import packed

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


def test_a_page_goes_out_compressed_where_it_is_understood(client: Client) -> None:
    answer = client.get("/login", headers=GZIP)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert b"</html>" in gzip.decompress(answer.data)


def test_a_page_goes_out_as_it_is_where_it_is_not(client: Client) -> None:
    answer = client.get("/login", headers={"Accept-Encoding": "br, gzip;q=0"})
    assert "Content-Encoding" not in answer.headers
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert "</html>" in answer.text


def test_what_is_tiny_is_left_alone(client: Client) -> None:
    assert "Content-Encoding" not in client.get("/healthz", headers=GZIP).headers


def test_a_file_streams_as_it_is(app: Flask, cast: Cast) -> None:
    answer = sign_in(app, address(Role.ADMINISTRATOR)).get("/owners/export/csv", headers=GZIP)
    assert "Content-Encoding" not in answer.headers
    assert OWN in answer.text


def test_the_length_of_an_answer_tells_little_of_its_words() -> None:
    assert len({len(packed(b"the same page " * 200)) for _ in range(50)}) > 5
