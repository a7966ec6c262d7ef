"""The figures as a table on the terminal and as a file, beside those of an earlier run."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.pages import Measured

FILE = Path(__file__).parent / "results.json"


@dataclass(frozen=True)
class Result:
    """One size on one database: medians in milliseconds, requests a second, bytes sent."""

    size: str
    database: str
    bare: float
    pages: Mapping[str, Measured]
    per_second: Mapping[str, float]
    bytes: Mapping[str, int]


ALLOWED_PER_SECOND = 150
ALLOWED_BYTES = {"list page": 60_000, "its assets": 120_000}


def say(result: Result, earlier: Mapping[str, Any]) -> None:
    """Print the table of one size on one database."""
    print(f"\n{result.database}, {result.size} tickets; a bare Flask page takes {result.bare:.1f} ms", flush=True)
    head = ("page", "ours", "limit", "allowed", "× bare", "× limit", "before", "")
    print(f"  {head[0]:<36}" + "".join(f"{each:>9}" for each in head[1:]))
    for name, page in result.pages.items():
        before = earlier.get(_key(result), {}).get("pages", {}).get(name, {}).get("ours")
        cells = (
            *(f"{page.ours:.1f}", f"{page.limit:.1f}", "" if page.allowed is None else f"{page.allowed:g}"),
            *(f"{page.ours / result.bare:.1f}", f"{page.ours / page.limit:.1f}"),
            *("" if before is None else f"× {page.ours / before:.2f}", _judged(page)),
        )
        print(f"  {name:<36}" + "".join(f"{cell:>9}" for cell in cells))
    for name, number in result.per_second.items():
        print(f"  requests a second, {name:<40}{number:>9.0f}")
    print(f"  {'  of these at least':<36}{ALLOWED_PER_SECOND:>9}")
    for name, number in result.bytes.items():
        print(f"  bytes sent compressed, {name:<20} {number:>9}   at most {ALLOWED_BYTES[name]}", flush=True)


def _judged(page: Measured) -> str:
    return "" if page.allowed is None else "met" if page.ours <= page.allowed else "OVER"


def _key(result: Result) -> str:
    return f"{result.database} {result.size}"


def say_growth(results: list[Result]) -> None:
    """Print by how much each page's cost grows when the table grows tenfold; 1.00 is not at all."""
    for database in dict.fromkeys(result.database for result in results):
        found = [result for result in results if result.database == database]
        if len(found) < 2:
            continue
        print(f"\n{database}: cost when the table grows tenfold ({found[0].size} to {found[-1].size})")
        for name in found[0].pages:
            times = [result.pages[name].ours for result in found]
            slope = (times[-1] / times[0]) ** (1 / (len(found) - 1))
            print(f"  {name:<36}" + "".join(f"{each:>9.1f}" for each in times) + f"    × {slope:.2f}")


def say_figures(what: str, figures: Mapping[str, float], at_least: Mapping[str, float]) -> None:
    """Print figures that no database has a part in, the larger the better."""
    print(f"\n{what}")
    for name, number in figures.items():
        least = at_least.get(name)
        verdict = "" if least is None else f"   at least {least:,.0f}: {'met' if number >= least else 'MISSED'}"
        print(f"  {name:<36}{number:>9,.0f}{verdict}", flush=True)


def _earlier() -> dict[str, Any]:
    return dict(json.loads(FILE.read_text())) if FILE.exists() else {}


def earlier_results() -> dict[str, Any]:
    """The results of the last run, by database and size; none if there was none."""
    return dict(_earlier().get("results", {}))


def keep_figures(what: str, figures: Mapping[str, float]) -> None:
    """Write figures that no database has a part in into the file, in place of the earlier ones."""
    earlier = _earlier()
    _write(earlier | {"figures": earlier.get("figures", {}) | {what: dict(figures)}})


def keep(results: list[Result]) -> None:
    """Write the results into the file, in place of those of the same database and size."""
    _write(_earlier() | {"results": earlier_results() | {_key(result): asdict(result) for result in results}})


def _write(found: dict[str, Any]) -> None:
    machine = {"processors": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
    FILE.write_text(json.dumps(found | {"machine": machine}, indent=2, ensure_ascii=False) + "\n")
