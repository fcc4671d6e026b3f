"""What Telegram sends us: messages, edits, pressed buttons, and people who block the bot.

Pure functions: no network, no clock. Field names are Telegram's and stay in this file.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from telegram import CallbackQuery, Message, Update

from outreach.channels.contract import Inbound, Media
from outreach.channels.errors import Malformed
from outreach.channels.storable import storable

NAME: Final = "telegram"
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
ALLOWED_UPDATES: Final = ("message", "edited_message", "callback_query", "my_chat_member")

_MEDIA_FIELDS: Final = (
    "photo", "voice", "audio", "video", "video_note", "animation", "document", "sticker",
    "location", "contact",
)  # fmt: skip
# We cannot open these, but a person who sends one has written to us.
_OTHER_FIELDS: Final = (
    "venue", "dice", "poll", "story", "game", "checklist", "paid_media", "live_photo",
)  # fmt: skip
_TEXT_FIELDS: Final = ("message_id", "date", "edit_date", "chat", "text", "caption")
_START: Final = re.compile(r"/start(?:@\w+)?\s+([A-Za-z0-9_-]{1,64})\s*")
_CHOICE: Final = re.compile(r"n:(\d{1,4})")


@dataclass(frozen=True, slots=True)
class Blocked:
    """The person has blocked the bot: this address must not be tried again."""

    channel: str
    address: str
    at: datetime


Parsed: TypeAlias = Inbound | Blocked | Malformed | None


def secret_valid(expected: str, header: str | None) -> bool:
    """Whether the webhook's secret header is ours; in constant time, never true when unset.

    >>> secret_valid("s3cret", "s3cret"), secret_valid("", ""), secret_valid("s3cret", None)
    (True, False, False)
    """
    if not expected or header is None:
        return False
    return hmac.compare_digest(expected.encode(), header.encode("utf-8", "replace"))


def parse_update(data: Mapping[str, Any], now: datetime) -> Parsed:
    """One update as an `Inbound`, a `Blocked`, or None when nobody wrote to us.

    Only private chats count. An edit is a message of its own: a family that corrects its words
    expects the answer to the corrected ones. Unknown fields are ignored; a part that cannot be
    read costs that part, not the message. `Malformed` when nothing can be read.

    >>> parse_update({"update_id": 1, "channel_post": {}}, datetime.now(UTC)) is None
    True
    """
    try:
        update_id = int(data["update_id"])
        if "my_chat_member" in data:
            return _blocked(data, now)
        if "callback_query" in data:
            return _pressed(data, now)
        for field in ("message", "edited_message"):
            if field in data:
                return _written(update_id, data[field], now)
    except Exception as error:  # whatever a broken update provokes, it must not stop the others
        return Malformed(f"unreadable update: {type(error).__name__}")
    return None


def _written(update_id: int, raw: Mapping[str, Any], now: datetime) -> Inbound | None:
    if not _private(raw):
        return None
    message = _message(update_id, raw)
    text = message.text or message.caption or (message.sticker and message.sticker.emoji) or ""
    media = _media(message) or tuple(Media("other", "", "") for f in _sent(raw))[:1]
    if not text and not media:
        return None  # a service notice: pinned message, timer changed…
    start = _START.fullmatch(text)
    moment = message.edit_date or message.date
    return Inbound(
        channel=NAME,
        # The update's number is the same on a repeat, but may start again at random after a quiet
        # week; with the date it is unique. A chat id here would be an address in our logs.
        provider_id=f"u{update_id}.{int(moment.timestamp())}",
        address=str(message.chat.id),
        text="/start" if start else storable(text),
        received_at=now,
        media=media,
        link_token=start[1] if start else None,
    )


def _private(raw: Mapping[str, Any]) -> bool:
    return bool(raw["chat"]["type"] == "private")


def _sent(raw: Mapping[str, Any]) -> list[str]:
    return [field for field in (*_MEDIA_FIELDS, *_OTHER_FIELDS) if field in raw]


def _message(update_id: int, raw: Mapping[str, Any]) -> Message:
    """The parts that we use, read by the library; without its media if these cannot be read."""
    for fields in ((*_TEXT_FIELDS, *_MEDIA_FIELDS), _TEXT_FIELDS):
        kept = {name: raw[name] for name in fields if name in raw}
        try:
            update = Update.de_json({"update_id": update_id, "message": kept}, None)
        except Exception:
            if fields is _TEXT_FIELDS:
                raise
        else:
            break
    assert update.message is not None
    return update.message


def _media(message: Message) -> tuple[Media, ...]:
    media: list[Media] = []
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        media.append(Media("image", "image/jpeg", largest.file_id))
    for kind, file in (
        ("audio", message.voice),
        ("audio", message.audio),
        ("video", message.video or message.animation),
        # An animation also comes as a document, for old clients.
        ("file", None if message.animation else message.document),
    ):
        if file:
            media.append(Media(kind, storable(file.mime_type or ""), file.file_id))
    if message.video_note:
        media.append(Media("video", "video/mp4", message.video_note.file_id))
    if message.sticker:
        media.append(Media("sticker", "", message.sticker.file_id))
    if place := message.location:
        media.append(Media("location", "", f"{place.latitude},{place.longitude}"))
    if message.contact:
        media.append(Media("contact", "", storable(message.contact.phone_number)))
    return tuple(media)


def _pressed(data: Mapping[str, Any], now: datetime) -> Inbound | None:
    raw = data["callback_query"]
    fields = ("id", "from", "chat_instance", "data")
    query = CallbackQuery.de_json({name: raw[name] for name in fields if name in raw}, None)
    if "message" in raw and not _private(raw["message"]):
        return None
    choice = _CHOICE.fullmatch(query.data or "")
    return Inbound(
        channel=NAME,
        provider_id=f"cb{query.id}",
        address=str(query.from_user.id),  # in a private chat, the person's id is the chat's
        text=choice[1] if choice else "",  # what the same family would have typed by SMS
        received_at=now,
        choice=int(choice[1]) if choice else None,
    )


def _blocked(data: Mapping[str, Any], now: datetime) -> Blocked | None:
    change = data["my_chat_member"]
    if not _private(change) or change["new_chat_member"]["status"] != "kicked":
        return None
    return Blocked(NAME, str(int(change["chat"]["id"])), now)
