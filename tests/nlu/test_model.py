"""The model: its data, its cache, and what it does without the encoder."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from nlu import classify, corpus, embed, training, vectors
from nlu.intents import intents
from nlu.language import detect
from nlu.normalise import normalise

BY_RULE = {"media_only", "voice_note", "emoji_only", "unintelligible"}


def test_every_label_has_enough_sentences_in_every_language() -> None:
    counted = Counter((e.language, e.intent) for e in corpus.training())
    codes = {e.language for e in corpus.training()}
    assert codes >= {"fr", "ar", "ar-Latn", "en", "tr", "ro", "es", "ca", "pt"}
    few = [
        (code, name, counted[code, name])
        for code in codes
        for name in set(intents()) - BY_RULE
        if counted[code, name] < (20 if code == "fr" else 10)
    ]
    assert few == []


def test_the_kept_vectors_cover_the_training_sentences() -> None:
    """Else every fresh checkout would compute them: minutes instead of seconds."""
    coder = embed.embedder()
    assert coder is not None
    with np.load(vectors.PATH, allow_pickle=False) as file:
        kept = {f"{int(k):016x}" for k in file["keys"]}
    texts = training._spellings(corpus.training())
    assert [t for t in texts if vectors.key(t, coder.name) not in kept] == []


def test_a_saved_model_says_the_same_and_holds_no_pickle(tmp_path: Path) -> None:
    model = classify.model()
    path = tmp_path / "nlu" / "model.npz"
    classify.save(model, path)
    again = classify.load(path)
    message = normalise("mon fils a de la fièvre")
    assert [i.name for i in again.rank(message, "fr")][:2] == [
        i.name for i in model.rank(message, "fr")
    ][:2]
    with np.load(path, allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)


def test_a_broken_cache_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "fit", lambda _: classify.model())
    (tmp_path / f"model-{training.version()}.npz").write_bytes(b"not a model")
    assert training.load_or_train(tmp_path).labels == classify.model().labels


def test_without_the_encoder_counts_still_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classify, "embedder", lambda: None)
    best = classify.model().rank(normalise("mon fils est malade il a de la fièvre"), "fr")
    assert best[0].name == "child_sick"


def test_the_cache_goes_where_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RENOUER_DATA_DIR", str(tmp_path))
    assert classify.data_dir() == tmp_path / "nlu"
    assert classify.data_dir("elsewhere") == Path("elsewhere/nlu")


def test_look_alike_letters_of_another_alphabet_do_not_hide_a_word() -> None:
    message = normalise("ѕtоp mеѕѕages")
    assert message.words == ("stop", "messages")
    assert detect(message, "Latn", classify.model().languages).code in {"und", "fr", "en", "ro"}
