"""Stylesheets and scripts: bundles made once per worker, under addresses of their content that browsers keep."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import flask_bootstrap
from flask import Blueprint, Flask, Response, abort, request

OURS = Path(__file__).parent / "static"
BOOTSTRAP = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5"
FOR_EVER = "public, max-age=31536000, immutable"

# In the order in which they count. A new file of either kind is added here and nowhere else.
STYLES = (
    "tokens.css",
    "panel.css",
    "lists.css",
    "tickets.css",
    "summaries.css",
    "morning.css",
    "inbox.css",
    "drafts.css",
    "imports.css",
    "runs.css",
)
SCRIPTS = (
    "menus.js",
    "rows.js",
    "bulk.js",
    "lookup.js",
    "cells.js",
    "sheets.js",
    "filters.js",
    "columns.js",
    "leaving.js",
    "intake.js",
    "shortcuts.js",
    "palette.js",
    "drafts.js",
    "upload.js",
    "runs.js",
    "staying.js",
    "sources.js",
)

assets = Blueprint("assets", __name__)


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is sent: the bytes, the same compressed as well as can be, their type and the digest in their address."""

    content: bytes
    compressed: bytes
    mimetype: str
    digest: str


@assets.get("/assets/<digest>/<name>")
def bundle_view(digest: str, name: str) -> Response:
    """A bundle: for ever under its own digest, as it is now under one of before an update."""
    if name not in MAKERS:
        abort(404)
    found = bundle(name)
    takes_gzip = request.accept_encodings["gzip"] > 0
    response = Response(found.compressed if takes_gzip else found.content, mimetype=found.mimetype)
    if takes_gzip:
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = FOR_EVER if digest == found.digest else "no-cache"
    response.set_etag(f"{found.digest}{'-gzip' if takes_gzip else ''}")
    return response.make_conditional(request)  # type: ignore[return-value]  # itself


@cache
def asset_url(name: str) -> str:
    """The address of the bundle as it is now."""
    return f"/assets/{bundle(name).digest}/{name}"


@cache
def bundle(name: str) -> Bundle:
    """The bundle of that name."""
    make, mimetype = MAKERS[name]
    content = make().encode()
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Bundle(content, gzip.compress(content, 9, mtime=0), mimetype, digest)


def _styles() -> str:
    bootstrap = _read(BOOTSTRAP / "css" / "bootstrap.min.css").partition("/*# sourceMappingURL")[0]
    return "\n".join([bootstrap, *(_read(OURS / name) for name in STYLES)])


def _dark() -> str:
    return _read(OURS / "dark.css")


def _scripts() -> str:
    """One after the other, each in a function of its own, so that none sees the names of another."""
    return "\n".join(f"(() => {{\n{_read(OURS / name)}\n}})();" for name in SCRIPTS)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


MAKERS = {
    "panel.css": (_styles, "text/css"),
    "dark.css": (_dark, "text/css"),
    "panel.js": (_scripts, "text/javascript"),
}


def init_assets(app: Flask) -> None:
    """Attach the bundles and their addresses."""
    app.register_blueprint(assets)
    app.jinja_env.globals["asset_url"] = asset_url
