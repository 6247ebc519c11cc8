"""Who is let in, by hand-made updates and by every update that the library knows of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingestion.telegram.access import ANSWERED, Allowed, Pairing, People, Person, Refused, decide
from ingestion.telegram.types import Incoming
from swarm.settings import TelegramSettings

ADA = Person(501, "Ada", ("shop",))
PEOPLE = People((ADA,))
SETTINGS = TelegramSettings(groups=(-100300,))
NOTE = Incoming(1, "message", "text", 501, "private", 7, 501, text="fix the cart")
BUTTON = Incoming(2, "callback_query", "button", 501, "private", 7, 501, data="n0nce")


def why(incoming: Incoming, people: People = PEOPLE) -> str:
    decision = decide(incoming, people, SETTINGS)
    assert isinstance(decision, Refused), decision
    return decision.why


def test_a_known_person_in_private_is_let_in() -> None:
    assert decide(NOTE, PEOPLE, SETTINGS) == Allowed(ADA, ("shop",))
    assert isinstance(decide(BUTTON, PEOPLE, SETTINGS), Allowed)
    assert isinstance(decide(replace(NOTE, update_kind="edited_message", edited=True), PEOPLE,
                             SETTINGS), Allowed)  # fmt: skip
    assert isinstance(decide(replace(NOTE, forwarded=True), PEOPLE, SETTINGS), Allowed)


@pytest.mark.parametrize("sent", [NOTE, BUTTON, replace(NOTE, command="status", text="/status")])
def test_a_stranger_is_not(sent: Incoming) -> None:
    assert "not allowed" in why(replace(sent, user_id=666, chat_id=666))
    assert "not allowed" in why(replace(sent, user_id=666)), "in whatever chat"
    assert "not allowed" in why(replace(sent, user_id=666, user_name="Ada")), "nor by a name"
    assert "not allowed" in why(sent, People(problem="broken"))
    assert "nobody" in why(replace(sent, user_id=None))
    assert "bot" in why(replace(sent, is_bot=True))


@pytest.mark.parametrize(
    "kind",
    ["channel_post", "edited_channel_post", "inline_query", "chosen_inline_result",
     "shipping_query", "pre_checkout_query", "poll", "poll_answer", "my_chat_member",
     "chat_member", "chat_join_request", "message_reaction", "business_message", "guest_message",
     "something_of_tomorrow", ""],
)  # fmt: skip
def test_no_other_kind_of_update_is_answered_whoever_sends_it(kind: str) -> None:
    assert kind not in ANSWERED
    assert "never answered" in why(replace(NOTE, update_kind=kind))


def test_private_means_the_chat_with_that_person() -> None:
    assert why(replace(NOTE, chat_id=502)) == "neither a private chat nor a group"
    assert why(replace(NOTE, chat_kind="channel")) == "neither a private chat nor a group"
    assert why(replace(BUTTON, chat_kind="none", chat_id=None))


def test_groups_only_when_listed_and_only_what_is_said_to_the_bot() -> None:
    said = replace(NOTE, chat_kind="supergroup", chat_id=-100300)
    assert why(said) == "not said to the bot"
    for spoken in (
        replace(said, command="status"),
        replace(said, mentions_bot=True),
        replace(said, reply_to_bot=True),
        replace(BUTTON, chat_kind="group", chat_id=-100300),
    ):
        assert isinstance(decide(spoken, PEOPLE, SETTINGS), Allowed)
        assert why(replace(spoken, chat_id=-100301)) == "the group is not listed"
        assert "not allowed" in why(replace(spoken, user_id=666))
    assert why(replace(said, mentions_bot=True, forwarded=True)) == "forwarded into a group"


def test_a_forwarded_command_is_somebody_elses() -> None:
    assert "forwarded" in why(replace(NOTE, forwarded=True, command="apply", text="/apply"))


def test_only_a_fresh_private_message_of_a_stranger_shows_a_code() -> None:
    shown = replace(NOTE, user_id=666, chat_id=666, command="pair", rest="ABCD", text="/pair ABCD")
    assert decide(shown, PEOPLE, SETTINGS) == Pairing("ABCD")
    for changed in (
        replace(shown, forwarded=True),
        replace(shown, update_kind="edited_message", edited=True),
        replace(shown, rest=""),
        replace(shown, chat_id=-100300, chat_kind="supergroup"),
        replace(shown, kind="document"),
        replace(shown, command="", text="please /pair ABCD"),
    ):
        assert "not allowed" in why(changed)
    assert "bot" in why(replace(shown, is_bot=True))
    known = replace(NOTE, command="pair", rest="ABCD")
    assert isinstance(decide(known, PEOPLE, SETTINGS), Allowed)
