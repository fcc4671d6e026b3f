"""Every route is guarded or known to be public; forms are ours; errors tell nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic import SecretStr

from bot import desk, staff
from bot.runtime import Runtime
from bot.tables import Role
from bot.web import assets
from bot.web.access import Guard
from bot.web.app import create_app
from tests.web.support import (
    AMAL,
    CHLOE,
    DIANE,
    NAME,
    SECRET,
    District,
    browsing,
    hears,
    ticket_for,
)

PUBLIC = {"/", "/connexion", "/deconnexion", "/healthz", "/readyz", "/metrics", "/api/openapi.json"}
PUBLIC_UNDER = ("/webhooks/", "/static")
DEMO_UNDER = "/simulateur"


def _routes(app: FastAPI) -> list[RouteContext]:
    """Every route as it is served, those of included routers too."""
    return list(iter_route_contexts(app.routes))


def _guards(dependant: Dependant) -> Iterator[Guard]:
    if isinstance(dependant.call, Guard):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from _guards(inner)


def _guarded(route: RouteContext) -> bool:
    dependant = getattr(route, "dependant", None)
    return dependant is not None and any(_guards(dependant))


def _is_public(route: RouteContext, *, demo: bool) -> bool:
    path = route.path or ""
    return path in PUBLIC or path.startswith(PUBLIC_UNDER + ((DEMO_UNDER,) if demo else ()))


def _paths(app: FastAPI) -> list[str]:
    return [route.path or "" for route in _routes(app)]


@pytest.mark.parametrize("demo", [True, False])
def test_every_route_is_public_or_states_its_role(runtime: Runtime, demo: bool) -> None:
    app = create_app(_as_service(runtime, demo=demo))
    for route in _routes(app):
        public = _is_public(route, demo=demo)
        assert public or _guarded(route), f"neither public nor guarded: {route.path or route}"
    assert "/mediation/{ticket_id:int}" in _paths(app), "the walk does not see the routes"


def test_the_walk_would_find_a_forgotten_guard(app: FastAPI) -> None:
    @app.get("/oubli")
    async def oubli() -> str:
        return "tout"

    route = next(route for route in _routes(app) if route.path == "/oubli")
    assert not _is_public(route, demo=True)
    assert not _guarded(route)


def test_the_phone_is_for_the_demo_only(runtime: Runtime) -> None:
    paths = _paths(create_app(_as_service(runtime, demo=False)))
    assert not [path for path in paths if path.startswith(DEMO_UNDER)]


def _as_service(runtime: Runtime, *, demo: bool = False, url: str | None = None) -> Runtime:
    """The same runtime under the settings of a real service."""
    values = {"demo": demo, "secret_key": SecretStr("k" * 40), "public_url": url}
    settings = runtime.settings.model_copy(update=values)
    return Runtime(settings, runtime.store, runtime.channels, runtime.flows, runtime.waker)


async def test_nobody_sees_a_staff_page_without_signing_in(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    ticket = await ticket_for(runtime, district.people["fr"])
    async with browsing(app) as browser:
        for route in _routes(app):
            if _guarded(route):
                path = (route.path or "").replace("{ticket_id:int}", str(ticket))
                if "POST" in (route.methods or ()):
                    answer = await browser.submit(path, texte=SECRET, nonce="n" * 20)
                else:
                    answer = await browser.get(path)
                assert answer.status_code == 401, path
                assert NAME not in answer.text
        answer = await browser.get("/mediation", headers={"accept": "text/html"})
        assert answer.headers["location"] == "/connexion?suite=/mediation"
        part = await browser.get("/mediation/liste", headers={"hx-request": "true"})
        assert part.headers["hx-redirect"] == "/connexion"


async def test_steering_is_for_coordinators(app: FastAPI, district: District) -> None:
    async with browsing(app, AMAL) as browser:
        assert (await browser.get("/pilotage")).status_code == 403
    async with browsing(app, DIANE) as browser:
        assert "Pilotage" in await browser.see("/pilotage")
        assert (await browser.get("/mediation")).status_code == 200


def test_roles_build_on_each_other() -> None:
    ranks = [Role.MEDIATOR, Role.COORDINATOR, Role.ADMIN]
    for held, role in enumerate(ranks):
        member = staff.Member(1, "a@example.org", "A", role)
        assert [member.may(wanted) for wanted in ranks] == [n <= held for n in range(3)]


async def test_a_form_without_its_token_is_refused_and_does_nothing(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    ticket = await ticket_for(runtime, district.people["fr"])
    path = f"/mediation/{ticket}/prendre"
    async with browsing(app, AMAL) as browser:
        for fields in ({}, {"csrftoken": "x"}, {"csrftoken": "é" * 3}):
            answer = await browser.post(path, data=fields)
            assert answer.status_code == 403, answer.text
        other = {"x-csrftoken": browser.cookies["csrftoken"][:-1]}
        assert (await browser.post(path, headers=other)).status_code == 403
        async with runtime.store.session() as session:
            amal = await staff.who(session, browser.cookies["renouer"])
            assert amal is not None
            rows = (await desk.list_tickets(session, amal, desk.Filters())).rows
        assert [row.state for row in rows] == ["open"]
        right = {"x-csrftoken": browser.cookies["csrftoken"]}
        assert (await browser.post(path, headers=right)).status_code == 303


async def test_a_foreign_site_cannot_sign_anybody_in(app: FastAPI, district: District) -> None:
    async with browsing(app) as browser:
        answer = await browser.post("/connexion", data={"login": AMAL, "password": "x" * 12})
        assert answer.status_code == 403


async def test_providers_and_probes_need_no_form_token(app: FastAPI) -> None:
    async with browsing(app) as machine:
        answer = await machine.post("/webhooks/telegram", json={"update_id": 1})
        assert answer.status_code == 403
        assert answer.content == b"", "refused by its signature, not by our form check"
        assert (await machine.get("/healthz")).status_code == 200


async def test_every_answer_carries_the_safe_headers(app: FastAPI, district: District) -> None:
    async with browsing(app, AMAL) as browser:
        for path in ("/mediation", "/nulle-part", "/static/renouer.css", "/healthz"):
            headers = (await browser.get(path)).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
        assert (await browser.get("/mediation")).headers["cache-control"] == "no-store"


async def test_a_service_is_framed_by_nobody_and_its_cookies_stay_on_https(
    runtime: Runtime, district: District
) -> None:
    app = create_app(_as_service(runtime, url="https://renouer.example.org"))
    async with browsing(app) as browser:
        browser.base_url = "https://renouer.test"
        page = await browser.get("/connexion")
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert "max-age" in page.headers["strict-transport-security"]
        answer = await browser.sign_in(AMAL)
        cookie = next(c for c in answer.headers.get_list("set-cookie") if "renouer" in c)
        assert cookie.startswith("__Host-renouer=")
        assert "Secure" in cookie
        assert (await browser.get("/mediation")).status_code == 200


async def test_no_page_brings_a_script_or_a_style_of_its_own(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    ticket = await ticket_for(runtime, district.people["fr"])
    async with browsing(app, DIANE) as browser:
        for path in (
            "/connexion",
            "/mediation",
            f"/mediation/{ticket}",
            "/pilotage",
            "/simulateur",
        ):
            page = (await browser.get(path, follow_redirects=True)).text
            assert "<style" not in page
            assert " style=" not in page
            assert " onclick=" not in page
            assert "<script>" not in page


async def test_an_error_page_and_its_log_tell_nothing_personal(
    app: FastAPI,
    runtime: Runtime,
    district: District,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    person = district.people["fr"]
    await hears(runtime, person, SECRET)
    ticket = await ticket_for(runtime, person)

    async def fails(*_given: object, **_named: object) -> None:
        raise RuntimeError(f"duplicate key: {SECRET} {NAME} +33639980001")

    monkeypatch.setattr(desk, "thread_of", fails)
    async with browsing(app, AMAL) as browser:
        with caplog.at_level(logging.DEBUG):
            answer = await browser.get(f"/mediation/{ticket}", headers={"accept": "text/html"})
    assert answer.status_code == 500
    told = answer.text + caplog.text + "".join(capsys.readouterr())
    for secret in (SECRET, NAME, "+33639980001", "Zoulikha"):
        assert secret not in told
    assert "Rien n'a été perdu" in answer.text.replace("&#39;", "'")


@pytest.mark.parametrize(
    "path", ["/mediation/999999", "/mediation/99999999999999999999", f"/{SECRET}", "/mediation/x"]
)
async def test_a_page_that_is_not_there_repeats_nothing(
    app: FastAPI, district: District, path: str
) -> None:
    async with browsing(app, AMAL) as browser:
        answer = await browser.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "Zoulikha" not in answer.text


async def test_a_refused_form_repeats_nothing(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    ticket = await ticket_for(runtime, district.people["fr"])
    async with browsing(app, AMAL) as browser:
        answer = await browser.submit(f"/mediation/{ticket}/ecrire", texte=SECRET)
        assert answer.status_code == 400
        assert "Zoulikha" not in answer.text


async def test_a_mediator_of_elsewhere_finds_nothing(
    app: FastAPI, runtime: Runtime, district: District
) -> None:
    await hears(runtime, district.people["fr"], SECRET)
    ticket = await ticket_for(runtime, district.people["fr"])
    async with browsing(app, CHLOE) as browser:
        for path in ("", "/fil", "/evenements"):
            answer = await browser.get(f"/mediation/{ticket}{path}")
            assert answer.status_code == 404
        for act in ("prendre", "ecrire", "rendre", "clore", "rouvrir"):
            fields = {"texte": "Bonjour", "nonce": "n" * 20, "suite": "reassured"}
            answer = await browser.submit(f"/mediation/{ticket}/{act}", **fields)
            assert answer.status_code == 404, act
        for query in ("", "?vue=closed", f"?territoire={district.east}", "?vue=open"):
            assert NAME not in await browser.see(f"/mediation{query}")


def test_missing_packages_are_told_with_what_to_do(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "PACKAGES", assets.HERE / "nowhere")
    with pytest.raises(assets.MissingAssets, match="make install"):
        create_app(runtime)


@pytest.mark.parametrize(
    "path",
    [
        "/static/vendor/dsfr/../package.json",
        "/static/vendor/axe-core/axe.js",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/vendor/dsfr/%2e%2e/package.json",
    ],
)
async def test_only_the_listed_folders_are_served(app: FastAPI, path: str) -> None:
    async with browsing(app) as browser:
        assert (await browser.get(path)).status_code == 404


async def test_the_pages_load_only_what_is_served(app: FastAPI, district: District) -> None:
    async with browsing(app) as browser:
        page = await browser.see("/connexion")
        found = {part.split('"')[0] for part in page.split('="/static/')[1:]}
        assert len(found) >= 7
        for path in found:
            answer = await browser.get(f"/static/{path}".replace("&amp;", "&"))
            assert answer.status_code == 200, path
            assert "immutable" in answer.headers["cache-control"]


def test_the_lock_names_no_registry() -> None:
    lock = (Path(assets.HERE) / "package-lock.json").read_text(encoding="utf-8")
    assert "http://" not in lock
    assert "https://" not in lock
    assert lock.count('"integrity"') == 4


async def test_the_api_describes_itself_without_the_pages(app: FastAPI) -> None:
    async with browsing(app) as browser:
        described = (await browser.get("/api/openapi.json")).json()
    assert described["openapi"].startswith("3.")
    assert not [path for path in described["paths"] if path.startswith("/mediation")]
