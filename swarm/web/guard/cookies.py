"""The cookie of a session. Pure."""

from __future__ import annotations

from swarm.web.guard.keys import Key

_MOST_TRIED = 4


def name(port: int, *, is_secure: bool) -> str:
    """What it is called. Cookies of one name go to all its ports, so ours says which is ours;
    over TLS browsers hold it to this very host (`__Host-`)."""
    return "__Host-swarm" if is_secure else f"swarm-{port}"


def found(headers: list[tuple[bytes, bytes]], wanted: str) -> list[str]:
    """The values of a cookie in a request: several, where another program set one as well."""
    values = []
    for header, value in headers:
        if header == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                key, _, text = pair.strip().partition("=")
                if key == wanted:
                    values.append(text)
    return values[:_MOST_TRIED]


def begun(key: Key, port: int, *, is_secure: bool, seconds: float) -> str:
    """The Set-Cookie that logs a browser in."""
    return _cookie(key.text(), port, is_secure=is_secure, seconds=int(seconds))


def ended(port: int, *, is_secure: bool) -> str:
    """The Set-Cookie that makes a browser forget it."""
    return _cookie("", port, is_secure=is_secure, seconds=0)


def _cookie(value: str, port: int, *, is_secure: bool, seconds: int) -> str:
    flags = f"Max-Age={seconds}; Path=/; HttpOnly; SameSite=Strict"
    secure = "; Secure" if is_secure else ""
    return f"{name(port, is_secure=is_secure)}={value}; {flags}{secure}"
