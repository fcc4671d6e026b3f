"""Read a list in CSV: UTF-8 with or without mark, UTF-16, Windows-1252; `;`, `,` or tab."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from outreach.families.header import Header, known_titles, text_cell
from outreach.families.rows import FileError, Row, Table

_BLOCK = 1 << 20
_DELIMITERS = (";", ",", "\t")


def read_csv(path: Path) -> Table:
    """The rows of a text file; FileError when it is not one, or its quotes do not close."""
    encoding = _encoding(path)
    delimiter, first = _titles(path, encoding)
    header = Header.of(first)
    return Table(_rows(path, encoding, delimiter, header), header.unread)


def records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Every record of any CSV that is not blank, titles first, with the line it starts on."""
    encoding = _encoding(path)
    counts = {d: sum(len(c) for _, c in _first(path, encoding, d)) for d in _DELIMITERS}
    delimiter = max(counts, key=lambda d: counts[d])
    return ((line, cells) for line, cells in _records(path, encoding, delimiter) if any(cells))


def _first(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    return islice(_records(path, encoding, delimiter), 1)


def _encoding(path: Path) -> str:
    """Told by the mark at the start, else by reading all of it, block by block."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding in ("utf-8-sig", "cp1252"):
        if _decodes(path, encoding):
            return encoding
    raise FileError("encoding")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK):
                if b"\x00" in block:
                    raise FileError("binary")
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _titles(path: Path, encoding: str) -> tuple[str, list[str]]:
    """The delimiter under which most titles are known, and the titles; rows follow them."""
    best: tuple[int, str, list[str]] = (-1, ";", [])
    for delimiter in _DELIMITERS:
        for _, cells in _records(path, encoding, delimiter):
            if _has_text(cells):
                best = max(best, (known_titles(cells), delimiter, cells), key=lambda b: b[0])
                break
    if not best[2]:
        raise FileError("empty")
    return best[1], best[2]


def _rows(path: Path, encoding: str, delimiter: str, header: Header) -> Iterator[Row]:
    records = _records(path, encoding, delimiter)
    next(cells for _, cells in records if _has_text(cells))  # the titles
    for line, cells in records:
        yield header.row(line, [text_cell(c) for c in cells])


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it starts (a quoted cell may hold line breaks)."""
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        start = 1
        try:
            for cells in reader:
                yield start, cells
                start = reader.line_num + 1
        except csv.Error as error:
            raise FileError("broken_csv", line=start, why=error) from None
        except UnicodeError:
            raise FileError("encoding") from None


def _has_text(cells: list[str]) -> bool:
    """A record that may be the titles: not blank, and not Excel's `sep=;` hint."""
    said = [c for c in cells if c.strip("\ufeff \t")]
    return bool(said) and not said[0].lower().startswith("sep=")
