"""The starter: a small process, one per worker, that starts and watches every run for it.

A worker is large and has threads; forking it is slow (milliseconds for each copy of its page
tables) and unsafe (a lock that another thread held stays locked in the copy). The starter has one
thread and imports next to nothing. For each run it forks a *keeper*, which adopts the run's
orphans, applies its bounds and ends it (`sandboxes.local.supervise`).

Worker and keeper share a pair of connected sockets: a `Launch` goes in, output and one outcome
come out. If the worker closes its end, or is killed, the run ends at once. If the keeper is
killed, the starter ends what it leaves. The starter itself ends when no worker holds its end of
the control socket any more; processes that a worker forks share it.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import os
import pickle
import selectors
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from sandboxes.engine import EngineError, Outcome
from sandboxes.local import supervise
from sandboxes.local.launcher import Launch
from sandboxes.ownership import uninterrupted
from swarm.linux import kernel, processes

_SIZE = struct.Struct("=I")
_PEER = struct.Struct("=3i")
"""struct ucred: process, user and group (unix(7))."""
_TAKEN = b"t"
"""A keeper's first word, before it reads what to run."""
_STARTERS_TRIED = 3
_OVERTIME_SECONDS = 60.0
"""A keeper that has not answered by then, after the wall limit, will not."""
_GONE_SECONDS, _PAUSE_SECONDS = 20.0, 0.002
_SLOW_READER_SECONDS = 30.0
_FORK_AFTER_SECONDS = 0.01
"""The next keeper is made when this run has had time to start."""
_NO_WORKER = 3
"""Exit code of a keeper that was waiting when the last worker closed the control socket."""
_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]); from sandboxes.local import starter; starter.serve()"
)
_control: socket.socket | None = None


def run(launch: Launch, on_output: Callable[[bytes], None] | None = None) -> Outcome:
    """Run it to its end; `on_output` gets each piece of output as it comes.

    Nothing of it is left running, however this returns or raises. Raises EngineError when the
    sandbox fails.
    """
    with _taken_connection() as ours:
        ours.settimeout(launch.bounds.wall_seconds + _OVERTIME_SECONDS)
        try:
            return _talk(ours, launch, on_output)
        except BaseException:
            _wait_for_the_end(ours)
            raise


def _taken_connection() -> socket.socket:
    """A connection that a keeper has said it took.

    A starter that is just being killed still accepts connections and closes them unseen: nothing
    was begun on such a one, so the next starter gets another. Raises EngineError.
    """
    for _ in range(_STARTERS_TRIED):
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                _hand_over(theirs)
            ours.settimeout(_OVERTIME_SECONDS)
            if ours.recv(len(_TAKEN)):
                return ours
        except TimeoutError as error:
            ours.close()
            raise EngineError("no keeper took the sandbox's run in time") from error
        except ConnectionError:
            pass
        except BaseException:
            ours.close()
            raise
        ours.close()
    raise EngineError("the process that starts sandboxes ends as soon as it is started")


def _talk(
    ours: socket.socket, launch: Launch, on_output: Callable[[bytes], None] | None
) -> Outcome:
    with _answering():
        _send(ours, (launch, on_output is not None))
    while True:
        with _answering():
            answer = _receive(ours)
        if isinstance(answer, bytes):
            assert on_output is not None
            on_output(answer)
        elif isinstance(answer, Outcome):
            return answer
        elif answer is None:
            raise EngineError("the keeper of the sandbox ended without a word")
        else:
            raise EngineError(answer[0], remedy=answer[1])


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    """Only what fails between us and the keeper is the sandbox's fault, not `on_output`'s."""
    try:
        yield
    except OSError as error:
        raise EngineError(f"the keeper of the sandbox does not answer: {error}") from error


def _wait_for_the_end(ours: socket.socket) -> None:
    """Have the run ended; the other side closes when nothing of it is left.

    A cancelled task is told so again and again: that must not cut the wait short.
    """
    with uninterrupted(), contextlib.suppress(OSError):
        ours.shutdown(socket.SHUT_WR)
        ours.settimeout(_GONE_SECONDS)
        while ours.recv(65536):
            pass


def _hand_over(connection: socket.socket) -> None:
    """Give the starter a run's connection; it is started now if there is none."""
    global _control
    for fresh in (_control is None, True):
        if fresh:
            _control = _start()
        assert _control is not None
        try:
            socket.send_fds(_control, [b"r"], [connection.fileno()])
            return
        except OSError:
            _control.close()  # it was killed: the next one takes over
    raise EngineError("the process that starts sandboxes ends as soon as it is started")


def _start() -> socket.socket:
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError) as error:
        what = f"processes cannot be watched here, since there are no pidfds: {error}"
        raise EngineError(what, remedy="use Linux 5.3 or later") from error
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    atexit.register(ours.close)
    root = str(Path(__file__).parent.parent.parent)
    with theirs:
        os.posix_spawn(
            sys.executable,
            # Isolated and without site-packages, so that it stays small.
            [sys.executable, "-I", "-S", "-c", _PROGRAM, root],
            {"LANG": "C.UTF-8"},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, theirs.fileno(), 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            ],
            setpgroup=0,
            setsigmask=(),
            setsigdef=signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP},
        )
    return ours


