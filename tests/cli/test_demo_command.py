"""`renouer demo` as a newcomer runs it: a process of its own, an empty folder, nothing set."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

RENOUER = Path(sys.executable).parent / "renouer"


def renouer(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RENOUER_")}
    return subprocess.run(
        [RENOUER, *arguments],
        env=kept | {"RENOUER_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=110,
    )


def planned(folder: Path, name: str) -> dict[str, int]:
    done = renouer(folder, "campaign", "run", name, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


def test_the_demo_is_prepared_kept_and_reset(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = renouer(folder, "demo", "--no-serve")
    assert first.returncode == 0, first.stderr
    for step in ("Base de données", "Structure de la base", "district fictif", "Compréhension"):
        assert step in first.stderr
    assert planned(folder, "juin")["planned"] == 44
    # The command beside the demo plays the demo's hour: 2020, not today.
    status = renouer(folder, "campaign", "status", "juin", "--json")
    assert json.loads(status.stdout)["created_at"].startswith("2020-06-15T")

    again = renouer(folder, "demo", "--no-serve")
    assert again.returncode == 0, again.stderr
    assert "district fictif" not in again.stderr
    assert planned(folder, "juin")["already"] == 44

    reset = renouer(folder, "demo", "--no-serve", "--reset")
    assert reset.returncode == 0, reset.stderr
    assert renouer(folder, "campaign", "status", "juin").returncode == 1
    assert planned(folder, "juin")["planned"] == 44
