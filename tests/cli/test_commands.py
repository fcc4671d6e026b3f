"""Every command does what it says or says why not: data on stdout, talk on stderr."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from rich.text import Text
from sqlalchemy import make_url
from typer.testing import CliRunner, Result

from bot.cli import main
from bot.tables import Role
from tests.families.lists import csv_file, pupil

SCHOOLS = """uai;name;level;commune;territory;territory_name;departement
0349901X;Collège Les Micocouliers;college;Villeneuve;34-a;Bassin A;34
"""
COMMANDS = (
    "", "demo", "serve", "worker", "clock", "talk", "db", "db upgrade", "import",
    "import families", "import schools", "campaign", "campaign run", "campaign status",
    "nlu", "nlu parse", "nlu train", "nlu test", "staff", "staff add", "text", "text segments",
)  # fmt: skip


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """The command sets up logging for its process; a test's process has more to do."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def database(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A migrated database that the commands find by their settings."""
    monkeypatch.setenv("RENOUER_DATABASE_URL", database_url)
    monkeypatch.setenv("RENOUER_DATA_DIR", str(tmp_path / "data"))
    return database_url


@pytest.fixture
def schools(database: str, tmp_path: Path) -> Path:
    path = tmp_path / "ecoles.csv"
    path.write_text(SCHOOLS)
    assert renouer("import", "schools", str(path)).exit_code == 0
    return path


def renouer(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=text)


