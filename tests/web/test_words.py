"""Whatever the flows, the reader of messages and the ledger can say, staff read in French."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import flows
from bot.desk.acts import Why
from bot.desk.queue import VIEWS
from bot.tables import Role, TicketState
from bot.web import words
from bot.web.mediation import ACTS
from flows.catalogue import supported
from nlu.danger import CASES
from nlu.intents import intents
from outreach.tables import Consent, OutgoingState

FLOWS = sorted(Path(flows.__file__).parent.glob("*.yml"))


def _escalations() -> list[tuple[str, str]]:
    """Every (queue, reason) that a flow file can escalate with."""
    found: list[tuple[str, str]] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            act = node.get("escalate")
            if isinstance(act, dict):
                found.append((act["queue"], act["reason"]))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    for path in FLOWS:
        walk(yaml.safe_load(path.read_text(encoding="utf-8")))
    return found


def test_every_escalation_of_the_flows_has_words() -> None:
    escalations = _escalations()
    assert len(escalations) > 30, "the flows are not read"
    for queue, reason in escalations:
        assert queue in words.section("queues"), queue
        assert words.reason(reason) != words.reason("no such reason"), reason


def test_every_danger_has_words() -> None:
    for case in CASES:
        assert words.reason(f"danger:{case}") == words.section("reasons")[case]


def test_every_intent_has_words() -> None:
    assert set(words.section("intents")) == set(intents())


@pytest.mark.parametrize(
    ("section", "codes"),
    [
        ("deliveries", OutgoingState),
        ("states", TicketState),
        ("roles", Role),
        ("refusals", Why),
        ("done", ACTS),
        ("views", VIEWS),
        ("priorities", ("P0", "P1", "P2", "P3")),
        ("news", ("P0", "P1", "P2", "P3")),
        ("targets", ("P0", "P1", "P2", "P3")),
    ],
)
def test_every_code_has_words(section: str, codes: object) -> None:
    assert {str(code) for code in codes} == set(words.section(section))  # type: ignore[attr-defined]  # enums, tuples and dicts


@pytest.mark.parametrize("code", [c for c in Consent if c not in ("unknown", "allowed")])
def test_every_reason_not_to_send_has_words(code: Consent) -> None:
    assert words.trouble(code.value) in words.section("troubles").values()


def test_an_unknown_code_is_told_not_hidden() -> None:
    assert "99999" in words.trouble("99999")
    assert words.trouble("failed:30003") == words.trouble("30003")
    assert words.trouble("fact:fever") == words.section("troubles")["fact"]
    assert words.reason("delivery:failed:30003") == words.section("reasons")["delivery"]
    assert words.reason("language:pl") == words.section("reasons")["language"]


@pytest.mark.parametrize("code", ["fr", "ar", "ar-Latn", "en", "tr", "ro", "es", "uk", "und", None])
def test_languages_are_named_in_french(code: str | None) -> None:
    name = words.language(code)
    assert name
    assert name != code
    assert supported("fr")
