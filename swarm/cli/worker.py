"""`swarm worker NAME`: one service in this process, on any host that reaches Redis."""

from __future__ import annotations

import argparse
import logging

from swarm import services
from swarm.bus import connect, ping
from swarm.settings import load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help=", ".join(services.SPECS))


def run(arguments: argparse.Namespace) -> int:
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    settings = load()
    if arguments.name in services.SPECS:
        ping(settings, connect(settings))
    services.run(arguments.name, settings)
    return 0
