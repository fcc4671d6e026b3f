"""What the browser loads: our own files and a short list of package folders, nothing else."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

HERE = Path(__file__).parent
OWN = HERE / "static"
PACKAGES = HERE / "node_modules"
# Under /static/vendor/: name in the address, folder of the package. Sources and tools stay inside.
VENDOR = {
    "dsfr": "@gouvfr/dsfr/dist",
    "htmx": "htmx.org/dist",
    "htmx-sse": "htmx-ext-sse/dist",
}
FOR_GOOD = "public, max-age=31536000, immutable"
FOR_AN_HOUR = "public, max-age=3600"


class MissingAssets(RuntimeError):
    """The browser's packages are not installed."""


class CachedFiles(StaticFiles):
    """Static files that browsers keep: for good when the address names a version."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with how long it may be kept."""
        response = await super().get_response(path, scope)
        versioned = scope.get("query_string", b"").startswith(b"v=")
        response.headers["Cache-Control"] = FOR_GOOD if versioned else FOR_AN_HOUR
        return response


def mount_assets(app: FastAPI) -> None:
    """Serve them under /static. Raises MissingAssets, which says what to run."""
    for name, folder in VENDOR.items():
        directory = PACKAGES / folder
        if not directory.is_dir():
            raise MissingAssets(
                f"The browser's packages are missing ({directory.relative_to(HERE)}): "
                "run `make install`."
            )
        app.mount(f"/static/vendor/{name}", CachedFiles(directory=directory), name=f"vendor-{name}")
    app.mount("/static", CachedFiles(directory=OWN), name="static")


def asset(path: str) -> str:
    """The address of a file under /static, with a version that changes with it.

    >>> asset("renouer.css").startswith("/static/renouer.css?v=")
    True
    """
    return f"/static/{path}?v={_version(path)}"


@cache
def _version(path: str) -> str:
    source = HERE / "package-lock.json" if path.startswith("vendor/") else OWN / path
    return hashlib.sha256(source.read_bytes()).hexdigest()[:12]
