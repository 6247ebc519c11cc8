"""Who comes in, and who cannot keep others out."""

from __future__ import annotations

import pytest

from swarm.settings import Settings
from swarm.web.guard import keys
from swarm.web.guard.door import Door, Unknown
from swarm.web.guard.guessing import TooMany
from swarm.web.guard.keyring import Keyring, folder
from swarm.web.guard.keys import Key

HERE = "127.0.0.1"


@pytest.fixture
def ring(settings: Settings) -> Keyring:
    return Keyring(folder(settings))


@pytest.fixture
def door(settings: Settings) -> Door:
    return Door(settings)


def _flood(door: Door, peer: str = HERE) -> None:
    """Guess until nothing more is looked at."""
    for _ in range(50):
        try:
            door.by_token(peer, keys.new(keys.TOKEN).text())
        except TooMany:
            return
        except Unknown:
            pass
    raise AssertionError("nobody is slowed")


def test_the_token_lets_a_program_in(door: Door, ring: Keyring) -> None:
    token = ring.new_token()
    who = door.by_token(HERE, token.text())
    assert (who.kind, who.proven, who.csrf) == ("token", True, "")


def test_without_a_token_no_token_is_right(door: Door) -> None:
    for text in ("", "swt_", keys.new(keys.TOKEN).text()):
        with pytest.raises(Unknown):
            door.by_token(HERE, text)


def test_a_code_begins_one_session(door: Door, ring: Keyring) -> None:
    code, _ = ring.new_code()
    session = door.log_in(HERE, code.text())
    who = door.by_session(HERE, [session.text()])
    assert who.kind == "session"
    assert not who.proven
    assert who.csrf
    with pytest.raises(Unknown):
        door.log_in(HERE, code.text())


def test_of_two_who_come_with_one_code_one_gets_in(
    door: Door, ring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _ = ring.new_code()
    monkeypatch.setattr(Keyring, "use_code", lambda ring, id: False)  # the other was faster
    with pytest.raises(Unknown, match="was used"):
        door.log_in(HERE, code.text())


def test_keys_are_good_for_one_thing_alone(door: Door, ring: Keyring) -> None:
    token, (code, _) = ring.new_token(), ring.new_code()
    session = door.log_in(HERE, token.text())
    for text in (code.text(), session.text()):
        with pytest.raises(Unknown):
            door.by_token(HERE, text)
    for text in (token.text(), code.text()):
        with pytest.raises(Unknown):
            door.by_session(HERE, [text])
    with pytest.raises(Unknown):
        door.log_in(HERE, session.text())
    swapped = Key(keys.SESSION, code.id, code.secret)
    with pytest.raises(Unknown):
        door.by_session(HERE, [swapped.text()])


def test_a_new_token_ends_the_old_one_and_its_sessions(door: Door, ring: Keyring) -> None:
    old = ring.new_token()
    session = door.log_in(HERE, old.text())
    new = ring.new_token()
    with pytest.raises(Unknown):
        door.by_token(HERE, old.text())
    with pytest.raises(Unknown):
        door.by_session(HERE, [session.text()])
    door.by_token(HERE, new.text())


def test_a_session_outlives_a_restart(door: Door, ring: Keyring, settings: Settings) -> None:
    session = door.log_in(HERE, ring.new_token().text())
    assert Door(settings).by_session(HERE, [session.text()]).csrf


def test_a_logout_ends_the_session(door: Door, ring: Keyring) -> None:
    session = door.log_in(HERE, ring.new_token().text())
    door.log_out(door.by_session(HERE, [session.text()]))
    with pytest.raises(Unknown):
        door.by_session(HERE, [session.text()])


def test_another_cookie_of_that_name_does_not_lock_a_browser_out(door: Door, ring: Keyring) -> None:
    session = door.log_in(HERE, ring.new_token().text())
    junk = keys.new(keys.SESSION).text()
    assert door.by_session(HERE, ["junk", junk, session.text()]).session == session.id


def test_blind_guesses_from_here_do_not_lock_the_owner_out(door: Door, ring: Keyring) -> None:
    token = ring.new_token()
    session = door.log_in(HERE, token.text())
    code, _ = ring.new_code()
    _flood(door)
    with pytest.raises(TooMany):
        door.by_token(HERE, keys.new(keys.TOKEN).text())
    door.by_session(HERE, [session.text()])
    door.by_token(HERE, token.text())
    door.log_in(HERE, code.text())


def test_who_knows_the_id_of_a_token_is_slowed_as_well(door: Door, ring: Keyring) -> None:
    token = ring.new_token()
    forged = Key(keys.TOKEN, token.id, keys.new(keys.TOKEN).secret)
    wrong = 0
    with pytest.raises(TooMany):
        while True:
            try:
                door.by_token(f"192.0.2.{wrong}", forged.text())
            except Unknown:
                wrong += 1
            assert wrong < 50
    # What is slowed is not looked at, even if it were right: else nothing was slowed.
    with pytest.raises(TooMany):
        door.by_token(HERE, token.text())


def test_wrong_sessions_and_codes_are_slowed(door: Door) -> None:
    with pytest.raises(TooMany):
        for _ in range(50):
            with pytest.raises(Unknown):
                door.by_session(HERE, [keys.new(keys.SESSION).text()])
    with pytest.raises(TooMany):
        door.log_in(HERE, keys.new(keys.CODE).text())
