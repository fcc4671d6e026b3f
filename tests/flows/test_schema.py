"""A flow file that cannot be used says where and why, all of it at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flows.load import FOLDER, load_flows
from flows.nodes import FlowError

GOOD = """\
flow: broken
about: A flow to break.
start: one
steps:
  one:
    say:
      - {key: broken.one, text: "Bonjour."}
    ask:
      key: broken.ask
      text: "Oui ?"
      options:
        - {number: 1, key: label.yes, answer: "yes", goto: two}
        - {number: 2, key: label.no, answer: "no"}
  two:
    say: [broken.one]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """All flows that ship, to add a broken one to."""
    here = tmp_path / "flows"
    here.mkdir()
    for file in FOLDER.glob("*.yml"):
        shutil.copy(file, here)
    return here


def faults(folder: Path, text: str, name: str = "broken.yml") -> list[str]:
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(FlowError) as error:
        load_flows(folder)
    return [str(fault) for fault in error.value.faults]


def test_the_good_one_is_good(folder: Path) -> None:
    (folder / "broken.yml").write_text(GOOD, encoding="utf-8")
    assert "broken" in load_flows(folder).flows


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("about: A flow", "abuot: A flow", 2, "unknown key « abuot »"),
        ("about: A flow", "abuot: A flow", 1, "« about » is missing"),
        ("start: one", "start: nowhere", 1, "there is no step « nowhere »"),
        ("goto: two", "goto: three", 12, "there is no step « three »"),
        ("goto: two", "goto: /nothing", 12, "there is no step « /nothing »"),
        ("number: 2", "number: 1", 13, "option number 1 twice"),
        ("number: 2", "number: 0", 13, "0 is always a person"),
        ("number: 2", "number: two", 13, "« two » is not a whole number"),
        ('answer: "no"', "answer: maybe", 13, "unknown answer « maybe »"),
        ('answer: "no"', "when: [dance]", 13, "unknown intent « dance »"),
        ("say: [broken.one]", "say: [broken.none]", 15, "« broken.none » is written nowhere"),
        ("Bonjour.", "Bonjour {name}.", 7, "{name} is neither a fact topic nor a param"),
        ("Bonjour.", "Bonjour {Name.", 7, "a brace that is no placeholder"),
        ("say: [broken.one]", "do: [dance]", 15, "unknown action « dance »"),
        ("say: [broken.one]", "goto: one\n  lost: {say: [broken.one]}", 16, "nothing leads to"),
        ("flow: broken", "flow: other_name", 1, "must be in other_name.yml"),
        (
            "start: one",
            "start: one\nintents: [bereavement]",
            1,
            "« bereavement » already",
        ),
        ("start: one", "start: [", 5, "not YAML"),
    ],
)
def test_each_fault_names_file_line_and_reason(
    folder: Path, old: str, new: str, line: int, reason: str
) -> None:
    found = faults(folder, GOOD.replace(old, new, 1))
    assert any(f.startswith(f"flows/broken.yml:{line}: ") and reason in f for f in found), found


def test_all_faults_are_told_not_only_the_first(folder: Path) -> None:
    text = GOOD.replace("number: 2", "number: 1").replace('answer: "yes"', "answer: perhaps")
    assert len(faults(folder, text)) == 2


def test_three_questions_in_a_row_are_refused(folder: Path) -> None:
    def ask(step: str, goto: str) -> str:
        option = f"{{number: 1, key: label.yes{goto}}}"
        return f"  {step}:\n    ask: {{key: greeting.menu, options: [{option}]}}\n"

    head = "flow: broken\nabout: Too many questions.\nstart: a\nsteps:\n"
    two = head + ask("a", ", goto: b") + ask("b", "")
    (folder / "broken.yml").write_text(two, encoding="utf-8")
    assert load_flows(folder)
    load_flows.cache_clear()
    three = head + ask("a", ", goto: b") + ask("b", ", goto: c") + ask("c", "")
    assert any("more than 2 questions in a row" in f for f in faults(folder, three))


def test_an_unknown_queue_is_refused(folder: Path) -> None:
    line = "do: [{escalate: {queue: moon, priority: P2, reason: x}}]"
    assert any(
        "unknown queue « moon »" in f
        for f in faults(folder, GOOD.replace("say: [broken.one]", line))
    )


def test_a_message_written_twice_is_refused(folder: Path) -> None:
    text = 'messages:\n  - {key: label.yes, text: "Si"}\n'
    found = faults(folder, text, "zz.yml")
    assert any(f.startswith("flows/zz.yml:2: ") and "is also in" in f for f in found)


def test_an_intent_without_flow_is_refused(folder: Path) -> None:
    (folder / "custody.yml").unlink()
    assert any("no flow for the intent « custody »" in f for f in faults(folder, GOOD))


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "\x00", "flow: {a: b}"])
def test_rubbish_is_refused_not_a_crash(folder: Path, text: str) -> None:
    assert any(f.startswith("flows/broken.yml:") for f in faults(folder, text))
