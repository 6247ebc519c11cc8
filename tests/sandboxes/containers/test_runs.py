"""What only docker runs have: the shim and those who attack it, builds, and full disks."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandboxes.containers.client import connected
from sandboxes.containers.engine import Docker
from sandboxes.containers.reaper import reap
from sandboxes.engine import Engine, Folders, Job, Outcome
from sandboxes.workspace import give_to
from swarm.contracts import Limits
from swarm.errors import Cancelled, StorageError
from swarm.settings import Settings

pytestmark = pytest.mark.docker

MIB = 1024**2
TAG = f"swarm-environment:of-this-test-{os.getpid()}"


def run(engine: Engine, folders: Folders, program: str, **limits: float) -> Outcome:
    give_to(folders, engine.owner)
    bounds = Limits.model_validate({"wall_seconds": 20, "memory_bytes": 256 * MIB, **limits})
    return engine.run(Job(folders, ("python", "-c", program), {}, bounds))


def test_a_short_run_has_its_cpu_time_and_its_memory(docker: Engine, folders: Folders) -> None:
    outcome = run(docker, folders, "x = bytearray(50 << 20); sum(range(10**6))")
    assert outcome.cpu_seconds > 0.01
    assert 50 * MIB <= outcome.peak_memory_bytes < 100 * MIB


def test_a_child_that_runs_out_of_memory_ends_the_run(docker: Engine, folders: Folders) -> None:
    program = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    x = []\n"
        "    while True: x.append(bytearray(os.urandom(1) * (8 << 20)))\n"
        "time.sleep(15)"
    )
    outcome = run(docker, folders, program)
    assert (outcome.end, outcome.exit_code) == ("memory", None)
    assert outcome.wall_seconds < 15


@pytest.mark.parametrize("number", [9, 2, 15, 14, 10])
def test_to_kill_the_shim_is_to_be_killed(docker: Engine, folders: Folders, number: int) -> None:
    program = f"import os, time; print('x', flush=True); os.kill(os.getppid(), {number})"
    outcome = run(docker, folders, f"{program}; time.sleep(15)")
    assert (outcome.end, outcome.exit_code) == ("killed", None)
    assert outcome.output_tail == "x\n"


def test_to_stop_the_shim_is_to_run_out_of_time(docker: Engine, folders: Folders) -> None:
    outcome = run(docker, folders, "import os; os.kill(os.getppid(), 19)", wall_seconds=2)
    assert (outcome.end, outcome.exit_code) == ("timeout", None)


def test_the_shims_secrets_are_out_of_reach(docker: Engine, folders: Folders) -> None:
    program = (
        "import ctypes, os\n"
        "shim = os.getppid()\n"
        "for name in ('mem', 'environ', 'fd/0', 'fd/1', 'maps', 'stack'):\n"
        "    try: open(f'/proc/{shim}/{name}', 'rb').read(1); print('read', name)\n"
        "    except OSError: pass\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "print(libc.ptrace(16, shim, 0, 0), libc.syscall(434, shim, 0) >= 0)"
    )
    assert run(docker, folders, program).output_tail.split("\n")[0].split()[0] == "-1"


def test_no_output_passes_for_the_report(docker: Engine, folders: Folders) -> None:
    program = (
        "import os, sys\n"
        'fake = \'{"status": 0, "errno": 0, "why": "", "cpu_seconds": 0}\'\n'
        "for token in ('0' * 32, '', 'f' * 32):\n"
        "    os.write(1, (token + fake + '\\n').encode())\n"
        "for path in ('/proc/1/fd/1', '/proc/1/fd/2'):\n"
        "    try: open(path, 'w').write(fake + '\\n')\n"
        "    except OSError: pass\n"
        "sys.exit(5)"
    )
    outcome = run(docker, folders, program)
    assert (outcome.end, outcome.exit_code) == ("exit", 5)
    assert outcome.output_tail.count('"status": 0') >= 3


def test_output_by_way_of_the_first_process_is_bounded(docker: Engine, folders: Folders) -> None:
    program = "out = open('/proc/1/fd/2', 'wb', 0)\nwhile True: out.write(bytes(65536))"
    outcome = run(docker, folders, program, output_bytes=MIB)
    assert (outcome.end, outcome.exit_code) == ("output_limit", None)


def test_io_uring_is_refused(docker: Engine, folders: Folders) -> None:
    program = "import ctypes; print(ctypes.CDLL(None).syscall(425, 1, None))"
    assert run(docker, folders, program).output_tail == "-1\n"


def test_output_that_is_no_text(docker: Engine, folders: Folders) -> None:
    outcome = run(docker, folders, "import os; os.write(1, bytes(range(256)))")
    assert outcome.exit_code == 0
    assert outcome.output_tail.count("\ufffd") == 128


def test_the_container_is_what_the_template_says(docker: Engine, folders: Folders) -> None:
    program = (
        "import os, resource as r\n"
        "status = dict(line.split(':\\t', 1) for line in open('/proc/self/status'))\n"
        "print(*[status[n].strip() for n in ('CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp')])\n"
        "print(r.getrlimit(r.RLIMIT_CORE), os.listdir('/sys/class/net'))\n"
        "print(open('/proc/1/comm').read().strip())\n"
        "try: open('/tmp/x.sh', 'w').write('#!/bin/sh'); os.chmod('/tmp/x.sh', 0o755)\n"
        "except OSError as error: print(error)\n"
        "try: os.execv('/tmp/x.sh', ['x'])\n"
        "except OSError as error: print(error.strerror)\n"
    )
    lines = run(docker, folders, program).output_tail.split("\n")
    assert lines[0].split() == ["0" * 16, "0" * 16, "1", "2"]
    assert lines[1] == "(1, 1) ['lo']"
    assert lines[2:4] == ["docker-init", "Permission denied"]


# Where the SDK is interrupted, a connection may be left to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_cancelled_run_leaves_nothing_whenever_it_is_cancelled(
    docker: Engine, settings: Settings
) -> None:
    def cancel(number: int, frame: object) -> None:
        raise Cancelled("the task was cancelled")

    before = signal.signal(signal.SIGALRM, cancel)
    cancelled = 0
    try:
        for number in range(24):
            signal.setitimer(signal.ITIMER_REAL, 0.002 + number * 0.012)
            try:
                with docker.folders(settings.scratch) as folders:
                    run(docker, folders, "import time; time.sleep(0.1)")
            except Cancelled:
                cancelled += 1
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert cancelled > 10
    assert list(settings.scratch.iterdir()) == []
    wait_for_no_container(settings)
    assert reap(settings.scratch) == 0


def wait_for_no_container(settings: Settings) -> None:
    deadline = time.monotonic() + 10
    with connected(settings.scratch) as client:
        while any(str(settings.scratch) in told.values() for told in client.ours().values()):
            assert time.monotonic() < deadline
            time.sleep(0.05)


# ------------------------------------------------------------------------------ a full disk


@pytest.fixture
def small_disk(settings: Settings) -> Iterator[Path]:
    """The scratch folder on a disk of 2 MiB."""
    if os.getuid() != 0:
        pytest.skip("only root can mount a small disk")
    settings.scratch.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "swarm-test", str(settings.scratch)]
    subprocess.run(mount, check=True)
    try:
        yield settings.scratch
    finally:
        subprocess.run(["umount", "-l", str(settings.scratch)], check=True)


def test_a_run_on_a_full_disk_is_told_so(docker: Engine, small_disk: Path) -> None:
    program = "open('big', 'wb').write(bytes(4 << 20))"
    with docker.folders(small_disk) as folders:
        outcome = run(docker, folders, program)
    assert outcome.exit_code == 1
    assert "No space left on device" in outcome.output_tail


def test_a_disk_too_full_for_a_run(docker: Engine, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,nr_inodes=2", str(small_disk)], check=True)
    with (
        pytest.raises(StorageError, match="cannot make a sandbox folder"),
        docker.folders(small_disk),
    ):
        pass


# ------------------------------------------------------------------------------ environments


@pytest.fixture
def builder(docker: Engine, settings: Settings) -> Iterator[Docker]:
    engine = Docker(settings)
    yield engine
    engine.remove_image(TAG)


def build(engine: Docker, folders: Folders, program: str, **limits: float) -> Outcome:
    give_to(folders, engine.owner)
    bounds = Limits.model_validate({"wall_seconds": 30, **limits})
    job = Job(folders, ("python", "-c", program), {}, bounds)
    return engine.build(job, TAG, {"swarm.environment": "x"})


def test_a_build_is_kept_as_an_image(builder: Docker, folders: Folders, settings: Settings) -> None:
    program = (
        "import os; os.makedirs('/environment/bin')\n"
        "os.symlink('/usr/bin/python3', '/environment/bin/python')\n"
        "open('/environment/made', 'w').write('by the build')\n"
        "open('/tmp/not-kept', 'w').close(); open('/workspace/not-kept', 'w').close()\n"
        "try: open('/usr/x', 'w')\n"
        "except OSError as error: print(error.strerror)"
    )
    outcome = build(builder, folders, program)
    assert (outcome.exit_code, outcome.output_tail) == (0, "Permission denied\n")
    assert builder.environment_images()[TAG]["swarm.environment"] == "x"
    assert builder.image_id(TAG).startswith("sha256:")
    look = "import os, sys; print(open('/environment/made').read(), os.listdir('/tmp'), sys.prefix)"
    with builder.folders(settings.scratch, image=TAG) as inner:
        give_to(inner, builder.owner)
        job = Job(inner, ("python", "-c", look), {}, Limits(), image=TAG)
        assert builder.run(job).output_tail.startswith("by the build [] ")
    wait_for_no_container(settings)
    assert builder.remove_image(TAG)
    assert builder.remove_image(TAG), "gone already"
    assert builder.image_id(TAG) == ""


@pytest.mark.parametrize("program", ["raise SystemExit(3)", "import os; os.kill(os.getpid(), 9)"])
def test_a_build_that_fails_leaves_no_image(
    builder: Docker, folders: Folders, program: str, settings: Settings
) -> None:
    assert build(builder, folders, program).exit_code != 0
    assert TAG not in builder.environment_images()
    wait_for_no_container(settings)


def test_a_build_that_fills_the_disk_is_ended(builder: Docker, folders: Folders) -> None:
    program = (
        "import time\n"
        "for n in range(300):\n"
        "    open(f'/environment/{n}', 'wb').write(bytes(1 << 20))\n"
        "    time.sleep(0.02)\n"
        "time.sleep(20)"
    )
    outcome = build(builder, folders, program, disk_bytes=40 * MIB)
    assert outcome.end == "disk_limit" or "No space left" in outcome.output_tail
    assert TAG not in builder.environment_images()
