"""The intent labels, with the priority and the human need that each has by default."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from nlu import data_files
from nlu.understanding import Priority

# The danger cases, most urgent first.
CASES = (
    "self_harm",
    "vital",
    "violence_home",
    "sexual_violence",
    "child_alone",
    "weapon",
    "threat",
    "harassment",
    "runaway",
    "homeless",
    "forced_marriage",
    "pregnancy_minor",
)


@dataclass(frozen=True, slots=True)
class Intent:
    """One label: how soon a person looks by default, whether one is needed, and, for the labels
    that mean danger, the case (`danger`) that the model raises with it."""

    name: str
    priority: Priority
    escalate: bool
    danger: str | None = None


IN_NO_FLOW = frozenset({"other", "unintelligible", "media_only", "emoji_only"})
"""Labels that are not about us, or about nothing: no flow answers them by itself."""


@cache
def model_priority(case: str) -> Priority:
    """The priority of a case that the model alone raises, when it is sure of it."""
    return Priority(data_files.read("intents.yml")["cases"].get(case, "P1"))


@cache
def intents() -> dict[str, Intent]:
    """All labels by name, in the order of the data file.

    >>> intents()["self_harm"].priority.value
    'P0'
    """
    table = data_files.read("intents.yml")["intents"]
    return {
        name: Intent(name, Priority(row["priority"]), row["escalate"], row.get("danger"))
        for name, row in table.items()
    }
