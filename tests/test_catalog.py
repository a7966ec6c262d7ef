"""The Chinese catalog: every word of the screens is in it, and nothing else."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

from models.base import ColumnWords, Labelled, entities, entity, words
from tests.infrastructure.words import (
    CHINESE,
    CLAUSE,
    PLACE,
    ROOMS,
    ROOT,
    catalog,
    chinese,
    extracted,
    foreign,
    messages,
    singular,
    texts,
    translated,
    visible,
)

TEMPLATES = ROOT / "views" / "templates"

# Labels of closed lists that Chinese files spell otherwise than our screens, because one English id has two senses.
SPELT_OTHERWISE = {
    "Refused",  # 拒访 of a callback, 拒绝 of a line in a file; neither is loaded from files
    "Order and security",  # 秩序安全 of a ticket, 秩序维护 of a checklist, which is not loaded from files
    "Open",  # 待整改 of a finding, 未完成 of a milestone
}

# What the catalog holds.


def test_every_message_has_a_translation() -> None:
    missing = sorted(extracted() - translated())
    assert not missing, f"run `make messages`, then translate: {missing}"


def test_the_catalog_holds_nothing_that_no_screen_says() -> None:
    left_over = sorted({singular(message.id) for message in messages()} - extracted())
    assert not left_over, f"run `make messages`, then delete what has become obsolete: {left_over}"
    assert not catalog().obsolete, "delete the obsolete entries at the end of the catalog"


def test_no_translation_is_fuzzy() -> None:
    assert not [message.id for message in messages() if message.fuzzy]


def test_the_order_is_that_of_the_ids() -> None:
    ids = [singular(message.id) for message in messages()]
    assert ids == sorted(ids)


def test_the_header_names_no_person_and_no_moment() -> None:
    header = CHINESE.read_text().split("\n\n")[0]
    assert "@" not in header
    assert set(re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", header)) == {"2026-01-01 00:00"}


def test_each_translation_keeps_the_places_of_its_id() -> None:
    differing = [
        message.id
        for message in messages()
        for text in texts(message)
        if set(PLACE.findall(text)) != set(PLACE.findall(singular(message.id)))
    ]
    assert not differing


def test_each_translation_can_be_filled() -> None:
    shown = [_filled(text) for message in messages() for text in texts(message)]
    assert not [text for text in shown if "%%" in text or "%(" in text]


def _filled(text: str) -> str:
    """The text as it is shown: percent signs are doubled only where there are places."""
    return text % dict.fromkeys(PLACE.findall(text), "0") if PLACE.search(text) else text


def test_translations_are_chinese() -> None:
    said = {re.sub(CLAUSE, "", text) for message in messages() for text in texts(message)}
    english = {text: found for text in said if (found := foreign(text))}
    assert not english


def test_punctuation_is_full_width() -> None:
    half_width = re.compile(r"[一-鿿”)s][,;:?!]|[,;:?!][一-鿿“]|\.\.\.|^\s|\s$")
    assert not [text for message in messages() for text in texts(message) if half_width.search(text)]


# What must be in it, found where it is declared: a literal without its mark is not extracted.


def test_every_closed_list_is_translated() -> None:
    labels = {member.label for members in closed_lists() for member in members if member.label}
    assert not sorted(label for label in labels - translated() if foreign(label))


def test_every_column_is_translated() -> None:
    said = [text for _, column in declared_columns() for text in (column.label, column.help) if text]
    assert not sorted(set(said) - translated())


def test_every_entity_is_translated() -> None:
    names = {name for model in entities().values() for name in (entity(model).label, entity(model).plural)}
    assert not sorted(names - translated())


def test_the_columns_of_an_entity_are_told_apart() -> None:
    """A file that was written in Chinese is read again by its headings."""
    headings = [(name, chinese(column.label)) for name, column in declared_columns()]
    assert not {heading for heading in headings if headings.count(heading) > 1}


def test_files_may_spell_a_closed_list_as_our_screens_do() -> None:
    otherwise = {
        member.label: (chinese(member.label), member.aliases)
        for members in closed_lists()
        for member in members
        if member.aliases and member.label not in SPELT_OTHERWISE and chinese(member.label) not in member.aliases
    }
    assert not otherwise


def test_every_sentence_in_the_code_is_translated() -> None:
    """Also one without its mark, or where extraction is blind, such as inside an f-string."""
    bare = {
        f"{path.relative_to(ROOT)}: {text}" for path in modules() for text in spoken(path) if text not in translated()
    }
    assert not sorted(bare)


def closed_lists() -> list[type[Labelled]]:
    """Every closed list of the rooms, all modules imported."""
    for room in ROOMS:
        for module in walk_packages(import_module(room).__path__, f"{room}."):
            import_module(module.name)
    return [found for found in Labelled.__subclasses__() if found.__module__.split(".")[0] in ROOMS]


def declared_columns() -> list[tuple[str, ColumnWords]]:
    """Every column that is declared for people, with the name of its entity."""
    return [
        (name, found)
        for name, model in entities().items()
        for column in model.__table__.columns
        if (found := words(column))
    ]


def modules() -> list[Path]:
    return [ROOT / "app.py", *(path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))]


SPEAKING = {"N_", "gettext", "ngettext", "lazy_gettext", "translate", "Fault", "UnreadableFile", "flash"}


def spoken(path: Path) -> Iterator[str]:
    """The English literals that a module hands to what speaks to people."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and node.args and _name(node.func) in SPEAKING:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


# Templates.


JINJA = re.compile(r"\{% set \w+ %\}.*?\{% endset %\}|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_template_shows_bare_words(path: Path) -> None:
    assert not [text for text in visible(JINJA.sub("", path.read_text())) if foreign(text)]
