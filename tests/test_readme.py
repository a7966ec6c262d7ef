"""What the README says is so: its example, its commands, its settings."""

import json
import re

import pytest
from flask import Flask

from tests.infrastructure.words import ROOT

on_one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
README = (ROOT / "README.md").read_text()


@on_one_database
def test_the_example_of_deadline_gives_the_answer_beside_it(app: Flask) -> None:
    case = re.search(r"<<'CASE'\n(.*?)\nCASE\n", README, re.DOTALL)
    told = re.search(r"```json\n(\{\n  \"due_at\".*?)\n```", README, re.DOTALL)
    assert case is not None
    assert told is not None
    answer = app.test_cli_runner().invoke(args=["deadline"], input=case[1])
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output) == json.loads(told[1])


@on_one_database
def test_every_command_is_in_the_table_and_no_other(app: Flask) -> None:
    of_packages = {"run", "shell", "routes", "db", "babel", "fsqla", "roles", "users"}
    table = README.split("## From the command line")[1].split("\n\n```")[0].split("\n\n`import")[0]
    assert set(re.findall(r"^\| `([a-z-]+)", table, re.MULTILINE)) == set(app.cli.commands) - of_packages


def test_every_setting_is_in_the_table() -> None:
    read = r'(?:source\.get\(|source\[|_whole\(source, |os\.environ\.get\()"([A-Z_]+)"'
    asked = {name for file in ("app.py", "gunicorn.conf.py") for name in re.findall(read, (ROOT / file).read_text())}
    rows = [line for line in README.splitlines() if line.startswith("| `")]
    assert not sorted(asked - {"TESTING"} - set(re.findall(r"`([A-Z_]+)`", "\n".join(rows))))
