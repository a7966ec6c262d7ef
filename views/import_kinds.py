"""The kinds of file that may be loaded, records or files of other systems, and those that fit a file better."""

from flask import abort

from importers.loading.runs import drop, kept_file, receive
from importers.mapping.headings import fit
from importers.recipes import recognise
from importers.settings import Settings
from models.base import Base, entities, entity, now
from models.import_batch import BatchState, ImportBatch
from views.access import author
from views.database import db
from views.import_access import importable, may_load, may_load_into, own_recipes
from views.import_jobs import have_done
from views.import_orders import Work
from views.import_said import Said
from views.language import wordings

RECIPE = "recipe:"
BETTER = 1.5  # times as well must another kind fit before it is offered


def asked_kind(asked: str) -> tuple[type[Base], str | None]:
    """The model that a file is said to hold, and the recipe if it is another system's; 403 for what they may not."""
    recipe = next((each for each in own_recipes() if asked == RECIPE + each.name), None)
    if recipe is not None:
        return entities()[recipe.kind], recipe.name
    model = entities().get(asked)
    if model is None or not may_load(model):
        abort(403)
    return model, None


def better_kinds(batch: ImportBatch) -> list[tuple[str, str]]:
    """What the file seems to hold rather than what it was said to hold: as the upload names it, with its label."""
    if batch.recipe is not None or batch.state not in {BatchState.ASKING, BatchState.PREVIEWED}:
        return []
    said = Said(batch)
    recipe = recognise(said.sheets, said.header)
    if recipe is not None and recipe in own_recipes():
        return [(RECIPE + recipe.name, recipe.label)]
    if not said.needed and said.used_columns:
        return []
    rates = {model: fit(model, wordings)(said.header) for model in importable()}
    best = max(rates, key=lambda model: rates[model])
    own = rates.get(entities()[batch.entity], 0)
    return [(entity(best).name, entity(best).plural)] if rates[best] > BETTER * max(own, 1) else []


def load_again_as(batch: ImportBatch, asked: str) -> int:
    """Drop the run and open another for the same file, read as that kind; returns it."""
    model, recipe = asked_kind(asked)
    if not may_load_into(model, batch.estate_id):
        abort(403)
    before, name, estate_id = batch.id, batch.file_name, batch.estate_id
    settings = Settings(create_missing=bool(batch.settings.get("create_missing")), recipe=recipe)
    with kept_file(db.session(), before, name) as path, path.open("rb") as stream:
        batch_id = receive(db.session(), stream, name, entity(model).name, estate_id, author(), now(), settings)
    drop(db.session(), before)
    have_done(batch_id, Work.PREPARE)
    return batch_id
