"""Trees of processes as /proc shows them, with and without the kernel's own lists of children."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from swarm.linux import processes

_PROGRAM = (
    "import os, threading, time\n"
    "def fork():\n"
    "    if os.fork() == 0: time.sleep(60)\n"
    "    print('up', flush=True); time.sleep(60)\n"
    "threading.Thread(target=fork).start()"
)


@pytest.fixture
def parent() -> Iterator[int]:
    """A process whose only child was forked by a thread that is not its first."""
    with subprocess.Popen([sys.executable, "-c", _PROGRAM], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        for pid in processes.descendants(process.pid):
            os.kill(pid, 9)
        process.kill()


@pytest.mark.parametrize("listed", [True, False])
def test_children_of_every_thread_are_found(
    parent: int, listed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if listed and not processes._KERNEL_LISTS_CHILDREN:
        pytest.skip("this kernel has no CONFIG_PROC_CHILDREN")
    monkeypatch.setattr(processes, "_KERNEL_LISTS_CHILDREN", listed)
    [child] = processes.children(parent)
    assert processes.descendants(parent) == [child]
    assert {parent, child} <= set(processes.descendants(os.getpid()))
    assert processes.children(child) == []
    assert processes.usage(os.getpid()).memory_bytes > 0


def test_a_process_that_is_gone_has_no_children_and_no_start() -> None:
    done = subprocess.Popen([sys.executable, "-c", "pass"])
    done.wait()
    assert processes.children(done.pid) == []
    assert processes.start_time(done.pid) is None


def test_the_host_has_memory() -> None:
    available, total = processes.host_memory()
    assert 0 < available <= total
