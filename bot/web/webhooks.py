"""Where providers knock. Each checks its signature; 2xx only once all is committed.

A wrong signature gets 403 and leaves nothing but a counter.
"""

from __future__ import annotations

import json
from typing import cast

import structlog
from fastapi import APIRouter, Request, Response

from bot.conversation import receive
from bot.runtime import Runtime
from bot.telegram_in import take_update
from outreach import clock, metrics, receipts
from outreach.channels.errors import Malformed
from outreach.channels.telegram import SECRET_HEADER, secret_valid
from outreach.channels.twilio_sms import (
    EMPTY_TWIML,
    TWIML_MEDIA_TYPE,
    Form,
    parse_message,
    parse_status,
    public_request_url,
    signed_form,
)
from outreach.channels.twilio_webhooks import SIGNATURE_HEADER

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/webhooks", include_in_schema=False)

LARGEST = 1_000_000  # bytes; Twilio's largest form and Telegram's largest update are far smaller


def _runtime(request: Request) -> Runtime:
    return cast("Runtime", request.app.state.runtime)


async def _body(request: Request) -> bytes | None:
    """The body, or None when it is larger than any provider sends."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return None
    return bytes(body)


async def _twilio_form(request: Request) -> Form | None:
    """The form that Twilio signed, or None."""
    settings = _runtime(request).settings
    body = await _body(request)
    if body is None or settings.twilio_auth_token is None or settings.public_url is None:
        return None
    raw_path = request.scope.get("raw_path", request.url.path.encode()).decode("ascii", "replace")
    path, _, _ = raw_path.partition("?")
    url = public_request_url(settings.public_url, path, request.url.query)
    token = settings.twilio_auth_token.get_secret_value()
    return signed_form(token, url, body, request.headers.get(SIGNATURE_HEADER))


def _refuse(channel: str, reason: str) -> Response:
    metrics.REFUSED.labels(channel, reason).inc()
    return Response(status_code=403)


def _twiml() -> Response:
    return Response(EMPTY_TWIML, media_type=TWIML_MEDIA_TYPE)


@router.post("/twilio/messages")
async def twilio_messages(request: Request) -> Response:
    """An SMS or WhatsApp message comes in."""
    form = await _twilio_form(request)
    if form is None:
        return _refuse("twilio", "signature")
    inbound = parse_message(form, clock.now())
    if isinstance(inbound, Malformed):
        metrics.INBOUND.labels("twilio", "malformed").inc()
        log.warning("webhook_malformed", channel="twilio", reason=inbound.reason)
        return Response(status_code=400)
    await receive(_runtime(request), inbound)
    return _twiml()


@router.post("/twilio/status")
async def twilio_status(request: Request) -> Response:
    """A receipt for a message of ours. Unknown ids are answered 2xx: asking again helps nobody."""
    form = await _twilio_form(request)
    if form is None:
        return _refuse("twilio", "signature")
    receipt = parse_status(form, clock.now(), request.query_params.get("ref"))
    if receipt is not None:
        async with _runtime(request).store.session() as session:
            await receipts.record(session, receipt)
    return Response(status_code=204)


@router.post("/telegram")
async def telegram(request: Request) -> Response:
    """An update comes in."""
    runtime = _runtime(request)
    secret = runtime.settings.telegram_webhook_secret
    expected = secret.get_secret_value() if secret else ""
    if not secret_valid(expected, request.headers.get(SECRET_HEADER)):
        return _refuse("telegram", "secret")
    body = await _body(request)
    try:
        update = json.loads((body or b"").decode("utf-8", "replace"))
    except ValueError:
        update = None
    if not isinstance(update, dict):
        metrics.INBOUND.labels("telegram", "malformed").inc()
        return Response(status_code=400)
    await take_update(runtime, update)
    return Response(status_code=200)
