"""Check one line of a list: good, or refused with a reason that the school can act on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from outreach.families.phones import Phone, PhoneError, phone
from outreach.families.rows import Good, Guardian, Notice, Refused, Rejected, Row
from outreach.families.vocabulary import fold, vocabulary

LONGEST = {"pupil_ref": 64, "guardian_name_1": 120, "guardian_name_2": 120}
LONGEST_ELSE = 500  # a comment in a wrong column is withheld, a page of text is a broken file

UAI = re.compile(r"\d{7}[A-Z]")
_AND = re.compile(r"[;,/|+]|\bet\b")


def check(row: Row, schools: Mapping[str, str]) -> Good | Rejected:
    """The line as a value fit to keep, or every fault that it has.

    `schools` gives the level of each known school by UAI.

    >>> check(Row(2, {}), {}).faults[0].column
    'pupil_ref'
    """
    return _Check(row, schools).done()


def check_all(rows: Iterator[Row], schools: Mapping[str, str]) -> Iterator[Good | Rejected | None]:
    """Each line in turn, duplicates refused; None for a blank line, so that counts add up."""
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.blank:
            yield None
            continue
        found = check(row, schools)
        if isinstance(found, Good):
            first = seen.setdefault((found.uai, found.pupil_ref), found.line)
            if first != found.line:
                again = Refused.because(row.line, "pupil_ref", "duplicate", line=first)
                yield Rejected(row.line, (again,))
                continue
        yield found


@dataclass
class _Check:
    """One line under check; faults and notices gather as its cells are read."""

    row: Row
    schools: Mapping[str, str]
    faults: list[Refused] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    human_first: bool = False

    def done(self) -> Good | Rejected:
        for column, code in self.row.faults:
            self._refuse(column, code)
        for column, text in self.row.cells.items():
            if len(text) > LONGEST.get(column, LONGEST_ELSE):
                self._refuse(column, "too_long", length=len(text))
        good = self._read()
        if self.faults or good is None:
            return Rejected(self.row.line, tuple(self.faults))
        return good

    def _read(self) -> Good | None:
        pupil_ref = self._needed("pupil_ref", lambda text: text)
        uai = self._needed("uai", self._uai)
        level = self._needed("level", lambda text: self._level(text, uai))
        category = self._needed("category", self._category)
        reason = self._reason()
        wishes = self._restrictions()
        guardians = self._guardians("ASE" if "ase" in wishes else "parent")
        own = self._own_phone(guardians)
        self._reachable(guardians, own, wishes)
        if not (pupil_ref and uai and level and category):
            return None
        return Good(
            line=self.row.line,
            pupil_ref=pupil_ref,
            uai=uai,
            level=level,
            category=category,
            reason=reason,
            human_first=self._human_first(),
            do_not_contact="do_not_contact" in wishes,
            guardians=guardians,
            pupil_phone=own,
            language=self._language(),
            mode="voice" if "voice" in wishes else "text",
            notices=tuple(self.notices),
        )

    def _cell(self, column: str) -> str:
        return self.row.cells.get(column, "")

    def _refuse(self, column: str, code: str, **details: object) -> None:
        """One fault a column: the first says enough."""
        if column not in {f.column for f in self.faults}:
            self.faults.append(Refused.because(self.row.line, column, code, **details))

    def _note(self, column: str, code: str, **details: object) -> None:
        self.notices.append(Notice.about(self.row.line, column, code, **details))

    def _needed(self, column: str, meaning: Callable[[str], str | None]) -> str | None:
        text = self._cell(column)
        if not text:
            self._refuse(column, "required")
            return None
        return meaning(text)

    def _uai(self, text: str) -> str | None:
        uai = "".join(text.split()).upper()
        if not UAI.fullmatch(uai):
            self._refuse("uai", "uai_format")
            return None
        if uai not in self.schools:
            self._refuse("uai", "uai_unknown")
            return None
        return uai

    def _level(self, text: str, uai: str | None) -> str | None:
        folded, here = fold(text), self.schools.get(uai or "")
        if folded in vocabulary().level_of_the_school:
            return here
        possible = vocabulary().levels.get(folded)
        if possible is None:
            self._refuse("level", "level_unknown")
            return None
        return here if here in possible else possible[0]

    def _category(self, text: str) -> str | None:
        category = vocabulary().categories.get(fold(text))
        if category is None:
            self._refuse("category", "category_unknown")
        return category

    def _reason(self) -> str | None:
        """One of the three reasons that are kept; anything else is withheld, a person first."""
        folded = fold(self._cell("reason"))
        known = vocabulary().reasons.get(folded)
        if folded and known is None:
            self._withhold("reason", "reason_withheld")
        return known

    def _restrictions(self) -> frozenset[str]:
        """What the school asks; words that are not understood are withheld, a person first."""
        text = self._cell("contact_restrictions")
        known, found = vocabulary().restrictions, set()
        for part in [text] if fold(text) in known else _AND.split(text):
            folded = fold(part)
            if folded and folded not in known:
                self._withhold("contact_restrictions", "restriction_unread")
            elif folded:
                found.add(known[folded])
        return frozenset(found - {"none"})

    def _withhold(self, column: str, code: str) -> None:
        self.human_first = True
        self._note(column, code)

    def _human_first(self) -> bool:
        if self.row.comment:
            self._withhold("", "comment_withheld")
        return self.human_first

    def _guardians(self, kind: str) -> tuple[Guardian, ...]:
        found: dict[str, Guardian] = {}
        for number in ("1", "2"):
            column = f"guardian_phone_{number}"
            given = self._phone(column)
            if given is None:
                continue
            if given.e164 in found:
                self._note(column, "same_number")
                continue
            name = " ".join(self._cell(f"guardian_name_{number}").split()) or None
            found[given.e164] = Guardian(given, name, kind)
        return tuple(found.values())

    def _own_phone(self, guardians: tuple[Guardian, ...]) -> Phone | None:
        own = self._phone("pupil_phone")
        if own and own.e164 in {g.phone.e164 for g in guardians}:
            self._note("pupil_phone", "same_number")
            return None
        return own

    def _phone(self, column: str) -> Phone | None:
        text = self._cell(column)
        if not text:
            return None
        try:
            found = phone(text)
        except PhoneError as error:
            self._refuse(column, error.code)
            return None
        if found.restored:
            self._note(column, "zero_restored")
        if found.channel == "voice":
            self._note(column, "landline")
        if found.foreign:
            self._note(column, "foreign", region=found.region)
        return found

    def _reachable(
        self, guardians: tuple[Guardian, ...], own: Phone | None, wishes: frozenset[str]
    ) -> None:
        """A line without any number is of use only to say whom not to contact."""
        written = any(
            self._cell(c) for c in ("guardian_phone_1", "guardian_phone_2", "pupil_phone")
        )
        if not guardians and own is None and "do_not_contact" not in wishes and not written:
            self._refuse("guardian_phone_1", "phone_missing")

    def _language(self) -> str | None:
        """The first language named that we know (« arabe / français » is Arabic)."""
        text = self._cell("language_hint")
        known = vocabulary().languages
        for part in [text, *_AND.split(text), text[:2] if text[2:3] in "-_" else ""]:
            if fold(part) in known:
                return known[fold(part)]
        if text:
            self._note("language_hint", "language_unknown")
        return None
