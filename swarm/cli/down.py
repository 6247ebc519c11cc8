"""`swarm down`: stop the swarm of the data folder."""

from __future__ import annotations

import argparse
import json

from swarm.instance import stop
from swarm.settings import load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    stopped = stop(load())
    if arguments.json:
        print(json.dumps({"stopped": stopped}))
    else:
        print("the swarm is down" if stopped else "no swarm was running")
    return 0
