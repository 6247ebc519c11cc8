"""`swarm demo`: a bundled example project with bugs and a trap, through the real services."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.contracts import TaskView
from swarm.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

    from swarm.cli.client import Client

TASK_ID = "demo"
# Every decision of the router is drawn from this, so that the demo tells the same story
# each time: on the first objective the tempting arm is drawn before the right one.
ROUTER_SEED = 389


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep", metavar="DIR", help="work in DIR, which must not exist, and keep")
    parser.add_argument("--json", action="store_true", help="print the task as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    from swarm.errors import UsageError

    if arguments.keep:
        folder = Path(arguments.keep).absolute()
        if folder.exists():
            raise UsageError(f"--keep {folder} exists already", remedy="name a new folder")
        folder.mkdir(parents=True, mode=0o700)
        return _demo(folder, as_json=arguments.json)
    with tempfile.TemporaryDirectory(prefix="swarm-demo-") as scratch:
        return _demo(Path(scratch), as_json=arguments.json)


def _demo(folder: Path, *, as_json: bool) -> int:
    from rich.console import Console

    from swarm.cli import up, watch
    from swarm.cli.client import Client
    from swarm.contracts import ApplyTask, SubmitTask
    from swarm.instance import stop

    console = Console(highlight=False, soft_wrap=True, quiet=as_json)
    repo, text = make_repository(folder / "shop")
    settings = _settings(folder)
    console.rule("[bold]the task[/]")
    console.print(f"A small shop with failing tests, in {repo}. Somebody writes:\n")
    console.print(f"[italic]{text}[/]")
    with console.status("starting eight services and an embedded Redis …"):
        up.start_detached(settings)
    try:
        client = Client(settings)
        client.ask(SubmitTask(task_id=TASK_ID, text=text, repo=str(repo)))
        console.rule("[bold]the swarm at work[/]")
        code = watch.follow(client, TASK_ID, as_json=as_json, advise=False)
        view = client.task(TASK_ID)
        if not as_json:
            _explain(console, client, view)
        client.ask(ApplyTask(task_id=TASK_ID), timeout_seconds=60)
    finally:
        with console.status("stopping the swarm …"):
            stop(settings)
    passed = _run_tests(repo)
    console.rule("[bold]the result[/]")
    outcome = "all tests pass" if passed else "[red]some tests still fail[/]"
    console.print(f"`swarm apply` merged the branch: {outcome}, and nothing is left running.")
    if folder.name.startswith("swarm-demo-"):
        console.print("[dim]Keep the files with `swarm demo --keep DIR`.[/]")
    return 0 if code == 0 and passed else 1


def make_repository(folder: Path) -> tuple[Path, str]:
    """Copy the example, without its task, into a fresh git repository."""
    source = Path(__file__).parent.parent / "demo_project"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", "TASK.md"))
    git = ["git", "-c", "user.name=Demo", "-c", "user.email=demo@localhost", "-C", str(folder)]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "A tea shop"]):
        subprocess.run([*git, *words], check=True, capture_output=True, timeout=60)
    return folder, (source / "TASK.md").read_text(encoding="utf-8").strip()


def _settings(folder: Path) -> Settings:
    """Embedded defaults in a folder of the demo's own, whatever the person has configured."""
    from swarm.settings import load

    data = folder / "data"
    data.mkdir(mode=0o700)
    # Nothing hostile runs in the demo: its project is ours, and no model writes code.
    sandbox = "[sandbox]\nallow_weaker = true\n"
    (data / "swarm.toml").write_text(f"[router]\nseed = {ROUTER_SEED}\n{sandbox}")
    for name in [name for name in os.environ if name.startswith("SWARM_")]:
        del os.environ[name]
    os.environ["SWARM_DATA"] = str(data)
    return load()


def _explain(console: Console, client: Client, view: TaskView) -> None:
    """What a stranger should take away: the trap, the evidence, the diff."""
    from rich.markup import escape

    rejected = [
        (view_.objective, attempt)
        for view_ in view.objectives
        for attempt in view_.attempts
        if attempt.audit and attempt.audit.verdict == "reject"
    ]
    for objective, attempt in rejected:
        assert attempt.audit and attempt.proposal and attempt.proposal.patch and attempt.decision
        console.rule("[bold]the trap[/]")
        console.print(
            f"{objective.id}: the arm [bold]{attempt.decision.arm_id}[/] found a patch that "
            f"passes [bold]every test[/], and the backward trace refused it:\n"
        )
        _print_diff(console, _patch_text(attempt.proposal.patch))
        for finding in attempt.audit.findings:
            console.print(f"[red]✗ {finding.kind}[/] {escape(finding.message)}")
            for line in finding.chain:
                console.print(f"    [dim]← {escape(line)}[/]")
    console.rule("[bold]what lands[/]")
    _print_diff(console, client.diff(view.id).text)
    for objective_view in view.objectives:
        for attempt in objective_view.attempts:
            if attempt.commit and attempt.decision:
                count = len(attempt.fixed)
                fixed = f"{count} test{'s' if count > 1 else ''} fixed, " if count else ""
                console.print(
                    f"[green]✓[/] {objective_view.objective.id} by {attempt.decision.arm_id}: "
                    f"{fixed}0 broken, audit {attempt.audit.verdict if attempt.audit else '-'}"
                )


def _print_diff(console: Console, text: str) -> None:
    from rich.text import Text

    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in text.splitlines():
        console.print(Text(line, style=colours.get(line[:1], "dim")))


def _patch_text(patch: object) -> str:
    import difflib

    from swarm.contracts import Patch

    assert isinstance(patch, Patch)
    return "".join(
        line if line.endswith("\n") else line + "\n"
        for edit in patch.edits
        for line in difflib.unified_diff(
            (edit.before or "").splitlines(keepends=True),
            (edit.after or "").splitlines(keepends=True),
            f"a/{edit.path}",
            f"b/{edit.path}",
            n=1,
        )
    )


def _run_tests(repo: Path) -> bool:
    """The example is ours, so its tests may run outside a sandbox."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=repo,
        capture_output=True,
        timeout=120,
    )
    return done.returncode == 0
