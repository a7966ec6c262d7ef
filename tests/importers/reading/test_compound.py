from pathlib import Path

import pytest

from importers.reading.compound import Compound, inspect, records
from importers.reading.table import UnreadableFile
from tests.infrastructure.packing import with_entry

OLD = Path("fixtures/tables/old.xls")
INTERFACE_HEADER, FILE_PASS = b"\xe1\x00\x02\x00", b"\x2f\x00\x02\x00"


def test_the_records_of_an_old_workbook_begin_and_end_as_they_must() -> None:
    kinds = [kind for kind, _, _ in records(inspect(OLD))]
    assert (kinds[0], 0x000A in kinds, 0x0085 in kinds) == (0x0809, True, True)


def test_a_workbook_in_a_protected_package_is_told_from_an_old_one() -> None:
    with pytest.raises(UnreadableFile, match="protected by a password: save it without one"):
        inspect(Path("fixtures/tables/protected.xlsx"))


def test_an_old_workbook_with_a_password_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "protected.xls"
    path.write_bytes(OLD.read_bytes().replace(INTERFACE_HEADER, FILE_PASS, 1))
    with pytest.raises(UnreadableFile, match="protected by a password"):
        inspect(path)


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [("_VBA_PROJECT_CUR", "holds macros: save it as XLSX without them"), ("EncryptedPackage", "password")],
)
def test_what_else_is_in_the_file_decides(tmp_path: Path, entry: str, sentence: str) -> None:
    path = tmp_path / "file.xls"
    path.write_bytes(with_entry(OLD.read_bytes(), entry))
    with pytest.raises(UnreadableFile, match=sentence):
        inspect(path)


@pytest.mark.parametrize(("name", "kind"), [("WordDocument", "DOC"), ("PowerPoint Document", "PPT"), ("Other", "OLE")])
def test_a_compound_file_without_a_workbook_is_no_table(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / "file.xls"
    content = OLD.read_bytes().replace("Workbook".encode("utf-16-le"), "Workbxxk".encode("utf-16-le"))
    path.write_bytes(with_entry(content, name))
    with pytest.raises(UnreadableFile, match=f"no table but {kind}"):
        inspect(path)


@pytest.mark.parametrize("size", [8, 100, 512, 600, 1500, 4000])
def test_a_file_cut_short_is_refused_or_read_but_never_breaks(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file.xls"
    path.write_bytes(OLD.read_bytes()[:size])
    assert _outcome(path) in {"refused", "read"}


def _outcome(path: Path) -> str:
    try:
        inspect(path)
    except UnreadableFile:
        return "refused"
    return "read"


def test_a_chain_that_bites_its_tail_ends() -> None:
    content = bytearray(OLD.read_bytes())
    table = (int.from_bytes(content[76:80], "little") + 1) * 512
    first = int.from_bytes(content[48:52], "little")
    content[table + first * 4 : table + first * 4 + 4] = first.to_bytes(4, "little")
    assert "Workbook" in Compound(bytes(content)).entries
