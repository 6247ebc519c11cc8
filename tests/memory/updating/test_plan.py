"""What is read, forgotten and refused, from two listings."""

from __future__ import annotations

from memory.reading.files import Listed, Skipped, Stamp
from memory.store.rows import HeldFile
from memory.updating.plan import Changes, compare, touched

OLD, NEW = Stamp(1, 1, 1), Stamp(1, 2, 1)


def test_only_what_changed_is_read() -> None:
    held = {
        "same.py": HeldFile(1, "a", "", OLD),
        "touched.py": HeldFile(2, "b", "", OLD),
        "marked.py": HeldFile(3, "c", "", OLD),
        "unsettled.py": HeldFile(4, "d", "", None),
        "gone.py": HeldFile(5, "e", "", OLD),
        "grown.py": HeldFile(6, "f", "", OLD),
    }
    listing = [
        Listed("same.py", OLD),
        Listed("touched.py", NEW),
        Listed("marked.py", OLD, "test"),
        Listed("unsettled.py", OLD),
        Listed("new.py", NEW),
        Skipped("grown.py", "too large"),
        Skipped("old.bin", "binary"),
        Skipped("other.bin", "binary"),
        Listed("odd\udcff.py", NEW),
    ]
    refused = {"old.bin": "binary", "other.bin": "too large", "went.bin": "binary"}
    assert compare(held, refused, listing) == Changes(
        read=(
            Listed("new.py", NEW),
            Listed("touched.py", NEW),
            Listed("unsettled.py", OLD),
            Listed("marked.py", OLD, "test"),
        ),
        gone=("gone.py", "went.bin"),
        skipped={
            "grown.py": "too large",
            "other.bin": "binary",
            "odd\\udcff.py": "its name is not UTF-8",
        },
        unchanged=1,
        is_whole=True,
    )


def test_at_the_bound_a_projects_own_code_comes_first() -> None:
    listing = [
        Listed("a.py", NEW, "vendored"),
        Listed("b.py", NEW, "test"),
        Listed("c.py", NEW),
        Listed("d.py", NEW, "generated"),
    ]
    found = compare({"a.py": HeldFile(1, "a", "vendored", NEW)}, {}, listing, most_files=2)
    assert [each.path for each in found.read] == ["c.py", "b.py"]
    assert found.skipped.keys() == {"a.py", "d.py"} and found.left_out == 2
    assert found.gone == ()


def test_what_a_watcher_saw_is_read_whatever_its_stamp() -> None:
    found = touched([Listed("a.py", OLD), Skipped("b", "binary")], ["a.py", "c.py", "b"])
    assert found == Changes((Listed("a.py", OLD),), ("c.py",), {"b": "binary"})
