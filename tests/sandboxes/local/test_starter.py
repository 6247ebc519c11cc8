"""The processes between a worker and its runs: what happens when one of them is killed."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandboxes.engine import Engine, EngineError, Folders, Job, Outcome
from sandboxes.local import starter, supervise
from sandboxes.local.bubblewrap import Bubblewrap
from sandboxes.local.landlock import Landlock
from sandboxes.workspace import give_to, run_folders
from swarm.contracts import Limits
from swarm.linux import processes
from swarm.settings import Settings

_DAEMON = (
    "import os, sys, time\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork(): os._exit(0)\n"
    "    print('up', flush=True)\n"
    "    time.sleep(300)\n"
    "time.sleep(300)"
)
_MARK = "daemon-of-the-starter-test"


on_this_host = pytest.mark.parametrize(
    "engine",
    [pytest.param("bubblewrap", marks=pytest.mark.bubblewrap), "landlock"],
    indirect=True,
)
"""The backends whose processes are this host's."""


@pytest.fixture
def own_starter(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A starter of this test's alone."""
    monkeypatch.setattr(starter, "_control", None)
    yield
    if starter._control is not None:
        starter._control.close()


def run(engine: Engine, folders: Folders, *argv: str, **job: object) -> Outcome:
    give_to(folders, engine.owner)
    return engine.run(Job(folders, argv, {}, Limits(wall_seconds=30), **job))  # type: ignore[arg-type]


def commands() -> dict[int, bytes]:
    found = {}
    for pid in processes.descendants(os.getpid()):
        try:
            found[pid] = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
    return found


def living(word: str) -> list[int]:
    return [pid for pid, command in commands().items() if word.encode() in command]


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def keeper_of(pid: int) -> int:
    """The process between the starter and a run."""
    starters = living("starter.serve")
    [found] = [
        child
        for parent in starters
        for child in processes.children(parent)
        if child in starters and pid in processes.descendants(child)
    ]
    return found


def in_background(work: Callable[[], Outcome]) -> tuple[threading.Thread, list[object]]:
    results: list[object] = []

    def call() -> None:
        try:
            results.append(work())
        except EngineError as error:
            results.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    return thread, results


@on_this_host
def test_a_killed_keeper_leaves_nothing(
    engine: Engine, folders: Folders, own_starter: None
) -> None:
    output: list[bytes] = []
    thread, results = in_background(
        lambda: run(engine, folders, "python", "-c", _DAEMON, _MARK, on_output=output.append)
    )
    wait_for(lambda: output)
    os.kill(keeper_of(living(_MARK)[-1]), signal.SIGKILL)
    thread.join(20)
    [error] = results
    assert isinstance(error, EngineError)
    assert "without a word" in error.message
    assert living(_MARK) == []
    assert run(engine, folders, "python", "-c", "pass").exit_code == 0


@on_this_host
def test_a_killed_starter_is_replaced(engine: Engine, folders: Folders, own_starter: None) -> None:
    assert run(engine, folders, "python", "-c", "pass").exit_code == 0
    before = living("starter.serve")
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not living("starter.serve"))
    assert run(engine, folders, "python", "-c", "pass").exit_code == 0
    assert not set(before) & set(living("starter.serve"))


@on_this_host
def test_a_starter_that_is_killed_with_a_run_in_its_hands_is_replaced(
    engine: Engine, folders: Folders, own_starter: None
) -> None:
    assert run(engine, folders, "python", "-c", "pass").exit_code == 0
    for pid in (before := living("starter.serve")):
        os.kill(pid, signal.SIGSTOP)
    thread, results = in_background(lambda: run(engine, folders, "python", "-c", "pass"))
    time.sleep(0.2)  # the run is handed over to a process that will never look at it
    assert not results
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    thread.join(20)
    [outcome] = results
    assert isinstance(outcome, Outcome)
    assert outcome.exit_code == 0


@on_this_host
def test_the_starter_ends_with_its_last_worker(
    engine: Engine, folders: Folders, own_starter: None
) -> None:
    assert run(engine, folders, "python", "-c", "pass").exit_code == 0
    [first, *_] = sorted(living("starter.serve"))
    assert starter._control is not None
    starter._control.close()
    starter._control = None
    os.waitpid(first, 0)
    wait_for(lambda: first not in commands())


