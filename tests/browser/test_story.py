"""The whole story in a browser: a family writes in Arabic, a mediator answers on its phone."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from bot.runtime import Runtime
from tests.browser.support import live, open_window, sign_in
from tests.web.support import AMAL, BRUNO, District, hears, ticket_for

pytestmark = pytest.mark.browser

AFRAID = "ابني خائف ولا يريد العودة إلى المدرسة"
A_PERSON = "أريد أن أتكلم مع شخص"
ANSWER = "مرحبا، أنا هنا لأسمعكم."


def _faults(page: Page) -> list[str]:
    """Script errors and refused contents, as they happen."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda said: found.append(said.text) if said.type == "error" else None)
    return found


async def _claim(page: Page) -> str:
    """Click on « Prendre en charge » and say what came of it."""
    await page.get_by_role("button", name="Prendre en charge").click()
    await page.locator("#fait, #refus").wait_for()
    return await page.locator("#fait, #refus").inner_text()


async def _write_in_arabic(phone: Page, family: int) -> Locator:
    """Two messages from the phone, each answered there from right to left; the answers."""
    await phone.goto(f"/simulateur?personne={family}&canal=sms")
    for said in (AFRAID, A_PERSON):
        await phone.get_by_label("Message de la famille").fill(said)
        await phone.get_by_role("button", name="Envoyer", exact=True).click()
        await expect(phone.get_by_label("Message de la famille")).to_have_value("")
    bubbles = phone.locator(".bulle--eux .bulle__texte")
    await expect(bubbles).to_have_count(2)
    assert await bubbles.first.evaluate("b => getComputedStyle(b).direction") == "rtl"
    await expect(phone.locator(".bulle--moi .bulle__texte").first).to_have_text(AFRAID)
    await expect(phone.locator(".bulle__compris").first).to_contain_text("arabe")
    return bubbles


async def test_from_a_phone_in_arabic_to_a_mediators_answer(
    browser: Browser, site: str, district: District
) -> None:
    amal, bruno, phone = [await open_window(browser, site) for _ in range(3)]
    faults = [_faults(page) for page in (amal, bruno, phone)]
    await asyncio.gather(sign_in(amal, AMAL), sign_in(bruno, BRUNO))
    await asyncio.gather(live(amal), live(bruno))
    await expect(amal.get_by_text("Aucune demande ici.")).to_be_visible()

    bubbles = await _write_in_arabic(phone, district.people["ar"])

    row = amal.locator(".demande__titre a")
    await expect(row).to_have_count(1)
    await expect(amal.locator("#annonce")).to_contain_text("Nouveau message")
    await asyncio.gather(row.click(), bruno.locator(".demande__titre a").click())
    await asyncio.gather(live(amal), live(bruno))
    told = await asyncio.gather(_claim(amal), _claim(bruno))
    won = [text.startswith("Vous avez pris") for text in told]
    assert sorted(won) == [False, True], told
    winner, loser = (amal, bruno) if won[0] else (bruno, amal)
    assert f"Déjà pris par {'Amal' if won[0] else 'Bruno'}." in told

    await winner.get_by_label("Votre message").fill(ANSWER)
    await winner.get_by_role("button", name="Envoyer").click()
    await expect(winner.get_by_text("Votre message est parti.")).to_be_visible()
    await expect(winner.get_by_label("Votre message")).to_have_value("")
    for page in (winner, loser):
        await expect(page.locator(".message--mediator .message__texte")).to_have_text(ANSWER)
        await expect(page.locator(".message--mediator .etat-envoi")).to_have_text("envoyé")
    await expect(bubbles.last).to_have_text(ANSWER)

    await winner.get_by_text("Clore la demande").click()
    await winner.get_by_label("Suite donnée").select_option("Famille rassurée")
    await winner.get_by_role("button", name="Clore", exact=True).click()
    await expect(loser.locator("#etat")).to_contain_text("Famille rassurée")
    # The loser's refusal is a 409 by design; nothing else may have gone wrong.
    assert [fault for found in faults for fault in found if "409" not in fault] == []


async def test_the_loser_who_was_slower_sees_it_without_reloading(
    browser: Browser, site: str, runtime: Runtime, district: District
) -> None:
    ticket = await ticket_for(runtime, district.people["fr"])
    amal, bruno = [await open_window(browser, site) for _ in range(2)]
    await asyncio.gather(
        sign_in(amal, AMAL, f"/mediation/{ticket}"), sign_in(bruno, BRUNO, f"/mediation/{ticket}")
    )
    await asyncio.gather(live(amal), live(bruno))
    await _claim(amal)
    await expect(bruno.get_by_text("Amal répond à cette famille.")).to_be_visible()
    await expect(bruno.get_by_role("button", name="Prendre en charge")).to_have_count(0)


