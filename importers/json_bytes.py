"""JSON as bytes, for what is staged and for what passes between processes: fast, and for any text and number."""

import json
from collections.abc import Callable
from typing import Any

import orjson

# The fast library knows no halves of surrogate pairs and no integers beyond 64 bits, which damaged files hold. What
# has some is written by the standard one, behind a space: read by the fast one, such integers would become floats.
_BY_THE_STANDARD = b" "


def encoded(value: Any, plain: Callable[[Any], Any] | None = None) -> bytes:
    """The value as JSON; `plain` turns what JSON does not know into what it knows. Raises TypeError or ValueError."""
    try:
        return orjson.dumps(value, plain, orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=plain)
        return _BY_THE_STANDARD + text.encode("utf-8", "surrogatepass")


def decoded(body: bytes | bytearray) -> Any:
    """The value again. Raises ValueError for what is no JSON."""
    if body.startswith(_BY_THE_STANDARD):
        return json.loads(body.decode("utf-8", "surrogatepass"))
    return orjson.loads(body)
