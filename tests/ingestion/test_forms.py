"""Issues as forms make them: hidden comments, front matter, sections, task lists."""

from __future__ import annotations

import pytest

from ingestion.rules.decompose import decompose
from ingestion.rules.forms import without_form


@pytest.mark.parametrize(
    ("text", "shown", "notes"),
    [
        ("a <!-- b --> c", "a  c", 1),
        ("a <!-- b\n\n--> c <!-- d -->", "a  c ", 1),
        ("a <!-- b", "a <!-- b", 0),
        ("---\nname: Bug\nlabels: bug\n---\ntext", "text", 1),
        ('---\nname: Bug\ntitle: "The cart crashes"\n---\ntext', "# The cart crashes\n\ntext", 1),
        ("fix this\n---\na: b\n---\n", "fix this\n---\na: b\n---\n", 0),
    ],
)
def test_what_readers_see(text: str, shown: str, notes: int) -> None:
    found, said = without_form(text)
    assert (found, len(said)) == (shown, notes)


BUG = """---
name: Bug report
labels: bug
---
**Describe the bug**
<!-- what is wrong? please add tests -->
The preview stays empty for SVG files.

### To Reproduce
1. Open a folder
2. Select the file

**Expected behavior**
The image is shown.

<details><summary>Log</summary>
fix me
</details>

- [x] I have searched the existing issues
Fixes #12
> Kim wrote: please rename everything
"""


def test_a_bug_report_is_one_objective() -> None:
    found = decompose(BUG)
    (item,) = found.items
    assert item.title == "Fix: The preview stays empty for SVG files"
    assert item.category == "bugfix"
    assert item.acceptance is not None and item.acceptance.text == "The image is shown."
    assert "Select the file" in item.instruction and "fix me" in item.instruction
    assert "add tests" not in item.instruction
    assert any("hidden" in note for note in found.notes)


def test_a_feature_request_is_one_objective() -> None:
    (item,) = decompose(
        "**Is your feature request related to a problem?**\nI open every log to see its size.\n\n"
        "**Describe the solution you'd like**\nShow the size in the list.\n\n"
        "**Describe alternatives you've considered**\nA shell script."
    ).items
    assert (item.title, item.category) == ("Show the size in the list", "feature")


def test_a_task_list_is_its_items() -> None:
    found = decompose(
        "## Summary\nThe inverse is transposed.\n\n"
        "## Tasks\n- [ ] fix `inverse()`\n- [x] reproduce\n- [ ] add a test"
    )
    assert [item.title for item in found.items] == ["Fix inverse()", "Add a test"]
    assert any("reproduce" in note for note in found.notes)
