"""Cells that a spreadsheet would take for a formula: one apostrophe goes in front of them, reading takes it off."""

GUARD = "'"
_DANGEROUS = ("'", "=", "+", "-", "@", "\t", "\r")


def guarded(cell: str) -> str:
    """The cell as it may stand in a file that people open in a spreadsheet."""
    return GUARD + cell if cell.startswith(_DANGEROUS) else cell


def unguarded(cell: str) -> str:
    """The cell as it was before it was guarded; any other cell as it is."""
    return cell[1:] if cell.startswith(GUARD) and cell[1:].startswith(_DANGEROUS) else cell
