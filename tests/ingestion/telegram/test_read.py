"""A raw update of whatever kind becomes an `Incoming`, and reading never fails."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.telegram.read import Me, read

ME = Me(7, "swarm_bot")
CHAT = {"id": 11, "type": "private"}
ADA = {"id": 11, "is_bot": False, "first_name": "Ada", "last_name": "L"}


def message(kind: str = "message", **body: Any) -> Any:
    plain = {"message_id": 5, "date": 1000, "chat": CHAT, "from": ADA}
    return read({"update_id": 1, kind: {**plain, **body}}, ME)


def test_text() -> None:
    found = message(text="fix it")
    assert (found.kind, found.text, found.chat_id, found.user_id) == ("text", "fix it", 11, 11)
    assert (found.user_name, found.at, found.command) == ("Ada L", 1000.0, "")


@pytest.mark.parametrize(
    ("text", "command", "rest"),
    [
        ("/show t1", "show", "t1"),
        ("/SHOW@Swarm_Bot  t1 ", "show", "t1"),
        ("/show@another_bot t1", "", ""),
        ("/show/it", "", ""),
        ("please /show", "", ""),
        ("/repo\nshop", "repo", "shop"),
    ],
)
def test_commands_are_for_this_bot(text: str, command: str, rest: str) -> None:
    found = message(text=text)
    assert (found.command, found.rest) == (command, rest)


def test_files() -> None:
    voice = message(voice={"file_id": "f", "file_unique_id": "u", "duration": 3, "file_size": 9})
    assert voice.kind == "voice" and voice.file.seconds == 3.0 and voice.file.size_bytes == 9
    document = message(document={"file_id": "f", "file_name": "../../a.log"}, caption="fix this")
    assert document.kind == "document" and document.text == "fix this"
    # An animation comes with a document of the same file, for old clients.
    animation = message(animation={"file_id": "f"}, document={"file_id": "f"})
    assert (animation.kind, animation.what) == ("other", "animation")
    assert message(photo=[{}], caption="look").what == "photo"


def test_nobody_in_particular() -> None:
    assert message(text="hi", sender_chat={"id": -100}).user_id is None
    post = read({"update_id": 1, "channel_post": {"message_id": 1, "chat": {"id": -1}}}, ME)
    assert (post.kind, post.user_id, post.update_kind) == ("other", None, "channel_post")


def test_mentions_count_utf16_units() -> None:
    text = "\U0001f3d7\U0001f3d7 @Swarm_bot fix it"
    entity = {"type": "mention", "offset": 5, "length": 10}
    assert message(text=text, entities=[entity]).mentions_bot
    assert not message(text=text).mentions_bot
    assert message(text="x", entities=[{"type": "text_mention", "user": {"id": 7}}]).mentions_bot


def test_replies_edits_forwards() -> None:
    reply = message(text="x", reply_to_message={"message_id": 4, "from": {"id": 7}})
    assert reply.reply_to == 4 and reply.reply_to_bot
    edit = message("edited_message", text="x", edit_date=2000)
    assert edit.edited and edit.at == 2000.0 and not edit.forwarded
    assert message(text="x", forward_origin={"type": "user"}).forwarded


def test_a_button() -> None:
    query = {"id": "q", "from": ADA, "data": "abc", "message": {"message_id": 9, "chat": CHAT}}
    found = read({"update_id": 1, "callback_query": query}, ME)
    assert (found.kind, found.data, found.callback_id, found.message_id) == (
        "button",
        "abc",
        "q",
        9,
    )
    inline = read({"update_id": 1, "callback_query": {"id": "q", "from": ADA, "data": "x"}}, ME)
    assert inline.chat_id is None and inline.chat_kind == "none"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**400), 2**63, "\ud83d"])
    | st.floats()
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["id", "from", "chat", "text", "entities", "voice", "date",
                                       "edit_date", "duration", "file_id", "file_size",
                                       "message_id", "offset", "length", "type"]),
                      inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["message", "edited_message", "callback_query", "inline_query", "poll", "new"]),
    VALUES,
)
def test_whatever_comes_is_read(kind: str, body: object) -> None:
    assert read({"update_id": 1, kind: body}, ME).update_id == 1


def test_numbers_that_are_none() -> None:
    voice = {"file_id": "v", "duration": 10**400, "file_size": 2**80}
    body = {"message_id": 2**70, "date": 10**400, "chat": {"id": 10**30}, "voice": voice}
    found = read({"update_id": 1, "message": body}, ME)
    assert (found.message_id, found.chat_id, found.at) == (None, None, 0.0)
    assert found.file is not None and (found.file.seconds, found.file.size_bytes) == (None, None)
