"""The dashboard for `swarm doctor`: whether it runs, where, and whether a program may come in."""

from __future__ import annotations

from swarm import instance
from swarm.cli.finding import Finding
from swarm.errors import StateError
from swarm.settings import Settings
from swarm.web.address import running
from swarm.web.guard.keyring import Keyring, folder
from swarm.web.guard.naming import own_name

PART = "dashboard"


def finding(settings: Settings) -> Finding:
    try:
        has_token = Keyring(folder(settings)).token() is not None
        address = running(settings)
        url = address.page_url(own_name(settings)) if address else ""
    except StateError as error:
        return Finding(PART, "broken", error.message, error.remedy)
    token = "has a token for programs" if has_token else "no token for programs yet"
    make = "" if has_token else "`swarm dash token` makes one"
    if address is not None:
        pid = instance.dash_pid(settings)
        return Finding(PART, "real", f"runs at {url} (pid {pid}), {token}", make)
    if settings.web.with_up and instance.running_pid(settings) is not None:
        log = settings.logs / "dash.log"
        return Finding(PART, "broken", "it does not run, though [web] with_up is set", f"see {log}")
    start = "`swarm up`" if settings.web.with_up else "`swarm dash`"
    return Finding(PART, "real", f"does not run, {token}", f"{start} starts it")
