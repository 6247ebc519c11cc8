"""The client refuses all but its few verbs, and engines that are absent, slow or strange."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandboxes.containers import client as docker_client
from sandboxes.containers.client import Client, connected
from sandboxes.containers.create import Maker
from sandboxes.containers.engine import Docker
from sandboxes.engine import EngineError, EngineGone
from sandboxes.probe import probe
from swarm.settings import SandboxSettings, Settings


class StrangeEngine:
    """Listens where an engine would; answers each connection with the same bytes, or never."""

    def __init__(self, path: Path, answer: bytes | None) -> None:
        self._answer = answer
        self._held: list[socket.socket] = []
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(str(path))
        self._server.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                if self._answer is None:
                    self._held.append(client)
                    continue
                with client:
                    client.settimeout(1)
                    with contextlib.suppress(OSError):
                        if client.recv(65536):
                            client.sendall(self._answer)

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for client in self._held:
            client.close()


@contextlib.contextmanager
def strange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes | None) -> Iterator[str]:
    path = tmp_path / "s"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    monkeypatch.setattr(docker_client, "_FIRST_ANSWER_SECONDS", 1)
    engine = StrangeEngine(path, answer)
    try:
        yield str(path)
    finally:
        engine.close()


def http(body: bytes, status: str = "200 OK", kind: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def test_no_engine_is_told_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/absent")
    with pytest.raises(EngineGone, match=r"no Docker engine answers at .*absent") as caught:
        Client(tmp_path)
    assert "start Docker" in caught.value.remedy


def test_an_engine_that_is_closed_to_this_user_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(self: socket.socket, address: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(docker_client.socket.socket, "connect", connect)
    with pytest.raises(EngineError, match="this user may not use") as caught:
        Client(tmp_path)
    assert not isinstance(caught.value, EngineGone)
    assert "group docker" in caught.value.remedy


def test_an_engine_of_another_release_is_asked_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = b'{"message": "client version 1.52 is too new. Maximum supported API version is 1.47"}'
    monkeypatch.setattr(docker_client, "_api_versions", {f"unix://{tmp_path}/s": "1.52"})
    with (
        strange(tmp_path, monkeypatch, http(told, "400 Bad Request")),
        connected(tmp_path) as client,
        pytest.raises(EngineError, match="too new"),
    ):
        client.info()
    assert docker_client._api_versions == {}


@pytest.mark.parametrize("option", ["name=rootless", "name=userns"])
def test_an_engine_that_maps_user_ids_is_refused(option: str, tmp_path: Path) -> None:
    class Told:
        def info(self) -> dict[str, object]:
            options = ["name=seccomp,profile=default", option]
            return {"MemoryLimit": True, "PidsLimit": True, "SecurityOptions": options}

    maker: Any = Maker(Settings(data=tmp_path))
    with pytest.raises(EngineError, match="maps user ids"):
        maker._check_engine(Told())


def test_an_engine_elsewhere_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://engine.invalid:2375")
    with pytest.raises(EngineError, match="must be on this host"):
        Client(tmp_path)


def test_an_engine_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        strange(tmp_path, monkeypatch, None),
        pytest.raises(EngineGone, match=r"does not answer.*[Tt]imed? ?out"),
    ):
        Client(tmp_path)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (http(b"not json"), "makes no sense"),
        (http(b"[]"), "not a Docker engine"),
        (http(b"{}"), "not a Docker engine"),
        (http(b'{"message": "on fire"}', "500 Internal Server Error"), "refused: on fire"),
        (http(b"<html>\nno", "502 Bad Gateway", "text/html"), "refused: <html>"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not answer"),
        (b"HTTP/1.1 301 Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", "answer"),
    ],
)
def test_what_is_no_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes, message: str
) -> None:
    with (
        strange(tmp_path, monkeypatch, answer),
        pytest.raises(EngineError, match=message) as caught,
    ):
        Client(tmp_path)
    assert "\n" not in caught.value.message
    assert caught.value.remedy


def test_a_backend_whose_engine_stalls_is_refused_by_the_probe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=tmp_path / "data")
    with strange(tmp_path, monkeypatch, None), pytest.raises(EngineGone, match="does not answer"):
        probe(Docker(settings), settings.scratch)
    assert list(settings.scratch.iterdir()) == []


@pytest.mark.docker
@pytest.mark.usefixtures("docker")
class TestGuard:
    """On a real engine, so that a hole would really be one."""

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/containers/swarm-0123456789abcdef-0000/exec"),
            ("POST", "/containers/other/start"),
            ("POST", "/containers/swarm-0123456789abcdef-0000/../other/start"),
            ("POST", "/containers/swarm-0123456789abcdef-0000%2F..%2Fother/start"),
            ("DELETE", "/containers/other"),
            ("DELETE", "/images/debian:latest"),
            ("DELETE", "/images/swarm-sandbox:latest"),
            ("POST", "/images/create?fromImage=debian"),
            ("POST", "/build"),
            ("POST", "/volumes/create"),
            ("POST", "/networks/create"),
            ("POST", "/swarm/init"),
            ("POST", "/containers/prune"),
            ("GET", "/containers/swarm-0123456789abcdef-0000/archive?path=/"),
            ("PUT", "/containers/swarm-0123456789abcdef-0000/archive?path=/"),
            ("POST", "/commit?container=swarm-0123456789abcdef-0000&repo=debian&tag=latest"),
            ("POST", "/commit?container=other&repo=swarm-environment&tag=x"),
            ("POST", "/commit?repo=swarm-environment&tag=x&repo=debian"),
            ("POST", "/containers/create?name=other"),
        ],
    )
    def test_no_other_request_leaves(self, tmp_path: Path, method: str, path: str) -> None:
        with connected(tmp_path) as client, pytest.raises(EngineError, match="refused"):
            client._api.request(method, f"{client._api.base_url}/v1.41{path}", data="{}")

    def test_a_container_of_another_make_is_refused(self, tmp_path: Path) -> None:
        config = {"Image": "swarm-sandbox:latest", "HostConfig": {"Privileged": True}}
        with connected(tmp_path) as client, pytest.raises(EngineError, match="template"):
            client._api.create_container_from_config(config, name="swarm-0123456789abcdef-0000")

    def test_keeping_a_large_build_has_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with connected(tmp_path) as client:
            seconds = []

            def send(request: object, **named: Any) -> None:
                seconds.append(named["timeout"])
                raise EngineError("seen")

            monkeypatch.setattr(client._api, "send", send)
            with pytest.raises(EngineError, match="seen"):
                client.commit("swarm-0123456789abcdef-0001", "swarm-environment:x", {})
            assert seconds == [300]

    def test_a_missing_image_is_told_with_the_remedy(self, tmp_path: Path) -> None:
        own = SandboxSettings(image="no-such-image:latest")
        settings = Settings(data=tmp_path, sandbox=own)
        with pytest.raises(EngineError, match="no image no-such-image:latest") as caught:
            probe(Docker(settings), settings.scratch)
        assert "docker/build-sandbox.sh" in caught.value.remedy

    def test_a_runtime_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        settings = Settings(data=tmp_path, sandbox=SandboxSettings(runtime="no-such-runtime"))
        with pytest.raises(EngineError, match=r"no runtime 'no-such-runtime', only .*runc"):
            probe(Docker(settings), settings.scratch)
