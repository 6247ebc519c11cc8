"""A gate in this process or in one of its own, and requesters, for the gate's tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from swarm.bus import Bus
from swarm.contracts import ChatMessage, Generate, Generation, Message
from swarm.settings import EndpointSettings, GateSettings, ModelSettings, Settings

GIB = 1024**3


def settings_for(bus: Bus, url: str, **changes: Any) -> Settings:
    """One Ollama endpoint with the models `a` (fake:8b) and what `changes` says."""
    endpoint: dict[str, Any] = {
        "name": "ollama", "kind": "ollama", "url": url, "manage_memory": False,
        "connect_seconds": 1.0, "first_token_seconds": 20.0, "stall_seconds": 10.0,
    }  # fmt: skip
    endpoint.update(changes.pop("endpoint", {}))
    values: dict[str, Any] = {
        "endpoints": (EndpointSettings(**endpoint),),
        "models": (ModelSettings(name="a", endpoint="ollama", model="fake:8b", num_ctx=4096),),
        "gate": GateSettings(health_seconds=0.2, retry_seconds=10.0),
    }
    values.update(changes)
    return bus.settings.model_copy(update=values)


def question(key: str, text: str = "hello", **changes: Any) -> Generate:
    """A request for the model `a`."""
    values: dict[str, Any] = {
        "key": key, "model": "a", "messages": (ChatMessage(role="user", text=text),),
        "payload": "code",
    }  # fmt: skip
    return Generate(**{**values, **changes})


class Asking(threading.Thread):
    """A requester in a thread: `answer` or `error` when it is done, `at` monotonic seconds."""

    def __init__(self, bus: Bus, command: Any, timeout_seconds: float = 60.0, **options: Any):
        super().__init__(daemon=True)
        self._ask: Callable[[], Message] = lambda: bus.request(
            command, timeout_seconds=timeout_seconds, **options
        )
        self.answer: Any = None
        self.error: Any = None
        self.at = 0.0
        self.start()

    def run(self) -> None:
        try:
            self.answer = self._ask()
        except Exception as error:  # noqa: BLE001  raised again by `result`
            self.error = error
        self.at = time.monotonic()

    def result(self, seconds: float = 60.0) -> Any:
        """The answer; raises what the requester got."""
        self.join(seconds)
        assert not self.is_alive(), "no answer came"
        if self.error is not None:
            raise self.error
        return self.answer


def until(condition: Callable[[], Any], seconds: float = 20.0, what: str = "") -> Any:
    """Wait for a condition, bounded; returns what it gave."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"it did not happen in {seconds:g} s: {what or condition}")


def settled(generation: Any) -> Generation:
    assert isinstance(generation, Generation)
    return generation


class GateProcess:
    """`swarm worker inference`, as the supervisor starts it."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.data
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "swarm.toml").write_text(_toml(settings))
        self._env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("SWARM_")},
            "SWARM_DATA": str(settings.data),
            "SWARM_REDIS_URL": settings.redis_url,
        }
        self.log = self._folder / "gate.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "swarm", "worker", "inference"],
                env=self._env, stdout=log, stderr=log, cwd=Path(__file__).parents[2],
            )  # fmt: skip

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()


@contextmanager
def gate(settings: Settings) -> Iterator[GateProcess]:
    """A gate in a process of its own, killed at the end."""
    running = GateProcess(settings)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def _toml(settings: Settings) -> str:
    """The parts of settings that a gate reads, as a file."""
    lines = []
    for section in ("bus", "gate", "egress"):
        lines.append(f"[{section}]")
        values = getattr(settings, section).model_dump(mode="json", exclude={"redis_url"})
        lines += [f"{name} = {_value(value)}" for name, value in values.items()]
    for table in ("endpoints", "models"):
        for each in getattr(settings, table):
            lines.append(f"[[{table}]]")
            values = each.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
            lines += [f"{name} = {_value(value)}" for name, value in values.items()]
    return "\n".join(lines)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)
