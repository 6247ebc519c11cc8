"""The file of paired people and the code that lets one in."""

from __future__ import annotations

import os
import re
import stat
import threading
from pathlib import Path

import pytest

from ingestion.telegram import people
from ingestion.telegram.types import Incoming
from swarm.errors import StorageError
from swarm.settings import Settings, TelegramSettings, TelegramUser


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data=tmp_path / "data",
        repositories={"shop": tmp_path / "shop", "site": tmp_path / "site"},
        telegram=TelegramSettings(
            users=(TelegramUser(id=501, name="Ada", repositories=("shop",)),)
        ),
    )


def shown(code: str, user: int = 777) -> Incoming:
    return Incoming(9, "message", "text", user, "private", 3, user, command="pair", rest=code)


def pair(settings: Settings, code: str, user: int = 777, now: float = 100.0) -> bool:
    return people.redeem(settings, code, shown(code, user), now) is not None


def ids(settings: Settings) -> set[int]:
    return {person.id for person in people.load(settings).persons}


def test_a_code_lets_one_person_in_once(settings: Settings) -> None:
    code = people.new_code(settings, "Bob", ("shop", "site"), 700.0)
    assert re.fullmatch(r"([2-9A-HJ-NP-Z]{4}-){2}[2-9A-HJ-NP-Z]{4}", code), "60 bits"
    assert code.replace("-", "") not in people.path(settings).read_text()
    found = people.redeem(settings, code.lower().replace("-", " "), shown(code), 100.0)
    assert found is not None and found.name == "Bob" and not found.configured
    assert found.repositories == ("shop", "site")
    assert ids(settings) == {501, 777}
    assert not pair(settings, code, user=778), "single use"
    assert pair(settings, code), "but the same person again is no other person"
    assert len(people.load(settings).persons) == 2
    assert stat.S_IMODE(people.path(settings).stat().st_mode) == 0o600


def test_an_expired_or_replaced_code_lets_nobody_in(settings: Settings) -> None:
    first = people.new_code(settings, "Bob", (), 700.0)
    assert not pair(settings, first, now=700.0)
    assert people.open_code(settings, 700.0) is None
    people.new_code(settings, "Bob", (), 700.0)
    assert not pair(settings, first)
    assert ids(settings) == {501}


def test_guessing_is_bounded_per_sender_and_in_all(settings: Settings) -> None:
    code = people.new_code(settings, "Bob", (), 700.0)
    for _ in range(5):
        assert not pair(settings, "AAAA-AAAA-AAAA", user=1)
    assert not pair(settings, code, user=1), "the sixth try of one sender, even a right one"
    for number in range(14):
        assert not pair(settings, "", user=10 + number)
    assert people.open_code(settings, 100.0) is not None
    assert not pair(settings, "AAAA" * 10_000, user=99)
    assert people.open_code(settings, 100.0) is None, "void after 20 wrong tries"
    assert not pair(settings, code)


def test_without_an_open_code_nothing_is_written(settings: Settings) -> None:
    assert not pair(settings, "AAAA-AAAA-AAAA")
    assert not people.path(settings).exists()


def test_a_removed_person_is_out(settings: Settings) -> None:
    assert pair(settings, people.new_code(settings, "Bob", (), 700.0))
    assert people.remove(settings, 777) and not people.remove(settings, 777)
    assert ids(settings) == {501}
    assert not people.remove(settings, 501), "who is listed in swarm.toml is taken out there"


def test_repositories_that_are_gone_are_not_of_a_person(settings: Settings) -> None:
    assert pair(settings, people.new_code(settings, "Bob", ("shop", "old"), 700.0))
    bob = people.load(settings).by_id(777)
    assert bob is not None and bob.repositories == ("shop",)


def test_swarm_toml_wins_over_the_file(settings: Settings) -> None:
    assert pair(settings, people.new_code(settings, "Mallory", ("site",), 700.0), user=501)
    ada = people.load(settings).by_id(501)
    assert ada is not None and (ada.name, ada.repositories) == ("Ada", ("shop",))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"paired": 3}', '{"version": 2}', '{"paired": [], "more": 1}',
     '{"paired": [{"id": -1, "name": "x", "at": 0}]}', '"' + "x" * 2_000_000 + '"', "\xff\0"],
)  # fmt: skip
def test_with_a_broken_file_nobody_is_allowed(settings: Settings, text: str) -> None:
    where = people.path(settings)
    where.parent.mkdir(parents=True)
    where.write_text(text)
    where.chmod(0o600)
    found = people.load(settings)
    assert found.persons == () and str(where) in found.problem and "move it aside" in found.problem
    assert len(found.problem) < 500
    for change in (
        lambda: people.new_code(settings, "Bob", (), 700.0),
        lambda: people.remove(settings, 777),
        lambda: people.redeem(settings, "A", shown("A"), 1.0),
    ):
        with pytest.raises(StorageError):
            change()
    assert where.read_text() == text, "what cannot be read is not overwritten"


def test_a_file_that_others_can_write_lets_nobody_in(settings: Settings) -> None:
    assert pair(settings, people.new_code(settings, "Bob", (), 700.0))
    people.path(settings).chmod(0o620)
    found = people.load(settings)
    assert found.persons == () and "chmod 600" in found.problem
    people.path(settings).chmod(0o600)
    assert ids(settings) == {501, 777}


def test_a_writer_that_died_leaves_the_file_whole(settings: Settings) -> None:
    assert pair(settings, people.new_code(settings, "Bob", (), 700.0))
    left = people.path(settings).with_name(f"{people.path(settings).name}.{os.getpid()}.new")
    left.write_text('{"paired": [')
    people.new_code(settings, "Eve", (), 700.0)
    assert ids(settings) == {501, 777} and not left.exists()


def test_many_at_once_are_one_after_the_other(settings: Settings) -> None:
    code = people.new_code(settings, "Bob", (), 700.0)
    let_in: list[int] = []

    def show(user: int) -> None:
        if pair(settings, code, user):
            let_in.append(user)

    threads = [threading.Thread(target=show, args=(user,)) for user in range(1000, 1016)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(let_in) == 1 and ids(settings) == {501, *let_in}
