"""Prints the path of a Chromium that starts, installing one where it may; else prints an empty line."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(*command: str, seconds: int) -> bool:
    """Whether the command succeeded; its words go to standard error, for standard output is the answer."""
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    nothing, out = subprocess.DEVNULL, sys.stderr
    try:
        done = subprocess.run(command, stdin=nothing, stdout=out, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        say(f"{command[0]}: {error}")
        return False
    return done.returncode == 0


def starts(path: str) -> bool:
    """A path is not enough: a snap stub, or a download that lacks libraries, is there and does not run."""
    command = [path, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and b"<html" in done.stdout


def on_path() -> Iterator[str]:
    yield from filter(None, map(shutil.which, NAMES))


def from_apt() -> Iterator[str]:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("No Chromium found: asking apt for one ...")
        apt = ("apt-get", "-q", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::Retries=1")
        if run(*apt, "update", seconds=300):
            packages = ("chromium", "fonts-noto-cjk")
            run(*apt, "install", "-y", "--no-install-recommends", *packages, seconds=900)
        yield from on_path()


def from_playwright() -> Iterator[str]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).exists():
        say("No Chromium found: asking playwright for its own ...")
        run(sys.executable, "-m", "playwright", "install", "--no-shell", "chromium", seconds=900)
    yield path


def candidates() -> Iterator[str]:
    if named := os.environ.get("CHROMIUM"):
        yield named
    yield from on_path()
    yield from from_apt()
    yield from from_playwright()


if __name__ == "__main__":
    print(next(filter(starts, candidates()), ""))
