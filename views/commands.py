"""What every command of `flask --app app` has: help, the application around it, and faults told as sentences."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError, ProgrammingError

from models.faults import Fault
from operations.write import InTheWay, Refused, Stale


def fail(sentence: str, status: int = 2) -> NoReturn:
    """Say what is wrong on standard error and stop."""
    click.echo(sentence, err=True)
    raise SystemExit(status)


def command(name: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command inside the application, whose faults are sentences and status 2 instead of tracebacks."""

    def decorate(function: Callable[..., None]) -> click.Command:
        @click.command(name, help=function.__doc__)
        @with_appcontext
        @wraps(function)
        def run(**arguments: Any) -> None:
            try:
                function(**arguments)
            except (Fault, Refused, Stale, InTheWay) as error:
                fail(str(error))
            except (OperationalError, ProgrammingError) as error:
                reason = str(error.orig).splitlines()[0]
                fail(f"The database cannot be used ({reason}). Is DATABASE_URL right, and has `prepare` been run?")

        return run

    return decorate
