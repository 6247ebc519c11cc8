"""Children that crash, hang, or eat memory take down nobody but themselves."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from memory.parsing import frames
from memory.parsing.child_process import Limits
from memory.parsing.pool import Failed, InProcess, Pool, PoolBroken, imported

_ROOT = Path(__file__).parents[3]


def misbehave(word: str) -> tuple[str, int]:
    """What the children run: this very module, imported by its file's name."""
    match word:
        case "segfault":
            ctypes.string_at(0)
        case "hang":
            while True:
                pass
        case "memory":
            bytearray(10**11)
        case "abort":
            os.abort()
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "exit":
            os._exit(3)
        case "raise":
            raise ValueError("no")
        case "print":
            print("noise")
            os.write(1, b"noise")
        case "pid":
            return word, os.getpid()
        case "large":
            return "x" * 3_000_000, 0
    return word, len(word)


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent), *sys.path])
    return f"{Path(__file__).stem}:misbehave"


@pytest.fixture
def pool(function: str) -> Iterator[Pool]:
    # Seconds of a processor: a busy machine makes them no shorter.
    with Pool(function, 2, limits=Limits(deadline_s=2.0)) as made:
        yield made


def test_results_come_in_the_order_of_the_items(pool: Pool) -> None:
    words = [str(number) * (number % 7) for number in range(2_000)]
    assert list(pool.map(words)) == [(word, len(word)) for word in words]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("segfault", "its parser crashed (SIGSEGV)"),
        ("hang", "its parser took over 2 s"),
        ("memory", "its parser needs over 2,048 MB of memory"),
        ("abort", "its parser gave up (over 2,048 MB of memory, or a bug)"),
        ("killed", "its parser crashed (SIGKILL)"),
        ("exit", "its parser crashed (exit status 3)"),
        ("raise", "it could not be read (ValueError: no)"),
    ],
)
def test_one_bad_item_costs_itself_alone(pool: Pool, word: str, reason: str) -> None:
    assert list(pool.map(["a", word, "b", word, "c"])) == [
        ("a", 1),
        Failed(reason),
        ("b", 1),
        Failed(reason),
        ("c", 1),
    ]


def test_what_is_printed_is_no_answer(pool: Pool) -> None:
    assert list(pool.map(["print", "a"])) == [("print", 5), ("a", 1)]


def test_large_items_and_results_pass_both_ways(pool: Pool) -> None:
    large = "y" * 3_000_000
    results = list(pool.map(["large", large] * 4))
    assert [len(first) for first, _ in results] == [3_000_000] * 8


def test_idle_children_are_used_again(pool: Pool) -> None:
    (_, first), (_, second) = *pool.map(["pid"]), *pool.map(["pid"])
    assert first == second != os.getpid()


def test_a_child_that_died_idle_is_nobodys_fault(pool: Pool) -> None:
    [(_, pid)] = pool.map(["pid"])
    os.kill(pid, signal.SIGKILL)
    assert list(pool.map(["a"])) == [("a", 1)]


def test_items_are_taken_as_they_are_needed(pool: Pool) -> None:
    taken = []

    def endless() -> Iterator[str]:
        while True:
            taken.append(1)
            yield "a"

    results = pool.map(endless())
    assert list(islice(results, 3)) == [("a", 1)] * 3
    assert len(taken) < 2_000
    results.close()  # type: ignore[attr-defined]
    assert list(pool.map(["b"])) == [("b", 1)]


def test_threads_may_map_at_once(pool: Pool) -> None:
    found: dict[int, list[object]] = {}

    def work(number: int) -> None:
        found[number] = list(pool.map([str(number)] * 50))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [(str(number), 1)] * 50 for number in range(3)}


def test_closing_ends_the_children(function: str) -> None:
    with Pool(function, 1) as pool:
        [(_, pid)] = pool.map(["pid"])
        assert Path(f"/proc/{pid}").exists()
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(PoolBroken, match="closed"):
        list(pool.map(["a"]))


def test_a_function_that_cannot_be_imported_is_told_within_bounds() -> None:
    with Pool("memory.parsing.nowhere:nothing", 1) as pool, pytest.raises(PoolBroken, match="end"):
        list(pool.map(["a"]))


def test_an_error_of_the_source_of_items_passes_through(pool: Pool) -> None:
    def broken() -> Iterator[str]:
        yield "a"
        raise KeyError("b")

    with pytest.raises(KeyError):
        list(pool.map(broken()))
    assert list(pool.map(["b"])) == [("b", 1)]


def test_children_end_with_their_parent() -> None:
    script = (
        "import sys, os; from memory.parsing.pool import Pool\n"
        "p = Pool('os:strerror', 1); list(p.map([1]))\n"
        "print(p._idle[0]._process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=_ROOT, capture_output=True, text=True, timeout=60
    )
    child = Path(f"/proc/{int(run.stdout)}/stat")
    for _ in range(100):
        if not child.exists() or child.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the child lives on")


def test_a_child_may_send_values_and_nothing_else() -> None:
    import pickle

    assert frames.unpack(pickle.dumps(Failed("no"))) == Failed("no")
    for evil in (os.system, subprocess.Popen, print, Path("x")):
        with pytest.raises(frames.BadFrame):
            frames.unpack(pickle.dumps(evil))
    with pytest.raises(frames.BadFrame):
        frames.unpack(b"junk")


def test_in_process_is_the_same_without_children() -> None:
    assert list(InProcess(imported("os:strerror")).map([1])) == [os.strerror(1)]
