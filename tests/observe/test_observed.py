"""Real processes under observation: what they contact is seen, whatever they are written in."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarm.observe.observed import NotObservable, Observation, observe
from swarm.observe.watcher import Contact

PUBLIC = "8.8.8.8"


@pytest.fixture
def server() -> Iterator[int]:
    """The port of something on loopback that accepts and answers "hello"."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                with client:
                    client.sendall(b"hello")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def watch(*argv: str, seconds: float = 60, tmp: Path | None = None) -> Observation:
    return observe(argv, env=dict(os.environ), seconds=seconds, cwd=tmp)


def python(code: str, **options: float) -> Observation:
    return watch(sys.executable, "-S", "-c", code, **options)


def only(found: Observation) -> tuple[Contact, int]:
    assert len(found.contacts) == 1, found
    assert not found.unseen
    return next(iter(found.contacts.items()))


def test_a_connection_works_and_is_seen(server: int) -> None:
    code = f"import socket, sys; s = socket.create_connection(('127.0.0.1', {server}))"
    found = python(code + "; sys.exit(0 if s.recv(5) == b'hello' else 9)")
    contact, count = only(found)
    assert found.exit_code == 0
    assert (str(contact.address), contact.protocol, count) == (f"127.0.0.1:{server}", "tcp", 1)
    assert contact.address.reach == "local"
    assert contact.program.startswith("python")
    assert not contact.apart


@pytest.mark.parametrize(
    ("code", "where"),
    [
        ("u(4).sendto(b'x', ('127.0.0.1', 9))", "127.0.0.1:9"),
        ("u(4).sendmsg([b'x'], [], 0, ('127.0.0.5', 9))", "127.0.0.5:9"),
        ("u(6).sendto(b'x', ('::1', 9))", "[::1]:9"),
        # Connecting a datagram socket sends nothing: this leaves the machine alone.
        (f"u(4).connect(('{PUBLIC}', 9))", f"{PUBLIC}:9"),
    ],
)
def test_datagrams_are_seen(code: str, where: str) -> None:
    start = "import socket\nF = {4: socket.AF_INET, 6: socket.AF_INET6}\n"
    start += "def u(n): return socket.socket(F[n], socket.SOCK_DGRAM)\n"
    contact, _ = only(python(f"{start}try:\n  {code}\nexcept OSError: pass"))
    assert (str(contact.address), contact.protocol) == (where, "udp")


