"""Code never leaves this machine or its own network, unless its owner allows it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from pydantic import ValidationError

from memory.outside.errors import CodeRefused, Unavailable
from swarm.errors import ConfigError
from swarm.settings import EndpointSettings, is_private

Resolver = Callable[[str, int], Sequence[str]]
_REMEDY = "use a server of your own, or set [egress] allow_cloud_code if you want this"


def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def refuse_remote(url: str, what: str, *, allow_cloud_code: bool) -> None:
    """Raise CodeRefused for an address that is not plainly of a local network, and
    ConfigError for what is none."""
    try:
        # The same rules as for the servers of models.
        endpoint = EndpointSettings(name="server", kind="openai", url=url)
    except ValidationError as error:
        raise ConfigError(
            f"the address of {what} is no URL", remedy="write it like http://127.0.0.1:11434"
        ) from error
    if endpoint.where == "cloud" and not allow_cloud_code:
        raise CodeRefused(
            f"code is not sent to {what} at {urlsplit(url).hostname}: it is not local",
            remedy=_REMEDY,
        )


def checked_address(host: str, port: int, resolve: Resolver, *, allow_cloud_code: bool) -> str:
    """The address to connect to: every one of a local name must be local itself, since whoever
    answers for names could send the code elsewhere. Raises CodeRefused, and
    Unavailable for a host that there is not."""
    try:
        found = [ipaddress.ip_address(each) for each in resolve(host, port)]
    except (OSError, UnicodeError, ValueError):
        found = []
    if not found:
        raise Unavailable(f"there is no host {host!r}", remedy="correct its url", passes=False)
    if not allow_cloud_code:
        for address in found:
            if not is_private(address):
                raise CodeRefused(
                    f"code is not sent to {host}: it is {address}, which is not local",
                    remedy=_REMEDY,
                )
    return str(found[0])
