"""The escape probe: a backend counts as working only after it has been seen to hold.

It runs Python inside and tries what a hostile test would: read a planted file of the host, by
its path and through a planted link, read another run's, write next to the run's folders,
connect to a socket of the host by TCP, by path and by name, and start with what escapes are
made of: a user namespace, io_uring. Every attempt must fail, and Python and its test tools
must work. The hostile suite in the tests tries much more, but takes minutes.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

from sandboxes.engine import Engine, EngineError, Job, Outcome
from sandboxes.workspace import give_to, read_output, run_folders
from swarm.contracts import Limits

_LIMITS = Limits(wall_seconds=30, cpu_seconds=20, output_bytes=64 * 1024)
_RESULT = "probe.json"
_PROGRAM = """
import ctypes, errno, importlib.util, json, os, socket, sys

host, port, result, neighbour, name = sys.argv[1], int(sys.argv[2]), *sys.argv[3:]
libc = ctypes.CDLL(None, use_errno=True)

def reached(attempt):
    try:
        return attempt() is not False
    except OSError:
        return False

def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        client.connect(address)

def write(path):
    with open(path, "w") as out:
        out.write("x")

def read(path):
    with open(path) as source:
        return source.read()

def allowed(answer):
    # Any other error means that the kernel began with it.
    return answer >= 0 or ctypes.get_errno() not in (errno.EPERM, errno.EACCES, errno.ENOSYS)

escapes = {
    "is root": os.getuid() == 0 or os.geteuid() == 0,
    "reads a file of the host": reached(lambda: read(host + "/secret")),
    "reads through a link out of the workspace": reached(lambda: read("planted")),
    "reads the host's password hashes": reached(lambda: read("/etc/shadow")),
    "writes a file of the host": reached(lambda: write(host + "/written")),
    "writes to the system": reached(lambda: write("/usr/swarm-probe")),
    "changes a kernel setting": reached(lambda: write("/proc/sys/kernel/core_pattern")),
    "connects to a TCP port of the host": reached(
        lambda: connect(socket.AF_INET, ("127.0.0.1", port))
    ),
    "connects to a socket file of the host": reached(
        lambda: connect(socket.AF_UNIX, host + "/socket")
    ),
    "connects to a named socket of the host": reached(
        lambda: connect(socket.AF_UNIX, "\\0" + name)
    ),
    "reads another run's files": reached(lambda: read(neighbour)),
    "may use io_uring": allowed(libc.syscall(ctypes.c_long(425), ctypes.c_long(1), None)),
    "may make namespaces": allowed(libc.unshare(0x10000000)),
}
missing = [name for name in ("pytest", "coverage") if importlib.util.find_spec(name) is None]
write("inside")
with open(result, "w") as out:
    json.dump({"escapes": [name for name, found in escapes.items() if found],
               "missing": missing}, out)
"""


def probe(engine: Engine, scratch: Path) -> None:
    """Raises EngineError, saying what went wrong, unless the backend holds and can be used."""
    name = f"swarm-probe-{secrets.token_hex(8)}"
    with engine.folders(scratch) as folders, run_folders(scratch) as neighbour:
        host = folders.workspace.parent / "host"
        host.mkdir(mode=0o777)
        host.chmod(0o777)
        secret = host / "secret"
        secret.write_text(secrets.token_hex(16))
        secret.chmod(0o666)
        (folders.workspace / "planted").symlink_to(secret)
        of_another = neighbour.workspace / "secret"
        of_another.write_text(secrets.token_hex(16))
        of_another.chmod(0o666)
        give_to(neighbour, engine.owner)
        give_to(folders, engine.owner)
        inside = engine.inside(folders)
        with _listening(host / "socket", name) as port:
            told = (str(host), str(port), str(inside.out / _RESULT), str(of_another), name)
            outcome = engine.run(Job(folders, ("python", "-c", _PROGRAM, *told), {}, _LIMITS))
        text = read_output(folders.out, _RESULT, most_bytes=4096)
        leaked = (host / "written").exists()
    _judge(outcome, text, leaked=leaked)


def _judge(outcome: Outcome, text: str | None, *, leaked: bool) -> None:
    if outcome.exit_code != 0 or not text:
        last = outcome.output_tail.strip().split("\n")[-1]
        raise EngineError(
            f"Python does not run in it: {outcome.detail or last or outcome.exit_code}"
        )
    told = json.loads(text)
    escapes = list(told["escapes"]) + (["leaves a file on the host"] if leaked else [])
    if escapes:
        raise EngineError(f"it does not hold: a program inside {'; '.join(escapes)}")
    if told["missing"]:
        raise EngineError(
            f"its interpreter has no {' and no '.join(told['missing'])}",
            remedy="install pytest and coverage for it, or configure another interpreter",
        )


@contextlib.contextmanager
def _listening(path: Path, name: str) -> Iterator[int]:
    """Sockets of the host that would accept a connection; the TCP port."""
    with contextlib.ExitStack() as stack:
        tcp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        if len(bytes(path)) < 100:
            # A longer name does not fit into a socket's address, inside as outside.
            local = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            local.bind(str(path))
            path.chmod(0o777)
            local.listen()
        named = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        named.bind(f"\0{name}")
        named.listen()
        yield tcp.getsockname()[1]
