"""What they said: language, intents, danger and STOP of one message. Pure; its own data only.

>>> import nlu
>>> nlu.understand("1️⃣").number
1
"""

from __future__ import annotations

from pathlib import Path

from nlu import classify, embed
from nlu.batch import parse_batch
from nlu.intents import Intent
from nlu.pipeline import understand
from nlu.understanding import Entity, IntentScore, Language, Priority, Understanding

__all__ = [
    "Entity",
    "Intent",
    "IntentScore",
    "Language",
    "Priority",
    "Understanding",
    "load",
    "loaded",
    "parse_batch",
    "train",
    "understand",
]


def load() -> classify.Model:
    """Load the model now, so that the first message does not wait. It is there for any engine,
    since it stands in for the others."""
    return classify.model()


def loaded() -> bool:
    """True once the model is in memory and messages are understood at full speed."""
    return classify.model.cache_info().currsize > 0


def train(data_dir: str | Path | None = None, *, refresh_vectors: bool = False) -> classify.Model:
    """Train anew and write the cache under `data_dir` (else `RENOUER_DATA_DIR`, else `.renouer`).

    `refresh_vectors` rewrites the kept sentence vectors first, as a change of the training
    sentences asks for.
    """
    from nlu import training  # scikit-learn is only imported to train

    return training.train_and_save(embed.data_dir(data_dir), refresh_vectors=refresh_vectors)
