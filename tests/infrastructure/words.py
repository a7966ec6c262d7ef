"""The Chinese catalog as tests read it, the English ids that the rooms say, and what people see of a page."""

import re
import tomllib
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.frontend import parse_keywords
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent.parent
CHINESE = ROOT / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
ROOMS = ("models", "rules", "operations", "importers", "reports", "views")

# A clause of the standards, written the same in every language.
CLAUSE = (
    r"(?:\bS[0-4] )?第[一二三四五六七八九十\d]+篇(?: [有信专反同][形赖业应理]度)?|\bS[0-4](?: [一-鿿]+)?|程序 [一-鿿]"
)
PLACE = re.compile(r"%\((\w+)\)s")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
# Latin letters that Chinese readers expect: formats, standards and names of things.
_LATIN = {
    *(
        "CSV",
        "XLSX",
        "UTF-8",
        "GB18030",
        "SHA-256",
        "MB",
        "NUL",
        "Excel",
        "PostgreSQL",
        "Wilson",
        "Webhook",
        "cn",
        "X",
        "E1",
        "csv",
        "xls",
        "XLS",
        "ODS",
    ),
    *("Ctrl", "Enter"),
    *("GBK", "Big5", "Shift", "JIS", "Windows-1252", "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "EUC-KR"),  # encodings
    *("HC", "Open"),  # systems whose files are known: HC 小区, Open 311
    *("Asia", "Shanghai", "name", "example", "com"),  # a time zone and an e-mail address, as they are written
}
_SHOWN_ATTRIBUTES = {
    *("alt", "label", "placeholder", "summary", "title"),
    *("aria-description", "aria-label", "aria-placeholder", "aria-roledescription", "aria-valuetext"),
}
# What scripts and style sheets read: names, addresses, numbers. Every other `data-` attribute holds words.
MACHINE = {
    *(
        "data-choices",
        "data-chosen-by",
        "data-column",
        "data-density",
        "data-eager",
        "data-editable",
        "data-estate",
        "data-group",
    ),
    *("data-fitting", "data-id", "data-lookup", "data-move", "data-picks", "data-shortcut", "data-theme", "data-url"),
    *("data-values", "data-version"),
}
_UNSEEN = {"script", "style", "kbd"}  # the keys of a keyboard are marked as they are
_READ_BY_SCRIPTS = {"id", "url", "request_id", "kind", "icon", "column", "version", "name"}


@cache
def extracted() -> frozenset[str]:
    """Every English id in the rooms, found as `make messages` finds it; of one with a plural, the singular."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(each["pattern"], each["method"]) for each in mappings]
    keywords = parse_keywords(_makefile_keywords().split())
    found: list[Any] = [
        message
        for room in ROOMS
        for _, _, message, _, _ in extract_from_dir(str(ROOT / room), methods, keywords=keywords)
    ]
    found += [message for _, message, _, _ in extract_from_file("python", str(ROOT / "app.py"), keywords=keywords)]
    return frozenset(map(singular, found))


def _makefile_keywords() -> str:
    found = re.search(r'--keywords "([^"]+)"', (ROOT / "Makefile").read_text())
    assert found is not None
    return found[1]


def singular(message_id: Any) -> str:
    """The id, of one with a plural its first."""
    return str(message_id if isinstance(message_id, str) else message_id[0])


@cache
def catalog() -> Catalog:
    """The Chinese catalog."""
    with CHINESE.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN")


def messages() -> list[Message]:
    """Its entries, without the header."""
    return [message for message in catalog() if message.id]


def texts(message: Message) -> tuple[str, ...]:
    """The translation, or all of its plural forms."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


@cache
def translated() -> frozenset[str]:
    """The ids that have a translation."""
    return frozenset(singular(message.id) for message in messages() if all(texts(message)))


def chinese(label: str) -> str:
    """The translation of that id."""
    message = catalog().get(label)
    assert message is not None, label
    return texts(message)[0]


def foreign(text: str) -> list[str]:
    """The Latin words of the text that a Chinese reader does not expect."""
    return [word for word in _WORD.findall(PLACE.sub("", text)) if word not in _LATIN]


def visible(html: str) -> list[str]:
    """What people see of a page: the texts between tags, and the attributes that are shown or read out."""
    page = _Page()
    page.feed(html)
    return page.found


def spoken_in(answer: Any) -> list[str]:
    """The texts of a JSON answer, but for what only scripts read."""
    match answer:
        case dict():
            return [text for key, value in answer.items() if key not in _READ_BY_SCRIPTS for text in spoken_in(value)]
        case list():
            return [text for value in answer for text in spoken_in(value)]
        case str():
            return visible(answer) if "<" in answer else [answer]
    return []


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.unseen += tag in _UNSEEN
        self.found += [value for name, value in attributes if value and _is_shown(tag, name, dict(attributes))]

    def handle_endtag(self, tag: str) -> None:
        self.unseen -= tag in _UNSEEN

    def handle_data(self, data: str) -> None:
        if not self.unseen and data.strip():
            self.found.append(data.strip())


def _is_shown(tag: str, name: str, attributes: dict[str, str | None]) -> bool:
    """Whether people see or hear the attribute; of what scripts read, whatever `MACHINE` does not name."""
    match tag, name:
        case "input", "value":
            return attributes.get("type") in {"submit", "button", "reset"}
        case "meta", "content":
            return attributes.get("name") == "description"
    return name in _SHOWN_ATTRIBUTES or (name.startswith("data-") and name not in MACHINE)
