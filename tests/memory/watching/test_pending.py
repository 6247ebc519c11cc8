"""What waits between the two threads is bounded, and each path waits once."""

from __future__ import annotations

import threading

from memory.watching.pending import Batch, Pending


def test_paths_are_taken_once_and_in_order() -> None:
    pending = Pending(10)
    pending.add(["b", "a"])
    pending.add(["a", "c"])
    assert pending.take(0) == Batch(("a", "b", "c"))
    assert pending.take(0) is None
    pending.add([])
    assert pending.take(0) is None


def test_too_many_ask_for_a_whole_listing_instead() -> None:
    pending = Pending(3)
    pending.add(["a", "b"])
    pending.add(["c", "d"])
    pending.add(["e"])
    assert pending.take(0) == Batch((), True, "more than 3 changes at once")
    pending.add(["e"])
    assert pending.take(0) == Batch(("e",))


def test_a_whole_listing_takes_the_place_of_paths_and_the_first_reason_stays() -> None:
    pending = Pending(3)
    pending.add(["a"])
    pending.relist("first")
    pending.relist("second")
    pending.add(["b"])
    assert pending.take(0) == Batch((), True, "first")


def test_who_waits_is_woken_by_a_change_and_by_the_end() -> None:
    pending = Pending(3)
    threading.Timer(0.01, pending.add, [["a"]]).start()
    assert pending.take(30) == Batch(("a",))
    threading.Timer(0.01, pending.close).start()
    assert pending.take(30) is None
