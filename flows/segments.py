"""SMS encoding and segments, as the providers bill them, and the folding into GSM-7.

Source: 3GPP TS 23.038 (alphabet), TS 23.040 (concatenation); the counting follows Twilio's
message segment calculator: what a reader sees as one sign is never split over two segments.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENDED = frozenset("^{}\\[~]|€\f")  # an escape first, so two units each
GSM7_SIZES = (160, 153)
UCS2_SIZES = (70, 67)
_ZWJ = "\u200d"
_PUNCTUATION = str.maketrans(
    {
        "’": "'", "‘": "'", "‚": ",", "‛": "'", "′": "'", "ʼ": "'", "`": "'", "´": "'",
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "″": '"',
        "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "−": "-", "•": "-", "·": "-",
        "…": "...", "œ": "oe", "Œ": "OE", "ı": "i", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
        "©": "(c)", "®": "(r)", "™": "TM", "×": "x", "÷": "/", "°": " ", "\t": " ",
        "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200a": " ", "\u2002": " ", "\u2003": " ",
        "\u200b": "", "\ufeff": "", "\u00ad": "", "\u2060": "",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segments:
    """What an SMS costs: `encoding` is GSM-7 or UCS-2, `units` septets or UTF-16 code units."""

    encoding: str
    units: int
    segments: int


def segments(text: str) -> Segments:
    """Encoding, units and number of SMS of a text; an empty text counts as one, as it is billed.

    >>> segments("é" * 160)
    Segments(encoding='GSM-7', units=160, segments=1)
    >>> segments("ê" * 71)
    Segments(encoding='UCS-2', units=71, segments=2)
    """
    if is_gsm7(text):
        costs = [2 if sign in GSM7_EXTENDED else 1 for sign in text]
        return Segments("GSM-7", sum(costs), _count(costs, GSM7_SIZES))
    costs = [_utf16_units(cluster) for cluster in _clusters(text)]
    return Segments("UCS-2", sum(costs), _count(costs, UCS2_SIZES))


def is_gsm7(text: str) -> bool:
    """True when the whole text fits the GSM-7 alphabet."""
    return all(sign in GSM7_BASIC or sign in GSM7_EXTENDED for sign in text)


def gsm7_fold(text: str) -> str:
    """The text with near signs of GSM-7 where there are some (« smart encoding »).

    Letters of another script stay: then the whole text is UCS-2 and nothing is gained.

    >>> gsm7_fold("être reçu – l’œuvre…")
    "etre recu - l'oeuvre..."
    """
    return "".join(_fold_sign(sign) for sign in unicodedata.normalize("NFC", text))


def _fold_sign(sign: str) -> str:
    if sign in GSM7_BASIC or sign in GSM7_EXTENDED:
        return sign
    mapped = sign.translate(_PUNCTUATION)
    if is_gsm7(mapped):
        return mapped
    base = "".join(c for c in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(c))
    return base if base and is_gsm7(base) else sign


def _count(costs: list[int], sizes: tuple[int, int]) -> int:
    """Segments needed when no sign may be split; `sizes` alone and as a part of several."""
    single, part = sizes
    if sum(costs) <= single:
        return 1
    count, free = 1, part
    for cost in costs:
        if cost > free and free < part:
            count, free = count + 1, part
        while cost > part:  # one sign longer than a whole segment: it has to be split
            count, cost = count + 1, cost - part
        free -= cost
    return count


def _utf16_units(text: str) -> int:
    return sum(2 if ord(sign) > 0xFFFF else 1 for sign in text)


def _clusters(text: str) -> Iterator[str]:
    """What a reader sees as one sign: letter with its marks, emoji with its joiners, a flag."""
    cluster = ""
    for sign in text:
        if cluster and _joins(cluster, sign):
            cluster += sign
            continue
        if cluster:
            yield cluster
        cluster = sign
    if cluster:
        yield cluster


def _joins(cluster: str, sign: str) -> bool:
    if cluster in ("\n", "\r") or unicodedata.category(cluster[-1]) == "Cc":
        return False
    if unicodedata.category(sign) in ("Mn", "Me", "Mc") or sign in (_ZWJ, "\u200c"):
        return True
    if 0x1F3FB <= ord(sign) <= 0x1F3FF or 0xE0020 <= ord(sign) <= 0xE007F:  # skin, flag tags
        return True
    if _is_regional(sign):
        return _is_regional(cluster) and len(cluster) == 1
    return cluster.endswith(_ZWJ) and unicodedata.category(sign) == "So"


def _is_regional(text: str) -> bool:
    return all(0x1F1E6 <= ord(sign) <= 0x1F1FF for sign in text)
