"""All figures of one engine, and the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from nlu.evaluation import metrics, speed, trust
from nlu.evaluation.run import NO_ANSWER, Judged
from nlu.evaluation.shares import Share
from nlu.understanding import Json


@dataclass(frozen=True, slots=True)
class Figures:
    """What one engine made of the sentences. `unanswered` counts those that a server left without
    an answer; `language` and `speed` are None where they were not measured."""

    engine: str
    version: str
    sentences: int
    unanswered: int
    intents: metrics.IntentFigures
    danger: metrics.DangerFigures
    stop: metrics.StopFigures
    language: metrics.LanguageFigures | None
    trust: trust.TrustFigures
    latency: speed.Latencies
    speed: speed.Speed | None

    def as_json(self) -> Json:
        """The same figures as plain JSON."""
        found: Json = plain(self)
        return found


def measure(
    judged: Sequence[Judged],
    engine: str,
    version: str = "",
    *,
    pace: speed.Speed | None = None,
    texts: bool = False,
) -> Figures:
    """All figures of one run; the sentences gone wrong are quoted only with `texts`."""
    return Figures(
        engine=engine,
        version=version,
        sentences=len(judged),
        unanswered=sum(j.heard.intent == NO_ANSWER for j in judged),
        intents=metrics.intent_figures(judged),
        danger=metrics.danger_figures(judged, texts),
        stop=metrics.stop_figures(judged, texts),
        language=metrics.language_figures(judged),
        trust=trust.trust_figures(judged),
        latency=speed.latencies(judged),
        speed=pace,
    )


def plain(value: Any) -> Any:
    """Dataclasses as mappings, shares with their value and interval, numbers rounded.

    >>> plain(Share(1, 2))["value"]
    0.5
    """
    if isinstance(value, Share):
        low, high = value.interval
        found = {"hits": value.hits, "total": value.total, "value": value.value}
        return plain(found | {"interval": [low, high]})
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        if any(isinstance(key, tuple) for key in value):  # the confusion: JSON keys are texts
            return [[*key, count] for key, count in sorted(value.items())]
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value