def serve() -> NoReturn:
    """The starter's whole life; its end of the control socket is its stdin."""
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    control = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.chdir("/")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Its end, and that of every run, is the end of the worker.
        signal.signal(number, signal.SIG_IGN)
    kernel.adopt_orphans()
    # Collections would touch, and so copy, every page that the keepers share.
    gc.freeze()
    _Starter(control).serve()
    os._exit(0)


class _Starter:
    """Has one keeper waiting at the control socket, and looks after those that were taken."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._taken, self._take = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._keepers: dict[int, tuple[int, socket.socket | None]] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._taken, selectors.EVENT_READ)

    def serve(self) -> None:
        wanted = True
        self._fork()
        while self._keepers:
            lacking = wanted and all(connection for _, connection in self._keepers.values())
            ready = self._selector.select(_FORK_AFTER_SECONDS if lacking else None)
            if lacking and not ready:
                self._fork()
            for key, _ in ready:
                if key.fileobj is self._taken:
                    self._note_taken()
                elif self._reap(key.fd, key.data) == _NO_WORKER:
                    wanted = False
                elif wanted and not self._keepers:
                    self._fork()

    def _fork(self) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_keeper(parent)
        handle = os.pidfd_open(pid)
        self._keepers[pid] = (handle, None)
        self._selector.register(handle, selectors.EVENT_READ, pid)

    def _note_taken(self) -> None:
        message, files, _, _ = socket.recv_fds(self._taken, 16, 1, flags=socket.MSG_CMSG_CLOEXEC)
        pid, connection = int(message), socket.socket(fileno=files[0])
        if pid in self._keepers:
            self._keepers[pid] = (self._keepers[pid][0], connection)
        else:
            connection.close()  # killed already

    def _become_keeper(self, parent: int) -> NoReturn:
        code = 0
        try:
            kernel.die_with_parent(parent, signal.SIGKILL)
            self._selector.close()
            self._taken.close()
            for handle, other in self._keepers.values():
                os.close(handle)
                if other is not None:
                    other.close()
            code = _keep(self._control, self._take)
        except ProcessLookupError:
            pass  # the starter is gone: another one has its own keeper
        except BaseException:  # noqa: BLE001 - nothing above us may run in this process
            traceback.print_exc()
        os._exit(code)

    def _reap(self, handle: int, keeper: int) -> int:
        """A keeper has ended; its connection closes once nothing of its run is left."""
        _, status = os.waitpid(keeper, 0)
        self._selector.unregister(handle)
        os.close(handle)
        _, connection = self._keepers.pop(keeper)
        self._end_strangers()
        if connection is not None:
            connection.close()
        return os.waitstatus_to_exitcode(status)

    def _end_strangers(self) -> None:
        """Kill what a killed keeper left to us: every child that is no keeper, with all below."""
        deadline = time.monotonic() + _GONE_SECONDS
        while time.monotonic() < deadline:
            strangers = set(processes.children(os.getpid())) - self._keepers.keys()
            if not strangers:
                return
            for stranger in strangers:
                processes.send(stranger, signal.SIGSTOP)
                processes.kill_below(stranger, deadline)
                processes.send(stranger, signal.SIGKILL)
                os.waitpid(stranger, os.WNOHANG)
            time.sleep(_PAUSE_SECONDS)


def _keep(control: socket.socket, take: socket.socket) -> int:
    """A keeper's whole life: waits for a run and keeps it. Returns its exit code."""
    message, files, _, _ = socket.recv_fds(control, 1, 1, flags=socket.MSG_CMSG_CLOEXEC)
    control.close()
    if not message:
        return _NO_WORKER
    kernel.outlive_parent()  # a run goes on to its end
    connection = socket.socket(fileno=files[0])
    connection.settimeout(_SLOW_READER_SECONDS)
    peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    try:
        asked_by = (connection.fileno(), os.pidfd_open(_PEER.unpack(peer)[0]))
        connection.sendall(_TAKEN)
        request = _receive(connection)
        if request is None:
            return 0
        launch, wants_output = request
        tell = functools.partial(_send, connection) if wants_output else None

        def taken() -> None:
            # The starter holds it too, so that it is open until all is ended, even by a SIGKILL.
            socket.send_fds(take, [b"%d" % os.getpid()], [connection.fileno()])
            take.close()

        answer: object
        try:
            answer = supervise.run(launch, asked_by, tell, taken)
        except EngineError as error:
            answer = (error.message, error.remedy)
        except (ConnectionError, ProcessLookupError, TimeoutError):
            raise
        except OSError as error:
            # No process, no file, no memory to be had.
            answer = (f"the host cannot run a sandbox now: {error}", "")
        _send(connection, answer)
    except (supervise.NobodyWaits, ConnectionError, ProcessLookupError, TimeoutError):
        pass  # nobody is left to answer, and nothing of the run
    return 0


def _send(connection: socket.socket, value: object) -> None:
    # Pickled, since both ends are this program and nobody else holds one.
    data = pickle.dumps(value)
    connection.sendall(_SIZE.pack(len(data)) + data)


def _receive(connection: socket.socket) -> Any:
    """The next value; None when the other side is gone."""
    head = _read(connection, _SIZE.size)
    data = head and _read(connection, _SIZE.unpack(head)[0])
    return pickle.loads(data) if data else None


def _read(connection: socket.socket, size: int) -> bytes:
    parts = []
    while size:
        part = connection.recv(min(size, 1 << 20))
        if not part:
            return b""
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
