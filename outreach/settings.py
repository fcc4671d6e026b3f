"""The settings, read once from the environment, with a clear word on each error."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from outreach.clock import PARIS


class SettingsError(Exception):
    """One line per missing or wrong setting, each saying what to do."""


class Settings(BaseSettings):
    """Everything an operator may set. See `docs/operations.md`."""

    model_config = SettingsConfigDict(env_prefix="RENOUER_", env_ignore_empty=True, extra="ignore")

    database_url: str | None = None
    data_dir: Path = Path(".renouer")
    public_url: str | None = None
    secret_key: SecretStr | None = None
    now: datetime | None = None
    demo: bool = False
    academie: str = "Montpellier"

    twilio_account_sid: str | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_sms_from: str | None = None
    twilio_whatsapp_from: str | None = None
    twilio_voice_from: str | None = None
    twilio_api_url: str = "https://api.twilio.com"

    telegram_token: SecretStr | None = None
    telegram_webhook_secret: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"

    allow_whatsapp: bool = True
    allow_telegram: bool = True

    nlu_engine: Literal["embedded", "rasa"] = "embedded"
    rasa_url: str | None = None
    rasa_token: SecretStr | None = None
    rasa_timeout_seconds: float = Field(default=2, gt=0, le=30)

    provider_timeout_seconds: float = Field(default=15, gt=0, le=120)
    reconcile_seconds: float = Field(default=30, ge=0)
    lease_seconds: float = Field(default=60, gt=0)
    sweep_seconds: float = Field(default=5, gt=0)
    weekly_cap: int = Field(default=2, ge=1)

    @field_validator("now")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        """An hour without a zone is Paris's."""
        return value.replace(tzinfo=PARIS) if value and value.tzinfo is None else value

    @field_validator("public_url", "twilio_api_url", "telegram_api_url", "rasa_url")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/") if value else None

    @field_validator("rasa_url")
    @classmethod
    def _private(cls, value: str | None) -> str | None:
        """What families write, and the token, leave this machine encrypted or not at all."""
        if value is not None and not value.startswith("https://") and not _on_this_machine(value):
            raise ValueError("must be on this machine (127.0.0.1) or start with https://")
        return value

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: str | None) -> str | None:
        """One dialect, one driver: whatever the prefix, psycopg 3 speaks."""
        if value is None:
            return None
        scheme, _, rest = value.partition("://")
        if scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
            raise ValueError("must be a postgresql:// address")
        return f"postgresql+psycopg://{rest}"

    @model_validator(mode="after")
    def _together(self) -> Settings:
        """A channel is off, or has all it needs; and what stands only together."""
        faults = (*self._channel_faults(), *self._engine_faults(), *self._other_faults())
        for wrong, why in faults:
            if wrong:
                raise ValueError(why)
        return self

    def _channel_faults(self) -> Iterator[tuple[bool, str]]:
        twilio, telegram = bool(self.twilio_account_sid), bool(self.telegram_token)
        for name in ("twilio_auth_token", "twilio_sms_from"):
            missing = twilio and not getattr(self, name)
            yield missing, f"RENOUER_{name.upper()} is missing (TWILIO_ACCOUNT_SID is set)"
        no_url = twilio and not self.public_url
        yield no_url, "RENOUER_PUBLIC_URL is missing: Twilio signs the public address"
        no_secret = telegram and bool(self.public_url) and not self.telegram_webhook_secret
        yield no_secret, "RENOUER_TELEGRAM_WEBHOOK_SECRET is missing (PUBLIC_URL is set)"

    def _engine_faults(self) -> Iterator[tuple[bool, str]]:
        for name in ("rasa_url", "rasa_token"):
            missing = self.nlu_engine == "rasa" and not getattr(self, name)
            yield missing, f"RENOUER_{name.upper()} is missing (NLU_ENGINE is rasa)"

    def _other_faults(self) -> Iterator[tuple[bool, str]]:
        key = self.secret_key.get_secret_value() if self.secret_key else ""
        wanted = "32 random characters or more"
        yield not key and not self.demo, f"RENOUER_SECRET_KEY is missing: {wanted}"
        yield 0 < len(key) < 32, f"RENOUER_SECRET_KEY is too short: {wanted}"
        played = self.now is not None and not self.demo
        yield played, "RENOUER_NOW is for rehearsal and demo only (set RENOUER_DEMO=1)"
        hasty = self.lease_seconds <= self.provider_timeout_seconds
        yield hasty, "RENOUER_LEASE_SECONDS must be longer than PROVIDER_TIMEOUT_SECONDS"

    @property
    def secret(self) -> str:
        """The secret key; the demo has a fixed one, which is why the demo is not a service."""
        return self.secret_key.get_secret_value() if self.secret_key else "demo-only-" * 4


def load_settings(**overrides: object) -> Settings:
    """The settings of this process, or SettingsError with one line per fault.

    >>> load_settings(demo=True, now=None).weekly_cap
    2
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks each value itself
    except ValidationError as error:
        raise SettingsError("\n".join(_line(e["loc"], e["msg"]) for e in error.errors())) from None


def _on_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _line(place: tuple[int | str, ...], message: str) -> str:
    name = f"RENOUER_{str(place[0]).upper()}: " if place else ""
    return name + message.removeprefix("Value error, ")
