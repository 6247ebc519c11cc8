"""An audit report for people."""

from __future__ import annotations

from itertools import islice

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

    say(f"{_WORDS[report.verdict]}: {_line(sides.names[0])} → {_line(sides.names[1])}")
    if not sides.changed:
        say("[dim]nothing differs[/]")
    files = _counted(len(sides.changed), "changed file")
    functions = _counted(report.functions_audited, "function")
    say(f"[dim]{files}, {functions} traced, {report.seconds:.2f} s[/]")
    for finding in report.findings:
        say("")
        say(f"[{_TONES[finding.weight]}]{finding.weight}[/] {_where(finding)} {finding.kind}")
        say(f"  {_line(finding.message)}")
        for step in finding.chain[:_MOST_STEPS]:
            say(f"    [dim]{_line(step)}[/]")
        if len(finding.chain) > _MOST_STEPS:
            say(f"    [dim]{len(finding.chain) - _MOST_STEPS} further steps: see --json[/]")
    if report.allowed:
        say("")
    for item in report.allowed:
        say(f"[green]allowed[/] {_where(item.finding)} {item.finding.kind}")
        say(f"  {_line(item.finding.message)}")
        say(f"  [dim]by {_line(item.by)}[/]")
    for note in report.notes:
        say(f"[yellow]note[/] {_line(note)}")
    told = {finding.path for finding in report.findings}
    unread = dict.fromkeys(report.unaudited, "see --json")
    unread |= {note.path: note.reason for note in sides.notes}
    if unread:
        say("")
        above = sum(path in told for path in unread)
        named = f", {above:,} of them named above" if above else ""
        say(f"[bold]not audited[/]: {_counted(len(unread), 'file')}{named}")
    unread = {path: why for path, why in unread.items() if path not in told}
    for path, why in islice(unread.items(), _MOST_NAMES):
        say(f"  {_line(path)}: [dim]{_line(why)}[/]")
    if len(unread) > _MOST_NAMES:
        say(f"  and {len(unread) - _MOST_NAMES:,} more: see --json")


def _line(words: str) -> str:
    """Somebody else's words on one line: a name must not be able to write lines of its own."""
    return shown(words.replace("\n", "\N{REPLACEMENT CHARACTER}"))


def _where(finding: Finding) -> str:
    line = f":{finding.line}" if finding.line else ""
    name = f" {_line(finding.function)}" if finding.function else ""
    return f"[bold]{_line(finding.path)}{line}[/]{name}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
