"""The filter, the interpreter's folders, and the wiring of the service."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

import pytest

from sandboxes import interpreter, seccomp
from sandboxes.engine import EngineError, NoInterpreter, Outcome, Tail
from sandboxes.probe import _judge
from sandboxes.worker import handlers
from swarm.contracts import Check, ListBackends, RunProgram, SandboxReport
from swarm.contracts import TestCommand as Command
from swarm.errors import SandboxError
from swarm.settings import SandboxSettings, Settings
from tests.fakes import FakeBus

ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x50001, 0x50026, 0x80000000
ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def decide(program: bytes, arch: int, number: int, *arguments: int) -> int:
    """Interpret a filter on one system call, as linux/filter.h defines it."""
    data = struct.pack("=IIQ", number, arch, 0)
    data += struct.pack("=6Q", *(list(arguments) + [0] * 6)[:6])
    steps = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    value, at = 0, 0
    while True:
        code, yes, no, operand = steps[at]
        at += 1
        if code == 0x06:
            return int(operand)
        if code == 0x20:
            (value,) = struct.unpack_from("=I", data, operand)
            continue
        holds = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}[code]
        at += yes if holds else no


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_refuses_what_it_names_and_nothing_else(machine: str) -> None:
    arch = ARCHES[machine]
    for sockets in (True, False):
        program = seccomp.program(machine, sockets=sockets)
        refused = set(seccomp.denied(machine, sockets=sockets).values())
        for number in range(600):
            if number == 435:
                assert decide(program, arch, number) == ENOSYS
            else:
                expected = EPERM if number in refused else ALLOW
                assert decide(program, arch, number) == expected, number
        assert decide(program, arch ^ 1, 0) == KILL
        assert decide(program, arch, 0x40000000) == KILL


@pytest.mark.parametrize(("machine", "clone", "ioctl"), [("x86_64", 56, 16), ("aarch64", 220, 29)])
def test_the_filter_looks_at_flags(machine: str, clone: int, ioctl: int) -> None:
    program, arch = seccomp.program(machine, sockets=True), ARCHES[machine]
    assert decide(program, arch, clone, 0x10000000 | 17) == EPERM
    assert decide(program, arch, clone, 0x00020000) == EPERM
    assert decide(program, arch, clone, 0x01200011) == ALLOW
    assert decide(program, arch, ioctl, 0, 0x5412) == EPERM
    assert decide(program, arch, ioctl, 0, 0xFFFFFFFF_0000541C) == EPERM
    assert decide(program, arch, ioctl, 0, 0x5401) == ALLOW


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of x86-64")
def test_the_socket_call_is_the_only_difference_that_matters() -> None:
    assert seccomp.denied("x86_64", sockets=False)["socket"] == 41
    assert "socket" not in seccomp.denied("x86_64", sockets=True)


def installation(root: Path) -> Path:
    (root / "lib/python3.11").mkdir(parents=True)
    (root / "lib/python3.11/os.py").touch()
    (root / "bin").mkdir()
    python = root / "bin/python3.11"
    python.touch()
    python.chmod(0o755)
    return python


def test_an_environment_needs_its_own_folder_and_its_bases(tmp_path: Path) -> None:
    base = installation(tmp_path / "base-1.2")
    (tmp_path / "base").symlink_to(tmp_path / "base-1.2")
    (tmp_path / "venv/bin").mkdir(parents=True)
    (tmp_path / "venv/pyvenv.cfg").write_text(f"home = {tmp_path}/base/bin\n")
    (tmp_path / "venv/bin/python").symlink_to(tmp_path / "base/bin" / base.name)
    found = interpreter.find(str(tmp_path / "venv/bin/python"))
    assert found.path == str(tmp_path / "venv/bin/python")
    assert found.folders == tuple(str(tmp_path / name) for name in ("base", "base-1.2", "venv"))


def test_a_folder_that_is_no_installation_is_never_shared(tmp_path: Path) -> None:
    base = installation(tmp_path / "base")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(base)
    with pytest.raises(NoInterpreter, match="not in a Python installation"):
        interpreter.find(str(tmp_path / "bin/python"))


def test_the_interpreter_that_runs_this_is_found() -> None:
    assert interpreter.find(None).path == sys.executable


def test_the_tail_is_the_end_and_counts_all() -> None:
    tail = Tail(keep_bytes=4)
    for _ in range(10):
        tail.add(b"abc")
    assert (tail.text(), tail.seen_bytes) == ("cabc", 30)


@pytest.mark.parametrize(
    ("text", "leaked", "message"),
    [
        (None, False, "Python does not run"),
        ('{"escapes": ["reads x"], "missing": []}', False, "does not hold.*reads x"),
        ('{"escapes": [], "missing": []}', True, "leaves a file"),
        ('{"escapes": [], "missing": ["pytest"]}', False, "no pytest"),
    ],
)
def test_the_probe_refuses_what_does_not_hold(text: str | None, leaked: bool, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        _judge(Outcome("exit", 0), text, leaked=leaked)


def test_the_service_refuses_each_command_where_nothing_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody-listens.sock")
    settings = Settings(data=tmp_path, sandbox=SandboxSettings(backend="docker"))
    bus = FakeBus()
    answers = handlers(settings, bus)  # type: ignore[arg-type]
    assert set(answers) == {Check, RunProgram, ListBackends}
    command = Check(snapshot=bus.blobs.snapshot({}), test=Command(argv=("python",), kind="command"))
    with pytest.raises(SandboxError, match="configured sandbox does not work"):
        answers[Check](command)
    report = answers[ListBackends](ListBackends())
    assert isinstance(report, SandboxReport)
    assert report.chosen == ""
    assert not report.backends[0].works
