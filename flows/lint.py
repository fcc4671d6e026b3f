"""The lint of words: `python -m flows.lint`. Every finding is « file:line: reason »; none is ok.

Rules of the dossier de domaine, 2, 8.3 and 9: short plain sentences, no banned word, no acronym,
no shouting, nothing that should be a dated fact; every language complete and within its segments.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from flows import sample
from flows.catalogue import FOLDER, LANGUAGES, SOURCE, po_file, read_catalogue, reviews
from flows.load import load_flows
from flows.nodes import Fault, FlowError
from flows.placeholders import PLACEHOLDER, placeholders, stray_braces
from flows.schema import FlowSet, Message
from flows.segments import is_gsm7, segments

WORDS_FILE = Path(__file__).parent / "lint_words.yml"
WORDS_A_SENTENCE = {SOURCE: 12}
WORDS_ELSEWHERE = 14
SEGMENTS_A_MESSAGE = {SOURCE: 2}
SEGMENTS_ELSEWHERE = 3
SEGMENTS_A_STEP = {SOURCE: 2}
STEP_SEGMENTS_ELSEWHERE = 5
_SENTENCES = re.compile(r"[.!?؟:;\n]+")
_WORD = re.compile(r"[^\W\d_](?:[\w'’-]*\w)?|\d+")
_FIGURES = (
    (re.compile(r"\d{3,}|\d[\d ]{6,}\d"), "a raw number: use a fact"),
    (re.compile(r"\d\s*(?:°|degr|derece|درج|grad)", re.I), "a raw temperature: use a fact"),
    (re.compile(r"https?:|www\.|\b\w+\.(?:fr|com|org|eu)\b", re.I), "a raw link: use a fact"),
)


def lint(folder: Path = FOLDER) -> list[Fault]:
    """Everything wrong with the words of all languages."""
    try:
        flows = load_flows()
    except FlowError as error:
        return list(error.faults)
    faults: list[Fault] = []
    for language in LANGUAGES:
        faults += _lint_language(language, flows, folder)
    return sorted({*faults, *_lint_used(flows), *_lint_reviews(folder)})


def _lint_language(language: str, flows: FlowSet, folder: Path) -> Iterator[Fault]:
    entries = _entries(language, flows, folder)
    complete = True
    for key, message in flows.messages.items():
        if message.same:
            continue
        if key not in entries:
            complete = False
            file = _short(po_file(language, folder))
            yield Fault(file, 0, f"« {key} » is not translated")
            continue
        text, file, line = entries[key]
        for reason in _text_reasons(text, language, message):
            # A text with a wrong placeholder cannot be filled and measured.
            complete = complete and not reason.startswith("placeholders")
            yield Fault(file, line, f"{key}: {reason}")
    if complete:
        yield from _lint_lengths(language, flows, entries, folder)


def _entries(language: str, flows: FlowSet, folder: Path) -> dict[str, tuple[str, str, int]]:
    """Text, file and line of every message that this language has for today's French text."""
    if language == SOURCE:
        return {k: (m.text, m.where.file, m.where.line) for k, m in flows.messages.items()}
    file = _short(po_file(language, folder))
    known = {(key, message.text) for key, message in flows.messages.items()}
    return {
        str(entry.context): (str(entry.string), file, entry.lineno or 0)
        for entry in read_catalogue(language, folder)
        if entry.string and not entry.fuzzy and (entry.context, entry.id) in known
    }


