"""What a phone sends, made safe to keep: PostgreSQL refuses two things that text may hold."""

from __future__ import annotations

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(text: str) -> str:
    """The same text, with NUL and half surrogate pairs replaced by U+FFFD.

    Without this a single odd character would make the whole message fail to store, and a
    message lost is worse than a character lost.

    >>> storable("au secours\\x00")
    'au secours\ufffd'
    """
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return paired.replace("\x00", REPLACEMENT)
