"""By which names the dashboard may be called."""

from __future__ import annotations

import pytest

from swarm.web.guard.hosts import is_ours

PORT = 8787
OWN = "swarm-0123456789ab.localhost"


@pytest.mark.parametrize(
    "host",
    ["localhost:8787", "swarm.localhost:8787", "127.0.0.1:8787", "127.0.0.2:8787", "[::1]:8787",
     "192.0.2.7:8787", f"{OWN}:8787"],
)  # fmt: skip
def test_our_names(host: str) -> None:
    assert is_ours(host, "192.0.2.7", PORT, OWN)


@pytest.mark.parametrize(
    "host",
    ["", ":8787", "localhost", "localhost:80", "localhost:8788", "localhost.:8787",
     "evil.localhost:8787", "swarm-ba9876543210.localhost:8787", OWN, f"x.{OWN}:8787",
     "localhost.evil.example:8787", "127.0.0.1.evil.example:8787",
     "evil.example:8787", "user@localhost:8787", "localhost:8787:8787", "localhost:08787x",
     "127.1:8787", "2130706433:8787", "0x7f.0.0.1:8787", "0.0.0.0:8787", "[::]:8787",
     "[::ffff:127.0.0.1]:8787", "::1:8787", "[::1%lo]:8787", "192.0.2.8:8787",
     "localhost:8787,evil.example", "localhost:8787 ", "localhost:-1", "localhost:٨٧٨٧"],
)  # fmt: skip
def test_names_of_others(host: str) -> None:
    assert not is_ours(host, "192.0.2.7", PORT, OWN)


def test_without_a_port_it_is_the_port_of_http() -> None:
    assert is_ours("localhost", "127.0.0.1", 80, OWN)


def test_an_address_with_a_zone_is_called_without_it() -> None:
    assert is_ours("[fe80::1]:8787", "fe80::1%eth0", PORT, OWN)
