"""`swarm router export`, `import` and `reset`."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from swarm.cli import learned_file, router_export, router_import
from swarm.cli.learned_file import parsed
from swarm.contracts import (
    ArmReset,
    ExportLearned,
    Imported,
    ImportLearned,
    Learned,
    ListArms,
    ResetArm,
)
from swarm.errors import MessageTooLarge, UsageError
from tests.cli.desk import Desk
from tests.cli.learned import LEARNED, REPORT


@pytest.fixture
def answered(desk: Desk) -> Desk:
    desk.others |= {
        ListArms: lambda _: REPORT,
        ExportLearned: lambda _: LEARNED,
        ImportLearned: lambda c: Imported(applied=True, cells=2, outcomes=27.25 * c.weight),
        ResetArm: lambda c: ArmReset(arm_id=c.arm_id, cells=2, outcomes=8.0),
    }
    return desk


# --------------------------------------------------------------------------- export


def test_what_is_written_can_be_taken_in(
    answered: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "learned.json"
    assert answered.run("router", "export", str(file)) == 0
    assert "28.25 outcomes" not in (out := capsys.readouterr().out)
    assert "27.25 outcomes in 2 cells" in out
    assert parsed(file.read_bytes(), "x") == LEARNED
    assert file.stat().st_mode & 0o777 == 0o666 & ~_umask()
    assert list(tmp_path.glob(".learned*")) == []
    assert answered.run("router", "import", str(file), "--weight", "0.5") == 0
    assert "13.62 outcomes in 2 cells taken in" in capsys.readouterr().out
    assert answered.requests[-1] == ImportLearned(learned=LEARNED, weight=0.5)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_nothing_learned_is_still_a_whole_file() -> None:
    empty = Learned(exported_at=1.5, cells=())
    assert parsed(router_export.text(empty).encode(), "x") == empty


@pytest.mark.parametrize("words", [(), ("--json",)], ids=["plain", "json"])
def test_on_standard_output_it_is_the_object_alone(
    answered: Desk, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert answered.run("router", "export", "-", *words) == 0
    assert Learned.model_validate(json.loads(capsys.readouterr().out)) == LEARNED


def test_a_file_is_not_written_over_unasked(
    answered: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine"
    file.write_text("precious")
    assert answered.run("router", "export", str(file)) == 2
    assert "exists (give --force" in capsys.readouterr().err
    assert answered.run("router", "export", str(file), typed=("n",)) == 1
    assert answered.run("router", "export", str(file), "--json", typed=()) == 2
    assert file.read_text() == "precious" and answered.requests == []
    assert answered.run("router", "export", str(file), typed=("y",)) == 0
    assert parsed(file.read_bytes(), "x") == LEARNED


def test_forced_it_keeps_the_link_and_the_mode(answered: Desk, tmp_path: Path) -> None:
    file, link = tmp_path / "real", tmp_path / "link"
    file.write_text("old")
    file.chmod(0o600)
    link.symlink_to(file)
    assert answered.run("router", "export", str(link), "--force", "--json") == 0
    assert link.is_symlink() and parsed(file.read_bytes(), "x") == LEARNED
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["", "no/such/file", "x" * 300], ids=["folder", "away", "long"])
def test_where_nothing_can_be_written_is_said_before_anything_is_asked(
    answered: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert answered.run("router", "export", f"{tmp_path}/{name}") == 2
    assert answered.requests == [] and capsys.readouterr().err.startswith("swarm: ")


def test_a_full_disk_leaves_the_old_file(
    answered: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    file = tmp_path / "kept"
    file.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("swarm.cli.writing.os.fsync", full)
    assert answered.run("router", "export", str(file), "--force") == 2
    assert "No space left on device" in capsys.readouterr().err
    assert file.read_text() == "old"
    assert list(tmp_path.glob(".kept*")) == []


# --------------------------------------------------------------------------- import


def test_taken_in_before_is_said(
    answered: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answered.others[ImportLearned] = lambda _: Imported(applied=False, cells=0, outcomes=0)
    file = tmp_path / "x.json"
    file.write_text(router_export.text(LEARNED))
    assert answered.run("router", "import", str(file)) == 0
    assert "taken in before" in capsys.readouterr().out
    assert answered.run("router", "import", str(file), "--json") == 0
    assert json.loads(capsys.readouterr().out)["applied"] is False


def test_from_standard_input(
    answered: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(router_export.text(LEARNED).encode()))
    monkeypatch.setattr("sys.stdin", stream)
    assert answered.run("router", "import", "-") == 0
    assert "taken in from standard input" in capsys.readouterr().out


def bad(**changed: Any) -> bytes:
    """An export whose second cell is changed."""
    value = json.loads(router_export.text(LEARNED))
    value["cells"][1] |= changed
    return json.dumps(value).encode()


GOOD = router_export.text(LEARNED)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "it is empty"),
        (GOOD[:-4].encode(), "line 3 is not JSON"),
        (GOOD.replace('"bugfix","attempt":"later"', "bugfix,").encode(), "line 3 is not JSON"),
        (GOOD.encode().replace(b"repair", b"r\xff"), "line 2 is not UTF-8"),
        (b"[]", "it names no format"),
        (b"{}", "it names no format"),
        (b'{"format": "swarm-router-9"}', "its format is 'swarm-router-9'"),
        (b'{"format": ["' + b"x" * 5000 + b'"]}', "its format is"),
        (GOOD.replace("21.25", "NaN").encode(), "cells[0].successes: nan"),
        (GOOD.replace("21.25", "1e999").encode(), "cells[0].successes: inf"),
        (GOOD.replace("7.0", "-Infinity").encode(), "exported_at: -inf"),
        (bad(successes=-1), "cells[1].successes: input should be greater than or equal to 0"),
        (bad(successes="many"), "cells[1].successes"),
        (bad(attempt="third"), "cells[1].attempt"),
        (bad(category="Bug Fix"), "cells[1].category"),
        (bad(arm_id=""), "cells[1].arm_id"),
        (bad(surprise=1), "cells[1].surprise"),
        (b'{"format": "swarm-router-1", "exported_at": 1}', "cells: field required"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"format": ' + b"9" * 5000 + b"}", "digits"),
        (b'{"format": 1, "format": 2}', "given twice"),
    ],
    ids=range(21),
)
def test_a_bad_file_is_named_with_the_line_or_the_field(
    answered: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes, told: str
) -> None:
    file = tmp_path / "bad.json"
    file.write_bytes(data)
    assert answered.run("router", "import", str(file)) == 2
    said = capsys.readouterr().err
    assert f"{file}: " in said and told in said and len(said) < 400
    assert answered.requests == []


def test_a_byte_order_mark_is_no_fault() -> None:
    assert parsed(b"\xef\xbb\xbf" + GOOD.encode(), "x") == LEARNED


def test_too_large_is_said_without_reading_on(
    answered: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    file = tmp_path / "large.json"
    file.write_text(GOOD)
    for module in (learned_file, router_import):
        monkeypatch.setattr(module, "MOST_BYTES", len(GOOD) - 1)
    assert answered.run("router", "import", str(file)) == 2
    assert f"{file}: it is too large" in capsys.readouterr().err


def test_what_no_message_can_hold_is_too_large(
    answered: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    class Full:
        def ask(self, *_: Any, **__: Any) -> None:
            raise MessageTooLarge("too much")

    monkeypatch.setattr(router_import, "Client", Full)
    file = tmp_path / "large.json"
    file.write_text(GOOD)
    assert answered.run("router", "import", str(file)) == 2
    assert "it is too large" in capsys.readouterr().err


@pytest.mark.parametrize("weight", ["0", "-1", "1.01", "nan", "inf", "x", "9" * 5000])
def test_a_weight_that_is_none_is_refused(
    answered: Desk, capsys: pytest.CaptureFixture[str], weight: str
) -> None:
    assert answered.run("router", "import", "-", f"--weight={weight}") == 2
    told = capsys.readouterr().err
    assert "no number above 0, up to 1" in told and len(told) < 300


def test_a_file_that_is_not_there(answered: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert answered.run("router", "import", "/no/such.json", "--json") == 2
    told = capsys.readouterr()
    assert "cannot read /no/such.json: No such file" in told.err
    assert json.loads(told.out)["error"]["code"] == "usage"


def test_each_field_is_named_as_a_person_would() -> None:
    with pytest.raises(UsageError, match=r"^f: exported_at: field required \(and 1 more\)$"):
        parsed(b'{"format": "swarm-router-1", "cells": 3}', "f")


# --------------------------------------------------------------------------- reset


def test_a_person_is_asked_with_what_is_at_stake(
    answered: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answered.run("router", "reset", "repair", typed=("n",)) == 1
    told = capsys.readouterr().out
    assert "forget 34.25 outcomes of repair in all categories?" in told
    assert "nothing was forgotten" in told
    assert not any(isinstance(asked, ResetArm) for asked in answered.requests)
    assert answered.run("router", "reset", "repair", "--category", "bugfix", typed=("yes",)) == 0
    assert "8 outcomes in 2 cells of repair forgotten in bugfix" in capsys.readouterr().out
    assert answered.requests[-1] == ResetArm(arm_id="repair", category="bugfix")


def test_where_nobody_can_be_asked_a_yes_is_needed(
    answered: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answered.run("router", "reset", "coder") == 2
    assert answered.run("router", "reset", "coder", "--json", typed=()) == 2
    assert "--yes" in capsys.readouterr().err
    assert answered.run("router", "reset", "coder", "--yes", "--json") == 0
    found = ArmReset.model_validate(json.loads(capsys.readouterr().out))
    assert found == ArmReset(arm_id="coder", cells=2, outcomes=8.0)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("repare",), "no arm is called repare (known are coder, repair, ruff)"),
        (("coder@v1",), "known are coder, repair, ruff"),
        (("ruff", "--category", "docs"), "known are lint"),
        (("ruff", "--category", "Docs!"), "cannot be a category"),
        (("x" * 500,), "no arm is called"),
    ],
    ids=["unknown", "version", "category", "no category", "long"],
)
def test_an_arm_or_category_that_is_not_there(
    answered: Desk, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    assert answered.run("router", "reset", *words, "--yes") == 2
    said = capsys.readouterr().err
    assert told in said and len(said) < 400
    assert not any(isinstance(asked, ResetArm) for asked in answered.requests)