def data(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def fails(result: Result, *words: str) -> None:
    """A user's mistake: one clear line, no traceback, nothing on stdout."""
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


def ask(url: str, query: str) -> Any:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = renouer(*command.split(), "--help")
    assert result.exit_code == 0
    lines = [line for line in Text.from_ansi(result.stdout).plain.splitlines() if line.strip()]
    assert "Usage: renouer" in lines[0].replace("Usage: main", "Usage: renouer")
    assert len(lines[1].split()) >= 3, lines[1]


def test_schools_then_families_then_a_campaign(
    schools: Path, database: str, tmp_path: Path
) -> None:
    rows = [pupil("A1"), pupil("A2", "0639980102", contact_restrictions="ne pas contacter")]
    path = csv_file(tmp_path, rows)
    imported = data(renouer("import", "families", str(path), "--json"))
    assert imported["kept"]
    assert imported["counts"] == {"rows": 2, "good": 2, "refused": 0, "blank": 0}
    tried = data(renouer("campaign", "run", "juin", "--dry-run", "--json"))
    assert (tried["planned"], tried["left_out"]) == (1, {"opted_out": 1})
    assert ask(database, "select count(*) from outgoing") == 0
    assert ask(database, "select count(*) from campaign") == 0
    assert ask(database, "select count(*) from conversation") == 0
    done = data(renouer("campaign", "run", "juin", "--json"))
    assert (done["planned"], done["already"]) == (1, 0)
    assert ask(database, "select count(*) from procrastinate_jobs where status = 'todo'") == 1
    again = data(renouer("campaign", "run", "juin", "--json"))
    assert (again["planned"], again["already"]) == (0, 1)
    status = data(renouer("campaign", "status", "juin", "--json"))
    assert (status["total"], status["states"]["ready"]) == (1, 1)


def test_refused_lines_are_reported_everywhere_and_fail_the_command(
    schools: Path, database: str, tmp_path: Path
) -> None:
    path = csv_file(tmp_path, [pupil("A1"), pupil("A2", "abc"), pupil("A3", uai="0340000Z")])
    report = tmp_path / "refus.csv"
    result = renouer("import", "families", str(path), "--json", "--report", str(report))
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [(r["line"], r["column"]) for r in found["refused"]] == [
        (3, "guardian_phone_1"),
        (4, "uai"),
    ]
    assert all(r["reason"] and r["advice"] for r in found["refused"])
    lines = report.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "ligne;colonne;raison;que_faire"
    assert [line.split(";")[:2] for line in lines[1:]] == [["3", "guardian_phone_1"], ["4", "uai"]]
    assert ask(database, "select count(*) from young_person") == 0
    shown = renouer("import", "families", str(path))
    assert "3 lignes : 1 bonnes, 2 refusées" in shown.stdout
    kept = renouer("import", "families", str(path), "--keep-good", "--json")
    assert kept.exit_code == 0
    assert ask(database, "select count(*) from young_person") == 1


def test_a_dry_run_keeps_nothing(schools: Path, database: str, tmp_path: Path) -> None:
    path = csv_file(tmp_path, [pupil()])
    tried = data(renouer("import", "families", str(path), "--dry-run", "--json"))
    assert (tried["dry_run"], tried["kept"], tried["database"]["created"]) == (True, False, 1)
    assert ask(database, "select count(*) from young_person") == 0


def test_no_number_of_the_list_reaches_the_screen(schools: Path, tmp_path: Path) -> None:
    rows = [pupil("A1", "06 39 98 01 77 maman"), pupil("A2", guardian_phone_2="0639980178")]
    path = csv_file(tmp_path, rows)
    for options in ((), ("--json",), ("--keep-good",)):
        result = renouer("import", "families", str(path), *options)
        assert "177" not in result.output.replace(" ", "")
        assert "178" not in result.output.replace(" ", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("import", "families", "absent.csv"), ("absent.csv", "n'existe pas")),
        (("import", "schools", "absent.csv"), ("absent.csv",)),
        (("campaign", "status", "rien"), ("Aucune campagne", "rien")),
        (("campaign", "run", "x", "--message", "rien.du.tout"), ("rien.du.tout",)),
        (("staff", "add", "mediateur"), ("adresse",)),
        (("staff", "add", "m@example.org", "--territory", "zz"), ("zz",)),
    ],
)
def test_mistakes_are_one_clear_line(
    database: str, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    fails(renouer(*arguments), *words)


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENOUER_DATABASE_URL", "mysql://localhost/x")
    fails(renouer("campaign", "status", "x"), "RENOUER_DATABASE_URL", "postgresql://")


def test_serving_without_a_secret_key_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RENOUER_DATA_DIR", str(tmp_path))
    for command in ("serve", "worker", "clock"):
        fails(renouer(command), "RENOUER_SECRET_KEY")


def test_a_port_that_is_taken_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RENOUER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("RENOUER_SECRET_KEY", "k" * 40)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for command in ("serve", "demo"):
            fails(renouer(command, "--port", port), port, "--port")


def test_a_database_that_does_not_answer_gives_no_password_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RENOUER_DATABASE_URL", "postgresql://renouer:hunter2@127.0.0.1:9/x")
    result = renouer("campaign", "status", "x")
    fails(result, "ne répond pas")
    assert "hunter2" not in result.output


def test_a_database_without_tables_asks_for_the_upgrade(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RENOUER_DATABASE_URL", server)  # the server's own, never migrated
    fails(renouer("campaign", "status", "x"), "renouer db upgrade")


def test_upgrade_is_safe_to_repeat_and_brings_the_emergency_numbers(database: str) -> None:
    for _ in range(2):
        assert renouer("db", "upgrade").exit_code == 0
    assert ask(database, "select value ->> 'value' from fact where topic = 'phone_child'") == "119"


def test_an_account_is_made_with_its_territories(schools: Path, database: str) -> None:
    made = data(
        renouer(
            *("staff", "add", "Mediateur@Example.org", "--territory", "34-a", "--json"),
            *("--language", "fr", "--language", "ar"),
        )
    )
    assert made["login"] == "mediateur@example.org"
    assert len(made["password"]) >= 12
    assert ask(database, "select count(*) from staff_territory") == 1
    assert ask(database, "select languages from staff") == ["fr", "ar"]
    assert made["password"] not in ask(database, "select password_hash from staff")
    fails(renouer("staff", "add", "mediateur@example.org"), "existe déjà")


@pytest.mark.parametrize("role", list(Role))
def test_every_role_can_be_given(database: str, role: Role) -> None:
    made = data(renouer("staff", "add", "a@example.org", "--role", role.value, "--json"))
    assert made["role"] == role.value == ask(database, "select role from staff")


def test_a_typed_password_is_asked_twice_and_never_printed(database: str) -> None:
    typed = "une phrase assez longue"
    result = renouer("staff", "add", "a@example.org", "--ask-password", text=f"{typed}\n{typed}\n")
    assert result.exit_code == 0, result.output
    assert typed not in result.output
    short = renouer("staff", "add", "b@example.org", "--ask-password", text="court\ncourt\n")
    assert short.exit_code == 1
    assert "au moins 12" in short.stderr
    assert ask(database, "select count(*) from staff") == 1


def test_texts_are_counted_one_by_one_or_by_file(tmp_path: Path) -> None:
    assert data(renouer("text", "segments", "é" * 160, "--json")) == {
        "encoding": "GSM-7",
        "units": 160,
        "segments": 1,
    }
    path = tmp_path / "texts.jsonl"
    path.write_text('{"id": 1, "text": "ê"}\n\n{"id": "b", "text": "€"}\n')
    result = renouer("text", "segments", "--json", "--batch", str(path))
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(r["id"], r["encoding"], r["units"]) for r in lines] == [
        (1, "UCS-2", 1),
        ("b", "GSM-7", 2),
    ]


@pytest.mark.parametrize("group", [("text", "segments"), ("nlu", "parse")])
@pytest.mark.parametrize(
    ("content", "word"),
    [
        ('{"text": "a"', "JSON"),
        ('["a"]', "objet"),
        ('{"txt": "a"}', "text"),
        ('"\\ud800"', "objet"),
    ],
)
def test_a_broken_batch_is_refused_with_its_place(
    tmp_path: Path, group: tuple[str, str], content: str, word: str
) -> None:
    path = tmp_path / "batch.jsonl"
    path.write_text(content + "\n")
    fails(renouer(*group, "--batch", str(path)), word, "objet 1")


@pytest.mark.parametrize("group", [("text", "segments"), ("nlu", "parse")])
def test_a_text_or_a_file_must_be_given(group: tuple[str, str]) -> None:
    fails(renouer(*group), "--batch")
    fails(renouer(*group, "a", "--batch", "b"), "--batch")


def test_a_batch_is_understood_line_by_line_in_rasas_format(tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    path.write_text('{"id": 7, "text": "stop"}\n{"text": "je veux mourir", "language": "fr"}\n')
    result = renouer("nlu", "parse", "--json", "--batch", str(path))
    assert result.exit_code == 0, result.stderr
    stop, danger = (json.loads(line) for line in result.stdout.splitlines())
    assert (stop["id"], stop["optout"], "id" in danger) == (7, True, False)
    assert danger["priority"] in ("P0", "P1")
    assert set(danger) >= {
        *("text", "intent", "intent_ranking", "entities", "language", "script"),
        *("priority", "optout", "escalate", "reasons"),
    }


def test_expected_and_understood_are_compared(tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    path.write_text(
        '{"text": "stop", "intent": "optout"}\n{"text": "stop", "intent": "greeting"}\n'
    )
    found = data(renouer("nlu", "test", "--batch", str(path), "--json"))
    assert (found["rows"], found["right"], found["share"]) == (2, 1, 0.5)
    assert renouer("nlu", "test", "--batch", str(path), "--least", "0.9").exit_code == 1


def test_a_talk_without_a_terminal_answers_each_line() -> None:
    result = renouer("talk", "--json", text="bonjour\n1\nstop\nallo\n")
    assert result.exit_code == 0, result.stderr
    turns = [json.loads(line) for line in result.stdout.splitlines()]
    assert [t["text"] for t in turns] == ["bonjour", "1", "stop", "allo"]
    assert "académie de Montpellier" in turns[0]["answer"]
    assert turns[2]["answer"]
