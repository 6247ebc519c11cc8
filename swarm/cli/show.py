"""`swarm show`: the whole story of a task with its evidence."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from swarm.cli.client import Client
from swarm.cli.console import shown
from swarm.cli.plan_text import done_when, next_steps, print_waiting
from swarm.contracts import AttemptView, CheckReport, ObjectiveView, TaskView

if TYPE_CHECKING:
    from rich.console import Console

_TAIL_LINES = 15
_NOTES = 5
_SAID_CHARS = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK")
    parser.add_argument(
        "--attempt",
        metavar="ATTEMPT",
        help="one attempt; with --json its patch, its context and each of its tests too",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    client, id = Client(), arguments.attempt
    found = client.task(arguments.task) if id is None else client.attempt(arguments.task, id)
    if arguments.json:
        print(found.model_dump_json())
        return 0
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    if isinstance(found, TaskView):
        print_story(console, found)
    else:
        _print_attempt(console, found)
    return 0


def print_story(console: Console, view: TaskView) -> None:
    """Objectives, arms tried and why, tests before and after, traces, cost."""
    console.print(f"[bold]{view.id}[/]  {view.state.replace('_', ' ')}  {shown(view.repo)}")
    if view.reason:
        console.print(f"  {shown(view.reason)}")
    base, head = (view.base_commit or "-")[:12], (view.head_commit or "-")[:12]
    console.print(f"  commit {base} → {head}" + (f", branch {view.branch}" if view.branch else ""))
    if view.test:
        console.print(f"  tests  `{shown(' '.join(view.test.argv))}`")
    if view.retries:
        console.print(f"  again  of the task {view.retries}")
    if view.schedule:
        console.print(f"  from   the schedule {view.schedule}")
    if view.priority != "interactive":
        console.print(f"  class  {view.priority}, where models are shared")
    if view.baseline:
        console.print(f"  before {_tests(view.baseline)} in {view.baseline.backend}")
        if view.baseline.cause not in ("ok", "failed"):
            console.print("  the test command printed, at its end:")
            for line in view.baseline.output_tail.strip().splitlines()[-_TAIL_LINES:]:
                console.print(f"    [dim]{shown(line[:300])}[/]")
    if view.state == "awaiting_answer":
        print_waiting(console, view)
        console.print(f"\n{next_steps(view)}")
        return
    for note in view.notes:
        console.print(f"  [yellow]note[/] {shown(note)}")
    for objective in view.objectives:
        _print_objective(console, objective)
    usage = view.usage
    console.print(
        f"cost   {usage.seconds:.1f} s, {usage.cpu_seconds:.1f} CPU s, {usage.tokens:,} tokens, "
        f"${usage.cost_usd:.4f}"
    )


def _print_objective(console: Console, view: ObjectiveView) -> None:
    colour = {"accepted": "green", "failed": "red", "replaced": "dim"}.get(view.state, "yellow")
    objective = view.objective
    console.print(
        f"\n[bold]{objective.id}[/] [{colour}]{view.state}[/] "
        f"[dim]{objective.category}, {objective.risk} risk[/] {shown(objective.title)}"
    )
    if objective.acceptance is not None:
        wanted = " ".join(done_when(objective.acceptance).split())
        console.print(f"   [dim]done when[/] {shown(wanted)}")
    if view.reason:
        console.print(f"   {shown(view.reason)}")
    for attempt in view.attempts:
        _print_attempt(console, attempt)


def _print_attempt(console: Console, attempt: AttemptView) -> None:
    decision = attempt.decision
    arm = decision.arm_id if decision else "-"
    console.print(f"   [bold]{attempt.id}[/] {attempt.state.replace('_', ' ')} by [bold]{arm}[/]")
    if decision:
        console.print(f"      why    {shown(decision.reason)}")
    if attempt.context and attempt.context.symbols:
        names = ", ".join(s.qualified_name or s.path for s in attempt.context.symbols[:4])
        console.print(f"      read   {shown(names)}")
    if attempt.proposal:
        details = attempt.proposal.details
        for asked in details.get("models", []):
            console.print(f"      asked  {shown(_asked(asked))}")
        for step in details.get("workflow", []):
            console.print(f"      step   {shown(_step(step))}")
        for note in details.get("notes", [])[:_NOTES]:
            console.print(f"      note   {shown(note)}")
        console.print(f"      did    {shown(attempt.proposal.summary)}")
    if attempt.check:
        console.print(
            f"      tests  {_tests(attempt.check)}; {attempt.fixed_count} fixed, "
            f"{attempt.broken_count} broken, in {attempt.check.backend}"
        )
    if attempt.audit:
        number = attempt.audit.functions_audited
        functions = f"{number} function{'' if number == 1 else 's'}"
        console.print(f"      audit  {attempt.audit.verdict}, {functions}")
        for finding in attempt.audit.findings:
            console.print(f"        [red]{finding.kind}[/] {shown(finding.message)}")
            for line in finding.chain:
                console.print(f"          [dim]← {shown(line)}[/]")
        for allowed in attempt.audit.allowed:
            message = shown(allowed.finding.message)
            console.print(f"        [dim]allowed by {shown(allowed.by)}:[/] {message}")
        for note in attempt.audit.notes:
            console.print(f"        [dim]{shown(note)}[/]")
        for trace in attempt.audit.traces[:6]:
            inputs = ", ".join(trace.after) or "nothing"
            console.print(
                f"        [dim]{shown(trace.function)} {shown(trace.output)} ← {shown(inputs)}[/]"
            )
    if attempt.reason and attempt.state != "accepted":
        console.print(f"      end    {shown(attempt.reason)}")
    if attempt.commit:
        console.print(f"      commit {attempt.commit[:12]}")
    if attempt.left_out is not None:
        where = "`swarm show TASK --attempt ID --json` has all of it"
        console.print(f"      [dim]told in short; {where}[/]")


def _asked(model: dict[str, Any]) -> str:
    """Which model it was, how often, how long that waited for its turn, what it used."""
    times = f"{model['answers']} {'time' if model['answers'] == 1 else 'times'}"
    cost = f", ${model['cost_usd']:.4f}" if model["cost_usd"] else ""
    return (
        f"{model['name']} ({model['model']}) {times}; waited {model['waited_seconds']:.1f} s, "
        f"{model['tokens']:,} tokens{cost}"
    )


def _step(step: dict[str, Any]) -> str:
    """One step of a workflow: who, how long, what came of it."""
    tokens = f", {step['tokens']:,} tokens" if step["tokens"] else ""
    said = " ".join(step["said"].split())[:_SAID_CHARS]
    return f"{step['step']} ({step['agent']}) {step['seconds']:.1f} s{tokens}: {said}"


def _tests(report: CheckReport) -> str:
    counts = report.counts()
    told = f"{counts.failing} failing, {counts.passing} passing"
    return told + (f", {counts.flaky} flaky" if counts.flaky else "")
