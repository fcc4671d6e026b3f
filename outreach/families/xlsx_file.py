"""Read a list in XLSX, row by row, formulas seen as formulas."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook

from outreach.families.header import Cell, Header, known_titles, text_cell
from outreach.families.rows import FileError, Row, Table
from outreach.families.vocabulary import vocabulary

_MOST_BYTES = 1 << 30  # unpacked; a list of a million pupils is a tenth of it
_BROKEN = (zipfile.BadZipFile, zlib.error, ParseError, KeyError, ValueError, EOFError, OSError)

T = TypeVar("T")


def read_xlsx(path: Path, sheet: str | None = None) -> Table:
    """The rows of the named sheet, or of the only one with the right columns."""
    if _unpacked(path) > _MOST_BYTES:
        raise FileError("too_big")
    book = _whole(lambda: load_workbook(path, read_only=True, data_only=False))
    chosen = _sheet(book, sheet)
    found = _titles(chosen)
    if found is None:
        raise FileError("empty")
    line, titles = found
    header = Header.of(titles)
    return Table(_rows(book, chosen, line, header), header.unread)


def _unpacked(path: Path) -> int:
    def total() -> int:
        with zipfile.ZipFile(path) as package:
            return sum(entry.file_size for entry in package.infolist())

    return _whole(total)


def _whole(read: Callable[[], T]) -> T:
    """What `read` gives; a half-written or damaged workbook is a FileError."""
    try:
        with warnings.catch_warnings():
            # Extensions that openpyxl does not know (validations, themes) do not touch the values.
            warnings.simplefilter("ignore", UserWarning)
            return read()
    except _BROKEN:
        raise FileError("broken_xlsx") from None


def _sheet(book: Any, wanted: str | None) -> Any:
    """The worksheet to read; charts have no rows and are not among them."""
    sheets = {s.title: s for s in book.worksheets}
    listed = ", ".join(sheets)
    if wanted is not None:
        if wanted not in sheets:
            raise FileError("no_sheet", sheet=wanted, sheets=listed)
        return sheets[wanted]
    needed = len(vocabulary().required)
    scores = {t: known_titles(found[1]) if (found := _titles(s)) else 0 for t, s in sheets.items()}
    right = [t for t, score in scores.items() if score >= needed]
    if len(right) > 1:
        raise FileError("unclear_sheet", sheets=", ".join(right))
    if not scores:
        raise FileError("empty")
    # None is right: the nearest one names the missing columns best.
    return sheets[right[0] if right else max(scores, key=lambda t: scores[t])]


def _titles(sheet: Any) -> tuple[int, list[str]] | None:
    """The first line with text, and its number."""
    for line, cells in _lines(sheet):
        if any(c.text for c in cells):
            return line, [c.text for c in cells]
    return None


def _rows(book: Any, sheet: Any, titles: int, header: Header) -> Iterator[Row]:
    try:
        for line, cells in _lines(sheet):
            if line > titles:
                yield header.row(line, cells)
    finally:
        book.close()


def _lines(sheet: Any) -> Iterator[tuple[int, list[Cell]]]:
    """Each line that the sheet holds, with its number."""
    sheet.reset_dimensions()  # what the file says of its own size is often wrong
    lines = enumerate(sheet.iter_rows(), start=1)
    while (found := _whole(lambda: next(lines, None))) is not None:
        line, cells = found
        yield line, [_cell(c) for c in cells]


def _cell(cell: Any) -> Cell:
    value, kind = cell.value, cell.data_type
    if value is None:
        return Cell("")
    if kind == "f":
        return Cell("", "formula")
    if kind == "e":
        return Cell("", "cell_error")
    if isinstance(value, datetime | date | time | timedelta):
        return Cell("", "date_cell")
    if isinstance(value, float):
        return Cell(str(int(value)) if value.is_integer() else repr(value))
    return text_cell(str(value))
