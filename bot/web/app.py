"""The web application: staff pages, the demo's phone, webhooks, probes, the API's description."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response

from bot.runtime import Runtime
from bot.web import health, mediation, signin, simulator, steering, webhooks
from bot.web.access import SignInNeeded, ask_to_sign_in
from bot.web.assets import mount_assets
from bot.web.live import Live
from bot.web.pages import error_page
from bot.web.security import QuietErrors, SafeHeaders, protect_forms


def create_app(runtime: Runtime) -> FastAPI:
    """The application on an open runtime; opening and closing it is the caller's business.

    Raises `MissingAssets` when the browser's packages are not installed.
    """
    app = FastAPI(title="Renouer", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)
    app.state.runtime = runtime
    app.state.live = Live(runtime.store)
    for module in (signin, mediation, steering, webhooks, health):
        app.include_router(module.router)
    if runtime.settings.demo:
        app.include_router(simulator.router)
    mount_assets(app)
    _wrap(app, runtime)
    return app


def _wrap(app: FastAPI, runtime: Runtime) -> None:
    """Errors and layers; the layer added last is the outermost."""
    app.add_exception_handler(SignInNeeded, ask_to_sign_in)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_middleware(QuietErrors, page=error_page)
    app.add_middleware(protect_forms, settings=runtime.settings, page=error_page)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(SafeHeaders, settings=runtime.settings)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = error_page(request, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _bad_request(request: Request, error: Exception) -> Response:
    """FastAPI's own answer repeats what was sent; ours does not. A bad path leads nowhere: 404."""
    assert isinstance(error, RequestValidationError)
    in_path = any(fault["loc"][0] == "path" for fault in error.errors())
    return error_page(request, 404 if in_path else 400)
