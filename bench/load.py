"""A load of requests: `python -m bench.load PORT PATH COOKIE SECONDS CONNECTIONS` prints how many a second it got.

A process of its own, in bare sockets, so that it takes as little as can be of what the servers need.
"""

import socket
import subprocess
import sys
import threading
import time

from bench.data import ROOT

CONNECTIONS = 8


def requests_per_second(port: int, path: str, cookie: str, seconds: int) -> float:
    """How many requests the server answers a second, asked by several at once."""
    arguments = [str(port), path, cookie, str(seconds), str(CONNECTIONS)]
    command = [sys.executable, "-m", "bench.load", *arguments]
    return float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def _ask_until(end: float, port: int, request: bytes, answered: list[int]) -> None:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    number = 0
    while time.perf_counter() < end:
        connection.sendall(request)
        _read_answer(connection)
        number += 1
    answered.append(number)
    connection.close()


def _read_answer(connection: socket.socket) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    if b" 200 " not in head[:20]:
        raise RuntimeError(head.decode())
    left = int(head.lower().partition(b"content-length:")[2].split()[0]) - len(body)
    while left > 0:
        left -= len(_more(connection))


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(1 << 16)
    if not received:
        raise ConnectionError("the server closed the connection")
    return received


def main(port: int, path: str, cookie: str, seconds: float, connections: int) -> None:
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: zh-CN\r\nCookie: {cookie}\r\n\r\n"
    answered: list[int] = []
    start = time.perf_counter()
    arguments = (start + seconds, port, head.encode(), answered)
    threads = [threading.Thread(target=_ask_until, args=arguments) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(answered) < connections:
        raise SystemExit("a connection failed")
    print(sum(answered) / (time.perf_counter() - start))


if __name__ == "__main__":
    port, path, cookie, seconds, connections = sys.argv[1:]
    main(int(port), path, cookie, float(seconds), int(connections))
