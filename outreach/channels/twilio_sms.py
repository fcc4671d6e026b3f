"""SMS through Twilio: hand over one message, and find out later whether it was taken."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ConnectionTimeoutError,
    InvalidURL,
)
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.rest import Client

from outreach.channels.contract import (
    Accepted,
    CannotTell,
    Channel,
    Envelope,
    Finding,
    Found,
    GiveUp,
    NotFound,
    Outcome,
    Retry,
    Unknown,
)
from outreach.channels.errors import twilio_failure
from outreach.channels.twilio_http import AimedHttpClient, ThrottledError
from outreach.channels.twilio_webhooks import (
    EMPTY_TWIML,
    STATUS_PATH,
    TWIML_MEDIA_TYPE,
    Form,
    parse_message,
    parse_status,
    public_request_url,
    read_form,
    signature_valid,
    signed_form,
)

__all__ = [
    "EMPTY_TWIML",
    "TWIML_MEDIA_TYPE",
    "Form",
    "TwilioSms",
    "parse_message",
    "parse_status",
    "public_request_url",
    "read_form",
    "signature_valid",
    "signed_form",
]

API_URL: Final = "https://api.twilio.com"
UNREACHED_PAUSE: Final = timedelta(seconds=30)
CLOCK_SKEW: Final = timedelta(minutes=2)
LISTED_AT_MOST: Final = 400
PAGE_SIZE: Final = 100
TRIAL_PREFIX: Final = "Sent from your Twilio trial account - "


class TwilioSms(Channel):
    """The SMS channel. `sender` is a number, short code or name that the account may use.

    `public_url` is where Twilio reaches us; without it no receipts are asked for.

    >>> sms = TwilioSms("AC…", "token", "+33199000001", public_url="https://lien.example.org")
    >>> await sms.send(Envelope(7, "+33639980001", "Bonjour"))
    Accepted(provider_id='SM…')
    """

    name = "sms"
    buttons = False

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        sender: str,
        *,
        api_url: str = API_URL,
        public_url: str | None = None,
        timeout_seconds: float = 10.0,
    ) -> None:
        self._sender = sender
        self._callback = public_request_url(public_url, STATUS_PATH) if public_url else None
        self._http = AimedHttpClient(api_url, timeout_seconds)
        self._client: Any = Client(account_sid, auth_token, http_client=self._http)

    async def send(self, envelope: Envelope) -> Outcome:
        """Hand one SMS to Twilio; every refusal and failure is a value."""
        request = {"to": envelope.to, "from_": self._sender, "body": envelope.text}
        if self._callback:
            # With our own reference, for a receipt that overtakes the answer to this request.
            request["status_callback"] = f"{self._callback}?ref={envelope.reference}"
        try:
            message = await self._client.messages.create_async(**request)
        except Exception as error:
            # Whatever went wrong, the message may have left: only outcome_of may say otherwise.
            return outcome_of(error)
        return Accepted(message.sid) if message.sid else Unknown("no_sid")

    async def find(self, envelope: Envelope, known: frozenset[str]) -> Finding:
        """Look for a message of unknown fate in Twilio's list of what we sent to this number.

        The list is read by recipient and sender, not by date of sending: a message still
        queued at Twilio has no such date and would be missed, then sent twice. The answer is
        sound a minute or more after the call; `CannotTell(for_now=True)` when the list could
        not be read.
        """
        if envelope.called_at is None:
            return CannotTell()
        try:
            listed = await self._client.messages.list_async(
                to=envelope.to, from_=self._sender, limit=LISTED_AT_MOST, page_size=PAGE_SIZE
            )
        except Exception:  # nothing is at stake in a list: whatever failed, ask again later
            return CannotTell(for_now=True)
        match = _earliest_match(listed, envelope, known)
        if match:
            return Found(match)
        # A list cut short proves nothing.
        return NotFound() if len(listed) < LISTED_AT_MOST else CannotTell()

    async def close(self) -> None:
        """Release connections."""
        await self._http.close()


def _earliest_match(listed: list[Any], envelope: Envelope, known: frozenset[str]) -> str | None:
    """The id of the first message with this text, made since our call and not yet ours."""
    assert envelope.called_at is not None
    since = envelope.called_at - CLOCK_SKEW
    matches = [
        message
        for message in listed
        if message.sid not in known
        and message.date_created is not None
        and message.date_created >= since
        and _same_text(message.body or "", envelope.text)
    ]
    return min(matches, key=lambda message: message.date_created).sid if matches else None


def _same_text(listed: str, sent: str) -> bool:
    return listed.removeprefix(TRIAL_PREFIX).strip() == sent.strip()


def outcome_of(error: Exception) -> Outcome:
    """What an error while sending says about the message; in doubt, `Unknown`.

    >>> outcome_of(TimeoutError())
    Unknown(code='timeout')
    """
    match error:
        case ThrottledError():
            return Retry("429", error.after)
        case TwilioRestException() | TwilioServiceException():
            return _outcome_of_answer(int(error.status), str(error.code))
        case ConnectionTimeoutError():
            return Retry("connect_timeout", UNREACHED_PAUSE)
        case InvalidURL():
            return GiveUp("bad_api_url")
        case ClientConnectorError():  # refused, no route, no such host, no TLS: nothing was sent
            return Retry("no_connection", UNREACHED_PAUSE)
        case TimeoutError():
            return Unknown("timeout")
        case ClientError():
            return Unknown("connection_lost")
        case _:
            return Unknown("unreadable_answer")


def _outcome_of_answer(status: int, code: str) -> Outcome:
    if status >= 500 or status < 400 or status == 408:
        return Unknown(f"http_{status}")
    if status == 401:
        code = "20003"
    elif code == str(status):  # not Twilio's own error format: a proxy on the way
        return GiveUp(f"http_{status}")
    return twilio_failure(code).outcome
