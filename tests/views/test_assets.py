"""Stylesheets and scripts: kept for ever under an address of their content, small on the wire, coloured by tokens."""

import gzip
import re

import pytest
from flask import Flask

from tests.infrastructure.web import Client
from views.assets import MAKERS, OURS, SCRIPTS, STYLES, asset_url, bundle

GZIP = {"Accept-Encoding": "gzip, br"}
KIB = 1000
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(|:\s*(?:white|black|red|gr[ae]y)\b", re.IGNORECASE)


@pytest.mark.parametrize("name", MAKERS)
def test_an_asset_is_kept_for_ever_under_its_digest(client: Client, name: str) -> None:
    answer = client.get(asset_url(name), headers=GZIP)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert "Set-Cookie" not in answer.headers
    assert gzip.decompress(answer.data) == bundle(name).content == client.get(asset_url(name)).data


@pytest.mark.parametrize("name", MAKERS)
def test_an_address_from_before_an_update_brings_what_is_now_and_is_not_kept(client: Client, name: str) -> None:
    answer = client.get(f"/assets/before/{name}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
    again = client.get(f"/assets/before/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_there_are_no_other_assets(client: Client) -> None:
    assert client.get("/assets/before/app.py").status_code == 404


def test_all_assets_of_a_page_are_small(client: Client) -> None:
    assert sum(len(client.get(asset_url(name), headers=GZIP).data) for name in MAKERS) <= 120 * KIB


@pytest.mark.parametrize("name", [*STYLES, *SCRIPTS])
def test_colours_are_named_in_the_tokens_only(name: str) -> None:
    text = (OURS / name).read_text()
    assert name == "tokens.css" or COLOUR.findall(text) == []


def test_the_dark_restates_tokens_and_nothing_else() -> None:
    declared = set(re.findall(r"(--[\w-]+):", (OURS / "tokens.css").read_text()))
    restated = re.findall(r"(?:^|[{;\s])([\w-]+): ", re.sub(r"/\*.*?\*/", "", (OURS / "dark.css").read_text()))
    assert "--ink" in restated
    assert set(restated) - {"color-scheme"} <= declared


def test_every_file_is_in_a_bundle() -> None:
    assert {path.name for path in OURS.iterdir()} == {*STYLES, *SCRIPTS, "dark.css"}


def test_a_page_names_its_assets(app: Flask, client: Client) -> None:
    page = client.get("/login").text
    assert [name for name in MAKERS if asset_url(name) not in page] == []
