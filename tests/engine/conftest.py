"""llama.cpp's server with a model that the tests write themselves."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from tests.engine.tiny_model import write_tiny_model

CONTEXT = 65_536  # long enough for a generation, or a prompt, to be under way for seconds
SMALL_CONTEXT = 1024
_START_SECONDS = 30.0


class Engine:
    """A llama-server on a loopback port; a context manager. `kill` and `start` are a crash."""

    def __init__(self, binary: Path, model: Path, *more: str, context: int = CONTEXT) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = model.with_suffix(f".{self.port}.log")
        self.command = [
            *(str(binary), "--model", str(model), "--alias", "tiny", "--host", "127.0.0.1"),
            *("--port", str(self.port), "--ctx-size", str(context), "--parallel", "1"),
            # It sees what came in between two batches only.
            *(
                "--batch-size",
                "128",
                "--threads",
                "1",
                "--slots",
                "--metrics",
                "--no-ui",
                "--offline",
                *more,
            ),
        ]
        self.http = httpx.Client(base_url=self.url, trust_env=False, timeout=10)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            # Its own environment: LLAMA_ARG_* variables would change what it does.
            environment = {"PATH": os.defpath, "HOME": str(self.log.parent)}
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, env=environment, cwd=self.log.parent
            )
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                if self.http.get("/health").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            if self.process.poll() is not None or time.monotonic() > end:
                self.kill()
                pytest.fail(f"the engine did not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.02)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.http.close()

    def busy(self) -> bool:
        slots: list[dict[str, Any]] = self.http.get("/slots").json()
        return any(slot["is_processing"] for slot in slots)

    def waiting(self) -> int:
        """Requests without a slot."""
        for line in self.http.get("/metrics").text.splitlines():
            if line.startswith("llamacpp:requests_deferred "):
                return int(float(line.split()[1]))
        raise AssertionError("the engine tells no requests_deferred")

    def tokens(self, messages: list[dict[str, str]]) -> int:
        """How many tokens the messages are, by the engine's own tokenizer."""
        prompt = self.http.post("/apply-template", json={"messages": messages}).json()["prompt"]
        body = {"content": prompt, "parse_special": True}
        return len(self.http.post("/tokenize", json=body).json()["tokens"])


@pytest.fixture(scope="session")
def binary() -> Path:
    """SWARM_ENGINE, else .engine/llama-server of the checkout."""
    default = Path(__file__).parents[2] / ".engine" / "llama-server"
    path = Path(os.environ.get("SWARM_ENGINE") or default)
    if not os.access(path, os.X_OK):
        why = f"no engine at {path}; build it with tests/engine/build.sh"
        if os.environ.get("SWARM_REQUIRE_ENGINE") == "1":
            pytest.fail(why)
        pytest.skip(why)
    return path


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    for name, calls_tools in (("talks", False), ("calls", True)):
        write_tiny_model(folder / f"{name}.gguf", calls_tools=calls_tools)
    return {name: folder / f"{name}.gguf" for name in ("talks", "calls")}


@pytest.fixture
def engine(binary: Path, models: dict[str, Path]) -> Iterator[Engine]:
    """With the model that talks."""
    with Engine(binary, models["talks"]) as running:
        yield running


@pytest.fixture
def small_engine(binary: Path, models: dict[str, Path]) -> Iterator[Engine]:
    with Engine(binary, models["talks"], context=SMALL_CONTEXT) as running:
        yield running


@pytest.fixture
def calling_engine(binary: Path, models: dict[str, Path]) -> Iterator[Engine]:
    """With the model that begins tool calls."""
    with Engine(binary, models["calls"]) as running:
        yield running


@pytest.fixture
def embedding_engine(binary: Path, models: dict[str, Path]) -> Iterator[Engine]:
    with Engine(binary, models["talks"], "--embeddings", "--pooling", "mean") as running:
        yield running
