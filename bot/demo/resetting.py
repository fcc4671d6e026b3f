"""Forget a demo's data, unless a demo is running on it."""

from __future__ import annotations

from outreach.owner import clock_lock
from outreach.store import Store


class DemoRunsError(Exception):
    """Another process serves this demo: its data must not vanish under it."""


async def forget(url: str) -> None:
    """Drop everything in the demo's database; DemoRunsError while one is running."""
    async with Store.open(url) as store, clock_lock(store) as free:
        if not free:
            raise DemoRunsError("Une démonstration tourne dans ce dossier : arrêtez-la d'abord.")
        async with store.engine.begin() as connection:
            for schema in ("private", "public"):
                await connection.exec_driver_sql(f"drop schema if exists {schema} cascade")
            await connection.exec_driver_sql("create schema public")
