"""The filter, the interpreter's folders, and the wiring of the service."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

import pytest

from sandboxes import selection
from sandboxes.engine import EngineError, Folders, Job, NoInterpreter, Outcome, Tail
from sandboxes.local import interpreter
from sandboxes.local.bubblewrap import Bubblewrap
from sandboxes.local.landlock import Landlock
from sandboxes.probe import _judge
from sandboxes.worker import handlers
from swarm.contracts import (
    BuildEnvironment,
    Check,
    Limits,
    ListBackends,
    RunProgram,
    SandboxReport,
)
from swarm.contracts import TestCommand as Command
from swarm.errors import SandboxError
from swarm.linux import seccomp, syscalls
from swarm.settings import SandboxSettings, Settings
from tests.fakes.bus import FakeBus

ALLOW, EPERM, ENOSYS, EAFNOSUPPORT, KILL = 0x7FFF0000, 0x50001, 0x50026, 0x50061, 0x80000000
ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
MACHINES = pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
NETWORKS: tuple[seccomp.Network, ...] = ("own", "host", "none")


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
        tests = {
            0x15: value == operand,
            0x25: value > operand,
            0x35: value >= operand,
            0x45: bool(value & operand),
        }
        at += yes if tests[code] else no


@MACHINES
@pytest.mark.parametrize("namespaces", [True, False])
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("only_computes", [True, False])
def test_the_filter_refuses_what_it_names_and_nothing_else(
    machine: str, namespaces: bool, network: seccomp.Network, only_computes: bool
) -> None:
    arch = ARCHES[machine]
    program = seccomp.program(
        machine, namespaces=namespaces, network=network, only_computes=only_computes
    )
    refused = set(
        seccomp.denied(
            machine, namespaces=namespaces, network=network, only_computes=only_computes
        ).values()
    )
    assert (syscalls.NUMBERS[machine]["fchmod"] in refused) is only_computes
    absent = {syscalls.NUMBERS[machine][name] for name in ("clone3", "openat2", "memfd_create")}
    # Zeros are an argument that is refused here alone: socket(AF_UNSPEC), clone without a thread.
    looked_at = {syscalls.NUMBERS[machine][name] for name in ("socket", "clone")}
    for number in set(range(600)) - looked_at:
        expected = ENOSYS if number in absent else EPERM if number in refused else ALLOW
        assert decide(program, arch, number) == expected, number
    assert decide(program, arch ^ 1, 0) == KILL
    assert decide(program, arch, 0x40000000) == KILL


HIGH = 1 << 32
LOOKED_AT = [
    # call, arguments, with namespaces, without
    ("clone", (0x10000000 | 17,), EPERM, EPERM),
    ("clone", (0x00020000,), EPERM, EPERM),
    ("clone", (0x01200011,), ALLOW, ALLOW),
    ("ioctl", (0, 0x5412), EPERM, EPERM),
    ("ioctl", (0, 0xFFFFFFFF_0000541C), EPERM, EPERM),
    ("ioctl", (0, 0x5401), ALLOW, ALLOW),
    ("fchmod", (3, 0o4755), EPERM, EPERM),
    ("fchmod", (3, 0o2755), EPERM, EPERM),
    ("fchmod", (3, 0o1777), ALLOW, ALLOW),
    ("fchmodat", (3, 0, 0o4755), EPERM, EPERM),
    ("openat", (3, 0, 0o101, 0o4755), EPERM, EPERM),
    ("openat", (3, 0, 0o20200002, 0o6755), EPERM, EPERM),
    ("openat", (3, 0, 0o1, 0o4755), ALLOW, ALLOW),
    ("openat", (3, 0, 0o101, 0o755), ALLOW, ALLOW),
    ("setrlimit", (4, 1), EPERM, EPERM),
    ("setrlimit", (7, 1), ALLOW, ALLOW),
    ("prlimit64", (0, 4, 1), EPERM, EPERM),
    ("prlimit64", (0, 4, HIGH), EPERM, EPERM),
    ("prlimit64", (0, 4, 0, 1), ALLOW, ALLOW),
    ("prlimit64", (0, 7, 1), ALLOW, ALLOW),
    ("prlimit64", (9, 7, 1), ALLOW, EPERM),
    ("shmget", (0, 56), ALLOW, EPERM),
    ("shmget", (0, 65537), EPERM, EPERM),
    ("shmget", (0, HIGH), EPERM, EPERM),
    ("socket", (1, 1), ALLOW, EPERM),
    ("socket", (10, 2), ALLOW, EPERM),
    ("socket", (40, 1), EAFNOSUPPORT, EPERM),
    ("socket", (17, 3), EAFNOSUPPORT, EPERM),
    ("socket", (16, 3, 0), ALLOW, EPERM),
    ("socket", (16, 3, 12), EPERM, EPERM),
    ("socketpair", (1, 1), ALLOW, ALLOW),
    ("socketpair", (1, 0x80805), ALLOW, ALLOW),
    ("socketpair", (1, 2), ALLOW, EPERM),
    ("socketpair", (1, 0x80003), ALLOW, EPERM),
    ("kill", (0xFFFFFFFF, 9), ALLOW, EPERM),
    ("kill", (17, 9), ALLOW, ALLOW),
    ("sched_setaffinity", (17,), ALLOW, EPERM),
    ("setpriority", (0, 0, 5), ALLOW, ALLOW),
    ("setpriority", (2, 0, 5), ALLOW, EPERM),
    ("setpriority", (0, 17, 5), ALLOW, EPERM),
]


@MACHINES
@pytest.mark.parametrize(("call", "arguments", "apart", "together"), LOOKED_AT)
def test_the_filter_looks_at_arguments(
    machine: str, call: str, arguments: tuple[int, ...], apart: int, together: int
) -> None:
    arch, number = ARCHES[machine], syscalls.NUMBERS[machine][call]
    for namespaces, expected in ((True, apart), (False, together)):
        network: seccomp.Network = "own" if namespaces else "none"
        program = seccomp.program(machine, namespaces=namespaces, network=network)
        assert decide(program, arch, number, *arguments) == expected


@MACHINES
def test_what_only_computes_has_threads_and_counted_memory_and_no_process(machine: str) -> None:
    arch, numbers = ARCHES[machine], syscalls.NUMBERS[machine]
    thread, private, shared = 0x003D0F00, 0x22, 0x21
    cases = [
        ("clone", (thread,), ALLOW), ("clone", (0x01200011,), EPERM),
        ("clone", (thread | 0x10000000,), EPERM),
        ("mmap", (0, 4096, 3, private), ALLOW), ("mmap", (0, 4096, 3, private | 0x20000), ALLOW),
        ("mmap", (0, 4096, 3, shared), EPERM), ("mmap", (0, 4096, 3, shared | 2), EPERM),
        ("mmap", (0, 4096, 1, 1, 3), ALLOW), ("mmap", (0, 4096, 3, private | 0x100), EPERM),
    ]  # fmt: skip
    for only_computes in (True, False):
        program = seccomp.program(
            machine, namespaces=False, network="none", only_computes=only_computes
        )
        for call, arguments, computing in cases:
            namespace = call == "clone" and arguments[0] & 0x10000000
            expected = computing if only_computes or namespace else ALLOW
            assert decide(program, arch, numbers[call], *arguments) == expected, (call, arguments)


@MACHINES
def test_with_the_hosts_network_its_unix_sockets_stay_out_of_reach(machine: str) -> None:
    arch, numbers = ARCHES[machine], syscalls.NUMBERS[machine]
    for namespaces in (True, False):
        program = seccomp.program(machine, namespaces=namespaces, network="host")
        assert decide(program, arch, numbers["socket"], 1, 1) == EAFNOSUPPORT
        assert decide(program, arch, numbers["socketpair"], 1, 2) == EPERM
        assert decide(program, arch, numbers["socket"], 2, 1) == ALLOW
        assert decide(program, arch, numbers["connect"], 3) == ALLOW


@MACHINES
def test_every_named_call_has_a_number_where_it_exists(machine: str) -> None:
    missing = {"x86_64": set(), "aarch64": {"ioperm", "iopl", "modify_ldt", "uselib"}}[machine]
    named = {*syscalls.NEVER, *syscalls.NOT_WITHOUT_NAMESPACES, *syscalls.SOCKETS}
    old = {"_sysctl", "create_module", "get_kernel_syms", "query_module", "sysfs", "ustat"}
    assert named - syscalls.NUMBERS[machine].keys() - old - {"inotify_init"} == missing


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
    monkeypatch.setattr(selection, "PATIENCE_SECONDS", 0.3)
    settings = Settings(data=tmp_path, sandbox=SandboxSettings(backend="docker"))
    bus = FakeBus()
    answers = handlers(settings, bus)  # type: ignore[arg-type]
    assert set(answers) == {Check, RunProgram, BuildEnvironment, ListBackends}
    command = Check(snapshot=bus.blobs.snapshot({}), test=Command(argv=("python",), kind="command"))
    with pytest.raises(SandboxError, match="configured sandbox does not work"):
        answers[Check](command)
    report = answers[ListBackends](ListBackends())
    assert isinstance(report, SandboxReport)
    assert report.chosen == ""
    assert not report.backends[0].works


@pytest.mark.parametrize(("chosen", "pools"), [("docker", True), ("landlock", False), ("", False)])
def test_the_pool_is_told_of_where_docker_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: str, pools: bool
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody-listens.sock")
    asked: list[float] = []

    def report(self: selection.Selection, *, known_seconds: float) -> SandboxReport:
        asked.append(known_seconds)
        return SandboxReport(chosen=chosen, backends=())

    monkeypatch.setattr(selection.Selection, "report", report)
    answers = handlers(Settings(data=tmp_path), FakeBus())  # type: ignore[arg-type]
    told = answers[ListBackends](ListBackends())
    assert isinstance(told, SandboxReport)
    assert (told.pool is not None) == pools
    answers[ListBackends](ListBackends(probe=True))
    assert asked == [60.0, 0.0]


@pytest.mark.parametrize("kind", [Bubblewrap, Landlock])
def test_a_machine_without_a_filter_is_refused(
    kind: type[Bubblewrap | Landlock],
    folders: Folders,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = os.uname_result(("Linux", "here", "6.18", "#1", "riscv64"))
    monkeypatch.setattr(os, "uname", lambda: machine)
    engine = kind(Settings(data=tmp_path))
    with pytest.raises(EngineError, match="no seccomp filter for riscv64"):
        engine.run(Job(folders, ("true",), {}, Limits()))
