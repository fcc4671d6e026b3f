"""For everybody: small screens, keyboards, screen readers, and both directions of writing."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from bot.runtime import Runtime
from tests.browser.support import NARROW, WIDE, live, open_window, sign_in, violations
from tests.web.support import AMAL, DIANE, District, hears, ticket_for

pytestmark = pytest.mark.browser

AFRAID = "ابني خائف ولا يريد العودة إلى المدرسة"
SMALLEST = 24  # CSS pixels; WCAG 2.2, 2.5.8
BEARABLE = 44  # for what is pressed in a hurry

TOO_WIDE = """() => [...document.querySelectorAll('main *')]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && e.checkVisibility())
  .filter(e => !e.closest('.fr-sr-only, .fr-skiplinks, .fr-table__container'))
  .map(e => e.tagName + '.' + e.className)"""
TOO_SMALL = """least => [...document.querySelectorAll(
    'main button, main select, main summary, main textarea, main input:not([type=hidden])')]
  .filter(e => e.checkVisibility() && !e.closest('.message'))
  .map(e => [e.id || e.textContent.trim(), e.getBoundingClientRect()])
  .filter(([, box]) => box.height < least || box.width < least)
  .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""


async def _cases(runtime: Runtime, district: District) -> tuple[int, int]:
    """An urgent ticket in Arabic with a thread, and an ordinary one that Diane will claim."""
    await hears(runtime, district.people["ar"], AFRAID)
    urgent = await ticket_for(runtime, district.people["ar"], "P0", "danger:self_harm")
    await hears(runtime, district.people["fr"], "une très longue adresse https://" + "a" * 120)
    return urgent, await ticket_for(runtime, district.people["fr"], "P2")


async def _claimed(page: Page, ticket: int) -> None:
    await page.goto(f"/mediation/{ticket}")
    await page.get_by_role("button", name="Prendre en charge").click()
    await expect(page.get_by_label("Votre message")).to_be_visible()
    await page.get_by_text("Clore la demande").click()
    await page.get_by_text("Rendre la demande").click()


def _pages(district: District, urgent: int) -> list[str]:
    family = district.people["ar"]
    return [
        "/mediation",
        "/mediation?vue=closed&langue=fr",
        f"/mediation/{urgent}",
        "/pilotage",
        f"/simulateur?personne={family}",
        f"/simulateur?personne={family}&canal=telegram",
        "/nulle-part",
    ]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(
    browser: Browser,
    site: str,
    runtime: Runtime,
    district: District,
    size: dict[str, int],
    scheme: str,
) -> None:
    urgent, ordinary = await _cases(runtime, district)
    page = await open_window(browser, site, size)
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # light or dark
    await page.goto("/connexion")
    assert await violations(page) == []
    await page.get_by_label("Identifiant").fill("zoe@example.org")
    await page.get_by_label("Mot de passe").fill("pas le bon mot")
    await page.get_by_role("button", name="Se connecter").click()
    await expect(page.get_by_role("alert").get_by_text("Connexion impossible")).to_be_visible()
    assert await violations(page) == []
    await sign_in(page, DIANE)
    for path in _pages(district, urgent):
        await page.goto(path)
        assert await violations(page) == [], path
    await _claimed(page, ordinary)
    assert await violations(page) == []


async def test_at_360_pixels_nothing_sticks_out_and_fingers_hit(
    browser: Browser, site: str, runtime: Runtime, district: District
) -> None:
    urgent, ordinary = await _cases(runtime, district)
    page = await open_window(browser, site, NARROW)
    await sign_in(page, DIANE)
    for path in (*_pages(district, urgent), ""):
        if path:
            await page.goto(path)
        else:
            await _claimed(page, ordinary)
        assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], path
        assert await page.evaluate(TOO_WIDE) == [], path
        assert await page.evaluate(TOO_SMALL, SMALLEST) == [], path
    for name in ("#envoyer", "#clore", "#rendre", "#volet-clore > summary"):
        box = await page.locator(name).bounding_box()
        assert box is not None
        assert box["height"] >= BEARABLE - 4, name  # the design system's buttons are 40 high


