"""Which language a request is answered in, and the catalogs, read from their .po files."""

from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, has_request_context, request, session
from flask_babel import Babel, Domain, get_locale
from markupsafe import Markup

LANGUAGES = {"zh_Hans_CN": "中文", "en": "English"}
_CODES = {code.partition("_")[0]: code for code in LANGUAGES}
CATALOGS = Path(__file__).parent.parent / "translations"


class PoDomain(Domain):
    """A domain whose catalogs need no compiling: each worker reads the .po once."""

    def get_translations(self) -> NullTranslations:
        return catalog(str(get_locale() or current_app.config["BABEL_DEFAULT_LOCALE"]))


class PanelBabel(Babel):
    """Babel with our domain as the default one."""

    @property
    def domain_instance(self) -> Domain:
        return _DOMAIN


_DOMAIN: Domain = PoDomain()


@cache
def catalog(locale: str) -> NullTranslations:
    """The messages of a locale; empty for English, whose messages are the ids."""
    path = CATALOGS / locale / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        messages = read_po(file, locale=locale)
    binary = BytesIO()
    write_mo(binary, messages)
    binary.seek(0)
    return Translations(binary)


def wordings(message: str) -> list[str]:
    """A label in every language we speak: what a heading in a file may be."""
    return [message, *(catalog(locale).gettext(message) for locale in LANGUAGES)]


def chosen_language() -> str:
    """The person's switch, else the browser's wish, else the configured default."""
    if not has_request_context():
        return "en"  # commands speak English, so that other programs can rely on their words
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    for wish, _ in request.accept_languages:
        if wish.lower().startswith("zh"):
            return "zh_Hans_CN"
        if wish.lower().startswith("en"):
            return "en"
    return str(current_app.config["BABEL_DEFAULT_LOCALE"])


class Words(dict[str, str]):
    """The messages of a locale by their ids, looked up once per worker: a page asks for a hundred and more."""

    def __init__(self, locale: str) -> None:
        super().__init__()
        self.catalog = catalog(locale)

    def __missing__(self, message: str) -> str:
        # An empty one stays empty instead of yielding the header.
        self[message] = self.catalog.gettext(message) if message else ""
        return self[message]

    def said(self, message: str, **variables: object) -> Markup:
        """The message in a template, which gives what to put in its places; that is escaped, the message is not."""
        found = Markup(self[message])  # noqa: S704  # out of the catalog
        return found % variables if variables else found


_words = cache(Words)


def language_here() -> str:
    """The language of the request: one of LANGUAGES."""
    locale = get_locale()
    return _CODES[locale.language] if locale else str(current_app.config["BABEL_DEFAULT_LOCALE"])


def translate(message: str) -> str:
    """The message in the language of the request."""
    return _words(language_here())[message]


def translator(language: str) -> Callable[[str], str]:
    """What translates into that language, outside any request; into English where it is none of ours."""
    return _words(language).__getitem__


def _said(message: str, **variables: object) -> Markup:
    return _words(language_here()).said(message, **variables)


def _sayer() -> dict[str, Callable[..., Markup]]:
    """What templates translate with, made for the language once per page instead of asking for it at each word."""
    return {"_": _words(language_here()).said}


def init_language(app: Flask) -> None:
    """Attach Babel with our catalogs."""
    PanelBabel(app, locale_selector=chosen_language)
    app.jinja_env.globals.update(languages=LANGUAGES, gettext=_said, _=_said)
    app.context_processor(_sayer)
    app.jinja_env.globals["html_language"] = lambda: str(get_locale() or "zh").replace("_", "-").replace("-CN", "")
