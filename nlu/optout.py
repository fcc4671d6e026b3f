"""STOP and START, in every form people use. Decided by word lists, never by the model alone."""

from __future__ import annotations

import re
from functools import cache

from nlu import data_files
from nlu.lexicon import compile_patterns, readings
from nlu.normalise import Normalised, fold

_LETTERS = re.compile(r"[^\w]+")


def is_optout(message: Normalised, code: str = "") -> bool:
    """True when the sender asks us to write no more; `code` is the language where it is known.

    >>> from nlu.normalise import normalise
    >>> is_optout(normalise("arretez svp")), is_optout(normalise("le bus s'arrete plus ici"))
    (True, False)
    """
    return _asks(message, "optout", code)


def is_hinted(message: Normalised, code: str = "") -> bool:
    """True when some word or phrase could be part of a STOP; decides nothing by itself.

    >>> from nlu.normalise import normalise
    >>> is_hinted(normalise("jveu plu de vos msg")), is_hinted(normalise("il a de la fievre"))
    (True, False)
    """
    guards = _tables("optout")[2]
    return any(_hints().search(guards.sub(" # ", t)) for t in readings(message, code))


@cache
def _hints() -> re.Pattern[str]:
    rows = data_files.read("optout.yml")["hints"].values()
    return compile_patterns(p for row in rows for p in row)


def is_optin(message: Normalised, code: str = "") -> bool:
    """True when the sender asks us to write again; `code` as above.

    >>> from nlu.normalise import normalise
    >>> is_optin(normalise("START"))
    True
    """
    return not is_optout(message, code) and _asks(message, "optin", code)


def _asks(message: Normalised, kind: str, code: str) -> bool:
    whole, phrases, guards, polite, ends = _tables(kind)
    for text in readings(message, code):
        bare = " ".join(polite.sub(" ", text).split())
        if bare in whole or _LETTERS.sub("", text) in whole:
            return True
        text = guards.sub(" # ", text)
        if phrases.search(text) or ends.search(text.strip()):
            return True
    return False


@cache
def _tables(
    kind: str,
) -> tuple[frozenset[str], re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    table = data_files.read("optout.yml")
    rows = table[kind]
    listed = [p for values in rows["whole"].values() for p in values]
    whole = frozenset(" ".join(_LETTERS.sub(" ", fold(p)).split()) for p in listed)
    phrases = compile_patterns([p for values in rows["phrases"].values() for p in values])
    guards = compile_patterns(rows.get("guards") or [])
    polite = compile_patterns(table["polite"])
    words = "|".join(re.escape(fold(w)) for w in rows.get("ends") or []) or "(?!)"
    # A STOP word that opens or closes a message is a request; in the middle it is a word.
    ends = re.compile(rf"^(?:{words})(?= |$)|(?:^| )(?:{words})$")
    return whole, phrases, guards, polite, ends
