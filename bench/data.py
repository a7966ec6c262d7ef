"""Where built databases are kept, and by what they are known: size, schema, and the code that makes their rows."""

import hashlib
from pathlib import Path

from bench.company import Size

ROOT = Path(__file__).parent.parent
FOLDER = Path(__file__).parent / "data"
MAKERS = (
    *("bench/company.py", "bench/lives.py", "bench/words.py", "fixtures/standards/*.csv", "migrations/versions/*.py"),
    *("rules/*.py", "operations/search_index.py", "operations/rollups.py"),
)


def fingerprint() -> str:
    """Changes with whatever would make another database."""
    found = hashlib.sha256()
    for pattern in MAKERS:
        for path in sorted(ROOT.glob(pattern)):
            found.update(path.read_bytes())
    return found.hexdigest()[:10]


def sqlite_file(size: Size, keep: bool = False) -> Path:
    """The database of that size; with `keep` the last one built, whatever has changed since."""
    FOLDER.mkdir(exist_ok=True)
    built = sorted(FOLDER.glob(f"{size.name}-*.sqlite3"), key=lambda path: path.stat().st_mtime)
    return built[-1] if keep and built else FOLDER / f"{size.name}-{fingerprint()}.sqlite3"


def forget_others(kept: Path) -> None:
    """Remove databases of the same size that nothing would ever use again."""
    for path in FOLDER.glob(f"{kept.stem.partition('-')[0]}-*.sqlite3*"):
        if not path.name.startswith(kept.name):
            path.unlink()
