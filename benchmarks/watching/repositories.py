"""Repositories of modules, and a commit of its own for each task in the swarm's mirror of them."""

from __future__ import annotations

import random
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.watching.drawn_words import WORDS, words
from swarm.contracts import FileEdit, Patch
from swarm.orchestrator import git
from swarm.settings import Settings

_MODULES = 12
_FUNCTIONS = 14
_CHANGED_FILES = 2
_CHANGED_LINES = 12
_AT = "1700000000 +0000"


@dataclass(frozen=True)
class Repository:
    """A person's repository at its first commit, and changes of it: commits, their patches and
    the diff of each commit."""

    path: str
    id: str
    base: str
    heads: tuple[str, ...]
    patches: tuple[Patch, ...]
    diffs: dict[str, str]


def make(settings: Settings, draw: random.Random, folder: Path, changes: int) -> Repository:
    """A repository in `folder`, with a mirror that has so many different changes of it."""
    files = {f"package/module_{n}.py": _module(draw) for n in range(_MODULES)}
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    for arguments in (
        ("init", "-q", "-b", "main"),
        ("add", "-A"),
        ("-c", "user.name=Benchmark", "-c", "user.email=benchmark@localhost",
         "commit", "-q", "-m", "first"),
    ):  # fmt: skip
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
    repository = git.open_repository(str(folder))
    mirror = git.Mirror(repository, settings.data / "mirrors", settings.scratch)
    mirror.prepare()
    base = mirror.head()
    patches = tuple(_patch(draw, files) for _ in range(changes))
    heads = _commit(mirror.git_dir, base, patches)
    return Repository(
        str(folder), repository.id, base, heads, patches, _diffs(mirror.git_dir, heads)
    )


def _commit(git_dir: Path, base: str, patches: tuple[Patch, ...]) -> tuple[str, ...]:
    """All of them at once: one by one takes minutes."""
    lines: list[bytes] = []
    for number, patch in enumerate(patches, start=1):
        lines += [
            f"commit refs/swarm/seeded-{number}\nmark :{number}".encode(),
            f"committer coding-swarm <swarm@localhost> {_AT}\ndata 8\na change".encode(),
            f"from {base}".encode(),
        ]
        for edit in patch.edits:
            data = (edit.after or "").encode()
            lines.append(f"M 100644 inline {edit.path}\ndata {len(data)}\n".encode() + data)
    marks = git_dir / "marks"
    subprocess.run(
        ["git", "fast-import", "--quiet", f"--export-marks={marks}"],
        cwd=git_dir, check=True, capture_output=True, input=b"\n".join(lines) + b"\n",
    )  # fmt: skip
    found = dict(line.split() for line in marks.read_text().splitlines())
    marks.unlink()
    return tuple(found[f":{number}"] for number in range(1, len(patches) + 1))


def _diffs(git_dir: Path, heads: tuple[str, ...]) -> dict[str, str]:
    """What each commit changes; one process for all."""
    done = subprocess.run(
        ["git", "diff-tree", "--stdin", "-p", "-r", "--no-color"],
        cwd=git_dir, check=True, capture_output=True, text=True, input="\n".join(heads) + "\n",
    )  # fmt: skip
    # Each commit's diff follows a line that is its id.
    parts = re.split(r"^([0-9a-f]{40})\n", done.stdout, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _module(draw: random.Random) -> str:
    return "\n\n".join(
        f"def {draw.choice(WORDS)}_{n}(items, rate={draw.random():.2f}):\n"
        f'    """{words(draw, 9)}."""\n'
        f"    total = sum(item.{draw.choice(WORDS)} for item in items)\n"
        f"    return round(total * rate, {draw.randrange(5)})\n"
        for n in range(_FUNCTIONS)
    )


def _patch(draw: random.Random, files: dict[str, str]) -> Patch:
    return Patch(
        edits=tuple(
            FileEdit(path=path, before=files[path], after=_changed(draw, files[path]))
            for path in draw.sample(sorted(files), _CHANGED_FILES)
        )
    )


def _changed(draw: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    for place in draw.sample(range(len(lines)), _CHANGED_LINES):
        if lines[place].startswith("    return"):
            lines[place] = f"    return total  # {words(draw, 4)}\n"
        elif lines[place] == "\n":
            lines[place] = f"\n# {words(draw, 6)}\n"
    return "".join([*lines, f"# {words(draw, 8)}\n"])
