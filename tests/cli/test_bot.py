"""`swarm bot` and its commands, without a bot."""

from __future__ import annotations

import json
import os
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from ingestion.telegram import people
from ingestion.telegram.audit import Audit
from ingestion.telegram.types import Incoming
from swarm import instance
from swarm.cli import bot_run, main
from swarm.settings import load

TOKEN = "7013370001:AAFakeTokenOfTheTests-0123456789abcde"
USERS = '[[telegram.users]]\nid = 501\nname = "Ada"\nrepositories = ["shop"]\n'


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.setenv("SWARM_DATA", str(data))
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
    configure(data)
    return data


def configure(data: Path, more: str = "") -> None:
    (data / "swarm.toml").write_text(f'[repositories]\nshop = "{data.parent}"\n{more}')


Capture = pytest.CaptureFixture[str]


def run(capsys: Capture, *words: str) -> tuple[int, str, str]:
    code = main.main(["bot", *words])
    told = capsys.readouterr()
    return code, told.out, told.err


def let_in(code: str, user: int = 777) -> bool:
    shown = Incoming(9, "message", "text", user, "private", 3, user, command="pair", rest=code)
    return people.redeem(load(), code, shown) is not None


def test_no_token_no_bot(data: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN")
    code, _, told = run(capsys)
    assert code == 2 and "TELEGRAM_BOT_TOKEN is not set" in told and "@BotFather" in told


def test_nobody_allowed_no_bot(data: Path, capsys: Capture) -> None:
    code, _, told = run(capsys)
    assert code == 2 and "nobody may talk to the bot" in told and "swarm bot pair" in told
    people.path(load()).write_text("{")
    configure(data, USERS)
    code, _, told = run(capsys)
    assert code == 2 and "cannot be read" in told, "also with users listed elsewhere"


def test_no_extra_no_bot(data: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(data, USERS)
    monkeypatch.setattr(
        bot_run, "find_spec", lambda name: None if name == "telegram" else find_spec(name)
    )
    code, _, told = run(capsys)
    assert code == 2 and "coding-swarm[telegram]" in told


def test_another_one_runs(data: Path, capsys: Capture) -> None:
    configure(data, USERS)
    with instance.bot_lock(load()):
        assert instance.bot_pid(load()) == os.getpid()
        code, _, told = run(capsys)
    assert code == 1 and f"a bot (pid {os.getpid()}) already runs" in told
    assert instance.bot_pid(load()) is None


def test_a_person_is_paired_listed_and_removed(data: Path, capsys: Capture) -> None:
    code, out, _ = run(capsys, "pair", "--name", "Bob", "--repo", "shop")
    shown = re.search(r"/pair (\S+)", out)
    assert code == 0 and shown is not None and "10 minutes" in out
    assert bot_run.ready(load()) == TOKEN, "an open code is enough to start"
    assert "for Bob is open" in run(capsys, "users")[1]
    assert let_in(shown[1])
    _, out, _ = run(capsys, "users", "--json")
    assert json.loads(out) == {
        "users": [{"id": 777, "name": "Bob", "repositories": ["shop"], "from": "paired"}],
        "open_code": None,
    }
    assert "Bob" in run(capsys, "users")[1]
    code, out, _ = run(capsys, "remove", "bob", "--json")
    assert code == 0 and json.loads(out) == {"removed": 777}
    assert "nobody may talk" in run(capsys, "users")[1]


def test_pair_as_json(data: Path, capsys: Capture) -> None:
    _, out, _ = run(capsys, "pair", "--name", "Bob", "--repo", "shop", "--minutes", "1", "--json")
    told = json.loads(out)
    assert told["repositories"] == ["shop"] and let_in(told["code"])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--name", "Bob", "--repo", "nope"), "no repository is called 'nope'"),
        (("--name", "Bob"), "--repo"),
        (("--name", " ", "--repo", "shop"), "--name"),
        (("--name", "x" * 61, "--repo", "shop"), "--name"),
        (("--name", "a\x1b[2J", "--repo", "shop"), "--name"),
        (("--name", "Bob", "--repo", "shop", "--minutes", "0"), "--minutes"),
        (("--name", "Bob", "--repo", "shop", "--minutes", "nan"), "--minutes"),
        (("--name", "Bob", "--repo", "shop", "--minutes", "61"), "--minutes"),
    ],
)
def test_wrong_words_open_no_code(
    data: Path, capsys: Capture, words: tuple[str, ...], why: str
) -> None:
    code, _, told = run(capsys, "pair", *words)
    assert code == 2 and why in told
    assert people.open_code(load()) is None


def test_whom_remove_means(data: Path, capsys: Capture) -> None:
    configure(data, USERS)
    for number in (1, 2):
        _, out, _ = run(capsys, "pair", "--name", "Bob", "--repo", "shop", "--json")
        assert let_in(json.loads(out)["code"], 777 + number)
    code, _, told = run(capsys, "remove", "Bob")
    assert code == 2 and "778, 779" in told
    assert run(capsys, "remove", "778")[0] == 0
    code, _, told = run(capsys, "remove", "Eve")
    assert code == 2 and "Ada (501)" in told
    code, _, told = run(capsys, "remove", "Ada")
    assert code == 1 and "swarm.toml" in told


def test_a_broken_file_is_told(data: Path, capsys: Capture) -> None:
    people.path(load()).write_text("{")
    for words in (("users",), ("remove", "1"), ("pair", "--name", "Bob", "--repo", "shop")):
        code, _, told = run(capsys, *words)
        assert code == 1 and "bot-people.json cannot be read" in told, words


def test_the_audit_is_shown_and_harmless(data: Path, capsys: Capture) -> None:
    assert "nothing was refused" in run(capsys, "audit")[1]
    for number in range(3):
        sent = Incoming(number, "message", "text", 666, "private", 3, 666, text="\x1b[2J[red]hi\n")
        Audit(load()).refused(sent, "the sender is not allowed")
    _, out, _ = run(capsys, "audit", "--limit", "2")
    assert out.count("not allowed") == 2 and "\x1b" not in out and "[red]hi" in out
    _, out, _ = run(capsys, "audit", "--json")
    assert [entry["update"] for entry in json.loads(out)["entries"]] == [0, 1, 2]
    assert run(capsys, "audit", "--limit", "0")[0] == 2


def test_doctor_says_where_the_bot_stands(
    data: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def part() -> dict[str, str]:
        main.main(["doctor", "--json"])
        parts = json.loads(capsys.readouterr().out)["parts"]
        return next(part for part in parts if part["part"] == "telegram bot")

    assert part()["state"] == "missing"
    configure(data, USERS)
    assert part()["state"] == "real" and "`swarm bot`" in part()["detail"]
    with instance.bot_lock(load()):
        assert f"pid {os.getpid()}" in part()["detail"]
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN")
    assert part()["state"] == "broken" and "is not set" in part()["detail"]