async def test_a_message_comes_in_without_taking_what_is_being_typed(
    browser: Browser, site: str, runtime: Runtime, district: District
) -> None:
    person = district.people["fr"]
    await hears(runtime, person, "premier message")
    ticket = await ticket_for(runtime, person, "P1")
    page = await open_window(browser, site)
    await sign_in(page, AMAL, f"/mediation/{ticket}")
    await _claim(page)
    await live(page)
    await page.locator(".message details summary").first.click()
    await page.get_by_label("Votre message").fill("Je vous réponds tout de")
    await hears(runtime, person, "deuxième message")
    await expect(page.get_by_text("deuxième message")).to_be_visible()
    await expect(page.locator("#annonce")).to_contain_text("Nouveau message, urgent.")
    await expect(page.get_by_label("Votre message")).to_have_value("Je vous réponds tout de")
    await expect(page.get_by_label("Votre message")).to_be_focused()
    await expect(page.locator(".message details").first).to_have_attribute("open", "")


async def test_telegrams_buttons_answer_a_menu(
    browser: Browser, site: str, district: District
) -> None:
    page = await open_window(browser, site)
    await page.goto(f"/simulateur?personne={district.people['tr']}&canal=telegram")
    await page.get_by_role("button", name="Ouvrir le lien Telegram").click()
    buttons = page.locator(".boutons__un")
    await expect(buttons.first).to_be_visible()
    assert await buttons.last.get_attribute("value") == "0", "no way to a person"
    before = await page.locator(".bulle--eux").count()
    await buttons.last.click()
    await expect(page.locator(".bulle--moi .bulle__texte").last).to_have_text("0")
    await expect(page.locator(".bulle--eux .bulle__texte")).to_have_count(before + 1)


async def test_a_double_click_on_the_phone_is_one_message(
    browser: Browser, site: str, district: District
) -> None:
    page = await open_window(browser, site)
    await page.goto(f"/simulateur?personne={district.people['fr']}")
    await page.get_by_label("Message de la famille").fill("Bonjour")
    await page.get_by_role("button", name="Envoyer", exact=True).dblclick()
    await expect(page.locator(".bulle--eux .bulle__texte")).to_have_count(1)
    await expect(page.locator(".bulle--moi")).to_have_count(1)


async def test_a_page_that_has_lost_its_link_says_so_and_comes_back(
    browser: Browser, site: str, runtime: Runtime, district: District
) -> None:
    page = await open_window(browser, site)
    await sign_in(page, AMAL)
    await live(page)
    await page.context.set_offline(True)
    await ticket_for(runtime, district.people["fr"], "P0")
    # Chromium keeps an open stream when offline: a part that cannot be fetched is what shows.
    await page.evaluate("htmx.trigger('#liste', 'sse:desk')")
    await expect(page.get_by_text("Liaison perdue")).to_be_visible()
    await page.context.set_offline(False)
    await page.evaluate("htmx.trigger('#liste', 'sse:desk')")
    await expect(page.locator(".demande--p0")).to_be_visible()
    await expect(page.get_by_text("Liaison perdue")).to_be_hidden()


async def test_a_hidden_ticket_gives_its_connection_back_and_catches_up(
    browser: Browser, site: str, runtime: Runtime, district: District
) -> None:
    person = district.people["fr"]
    ticket = await ticket_for(runtime, person)
    page = await open_window(browser, site)
    await sign_in(page, AMAL, f"/mediation/{ticket}")
    await _claim(page)
    await live(page)
    await page.get_by_label("Votre message").fill("en train d'écrire")
    looks = "Object.defineProperty(document, 'hidden', {{value: {0}, configurable: true}});"
    changes = "document.dispatchEvent(new Event('visibilitychange'))"
    await page.evaluate(looks.format("true") + changes)
    await hears(runtime, person, "pendant ce temps")
    await page.evaluate(looks.format("false") + changes)
    await expect(page.get_by_text("pendant ce temps")).to_be_visible()
    await expect(page.get_by_label("Votre message")).to_have_value("en train d'écrire")


async def test_the_counter_counts_as_providers_bill(
    browser: Browser, site: str, runtime: Runtime, district: District
) -> None:
    from flows.segments import segments

    ticket = await ticket_for(runtime, district.people["fr"])
    page = await open_window(browser, site)
    await sign_in(page, AMAL, f"/mediation/{ticket}")
    await _claim(page)
    for text in ("é" * 160, "é" * 161, "ê" * 70, "ê" * 71, "€" * 81, "مرحبا " * 30, "👨‍👩‍👧" * 20):
        await page.get_by_label("Votre message").fill(text)
        expected = f", {segments(text).segments} SMS"
        await expect(page.locator("#longueur")).to_contain_text(expected)
