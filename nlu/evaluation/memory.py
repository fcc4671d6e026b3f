"""What processes hold in memory, from Linux's /proc."""

from __future__ import annotations

import re
from pathlib import Path

_PROC = Path("/proc")
_PEAK = re.compile(r"^VmHWM:\s*(\d+) kB$", re.MULTILINE)


def peak(pid: int, proc: Path = _PROC) -> int | None:
    """The most that a process and its children held at once each, in bytes; None where the
    process or /proc is not there."""
    try:
        status = (proc / str(pid) / "status").read_text()
    except OSError:
        return None
    found = _PEAK.search(status)
    if found is None:
        return None
    return int(found[1]) * 1024 + sum(peak(child, proc) or 0 for child in _children(pid, proc))


def _children(pid: int, proc: Path) -> set[int]:
    children: set[int] = set()
    for path in (proc / str(pid) / "task").glob("*/children"):
        try:
            children |= {int(child) for child in path.read_text().split()}
        except OSError:
            continue  # a thread that has just ended
    return children
