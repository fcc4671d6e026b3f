"""Laws that no single test can see: they are read from the code."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command

from bot.migrations import config, pending

ROOT = Path(__file__).parents[2]
NOT_OURS = ("node_modules", "versions")
ROOMS = ("bot", "flows", "nlu", "outreach")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60  # the house's word is 40, seldom more; this is where « seldom » ends


def sources() -> Iterator[Path]:
    for room in ROOMS:
        for folder, below, files in os.walk(ROOT / room):
            # What was installed there is not ours: node_modules, nlu/.rasa.
            below[:] = sorted(d for d in below if d not in NOT_OURS and not d.startswith("."))
            yield from (Path(folder) / f for f in sorted(files) if f.endswith(".py"))


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sources():
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def calls(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, node.lineno


def test_time_comes_from_one_clock() -> None:
    """Law 6: nothing but the clock asks the machine for the hour."""
    asked = [
        f"{name}:{line}"
        for name, tree in trees()
        for attr, line in calls(tree)
        if attr in ("now", "utcnow", "today") and _of_datetime(tree, line, attr)
        if name != "outreach/clock.py"
    ]
    assert asked == []


def _of_datetime(tree: ast.AST, line: int, attr: str) -> bool:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and node.lineno == line
            and node.attr == attr
            and isinstance(node.value, ast.Name)
        ):
            return node.value.id in ("datetime", "date")
    return False


def test_nothing_is_sent_outside_dispatch() -> None:
    """Law 1: only the dispatcher calls a channel's `send`, and only after the gate."""
    senders = []
    for name, tree in trees():
        if name.startswith("outreach/channels/"):
            continue
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "send"
            ):
                senders.append(name)
    assert senders == ["outreach/dispatch.py"]


def test_the_dispatcher_asks_the_gate_before_every_call() -> None:
    tree = ast.parse((ROOT / "outreach/dispatch.py").read_text(encoding="utf-8"))
    methods = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.AsyncFunctionDef)}
    assert "decide" in {attr for attr, _ in calls(methods["_authorise"])}
    order = [attr for attr, _ in sorted(calls(methods["_send_all"]), key=lambda c: c[1])]
    assert order.index("_authorise") < order.index("_call")


@pytest.mark.parametrize("path", list(sources()), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_functions_are_short_enough_to_read() -> None:
    long = [
        f"{name}:{node.name}"
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_only_a_channels_own_file_knows_a_providers_field_names() -> None:
    names = ("MessageSid", "SmsSid", "NumMedia", "callback_query", "update_id")
    knowing = [
        str(path.relative_to(ROOT))
        for path in sources()
        if "channels" not in path.parts
        and any(name in path.read_text(encoding="utf-8") for name in names)
    ]
    assert knowing == []


def test_the_rooms_keep_their_floors() -> None:
    """bot above outreach above flows; nlu beside; nobody reaches up."""
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_models_and_migrations_agree(database_url: str) -> None:
    assert not pending(database_url)
    command.check(config(database_url))
