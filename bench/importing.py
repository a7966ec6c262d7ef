"""`python -m bench.importing`: a file of owners into 200,000 owners: ours, django-import-export, and written by hand.

Each is measured in a process of its own, on a copy of the same database; the figures are medians, memory is the sum of
the peaks of the process and its children.
"""

import argparse
import csv
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import psycopg

from bench.building import settings
from bench.data import FOLDER, ROOT
from bench.servers import postgresql

EXISTING = 200_000
BUILDINGS = 2_000
HEADER = "业主编号,业主姓名,手机号,备用电话,身份证号,邮箱,联系偏好,备注,楼栋,单元,房号,建筑面积"
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华"
WEIGHTS, CHECKS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"
CONTESTANTS = ("ours", "by hand", "django-import-export")
FIGURES = ("preview", "commit", "together", "undo", "MB")


def places() -> Iterator[tuple[int, int, int]]:
    """Building, entrance and room of every unit."""
    for building in range(1, BUILDINGS + 1):
        for entrance in (1, 2):
            for floor in range(1, 26):
                yield building, entrance, floor * 100 + 1
                yield building, entrance, floor * 100 + 2


def name(random: Random) -> str:
    return random.choice(SURNAMES) + random.choice(GIVEN) + random.choice(GIVEN)


def id_number(number: int) -> str:
    """One that may be: of somebody born in those years, with the check character that belongs to it."""
    born, one = divmod(number, 1_000)  # no two persons have the same
    begin = f"{110101 + number % 16}{1950 + born // 336 % 50}{born // 28 % 12 + 1:02}{born % 28 + 1:02}{one:03}"
    return begin + CHECKS[sum(int(digit) * weight for digit, weight in zip(begin, WEIGHTS, strict=True)) % 11]


def owners_file(rows: int) -> Path:
    """The file, of new owners who share the units that there are."""
    path = FOLDER / f"owners-{rows}.csv"
    if not path.exists():
        random, units = Random(2), list(places())
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(HEADER.split(","))
            for number in range(rows):
                building, entrance, room = units[number * 2 % len(units)]
                other = f"137{number:08}" if number % 3 == 0 else ""
                note = "常年在外" if number % 5 == 0 else ""
                known = (f"N{number:07}", name(random), f"139{number:08}", other, id_number(number))
                out.writerow((*known, f"n{number}@example.com", "电话", note, building, entrance, room, "89.50"))
    return path


def database() -> Path:
    """The SQLite database with the owners who are there already, built once."""
    path = FOLDER / "importing.sqlite3"
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        _in_application(f"sqlite:///{unfinished}", "upgrade")
        with closing(sqlite3.connect(unfinished)) as connection:
            _fill(connection)
        _in_application(f"sqlite:///{unfinished}", "index")
        unfinished.rename(path)
    return path


def registers() -> Iterator[tuple[str, str, list[tuple[Any, ...]]]]:
    """The tables of the database with their columns and rows."""
    random, units = Random(1), list(enumerate(places(), start=1))
    yield "estate", "id,version,code,name,time_zone,is_active", [(1, 1, "E1", "E1", "Asia/Shanghai", True)]
    yield "building", "id,version,estate_id,code", [(n, 1, 1, str(n)) for n in range(1, BUILDINGS + 1)]
    yield (
        "unit",
        "id,version,estate_id,building_id,code,entrance,floor,area,occupancy",
        [(n, 1, 1, b, f"{b}-{e}-{r}", str(e), r // 100, 89.5, "owner_occupied") for n, (b, e, r) in units],
    )
    yield (
        "owner",
        "id,version,estate_id,number,name,phone,id_number,email,contact_preference",
        [
            (n, 1, 1, f"A{n:07}", name(random), f"138{n:08}", id_number(n + 10**6), f"a{n}@example.com", "phone")
            for n in range(1, EXISTING + 1)
        ],
    )
    ownerships = [(n, 1, 1, n, n, "owner") for n in range(1, EXISTING + 1)]
    yield "ownership", "id,version,estate_id,unit_id,owner_id,role", ownerships


def _fill(connection: sqlite3.Connection) -> None:
    for table, columns, rows in registers():
        places_of = ", ".join("?" * len(columns.split(",")))
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places_of})", rows)
    connection.commit()


