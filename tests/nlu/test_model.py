"""The model: its data, its cache, and what it does without the encoder."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from nlu import classify, corpus, embed, model_file, training, vectors
from nlu.intents import CASES, intents
from nlu.language import LAUNCH
from nlu.normalise import normalise

BY_RULE = {"media_only", "voice_note", "emoji_only", "unintelligible"}


def test_every_label_has_enough_sentences_in_every_language() -> None:
    counted = Counter((e.language, e.intent) for e in corpus.training())
    few = [
        (code, name, counted[code, name])
        for code in LAUNCH
        for name in set(intents()) - BY_RULE
        if counted[code, name] < (30 if code == "fr" else 12)
    ]
    assert few == []
    assert sum(n for (_, name), n in counted.items() if name == "other") >= 500


def test_every_danger_case_has_enough_sentences_in_every_language() -> None:
    counted = Counter((e.language, e.danger) for e in corpus.training())
    few = [(c, case) for c in LAUNCH for case in CASES if counted[c, case] < 12]
    assert few == []


def test_the_kept_vectors_cover_the_training_sentences() -> None:
    """Else every fresh checkout would compute them: minutes instead of seconds."""
    coder = embed.embedder()
    assert coder is not None
    with np.load(vectors.PATH, allow_pickle=False) as file:
        kept = {f"{int(k):016x}" for k in file["keys"]}
    texts = training._spellings(corpus.training())
    assert [t for t in texts if vectors.key(t, coder.name) not in kept] == []


def test_the_kept_model_is_of_this_data_and_code() -> None:
    """Else every first start would train for minutes. `renouer nlu train --refresh-vectors`."""
    kept = training._kept(training.version())
    assert kept is not None
    assert kept.version == training.version()


def test_a_saved_model_says_the_same_and_holds_no_pickle(tmp_path: Path) -> None:
    model = classify.model()
    path = tmp_path / "nlu" / "model.npz"
    model_file.save(model, path)
    again = model_file.load(path)
    message = normalise("mon fils a de la fièvre")
    assert again.judge(message, "fr") == model.judge(message, "fr")
    with np.load(path, allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)


def test_a_broken_cache_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_kept", lambda _: None)
    monkeypatch.setattr(training, "fit", lambda _: classify.model())
    (tmp_path / f"model-{training.version()}.npz").write_bytes(b"not a model")
    assert training.load_or_train(tmp_path) is classify.model()
