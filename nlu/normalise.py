"""One message in the forms that the rest of the pipeline compares: cleaned, folded, words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from nlu import data_files

_HOMOGLYPHS = str.maketrans("аеорсухіѕјкмтвнАЕОРСУХІКМТВН", "aeopcyxisjkmtbhAEOPCYXIKMTBH")
_LATIN_TO_CYRILLIC = str.maketrans("aeopcyxikmtbh", "аеорсухікмтвн")
_APOSTROPHES = re.compile("[’‘ʼ`´′＇]")
_SPACE = re.compile(r"\s+")
_REPEAT = re.compile(r"([^\W\d_])\1{2,}")
_MIXED = re.compile(r"(?=\w*[a-zA-Z])(?=\w*[\u0400-\u04ff])\w+")
_NOT_WORD = re.compile(r"[^\w]+")
_LETTER_FOLD = str.maketrans(
    {
        "ı": "i",
        "ł": "l",
        "đ": "d",
        "ø": "o",
        "œ": "oe",
        "æ": "ae",
        "ß": "ss",
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ى": "ي",
        "ی": "ي",
        "ئ": "ي",
        "ؤ": "و",
        "ة": "ه",
        "ک": "ك",
        "گ": "ك",
        "ڤ": "ف",
        "ـ": "",
        "_": " ",
    }
)


@dataclass(frozen=True, slots=True)
class Normalised:
    """`plain` is cleaned text in lower case, `folded` has no diacritic, no apostrophe and no
    letter said thrice, and `words` are the words of `folded`."""

    plain: str
    folded: str
    words: tuple[str, ...]


def normalise(text: str) -> Normalised:
    """All forms of one message; takes any string, also null bytes and lone surrogates.

    >>> normalise("ArrÊtezzzz  d'écrire !").folded
    'arretez d ecrire !'
    """
    plain = clean(text).lower().replace("i̇", "i")
    folded = fold(plain)
    return Normalised(plain, folded, tuple(_NOT_WORD.sub(" ", folded).split()))


def clean(text: str) -> str:
    """NFKC without control, zero-width, direction and surrogate characters, spaces made one.

    >>> clean("sa\\u200blut\\x00 toi")
    'salut toi'
    """
    kept = (" " if c in "\t\n\r\x0b\x0c\x1c\x85\u2028\u2029" else c for c in text)
    text = "".join(c for c in kept if unicodedata.category(c) not in _DROPPED or c in _JOINERS)
    text = unicodedata.normalize("NFKC", text)
    text = "".join(c for c in text if unicodedata.category(c) not in _DROPPED or c in _JOINERS)
    text = _APOSTROPHES.sub("'", text)
    return _SPACE.sub(" ", _MIXED.sub(_one_script, text)).strip()


def fold(text: str) -> str:
    """Lower case without diacritics, apostrophes as spaces, repeats of three or more made one.

    >>> fold("İstanbul'da ŞIMDİ")
    'istanbul da simdi'
    """
    lowered = text.lower().translate(_LETTER_FOLD)
    parts = unicodedata.normalize("NFD", lowered)
    bare = "".join(c for c in parts if unicodedata.category(c) != "Mn")
    bare = unicodedata.normalize("NFC", bare).replace("'", " ")
    return _SPACE.sub(" ", _REPEAT.sub(r"\1", bare)).strip()


def plain_french(words: tuple[str, ...]) -> tuple[str, ...]:
    """SMS French written out, word by word.

    >>> " ".join(plain_french(("jveu", "pa", "mtn")))
    'je veux pas maintenant'
    """
    table = _sms()
    out: list[str] = []
    for word in words:
        out.extend(table.get(word, word).split())
    return tuple(out)


def spelt_out(plain: str) -> str:
    """SMS French written out inside a cleaned text whose accents are kept, as the encoder likes it.

    >>> spelt_out("jveu pas, mtn il est fatigué")
    'je veux pas, maintenant il est fatigué'
    """
    table = _sms()
    return _WORD.sub(lambda m: table.get(fold(m.group()), m.group()), plain)


_WORD = re.compile(r"\w+")
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_JOINERS = frozenset({"\u200d"})  # joins emoji; harmless elsewhere once folded


@cache
def _sms() -> dict[str, str]:
    table: dict[str, str] = data_files.read("sms.yml")["fr"]
    return {str(k): str(v) for k, v in table.items()}


def _one_script(match: re.Match[str]) -> str:
    # A word of two alphabets is a look-alike trick or a slip of the keyboard: the majority wins.
    word = match.group()
    cyrillic = sum("\u0400" <= c <= "\u04ff" for c in word)
    if cyrillic * 2 > sum(c.isalpha() for c in word):
        return word.lower().translate(_LATIN_TO_CYRILLIC)
    return word.translate(_HOMOGLYPHS)
