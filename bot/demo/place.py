"""The demo's folder: marked as its own, so that it never touches a real service's data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from outreach import clock

MARK = "demo.json"


class NotADemoError(Exception):
    """The folder holds a database that no demo made."""


@dataclass(frozen=True, slots=True)
class DemoPlace:
    """A data folder that a demo keeps, with the hour that it plays."""

    folder: Path

    @property
    def mark(self) -> Path:
        """The file that says « this is a demo »."""
        return self.folder / MARK

    def claim(self) -> None:
        """Mark the folder as a demo's; NotADemoError when a real database is in it."""
        if (self.folder / "postgres").exists() and not self.mark.exists():
            raise NotADemoError(
                f"{self.folder} contient une base qui n'est pas une démonstration. "
                "Choisissez un autre dossier avec RENOUER_DATA_DIR."
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.mark.exists():
            self.mark.write_text("{}\n")

    def play(self, start: datetime) -> None:
        """Note that the demo plays from `start` on, for the commands that run beside it.

        Call it while this process's clock is still the machine's.
        """
        ahead = (start - clock.now()).total_seconds()
        self.mark.write_text(json.dumps({"ahead_seconds": ahead}) + "\n")

    def present(self) -> datetime | None:
        """The demo's present hour, while this process's clock is still the machine's.

        None when this is no demo's folder, or one that has not run yet.
        """
        try:
            ahead = json.loads(self.mark.read_text())["ahead_seconds"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return clock.now() + timedelta(seconds=float(ahead))
