"""Open a school's list, whatever the export: `parse(path)` finds out what it is by its content."""

from __future__ import annotations

from pathlib import Path

from outreach.families.csv_file import read_csv
from outreach.families.rows import FileError, Table
from outreach.families.xlsx_file import read_xlsx

_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"


def parse(path: Path, sheet: str | None = None) -> Table:
    """The rows of a CSV or XLSX file, read as they are asked for.

    `sheet` names the worksheet; without it the only one with the right columns is taken.
    FileError when the file as a whole cannot be read (also while the rows are being read).

    >>> parse(Path("no-such-file.csv"))
    Traceback (most recent call last):
    ...
    outreach.families.rows.FileError: Le fichier n'existe pas : no-such-file.csv.
    """
    head = _head(path)
    if not head:
        raise FileError("empty")
    if head.startswith(_OLD_OFFICE):
        raise FileError("old_xls")
    if head.startswith(_ZIP):
        return read_xlsx(path, sheet)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        raise FileError("broken_xlsx")
    return read_csv(path)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(8)
    except FileNotFoundError:
        raise FileError("missing", path=path) from None
    except OSError as error:
        raise FileError("unreadable", why=error.strerror or type(error).__name__) from None
