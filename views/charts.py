"""Charts: Vega-Lite specs become plain inline SVG, rendered once in a process of its own and kept by content."""

import fcntl
import hashlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from flask import current_app
from markupsafe import Markup

SECONDS_TO_RENDER = 20
SECONDS_TO_WAIT = 10  # for another chart that is being rendered on this machine
DAYS_KEPT = 7
_SVG, _LINK = "http://www.w3.org/2000/svg", "{http://www.w3.org/1999/xlink}href"
_BASE = "https://vega.github.io/vega-datasets/"  # what the renderer puts in front of a path
_PARTS = {"svg", "g", "path", "line", "rect", "circle", "text", "tspan", "a", "defs", "clipPath"}
_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")


class NoChart(Exception):
    """The chart could not be made: the page does without it."""


def chart_svg(specs: Sequence[Mapping[str, Any]], label: str) -> Markup | None:
    """A chart to stand in a figure, drawn from the widest spec to the narrowest, of which the stylesheet shows the
    one that fits; captioned `label` for those who do not see it. None if it cannot be made.
    """
    text = json.dumps(specs, sort_keys=True, ensure_ascii=False)
    folder = Path(current_app.instance_path) / "charts"
    kept = folder / f"{hashlib.sha256(text.encode()).hexdigest()}.svg"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _captioned(_read(kept) or _rendered_once(text, kept), label)
    except (NoChart, OSError) as fault:
        current_app.logger.warning("no chart: %s", fault)
        return None


def clean_svg(svg: bytes) -> str:
    """The SVG with nothing in it that a strict content policy bars: no script, no style, links into this site only.

    It scales with the page. Whoever reads by ear or goes by keyboard finds its links in the table beside it.
    """
    root = Xml.fromstring(svg)  # noqa: S314  # our own renderer's output: no foreign entities
    _clean(root)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("width", "100%")
    root.set("aria-hidden", "true")
    Xml.register_namespace("", _SVG)
    return Xml.tostring(root, encoding="unicode")


def _clean(element: Xml.Element) -> None:
    element.attrib = dict(_clean_attributes(element.attrib))
    if element.tag == f"{{{_SVG}}}a":
        element.set("tabindex", "-1")
    for child in list(element):
        if child.tag.removeprefix(f"{{{_SVG}}}") in _PARTS:
            _clean(child)
        else:
            element.remove(child)


def _clean_attributes(attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in attributes.items():
        if name in (_LINK, "href"):
            path = value.removeprefix(_BASE)
            if _PATH.fullmatch(path):
                yield "href", path
        elif name == "style":
            yield from _declarations(value)
        elif not name.startswith(("on", "aria", "role", "class", "{")):
            yield name, value


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    """What a style attribute says, as attributes of their own."""
    for declaration in style.split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            yield name.strip(), value.strip()


def _captioned(svg: str, label: str) -> Markup:
    caption = Markup('<figcaption class="visually-hidden">{}</figcaption>').format(label)
    return caption + Markup(svg)  # noqa: S704  # cleaned


def _read(kept: Path) -> str | None:
    return kept.read_text("utf-8") if kept.exists() else None


def _rendered_once(text: str, kept: Path) -> str:
    with _one_at_a_time(kept.parent):
        if (made_meanwhile := _read(kept)) is not None:
            return made_meanwhile
        svg = "".join(clean_svg(drawing.encode()) for drawing in json.loads(_rendered(text)))
        _forget_old(kept.parent)
        fresh = kept.with_suffix(".new")
        fresh.write_text(svg, "utf-8")
        fresh.replace(kept)
        return svg


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait until no other worker of this machine renders; NoChart when that takes too long."""
    patience = time.monotonic() + SECONDS_TO_WAIT
    with (folder / "lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > patience:
                    raise NoChart("others are being rendered") from None
                time.sleep(0.05)
        yield


def _rendered(text: str) -> bytes:
    command = [sys.executable, "-m", "views.chart_process"]
    try:
        done = subprocess.run(  # noqa: S603  # a fixed command of our own
            command,
            input=text.encode(),
            capture_output=True,
            timeout=SECONDS_TO_RENDER,
            cwd=current_app.root_path,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as fault:
        raise NoChart(f"{fault}: {(fault.stderr or b'').decode(errors='replace')[-500:]}") from fault
    return done.stdout


def _forget_old(folder: Path) -> None:
    oldest = time.time() - DAYS_KEPT * 24 * 3600
    for path in folder.glob("*.svg"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
