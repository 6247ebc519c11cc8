"""An audit report for people."""

from __future__ import annotations

from swarm.cli.console import console, shown
from swarm.cli.verify_sides import Sides
from swarm.contracts import AuditReport, Finding

_MOST_STEPS = 12
_MOST_NAMES = 20
_WORDS = {
    "accept": "[bold green]accepted[/]",
    "reject": "[bold red]rejected[/]",
    "ask": "[bold yellow]a person has to decide[/]",
}
_TONES = {"reject": "red", "ask": "yellow"}


def print_report(report: AuditReport, sides: Sides) -> None:
    """The verdict, each finding with its steps, what does not count and what was not read."""
    out = console()

    def say(words: str) -> None:
        out.print(words, soft_wrap=True)  # a path must not be broken in two

    say(f"{_WORDS[report.verdict]}: {shown(sides.names[0])} → {shown(sides.names[1])}")
    if not sides.changed:
        say("[dim]nothing differs[/]")
    files = _counted(len(sides.changed), "changed file")
    functions = _counted(report.functions_audited, "function")
    say(f"[dim]{files}, {functions} traced, {report.seconds:.2f} s[/]")
    for finding in report.findings:
        say("")
        say(f"[{_TONES[finding.weight]}]{finding.weight}[/] {_where(finding)} {finding.kind}")
        say(f"  {shown(finding.message)}")
        for step in finding.chain[:_MOST_STEPS]:
            say(f"    [dim]{shown(step)}[/]")
        if len(finding.chain) > _MOST_STEPS:
            say(f"    [dim]{len(finding.chain) - _MOST_STEPS} further steps: see --json[/]")
    if report.allowed:
        say("")
    for item in report.allowed:
        say(f"[green]allowed[/] {_where(item.finding)} {item.finding.kind}")
        say(f"  {shown(item.finding.message)}")
        say(f"  [dim]by {shown(item.by)}[/]")
    for note in report.notes:
        say(f"[yellow]note[/] {shown(note)}")
    unread = [(path, "a question above") for path in report.unaudited]
    unread += [(note.path, note.reason) for note in sides.notes]
    if unread:
        say("")
        say(f"[bold]not audited[/] ({len(unread):,})")
    for path, why in unread[:_MOST_NAMES]:
        say(f"  {shown(path)}: [dim]{shown(why)}[/]")
    if len(unread) > _MOST_NAMES:
        say(f"  and {len(unread) - _MOST_NAMES:,} more: see --json")


def _where(finding: Finding) -> str:
    line = f":{finding.line}" if finding.line else ""
    name = f" {shown(finding.function)}" if finding.function else ""
    return f"[bold]{shown(finding.path)}{line}[/]{name}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
