"""Which language a message is in: script first, then letters, then words and letter groups."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from nlu import data_files
from nlu.features import WIDTH, Floats, counts
from nlu.normalise import Normalised
from nlu.understanding import Language

LAUNCH = frozenset({"fr", "ar", "ar-Latn", "en", "tr", "ro", "bg", "es", "ca", "pt", "ru", "uk"})
# Understood, but not yet answered in: a person takes over.
UNANSWERED = frozenset({"bg", "ca", "pt", "ru", "uk"})
UNDETERMINED = Language("und", 0.0)

_ONE_LANGUAGE = {
    "Grek": "el", "Hebr": "he", "Armn": "hy", "Geor": "ka", "Deva": "hi", "Beng": "bn",
    "Guru": "pa", "Taml": "ta", "Sinh": "si", "Thai": "th", "Khmr": "km", "Tibt": "bo",
    "Mong": "mn", "Tfng": "ber", "Hang": "ko", "Jpan": "ja", "Hani": "zh", "Nkoo": "nqo",
}  # fmt: skip
# Bulgarian is often typed in Latin letters; the two ways of writing are learnt apart.
_LATIN_WRITING = {"bg-Latn": "bg"}
_TRIBES = {"Latn": "latin", "Cyrl": "cyrillic"}
# Letters that one language has and its neighbours have not: worth so many nats each.
_LETTERS = {
    "uk": "іїєґ", "ru": "ыэё", "ro": "ăâîșțşţ", "tr": "ığşİ", "es": "ñ¿¡", "pt": "ãõ",
    "ca": "·", "de": "ß", "fr": "œ",
}  # fmt: skip
_ARABIC_LETTERS = {"ps": "ټډړږښګېۍ", "ur": "ٹڈںےہ", "fa": "پچژگک\u06cc"}
_TIGRINYA = re.compile("[ኣዓቐቕ]|ኢየ|እዩ|ናይ|ክንድ|ኣለ")
_ARABIZI = re.compile(r"(?=\w*[a-z])\w*[a-z][23579][a-z]|\b[3579][a-z]{2,}|[a-z]{2,}[379]\b")
# How much a stored language weighs in on a text of one, two, three words; more words, 8 / n.
_STORED_NATS = {1: 10.0, 2: 6.0, 3: 4.0}


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """Log-probabilities of hashed letter groups: one row a language."""

    codes: tuple[str, ...]
    log_p: Floats


def detect(
    message: Normalised, script: str, model: LanguageModel, stored: str | None = None
) -> Language:
    """The language of one message; `stored` weighs in on short ones.

    Digits, emoji and words without a language (« ok », « stop ») give `und`.
    """
    words = tuple(w for w in message.words if not w.isdecimal() and w not in _neutral())
    if script == "Zyyy" or not words:
        return UNDETERMINED
    if script == "Arab":
        return _arabic(message.plain)
    if script == "Ethi":
        return Language("ti" if _TIGRINYA.search(message.plain) else "am", 0.8)
    if script in _ONE_LANGUAGE:
        return Language(_ONE_LANGUAGE[script], 0.95)
    if script not in _TRIBES:
        return UNDETERMINED
    return _by_words(message, words, _tribe(_TRIBES[script]), model, stored)


def _by_words(
    message: Normalised,
    words: tuple[str, ...],
    tribe: frozenset[str],
    model: LanguageModel,
    stored: str | None,
) -> Language:
    columns, values = counts(words, 1, 4, pairs=False)
    rows = [i for i, code in enumerate(model.codes) if code in tribe]
    # Letter groups overlap, so their evidence is far from independent: a third of it is kept.
    scores = (model.log_p[np.array(rows)[:, None], columns] @ values).astype(np.float64) * 0.35
    for i, row in enumerate(rows):
        code = model.codes[row]
        scores[i] += _prior(code) + 1.5 * sum(c in _LETTERS.get(code, "") for c in message.plain)
        if code == "ar-Latn":
            scores[i] += 4.0 * len(_ARABIZI.findall(message.plain))
        if stored and _is_stored(code, stored):
            scores[i] += _STORED_NATS.get(len(words), 8.0 / len(words))
    chances = np.exp(scores - scores.max())
    chances /= chances.sum()
    best = int(chances.argmax())
    code = model.codes[rows[best]]
    return Language(_LATIN_WRITING.get(code, code), round(float(chances[best]), 4))


def _is_stored(code: str, stored: str) -> bool:
    return _LATIN_WRITING.get(code, code) == stored or (code == "ar-Latn" and stored == "ar")


def _prior(code: str) -> float:
    return 0.0 if _LATIN_WRITING.get(code, code) in LAUNCH else -1.5


def _arabic(text: str) -> Language:
    letters = max(1, sum(c.isalpha() for c in text))
    found = {k: sum(c in v for c in text) / letters for k, v in _ARABIC_LETTERS.items()}
    if found["ps"] > 0.02:
        return Language("ps", 0.8)
    if found["ur"] > 0.04:
        return Language("ur", 0.8)
    # Maghrebi writing borrows گ and پ now and then; Persian uses its letters all the time.
    return Language("fa", 0.8) if found["fa"] > 0.08 else Language("ar", 0.95)


@cache
def _tribe(name: str) -> frozenset[str]:
    return frozenset(data_files.read("languages.yml")[name])


@cache
def _neutral() -> frozenset[str]:
    return frozenset(data_files.read("languages.yml")["neutral"])


def learn(samples: dict[str, list[tuple[str, ...]]]) -> LanguageModel:
    """A naive Bayes model from the words of sample sentences by language."""
    codes = tuple(sorted(samples))
    table = np.full((len(codes), WIDTH), 0.05, dtype=np.float64)
    for row, code in enumerate(codes):
        for words in samples[code]:
            columns, values = counts(words, 1, 4, pairs=False)
            np.add.at(table[row], columns, values)
    table /= table.sum(axis=1, keepdims=True)
    return LanguageModel(codes, np.log(table).astype(np.float32))


def writing(code: str, script: str) -> str:
    """The row of the model that a sample in this language and script belongs to.

    >>> writing("bg", "Latn"), writing("bg", "Cyrl")
    ('bg-Latn', 'bg')
    """
    return "bg-Latn" if code == "bg" and script == "Latn" else code


def samples() -> dict[str, list[str]]:
    """The function words and sentences of `data/languages.yml`, by language."""
    table = data_files.read("languages.yml")
    rows: dict[str, str] = {**table["latin"], **table["cyrillic"]}
    return {code: text.splitlines() for code, text in rows.items()}
