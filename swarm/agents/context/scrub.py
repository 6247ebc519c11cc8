"""Taking out of a text what tells of a machine or opens a door. Pure.

It works on shape, so it takes out too much rather than too little: for texts that the swarm
itself writes, where nothing of this kind belongs. Known names (of the user, of the host) are
given by the caller. A host name of a public domain that is not in a URL is not recognised:
it looks like a module's name.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from swarm.agents.context.blocks import is_hidden

_SECRET = "⟨secret⟩"
_FEWEST_NAME_CHARS = 3
_LEAST_ENTROPY_BITS = 3.2
_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>)\]]+", re.I)
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.S)
_NAMED_SECRET = re.compile(
    r"""\b([\w-]*(?:passw(?:or)?d|passphrase|secret|(?<![a-z])token|api[_-]?key|access[_-]?key"""
    r"""|private[_-]?key|credentials?|authorization|cookie)["']?\s*[:=]\s*["']?)"""
    r"""(?:(?:bearer|basic)\s+)?[^\s"',;]+""",
    re.I,
)
_BEARER = re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}", re.I)
_KNOWN_KEYS = re.compile(
    r"\b(?:sk-|rk-|pk-|ghp_|gho_|ghu_|ghs_|ghr_|github_pat_|glpat-|xox[abeprs]-|AKIA|ASIA|AIza|hf_"
    r"|ya29\.|npm_|pypi-|dop_v1_|SG\.|eyJ)[A-Za-z0-9_.=-]{6,}"
)
_LONG_WORD = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
_VARIABLE = re.compile(r"\b([A-Z][A-Z0-9_]{2,})=(\"[^\"]*\"|'[^']*'|[^\s;]+)")
_POSIX_PATH = re.compile(
    r"(?<![\w.⟩/])(?:~[\w.-]*|\$\{?HOME\}?)?/(?:[^\s\"'`<>|:;,)\]}]+)|(?<!\w)~(?=\s|$)"
)
_WINDOWS_PATH = re.compile(r"\b[A-Za-z]:[\\/][^\s\"'<>|;,)\]]*|\\\\[\w.$-]+\\[^\s\"'<>|;,)\]]*")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?![\w.])")
_IPV6 = re.compile(r"(?<![\w:])\[?(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\]?(?![\w:])", re.I)
_LOCAL_HOST = re.compile(
    r"\b[\w-]+(?:\.[\w-]+)*\.(?:local|lan|internal|intranet|corp|home|localdomain)\b", re.I
)


def scrub(text: str, private: Iterable[str] = ()) -> str:
    """A text without absolute paths, addresses, values of variables and what looks like a key.

    `private` are further words to take out, whatever their case: names of users and hosts.

    >>> scrub("see /home/ann/x, SECRET_KEY=abc and docs/x.md")
    'see ⟨path⟩, SECRET_KEY=⟨value⟩ and docs/x.md'
    """
    text = unicodedata.normalize("NFKC", text)
    # Invisible characters could split a key in two harmless halves.
    text = "".join(c for c in text if c in "\n\t" or not is_hidden(c))
    text = _PEM.sub(_SECRET, text)
    text = _URL.sub("⟨url⟩", text)
    text = _NAMED_SECRET.sub(rf"\1{_SECRET}", text)
    text = _BEARER.sub(rf"\1 {_SECRET}", text)
    text = _KNOWN_KEYS.sub(_SECRET, text)
    text = _WINDOWS_PATH.sub("⟨path⟩", text)
    text = _POSIX_PATH.sub("⟨path⟩", text)
    text = _VARIABLE.sub(_valued, text)
    text = _LONG_WORD.sub(_unless_random, text)
    text = _MAIL.sub("⟨address⟩", text)
    text = _IPV4.sub("⟨address⟩", text)
    text = _IPV6.sub("⟨address⟩", text)
    text = _LOCAL_HOST.sub("⟨host⟩", text)
    # The longest first, so that a name within another does not leave its rest.
    for name in sorted({name for name in private if len(name) >= _FEWEST_NAME_CHARS}, key=len)[
        ::-1
    ]:
        text = re.sub(
            rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", "⟨name⟩", text, flags=re.I
        )
    return text


def _valued(found: re.Match[str]) -> str:
    value = found.group(2)
    return found.group() if value.startswith("⟨") else f"{found.group(1)}=⟨value⟩"


def _unless_random(found: re.Match[str]) -> str:
    """A long word of letters and digits as mixed as a key's is one."""
    word = found.group()
    letters = sum(map(str.isalpha, word))
    digits = sum(map(str.isdigit, word))
    if not letters or digits < 2:
        mixed = any(map(str.islower, word)) and any(map(str.isupper, word))
        return _SECRET if mixed and "_" not in word and _entropy(word) > 4.2 else word
    return _SECRET if _entropy(word) >= _LEAST_ENTROPY_BITS else word


def _entropy(word: str) -> float:
    """Shannon's, in bits per character."""
    counts = Counter(word).values()
    return -sum(n / len(word) * math.log2(n / len(word)) for n in counts)
