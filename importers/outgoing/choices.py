"""What a field of few values may hold, said so that loading understands it."""

from collections.abc import Callable

from sqlalchemy import Boolean, Enum

from importers.mapping.fields import Field
from models.base import N_, Labelled, spellings

YES, NO = N_("Yes"), N_("No")


def choices(field: Field, translate: Callable[[str], str] = str) -> list[str]:
    """The choices in the language of `translate`, each a spelling that a file may hold; none for a field of text."""
    if isinstance(field.type, Boolean):
        return [translate(YES), translate(NO)]
    if isinstance(field.type, Enum) and field.type.enum_class is not None:
        members: type[Labelled] = field.type.enum_class  # type: ignore[assignment]  # choice() always has a class
        known = spellings(members)
        return [_said(member, known, translate(member.label)) for member in members]
    return []


def _said(member: Labelled, known: dict[str, Labelled], label: str) -> str:
    """The label in the reader's language if a file may say so, else the spelling usual in files."""
    if known.get(label.lower()) is member:
        return label
    return next(iter(member.aliases), member.label)
