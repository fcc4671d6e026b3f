"""The report: one HTML page that needs nothing beside it, and reads well on a phone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nlu.evaluation import pictures
from nlu.evaluation.figures import Figures
from nlu.evaluation.goals import MOST_WRONG, Goal, goals, number, percent, spoken
from nlu.evaluation.metrics import Case
from nlu.understanding import Json

_MOST_CONFUSED = 25


@dataclass(frozen=True, slots=True)
class About:
    """What the figures were measured on, for whoever reads them later."""

    when: str
    machine: str
    source: str


def as_html(runs: Sequence[Figures], about: About, rasa: Figures | None = None) -> str:
    """The page, with the engines side by side; `rasa` is the one the targets refer to."""
    template = _templates().get_template("report.html")
    return template.render(
        runs=runs,
        about=about,
        goals=beside(runs, rasa),
        languages=sorted({code for run in runs for code in run.intents.by_language}),
        cases=sorted({case for run in runs for case in run.danger.by_case}),
        labels=_labels(runs),
        most_wrong=MOST_WRONG,
    )


def as_json(runs: Sequence[Figures], about: About, rasa: Figures | None = None) -> Json:
    """The same figures for machines."""
    return {
        "about": {"when": about.when, "machine": about.machine, "source": about.source},
        "engines": [
            run.as_json()
            | {
                "goals": [
                    {"name": g.name, "found": g.found, "wanted": g.wanted, "met": g.met}
                    for g in goals(run, rasa)
                ]
            }
            for run in runs
        ],
    }


def confused(run: Figures) -> list[tuple[str, str, int]]:
    """The commonest wrong pairs (expected, heard, how often)."""
    wrong = [(*pair, n) for pair, n in run.intents.confusion.items() if pair[0] != pair[1]]
    return sorted(wrong, key=lambda row: (-row[2], row[:2]))[:_MOST_CONFUSED]


def grouped(cases: Sequence[Case]) -> list[tuple[str, str, str, int]]:
    """The cases without their words: language, label, what was heard, how often."""
    counted = Counter((c.language, c.label, c.heard) for c in cases)
    return [(*key, n) for key, n in sorted(counted.items())]


def beside(runs: Sequence[Figures], rasa: Figures | None) -> list[tuple[str, list[Goal | None]]]:
    """One row a measure, one goal an engine; None where the engine has no such measure."""
    columns = [{g.name: g for g in goals(run, rasa)} for run in runs]
    names = dict.fromkeys(name for column in columns for name in column)
    return [(name, [column.get(name) for column in columns]) for name in names]


def _labels(runs: Sequence[Figures]) -> list[tuple[str, list[tuple[int, str, str, str]]]]:
    """One row a label, and for each engine sentences, precision, recall, F1."""
    columns = [{s.label: s for s in run.intents.by_label} for run in runs]
    names = sorted({name for column in columns for name in column})
    return [
        (
            name,
            [
                (s.sentences, number(s.precision), number(s.recall), number(s.f1))
                for s in (column[name] for column in columns if name in column)
            ],
        )
        for name in names
    ]


@cache
def _templates() -> Environment:
    env = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(pictures=pictures, confused=confused, grouped=grouped)
    env.filters.update(percent=percent, number=number, spoken=spoken)
    return env
