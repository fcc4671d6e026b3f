"""What Twilio posts is taken without loss, and only from Twilio."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
from hypothesis import given, strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from outreach.channels.contract import Inbound, Media, Receipt
from outreach.channels.errors import Malformed
from outreach.channels.twilio_sms import (
    EMPTY_TWIML,
    TWIML_MEDIA_TYPE,
    TwilioSms,
    parse_message,
    parse_status,
    public_request_url,
    read_form,
    signature_valid,
    signed_form,
)
from tests.channels.conftest import FAMILY, NOW, PUBLIC_URL, envelope
from tests.standins.server import LocalServer
from tests.standins.twilio import AUTH_TOKEN, TwilioStandIn, sign

URL = f"{PUBLIC_URL}/webhooks/twilio/messages"


@dataclass
class Application:
    """The least application behind a proxy: it knows its public URL by setting only."""

    public_url: str = PUBLIC_URL
    taken: list[Inbound | Malformed | Receipt | None] = field(default_factory=list)
    url: str = ""

    async def messages(self, request: Request) -> Response:
        return await self._take(request)

    async def status(self, request: Request) -> Response:
        return await self._take(request)

    async def _take(self, request: Request) -> Response:
        url = public_request_url(self.public_url, request.url.path, request.url.query)
        signature = request.headers.get("X-Twilio-Signature")
        form = signed_form(AUTH_TOKEN, url, await request.body(), signature)
        if form is None:
            return Response(status_code=403)
        if "MessageStatus" in form:
            self.taken.append(parse_status(form, NOW, request.query_params.get("ref")))
        else:
            self.taken.append(parse_message(form, NOW))
        return Response(EMPTY_TWIML, media_type=TWIML_MEDIA_TYPE)

    @property
    def inbound(self) -> Inbound:
        (only,) = self.taken
        assert isinstance(only, Inbound)
        return only


@pytest_asyncio.fixture
async def app() -> AsyncIterator[Application]:
    application = Application()
    routes = [
        Route("/webhooks/twilio/messages", application.messages, methods=["POST"]),
        Route("/webhooks/twilio/status", application.status, methods=["POST"]),
    ]
    async with LocalServer(Starlette(routes=routes)) as server:
        application.url = server.url
        yield application


@pytest.fixture
def proxied(twilio: TwilioStandIn) -> TwilioStandIn:
    """Twilio signs for the public URL, not for the inner one that it reaches here."""
    twilio.public_url = PUBLIC_URL
    return twilio


@pytest.mark.asyncio
async def test_a_family_s_message_comes_in_behind_a_proxy(
    app: Application, proxied: TwilioStandIn
) -> None:
    answer = await proxied.deliver_inbound(app.url, FAMILY, "Mon fils est malade", sid="SM1")
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/xml")
    assert answer.text.endswith("<Response/>")
    assert app.inbound == Inbound("sms", "SM1", FAMILY, "Mon fils est malade", NOW)


@pytest.mark.asyncio
async def test_a_wrong_or_missing_signature_leaves_nothing(
    app: Application, proxied: TwilioStandIn
) -> None:
    for signature in ("bad", "none"):
        answer = await proxied.deliver_inbound(app.url, FAMILY, "salut", signature=signature)
        assert answer.status_code == 403
    proxied.public_url = "https://ailleurs.example.org"
    assert (await proxied.deliver_inbound(app.url, FAMILY, "salut")).status_code == 403
    assert app.taken == []


@pytest.mark.asyncio
async def test_a_repeat_has_the_same_id(app: Application, proxied: TwilioStandIn) -> None:
    for _ in range(2):
        await proxied.deliver_inbound(app.url, FAMILY, "oui", sid="SM" + "a" * 32)
    first, second = app.taken
    assert first == second
    assert isinstance(first, Inbound)
    assert first.provider_id == "SM" + "a" * 32


@pytest.mark.asyncio
async def test_media_unknown_fields_and_odd_texts_are_taken_without_loss(
    app: Application, proxied: TwilioStandIn
) -> None:
    media = [
        ("image/jpeg", "https://api.example.org/m/0"),
        ("audio/amr", "https://api.example.org/m/1"),
        ("application/pdf", "https://api.example.org/m/2"),
        ("text/x-vcard", "https://api.example.org/m/3"),
    ]
    extra = {"Nouveau": "été", "NumMedia": "je ne sais pas", "MediaUrlX": "?", "": "vide"}
    answer = await proxied.deliver_inbound(app.url, FAMILY, "", media=media, extra=extra)
    assert answer.status_code == 200
    assert app.inbound.text == ""
    assert [(m.kind, m.reference[-1]) for m in app.inbound.media] == [
        ("image", "0"),
        ("audio", "1"),
        ("file", "2"),
        ("contact", "3"),
    ]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "text",
    [
        "é" * 1600,
        "100 % & plus = + ;\r\n\t«fin»",
        "  ",
        "au\x00 secours",
        "%E9 %ZZ %",
        "🆘 النجدة",
        "a&Body=b",
    ],
)
async def test_any_text_arrives_as_written(
    app: Application, proxied: TwilioStandIn, text: str
) -> None:
    assert (await proxied.deliver_inbound(app.url, FAMILY, text)).status_code == 200
    assert app.inbound.text == text.replace("\x00", "\ufffd")


@pytest.mark.parametrize(
    ("body", "signed", "expected"),
    [
        # re-encoded to Latin-1 on its way: the signature proves which reading is right
        (b"MessageSid=SM1&From=x&Body=caf%E9", "café", "café"),
        (b"MessageSid=SM1&From=x&Body=caf\xe9", "café", "café"),
        # cut in the middle of a character: what is left is kept
        (b"MessageSid=SM1&From=x&Body=au+secours+%F0%9F", "au secours �", "au secours �"),
    ],
)
def test_broken_utf_8_is_taken_as_far_as_the_signature_goes(
    body: bytes, signed: str, expected: str
) -> None:
    fields = {"MessageSid": "SM1", "From": "x", "Body": signed}
    signature = RequestValidator(AUTH_TOKEN).compute_signature(URL, fields)
    form = signed_form(AUTH_TOKEN, URL, body, signature)
    assert form is not None
    message = parse_message(form, NOW)
    assert isinstance(message, Inbound)
    assert message.text == expected
    assert signed_form("another token", URL, body, signature) is None


def test_broken_bytes_signed_as_bytes_are_taken() -> None:
    import base64
    import hashlib
    import hmac

    content = URL.encode() + b"Bodyau \xffFromxMessageSidSM1"
    signature = base64.b64encode(hmac.new(AUTH_TOKEN.encode(), content, hashlib.sha1).digest())
    body = b"MessageSid=SM1&From=x&Body=au+%FF"
    form = signed_form(AUTH_TOKEN, URL, body, signature.decode())
    assert form is not None
    assert form["Body"] == "au \ufffd"
    assert signed_form("another token", URL, body, signature.decode()) is None


def test_repeated_names_are_all_signed() -> None:
    pairs = [("Body", "oui"), ("Tag", "b"), ("Tag", "a")]
    signature = sign(AUTH_TOKEN, URL, pairs)
    body = urlencode(pairs).encode()
    form = signed_form(AUTH_TOKEN, URL, body, signature)
    assert form is not None
    assert form.getlist("Tag") == ["b", "a"]
    assert signature_valid(AUTH_TOKEN, URL, form, signature)
    assert not signature_valid(AUTH_TOKEN, URL, read_form(b"Body=oui&Tag=a"), signature)
    assert signed_form(AUTH_TOKEN, URL, body + b"&Tag=c", signature) is None


@pytest.mark.parametrize("signature", ["", "é", "\ud800", "A" * 10_000])
def test_no_signature_text_provokes_an_error(signature: str) -> None:
    assert signed_form(AUTH_TOKEN, URL, b"Body=%FF", signature) is None
    assert not signature_valid(AUTH_TOKEN, URL + "?\ud800", {"Body": "x"}, signature)


@given(st.binary(max_size=200))
def test_no_body_provokes_an_error(body: bytes) -> None:
    assert signed_form(AUTH_TOKEN, URL, body, "x" * 28) is None
    parse_message(read_form(body), NOW)
    parse_status(read_form(body), NOW)


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=5))
def test_whatever_twilio_signs_is_recognised(fields: dict[str, str]) -> None:
    body = urlencode(fields).encode()
    form = signed_form(AUTH_TOKEN, URL, body, sign(AUTH_TOKEN, URL, fields.items()))
    assert form is not None
    assert dict(form) == fields


@pytest.mark.parametrize(
    ("public", "path", "query", "expected"),
    [
        ("https://x.example.org", "/w/m", "", "https://x.example.org/w/m"),
        ("https://x.example.org/", "/w/m", "a=1&b=%20", "https://x.example.org/w/m?a=1&b=%20"),
        ("https://x.example.org/r", "/w/m", "", "https://x.example.org/r/w/m"),
        ("https://x.example.org/r/", "/r/w/m", "", "https://x.example.org/r/w/m"),
        ("https://x.example.org/w", "/wide/m", "", "https://x.example.org/w/wide/m"),
    ],
)
def test_the_signed_url_is_the_public_one(
    public: str, path: str, query: str, expected: str
) -> None:
    assert public_request_url(public, path, query) == expected


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"From": FAMILY, "Body": "oui"}, "no MessageSid"),
        ({"MessageSid": "SM1", "Body": "oui"}, "no From"),
        ({"MessageSid": "SM1", "From": "whatsapp:"}, "no From"),
        (
            {"MessageSid": "SM1", "From": "rcs:+33639980001"},
            "From is of a channel that is not served",
        ),
    ],
)
def test_what_is_no_message_says_why_without_its_content(form: dict[str, str], reason: str) -> None:
    assert parse_message(form, NOW) == Malformed(reason)


def test_older_id_fields_still_count_and_whatsapp_is_told_apart() -> None:
    form = {"SmsSid": "SM2", "From": f"whatsapp:{FAMILY}", "Latitude": "43.6", "Longitude": "3.8"}
    message = parse_message(form, NOW)
    place = Media("location", "", "43.6,3.8")
    assert message == Inbound("whatsapp", "SM2", FAMILY, "", NOW, (place,))


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("queued", "accepted"),
        ("accepted", "accepted"),
        ("sending", "accepted"),
        ("sent", "accepted"),
        ("delivered", "delivered"),
        ("read", "read"),
        ("undelivered", "failed"),
        ("failed", "failed"),
    ],
)
def test_each_status_moves_the_ledger_as_it_should(status: str, state: str) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": status, "ErrorCode": "30005"}
    assert parse_status(form, NOW) == Receipt("sms", "SM1", state, "30005", NOW)


@pytest.mark.parametrize(
    "form",
    [
        {"MessageSid": "SM1", "MessageStatus": "quelque chose de neuf"},
        {"MessageSid": "SM1"},
        {"MessageStatus": "delivered"},
        {},
    ],
)
def test_an_unknown_status_moves_nothing(form: dict[str, str]) -> None:
    assert parse_status(form, NOW) is None


def test_a_reference_that_is_no_row_id_is_left_out() -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "sent", "From": f"whatsapp:{FAMILY}"}
    for reference in ("x", "-1", "1e9", "²", "9" * 19, "", None):
        receipt = parse_status(form, NOW, reference)
        assert receipt == Receipt("whatsapp", "SM1", "accepted", None, NOW, None)


@pytest.mark.asyncio
async def test_a_receipt_comes_back_with_our_own_reference(
    app: Application, proxied: TwilioStandIn, sms: TwilioSms
) -> None:
    await sms.send(envelope(reference=88))
    sid = proxied.messages[0].sid
    answer = await proxied.post_status(app.url, sid, "undelivered", "30003")
    assert answer.status_code == 200
    assert app.taken == [Receipt("sms", sid, "failed", "30003", NOW, 88)]
    refused = await proxied.post_status(app.url, sid, "delivered", signature="bad")
    assert refused.status_code == 403
    forged = urlencode({"MessageSid": sid, "MessageStatus": "delivered"})
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{app.url}/webhooks/twilio/status?ref=88", content=forged)
    assert answer.status_code == 403
    assert len(app.taken) == 1
