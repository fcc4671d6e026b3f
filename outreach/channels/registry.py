"""Which channels are on: a channel is off until its settings are there, or while forbidden."""

from __future__ import annotations

from outreach.channels.contract import Channel
from outreach.channels.simulator import SimulatedChannel
from outreach.channels.telegram import Telegram
from outreach.channels.twilio_sms import TwilioSms
from outreach.settings import Settings


def open_channels(settings: Settings) -> dict[str, Channel]:
    """The channels of this process, by name. In the demo, all of them are simulated."""
    if settings.demo and not settings.twilio_account_sid and not settings.telegram_token:
        return {
            "sms": SimulatedChannel("sms", buttons=False),
            "telegram": SimulatedChannel("telegram", buttons=True),
        }
    channels: dict[str, Channel] = {}
    if settings.twilio_account_sid and settings.twilio_auth_token and settings.twilio_sms_from:
        channels["sms"] = TwilioSms(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token.get_secret_value(),
            sender=settings.twilio_sms_from,
            api_url=settings.twilio_api_url,
            public_url=settings.public_url or "",
            timeout_seconds=settings.provider_timeout_seconds,
        )
    if settings.telegram_token and settings.allow_telegram:
        channels["telegram"] = Telegram(
            token=settings.telegram_token.get_secret_value(),
            api_url=settings.telegram_api_url,
            timeout_seconds=settings.provider_timeout_seconds,
        )
    return channels