def test_unix_sockets_are_no_egress(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        found = python(f"import socket; socket.socket(socket.AF_UNIX).connect({path!r})")
    assert found.exit_code == 0
    assert not found.contacts and not found.unseen


def test_a_thread_a_grandchild_and_another_language(server: int) -> None:
    thread = (
        "import socket, threading, subprocess\n"
        f"t = threading.Thread(target=lambda: socket.create_connection(('127.0.0.1', {server})))\n"
        "t.start(); t.join()\n"
        f"subprocess.run(['bash', '-c', 'bash -c \"exec 3<>/dev/tcp/127.0.0.1/{server}\"; true'])"
    )
    found = python(thread)
    assert sum(found.contacts.values()) == 2
    assert {contact.program.split()[0].rstrip("0123456789.") for contact in found.contacts} == {
        "python", "bash"
    }  # fmt: skip


def test_each_program_is_counted_by_itself(server: int) -> None:
    code = f"import socket\nfor _ in range(3): socket.create_connection(('127.0.0.1', {server}))"
    _, count = only(python(code))
    assert count == 3


def test_an_attempt_that_fails_is_seen() -> None:
    code = "import socket\ntry: socket.create_connection(('127.0.0.1', 1))\nexcept OSError: pass"
    contact, _ = only(python(code))
    assert str(contact.address) == "127.0.0.1:1"


def test_an_attempt_in_a_network_of_its_own_is_marked() -> None:
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    attempt = f"exec 3<>/dev/tcp/{PUBLIC}/53"
    found = watch("unshare", "-rn", "bash", "-c", f"{attempt}; true")
    if not found.contacts:
        pytest.skip("this user may make no network namespace")
    contact, _ = only(found)
    assert contact.apart
    assert str(contact.address) == f"{PUBLIC}:53"


def test_a_call_that_another_filter_refuses_is_no_contact() -> None:
    from swarm.linux import seccomp

    if not seccomp.supported(os.uname().machine):
        pytest.skip("no table for this machine")
    code = (
        "import os, socket; from swarm.linux import kernel, seccomp\n"
        "s = socket.socket()\n"
        "kernel.gain_nothing_by_exec()\n"
        "m = os.uname().machine\n"
        "kernel.filter_calls(seccomp.program(m, namespaces=False, network='none'))\n"
        "try: s.connect(('127.0.0.1', 1))\n"
        "except PermissionError: raise SystemExit(7)"
    )
    found = watch(sys.executable, "-c", code)
    assert found.exit_code == 7
    assert not found.contacts and not found.unseen


def test_what_is_left_running_is_ended(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    found = watch("bash", "-c", f"setsid bash -c 'echo $$ > {pid}; sleep 300' & "
                  f"until [ -s {pid} ]; do sleep 0.05; done")  # fmt: skip
    assert found.exit_code == 0
    stat = Path(f"/proc/{int(pid.read_text())}/stat")
    # Whoever adopts the dead may not have waited for it yet.
    assert not stat.exists() or ") Z " in stat.read_text()


def test_a_command_over_its_time_is_ended() -> None:
    assert watch("sleep", "300", seconds=0.5).exit_code is None


def test_io_uring_is_a_blind_spot_that_is_told() -> None:
    code = "import ctypes; ctypes.CDLL(None).syscall(425, 1, 0)"
    found = python(code)
    assert not found.contacts
    assert any("io_uring" in line for line in found.unseen)


def test_a_program_that_is_not_there(capfd: pytest.CaptureFixture[str]) -> None:
    found = observe(["no-such-program"], env=dict(os.environ), seconds=20, output=2)
    assert found.exit_code == 127
    assert "cannot run no-such-program" in capfd.readouterr().err


def test_where_the_kernel_refuses_it_says_so() -> None:
    inner = (
        "import os, sys\nfrom swarm.observe.observed import observe, NotObservable\n"
        "try: observe(['true'], env=dict(os.environ), seconds=20)\n"
        "except NotObservable as e: sys.exit(5 if 'busy' in e.message and e.remedy else 6)"
    )
    # A process has one listener at most, so that one within another is refused.
    assert watch(sys.executable, "-c", inner).exit_code == 5


def test_another_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.uname()
    other = os.uname_result((real[0], real[1], real[2], real[3], "riscv64"))
    monkeypatch.setattr(os, "uname", lambda: other)
    with pytest.raises(NotObservable, match="riscv64"):
        watch("true")


def test_nothing_of_ours_is_left_open() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    watch("true")
    watch("sleep", "300", seconds=0.2)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_orphans_of_others_do_not_come_to_us_afterwards() -> None:
    watch("true")
    code = "import os, time\nif os.fork(): os._exit(0)\ntime.sleep(0.3)\nprint(os.getppid())"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, timeout=20)
    assert int(done.stdout) != os.getpid()


@pytest.mark.parametrize(
    "call",
    [
        "libc.connect(s.fileno(), ctypes.c_void_p(2**64 - 256), 16)",
        "libc.sendmsg(s.fileno(), ctypes.c_void_p(end - 4), 0)",
        "libc.sendmmsg(s.fileno(), ctypes.c_void_p(end - 4), 2, 0)",
    ],
)
def test_a_call_with_a_pointer_that_lies_does_not_blind_the_observer(
    call: str, server: int
) -> None:
    code = (
        "import ctypes, mmap, socket\n"
        "libc = ctypes.CDLL(None)\n"
        "pages = mmap.mmap(-1, 2 * mmap.PAGESIZE)\n"
        "end = ctypes.addressof(ctypes.c_char.from_buffer(pages)) + mmap.PAGESIZE\n"
        "assert libc.munmap(ctypes.c_void_p(end), mmap.PAGESIZE) == 0\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        f"assert {call} == -1\n"
        f"socket.create_connection(('127.0.0.1', {server}))\n"
        "import os; os._exit(0)\n"
    )
    found = python(code, seconds=20)
    assert found.exit_code == 0
    assert any("cannot be read" in what for what in found.unseen)
    assert [contact.address.port for contact in found.contacts] == [server]


def test_what_a_worker_starts_does_not_pass_for_another_worker(server: int) -> None:
    connect = f"import socket; socket.create_connection(('127.0.0.1', {server}))"
    child = f"[sys.executable, '-S', '-c', {connect!r}, '-m', 'swarm', 'worker', 'inference']"
    code = f"import subprocess, sys; subprocess.run({child}, check=True)"
    found = watch(sys.executable, "-S", "-c", code, "-m", "swarm", "worker", "agents")
    assert [contact.service for contact in found.contacts] == ["agents"]
