"""`python -m bench`: build what is missing, serve it, measure every page, say what was found."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from bench import deadlines
from bench.building import EMAIL, PASSWORD, postgresql_database, settings, sqlite_database
from bench.company import SIZES, Size
from bench.facts import facts
from bench.load import requests_per_second
from bench.pages import TIMES, WARMING, edits, measured, milliseconds, pages, search_page
from bench.report import Result, earlier_results, keep, say, say_growth
from bench.servers import gunicorn, postgresql
from bench.visitor import Visitor, assets

DATABASES = ("sqlite", "postgresql")
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}
SECONDS = 8


@contextmanager
def served(url: str, workers: int) -> Iterator[tuple[Visitor, Visitor]]:
    """The panel, signed in to, and the bare application beside it, on the same database."""
    panel = gunicorn("app:create_app()", settings(url), "/healthz", workers)
    bare = gunicorn("bench.limit:create_app()", settings(url), "/bare", workers)
    with panel as ours, bare as limit:
        visitor = Visitor(*ours)
        visitor.sign_in(EMAIL, PASSWORD)
        yield visitor, Visitor(*limit)


def result(size: Size, database: str, url: str) -> Result:
    """Everything that is measured of one size on one database."""
    known = facts(url, TIMES + WARMING)
    with served(url, workers=1) as (ours, limit):
        bare = milliseconds(lambda: limit.get("/bare").demand(200))
        found = measured(pages(ours, limit, known))
        found |= measured(iter([search_page(ours, limit, known)]))
        found |= edits(ours, limit, known)
        sent = _bytes(ours)
    with served(url, workers=2) as (ours, limit):
        per_second = {
            "ticket list, two workers": _load(ours, "/tickets/"),
            "hand-written JSON, two workers": _load(limit, "/limit/list"),
            "bare page, two workers": _load(limit, "/bare"),
        }
    return Result(size.name, database, bare, found, per_second, sent)


def _load(visitor: Visitor, path: str) -> float:
    visitor.get(path).demand(200)
    return requests_per_second(visitor.connection.port, path, visitor.cookie(), SECONDS)


def _bytes(visitor: Visitor) -> dict[str, int]:
    plain = visitor.get("/tickets/").text
    page = visitor.get("/tickets/", **BROWSER)
    parts = [visitor.get(address, **BROWSER).demand(200) for address in assets(plain)]
    return {"list page": len(page.body), "its assets": sum(len(part.body) for part in parts)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", choices=SIZES, help="only this size")
    parser.add_argument("--database", choices=DATABASES, help="only this database")
    parser.add_argument("--keep", action="store_true", help="use what was built last, whatever has changed since")
    asked = parser.parse_args()
    sizes = [SIZES[asked.size]] if asked.size else list(SIZES.values())
    databases = [asked.database] if asked.database else list(DATABASES)
    earlier = earlier_results()
    deadlines.main()
    results = []
    with postgresql() if "postgresql" in databases else nullcontext("") as server:
        for database in databases:
            for size in sizes:
                if database == "sqlite":
                    url = sqlite_database(size, asked.keep)
                else:
                    url = postgresql_database(size, server, asked.keep)
                results.append(result(size, database, url.replace("postgresql://", "postgresql+psycopg://")))
                say(results[-1], earlier)
                keep(results)
    say_growth(results)


main()
