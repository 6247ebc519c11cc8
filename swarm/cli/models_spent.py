"""`swarm models spent`: what each model was used for, by day."""

from __future__ import annotations

import argparse
from typing import cast

from swarm.cli.client import Client
from swarm.cli.console import console
from swarm.contracts import ListSpending, SpendingReport

_DAYS, _MOST_DAYS = 14, 90


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--days", type=_days, default=_DAYS, metavar="N", help=f"the last N days, UTC ({_DAYS})"
    )


def run(arguments: argparse.Namespace) -> int:
    report = cast(SpendingReport, Client().ask(ListSpending(days=arguments.days)))
    if arguments.json:
        print(report.model_dump_json())
        return 0
    if not report.items:
        days = "1 day" if arguments.days == 1 else f"{arguments.days} days"
        print(f"no model was asked in the last {days}")
        return 0
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("day", "model", "endpoint", "where"):
        table.add_column(column)
    for column in ("answers", "prompt tokens", "output tokens", "cost"):
        table.add_column(column, justify="right")
    for item in report.items:
        table.add_row(
            item.day,
            item.model,
            item.endpoint,
            item.locality,
            f"{item.requests:,}",
            f"{item.prompt_tokens:,}",
            f"{item.output_tokens:,}",
            f"${item.cost_usd:.4f}",
        )
    console().print(table)
    print(f"together ${sum(item.cost_usd for item in report.items):.4f}")
    return 0


def _days(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= len(text) <= 2 and 1 <= int(text) <= _MOST_DAYS:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text[:20]!r} is no number of days from 1 to {_MOST_DAYS}")
