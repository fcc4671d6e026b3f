"""`renouer nlu test` and `compare`: how well messages are understood, on labelled sentences."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from bot.cli.base import progress, put_json, read_json_lines, show, step, talk
from bot.cli.errors import FAILED, UserError

if TYPE_CHECKING:  # else `renouer --help` waits for numpy
    from nlu.evaluation.figures import Figures
    from nlu.evaluation.report import About
    from nlu.evaluation.run import Heard, Judged
    from nlu.evaluation.sentences import Labelled
    from nlu.evaluation.speed import Speed
    from nlu.ranker import Ranker
    from nlu.understanding import IntentScore

BLIND = Path("tests/nlu/blind")
PATIENCE_SECONDS = 10.0  # a slow answer is measured, not lost
Folder = Annotated[Path, typer.Option("--sentences", help="Folder of labelled sentences.")]
Languages = Annotated[
    list[str] | None, typer.Option("--language", help="Only this one; may be repeated.")
]
Html = Annotated[Path | None, typer.Option("--html", help="Write the report with its pictures.")]
Json = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]
Texts = Annotated[
    bool, typer.Option("--show-texts", help="Quote the sentences gone wrong, not only labels.")
]
Pace = Annotated[bool, typer.Option("--speed/--no-speed", help="Measure throughput and memory.")]
Processes = Annotated[int, typer.Option(min=1, max=64, help="How many at once for throughput.")]
Training = Annotated[bool, typer.Option("--training", help="Also time the training.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit code 1 when a target is missed.")]


def measure(
    batch: Annotated[
        str | None,
        typer.Option(help="Instead: JSON lines with text and intent; « - » is stdin."),
    ] = None,
    least: Annotated[
        float, typer.Option(help="Share of right intents below which the exit code is 1.")
    ] = 0.0,
    sentences: Folder = BLIND,
    language: Languages = None,
    html: Html = None,
    json: Json = False,
    show_texts: Texts = False,
    speed: Pace = True,
    processes: Processes = 2,
    training: Training = False,
    strict: Strict = False,
) -> None:
    """Measure what is understood of labelled sentences, beside the targets."""
    if batch is not None:
        if html is not None:
            raise UserError("--html ne va pas avec --batch.")
        check_batch(batch, least, json)
        return
    rows = labelled(sentences, language, html)
    heard = hear_all(rows, _embedded(), "Moteur intégré")
    pace = _own_speed(rows, processes, training) if speed else None
    found = _figures(heard, "intégré", pace, show_texts)
    put_report([found], str(sentences), html, json)
    share = found.intents.overall.right.value
    if share is not None and share < least:
        raise typer.Exit(FAILED)
    fail_on_missed([found], None, strict)


def compare(
    rasa_url: Annotated[
        str, typer.Option(envvar="RENOUER_RASA_URL", help="Where Rasa's server listens.")
    ] = "http://127.0.0.1:5005",
    rasa_token: Annotated[
        str, typer.Option(envvar="RENOUER_RASA_TOKEN", help="The token it was started with.")
    ] = "",
    rasa_pid: Annotated[
        int | None, typer.Option(help="Its process, to measure its memory on this machine.")
    ] = None,
    sentences: Folder = BLIND,
    language: Languages = None,
    html: Html = None,
    json: Json = False,
    show_texts: Texts = False,
    speed: Pace = True,
    processes: Processes = 2,
    training: Training = False,
    strict: Strict = False,
) -> None:
    """Measure the embedded engine and Rasa's on the same sentences, in one run."""
    rows = labelled(sentences, language, html)
    with _rasa(rasa_url, rasa_token) as engine:
        check_rasa(engine, rasa_url, rasa_pid)
        own = hear_all(rows, _embedded(), "Moteur intégré")
        bare = hear_all(rows, _bare(engine), "Rasa, tel quel")
        whole = hear_all(rows, _embedded(engine), "Rasa, avec nos gardes")
        pace = _own_speed(rows, processes, training) if speed else None
        beside = _rasa_speed(rows, processes, engine, rasa_pid) if speed else None
    runs = [
        _figures(own, "intégré", pace, show_texts),
        _figures(bare, "Rasa, tel quel", beside, show_texts, engine.version),
        _figures(whole, "Rasa, avec nos gardes", None, show_texts, engine.version),
    ]
    put_report(runs, str(sentences), html, json, runs[1])
    if engine.silent:
        talk().print(f"Rasa n'a pas répondu {engine.silent} fois : comparaison faussée.")
        raise typer.Exit(FAILED)
    fail_on_missed(runs, runs[1], strict)


