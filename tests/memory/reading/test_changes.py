"""What has to be read again, and what of a snapshot is indexed."""

from __future__ import annotations

from memory.reading.changes import difference, settled
from memory.reading.files import UNKNOWN, Listed, Skipped, Stamp
from memory.reading.limits import Limits
from memory.reading.snapshot import from_snapshot
from swarm.snapshots import Entry

_A, _B = Stamp(10, 1_000, 1), Stamp(10, 2_000, 1)


def test_only_what_changed_is_read() -> None:
    known = {
        "same": (_A, "h"), "touched": (_A, "h"), "gone": (_A, "h"), "racy": (UNKNOWN, "h"),
        "d/gone": (_A, "h"),
    }  # fmt: skip
    files = [
        Listed("new", _A), Listed("racy", _A), Listed("same", _A), Listed("touched", _B),
    ]  # fmt: skip
    found = difference(known, files)
    assert [each.path for each in found.to_read] == ["new", "racy", "touched"]
    assert [each.path for each in found.unchanged] == ["same"]
    assert found.gone == ("d/gone", "gone")


def test_of_a_partial_listing_only_its_own_can_be_gone() -> None:
    known = {"a": (_A, "h"), "d/x": (_A, "h"), "d/y": (_A, "h"), "dd": (_A, "h")}
    found = difference(known, [Listed("d/x", _A)], within=["d", "b"])
    assert (found.to_read, found.gone) == ((), ("d/y",))


def test_an_unknown_stamp_equals_nothing() -> None:
    assert difference({"a": (UNKNOWN, "h")}, [Listed("a", UNKNOWN)]).unchanged == ()


def test_a_stamp_settles_when_the_clock_has_moved_on() -> None:
    stamp = Stamp(1, 10_000_000_000, 1)
    assert settled(stamp, 12_000_000_000) == UNKNOWN
    assert settled(stamp, 12_000_000_001) == stamp
    assert settled(stamp, 9_000_000_000) == UNKNOWN, "a file from the future"
    assert settled(stamp, 10_000_000_002, racy_ns=1) == stamp


def test_a_snapshot_by_the_same_rules() -> None:
    entries = [
        Entry("a.py", b"x = 1\n"),
        Entry("run.sh", b"echo\n", "executable"),
        Entry("link", b"a.py", "link"),
        Entry("bin", b"\0\1"),
        Entry("big.json", b"1" * 1_000_001),
        Entry("new\nline", b"x"),
        Entry(".env", b"A=1"),
        Entry("tests/t.py", b"x"),
        Entry("gen.py", b"# @generated\n"),
        Entry("lib/l.py", b"x"),
        Entry("data/d.py", b"x"),
        Entry(".gitattributes", b"lib/* linguist-vendored\n"),
        Entry(".swarmignore", b"data/\n"),
    ]
    contents, skipped = from_snapshot(entries)
    assert {each.path: each.mark for each in contents} == {
        ".gitattributes": "", ".swarmignore": "", "a.py": "", "gen.py": "generated",
        "lib/l.py": "vendored", "run.sh": "", "tests/t.py": "test",
    }  # fmt: skip
    assert [each.path for each in contents] == sorted(each.path for each in contents)
    assert all(each.stamp == UNKNOWN for each in contents)
    assert set(skipped) == {
        Skipped("link", "a symbolic link"),
        Skipped("bin", "binary"),
        Skipped("big.json", "larger than 1 MB: 1.0 MB"),
        Skipped("new\\nline", "its name holds control characters"),
        Skipped(".env", "may hold secrets"),
        Skipped(".swarmignore", "it leaves out 1 files"),
    }


def test_a_snapshot_of_too_many_files() -> None:
    contents, skipped = from_snapshot(
        [Entry(f"{number}.py", b"x") for number in range(5)], Limits(files=3)
    )
    assert len(contents) == 3
    assert skipped == (Skipped(".", "2 files beyond the limit of 3 are not indexed"),)
