"""A user's mistake is one clear line and an exit code, never a traceback."""

from __future__ import annotations

import sys
from typing import Any

import typer
from typer.core import TyperGroup

FAILED = 1
INTERRUPTED = 130  # 128 + SIGINT, as shells expect


class UserError(Exception):
    """Something that the person at the keyboard can put right; the message says what."""


class ClearErrors(TyperGroup):
    """The root of all commands: turns known errors into their line on standard error."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; exit code 0 only when it did what it says."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            sys.stderr.close()  # the reader has gone (`| head`): nothing left to say
            raise typer.Exit(FAILED) from None
        except Exception as error:
            line = explain(error)
            if line is None:
                raise
            typer.echo(line, err=True)
            raise typer.Exit(FAILED) from None


def explain(error: Exception) -> str | None:
    """What to tell the user of an error that is theirs to solve; None for a fault of ours."""
    # Imported here: `renouer --help` must not wait for a database driver.
    from sqlalchemy.exc import OperationalError

    from bot.staff import StaffError
    from flows.nodes import FlowError
    from outreach.campaigns import CampaignError
    from outreach.families import FileError
    from outreach.families.schools import SchoolsError
    from outreach.settings import SettingsError

    if isinstance(
        error, UserError | CampaignError | FileError | FlowError | SchoolsError | StaffError
    ):
        return str(error)
    if isinstance(error, SettingsError):
        return f"Réglages à corriger :\n{error}"
    if isinstance(error, OperationalError):
        # Never the error's own text: it may hold the password of the address.
        return "La base de données ne répond pas. Vérifiez RENOUER_DATABASE_URL et le serveur."
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} : {error.strerror}"
    if isinstance(error, OSError) and error.errno:
        return f"{error.strerror}"
    return None