class Watched:
    """A ranker that counts the times it had no answer, so that none is passed over in silence."""

    def __init__(self, engine: Ranker) -> None:
        self.name = engine.name
        self.silent = 0
        self._engine = engine
        self._lock = Lock()

    @property
    def version(self) -> str:
        """Which model answers."""
        return self._engine.version

    def rank(self, text: str) -> list[IntentScore] | None:
        """As the engine itself."""
        ranking = self._engine.rank(text)
        if ranking is None:
            with self._lock:
                self.silent += 1
        return ranking


def check_batch(batch: str, least: float, json: bool) -> None:
    """Compare what is understood with what was expected, line by line."""
    import nlu

    rows = list(read_json_lines(batch))
    if not rows or not all("text" in row and "intent" in row for row in rows):
        raise UserError(f"{batch} : chaque objet doit avoir « text » et « intent ».")
    wrong = []
    with progress() as bar:
        found = bar.track(nlu.parse_batch(rows), total=len(rows), description="Lecture")
        for row, parsed in zip(rows, found, strict=True):
            expected = {name: row[name] for name in ("intent", "priority", "optout") if name in row}
            got = {
                "intent": parsed["intent"]["name"],
                **{n: parsed[n] for n in ("priority", "optout")},
            }
            if any(got[name] != value for name, value in expected.items()):
                wrong.append({"id": row.get("id"), "expected": expected, "got": got})
    share = 1 - len(wrong) / len(rows)
    if json:
        put_json(
            {"rows": len(rows), "right": len(rows) - len(wrong), "share": share, "wrong": wrong}
        )
    else:
        for case in wrong:
            talk().print(f"{case['id']} : attendu {case['expected']}, compris {case['got']}")
        show().print(f"{len(rows) - len(wrong)} sur {len(rows)} ({share:.1%})")
    if share < least:
        raise typer.Exit(FAILED)


def labelled(folder: Path, languages: Sequence[str] | None, html: Path | None) -> list[Labelled]:
    """The sentences; a UserError for bad ones, and for a report that could not be written after
    minutes of work."""
    from nlu.evaluation.sentences import read

    if html is not None and (html.is_dir() or not html.absolute().parent.is_dir()):
        raise UserError(f"{html} : le rapport ne peut pas être écrit là.")
    try:
        return read(folder, languages or ())
    except ValueError as error:
        raise UserError(str(error)) from None


def hear_all(rows: Sequence[Labelled], hear: Callable[[str], Heard], what: str) -> list[Judged]:
    """Run one engine over the sentences, with a progress bar."""
    from nlu.evaluation.run import judge

    with progress() as bar:
        task = bar.add_task(what, total=len(rows))
        return judge(rows, hear, lambda: bar.advance(task))


def check_rasa(engine: Ranker, url: str, pid: int | None) -> None:
    """UserError when there is nothing to compare with."""
    from nlu.evaluation.memory import peak

    if not engine.rank("bonjour"):
        raise UserError(f"{url} : Rasa ne répond pas. Lancez « make rasa », vérifiez le jeton.")
    if pid is not None and peak(pid) is None:
        raise UserError(f"Le processus {pid} n'est pas là, ou sa mémoire ne se lit pas.")


