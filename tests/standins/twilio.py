"""A stand-in for Twilio: messages out by its REST API, messages and receipts in by webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from typing import Literal, Self
from urllib.parse import urlencode, urlsplit

import httpx
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.standins.faults import Faults
from tests.standins.server import LocalServer
from tests.standins.twilio_messages import VERSION, MessageStore, StoredMessage, sid

ACCOUNT_SID = "AC" + "5" * 32
AUTH_TOKEN = "stand-in-auth-token"
SENDER = "+33639980000"

STOP_WORDS = {"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"}
START_WORDS = {"START", "YES", "UNSTOP"}
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_LANDLINE = re.compile(r"\+33[1-5]\d{8}")
THROTTLED = {"code": 20429, "message": "Too Many Requests", "more_info": "", "status": 429}


def sign(auth_token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """X-Twilio-Signature, from its description: the URL, then names and values in order of name."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def refusal(code: int, message: str, status: int = 400) -> JSONResponse:
    """Twilio's error format."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more, "status": status}
    return JSONResponse(body, status)


class TwilioStandIn:
    """`async with TwilioStandIn() as twilio:` then point the API URL at `twilio.url`.

    `messages` is what it took; `faults.next(...)` spoils requests; `opted_out` grows when a
    family writes one of the English stop words, before our webhook sees it, as in reality.
    `public_url` is what webhooks are signed for, when a proxy stands before the application.
    """

    def __init__(self, public_url: str | None = None) -> None:
        self.account_sid, self.auth_token, self.sender = ACCOUNT_SID, AUTH_TOKEN, SENDER
        self.public_url = public_url
        self.senders = {SENDER}
        self.opted_out: set[str] = set()
        self.forbidden_regions: tuple[str, ...] = ()
        self.faults = Faults()
        self.store = MessageStore(ACCOUNT_SID)
        self.calls = 0  # requests that reached us, whatever became of them
        base = f"/{VERSION}/Accounts/{{account}}/Messages"
        routes = [
            Route(f"{base}.json", self._collection, methods=["GET", "POST"]),
            Route(f"{base}/{{message}}.json", self._one, methods=["GET"]),
        ]
        self._server = LocalServer(Starlette(routes=routes))
        self.url = self._server.url

    @property
    def messages(self) -> list[StoredMessage]:
        """What was taken, oldest first."""
        return self.store.messages

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        self._http = httpx.AsyncClient(timeout=10, trust_env=False)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.faults.over.set()
        await self._http.aclose()
        await self._server.__aexit__(*exc_info)

    async def _collection(self, request: Request) -> Response:
        form = await request.form() if request.method == "POST" else FormData()
        self.calls += 1

        async def answer() -> Response:
            if denied := self._denied(request):
                return denied
            if request.method == "GET":
                return JSONResponse(self.store.page(request.query_params))
            return self._create({name: str(value) for name, value in form.items()})

        return await self.faults.apply(request, self._server, answer, THROTTLED)

    async def _one(self, request: Request) -> Response:
        async def answer() -> Response:
            if denied := self._denied(request):
                return denied
            message = self.store.get(request.path_params["message"])
            if message is None:
                return refusal(20404, "The requested resource was not found", 404)
            return JSONResponse(message.json(self.account_sid))

        return await self.faults.apply(request, self._server, answer, THROTTLED)

    def _denied(self, request: Request) -> Response | None:
        credentials = f"{self.account_sid}:{self.auth_token}".encode()
        expected = "Basic " + base64.b64encode(credentials).decode()
        if request.headers.get("Authorization") != expected:
            return refusal(20003, "Authenticate", 401)
        if request.path_params["account"] != self.account_sid:
            return refusal(20404, "The requested resource was not found", 404)
        return None

    def _create(self, form: Mapping[str, str]) -> Response:
        to, from_, body = (form.get(name, "") for name in ("To", "From", "Body"))
        refused = self._missing(form) or self._bad_address(to, from_)
        if refused:
            return refused
        if len(body) > 1600:
            return refusal(21617, "The concatenated message body exceeds the 1600 character limit")
        callback = form.get("StatusCallback")
        if callback is not None and not callback.startswith(("http://", "https://")):
            return refusal(21609, "The 'StatusCallback' URL is not a valid URL.")
        message = self.store.take(to, from_, body, callback)
        return JSONResponse(message.json(self.account_sid), 201)

    def _missing(self, form: Mapping[str, str]) -> Response | None:
        if not form.get("To"):
            return refusal(21604, "A 'To' phone number is required.")
        if not form.get("From"):
            return refusal(21603, "A 'From' phone number is required.")
        if not form.get("Body", "").strip():
            return refusal(21602, "Message body is required.")
        return None

    def _bad_address(self, to: str, from_: str) -> Response | None:
        if not _E164.fullmatch(to):
            return refusal(21211, "Invalid 'To' Phone Number")
        if to == from_:
            return refusal(21266, "'To' and 'From' number cannot be the same")
        if from_ not in self.senders:
            return refusal(21606, "The 'From' phone number is not a valid, message-capable number")
        if to.startswith(self.forbidden_regions or ("never",)):
            return refusal(21408, "Permission to send an SMS has not been enabled for the region")
        if _LANDLINE.fullmatch(to):
            return refusal(21614, "'To' number is not a valid mobile number")
        if to in self.opted_out:
            return refusal(21610, "Attempt to send to unsubscribed recipient")
        return None

    async def deliver_inbound(
        self,
        app_url: str,
        from_: str,
        body: str,
        *,
        media: Iterable[tuple[str, str]] = (),
        extra: Mapping[str, str] | None = None,
        sid: str | None = None,
        signature: Literal["good", "bad", "none"] = "good",
    ) -> httpx.Response:
        """Post a family's message to `{app_url}/webhooks/twilio/messages`.

        `media` is (content type, url) pairs; give `sid` to repeat a delivery.
        """
        fields = self.inbound_fields(from_, body, media, sid) | dict(extra or {})
        word = body.strip().upper()
        if word in STOP_WORDS:
            self.opted_out.add(from_)
        elif word in START_WORDS:
            self.opted_out.discard(from_)
        return await self.post(app_url, "/webhooks/twilio/messages", fields, signature)

    def inbound_fields(
        self,
        from_: str,
        body: str,
        media: Iterable[tuple[str, str]] = (),
        message_sid: str | None = None,
    ) -> dict[str, str]:
        """The form of an incoming message."""
        message_sid = message_sid or sid()
        fields = {
            "ToCountry": "FR",
            "SmsMessageSid": message_sid,
            "SmsSid": message_sid,
            "MessageSid": message_sid,
            "SmsStatus": "received",
            "FromCountry": "FR",
            "To": self.sender,
            "From": from_,
            "Body": body,
            "NumSegments": "1",
            "AccountSid": self.account_sid,
            "ApiVersion": VERSION,
        }
        attachments = list(media)
        for number, (content_type, url) in enumerate(attachments):
            fields |= {f"MediaContentType{number}": content_type, f"MediaUrl{number}": url}
        return fields | {"NumMedia": str(len(attachments))}

    async def post_status(
        self,
        app_url: str,
        message_sid: str,
        status: str,
        error_code: str | None = None,
        signature: Literal["good", "bad", "none"] = "good",
    ) -> httpx.Response:
        """Post a receipt to the message's own callback (at `app_url`) and note it there."""
        message = self.store.get(message_sid)
        if message:
            message.status = status
            message.sent = message.sent or self.store.now().replace(microsecond=0)
        fields = {
            "MessageSid": message_sid,
            "SmsSid": message_sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "To": message.to if message else "",
            "From": self.sender,
            "AccountSid": self.account_sid,
            "ApiVersion": VERSION,
        }
        if error_code:
            fields["ErrorCode"] = error_code
        callback = message.status_callback if message else None
        if callback is None:
            return await self.post(app_url, "/webhooks/twilio/status", fields, signature)
        asked = urlsplit(callback)
        path = "/webhooks/twilio/status" + (f"?{asked.query}" if asked.query else "")
        return await self.post(app_url, path, fields, signature, signed_url=callback)

    async def post(
        self,
        app_url: str,
        path: str,
        fields: Mapping[str, str],
        signature: str = "good",
        signed_url: str | None = None,
    ) -> httpx.Response:
        """Post any form as Twilio does: UTF-8, percent-encoded, signed for the public URL."""
        public = signed_url or (self.public_url or app_url).rstrip("/") + path
        token = self.auth_token if signature == "good" else "someone else's token"
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
        if signature != "none":
            headers["X-Twilio-Signature"] = sign(token, public, fields.items())
        url = app_url.rstrip("/") + path
        return await self._http.post(url, content=urlencode(fields), headers=headers)
