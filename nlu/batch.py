"""Many messages at once, in Rasa's parse format: what `renouer nlu parse --batch` prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nlu.pipeline import understand
from nlu.understanding import Json


def parse_batch(rows: Iterable[Mapping[str, Any]]) -> Iterator[Json]:
    """One result for each row of `text` and optional `id`, `language`, `media`; `id` is kept.

    >>> [r["id"] for r in parse_batch([{"text": "stop", "id": 7}])]
    [7]
    """
    for row in rows:
        text = row.get("text")
        language = row.get("language")
        media = row.get("media")
        parsed = understand(
            text if isinstance(text, str) else "",
            stored_language=language if isinstance(language, str) else None,
            media=[str(kind) for kind in media] if isinstance(media, list) else (),
        ).as_rasa()
        yield {"id": row["id"], **parsed} if "id" in row else parsed
