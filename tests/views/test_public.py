"""What needs no sign-in: the theme, and the headers that every answer has."""

import pytest

from tests.infrastructure.people import csrf_token
from tests.infrastructure.web import Client
from views.assets import asset_url


def choose(client: Client, **values: str) -> str:
    """Where the switch leads."""
    return client.post("/theme", data={"csrf_token": csrf_token(client), **values}).location


def test_the_theme_lasts_and_leads_back(client: Client) -> None:
    assert choose(client, theme="dark", back="/login?next=/owners/") == "/login?next=/owners/"
    page = client.get("/login").text
    assert 'data-theme="dark"' in page
    assert f'href="{asset_url("dark.css")}" media="screen">' in page


def test_without_a_choice_the_page_follows_the_system(client: Client) -> None:
    assert 'media="screen and (prefers-color-scheme: dark)"' in client.get("/login").text


def test_a_light_page_loads_nothing_dark(client: Client) -> None:
    choose(client, theme="light")
    assert "dark.css" not in client.get("/login").text


@pytest.mark.parametrize("theme", ["", "neon", "<script>"])
def test_a_theme_that_is_none_is_no_choice(client: Client, theme: str) -> None:
    assert choose(client, theme=theme, back="//example.com") == "/"
    assert 'data-theme="auto"' in client.get("/login").text


@pytest.mark.parametrize("path", ["/login", "/nowhere", "/healthz"])
def test_a_page_may_load_its_own_parts_only(client: Client, path: str) -> None:
    policy = client.get(path).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "img-src 'self' data:" in policy
    assert "frame-ancestors 'none'" in policy


def test_a_page_is_kept_nowhere(client: Client) -> None:
    assert client.get("/login").headers["Cache-Control"] == "no-store"
