"""How fast, and with how much memory: latencies, throughput, start, training."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from nlu.evaluation.run import Judged
from nlu.evaluation.shares import percentile


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds a message took, one at a time."""

    messages: int
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class Latencies:
    """Of all messages, of those that needed no encoder, and of those that did."""

    overall: Latency
    light: Latency
    encoded: Latency


@dataclass(frozen=True, slots=True)
class Speed:
    """Messages a second with `processes` at once, and what that took; None was not measured."""

    processes: int
    throughput: float
    memory: int | None
    start_seconds: float | None = None
    training_seconds: float | None = None


class WorkerFailed(Exception):
    """A measured process ended before its time; its own words are on standard error."""


def latencies(judged: Sequence[Judged]) -> Latencies:
    """From the run over the sentences."""
    return Latencies(
        _latency([j.seconds for j in judged]),
        _latency([j.seconds for j in judged if not j.heard.encoded]),
        _latency([j.seconds for j in judged if j.heard.encoded]),
    )


def _latency(seconds: Sequence[float]) -> Latency:
    found = [percentile(seconds, p) for p in (50, 95, 99)]
    p50, p95, p99 = (None if s is None else round(s * 1000, 3) for s in found)
    return Latency(len(seconds), p50, p95, p99)


def embedded_speed(texts: Sequence[str], processes: int, *, training: bool = False) -> Speed:
    """The embedded engine in fresh processes, each with its share of the texts.

    The first one starts alone, so that its start is not slowed by the others. With `training` the
    model is also learnt anew, which takes as long as it says.
    """
    command = [sys.executable, "-m", "nlu.evaluation.worker"]
    parts = [list(texts[i::processes]) for i in range(processes)]
    workers: list[_Worker] = []
    with ExitStack() as stack:
        begun = time.perf_counter()
        for part in parts:
            worker = stack.enter_context(_Worker(command))
            worker.say(json.dumps(part))
            workers.append(worker)
            if len(workers) == 1:
                worker.hear()
                start = time.perf_counter() - begun
        for worker in workers[1:]:
            worker.hear()
        begun = time.perf_counter()
        for worker in workers:
            worker.say("go")
        answers = [worker.hear() for worker in workers]
        taken = time.perf_counter() - begun
    peaks = [a["peak"] for a in answers if a["peak"] is not None]
    return Speed(
        processes=processes,
        throughput=round(len(texts) / taken, 1),
        memory=max(peaks, default=None),
        start_seconds=round(start, 2),
        training_seconds=_training(command) if training else None,
    )


def _training(command: list[str]) -> float:
    begun = time.perf_counter()
    with _Worker([*command, "train"]) as worker:
        worker.hear()
        return round(time.perf_counter() - begun, 1)


def clients_speed(hear: Callable[[str], object], texts: Sequence[str], clients: int) -> Speed:
    """A server's throughput with several clients at once; `hear` bears being called from threads.

    Its memory is not ours to know here.
    """

    def work(number: int) -> None:
        for text in texts[number::clients]:
            hear(text)

    with ThreadPoolExecutor(clients) as pool:
        begun = time.perf_counter()
        for job in [pool.submit(work, number) for number in range(clients)]:
            job.result()
        taken = time.perf_counter() - begun
    return Speed(clients, round(len(texts) / taken, 1), None)


class _Worker:
    """One measured process, ended with the `with` block."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 – this interpreter, a module of ours
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill() if error[0] else self._process.communicate()
        self._process.wait()

    def say(self, line: str) -> None:
        """Write one line to it."""
        assert self._process.stdin
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise WorkerFailed from None

    def hear(self) -> Any:
        """Wait for its next line."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise WorkerFailed
        return json.loads(line)
