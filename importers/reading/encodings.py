"""In which encoding a text file is written: marks first, then what the bytes allow, then what reads like writing."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from importers.reading.table import AskEncoding, Limits, UnreadableFile
from models.faults import N_

CHUNK = 1 << 20
JUDGED = 1 << 18  # bytes from which plausibility is judged
PREVIEW_LINES, PREVIEW_CHARACTERS = 5, 200
LINES_TO_A_ROW = 10  # line breaks inside cells and blank lines allowed for, on average
FEW_BAD = 3  # bytes that may be broken in any file
RARELY_BAD = 0.02  # or this share of all characters beyond ASCII

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_ASKED = ("gb18030", "big5", "shift_jis", "euc_kr", "cp1252", "cp1251")

_COMMON_HANZI = re.compile(rb"[\xb0-\xd7][\xa1-\xfe]|[\xa1\xa3][\xa1-\xfe]")
_LATIN = rb"[\xc0-\xcf\xd1-\xd6\xd8-\xdd\xdf-\xef\xf1-\xf6\xf8-\xfd]"
_WESTERN_WORD = re.compile(rb"[A-Za-z]" + _LATIN + rb"|" + _LATIN + rb"[A-Za-z]")
_INSIDE_WORD = re.compile(rb"[A-Za-z]" + _LATIN + rb"[A-Za-z]")
_LATIN_SIGN = re.compile(rb"[\xa1\xa4-\xa7\xac\xb6\xb7\xa6][\x00-\x7f]")
_HIGH = re.compile(rb"[\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Encoding:
    """The name of a codec, and whether some bytes of the file are broken in it."""

    name: str
    is_broken: bool = False

    @property
    def errors(self) -> str:
        """How broken bytes are decoded: to marks that are found again, in codecs that know how."""
        if not self.is_broken:
            return "strict"
        return "replace" if self.name.startswith(("utf-16", "utf-32")) else "surrogateescape"


def encoding_of(path: Path, limits: Limits, told: str | None = None) -> Encoding:
    """The encoding of the file, or the one that was told. Raises AskEncoding, or UnreadableFile for what is no text."""
    with path.open("rb") as file:
        head = file.read(JUDGED)
    if not head:
        raise UnreadableFile(N_("The file is empty"))
    _judge_lines(path, limits)
    if told is not None:
        return _told(path, told, head)
    name = _by_mark(head) or _by_zeros(head)
    if name is not None and name != "utf-8-sig":
        return Encoding(name, not _holds(path, name))
    if head.count(b"\x00") > len(head) // 100:
        raise UnreadableFile(N_("The file is not a table: save it as CSV or XLSX"))
    if name is not None:
        return Encoding(name, not _holds(path, name))
    return _by_content(path)


def _told(path: Path, told: str, head: bytes) -> Encoding:
    try:
        name = codecs.lookup(told).name
    except LookupError as error:
        raise UnreadableFile(N_("%(encoding)s is no encoding that is known here"), encoding=told) from error
    name = {"utf-8": "utf-8-sig", "gbk": "gb18030", "gb2312": "gb18030"}.get(name, name)
    if name in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be") and _by_mark(head) == name[:6]:
        name = name[:6]
    return Encoding(name, not _holds(path, name))


def _by_mark(head: bytes) -> str | None:
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def _by_zeros(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: ASCII, of which every table has some, leaves zeros at every second place."""
    zeros = head.count(b"\x00")
    if zeros < 2 or zeros * 50 < len(head):
        return None
    readings = {name: text for name in _WIDE if (text := _wide_text(head, name)) is not None}
    if not readings:
        return None
    return max(readings, key=lambda name: _ascii_share(readings[name]))


def _wide_text(head: bytes, name: str) -> str | None:
    width = 4 if name.startswith("utf-32") else 2
    if len(head) % width:
        return None
    try:
        text = codecs.getincrementaldecoder(name)().decode(head)
    except UnicodeDecodeError:
        return None
    is_text = text.count("\x00") <= len(text) // 100 and _ascii_share(text) > 0 and re.search(r"[\r\n,;\t|]", text)
    return text if is_text else None


def _ascii_share(text: str) -> float:
    return sum(character in "\r\n\t" or " " <= character <= "~" for character in text) / max(len(text), 1)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _judge_lines(path: Path, limits: Limits) -> None:
    """Raises UnreadableFile for a line so long that holding it would already be too much, and for far too many."""
    length = count = 0
    for chunk in _chunks(path):
        first = min((place for place in (chunk.find(b"\n"), chunk.find(b"\r")) if place >= 0), default=-1)
        if first < 0:
            length += len(chunk)
        if length + max(first, 0) > limits.line_bytes:
            message = N_("A line of the file is longer than %(limit)s MB: this is no table")
            raise UnreadableFile(message, limit=limits.line_bytes // 1_000_000)
        count += chunk.count(b"\n")
        if count > limits.rows * LINES_TO_A_ROW:
            raise UnreadableFile(N_("The file has more than %(limit)s rows: split it"), limit=limits.rows)
        if first >= 0:
            length = len(chunk) - 1 - max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))


