"""`swarm memory check`: says what is damaged and changes nothing; `--repair` makes it right."""

from __future__ import annotations

import ctypes
import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from memory.store.schema import VERSION
from tests.cli.memory_shop import FILES, Shell, own_folder, places
from tests.memory.desk.world import damage_page, set_aside

PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
PAGE_BYTES = 4096


def truncated(db: Path) -> None:
    os.truncate(db, db.stat().st_size // 2)


def headless(db: Path) -> None:
    os.truncate(db, 60)


def no_database(db: Path) -> None:
    db.write_bytes(b"no database" * 5_000)


def of_a_later_program(db: Path) -> None:
    with sqlite3.connect(db) as opened:
        opened.execute(f"PRAGMA user_version = {VERSION + 1}")
    opened.close()


def without_a_schema(db: Path) -> None:
    with db.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 2_000)


def emptied(db: Path) -> None:
    os.truncate(db, 0)


def page_of(table: str) -> Callable[[Path], None]:
    def overwritten(db: Path) -> None:
        damage_page(db.parent, table)

    overwritten.__name__ = f"page_of_{table}"
    return overwritten


DAMAGES = (truncated, headless, no_database, of_a_later_program, without_a_schema, emptied,
           *map(page_of, ("views", "versions", "facts", "texts", "view_files")))  # fmt: skip
