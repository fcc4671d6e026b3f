"""The line of titles: which column stands where, and how a line of cells becomes a `Row`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outreach.families.rows import FileError, Row
from outreach.families.vocabulary import fold, vocabulary

# Invisible marks that copying from a web page or a phone book leaves behind.
_INVISIBLE = dict.fromkeys(
    map(ord, "\ufeff\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060")
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, or the code of why it has none (formula, cell_error, date_cell)."""

    text: str
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """Places of the columns of the contract, of comment columns, and the titles not read."""

    places: dict[str, int]
    comments: tuple[int, ...]
    unread: tuple[str, ...]
    width: int

    @classmethod
    def of(cls, titles: Sequence[str]) -> Header:
        """The header with these titles; FileError when a column is missing or there twice."""
        known = vocabulary()
        names = [_column(t) for t in titles]
        places = {n: names.index(n) for n in known.columns if n in names}
        twice = [n for n in places if names.count(n) > 1]
        if twice:
            raise FileError("twice", columns=", ".join(twice))
        missing = [n for n in known.required if n not in places]
        if missing:
            found = ", ".join(t for t in names if t) or "aucune"
            raise FileError("missing_columns", columns=", ".join(missing), found=found[:300])
        comments = tuple(i for i, t in enumerate(titles) if fold(t) in known.comments)
        unread = tuple(t for t, n in zip(titles, names, strict=True) if n and n not in places)
        return cls(places, comments, unread, len(_trimmed(names)))

    def row(self, line: int, cells: Sequence[Cell]) -> Row:
        """The cells of one line under their titles."""
        read = {n: cells[i] if i < len(cells) else Cell("") for n, i in self.places.items()}
        faults = [(n, c.fault) for n, c in read.items() if c.fault]
        surplus = any(c.text or c.fault for c in cells[self.width :])
        if surplus:
            faults.insert(0, ("", "too_many_cells"))
        comment = any(i < len(cells) and bool(cells[i].text) for i in self.comments)
        return Row(line, {n: c.text for n, c in read.items()}, tuple(faults), comment)


def known_titles(titles: Sequence[str]) -> int:
    """How many of these titles belong to the contract."""
    return len({_column(t) for t in titles} & set(vocabulary().columns))


def bare(text: str) -> str:
    """Text without invisible marks and outer blanks (also the non-breaking ones)."""
    return text.translate(_INVISIBLE).strip()


def text_cell(text: str) -> Cell:
    """A cell of a text file, with what spreadsheets leave in it undone or named.

    >>> text_cell('="0639980001"').text, text_cell("=A2").fault, text_cell("#N/A").fault
    ('0639980001', 'formula', 'cell_error')
    """
    plain = bare(text)
    if plain.startswith('="') and plain.endswith('"') and len(plain) > 2:
        return Cell(plain[2:-1].strip())  # the usual way to keep a leading zero
    if plain.startswith("="):
        return Cell("", "formula")
    if plain.startswith("#") and plain.endswith(("!", "?", "/A")):
        return Cell("", "cell_error")
    return Cell(plain.removeprefix("'"))


def _column(title: str) -> str:
    return fold(bare(title)).replace(" ", "_")


def _trimmed(names: list[str]) -> list[str]:
    """The titles without the empty ones at the end."""
    last = max((i for i, n in enumerate(names) if n), default=-1)
    return names[: last + 1]
