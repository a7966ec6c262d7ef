"""An empty file to fill in: the headings of an entity, nothing else."""

import csv
from io import StringIO

from importers.mapping import Wordings, fields, no_wordings
from importers.refused import BYTE_ORDER_MARK
from models.base import Base


def template_csv(model: type[Base], wordings: Wordings = no_wordings) -> bytes:
    """One line of headings, every one of which loading the file knows again."""
    text = StringIO(newline="")
    csv.writer(text).writerow([field.heading(wordings) for field in fields(model)])
    return (BYTE_ORDER_MARK + text.getvalue()).encode()
