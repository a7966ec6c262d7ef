"""Decisions about a run: stored beside the others, and the run prepared anew from its file."""

from flask import flash

from importers.loading.runs import change_settings
from importers.settings import Settings
from models.faults import Fault
from models.import_batch import ImportBatch
from views.database import db
from views.import_jobs import have_done
from views.import_orders import Work
from views.language import translate


def settings_of(batch: ImportBatch) -> Settings:
    """What people decided about the run so far."""
    return Settings.from_json(batch.settings)


def decide(batch: ImportBatch, settings: Settings) -> None:
    """Store these decisions and have the run prepared anew: at once if it is small, else in the background.

    A run that somebody loaded or dropped meanwhile stays as it is, which is said.
    """
    try:
        change_settings(db.session(), batch.id, settings)
    except Fault as too_late:
        db.session.rollback()
        flash(too_late.text(translate), "warning")
        return
    have_done(batch.id, Work.PREPARE)
    db.session.rollback()  # what was read before is of before
