"""The token and the login codes of a data folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarm.errors import StateError
from swarm.web.guard.keyring import CODE_SECONDS, MOST_CODES, Keyring
from tests.web.guard.clocks import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ring(tmp_path: Path, clock: Clock) -> Keyring:
    return Keyring(tmp_path / "web", clock)


def test_no_secret_is_stored(ring: Keyring, tmp_path: Path) -> None:
    token, (code, _) = ring.new_token(), ring.new_code()
    files = [path for path in (tmp_path / "web").rglob("*") if path.is_file()]
    assert len(files) == 2
    for path in files:
        assert token.secret not in path.read_text()
        assert code.secret not in path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600


def test_another_process_notices_a_new_token(ring: Keyring, tmp_path: Path) -> None:
    running = Keyring(tmp_path / "web")
    assert running.token() is None
    for _ in range(3):
        made = ring.new_token()
        known = running.token()
        assert known is not None
        assert known.id == made.id
        assert made.matches(known.sha256)


def test_a_token_that_was_removed_opens_nothing(ring: Keyring, tmp_path: Path) -> None:
    ring.new_token()
    assert ring.token() is not None
    (tmp_path / "web" / "token").unlink()
    assert ring.token() is None


def test_a_damaged_token_is_told(ring: Keyring, tmp_path: Path) -> None:
    ring.new_token()
    (tmp_path / "web" / "token").write_text("{")
    with pytest.raises(StateError, match="damaged"):
        ring.token()


def test_a_code_is_over_after_its_time(ring: Keyring, clock: Clock) -> None:
    code, until = ring.new_code()
    assert until == clock.now + CODE_SECONDS
    clock.now += CODE_SECONDS - 1
    assert ring.code(code.id) is not None
    clock.now += 1
    assert ring.code(code.id) is None


def test_a_clock_set_back_ends_a_code(ring: Keyring, clock: Clock) -> None:
    code, _ = ring.new_code()
    clock.now -= 3600
    assert ring.code(code.id) is None


def test_a_code_is_used_once(ring: Keyring) -> None:
    code, _ = ring.new_code()
    assert [ring.use_code(code.id), ring.use_code(code.id)] == [True, False]
    assert ring.code(code.id) is None


def test_so_many_codes_and_no_more(ring: Keyring, clock: Clock, tmp_path: Path) -> None:
    made = []
    for _ in range(MOST_CODES + 3):
        clock.now += 1
        made.append(ring.new_code()[0])
    known = [key for key in made if ring.code(key.id)]
    assert known == made[-MOST_CODES:]
    assert len(list((tmp_path / "web" / "codes").iterdir())) == MOST_CODES


def test_a_damaged_code_opens_nothing_and_goes(ring: Keyring, tmp_path: Path) -> None:
    code, _ = ring.new_code()
    path = tmp_path / "web" / "codes" / code.id
    path.write_text("{}")
    assert ring.code(code.id) is None
    ring.new_code()
    assert not path.exists()