def _text_reasons(text: str, language: str, message: Message) -> Iterator[str]:
    """What is wrong with one text, whatever it is filled with."""
    if sorted(placeholders(text)) != sorted(placeholders(message.text)) or stray_braces(text):
        yield f"placeholders differ from the French: {', '.join(placeholders(text)) or 'none'}"
    if language == SOURCE and not is_gsm7(text):
        odd = {c for c in text if not is_gsm7(c)}
        yield f"not in GSM-7: {' '.join(sorted(odd))}"
    most = WORDS_A_SENTENCE.get(language, WORDS_ELSEWHERE)
    for sentence in _SENTENCES.split(PLACEHOLDER.sub("x", text)):
        count = len(_WORD.findall(sentence))
        if count > most:
            yield f"{count} words in a sentence, {most} at most: {sentence.strip()}"
    yield from _word_reasons(text, language)
    bare = PLACEHOLDER.sub("", text)
    for pattern, reason in _FIGURES:
        if pattern.search(bare):
            yield reason
    if re.search(r"!|\?\?", text):
        yield "shouting: an exclamation mark"


def _word_reasons(text: str, language: str) -> Iterator[str]:
    table = _word_table()
    for word in _WORD.findall(PLACEHOLDER.sub(" ", text)):
        if word in table["acronyms"]:
            yield f"acronym: {word}"
        elif len(word) > 1 and word.isupper() and word not in table["capitals"]:
            yield f"shouting capitals: {word}"
        if any(_is_banned(word, banned) for banned in table["banned"][language]):
            yield f"banned word: {word}"


def _is_banned(word: str, banned: str) -> bool:
    said, rule = _bare(word), _bare(banned.rstrip("*"))
    said = said.rpartition("'")[2]
    return said.startswith(rule) if banned.endswith("*") else said == rule


def _bare(word: str) -> str:
    folded = unicodedata.normalize("NFKD", word.casefold().replace("’", "'"))
    return "".join(sign for sign in folded if not unicodedata.combining(sign))


def _lint_lengths(
    language: str, flows: FlowSet, entries: dict[str, tuple[str, str, int]], folder: Path
) -> Iterator[Fault]:
    """Segments of each message, and of all that one step sends, with the longest values."""
    most = SEGMENTS_A_MESSAGE.get(language, SEGMENTS_ELSEWHERE)
    for key, (_, file, line) in entries.items():
        if key not in flows.messages:
            continue
        cost = segments(sample.message_text(flows.messages[key], language, flows, folder))
        if cost.segments > most:
            yield Fault(file, line, f"{key}: {cost.segments} segments, {most} at most")
    most = SEGMENTS_A_STEP.get(language, STEP_SEGMENTS_ELSEWHERE)
    for step, text in sample.step_texts(language, flows, folder):
        cost = segments(text)
        if cost.segments > most:
            where = step.where
            reason = f"step {step.name} in {language}: {cost.segments} segments ({cost.units})"
            yield Fault(where.file, where.line, f"{reason}, {most} at most")


def _lint_used(flows: FlowSet) -> Iterator[Fault]:
    """Messages that nothing says; texts for facts, and the wording's own, are said elsewhere."""
    said = {
        key for flow in flows.flows.values() for step in flow.steps.values() for key in step.say
    }
    asked = [step.ask for flow in flows.flows.values() for step in flow.steps.values() if step.ask]
    said |= {ask.key for ask in asked} | {o.label for ask in asked for o in ask.options}
    for key, message in flows.messages.items():
        if key not in said and Path(message.where.file).name not in (
            "messages.yml",
            "facts_texts.yml",
        ):
            yield Fault(message.where.file, message.where.line, f"{key}: nothing says it")


def _lint_reviews(folder: Path) -> Iterator[Fault]:
    """A catalogue changed since a person has read it must be read again."""
    for review in reviews(folder).values():
        if review.state == "changed since review":
            yield Fault("locales/reviews.toml", 0, f"{review.language}: {review.state}")


@cache
def _word_table() -> dict[str, Any]:
    table: dict[str, Any] = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
    return table


def _short(path: Path) -> str:
    return (
        str(Path(*path.parts[path.parts.index("locales") :]))
        if "locales" in path.parts
        else str(path)
    )


def main() -> int:
    """Print the findings; 1 when there is any."""
    faults = lint()
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    if not faults:
        count = len(load_flows().messages)
        sys.stdout.write(f"{count} texts, {len(LANGUAGES)} languages: nothing to say\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
