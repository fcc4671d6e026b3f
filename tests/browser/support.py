"""A real server and a real Chromium."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from bot.runtime import Runtime
from bot.service import run_work
from bot.web.assets import PACKAGES
from tests.web.support import PASSWORD

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 360, "height": 740}
AXE = Path(PACKAGES) / "axe-core" / "axe.min.js"
PATIENCE = 15_000  # milliseconds that a page may take on a busy machine

expect.set_options(timeout=PATIENCE)


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The application over real HTTP; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        listener.close()


@asynccontextmanager
async def working(runtime: Runtime) -> AsyncIterator[None]:
    """A worker that delivers, as in the service."""
    worker = asyncio.create_task(run_work(runtime))
    try:
        yield
    finally:
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser without a screen."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            yield browser
        finally:
            await browser.close()


async def open_window(browser: Browser, url: str, size: dict[str, int] | None = None) -> Page:
    """A page in a browser context of its own: other cookies, another person."""
    context: BrowserContext = await browser.new_context(
        base_url=url,
        viewport=size or WIDE,  # type: ignore[arg-type]  # a plain dict is what Playwright takes
        locale="fr-FR",
    )
    context.set_default_timeout(PATIENCE)
    return await context.new_page()


async def sign_in(page: Page, login: str, then: str = "/mediation") -> None:
    """Sign in as people do."""
    await page.goto(f"/connexion?suite={then}")
    await page.get_by_label("Identifiant").fill(login)
    await page.get_by_label("Mot de passe").fill(PASSWORD)
    await page.get_by_role("button", name="Se connecter").click()
    await page.wait_for_url(f"**{then}")


async def live(page: Page) -> None:
    """Return once the page's stream is open and has refreshed it."""
    await page.locator("body[data-liaison=ouverte]").wait_for()


async def violations(page: Page) -> list[str]:
    """What axe finds wrong, each with where."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))  # our policy refuses an added script
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{fault['id']} ({fault['impact']}): {node['target']} {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]
