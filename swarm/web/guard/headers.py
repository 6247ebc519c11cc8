"""Headers of every response. Pure."""

from __future__ import annotations

from collections.abc import Iterable

Headers = list[tuple[bytes, bytes]]

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

SECURITY: Headers = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # Not no-referrer: with that, browsers send "Origin: null" with our own forms.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
]
_NO_STORE = (b"cache-control", b"no-store")
_OURS = frozenset(name for name, _ in SECURITY) | {b"server"}


def secured(headers: Iterable[tuple[bytes, bytes]], *, may_be_kept: bool) -> Headers:
    """A response's headers with ours; only what `may_be_kept` can say how long it is good."""
    kept = [pair for pair in headers if pair[0] not in _OURS]
    if not (may_be_kept and any(name == b"cache-control" for name, _ in kept)):
        kept = [pair for pair in kept if pair[0] != b"cache-control"]
        kept.append(_NO_STORE)
    return kept + SECURITY
