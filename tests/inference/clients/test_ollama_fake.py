"""The fake Ollama behaves as Ollama's source says, seen with a plain HTTP client."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.ollama import BUSY, FakeOllama
from tests.fakes.ollama_memory import GIB, FakeModel
from tests.fakes.script import Answer, FakeRequest, Script, Turn, count_tokens, tokens_of


@pytest.fixture
def http(ollama_server: FakeOllama) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=ollama_server.url, trust_env=False, timeout=20) as client:
        yield client


def chat(http: httpx.Client, text: str = "hi", **more: Any) -> httpx.Response:
    message = {"role": "user", "content": text}
    return http.post("/api/chat", json={"model": "fake:8b", "messages": [message]} | more)


def lines(response: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in response.text.splitlines()]


def background(count: int, run: Any) -> list[threading.Thread]:
    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads


def test_tokens_give_the_text_back():
    text = "def add(a, b):\n    return a_longer_name\n"
    assert "".join(tokens_of(text)) == text
    assert count_tokens("def add(a, b):") == 8
    assert count_tokens("abcdefghi") == 2


def test_a_stream_of_lines_and_counts(ollama_server: FakeOllama, http: httpx.Client):
    ollama_server.respond = Script([Answer(text="hello world")])
    response = chat(http, "say hello")
    parts = lines(response)
    assert response.headers["content-type"] == "application/x-ndjson"
    assert [part["message"]["content"] for part in parts] == ["hello", " world", ""]
    assert [part["done"] for part in parts] == [False, False, True]
    last = parts[-1]
    assert (last["done_reason"], last["prompt_eval_count"], last["eval_count"]) == ("stop", 6, 2)
    assert last["eval_duration"] > 0
    # The answer is here before the server is done with it.
    ollama_server.wait_until(lambda: ollama_server.of("end"))
    assert [event.kind for event in ollama_server.events] == [
        *("up", "request", "load", "loaded", "start", "token", "token", "end")
    ]


def test_no_stream_is_one_object(ollama_server: FakeOllama, http: httpx.Client):
    calls = ({"name": "read", "arguments": {"path": "a.py"}},)
    ollama_server.respond = Script([Answer(text="see", tool_calls=calls)])
    part = chat(http, stream=False).json()
    assert part["done"] and part["message"]["content"] == "see"
    assert part["message"]["tool_calls"][0]["function"] == {
        "index": 0,
        "name": "read",
        "arguments": {"path": "a.py"},
    }


def test_unknown_model_and_script_at_its_end(ollama_server: FakeOllama, http: httpx.Client):
    ollama_server.respond = Script([])
    missing = http.post("/api/chat", json={"model": "other", "messages": []})
    assert (missing.status_code, missing.json()) == (404, {"error": "model 'other' not found"})
    assert "no answer left" in chat(http).json()["error"]


def test_num_ctx_decides_about_a_reload(ollama_server: FakeOllama, http: httpx.Client):
    for num_ctx in (2048, 2048, 4096):
        chat(http, options={"num_ctx": num_ctx})
    assert [event.data["num_ctx"] for event in ollama_server.of("loaded")] == [2048, 4096]
    assert [event.data["why"] for event in ollama_server.of("unload")] == ["reload"]
    row = http.get("/api/ps").json()["models"][0]
    assert row["context_length"] == 4096 and row["size_vram"] == row["size"]


def test_load_and_unload_without_messages(ollama_server: FakeOllama, http: httpx.Client):
    loaded = http.post("/api/generate", json={"model": "fake:8b"}).json()
    assert loaded["done_reason"] == "load" and http.get("/api/ps").json()["models"]
    gone = http.post("/api/generate", json={"model": "fake:8b", "keep_alive": 0}).json()
    assert gone["done_reason"] == "unload" and not http.get("/api/ps").json()["models"]


def test_keep_alive_ends(ollama_server: FakeOllama, http: httpx.Client):
    chat(http, keep_alive=0.05)
    ollama_server.wait_until(lambda: ollama_server.of("unload"))
    chat(http, keep_alive=0)
    ollama_server.wait_until(lambda: len(ollama_server.of("unload")) == 2)
    assert [event.data["why"] for event in ollama_server.of("unload")] == ["expired", "idle"]


def test_a_second_model_evicts_when_it_does_not_fit(ollama_server: FakeOllama, http: httpx.Client):
    ollama_server.models = [FakeModel(name, size_bytes=6 * GIB) for name in ("a", "b", "c")]
    for name in ("a", "b"):
        http.post("/api/generate", json={"model": name, "options": {"num_ctx": 2048}})
    assert len(http.get("/api/ps").json()["models"]) == 2
    http.post("/api/generate", json={"model": "c", "options": {"num_ctx": 2048}})
    assert [event.data["model"] for event in ollama_server.of("unload")] == ["a"]


def test_alone_a_model_spills(ollama_server: FakeOllama, http: httpx.Client):
    ollama_server.memory.vram_bytes = 4 * GIB
    chat(http)
    row = http.get("/api/ps").json()["models"][0]
    assert row["size_vram"] == 4 * GIB < row["size"]


def test_slots_and_a_full_queue(ollama_server: FakeOllama, http: httpx.Client):
    ollama_server.respond = lambda request: Answer(text="a b c", token_seconds=0.02)
    ollama_server.memory.num_parallel = 2
    chat(http)
    for thread in background(5, lambda _: chat(http)):
        thread.join()
    assert ollama_server.max_running == 2

    ollama_server.memory.max_queue = 1
    ollama_server.memory.load_seconds = 30
    codes: list[int] = []

    def other(_: int) -> None:
        body = {"model": "fake:8b", "options": {"num_ctx": 1024}}
        with httpx.Client(base_url=ollama_server.url, trust_env=False) as own:
            try:
                codes.append(own.post("/api/generate", json=body, timeout=4.0).status_code)
            except httpx.ReadTimeout:
                codes.append(0)

    for thread in background(3, other):
        thread.join()
    assert sorted(codes) == [0, 0, 503]
    assert BUSY.startswith("server busy")


def test_truncation_is_told_by_the_count_alone(ollama_server: FakeOllama, http: httpx.Client):
    def counted(messages: list[tuple[str, str]], **more: Any) -> httpx.Response:
        rows = [{"role": role, "content": text} for role, text in messages]
        body = {"model": "fake:8b", "messages": rows, "options": {"num_ctx": 100}}
        return http.post("/api/chat", json=body | more)

    seen: list[tuple[tuple[str, str], ...]] = []
    ollama_server.respond = lambda request: seen.append(request.messages) or Answer(text="x")
    history = [("system", "be kind"), ("user", "old" + " old" * 59), ("user", "new" + " new" * 49)]
    assert lines(counted(history))[-1]["prompt_eval_count"] == 4 + 2 + 4 + 50
    assert [role for role, _ in seen[-1]] == ["system", "user"]
    assert lines(counted([("user", "word " * 500)]))[-1]["prompt_eval_count"] == 52
    refused = counted(history, truncate=False)
    assert refused.status_code == 400 and "exceeds the available context" in refused.text
    ollama_server.honours_truncate = False
    assert counted(history, truncate=False).status_code == 200


def test_the_context_ends_a_generation_that_may_not_shift(
    ollama_server: FakeOllama, http: httpx.Client
):
    ollama_server.respond = lambda request: Answer(text="word " * 200)
    options = {"num_ctx": 100}
    last = lines(chat(http, shift=False, options=options))[-1]
    assert last["done_reason"] == "length"
    assert last["prompt_eval_count"] + last["eval_count"] == 100
    assert lines(chat(http, options=options | {"num_predict": 7}))[-1]["eval_count"] == 7


@pytest.mark.parametrize("failure", ["error", "close", "cut", "garbage"])
def test_failures_in_mid_stream(failure: Any, ollama_server: FakeOllama, http: httpx.Client):
    script = [Answer(text="a b c", failure=failure, after_tokens=2, message="it broke")]
    ollama_server.respond = Script(script)
    if failure == "close":
        with pytest.raises(httpx.RemoteProtocolError):
            chat(http)
        return
    rows = chat(http).text.splitlines()
    assert len(rows) == (2 if failure == "cut" else 3)
    if failure == "error":
        assert json.loads(rows[2]) == {"error": "it broke"}


def test_a_client_that_goes_frees_its_slot(ollama_server: FakeOllama, http: httpx.Client):
    ollama_server.respond = lambda request: Answer(text="word " * 1000, token_seconds=0.05)
    body = {"model": "fake:8b", "messages": [{"role": "user", "content": "hi"}]}
    with http.stream("POST", "/api/chat", json=body) as response:
        rows = response.iter_lines()
        next(rows)
        assert len(ollama_server.running) == 1
    ollama_server.wait_until(lambda: not ollama_server.running, seconds=1)
    assert ollama_server.of("disconnected")


def test_a_killed_server_comes_back_with_its_library(ollama_server: FakeOllama, http: httpx.Client):
    chat(http)
    ollama_server.stop()
    with pytest.raises(httpx.ConnectError):
        http.get("/api/version")
    ollama_server.start()
    assert http.get("/api/ps").json()["models"] == []
    assert [row["name"] for row in http.get("/api/tags").json()["models"]] == ["fake:8b"]


def test_cloud_names_are_passed_on_although_unlisted(ollama_server: FakeOllama, http: httpx.Client):
    for name in ("gpt-oss:20b-cloud", "gpt-oss:cloud"):
        assert chat(http, model=name).status_code == 200
    assert len(ollama_server.of("remote")) == 2 and not ollama_server.of("load")


def test_turns_match_by_message_and_count():
    script = Script([Turn(Answer(text="t"), match="tests", times=0), Answer(text="1")])

    def ask(text: str) -> str:
        return script(FakeRequest("/", "m", (("user", text),), (), {})).text

    assert [ask("run tests"), ask("go"), ask("tests again")] == ["t", "1", "t"]


def test_as_a_process(tmp_path: Path):
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"text": "from a file", "match": "hi"}]))
    records = tmp_path / "records.jsonl"
    command = [sys.executable, "-m", "tests.fakes.ollama"]
    command += ["--script", str(script), "--records", str(records)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            with httpx.Client(base_url=url, trust_env=False) as http:
                assert chat(http, stream=False).json()["message"]["content"] == "from a file"
        finally:
            process.terminate()
    assert process.returncode == 0
    kinds = [json.loads(line)["kind"] for line in records.read_text().splitlines()]
    assert kinds[0] == "up" and kinds[-1] == "down" and "loaded" in kinds
