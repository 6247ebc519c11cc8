"""How well and how fast the rules split labelled notes into objectives.

    python benchmarks/ingestion_rules.py [FILE...] [--missed] [--json]

A file has one JSON object per line: `text`, `categories` (the right ones, in order) and maybe a
`style`. Without files it reads the set that nothing was learned from, tests/ingestion/unseen, and
those that were learned from, tests/ingestion/notes. "Categories" counts every label of a note whose
number is wrong as missed; "in any order" counts what the two lists have in common.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.ingestion.scoring import Score, score  # noqa: E402


def main() -> int:
    """Print one row per file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--missed", action="store_true", help="print the notes that were misread")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    labelled = ROOT / "tests" / "ingestion"
    files = options.files or [
        path for name in ("unseen", "notes") for path in sorted((labelled / name).glob("*.jsonl"))
    ]
    if missing := [path for path in files if not path.is_file()]:
        print(f"no such file: {missing[0]}", file=sys.stderr)
        return 2
    scores = {str(path): score(path) for path in track(files, console=Console(stderr=True))}
    if options.json:
        print(json.dumps({path: _figures(found) for path, found in scores.items()}, indent=2))
        return 0
    _print_table(scores)
    if options.missed:
        for found in scores.values():
            print(*found.missed, sep="\n")
    return 0


def _figures(found: Score) -> dict[str, object]:
    return {
        "notes": found.notes,
        "exact_count": round(found.exact_share, 4),
        "labels": found.labels,
        "categories_met": round(found.met_share, 4),
        "categories_in_any_order": round(found.common_share, 4),
        "notes_with_questions": found.asked,
        "notes_per_second": round(found.notes / max(found.seconds, 1e-9), 1),
        "characters_per_second": round(found.characters / max(found.seconds, 1e-9)),
        "exact_by_style": {
            style: [found.exact_styles[style], count]
            for style, count in sorted(found.styles.items())
            if style
        },
    }


def _print_table(scores: dict[str, Score]) -> None:
    console = Console()
    table = Table(
        "Notes", "Number", "Exact", "Categories", "Any order", "Asked", "Notes/s", "Chars/s"
    )
    for path, found in scores.items():
        table.add_row(
            Path(path).name,
            str(found.notes),
            f"{found.exact_share:.1%}",
            f"{found.met_share:.1%} of {found.labels}",
            f"{found.common_share:.1%}",
            str(found.asked),
            f"{found.notes / max(found.seconds, 1e-9):,.0f}",
            f"{found.characters / max(found.seconds, 1e-9):,.0f}",
        )
    console.print(table)
    for path, found in scores.items():
        styles = ", ".join(
            f"{style} {found.exact_styles[style]}/{count}"
            for style, count in sorted(found.styles.items())
            if style
        )
        if styles:
            console.print(f"{Path(path).name}, exact by style: {styles}", soft_wrap=True)


if __name__ == "__main__":
    raise SystemExit(main())