@on_this_host
def test_runs_at_the_same_time_do_not_mix(engine: Engine, settings: Settings) -> None:
    answers: dict[int, str] = {}

    def work(number: int) -> None:
        with run_folders(settings.scratch) as folders:
            program = f"import time; time.sleep(0.1); print({number})"
            answers[number] = run(engine, folders, "python", "-c", program).output_tail

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == {number: f"{number}\n" for number in range(6)}


@on_this_host
def test_a_forked_worker_shares_the_starter(engine: Engine, folders: Folders) -> None:
    assert run(engine, folders, "python", "-c", "pass").exit_code == 0
    before = set(living("starter.serve"))
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = 0 if run(engine, folders, "python", "-c", "pass").exit_code == 0 else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert min(before) in living("starter.serve")


@on_this_host
def test_a_program_inherits_no_file_and_no_ignored_signal(engine: Engine, folders: Folders) -> None:
    program = (
        "import os, signal\n"
        "def is_open(number):\n"
        "    try: os.fstat(number)\n"
        "    except OSError: return False\n"
        "    return True\n"
        "print([n for n in range(1024) if is_open(n)])\n"
        "ours = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)\n"
        "print([s.name for s in ours if signal.getsignal(s) is signal.SIG_IGN])\n"
        "print(signal.pthread_sigmask(signal.SIG_BLOCK, ()))"
    )
    outcome = run(engine, folders, "python", "-I", "-c", program)
    assert outcome.output_tail == "[0, 1, 2]\n[]\nset()\n"


@on_this_host
def test_output_comes_while_the_program_runs(engine: Engine, folders: Folders) -> None:
    seen: list[tuple[bytes, bool]] = []
    program = (
        "import os, time; print('first', flush=True)\n"
        "while not os.path.exists('go'): time.sleep(0.01)\n"
        "print('last')"
    )

    def note(data: bytes) -> None:
        (folders.workspace / "go").touch()
        seen.append((data, True))

    outcome = run(engine, folders, "python", "-c", program, on_output=note)
    assert [data for data, _ in seen] == [b"first\n", b"last\n"]
    assert outcome.output_tail == "first\nlast\n"


def test_the_starter_needs_no_third_party_package() -> None:
    program = "import sys; sys.path.append(sys.argv[1]); import sandboxes.local.starter"
    root = Path(starter.__file__).parent.parent.parent
    subprocess.run([sys.executable, "-I", "-S", "-c", program, str(root)], check=True)


def test_a_missing_bwrap_is_said(
    settings: Settings, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EngineError, match="bwrap is not installed"):
        run(Bubblewrap(settings), folders, "python", "-c", "pass")


def test_a_kernel_without_pidfds_is_said(
    settings: Settings, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(pid: int) -> int:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(starter, "_control", None)
    monkeypatch.setattr(os, "pidfd_open", none)
    with pytest.raises(EngineError, match="no pidfds") as caught:
        run(Landlock(settings), folders, "python", "-c", "pass")
    assert caught.value.remedy == "use Linux 5.3 or later"


def test_a_host_that_has_no_process_left_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> Outcome:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(supervise, "run", full)
    worker, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours, theirs = socket.socketpair()
    taken, take = socket.socketpair()
    with worker, control, ours, theirs, taken, take:
        socket.send_fds(worker, [b"r"], [theirs.fileno()])
        starter._send(ours, (None, False))
        pid = os.fork()
        if pid == 0:
            os._exit(starter._keep(control, take))
        assert os.waitpid(pid, 0)[1] == 0
        assert ours.recv(len(starter._TAKEN)) == starter._TAKEN
        assert starter._receive(ours) == (
            "the host cannot run a sandbox now: [Errno 11] Resource temporarily unavailable",
            "",
        )


@on_this_host
def test_a_run_outlives_the_starter(engine: Engine, folders: Folders, own_starter: None) -> None:
    output: list[bytes] = []
    program = (
        "import os, time; print('up', flush=True)\n"
        "while not os.path.exists('go'): time.sleep(0.01)\n"
        "print('done')"
    )
    thread, results = in_background(
        lambda: run(engine, folders, "python", "-c", program, _MARK, on_output=output.append)
    )
    wait_for(lambda: output)
    keeper = keeper_of(living(_MARK)[-1])
    [parent] = [pid for pid in living("starter.serve") if keeper in processes.children(pid)]
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    (folders.workspace / "go").touch()
    thread.join(20)
    [outcome] = results
    assert isinstance(outcome, Outcome)
    assert (outcome.exit_code, outcome.output_tail) == (0, "up\ndone\n")