def put_report(
    runs: Sequence[Figures], source: str, html: Path | None, json: bool, rasa: Figures | None = None
) -> None:
    """The figures on standard output, and the page where it was asked for."""
    from nlu.evaluation.report import as_html, as_json

    about = _about(source)
    if html is not None:
        html.write_text(as_html(runs, about, rasa), encoding="utf-8")
        talk().print(f"Rapport écrit : {html}")
    if json:
        put_json(as_json(runs, about, rasa))
        return
    show().print(_goals_table(runs, rasa))
    show().print(_language_table(runs))


def fail_on_missed(runs: Sequence[Figures], rasa: Figures | None, strict: bool) -> None:
    """With --strict, exit code 1 when our own engine, the first, misses a target."""
    from nlu.evaluation.goals import goals

    if strict and any(goal.met is False for goal in goals(runs[0], rasa)):
        raise typer.Exit(FAILED)


def _embedded(ranker: Ranker | None = None) -> Callable[[str], Heard]:
    import nlu
    from nlu.evaluation.run import of_understanding

    return lambda text: of_understanding(nlu.understand(text, ranker=ranker))


def _bare(engine: Ranker) -> Callable[[str], Heard]:
    from nlu.evaluation.run import of_ranking

    return lambda text: of_ranking(engine.rank(text))


@contextmanager
def _rasa(url: str, token: str) -> Iterator[Watched]:
    from bot.rasa import RasaEngine

    with closing(RasaEngine(url, token, PATIENCE_SECONDS)) as engine:
        yield Watched(engine)


def _own_speed(rows: Sequence[Labelled], processes: int, training: bool) -> Speed:
    from nlu.evaluation.speed import WorkerFailed, embedded_speed

    try:
        with step("Débit, mémoire, démarrage"):
            return embedded_speed([r.text for r in rows], processes, training=training)
    except WorkerFailed:
        raise UserError("Un processus mesuré s'est arrêté avant la fin.") from None


def _rasa_speed(rows: Sequence[Labelled], clients: int, engine: Ranker, pid: int | None) -> Speed:
    from nlu.evaluation.memory import peak
    from nlu.evaluation.speed import clients_speed

    with step("Débit de Rasa"):
        found = clients_speed(engine.rank, [r.text for r in rows], clients)
    return found if pid is None else replace(found, memory=peak(pid))


def _figures(
    heard: Sequence[Judged], engine: str, pace: Speed | None, texts: bool, version: str = ""
) -> Figures:
    import nlu
    from nlu.evaluation import figures

    return figures.measure(heard, engine, version or nlu.load().version, pace=pace, texts=texts)


def _about(source: str) -> About:
    from nlu.evaluation.report import About
    from outreach import clock

    machine = f"{os.cpu_count()} cœurs, {platform.machine()}, Python {platform.python_version()}"
    return About(f"{clock.now():%d/%m/%Y}", machine, source)


def _goals_table(runs: Sequence[Figures], rasa: Figures | None) -> Table:
    from nlu.evaluation.report import beside

    table = Table("mesure", *[run.engine for run in runs], "objectif")
    marks = {True: ("✓ ", "green"), False: ("✗ ", "red"), None: ("", "")}
    for name, row in beside(runs, rasa):
        cells = [Text.assemble(marks[goal.met], goal.found) if goal else Text("–") for goal in row]
        wanted = next(goal.wanted for goal in row if goal)
        table.add_row(Text(name), *cells, Text(wanted))
    return table


def _language_table(runs: Sequence[Figures]) -> Table:
    from nlu.evaluation.goals import number, percent

    table = Table("langue", *[f"macro-F1, {run.engine}" for run in runs], "danger", "STOP")
    first = runs[0]
    for code in sorted(first.intents.by_language):
        scores = [number(run.intents.by_language[code].macro_f1) for run in runs]
        danger, stop = first.danger.by_language.get(code), first.stop.by_language.get(code)
        shares = [percent(s.value if s else None) for s in (danger, stop)]
        table.add_row(Text(code), *scores, *shares)
    return table
