"""The page of the columns as it is shown: what each column fills and why, and the fields that none fills."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC

from sqlalchemy import Date, select

from importers.mapping.fields import Field, fields
from importers.mapping.layouts import header_hash
from importers.mapping.proposing import APPLIED, Match
from importers.settings import Settings, Source
from models.account import Account
from models.base import N_, Base, UtcDateTime, entity
from models.dates import moment, possible_orders
from models.import_batch import ImportBatch, ImportLayout
from models.typed_texts import plain
from views.access import sees_personal, zone_of
from views.database import db
from views.import_said import MASK, SURE, Said
from views.import_words import members
from views.language import translate
from views.repair_words import ORDERS

NOTE = "@note"  # a column that is added to the note
SAMPLES = 3
WHY = {
    "remembered": N_("as decided before"),
    "label": N_("named so"),
    "alias": N_("a usual name for it"),
    "similar": N_("a similar name"),
    "content": N_("its values look like it"),
    "chosen": N_("chosen by hand"),
    "recipe": N_("known of such files"),
}


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column of the file as the page shows it; `chosen` is a field's name, NOTE or empty."""

    index: int
    heading: str
    samples: list[str]
    chosen: str
    confidence: int
    sure: str
    why: str
    rival: str  # the heading of the column that fills it instead
    orders: list[tuple[str, str, bool]]  # how its dates may be read: value, example, whether chosen

    @property
    def is_doubtful(self) -> bool:
        return bool(self.chosen) and self.confidence < SURE


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A field that no column fills as it stands."""

    name: str
    label: str
    help: str
    is_needed: bool
    source: Source
    is_choice: bool
    choices: list[tuple[str, str]]

    @property
    def is_filled(self) -> bool:
        return self.source != Source()


def samples_of(batch: ImportBatch, model: type[Base], said: Said) -> list[list[str]]:
    """By column the first values that are not blank; personal ones masked for who may not see them in the clear."""
    open_to_all = sees_personal(model, batch.estate_id)
    plain = {field.name for field in fields(model) if not field.words.personal}
    found = []
    for index in range(len(said.header)):
        values = [row[index] for row in said.sample if index < len(row) and row[index].strip()][:SAMPLES]
        is_shown = open_to_all or said.used_columns.get(index) in plain
        found.append(values if is_shown else [MASK for _ in values])
    return found


def column_rows(known: Sequence[Field], said: Said, samples: Sequence[list[str]]) -> list[ColumnRow]:
    """A row for each column of the file."""
    dated = {field.name for field in known if isinstance(field.type, Date | UtcDateTime)}
    return [_column_row(index, said, said.settings, samples, dated) for index in range(len(said.header))]


def _column_row(
    index: int, said: Said, settings: Settings, samples: Sequence[list[str]], dated: Collection[str]
) -> ColumnRow:
    """A guess that is not applied is chosen beforehand, and marked as one, as long as nobody decided the columns."""
    match = said.matches.get(index, Match(index, said.header[index]))
    used = NOTE if index in settings.note_columns else said.used_columns.get(index, "")
    is_open = settings.columns is None and settings.recipe is None
    chosen = used or (match.field or "" if is_open else "")
    why = (
        match.why
        if is_open or (chosen == match.field and match.is_applied)
        else "chosen"
        if settings.columns is not None
        else "recipe"
    )
    confidence = 100 if why in {"chosen", "recipe"} else match.confidence
    return ColumnRow(
        index,
        said.header[index],
        samples[index],
        chosen,
        confidence if chosen else 0,
        translate(_sureness(confidence)) if chosen else "",
        translate(WHY.get(why, "")) if chosen else "",
        match.rival or "",
        _orders(chosen, said, settings, index) if chosen in dated else [],
    )


def _sureness(confidence: int) -> str:
    if confidence >= SURE:
        return N_("Certain")
    return N_("Likely") if confidence >= APPLIED else N_("A guess: please look")


def _orders(name: str, said: Said, settings: Settings, index: int) -> list[tuple[str, str, bool]]:
    """How the dates of the column may be read, each with an example, where some can be read in several ways."""
    texts = [row[index].strip() for row in said.sample if index < len(row)]
    doubtful = next((text for text in texts if len(possible_orders(plain(text))) > 1), None)
    if doubtful is None:
        return []
    chosen = settings.date_orders.get(name)
    return [(order, _read_as(doubtful, order), order == chosen) for order in sorted(possible_orders(plain(doubtful)))]


def _read_as(text: str, order: str) -> str:
    day = moment(plain(text), UTC, order).strftime("%Y-%m-%d")
    return f"{text} → {day} ({translate(ORDERS[order])})"


def source_rows(known: Sequence[Field], said: Said, filled: Collection[str]) -> list[SourceRow]:
    """The fields but those that a column fills as it stands, needed ones first."""
    sources = said.sources
    rows = [
        SourceRow(
            field.name,
            translate(field.words.label),
            translate(field.words.help),
            field.is_needed,
            sources.get(field.name, Source()),
            bool(members(field)),
            members(field),
        )
        for field in known
        if field.name not in filled
    ]
    return sorted(rows, key=lambda row: (not row.is_needed, not row.is_filled))


def choices(model: type[Base], known: Sequence[Field]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The fields to choose from: the kind's own, then those of what it names; needed ones are marked."""
    own = [field for field in known if field.is_own]
    rest = [field for field in known if not field.is_own]
    groups = [(translate(entity(model).label), own), (translate(N_("Unit and building")), rest)]
    return [(label, [(field.name, _marked(field)) for field in part]) for label, part in groups if part]


def _marked(field: Field) -> str:
    return f"{translate(field.words.label)}{' *' if field.is_needed else ''}"


def part_offers(known: Sequence[Field], said: Said) -> list[tuple[int, str]]:
    """The columns that seem to hold two things, in words."""
    labels = {field.name: translate(field.words.label) for field in known}
    sentence = translate(N_("%(heading)s seems to hold two things, such as %(example)s: %(fields)s"))
    divided = {source.column for source in said.sources.values() if not source.is_whole}
    return [
        (
            offer.column,
            sentence
            % {
                "heading": offer.heading,
                "example": offer.example,
                "fields": " + ".join(labels.get(name, name) for name in offer.fields),
            },
        )
        for offer in said.part_offers
        if offer.column not in divided
    ]


def remembered(batch: ImportBatch, said: Said) -> str:
    """Whose decisions about such a file were taken over, and when these were made."""
    if not said.proposal.get("remembered"):
        return ""
    kept = (
        select(ImportLayout.used_at, Account.name)
        .outerjoin(Account, Account.id == ImportLayout.account_id)
        .where(
            ImportLayout.entity == batch.entity,
            ImportLayout.estate_id == batch.estate_id,
            ImportLayout.header_hash == header_hash(said.header),
        )
        .order_by(ImportLayout.used_at.desc())
    )
    found = db.session.execute(kept).first()
    if found is None:
        return ""
    day = found.used_at.astimezone(zone_of(batch.estate_id)).strftime("%Y-%m-%d")
    sentence = translate(N_("Filled in as decided for such a file on %(day)s by %(person)s."))
    return sentence % {"day": day, "person": found.name or "—"}
