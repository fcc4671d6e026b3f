"""A missing or wrong setting stops the start, with a line that names it."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from outreach.channels.registry import open_channels
from outreach.settings import SettingsError, load_settings

KEY = {"secret_key": "k" * 32}
TWILIO = {
    "twilio_account_sid": "AC1",
    "twilio_auth_token": "t",
    "twilio_sms_from": "38000",
    "public_url": "https://renouer.example.org",
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("RENOUER_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({}, "RENOUER_SECRET_KEY is missing"),
        ({"secret_key": "short"}, "RENOUER_SECRET_KEY is too short"),
        (KEY | {"database_url": "mysql://x"}, "RENOUER_DATABASE_URL"),
        (KEY | {"public_url": "renouer.example.org"}, "RENOUER_PUBLIC_URL"),
        (KEY | {"twilio_account_sid": "AC1"}, "RENOUER_TWILIO_AUTH_TOKEN is missing"),
        (KEY | TWILIO | {"public_url": None}, "RENOUER_PUBLIC_URL is missing"),
        (KEY | TWILIO | {"twilio_sms_from": None}, "RENOUER_TWILIO_SMS_FROM is missing"),
        (
            KEY | {"telegram_token": "1:x", "public_url": "https://renouer.example.org"},
            "RENOUER_TELEGRAM_WEBHOOK_SECRET is missing",
        ),
        (KEY | {"now": "2020-06-15T09:00"}, "RENOUER_NOW is for rehearsal and demo only"),
        (KEY | {"nlu_engine": "rasa"}, "RENOUER_RASA_URL is missing"),
        (
            KEY | {"nlu_engine": "rasa", "rasa_url": "http://127.0.0.1:5005"},
            "RENOUER_RASA_TOKEN is missing",
        ),
        (KEY | {"rasa_url": "http://10.0.0.5:5005"}, "RENOUER_RASA_URL: must be on this machine"),
        (KEY | {"rasa_url": "http://127.0.0.1@rasa.example.org"}, "RENOUER_RASA_URL"),
        (KEY | {"rasa_timeout_seconds": 0}, "RENOUER_RASA_TIMEOUT_SECONDS"),
        (KEY | {"nlu_engine": "other"}, "RENOUER_NLU_ENGINE"),
        (KEY | {"weekly_cap": 0}, "RENOUER_WEEKLY_CAP"),
        (KEY | {"lease_seconds": 10, "provider_timeout_seconds": 15}, "RENOUER_LEASE_SECONDS"),
    ],
)
def test_each_fault_is_named(values: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load_settings(**values)


def test_a_secret_is_never_shown_in_an_error() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(secret_key="hunter2-hunter2")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("prefix", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_usual_address_of_postgresql_is_taken(prefix: str) -> None:
    settings = load_settings(**KEY, database_url=f"{prefix}://u@h/db")
    assert settings.database_url == "postgresql+psycopg://u@h/db"


def test_an_hour_without_a_zone_is_that_of_paris() -> None:
    settings = load_settings(demo=True, now="2020-06-15T09:00")
    assert settings.now is not None
    assert settings.now.utcoffset() == timedelta(hours=2)


def test_a_channel_is_off_until_its_settings_are_there() -> None:
    assert open_channels(load_settings(**KEY)) == {}


async def test_telegram_can_be_forbidden_outright() -> None:
    settings = load_settings(**KEY, telegram_token="1:x", allow_telegram=False)
    assert open_channels(settings) == {}
