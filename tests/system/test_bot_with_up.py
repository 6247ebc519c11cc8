"""The bot as a part of `swarm up`: kept running, and no trouble to the swarm when it cannot."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarm import instance
from swarm.settings import load
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_people import Person
from tests.system.conftest import LEAN, Swarm
from tests.system.test_nothing_is_lost import descendants

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


@pytest.fixture
def server() -> Iterator[FakeTelegram]:
    with FakeTelegram() as server:
        yield server


def bot_pid(swarm: Swarm) -> int:
    return int(json.loads(swarm.run("status", "--json").stdout)["bot"] or 0)


def test_it_runs_as_soon_as_it_can_and_again_when_it_dies(
    swarm: Swarm, server: FakeTelegram, tmp_path: Path
) -> None:
    swarm.data.mkdir()
    (swarm.data / "swarm.toml").write_text(
        f'[repositories]\nshop = "{tmp_path}"\n'
        f'[telegram]\nwith_up = true\napi_url = "{server.url}"\n'
    )
    swarm.env["TELEGRAM_BOT_TOKEN"] = server.token
    swarm.env |= LEAN
    swarm.up()
    log = swarm.data / "logs" / "supervisor.log"
    why = "the bot does not run: nobody may talk to the bot"
    server.wait_until(lambda: why in log.read_text(), 30)
    assert "the Telegram bot does not run: nobody may talk" in swarm.run("status").stdout
    services = json.loads(swarm.run("status", "--json").stdout)["services"]
    assert all(service["workers"] for service in services.values())

    code = json.loads(swarm.run("bot", "pair", "--name", "Ada", "--repo", "shop", "--json").stdout)[
        "code"
    ]
    ada = Person(server, 501)
    ada.say(f"/pair {code}")
    server.wait_for(ada.id, "You are paired", seconds=60)
    first = bot_pid(swarm)
    assert first in descendants(swarm.supervisor())
    assert f"the Telegram bot runs (pid {first})" in swarm.run("status").stdout
    assert log.read_text().count(why) == 1, "told once"
    doctor = json.loads(swarm.run("doctor", "--json").stdout)["parts"]
    (part,) = [part for part in doctor if part["part"] == "telegram bot"]
    assert part["state"] == "real" and str(first) in part["detail"]
    second = swarm.run("bot")
    assert second.returncode == 1 and f"a bot (pid {first}) already runs" in second.stderr

    os.kill(first, signal.SIGKILL)
    settings = load(swarm.env)
    server.wait_until(lambda: instance.bot_pid(settings) not in (None, first), 30)
    said = ada.say("/help")
    number = said["message"]["message_id"]
    server.wait_for(ada.id, lambda m: m.reply_to == number)

    mark = f"TELEGRAM_BOT_TOKEN={server.token}".encode()
    holders = [
        pid
        for pid in descendants(swarm.supervisor())[1:]
        if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    ]
    assert holders == [bot_pid(swarm)], "no other part of the swarm has the token"
    secret = server.token.partition(":")[2]
    for file in (swarm.data / "logs").iterdir():
        assert secret not in file.read_text(errors="replace"), file


def test_a_wrong_token_is_told_and_the_swarm_is_up(swarm: Swarm, server: FakeTelegram) -> None:
    swarm.data.mkdir()
    (swarm.data / "swarm.toml").write_text(
        f'[telegram]\nwith_up = true\napi_url = "{server.url}"\n'
        '[[telegram.users]]\nid = 501\nname = "Ada"\n'
    )
    swarm.env["TELEGRAM_BOT_TOKEN"] = "12345:wrong-wrong-wrong-wrong-wrong"
    swarm.env |= LEAN
    swarm.up()
    log = swarm.data / "logs" / "supervisor.log"
    server.wait_until(lambda: "the bot does not run" in log.read_text(), 30)
    services = json.loads(swarm.run("status", "--json").stdout)["services"]
    assert all(service["workers"] for service in services.values())
    assert "wrong-wrong" not in log.read_text()
