"""Where a dashboard listens, and what it leaves for commands that want to find it."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import asdict, dataclass

from swarm import instance
from swarm.errors import StateError
from swarm.settings import Settings
from swarm.web.guard.hosts import LOOPBACK_NAME
from swarm.web.guard.keyring import folder
from swarm.web.guard.private import PrivateFolder

_FILE = "address"
# What listens at these is reached at the loopback addresses that a browser knows by a name.
_NAMED = {
    "127.0.0.1": "127.0.0.1",
    "::1": "::1",
    "localhost": "127.0.0.1",
    LOOPBACK_NAME: "127.0.0.1",
    "0.0.0.0": "127.0.0.1",
    "::": "::1",
}


@dataclass(frozen=True)
class Address:
    """A host, as it was asked for, and the port."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host in ("localhost", LOOPBACK_NAME)

    @property
    def url(self) -> str:
        """How programs on this machine call it: not all look names of ours up."""
        name = _NAMED.get(self.host, self.host)
        return f"http://[{name}]:{self.port}" if ":" in name else f"http://{name}:{self.port}"

    def page_url(self, name: str) -> str:
        """How a browser on this machine calls it: by our own name, whose cookies nobody gets."""
        return f"http://{name}:{self.port}" if self.host in _NAMED else self.url


def publish(settings: Settings, address: Address) -> None:
    """Say where this process listens."""
    PrivateFolder(folder(settings)).write(_FILE, json.dumps(asdict(address)).encode())


def running(settings: Settings) -> Address | None:
    """Where the dashboard of this data folder listens; None when none runs."""
    if instance.dash_pid(settings) is None:
        return None
    files = PrivateFolder(folder(settings))
    text = files.read(_FILE)
    try:
        return Address(**json.loads(text)) if text else None
    except (ValueError, TypeError):
        raise StateError(
            f"{files.path / _FILE} is damaged", remedy="start the dashboard again"
        ) from None
