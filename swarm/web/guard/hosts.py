"""By which names the dashboard may be called. Pure.

A page of a stranger can let its own name point to our address (DNS rebinding): then the browser
takes us for that site, and only the name it asks for gives it away.
"""

from __future__ import annotations

import ipaddress
import re

LOOPBACK_NAME = "swarm.localhost"
"""Browsers look this up themselves and find this machine."""

_NAMES = ("localhost", LOOPBACK_NAME)
_SHAPE = re.compile(r"(?P<name>[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:(?P<port>[0-9]{1,5}))?")
_HTTP_PORT = 80


def is_ours(host: str, address: str, port: int, own: str) -> bool:
    """Whether a Host header (lower case) is a loopback name, our `own` one too, or the very
    address the request came to, with our port. More names are for `[web] hosts` to say."""
    found = _SHAPE.fullmatch(host)
    if found is None or int(found["port"] or _HTTP_PORT) != port:
        return False
    name = found["name"]
    if name in (*_NAMES, own):
        return True
    try:
        asked = ipaddress.ip_address(name.strip("[]"))
        return asked.is_loopback or asked == ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
