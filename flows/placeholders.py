"""Placeholders of a text: `{fever_threshold}`. Which are facts, which the wording knows itself."""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(r"\{([a-z0-9_]+)\}")
BUILTIN = ("when",)
"""`{when}` is when people next answer, from `Facts.next_service`."""


def placeholders(text: str) -> tuple[str, ...]:
    """Names of the placeholders, in order.

    >>> placeholders("Appelez le {phone_samu} {when}.")
    ('phone_samu', 'when')
    """
    return tuple(PLACEHOLDER.findall(text))


def stray_braces(text: str) -> bool:
    """True when a brace is left that belongs to no placeholder.

    >>> stray_braces("{When}")
    True
    """
    return bool(re.search(r"[{}]", PLACEHOLDER.sub("", text)))