def _holds(path: Path, name: str) -> bool:
    """Whether all bytes of the file are right in the encoding."""
    decoder = codecs.getincrementaldecoder(name)()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _by_content(path: Path) -> Encoding:
    if _holds(path, "utf-8-sig"):
        return Encoding("utf-8-sig")
    beyond = _lines_beyond_ascii(path)
    if _reads_as(beyond, "utf-8") and not _is_pure_ascii_else(beyond):
        return Encoding("utf-8-sig", is_broken=True)
    if _holds(path, "gb18030") and (decided := _chinese_or_ask(beyond)):
        return decided
    if _is_western(beyond):
        return Encoding("cp1252" if _holds(path, "cp1252") else "latin-1")
    if _reads_as(beyond, "gb18030") and _hanzi_share(beyond) > 0.8:
        return Encoding("gb18030", is_broken=True)
    if len(_HIGH.findall(beyond)) <= FEW_BAD:
        return Encoding("utf-8-sig", is_broken=True)
    raise _question(beyond, _ASKED)


def _lines_beyond_ascii(path: Path) -> bytes:
    """The first lines that hold anything but ASCII, on which plausibility is judged."""
    found = bytearray()
    with path.open("rb") as file:
        for line in file:
            if not line.isascii():
                found += line
            if len(found) > JUDGED:
                break
    return bytes(found)


def _reads_as(content: bytes, name: str) -> bool:
    """Whether few enough bytes are wrong in the encoding to be damage rather than another encoding."""
    text = content.decode(name, errors="surrogateescape")
    bad = sum("\udc80" <= character <= "\udcff" for character in text)
    good = sum(character > "\x7f" for character in text) - bad
    return bad <= RARELY_BAD * good or (bad <= FEW_BAD and good > 2 * bad)


def _is_pure_ascii_else(content: bytes) -> bool:
    text = content.decode("utf-8", errors="surrogateescape")
    return not any(character > "\x7f" and not "\udc80" <= character <= "\udcff" for character in text)


def _chinese_or_ask(content: bytes) -> Encoding | None:
    """GB18030 is what remains by rule. Where its reading is odd and another is not, a person decides."""
    high = len(_HIGH.findall(content))
    if _is_one_sign(content):
        return None
    if high and len(_INSIDE_WORD.findall(content)) == high:
        if high > FEW_BAD:
            return None  # single accents inside Latin words, all over the file
        raise _question(content, ("gb18030", "cp1252"))
    others = [name for name in ("big5", "shift_jis") if _hanzi_share(content) < 0.5 and _is_plausible(content, name)]
    if others and high >= 8:
        raise _question(content, ("gb18030", *others))
    return Encoding("gb18030")


def _hanzi_share(content: bytes) -> float:
    """The part of the bytes beyond ASCII that is common hanzi or Chinese punctuation, read as GB18030."""
    text = content.decode("gb18030", errors="ignore")
    beyond = "".join(character for character in text if character > "\x7f").encode("gb18030", errors="ignore")
    common = sum(len(found.group()) for found in _COMMON_HANZI.finditer(beyond))
    return common / max(len(_HIGH.findall(content)), 1)


def _is_plausible(content: bytes, name: str) -> bool:
    """Whether the bytes read as everyday writing in an encoding of East Asia."""
    try:
        text = content.decode(name)
    except UnicodeDecodeError:
        return False
    beyond = [character for character in text if character > "\x7f"]
    if name == "shift_jis":
        return sum("\u3040" <= character <= "\u30ff" for character in beyond) > 0.3 * len(beyond)
    common = sum(b"\xa4" <= character.encode("big5", errors="replace")[:1] <= b"\xc6" for character in beyond)
    return common > 0.8 * len(beyond)


def _is_one_sign(content: bytes) -> bool:
    """Whether all bytes beyond ASCII are the same sign, alone each time: a delimiter such as \u00a7."""
    high = _HIGH.findall(content)
    return len(high) > FEW_BAD and len(set(high)) == 1 and len(_LATIN_SIGN.findall(content)) == len(high)


def _is_western(content: bytes) -> bool:
    """Whether single bytes beyond ASCII stand in Latin words, or are one and the same sign throughout."""
    high = _HIGH.findall(content)
    if _is_one_sign(content):
        return True
    return bool(high) and len(_WESTERN_WORD.findall(content)) >= 0.7 * sum(byte >= b"\xc0" for byte in high) > 0


def _question(content: bytes, names: tuple[str, ...]) -> AskEncoding:
    previews: list[tuple[str, list[str]]] = []
    for name in names:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        previews.append((name, [line[:PREVIEW_CHARACTERS] for line in text.splitlines()[:PREVIEW_LINES]]))
    message = N_("The file is neither UTF-8 nor clearly GB18030: choose the encoding in which it reads right")
    return AskEncoding(message, previews)
