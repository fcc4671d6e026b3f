"""Lists as schools would export them, for the tests of the import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook

COLLEGE, LP = "0349901X", "0309902X"
LEVELS = {COLLEGE: "college", LP: "lp"}

COLUMNS = (
    "pupil_ref",
    "uai",
    "level",
    "category",
    "reason",
    "guardian_phone_1",
    "guardian_phone_2",
    "language_hint",
    "contact_restrictions",
)


def pupil(ref: str = "A1", phone: str = "06 39 98 01 01", **cells: str) -> dict[str, str]:
    """One good line; say only what differs."""
    plain = {
        "pupil_ref": ref,
        "uai": COLLEGE,
        "level": "6e",
        "category": "non_repondant",
        "guardian_phone_1": phone,
    }
    return plain | cells


def csv_text(
    rows: Sequence[Mapping[str, str]], columns: Sequence[str] = COLUMNS, delimiter: str = ";"
) -> str:
    """The lines as CSV, cells as they are given (quote them yourself)."""
    lines = [delimiter.join(columns)]
    lines += [delimiter.join(row.get(c, "") for c in columns) for row in rows]
    return "\n".join(lines) + "\n"


def csv_file(
    folder: Path,
    rows: Sequence[Mapping[str, str]],
    columns: Sequence[str] = COLUMNS,
    delimiter: str = ";",
    encoding: str = "utf-8",
) -> Path:
    """A CSV file with these lines."""
    path = folder / "liste.csv"
    path.write_bytes(csv_text(rows, columns, delimiter).encode(encoding))
    return path


def xlsx_file(folder: Path, sheets: Mapping[str, Sequence[Sequence[object]]]) -> Path:
    """A workbook with these sheets, values with their own types."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    path = folder / "liste.xlsx"
    book.save(path)
    return path
