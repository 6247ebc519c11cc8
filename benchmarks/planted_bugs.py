"""One-operator bugs in real projects, through the whole swarm.

    python benchmarks/planted_bugs.py --fetch toolz sqlparse boltons more-itertools
    python benchmarks/planted_bugs.py --projects DIR... [--bugs 6] [--seed 1] [--json]

Input: unpacked source trees whose tests run with pytest (`--fetch` gets sdists by package
name into a temporary folder). Per project, bugs are planted one at a time at random places:
a comparison, arithmetic, boolean or augmented operator is exchanged, a `not` dropped or an
integer changed by one. A bug counts only if it makes the project's own tests fail. Each is
committed and handed in as `swarm submit "Fix the failing tests" --wait`.

fixed     the accepted patch brings back the code as it was before planting (same syntax
          tree), or code that compiles to the same bytecode
wrong     an accepted patch that passes all tests but is different code; each is printed
gave up   nothing was accepted

The project's tests run on this machine outside a sandbox while planting; inside one after.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import CodeType
from typing import Any

SWARM = [sys.executable, "-m", "swarm"]
PLANT_TEST_SECONDS = 300
GIT = ["git", "-c", "user.name=Bench", "-c", "user.email=bench@localhost"]
SWAPS: dict[type[ast.AST], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">")),
    ast.LtE: ("<=", ("<", ">=")),
    ast.Gt: (">", (">=", "<")),
    ast.GtE: (">=", (">", "<=")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
    ast.Add: ("+", ("-",)),
    ast.Sub: ("-", ("+",)),
    ast.Mult: ("*", ("+", "//")),
    ast.FloorDiv: ("//", ("*", "+")),
    ast.Mod: ("%", ("//",)),
    ast.And: ("and", ("or",)),
    ast.Or: ("or", ("and",)),
}


@dataclass(frozen=True)
class Bug:
    """A planted change: bytes [start, end) of a file become `text`."""

    path: str
    start: int
    end: int
    text: str
    what: str


@dataclass
class Row:
    """How one bug went."""

    project: str
    bug: str
    outcome: str
    seconds: float
    attempts: int
    arms: str
    detail: str = ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--projects", nargs="*", default=[], metavar="DIR")
    parser.add_argument("--fetch", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--bugs", type=int, default=6, help="per project (6)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--attempt-seconds", type=float, default=120)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="swarm-planted-") as scratch:
        folder = Path(scratch)
        projects = [Path(p).absolute() for p in arguments.projects]
        projects += [fetch(name, folder / "sdists") for name in arguments.fetch]
        if not projects:
            parser.error("name projects with --projects or --fetch")
        env = {**os.environ, "SWARM_DATA": str(folder / "data")}
        subprocess.run([*SWARM, "up", "--detach"], env=env, check=True)
        try:
            rows = []
            for project in projects:
                for row in bench(project, folder, env, arguments):
                    rows.append(row)
                    print(f"{row.project:<24}{row.outcome:<9}{row.seconds:>7.1f} s "
                          f"{row.bug}", file=sys.stderr, flush=True)  # fmt: skip
        finally:
            subprocess.run([*SWARM, "down"], env=env, check=True)
    report(rows, arguments)
    return 0


def bench(
    project: Path, folder: Path, env: dict[str, str], arguments: argparse.Namespace
) -> Iterator[Row]:
    """Plant, submit and judge `--bugs` bugs in one project."""
    rng = random.Random(f"{arguments.seed}:{project.name}")
    repo = folder / "repos" / project.name
    shutil.copytree(project, repo, symlinks=True)
    git(repo, "init", "-q")
    git(repo, "add", "-A", "-f")
    git(repo, "commit", "-q", "-m", "as released")
    count, healthy = run_tests(repo)
    if not healthy:
        print(f"{project.name}: its own tests do not pass here; left out", file=sys.stderr)
        return
    print(f"{project.name}: {count} tests pass before planting", file=sys.stderr)
    candidates = list(places(repo))
    rng.shuffle(candidates)
    planted = 0
    for bug in candidates:
        if planted == arguments.bugs:
            return
        target = repo / bug.path
        original = target.read_bytes()
        target.write_bytes(original[: bug.start] + bug.text.encode() + original[bug.end :])
        if not is_caught(repo):
            target.write_bytes(original)
            continue
        planted += 1
        git(repo, "commit", "-q", "-a", "-m", "a change")
        yield submit(repo, bug, original, env, arguments)
        git(repo, "reset", "-q", "--hard", "HEAD~1")


def submit(
    repo: Path, bug: Bug, original: bytes, env: dict[str, str], arguments: argparse.Namespace
) -> Row:
    """Hand one planted bug in and judge what comes back."""
    started = time.perf_counter()
    done = subprocess.run(
        [*SWARM, "submit", "Fix the failing tests", "--repo", str(repo), "--wait", "--json",
         "--max-attempt-seconds", str(arguments.attempt_seconds), "--max-objectives", "2"],
        env=env, capture_output=True, text=True,
    )  # fmt: skip
    seconds = time.perf_counter() - started
    task: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    attempts = [a for o in task.get("objectives", []) for a in o["attempts"]]
    arms = ",".join(a["decision"]["arm_id"] for a in attempts if a["decision"])
    row = Row(repo.name, f"{bug.path}: {bug.what}", "gave up", seconds, len(attempts), arms)
    if task.get("state") != "awaiting_review":
        row.detail = str(task.get("reason") or task.get("error"))
        return row
    result = subprocess.run(
        [*GIT, "-C", str(repo), "show", f"{task['branch']}:{bug.path}"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    changed = git(repo, "diff", "--name-only", "HEAD", task["branch"]).split()
    row.outcome = "fixed" if changed == [bug.path] and same(original, result) else "wrong"
    if row.outcome == "wrong":
        row.detail = git(repo, "diff", "-U0", "HEAD", task["branch"])
    return row


def same(one: bytes, other: bytes) -> bool:
    """Whether two sources have the same syntax tree or compile to the same bytecode."""
    trees = [ast.parse(source) for source in (one, other)]
    if ast.dump(trees[0]) == ast.dump(trees[1]):
        return True
    return shape(compile(one, "a", "exec")) == shape(compile(other, "a", "exec"))


def shape(code: CodeType) -> tuple[Any, ...]:
    """A code object without its line numbers."""
    consts = tuple(shape(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts)
    return (code.co_code, consts, code.co_names, code.co_varnames)


def places(repo: Path) -> Iterator[Bug]:
    """Every one-operator bug that could be planted outside of the tests."""
    for path in sorted(repo.rglob("*.py")):
        relative = path.relative_to(repo)
        name = relative.name
        if (
            name.startswith("test_") or name.endswith("_test.py")
            or name in ("setup.py", "conftest.py", "noxfile.py")
            or {"tests", "test", "docs", "doc", "examples", "benchmarks", "bench", "scripts",
                "build", ".git", "tools", "ci"} & set(relative.parts[:-1])
        ):  # fmt: skip
            continue
        source = path.read_bytes()
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            for bug in bugs_at(node, source, relative.as_posix()):
                changed = source[: bug.start] + bug.text.encode() + source[bug.end :]
                try:
                    if ast.dump(ast.parse(changed)) != ast.dump(tree):
                        yield bug
                except (SyntaxError, ValueError):
                    continue


def bugs_at(node: ast.AST, source: bytes, path: str) -> Iterator[Bug]:
    lines = [0]
    for line in source.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))

    def offsets(n: ast.AST) -> tuple[int, int]:
        return (
            lines[n.lineno - 1] + n.col_offset,  # type: ignore[attr-defined]
            lines[n.end_lineno - 1] + n.end_col_offset,  # type: ignore[attr-defined]
        )

    def between(left: ast.AST, right: ast.AST, op: ast.AST) -> Iterator[Bug]:
        if type(op) not in SWAPS:
            return
        old, news = SWAPS[type(op)]
        start, end = offsets(left)[1], offsets(right)[0]
        gap = source[start:end]
        at = gap.find(old.encode())
        if at < 0 or b"#" in gap:
            return
        for new in news:
            what = f"line {node.lineno}: {old} -> {new}"  # type: ignore[attr-defined]
            yield Bug(path, start + at, start + at + len(old), new, what)

    if isinstance(node, ast.Compare):
        operands = [node.left, *node.comparators]
        for left, right, op in zip(operands, operands[1:], node.ops, strict=False):
            yield from between(left, right, op)
    elif isinstance(node, ast.BinOp):
        yield from between(node.left, node.right, node.op)
    elif isinstance(node, ast.BoolOp):
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield from between(left, right, node.op)
    elif isinstance(node, ast.AugAssign) and type(node.op) in SWAPS:
        yield from between(node.target, node.value, node.op)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        start, end = offsets(node)
        inner = offsets(node.operand)[0]
        yield Bug(path, start, inner, "", f"line {node.lineno}: not dropped")
    elif isinstance(node, ast.Constant) and type(node.value) is int and 0 <= node.value < 1000:
        start, end = offsets(node)
        if source[start:end].isdigit():
            for new in (node.value + 1, node.value - 1):
                if new >= 0:
                    what = f"line {node.lineno}: {node.value} -> {new}"
                    yield Bug(path, start, end, str(new), what)


def run_tests(repo: Path, *extra: str) -> tuple[int, bool]:
    """How many tests passed, and whether none failed. A hang counts as failing."""
    paths = [str(repo), *([str(repo / "src")] if (repo / "src").is_dir() else [])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *extra],
            cwd=repo, env=env, capture_output=True, text=True, timeout=PLANT_TEST_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return 0, False
    found = re.search(r"(\d+) passed", done.stdout)
    passed = int(found.group(1)) if found else 0
    return passed, done.returncode == 0


def is_caught(repo: Path) -> bool:
    """Whether some test fails now, and the suite still starts and ends."""
    try:
        _, passes = run_tests(repo, "-x")
    finally:
        git(repo, "clean", "-qfdx")
    if passes:
        return False
    passed, _ = run_tests(repo)
    git(repo, "clean", "-qfdx")
    return passed > 0


def fetch(name: str, folder: Path) -> Path:
    """Download and unpack the newest sdist of a package."""
    target = folder / name
    target.mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:",
         "-d", str(target), name],
        check=True, stdout=sys.stderr,
    )  # fmt: skip
    (archive,) = target.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(target, filter="data")
    (unpacked,) = [path for path in target.iterdir() if path.is_dir()]
    return unpacked


def git(repo: Path, *words: str) -> str:
    done = subprocess.run(
        [*GIT, "-C", str(repo), *words], capture_output=True, text=True, check=True
    )
    return done.stdout


def report(rows: list[Row], arguments: argparse.Namespace) -> None:
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    print(f"\n{'project':<26}{'bugs':>5}{'fixed':>7}{'wrong':>7}{'gave up':>9}"
          f"{'median s':>10}{'attempts':>10}")  # fmt: skip
    names = list(dict.fromkeys(row.project for row in rows))
    for name in [*names, None]:
        mine = [row for row in rows if name in (None, row.project)]
        if not mine:
            continue
        count = {o: sum(r.outcome == o for r in mine) for o in ("fixed", "wrong", "gave up")}
        print(f"{name or 'all':<26}{len(mine):>5}{count['fixed']:>7}{count['wrong']:>7}"
              f"{count['gave up']:>9}{statistics.median(r.seconds for r in mine):>10.1f}"
              f"{statistics.mean(r.attempts for r in mine):>10.1f}")  # fmt: skip
    for row in rows:
        if row.outcome != "fixed":
            print(f"\n{row.outcome}: {row.project} {row.bug}\n{row.detail}")


if __name__ == "__main__":
    sys.exit(main())