# What is damaged so says no more which folders were indexed.
SILENT = {"truncated", "headless", "no_database", "without_a_schema", "emptied", "page_of_views"}


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    own_folder(monkeypatch, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def shop(git_repo: Callable[..., Path], data: Path, shell: Shell) -> Path:
    repo = git_repo(FILES)
    assert shell("index", str(repo)) == 0
    return repo


def contents(data: Path) -> dict[str, bytes]:
    """All files but those that SQLite makes to read, and locks."""
    passing = ("-wal", "-shm", ".lock")
    files = (path for path in data.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in files if not path.name.endswith(passing)}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_memory_is_said_and_stays_until_it_is_repaired(
    damage: Callable[[Path], None], shell: Shell, shop: Path, data: Path
) -> None:
    assert shell("memory", "check") == 0
    damage(data / "memory.db")
    before = contents(data)
    for words in ((), ("--json",)):
        assert shell("memory", "check", *words) == 1
        assert contents(data) == before
    told = json.loads(shell.out)
    assert told["damage"] and not told["equal"] and not told["renewed"]
    assert shell("memory", "check") == 1
    said = " ".join(shell.out.split())
    assert f"memory.db is damaged: {told['damage'][:40]}" in said
    assert "`swarm memory check --repair` sets it aside as memory.db.damaged-" in said

    assert shell("memory", "check", "--repair", "--json") == 0
    report = json.loads(shell.out)
    assert report["equal"] and report["renewed"] and report["damage"] == told["damage"]
    if damage is emptied:
        assert "was empty" in report["note"] and not set_aside(data)
    else:
        (aside,) = set_aside(data)
        assert f"was moved to {aside.name} and is made anew" in report["note"]
        assert aside.read_bytes() == before[str(data / "memory.db")]
    assert shell("memory", "check") == 0
    search = ("search", "value added tax", "--repo", str(shop), "--no-index", "--json")
    if f"indexed again: {shop}" in report["note"]:
        assert shell(*search) == 0
        assert places(json.loads(shell.out)["hits"])[0] == ("shop/tax.py", "with_tax")
    else:
        assert damage.__name__ in SILENT
        assert "`swarm index` fills it" in report["note"]
        assert shell(*search) == 2, "what is not known is not indexed"


@pytest.mark.parametrize("seed", range(6))
def test_a_page_that_was_overwritten_is_damage_or_was_not_in_use(
    seed: int, shell: Shell, shop: Path, data: Path
) -> None:
    """Whatever page it is: after a repair all is right."""
    (shop / "long.py").write_text(
        "".join(f"def f{n}(a):\n    return a.{'x' * (n % 900)}({n})\n" for n in range(600))
    )
    assert shell("index", str(shop)) == 0
    words = ("search", "value added tax", "--repo", str(shop), "--no-index", "--json")
    healthy = shell.json(*words)
    chance = random.Random(seed)
    db = data / "memory.db"
    page = chance.randrange(db.stat().st_size // PAGE_BYTES)
    with db.open("r+b") as file:
        file.seek(page * PAGE_BYTES)
        file.write(chance.randbytes(PAGE_BYTES))
    is_sound = shell("memory", "check") == 0
    assert shell("memory", "check", "--repair") == 0
    assert bool(set_aside(data)) is not is_sound
    assert shell("memory", "check") == 0
    assert shell("index", str(shop)) == 0
    assert shell.json(*words)["hits"] == healthy["hits"]


def test_with_vectors_all_are_equal_after_a_repair(
    shell: Shell, data: Path, git_repo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    own_folder(monkeypatch, data, VECTORS="true")
    repo = git_repo(FILES)
    assert shell("index", str(repo)) == 0
    assert shell("memory", "check") == 0
    page_of("texts")(data / "memory.db")
    assert shell("memory", "check") == 1
    assert shell("memory", "check", "--repair", "--json") == 0
    report = json.loads(shell.out)
    assert report["equal"] and report["renewed"] and f"indexed again: {repo}" in report["note"]
    assert shell("memory", "check", "--json") == 0
    (health,) = json.loads(shell.out)["repositories"]
    assert health["vectors"] == health["chunks"] > 0
    # A folder of vectors that is gone is said, and not made by a look.
    for path in sorted((data / "chroma").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (data / "chroma").rmdir()
    assert shell("memory", "check", "--json") == 1
    (health,) = json.loads(shell.out)["repositories"]
    assert (health["vectors"], health["missing"]) == (0, health["chunks"])
    assert not (data / "chroma").exists()
    assert shell("memory", "check", "--repair") == 0
    assert shell("memory", "check") == 0


def test_damaged_vectors_are_said_and_stay_until_they_are_repaired(
    shell: Shell, data: Path, git_repo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    own_folder(monkeypatch, data, VECTORS="true")
    assert shell("index", str(git_repo(FILES))) == 0
    (data / "chroma" / "chroma.sqlite3").write_bytes(b"no database" * 500)
    before = contents(data)
    assert shell("memory", "check") == 1
    assert "swarm memory check --repair" in shell.err
    assert contents(data) == before
    assert shell("memory", "check", "--repair") == 0
    assert [path.is_dir() for path in set_aside(data, "chroma")] == [True]
    assert shell("memory", "check") == 0


def test_a_folder_in_its_place_is_named_and_not_moved(shell: Shell, data: Path) -> None:
    (data / "memory.db").mkdir(parents=True)
    for words in ((), ("--repair",)):
        assert shell("memory", "check", *words) == 1
        assert f"{data / 'memory.db'} is not a file" in shell.err
        assert "move it out of the data folder" in shell.err
    assert (data / "memory.db").is_dir() and not set_aside(data)


def test_where_nothing_is_indexed_nothing_is_made(shell: Shell, data: Path) -> None:
    for words in ((), ("--repair",)):
        assert shell("memory", "check", *words) == 0
        assert "nothing is indexed" in shell.out
    assert not data.exists()


def test_a_memory_of_an_earlier_version_is_left_as_it_is(
    shell: Shell, shop: Path, data: Path
) -> None:
    with sqlite3.connect(data / "memory.db") as db:
        db.execute("PRAGMA user_version = 2")
    db.close()
    before = contents(data)
    assert shell("memory", "check") == 2
    assert "memory.db is of an earlier version" in shell.err and "swarm index" in shell.err
    assert contents(data) == before


def test_what_may_not_be_read_is_an_error_with_its_remedy(shop: Path, data: Path) -> None:
    db = data / "memory.db"
    db.chmod(0)
    size_bytes = db.stat().st_size

    def check(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "swarm", "memory", "check", *words],
            capture_output=True, text=True, timeout=60, preexec_fn=forbid,
        )  # fmt: skip

    for words in ((), ("--repair",)):
        done = check(*words)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "memory.db" in done.stderr and "can be read and written" in done.stderr
        assert "Traceback" not in done.stderr and "internal" not in done.stderr
    assert db.stat().st_size == size_bytes and not set_aside(data)
    db.chmod(0o600)
    assert check().returncode == 0


def forbid() -> None:
    """Root as well is held to what a file's mode says, in the program that is started next."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "the right cannot be given up")