def fill_postgresql(url: str) -> None:
    """The same rows in PostgreSQL."""
    _in_application(url, "upgrade")
    with psycopg.connect(url) as connection:
        for table, columns, rows in registers():
            with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {len(rows)})")
    _in_application(url, "index")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _in_application(url: str, deed: str) -> None:
    subprocess.run([sys.executable, "-m", "bench.import_runs", deed, url, ""], cwd=ROOT, check=True)


@contextmanager
def copies(wanted: str) -> Iterator[Any]:
    """Gives a function that makes a fresh copy of the database and returns its address."""
    FOLDER.mkdir(exist_ok=True)
    settings("sqlite://")
    with postgresql() if wanted == "postgresql" else nullcontext("") as server:
        yield (lambda: _postgresql_copy(server)) if server else _sqlite_copy


def _sqlite_copy() -> str:
    kept, path = database(), FOLDER / "importing-run.sqlite3"
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    shutil.copyfile(kept, path)
    return f"sqlite:///{path}"


def _postgresql_copy(server: str) -> str:
    kept, run = (server.replace("/postgres?", f"/{each}?") for each in ("importing", "importing_run"))
    with psycopg.connect(server, autocommit=True) as connection:
        there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        if "importing" not in there:
            connection.execute("DROP DATABASE IF EXISTS importing_unfinished")
            connection.execute("CREATE DATABASE importing_unfinished")
            fill_postgresql(kept.replace("/importing?", "/importing_unfinished?"))
            connection.execute("ALTER DATABASE importing_unfinished RENAME TO importing")
        connection.execute("DROP DATABASE IF EXISTS importing_run WITH (FORCE)")
        connection.execute("CREATE DATABASE importing_run TEMPLATE importing STRATEGY FILE_COPY")
    return run


def measured(contestant: str, url: str, path: Path) -> dict[str, float]:
    """What the contestant says of its run, in a process of its own, and what memory it took."""
    command = [sys.executable, "-m", "bench.import_runs", contestant, url, str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    peaks: dict[int, int] = {}
    while process.poll() is None:
        for each in (process.pid, *_children(process.pid)):
            peaks[each] = max(peaks.get(each, 0), _peak(each))
        time.sleep(0.05)
    said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{contestant} on {url} failed")
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return {**found, "MB": sum(peaks.values()) / 1024}


def _children(process: int) -> list[int]:
    with suppress(OSError):
        return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return []


def _peak(process: int) -> int:
    """The most memory that the process has had, in kilobytes; what `ru_maxrss` says begins with its parent's."""
    with suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
        return int(found[1]) if found else 0
    return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--only", choices=CONTESTANTS, action="append")
    asked = parser.parse_args()
    print(f"{'':34}" + "".join(f"{figure:>10}" for figure in FIGURES))
    for wanted in asked.database or ["sqlite", "postgresql"]:
        with copies(wanted) as fresh:
            for rows in asked.rows:
                for contestant in asked.only or CONTESTANTS:
                    # A million rows take the one that is told of there a quarter of an hour.
                    if contestant == CONTESTANTS[2] and rows > 200_000:
                        continue
                    runs = [measured(contestant, fresh(), owners_file(rows)) for _ in range(asked.times)]
                    told = {figure: median(run[figure] for run in runs) for figure in FIGURES if figure in runs[0]}
                    cells = "".join(f"{told[figure]:>10.1f}" if figure in told else f"{'–':>10}" for figure in FIGURES)
                    print(f"{wanted:>10} {rows:>9,} {contestant:<22}"[:44].ljust(44) + cells, flush=True)


if __name__ == "__main__":
    main()
