"""What Twilio posts to us: messages and receipts, and the proof that they come from Twilio.

Pure functions: no network, no clock. Field names are Twilio's and stay in this file.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, TypeAlias
from urllib.parse import unquote_to_bytes, urlsplit

from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

from outreach.channels.contract import Inbound, Media, Receipt
from outreach.channels.errors import Malformed
from outreach.channels.storable import storable

Form: TypeAlias = ImmutableMultiDict[str, str]

MESSAGES_PATH: Final = "/webhooks/twilio/messages"
STATUS_PATH: Final = "/webhooks/twilio/status"
SIGNATURE_HEADER: Final = "X-Twilio-Signature"

# Our answers are sent later, from the ledger, so the webhook itself answers nothing.
EMPTY_TWIML: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
TWIML_MEDIA_TYPE: Final = "text/xml"

_STATES: Final = {
    "queued": "accepted",
    "accepted": "accepted",
    "scheduled": "accepted",
    "sending": "accepted",
    "sent": "accepted",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
}
_MEDIA_URL: Final = re.compile(r"MediaUrl(\d{1,3})")
_ROW_ID: Final = re.compile(r"[0-9]{1,18}")
_KINDS: Final = ("image", "audio", "video")
_CARDS: Final = ("text/vcard", "text/x-vcard", "text/directory")


def public_request_url(public_url: str, path: str, query: str = "") -> str:
    """The URL that Twilio called and signed, whatever host and port the proxy gave us.

    `path` and `query` are the raw ones of the request. A path prefix of the public URL is kept,
    whether or not the proxy strips it.

    >>> public_request_url("https://lien.example.org/r", "/webhooks/twilio/status", "a=1")
    'https://lien.example.org/r/webhooks/twilio/status?a=1'
    """
    base = public_url.rstrip("/")
    prefix = urlsplit(base).path
    if prefix and path.startswith(prefix + "/"):
        path = path[len(prefix) :]
    return f"{base}{path}" + (f"?{query}" if query else "")


def read_form(body: bytes, encoding: str = "utf-8", errors: str = "replace") -> Form:
    """The fields of a form body, repeated names kept; never fails with `errors="replace"`.

    A wrong percent-escape stays as it is written: « 100% » typed by a parent is not an error.

    >>> read_form(b"Body=caf%C3%A9+100%&From=%2B33639980001")["Body"]
    'café 100%'
    """

    def text(raw: bytes) -> str:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode(encoding, errors)

    pairs = (pair.partition(b"=") for pair in body.split(b"&") if pair)
    return ImmutableMultiDict([(text(name), text(value)) for name, _, value in pairs])


def signature_valid(auth_token: str, url: str, form: Mapping[str, str], signature: str) -> bool:
    """Whether Twilio's own validator finds this signature on this form at this public URL."""
    try:
        return bool(RequestValidator(auth_token).validate(url, form, signature))
    except ValueError:  # a URL or a text that cannot be encoded cannot have been signed
        return False


def signed_form(auth_token: str, url: str, body: bytes, signature: str | None) -> Form | None:
    """The form that Twilio signed, or None if it signed none of what this body may mean.

    Twilio signs text and sends it as UTF-8. A body that is not UTF-8 has been re-encoded on its
    way, so that its text is doubtful; the signature tells which reading is the true one.

    >>> signed_form("token", "https://lien.example.org/w", b"Body=STOP", "forged") is None
    True
    """
    if not signature:
        return None
    for form in _readings(body):
        if signature_valid(auth_token, url, form, signature):
            return form
    if _bytes_signed(auth_token, url, body, signature):
        return read_form(body)
    return None


def _readings(body: bytes) -> Iterator[Form]:
    try:
        yield read_form(body, errors="strict")
    except UnicodeDecodeError:
        yield read_form(body)
        yield read_form(body, "latin-1")


def _bytes_signed(auth_token: str, url: str, body: bytes, signature: str) -> bool:
    """Whether the raw bytes were signed. Twilio's validator takes text only, hence this one."""
    form = read_form(body, errors="surrogateescape")
    signed = url + "".join(
        name + value for name in sorted(form) for value in sorted(set(form.getlist(name)))
    )
    key, content = auth_token.encode(), signed.encode("utf-8", "surrogateescape")
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha1).digest())
    return hmac.compare_digest(expected, signature.encode("utf-8", "replace"))


def parse_message(form: Mapping[str, str], now: datetime) -> Inbound | Malformed:
    """An incoming SMS or WhatsApp message; an empty body and any media are kept as they are.

    Unknown fields are ignored. Without a sender or an id there is nothing to answer or to
    recognise on a repeat: `Malformed`.

    >>> parse_message({"From": "+33639980001", "Body": "oui"}, datetime.now(UTC))
    Malformed(reason='no MessageSid')
    """
    sid = form.get("MessageSid") or form.get("SmsMessageSid") or form.get("SmsSid")
    if not sid:
        return Malformed("no MessageSid")
    channel, address = _channel_and_address(form.get("From", ""))
    if not address:
        return Malformed("no From")
    if channel not in ("sms", "whatsapp"):
        return Malformed("From is of a channel that is not served")
    return Inbound(
        channel=channel,
        provider_id=storable(sid),
        address=storable(address),
        text=storable(form.get("Body", "")),
        received_at=now,
        media=_media(form),
    )


def parse_status(
    form: Mapping[str, str], now: datetime, reference: str | None = None
) -> Receipt | None:
    """Twilio's word on a message of ours; None for a status that moves nothing.

    `reference` is the `ref` of the callback's own address: our ledger row's id.

    >>> parse_status({"MessageSid": "SM1", "MessageStatus": "delivered"}, datetime.now(UTC))
    Receipt(channel='sms', provider_id='SM1', state='delivered', code=None, at=..., reference=None)
    """
    sid = form.get("MessageSid") or form.get("SmsSid")
    status = form.get("MessageStatus") or form.get("SmsStatus") or ""
    state = _STATES.get(status.lower())
    if not sid or state is None:
        return None
    channel, _ = _channel_and_address(form.get("From", ""))
    code = form.get("ErrorCode") or None
    row = int(reference) if reference and _ROW_ID.fullmatch(reference) else None
    return Receipt(channel, storable(sid), state, code and storable(code), now, row)


def _channel_and_address(sender: str) -> tuple[str, str]:
    prefix, colon, rest = sender.strip().partition(":")
    return (prefix.lower(), rest.strip()) if colon else ("sms", prefix)


def _media(form: Mapping[str, str]) -> tuple[Media, ...]:
    """Every attachment, found by its own field: NumMedia is not trusted to count them."""
    numbers = sorted({int(match[1]) for match in map(_MEDIA_URL.fullmatch, form) if match})
    media = [
        Media(_kind(kind), storable(kind), storable(form[f"MediaUrl{number}"]))
        for number in numbers
        if (kind := form.get(f"MediaContentType{number}", "")) or form.get(f"MediaUrl{number}")
    ]
    latitude, longitude = form.get("Latitude"), form.get("Longitude")
    if latitude and longitude:
        media.append(Media("location", "", storable(f"{latitude},{longitude}")))
    return tuple(media)


def _kind(content_type: str) -> str:
    kind = content_type.partition("/")[0].lower()
    if kind in _KINDS:
        return kind
    return "contact" if content_type.partition(";")[0].lower() in _CARDS else "file"
