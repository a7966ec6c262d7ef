"""Loading files: who may load what into which estate, and the runs that they reach."""

from flask import Response, abort, request
from sqlalchemy import select

from importers.recipes import Recipe, loadable, recipes
from models.base import N_, Base, entities, entity
from models.faults import Fault
from models.import_batch import ImportBatch
from operations.scope import conditions
from rules.permissions import Action
from views.access import ServedEstate, demand, estates, may, may_do, model_scope
from views.database import db
from views.lists import record_id


def importable() -> list[type[Base]]:
    """The models that the person may load from a file."""
    return [model for model in entities().values() if may_do(model, "import")]


def own_recipes() -> list[Recipe]:
    """The files of other systems that the person may load."""
    return [recipe for recipe in recipes() if may_load(entities()[recipe.kind], recipe.name)]


def may_load(model: type[Base], recipe: str | None = None) -> bool:
    """Whether the person may load the model at all: from any file or, where only a recipe makes it, by that one."""
    return loadable(model, recipe) and may(model, Action.IMPORT)


def own_estates() -> list[ServedEstate]:
    """The estates into which the person may load anything."""
    models = {*importable(), *(entities()[recipe.kind] for recipe in own_recipes())}
    return [estate for estate in estates() if any(may_load_into(model, estate.id) for model in models)]


def may_load_into(model: type[Base], estate_id: int | None) -> bool:
    bounds = model_scope(model, Action.IMPORT)
    return not bounds.is_empty and (bounds.estates is None or estate_id in bounds.estates)


def chosen_estate(model: type[Base]) -> int | None:
    """The estate of the upload, if the model belongs to one and the person may load into it."""
    if "estate_id" not in model.__table__.columns:
        demand(may_load_into(model, None))
        return None
    text = request.form.get("estate", "")
    if not text:
        raise Fault(N_("Choose the estate that the file belongs to"))
    known = {str(estate.id): estate.id for estate in own_estates()}
    if text not in known or not may_load_into(model, known[text]):
        abort(403)
    return known[text]


def batch_of(id: str) -> ImportBatch:
    """The batch, if the person may load its kind into its estate; 404 else."""
    batch_id = record_id(id)
    found = db.session.get(ImportBatch, batch_id) if batch_id is not None else None
    if found is None or not is_reached(found):
        abort(404)
    return found


def is_reached(batch: ImportBatch) -> bool:
    """Whether the person may load the kind of the run into its estate."""
    model = entities().get(batch.entity)
    return model is not None and may_load(model, batch.recipe) and may_load_into(model, batch.estate_id)


def recent() -> list[ImportBatch]:
    """The latest files of the kinds and estates that the person may load."""
    names = [entity(model).name for model in importable()]
    bounds = [ImportBatch.entity.in_(names), *conditions(ImportBatch, model_scope(importable()[0], Action.IMPORT))]
    return list(db.session.scalars(select(ImportBatch).where(*bounds).order_by(ImportBatch.id.desc()).limit(8)))


def attachment(content: bytes, name: str, mimetype: str = "text/csv") -> Response:
    """A file made by the import, as a download."""
    response = Response(content, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
