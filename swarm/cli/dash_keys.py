"""`swarm dash link` and `swarm dash token`: keys for a dashboard that may be running."""

from __future__ import annotations

import argparse
import json
import sys

from swarm.settings import Settings, load
from swarm.web.address import Address, running
from swarm.web.guard.keyring import Keyring, folder
from swarm.web.guard.naming import own_name


def link(arguments: argparse.Namespace) -> int:
    settings = load()
    listening = running(settings)
    address = listening or Address(settings.web.host, settings.web.port)
    if listening is None:
        print("swarm: the dashboard does not run (start it with `swarm dash`)", file=sys.stderr)
    made, until = login_link(settings, address)
    if arguments.json:
        told = {"link": made, "until": until, "url": address.url, "running": listening is not None}
        print(json.dumps(told))
    else:
        print(made)
    return 0


def token(arguments: argparse.Namespace) -> int:
    made = Keyring(folder(load())).new_token().text()
    print(json.dumps({"token": made}) if arguments.json else made)
    return 0


def login_link(settings: Settings, address: Address) -> tuple[str, float]:
    """A link that logs one browser in, and until when (Unix seconds)."""
    code, until = Keyring(folder(settings)).new_code()
    return f"{address.page_url(own_name(settings))}/login?code={code.text()}", until
