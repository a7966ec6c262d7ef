"""The specs of the summaries' charts, in Vega-Lite: values and links in, no judgement made here.

Colours are the stylesheet's tokens, so that a chart is light or dark like the page it stands in.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

WIDE, NARROW = 660, 240  # of the part with the values: for a page, and for a phone
_INK, _QUIET, _LINE, _PAPER = "var(--ink)", "var(--ink-quiet)", "var(--line)", "var(--paper)"
_BRAND, _ALARM = "var(--brand)", "var(--alarm)"
_AGES = ("var(--age-1)", "var(--age-2)", "var(--age-3)", "var(--age-4)")


# A spec that lacks but its width.
Drawing = partial[dict[str, Any]]

_CONFIG: dict[str, Any] = {
    "aria": False,
    "background": None,
    # The renderer has not the browser's fonts: labels may come out wider than it reckoned.
    "padding": {"left": 28, "right": 16, "top": 5, "bottom": 5},
    "font": "system-ui, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": _QUIET,
        "labelFontSize": 12,
        "labelLimit": 0,
        "domainColor": _LINE,
        "tickColor": _LINE,
        "gridColor": _LINE,
        "title": None,
    },
    "legend": {"labelColor": _INK, "labelFontSize": 12, "labelLimit": 0, "title": None},
    "header": {"labelColor": _INK, "labelFontSize": 13, "labelFontWeight": 600, "labelLimit": 0, "title": None},
}


def satisfaction_spec(
    rows: Sequence[dict[str, Any]],
    months: Sequence[str],
    lowest: float,
    target: float,
    target_text: str,
    width: int = WIDE,
) -> dict[str, Any]:
    """One panel per estate: the rate by month with its interval, hollow where the sample is small, and the target.

    A row has estate, month, rate, low, high (between 0 and 1), small and url.
    """
    x = {
        "field": "month",
        "type": "ordinal",
        "scale": {"domain": list(months)},
        "axis": {"labelAngle": 0, "labelOverlap": "greedy"},
    }
    y = {
        "field": "rate",
        "type": "quantitative",
        "scale": {"domain": [lowest, 1], "nice": False},
        "axis": {"format": ".0%", "tickCount": 4},
    }
    fill = {"condition": {"test": "datum.small", "value": _PAPER}, "value": _BRAND}
    target_row = {"values": [{"target": target, "text": target_text}]}
    target_y = {"field": "target", "type": "quantitative"}
    panel = {
        "width": width,
        "height": 120,
        "layer": [
            {
                "data": target_row,
                "mark": {"type": "rule", "color": _ALARM, "strokeDash": [5, 4]},
                "encoding": {"y": target_y},
            },
            {
                "data": target_row,
                "mark": {"type": "text", "align": "left", "dx": 5, "color": _ALARM, "fontSize": 12},
                "encoding": {"y": target_y, "x": {"value": width}, "text": {"field": "text"}},
            },
            {
                "mark": {"type": "rule", "color": _BRAND, "strokeWidth": 1.5, "opacity": 0.55},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "line", "color": _BRAND, "strokeWidth": 1.5},
                "encoding": {"x": x, "y": y},
            },
            {
                "mark": {"type": "point", "size": 70, "stroke": _BRAND, "strokeWidth": 1.5, "opacity": 1},
                "encoding": {"x": x, "y": y, "fill": fill, "href": {"field": "url"}},
            },
        ],
    }
    header = {"labelOrient": "top", "labelAnchor": "start", "labelAngle": 0, "labelPadding": 4}
    return {
        "data": {"values": list(rows)},
        "facet": {"row": {"field": "estate", "type": "nominal", "header": header, "sort": None}},
        "spec": panel,
        "spacing": 22,
        "config": _CONFIG,
    }


def escalation_spec(
    rows: Sequence[dict[str, Any]], levels: Sequence[str], ages: Sequence[str], width: int = WIDE
) -> dict[str, Any]:
    """A bar per level, stacked by age. A row has level, age, rank (the order of the age), number and url."""
    axis = {"labelPadding": 6, "domain": False, "ticks": False}
    return {
        "data": {"values": list(rows)},
        "width": width - (120 if width == WIDE else 20),
        "height": {"step": 42},
        "mark": {"type": "bar", "stroke": _PAPER, "strokeWidth": 1},
        "encoding": {
            "y": {"field": "level", "type": "nominal", "scale": {"domain": list(levels)}, "axis": axis},
            "x": {"field": "number", "type": "quantitative", "axis": {"tickMinStep": 1, "format": "d"}},
            "color": {
                "field": "age",
                "type": "nominal",
                "scale": {"domain": list(ages), "range": list(_AGES)},
                "legend": {"orient": "top", "symbolType": "square", "columns": 4 if width == WIDE else 2},
            },
            "order": {"field": "rank", "type": "quantitative"},
            "href": {"field": "url"},
        },
        "config": _CONFIG,
    }
