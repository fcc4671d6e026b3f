"""The one contract of every channel: what comes in, what goes out, what became of it.

Nothing outside a channel's own file knows a provider's field names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Media:
    """An attachment as the provider names it; `kind` is image, audio, video, file, location…"""

    kind: str
    content_type: str
    reference: str


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message from a family.

    `provider_id` is unique within `channel` and makes a repeated webhook harmless. `address` is
    E.164 for phones, a chat id for Telegram. `choice` is the menu number of a pressed button,
    `link_token` the payload of « /start <token> ». `received_at` is aware, UTC.
    """

    channel: str
    provider_id: str
    address: str
    text: str
    received_at: datetime
    media: tuple[Media, ...] = ()
    choice: int | None = None
    link_token: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider's word on a message that we sent.

    `state` is one of our ledger states: accepted, delivered, read, failed. `reference` is our
    ledger row's id where the provider gives it back (Twilio, in the callback's address): a receipt
    may overtake the answer that tells us the provider's id.
    """

    channel: str
    provider_id: str
    state: str
    code: str | None
    at: datetime
    reference: int | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """A tappable menu line: the number is what comes back as `Inbound.choice`."""

    number: int
    label: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message ready to hand to a provider. `reference` is our ledger row's id."""

    reference: int
    to: str
    text: str
    buttons: tuple[Button, ...] = ()
    called_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken the message."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Certainly not sent; try again, not before `after`."""

    code: str
    after: timedelta


@dataclass(frozen=True, slots=True)
class StopAddress:
    """Certainly not sent, and this address must not be tried again.

    `consent` is what the address becomes: opted_out, blocked or unreachable.
    """

    code: str
    consent: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Certainly not sent, and trying again would not help (a bad text, a wrong sender)."""

    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been sent: time-out after the request left, connection lost, 5xx."""

    code: str


Outcome: TypeAlias = Accepted | Retry | StopAddress | GiveUp | Unknown


@dataclass(frozen=True, slots=True)
class Found:
    """The provider's list shows the message: it was taken, under this id."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """The provider's list is complete for that time and does not show it: it was not taken."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The provider has no such list: a person must decide.

    `for_now`: it has one, but it could not be read; asking again later may tell.
    """

    for_now: bool = False


Finding: TypeAlias = Found | NotFound | CannotTell


class Channel(Protocol):
    """What every channel does. `buttons` tells whether menus become buttons."""

    name: str
    buttons: bool

    async def send(self, envelope: Envelope) -> Outcome:
        """Hand one message to the provider; never raises for a provider's refusal."""
        ...

    async def find(self, envelope: Envelope, known: frozenset[str]) -> Finding:
        """Look in the provider's own list for a message whose outcome is unknown.

        `known` are provider ids already in our ledger, so that they are not taken twice.
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...
