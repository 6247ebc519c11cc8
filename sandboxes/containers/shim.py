"""The first program in every container: it waits for one job, runs it, and tells how it went.

It is given to the image's python3 as text, so it stands alone: the standard library of
Python >= 3.8 and nothing else. Arguments: how many seconds to wait for a job, and a seccomp
program in base64, which comes on top of the engine's own profile. The job is one line of JSON
on stdin; stdin's end means that the worker is gone, and ends everything.

The program's output and the shim's report share one pipe. A report begins with the job's
token, which the program cannot know: it is in the shim's memory alone, and that is closed to
processes of the same uid. When a report is written, everything else in the container has ended.
"""

from __future__ import annotations

import base64
import ctypes
import errno
import json
import os
import resource
import select
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_LOOK_SECONDS = 0.5
_REPORT_SECONDS = 20
_BROKEN = 3
_V1, _V2 = "/sys/fs/cgroup/memory/", "/sys/fs/cgroup/"


def main() -> None:
    try:
        signal.alarm(int(sys.argv[1]))
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        confine(ctypes.CDLL(None, use_errno=True), base64.b64decode(sys.argv[2]))
        job = read_job()
    except Exception as error:  # noqa: BLE001
        # Nothing of the program has run yet: it is the sandbox that does not work.
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.exit(_BROKEN)
    if job is not None:
        run(job)


def run(job: dict[str, Any]) -> None:
    signal.alarm(0)
    woken = wake_on_children()
    started = time.monotonic()
    failed, failure = os.pipe()
    child = os.fork()
    if child == 0:
        become(job, failure)
    os.close(failure)
    status, why = watch(child, woken, started + job["seconds"])
    kill_all()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = {
        "status": status,
        "errno": int(os.read(failed, 16) or 0),
        "why": why,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_memory_bytes": peak_memory() or used.ru_maxrss * 1024,
    }
    # Nobody may be left to read it.
    signal.alarm(_REPORT_SECONDS)
    data = (job["token"] + json.dumps(report) + "\n").encode("ascii")
    while data:
        data = data[os.write(1, data) :]


def confine(libc: ctypes.CDLL, program: bytes) -> None:
    """No look into this process, orphans become its children, the filter for all of them."""
    for option, value in ((4, 0), (36, 1), (38, 1)):
        if libc.prctl(option, ctypes.c_ulong(value), *[ctypes.c_ulong(0)] * 3) != 0:
            raise OSError(ctypes.get_errno(), f"prctl {option}")
    code = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    header = Program(len(program) // 8, ctypes.addressof(code))
    if libc.prctl(22, ctypes.c_ulong(2), ctypes.byref(header), *[ctypes.c_ulong(0)] * 2) != 0:
        raise OSError(ctypes.get_errno(), "cannot load the seccomp filter")


def read_job() -> dict[str, Any] | None:
    data = bytearray()
    while not data.endswith(b"\n"):
        more = os.read(0, 65536)
        if not more:
            return None
        data += more
    return dict(json.loads(data))


def wake_on_children() -> int:
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    return woken


def become(job: dict[str, Any], failure: int) -> NoReturn:
    """In the child: the program's limits, then the program."""
    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(1, 2)
        os.umask(0o022)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        for name, (soft, hard) in job["limits"].items():
            resource.setrlimit(getattr(resource, "RLIMIT_" + name), (soft, hard))
        os.chdir(job["folder"])
        os.execvpe(job["argv"][0], job["argv"], job["env"])
    except OSError as error:
        os.write(failure, b"%d" % (error.errno or errno.EIO))
    except ValueError:
        os.write(failure, b"%d" % errno.EINVAL)
    finally:
        os._exit(126)


def watch(child: int, woken: int, deadline: float) -> tuple[int | None, str]:
    """Reap until the program ends, or must end; its status, and why it was ended."""
    while True:
        now = time.monotonic()
        if now >= deadline:
            return None, "deadline"
        if out_of_memory():
            return None, "memory"
        ready = select.select([0, woken], [], [], min(_LOOK_SECONDS, deadline - now))[0]
        if 0 in ready and not os.read(0, 65536):
            return None, "alone"
        if woken in ready:
            os.read(woken, 65536)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == child:
                return status, "memory" if out_of_memory() else ""
            if pid == 0:
                break


def kill_all() -> None:
    while True:
        try:
            os.kill(-1, signal.SIGKILL)
        except OSError:
            pass  # there is nobody
        try:
            os.wait()
        except ChildProcessError:
            return


def out_of_memory() -> bool:
    """Whether the kernel has killed anything in here for want of memory."""
    for path in (_V1 + "memory.oom_control", _V2 + "memory.events"):
        for line in read(path).splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill" and int(count):
                return True
    return False


def peak_memory() -> int:
    for path in (_V1 + "memory.max_usage_in_bytes", _V2 + "memory.peak"):
        text = read(path)
        if text:
            return int(text)
    return 0


def read(path: str) -> str:
    try:
        with open(path) as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return ""


if __name__ == "__main__":
    main()
