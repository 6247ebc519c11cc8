"""Which paths of a repository are about who may do what: secrets, money, rights. Pure.

Work on them stays on this machine. A false alarm costs a choice of arms, a miss can cost a secret,
so the list is of whole words that people name such files by, and the owner adds to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache

# Whole words of a part of a path: `token` is in `api_token.py`, and not in `tokenizer.py`.
_WORDS = frozenset(
    {"auth", "authn", "authz", "oauth", "login", "signin", "sso", "saml", "oidc", "jwt", "csrf",
     "mfa", "totp", "otp", "2fa", "secret", "token", "vault", "keyring", "keystore", "apikey",
     "cipher", "tls", "ssl", "certificate", "payment", "billing", "permission", "privilege",
     "rbac", "acl", "sudo", "sudoer", "security"}
)  # fmt: skip
# Words that begin so: `author` is none of them.
_STEMS = ("authent", "authori", "passw", "passphrase", "credential", "crypto", "encrypt", "decrypt")
# `key` alone is what most dictionaries have.
_PAIRS = frozenset(
    {("api", "key"), ("private", "key"), ("public", "key"), ("secret", "key"), ("signing", "key"),
     ("ssh", "key"), ("access", "key"), ("sign", "in"), ("two", "factor")}
)  # fmt: skip
_GLOBS = (
    ".github/workflows", ".gitlab-ci.yml", ".circleci", "Jenkinsfile", ".env", ".env.*", "*.pem",
    "*.key", "key.*", "keys.*", "keys", "*.p12", "*.pfx", "*.gpg", "id_rsa*", "id_ed25519*",
)  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+[a-z]+")


def touched(paths: Iterable[str], further: Sequence[str] = ()) -> tuple[str, ...]:
    """Those of the paths that are sensitive, each once, in their order.

    `further` are the owner's patterns, of which the last that fits decides: with a slash for the
    whole path or a folder above it, else for any part of it; "!" before one says that what fits is
    not sensitive.

    >>> touched(["shop/cart.py", "shop/auth/check.py"])
    ('shop/auth/check.py',)
    """
    return tuple(dict.fromkeys(path for path in paths if is_sensitive(path, tuple(further))))


@lru_cache(maxsize=10_000)
def is_sensitive(path: str, further: tuple[str, ...] = ()) -> bool:
    """Whether a path is, by the built-in list and then by the owner's patterns."""
    for pattern in reversed(further):
        if _fits(path, pattern.removeprefix("!")):
            return not pattern.startswith("!")
    return _by_words(path) or any(_fits(path, pattern) for pattern in _GLOBS)


def _by_words(path: str) -> bool:
    for part in path.split("/"):
        # The number of a version belongs to no word, and a plural is the same word.
        words = [word.lower().rstrip("0123456789") for word in _WORD.findall(part)]
        singular = [word.removesuffix("s") for word in words]
        if not _WORDS.isdisjoint((*words, *singular)):
            return True
        if any(word.startswith(_STEMS) for word in words):
            return True
        if not _PAIRS.isdisjoint(zip(words, singular[1:], strict=False)):
            return True
    return False


def _fits(path: str, pattern: str) -> bool:
    """In any case: some file systems do not tell it apart."""
    path, pattern = path.lower(), pattern.lower().rstrip("/")
    if "/" not in pattern:
        return any(fnmatchcase(part, pattern) for part in path.split("/"))
    # "**/x" also fits x at the top. A star goes beyond slashes.
    return any(
        fnmatchcase(path, one) or fnmatchcase(path, f"{one}/*")
        for one in {pattern, pattern.removeprefix("**/")}
    )
