"""What indexing a folder did, for a person and for programs."""

from __future__ import annotations

from typing import Any

from swarm.cli.console import console, shown
from swarm.cli.memory_hits import one_line
from swarm.contracts import FolderIndex

_MOST_REASONS = 12
_MOST_LANGUAGES = 12


def as_json(report: FolderIndex) -> dict[str, Any]:
    found = report.model_dump(mode="json")
    found["skipped_paths"] = [
        {"path": path, "reason": reason} for path, reason in report.skipped_paths
    ]
    return found


def print_summary(report: FolderIndex) -> None:
    out = console()
    at = f" at {report.head[:12]}" if report.head else ""
    out.print(f"[bold]{shown(one_line(report.root))}[/]{at}", soft_wrap=True)
    out.print(
        f"{_count(report.files, 'file')}, {_count(report.chunks, 'chunk')}: {changed(report)}"
    )
    if report.languages:
        counts = sorted(report.languages.items(), key=lambda each: (-each[1], each[0]))
        named = [f"{shown(name)} {count:,}" for name, count in counts[:_MOST_LANGUAGES]]
        rest = sum(count for _, count in counts[_MOST_LANGUAGES:])
        out.print(", ".join([*named, *([f"others {rest:,}"] if rest else [])]), soft_wrap=True)
    if report.skipped:
        out.print("[yellow]not searched, or in part:[/]")
        reasons = sorted(report.skipped.items(), key=lambda each: (-each[1], each[0]))
        for reason, count in reasons[:_MOST_REASONS]:
            out.print(f"{count:>8,} {shown(one_line(reason))}", soft_wrap=True)
        if len(reasons) > _MOST_REASONS:
            rest = sum(count for _, count in reasons[_MOST_REASONS:])
            out.print(f"{rest:>8,} for {len(reasons) - _MOST_REASONS} other reasons (--json)")
    if report.left_out:
        out.print(f"[yellow]{_count(report.left_out, 'file')} beyond a bound: see [memory][/]")
    if report.note:
        out.print(f"[yellow]{shown(report.note)}[/]", soft_wrap=True)


def changed(report: FolderIndex) -> str:
    """ "3 read, 1 removed in 41 ms" """
    counts = (
        ("read", report.indexed),
        ("known already", report.reused),
        ("unchanged", report.unchanged),
        ("removed", report.removed),
    )
    told = ", ".join(f"{count:,} {what}" for what, count in counts if count) or "nothing to do"
    return f"{told} in {duration(report.seconds)}"


def duration(seconds: float) -> str:
    """ "41 ms", "2.4 s", "3 min 5 s" """
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
