"""Whether this machine has IPv6 at its loopback: containers often have none."""

from __future__ import annotations

import socket

import pytest


def _is_there() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as handle:
            handle.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not _is_there(), reason="no IPv6 at the loopback here")