async def _tab_to(page: Page, wanted: str, most: int = 60) -> None:
    """Press Tab until `wanted` has the focus, which must be seen at each stop."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        focused = page.locator(":focus")
        style = await focused.evaluate(
            "e => [[e], [e, '::before'], [e, '::after'], [e.closest('.demande') ?? e]]"
            ".map(x => getComputedStyle(...x)).map(s => [s.outlineStyle, s.outlineWidth])"
        )
        assert any(kind != "none" and width != "0px" for kind, width in style), (
            await focused.evaluate("e => e.outerHTML")
        )
        if await focused.evaluate("(e, wanted) => e.matches(wanted)", wanted):
            return
    pytest.fail(f"Tab never came to {wanted}")


async def test_a_mediator_works_with_a_keyboard_alone(
    browser: Browser, site: str, runtime: Runtime, district: District
) -> None:
    ticket = await ticket_for(runtime, district.people["fr"], "P1")
    page = await open_window(browser, site)
    await sign_in(page, AMAL)
    await live(page)
    await page.keyboard.press("Tab")
    await expect(page.locator(":focus")).to_have_text("Contenu")
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    await _tab_to(page, f"#demande-{ticket}")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/mediation/{ticket}")
    await _tab_to(page, "#prendre")
    await page.keyboard.press("Enter")
    await expect(page.locator("#texte")).to_be_visible()
    await _tab_to(page, "#texte")
    await page.keyboard.type("Bonjour, je vous écoute.")
    await _tab_to(page, "#envoyer")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message--mediator .etat-envoi")).to_have_text("envoyé")
    await _tab_to(page, "#volet-clore > summary")
    await page.keyboard.press("Enter")
    await _tab_to(page, "#suite")
    await page.keyboard.type("Famille")
    await _tab_to(page, "#clore")
    await page.keyboard.press("Enter")
    await expect(page.locator("#etat")).to_contain_text("Famille rassurée")


async def test_the_focus_stays_where_it_is_when_the_queue_changes(
    browser: Browser, site: str, runtime: Runtime, district: District
) -> None:
    ticket = await ticket_for(runtime, district.people["fr"], "P2")
    page = await open_window(browser, site)
    await sign_in(page, AMAL)
    await live(page)
    await page.locator(f"#demande-{ticket}").focus()
    await ticket_for(runtime, district.people["tr"], "P0")
    await expect(page.locator(".demande")).to_have_count(2)
    await expect(page.locator(f"#demande-{ticket}")).to_be_focused()
    first = page.locator(".demande").first
    await expect(first).to_contain_text("P0")
    await expect(first).to_contain_text("Danger")


async def test_each_message_is_laid_out_in_its_own_direction(
    browser: Browser, site: str, runtime: Runtime, district: District
) -> None:
    person = district.people["ar"]
    await hears(runtime, person, AFRAID)
    await hears(runtime, person, "je parle aussi français")
    ticket = await ticket_for(runtime, person)
    page = await open_window(browser, site)
    await sign_in(page, AMAL, f"/mediation/{ticket}")
    texts = page.locator(".message--family .message__texte")
    directions = await texts.evaluate_all("all => all.map(e => getComputedStyle(e).direction)")
    assert directions == ["rtl", "ltr"]
    assert await texts.first.get_attribute("lang") == "ar"
    await page.locator(".message details summary").first.click()
    await expect(page.locator(".message details").first).to_contain_text("arabe")


async def test_staff_work_without_any_script(
    browser: Browser, site: str, runtime: Runtime, district: District
) -> None:
    ticket = await ticket_for(runtime, district.people["fr"])
    context = await browser.new_context(base_url=site, java_script_enabled=False)
    page = await context.new_page()
    await sign_in(page, AMAL, f"/mediation/{ticket}")
    await page.get_by_role("button", name="Prendre en charge").click()
    await page.get_by_label("Votre message").fill("Bonjour")
    await page.get_by_role("button", name="Envoyer").click()
    await expect(page.locator(".message--mediator .message__texte")).to_have_text("Bonjour")
