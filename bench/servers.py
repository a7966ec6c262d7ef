"""Gunicorn as in production, and PostgreSQL with everything that makes a commit durable."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection

from bench.data import FOLDER, ROOT
from tests.infrastructure.postgresql import server

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "1GB",
    "effective_cache_size": "4GB",
    "max_wal_size": "4GB",
}


@contextmanager
def postgresql() -> Iterator[str]:
    """A server whose databases are kept; gives the URL of its maintenance database."""
    FOLDER.mkdir(exist_ok=True)
    with server(FOLDER / "postgresql", SETTINGS) as url:
        yield url


@contextmanager
def gunicorn(application: str, settings: Mapping[str, str], path: str, workers: int = 1) -> Iterator[tuple[str, int]]:
    """The application served as it is in production; gives host and port once `path` answers."""
    host, port = "127.0.0.1", _free_port()
    own = {"PORT": str(port), "WEB_CONCURRENCY": str(workers), "ACCESS_LOG": os.devnull}
    command = [sys.executable, "-m", "gunicorn", "--log-level", "warning", application]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings, **own})
    try:
        _wait(process, host, port, path)
        yield host, port
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(process: "subprocess.Popen[bytes]", host: str, port: int, path: str) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            connection = HTTPConnection(host, port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")
