"""What Twilio's error codes mean for a message and for the address it was going to.

Source: Twilio's error dictionary (twilio.com/docs/api/errors). Codes that blame our sender or our
account must never mark a family's number as unreachable: a wrong setting would empty the
whole address book in one evening.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

from outreach.channels.contract import GiveUp, Retry, StopAddress

Refusal: TypeAlias = Retry | StopAddress | GiveUp


@dataclass(frozen=True, slots=True)
class Malformed:
    """A request that cannot be read as a message. `reason` is safe to log: no content in it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A provider's code: what to do about it and one line for the operator."""

    outcome: Refusal
    meaning: str


_OPTED_OUT: Final = {
    "21610": "the person answered STOP to this sender",
}
_BLOCKED: Final = {
    "30004": "the person or their operator blocks this sender",
}
_UNREACHABLE: Final = {
    "21211": "not a valid phone number",
    "21214": "this phone number cannot be reached",
    "21217": "does not look like a phone number",
    "21265": "a short code cannot receive messages",
    "21266": "the recipient is our own number",
    "21614": "not a mobile number",
    "21635": "a landline",
    "30005": "the number is unknown or no longer in service",
    "30006": "a landline, or an operator that cannot be reached",
    "63003": "no such account on this channel",
    "63024": "not a valid recipient on this channel",
}
_LATER: Final = {
    "20429": (timedelta(seconds=10), "too many requests at once"),
    "21611": (timedelta(minutes=5), "the sender's queue is full"),
    "30001": (timedelta(minutes=5), "the provider's queue overflowed"),
}
_GIVE_UP: Final = {
    # The operator must act.
    "10001": "the Twilio account is not active",
    "20003": "wrong account SID or auth token",
    "20005": "the Twilio account is suspended",
    "20404": "no such resource: check the account SID and the API URL",
    "21212": "the sender is not a valid number or name",
    "21267": "a trial account cannot use a sender name",
    "21408": "sending to this country is not enabled in the account",
    "21603": "no sender was given",
    "21606": "the sender cannot send to this destination",
    "21608": "a trial account sends to verified numbers only",
    "21609": "the status callback address is not valid: check the public URL",
    "21612": "this sender cannot reach this number",
    "21659": "the sender is not a number of Twilio's",
    "21660": "the sender belongs to another account",
    "21661": "the sender cannot send SMS",
    "30002": "the Twilio account is suspended",
    # This text will not pass.
    "21602": "the text is empty",
    "21604": "no recipient was given",
    "21605": "the text is too long",
    "21617": "the text is longer than 1,600 characters",
    "21619": "neither text nor media was given",
    "30007": "an operator filtered the message",
    "63016": "WhatsApp: more than 24 hours since the person wrote, and no template",
    # It did not arrive, and nothing says whether the next one will.
    "30003": "the phone is off or out of reach",
    "30008": "the operator gives no reason",
    "30410": "the operator did not answer in time",
    "30500": "the provider failed while delivering",
}


def _table() -> dict[str, Failure]:
    table = {code: Failure(GiveUp(code), meaning) for code, meaning in _GIVE_UP.items()}
    for consent, meanings in (
        ("opted_out", _OPTED_OUT),
        ("blocked", _BLOCKED),
        ("unreachable", _UNREACHABLE),
    ):
        for code, meaning in meanings.items():
            table[code] = Failure(StopAddress(code, consent), meaning)
    for code, (after, meaning) in _LATER.items():
        table[code] = Failure(Retry(code, after), meaning)
    return table


TWILIO_FAILURES: Final = _table()


def twilio_failure(code: str) -> Failure:
    """The meaning of a Twilio code, at sending or in a receipt; unknown codes give up.

    >>> twilio_failure("21610").outcome
    StopAddress(code='21610', consent='opted_out')
    >>> twilio_failure("99999").outcome
    GiveUp(code='99999')
    """
    return TWILIO_FAILURES.get(code) or Failure(GiveUp(code), "see twilio.com/docs/api/errors")
