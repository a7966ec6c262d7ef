import fcntl
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from views import charts
from views.charts import chart_svg, clean_svg

SPEC: dict[str, Any] = {
    "data": {"values": [{"estate": "翠湖 & <花园>", "number": 3, "url": "/tickets/?a=1&b=2"}]},
    "mark": "bar",
    "encoding": {
        "y": {"field": "estate", "type": "nominal"},
        "x": {"field": "number", "type": "quantitative"},
        "href": {"field": "url"},
    },
}
SVG = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def other(title: str) -> dict[str, Any]:
    """A spec that no test before has drawn."""
    return {**SPEC, "title": title}


def test_a_chart_is_plain_svg_that_scales_with_the_page(app: Flask) -> None:
    with app.app_context():
        svg = chart_svg([SPEC], 'Tickets "by" estate')
    assert svg is not None
    assert svg.startswith('<figcaption class="visually-hidden">Tickets &#34;by&#34; estate</figcaption><svg ')
    assert 'width="100%"' in svg
    assert "翠湖 &amp; &lt;花园&gt;" in svg
    assert 'href="/tickets/?a=1&amp;b=2"' in svg
    assert "style" not in svg
    assert "script" not in svg


@pytest.mark.parametrize(
    ("inner", "kept"),
    [
        ("<script>alert(1)</script>", ""),
        ("<style>a{}</style>", ""),
        ("<foreignObject><p/></foreignObject>", ""),
        ('<g onclick="x()" aria-label="y"/>', "<g />"),
        ('<g style="fill: red; stroke:none"/>', '<g fill="red" stroke="none" />'),
        ('<a xlink:href="https://example.com/"/>', '<a tabindex="-1" />'),
        ('<a xlink:href="//example.com/"/>', '<a tabindex="-1" />'),
        ('<a xlink:href="/\\example.com/"/>', '<a tabindex="-1" />'),
        ('<a xlink:href="javascript:x()"/>', '<a tabindex="-1" />'),
        (
            '<a xlink:href="https://vega.github.io/vega-datasets//tickets/"/>',
            '<a href="/tickets/" tabindex="-1" />',
        ),
    ],
)
def test_what_a_strict_policy_bars_is_taken_out(inner: str, kept: str) -> None:
    cleaned = clean_svg(f'<svg {SVG} viewBox="0 0 1 1"><g/>{inner}</svg>'.encode())
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1" width="100%" aria-hidden="true"><g />'
    assert cleaned == f"{head}{kept}</svg>"


def test_a_chart_is_drawn_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        first = chart_svg([other("once")], "label")
        monkeypatch.setattr(charts, "SECONDS_TO_RENDER", 0.001)
        assert chart_svg([other("once")], "label") == first is not None


def test_a_chart_that_takes_too_long_is_done_without(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "SECONDS_TO_RENDER", 0.001)
    with app.app_context():
        assert chart_svg([other("too long")], "label") is None


def test_a_spec_that_is_none_is_done_without(app: Flask) -> None:
    with app.app_context():
        assert chart_svg([{"mark": {"type": "no such mark"}, "encoding": []}], "label") is None


def test_nobody_waits_for_ever_for_another_chart(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "SECONDS_TO_WAIT", 0.1)
    folder = Path(app.instance_path) / "charts"
    folder.mkdir(exist_ok=True)
    with app.app_context(), (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert chart_svg([other("waiting")], "label") is None


def test_a_chart_of_two_widths_is_drawn_at_both(app: Flask) -> None:
    with app.app_context():
        svg = chart_svg([{**other("wide"), "width": 600}, {**other("narrow"), "width": 200}], "label")
    assert svg is not None
    assert svg.count("<svg ") == svg.count("</svg>") == 2


def test_a_chart_takes_its_colours_from_the_page(app: Flask) -> None:
    coloured = {**other("coloured"), "mark": {"type": "bar", "color": "var(--brand)"}}
    with app.app_context():
        svg = chart_svg([coloured], "label")
    assert svg is not None
    assert 'fill="var(--brand)"' in svg
