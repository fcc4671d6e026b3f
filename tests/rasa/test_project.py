"""`nlu/` is a Rasa project, and its lock file says what it must and nothing more."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import yaml

from nlu.intents import intents

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "nlu" / "rasa.lock").read_text(encoding="utf-8")


def test_the_domain_has_exactly_our_intents() -> None:
    domain = yaml.safe_load((ROOT / "nlu/domain.yml").read_text(encoding="utf-8"))
    assert domain["intents"] == list(intents())


def test_the_pipeline_recognises_intents_alone() -> None:
    config = yaml.safe_load((ROOT / "nlu/config.yml").read_text(encoding="utf-8"))
    diet = config["pipeline"][-1]
    assert diet["name"] == "DIETClassifier"
    assert diet["entity_recognition"] is False


def test_every_package_is_pinned_and_hashed() -> None:
    packages = re.split(r"\n(?=[a-z])", LOCK)
    assert len(packages) > 150
    assert all("==" in p.splitlines()[0] and "--hash=sha256:" in p for p in packages)
    assert "\nrasa==3.6.21 " in LOCK


def test_the_lock_names_no_server() -> None:
    assert not re.search(r"://|--index|--find-links|\.(org|com|net)\b", LOCK)


def test_without_python_310_it_says_what_to_do(tmp_path: Path) -> None:
    """Copied, since the environment may be there already."""
    (tmp_path / ".ci").mkdir()
    (tmp_path / "nlu").mkdir()
    for name in (".ci/make-rasa", "nlu/rasa.lock"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("bash", "cat", "cut", "dirname", "sha256sum"):
        place = next(p for d in os.get_exec_path() if (p := Path(d, tool)).exists())
        (tools / tool).symlink_to(place)
    done = subprocess.run(
        [tools / "bash", tmp_path / ".ci/make-rasa", "environment"],
        env={"PATH": str(tools), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "Rasa needs Python 3.10, which was not found" in done.stderr
