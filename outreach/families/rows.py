"""The values that an import passes along: a row as read, and what the check made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from outreach.families.phones import Phone
from outreach.families.vocabulary import words


class FileError(Exception):
    """The file as a whole cannot be read; the message is for the person who chose it."""

    def __init__(self, code: str, **details: object) -> None:
        self.code = code
        super().__init__(str(words()["files"][code]).format(**details))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file as read.

    `line` is its number as a spreadsheet shows it. `cells` are the columns of the contract, bare
    text. `faults` are (column, code) that the reading itself found: a formula, an error.
    `comment` is true when a comment column has words on this line (they are never read).
    """

    line: int
    cells: Mapping[str, str]
    faults: tuple[tuple[str, str], ...] = ()
    comment: bool = False

    @property
    def blank(self) -> bool:
        """Nothing stands on the line."""
        return not self.faults and not self.comment and not any(self.cells.values())


@dataclass(frozen=True, slots=True)
class Table:
    """A list opened for reading: its rows one by one, and the columns that are not read."""

    rows: Iterator[Row]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a line is not taken, in French for the school, and what to do about it.

    >>> Refused.because(7, "uai", "uai_unknown").reason
    "Cet établissement n'est pas connu du service."
    """

    line: int
    column: str
    reason: str
    advice: str

    @classmethod
    def because(cls, at: int, column: str, code: str, **details: object) -> Refused:
        """The refusal with this code of `words.yml`."""
        said = words()["refusals"][code]
        return cls(at, column, said["reason"].format(**details), said["advice"])


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the school should know about a line that is taken."""

    line: int
    column: str
    note: str

    @classmethod
    def about(cls, at: int, column: str, code: str, **details: object) -> Notice:
        """The notice with this code of `words.yml`."""
        return cls(at, column, str(words()["notices"][code]).format(**details))


@dataclass(frozen=True, slots=True)
class Guardian:
    """One guardian of a line: `kind` is parent, ASE or other."""

    phone: Phone
    name: str | None = None
    kind: str = "parent"


@dataclass(frozen=True, slots=True)
class Good:
    """One pupil of the list, checked; nothing in it is a free comment.

    `language` is ISO 639-1 or None, `mode` text or voice.
    """

    line: int
    pupil_ref: str
    uai: str
    level: str
    category: str
    reason: str | None
    human_first: bool
    do_not_contact: bool
    guardians: tuple[Guardian, ...]
    pupil_phone: Phone | None = None
    language: str | None = None
    mode: str = "text"
    notices: tuple[Notice, ...] = ()


def details_of(refused: Refused | Notice) -> dict[str, object]:
    """The plain JSON of a refusal or a notice."""
    if isinstance(refused, Notice):
        return {"line": refused.line, "column": refused.column, "note": refused.note}
    return {
        "line": refused.line,
        "column": refused.column,
        "reason": refused.reason,
        "advice": refused.advice,
    }


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that is not taken, with each of its faults (never none)."""

    line: int
    faults: tuple[Refused, ...]
