"""The words that a choice does not know: asked about where they are met, and what the person says they mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import request
from sqlalchemy import Boolean, Enum

from importers.mapping.fields import Field
from importers.settings import Settings
from models.base import N_, Labelled
from views.import_said import Said
from views.language import translate

MOST_WORDS = 100  # unknown words of a choice that are asked about at once


@dataclass(frozen=True, slots=True)
class WordRow:
    """A word that a choice does not know: how often it stands there, and what it is read as."""

    field: str
    place: int
    word: str
    count: int
    chosen: str
    is_suggested: bool


@dataclass(frozen=True, slots=True)
class Words:
    """The unknown words of one field and what they may mean."""

    field: str
    label: str
    choices: list[tuple[str, str]]
    rows: list[WordRow]


def members(field: Field) -> list[tuple[str, str]]:
    """What a choice may be: value and label; nothing for any other field."""
    if isinstance(field.type, Boolean):
        return [("是", translate(N_("Yes"))), ("否", translate(N_("No")))]
    if isinstance(field.type, Enum):
        members: type[Labelled] = field.type.enum_class  # type: ignore[assignment]  # choice() always has a class
        return [(member.value, translate(member.label)) for member in members]
    return []


def words_of(known: Sequence[Field], said: Said) -> list[Words]:
    """By choice the words whose meaning was decided, and those that it does not know."""
    found = [_words(field, said.settings.values.get(field.name, {}), said) for field in known]
    return [each for each in found if each.rows and each.choices]


def unknown_words(known: Sequence[Field], said: Said) -> list[Words]:
    """By choice the words that it does not know."""
    found = [_words(field, {}, said) for field in known]
    return [each for each in found if each.rows and each.choices]


def _words(field: Field, decided: Mapping[str, str], said: Said) -> Words:
    unknown = [each for each in said.words.get(field.name, []) if each[0] not in decided]
    every = [*((word, 0, meant) for word, meant in decided.items()), *unknown][:MOST_WORDS]
    rows = [
        WordRow(field.name, place, word, count, meant or "", word not in decided)
        for place, (word, count, meant) in enumerate(every)
    ]
    return Words(field.name, translate(field.words.label), members(field), rows)


def asked_values(known: Sequence[Field], settings: Settings) -> dict[str, Mapping[str, str]]:
    """What the words of choices are read as; what the form does not show stays as it was decided."""
    values: dict[str, dict[str, str]] = {name: dict(words) for name, words in settings.values.items()}
    for field in known:
        for place, word in enumerate(request.form.getlist(f"word-{field.name}")):
            meant = request.form.get(f"value-{field.name}-{place}", "")
            if meant:
                values.setdefault(field.name, {})[word] = meant
            else:
                values.get(field.name, {}).pop(word, None)
    return {name: words for name, words in values.items() if words}
