"""One process that understands, to be measured from outside: `python -m nlu.evaluation.worker`.

It is a fresh interpreter with nothing but `nlu` in it, so that its start and its memory are those
of understanding alone. First line in: the texts, a JSON list. First line out: ready. At « go » it
understands them all, and says how long each took.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import Any, TextIO

from nlu.evaluation import memory
from nlu.evaluation.run import WARM_UP


def serve(source: TextIO, target: TextIO, hear: Callable[[str], object]) -> None:
    """Speak the protocol above with one engine."""
    texts: list[str] = json.loads(source.readline())
    hear(WARM_UP)
    _say(target, {"ready": memory.peak(os.getpid())})
    if source.readline().strip() != "go":
        return
    seconds = []
    for text in texts:
        begun = time.perf_counter()
        hear(text)
        seconds.append(round(time.perf_counter() - begun, 6))
    _say(target, {"seconds": seconds, "peak": memory.peak(os.getpid())})


def train(target: TextIO) -> None:
    """Learn the model anew, kept nowhere."""
    import nlu

    with TemporaryDirectory(prefix="renouer-train-") as folder:
        nlu.train(folder)
    _say(target, {"trained": True})


def _say(target: TextIO, value: Any) -> None:
    target.write(json.dumps(value) + "\n")
    target.flush()


def main() -> None:
    """Understand, or with « train » learn."""
    import structlog

    # Standard output is the protocol's.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    if sys.argv[1:] == ["train"]:
        train(sys.stdout)
        return
    import nlu

    serve(sys.stdin, sys.stdout, nlu.understand)


if __name__ == "__main__":
    main()
