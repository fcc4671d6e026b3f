"""What people do in Telegram is understood, and one odd part never costs the message."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from outreach.channels.contract import Inbound, Media
from outreach.channels.errors import Malformed
from outreach.channels.telegram import Blocked, parse_update, secret_valid
from tests.channels.conftest import CHAT, NOW

DATE = 1592211600
PRIVATE = {"id": CHAT, "type": "private"}
PERSON = {"id": CHAT, "is_bot": False, "first_name": "Essai"}
FILE = {"file_id": "F", "file_unique_id": "U"}
IMAGE = FILE | {"width": 90, "height": 90}


def message(**fields: Any) -> dict[str, Any]:
    return {"message_id": 5, "date": DATE, "chat": PRIVATE, "from": PERSON, **fields}


def update(**fields: Any) -> dict[str, Any]:
    return {"update_id": 900, "message": message(**fields)}


def inbound(data: dict[str, Any]) -> Inbound:
    parsed = parse_update(data, NOW)
    assert isinstance(parsed, Inbound), parsed
    return parsed


def test_a_message_comes_in_and_a_repeat_is_the_same() -> None:
    first = inbound(update(text="Bonjour"))
    assert first == Inbound("telegram", f"u900.{DATE}", str(CHAT), "Bonjour", NOW)
    assert inbound(update(text="Bonjour")).provider_id == first.provider_id
    assert str(CHAT) not in first.provider_id  # an id may be logged, an address may not


@pytest.mark.parametrize(
    ("fields", "media"),
    [
        (
            {"photo": [IMAGE, IMAGE | {"file_id": "large", "width": 800}, IMAGE]},
            Media("image", "image/jpeg", "large"),
        ),
        (
            {"voice": FILE | {"duration": 3, "mime_type": "audio/ogg"}},
            Media("audio", "audio/ogg", "F"),
        ),
        ({"audio": FILE | {"duration": 3}}, Media("audio", "", "F")),
        (
            {"video": IMAGE | {"duration": 3, "mime_type": "video/mp4"}},
            Media("video", "video/mp4", "F"),
        ),
        ({"video_note": FILE | {"duration": 3, "length": 9}}, Media("video", "video/mp4", "F")),
        (
            {"animation": IMAGE | {"duration": 1, "file_id": "A"}, "document": FILE},
            Media("video", "", "A"),
        ),
        (
            {"document": FILE | {"mime_type": "application/pdf"}},
            Media("file", "application/pdf", "F"),
        ),
        ({"location": {"latitude": 43.6, "longitude": 3.8}}, Media("location", "", "43.6,3.8")),
        (
            {"contact": {"phone_number": "+33639980002", "first_name": "Essai"}},
            Media("contact", "", "+33639980002"),
        ),
        ({"dice": {"emoji": "🎲", "value": 3}}, Media("other", "", "")),
        ({"voice": {"nouveau": "format"}}, Media("other", "", "")),
    ],
)
def test_every_kind_of_attachment_is_noted(fields: dict[str, Any], media: Media) -> None:
    parsed = inbound(update(**fields, caption="regardez"))
    assert (parsed.text, parsed.media) == ("regardez", (media,))
    assert inbound(update(**fields)).media == (media,)


def test_a_sticker_speaks_by_its_emoji() -> None:
    sticker = IMAGE | {"type": "regular", "is_animated": False, "is_video": False, "emoji": "👍"}
    parsed = inbound(update(sticker=sticker))
    assert (parsed.text, parsed.media) == ("👍", (Media("sticker", "", "F"),))


@pytest.mark.parametrize(
    ("text", "token", "kept"),
    [
        ("/start abc_DEF-123", "abc_DEF-123", "/start"),
        ("/start@renouer_essai_bot abc", "abc", "/start"),
        ("/start", None, "/start"),
        ("/start " + "a" * 65, None, "/start " + "a" * 65),
        ("/start deux mots", None, "/start deux mots"),
        ("je /start abc", None, "je /start abc"),
    ],
)
def test_a_link_s_token_is_taken_out_of_the_text(text: str, token: str | None, kept: str) -> None:
    parsed = inbound(update(text=text))
    assert (parsed.link_token, parsed.text) == (token, kept)


def test_an_edit_is_a_message_of_its_own() -> None:
    edited = message(text="Il est malade", edit_date=DATE + 60)
    parsed = inbound({"update_id": 901, "edited_message": edited})
    assert parsed.text == "Il est malade"
    assert parsed.provider_id == f"u901.{DATE + 60}"


def test_a_pressed_button_is_a_choice() -> None:
    query = {
        "id": "77",
        "from": PERSON,
        "chat_instance": "1",
        "data": "n:0",
        "message": {"message_id": 5, "date": 0, "chat": PRIVATE},  # too old to be shown again
    }
    parsed = inbound({"update_id": 902, "callback_query": query})
    assert parsed == Inbound("telegram", "cb77", str(CHAT), "0", NOW, choice=0)
    for odd in ("n:", "n:-1", "n:²", "ancien", None):
        pressed = inbound({"update_id": 903, "callback_query": query | {"data": odd}})
        assert (pressed.choice, pressed.text) == (None, "")


def test_who_blocks_the_bot_is_known_at_once() -> None:
    bot = {"id": 4200, "is_bot": True, "first_name": "Renouer"}
    change = {
        "chat": PRIVATE,
        "from": PERSON,
        "date": DATE,
        "old_chat_member": {"status": "member", "user": bot},
        "new_chat_member": {"status": "kicked", "user": bot, "until_date": 0},
    }
    data: dict[str, Any] = {"update_id": 904, "my_chat_member": change}
    assert parse_update(data, NOW) == Blocked("telegram", str(CHAT), NOW)
    change["new_chat_member"] = {"status": "member", "user": bot}
    assert parse_update(data, NOW) is None


@pytest.mark.parametrize(
    "data",
    [
        {"update_id": 1},
        {"update_id": 1, "channel_post": message(text="x")},
        {"update_id": 1, "poll": {"nouveau": 1}},
        update(chat={"id": -100, "type": "group", "title": "x"}, text="x"),
        update(pinned_message=message(text="x")),
        update(),
        {
            "update_id": 1,
            "callback_query": {
                "id": "1",
                "from": PERSON,
                "chat_instance": "1",
                "data": "n:1",
                "message": message(chat={"id": -100, "type": "supergroup"}),
            },
        },
    ],
)
def test_what_nobody_wrote_to_us_is_left_aside(data: dict[str, Any]) -> None:
    assert parse_update(data, NOW) is None


def test_unknown_and_broken_parts_do_not_cost_the_message() -> None:
    parsed = inbound(
        update(
            text="au secours",
            nouveau={"champ": [1]},
            reply_to_message={"cassé": True},
            entities=[{"type": 3}],
            forward_origin={"type": "inconnu"},
            photo="cassée",
        )
    )
    assert parsed.text == "au secours"
    assert parsed.media[0].kind == "other"


def test_text_that_a_database_refuses_is_made_safe() -> None:
    assert inbound(update(text="au\x00 secours \ud83d")).text == "au\ufffd secours \ufffd"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"update_id": "x"},
        {"update_id": 1, "message": None},
        {"update_id": 1, "message": {"chat": PRIVATE}},
        {"update_id": 1, "callback_query": {"id": "1"}},
        {"update_id": 1, "my_chat_member": []},
    ],
)
def test_what_cannot_be_read_says_so(data: dict[str, Any]) -> None:
    assert isinstance(parse_update(data, NOW), Malformed)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
_fields = st.sampled_from(
    ["message_id", "date", "chat", "text", "caption", "photo", "voice", "sticker", "edit_date"]
)


@given(st.dictionaries(_fields, _json), st.sampled_from(["message", "edited_message"]))
def test_no_update_provokes_an_error(broken: dict[str, Any], field: str) -> None:
    parse_update({"update_id": 1, field: message(text="oui") | broken}, NOW)


def test_the_secret_must_match_and_must_be_set() -> None:
    assert secret_valid("s3cret", "s3cret")
    for expected, header in (("s3cret", "s3cre"), ("s3cret", ""), ("s3cret", None), ("s", "é")):
        assert not secret_valid(expected, header)
    assert not secret_valid("", "")
    assert not secret_valid("", None)
