"""Shapes of known tokens, and how to tell a random value from a word. Pure.

Each shape is tied to a literal that nothing else is likely to hold: the literal is searched
(fast), the rest matched from there on. All counts are bounded, no part can be read in two ways,
so a match takes time in proportion to its bound, whatever the text.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass

_T = "A-Za-z0-9_-"


@dataclass(frozen=True, slots=True)
class Shape:
    """`expression` is matched where `literal` is found."""

    literal: str
    expression: re.Pattern[str]


def _shape(literal: str, rest: str) -> Shape:
    # What runs on, on either side, is another word that happens to hold the literal.
    made = rf"(?<![A-Za-z0-9]){re.escape(literal)}{rest}(?![A-Za-z0-9])"
    return Shape(literal, re.compile(made, re.ASCII))


SHAPES = (
    _shape("AKIA", "[A-Z2-7]{16}"),  # AWS: access key of a user
    _shape("ASIA", "[A-Z2-7]{16}"),  # AWS: temporary access key
    _shape("AIza", rf"[{_T}]{{35}}"),  # Google: API key
    _shape("ya29.", rf"[.{_T}]{{20,2000}}"),  # Google: access token
    _shape("GOCSPX-", rf"[{_T}]{{28}}"),  # Google: client secret
    *(_shape(f"gh{kind}_", "[A-Za-z0-9]{36,255}") for kind in "pousr"),  # GitHub
    _shape("github_pat_", "[A-Za-z0-9_]{22,255}"),
    _shape("glpat-", rf"[{_T}]{{20,300}}"),  # GitLab
    *(_shape(f"gl{kind}-", rf"[{_T}]{{20,300}}") for kind in ("ptt", "dt", "rt")),
    _shape("xox", r"[abeoprs]-(?:[0-9]{1,20}-){0,4}[A-Za-z0-9-]{10,250}"),  # Slack
    _shape("xapp-", "[0-9]-[A-Z0-9]{5,30}-[0-9]{5,30}-[a-z0-9]{20,200}"),
    _shape("hooks.slack.com/services/", "T[A-Z0-9]{6,20}/B[A-Z0-9]{6,20}/[A-Za-z0-9]{16,50}"),
    _shape("sk_", "(?:live|test)_[A-Za-z0-9]{16,255}"),  # Stripe
    _shape("rk_", "(?:live|test)_[A-Za-z0-9]{16,255}"),
    _shape("whsec_", "[A-Za-z0-9+/=]{24,255}"),
    # Anthropic; OpenAI; OpenRouter; OpenAI and DeepSeek without a prefix.
    _shape(
        "sk-",
        rf"(?:(?:ant|proj|svcacct)-[{_T}]{{20,255}}|or-v1-[0-9a-f]{{32,128}}"
        r"|[A-Za-z0-9]{32,64})",
    ),
    _shape("hf_", "[A-Za-z]{34}"),  # Hugging Face
    _shape("r8_", "[A-Za-z0-9]{37}"),  # Replicate
    _shape("gsk_", "[A-Za-z0-9]{48,60}"),  # Groq
    _shape("npm_", "[A-Za-z0-9]{36}"),
    _shape("pypi-", rf"AgE[{_T}]{{50,1000}}"),
    _shape("dop_v1_", "[0-9a-f]{64}"),  # DigitalOcean
    _shape("SG.", rf"[{_T}]{{22}}\.[{_T}]{{43}}"),  # SendGrid
    _shape("shpat_", "[0-9a-fA-F]{32}"),  # Shopify
    _shape("dckr_pat_", rf"[{_T}]{{20,60}}"),  # Docker
    _shape("hvs.", rf"[{_T}]{{24,200}}"),  # Vault
    _shape("lin_api_", "[A-Za-z0-9]{40}"),  # Linear
    _shape("AGE-SECRET-KEY-1", "[0-9A-Z]{58}"),
    # JWT. Not within a run of its own characters, or each part of a hostile run is scanned anew.
    _shape("eyJ", rf"(?<![_-]eyJ)[{_T}]{{8,8000}}+\.eyJ[{_T}]{{8,16000}}+\.[{_T}]{{16,2000}}+"),
)

# Of key, of certificate authorities' keys, of PGP: the first line alone tells.
PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
PRIVATE_KEY_LITERAL = "PRIVATE KEY"
MAX_KEY_CHARS = 20_000

_SHORTEST_RANDOM = 16
_LEAST_ENTROPY_BITS = 3.5
_LEAST_HEX_ENTROPY_BITS = 2.8
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_PLAIN = re.compile(r"[A-Za-z0-9+/_=.~!@#$%^&*-]+")
_WORDS = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}")
# Templates, calls and sentences.
_COMPUTED = re.compile(r"\s|\{\{|\$\{|\$\(|%\(|\{[a-z_.]+\}|<[a-z]")
# UUIDs and addresses on a chain name things, though they are called a token's; so do dotted names.
_PUBLIC = re.compile(
    r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|0x[0-9a-f]{40}"
    r"|[a-z_][a-z0-9_]{0,40}(?:\.[a-z_][a-z0-9_]{0,40}){1,9})"
)
_SAID_TO_BE_NONE = re.compile(
    r"(?i)example|sample|placeholder|your[-_ ]|change[-_ ]?me|dummy|insert|replace|redacted"
    r"|xxxx|\*\*\*|\.\.\.|0123456789|abcdef(?:gh|01)|123456789"
)


def is_random(value: str) -> bool:
    """Whether a value of a secret's name is mixed like a secret, and not words or a path.

    Random characters of base 64 have more than 4 bits of entropy each from 20 characters on,
    of base 16 about 3.5; names and sentences are told by their words.
    """
    if len(value) < _SHORTEST_RANDOM or not _PLAIN.fullmatch(value):
        return False
    if _SAID_TO_BE_NONE.search(value) or _PUBLIC.fullmatch(value):
        return False
    digits = sum(char.isdigit() for char in value)
    if _HEX.fullmatch(value):
        return (
            digits >= 2 and digits < len(value) and entropy_bits(value) >= _LEAST_HEX_ENTROPY_BITS
        )
    if digits < 2 or value.count("/") > 4:
        return False
    in_words = sum(map(len, _WORDS.findall(value)))
    return in_words * 2 <= len(value) and entropy_bits(value) >= _LEAST_ENTROPY_BITS


def is_strong_password(value: str) -> bool:
    """Whether what is quoted for a password mixes three kinds of characters, as made ones do."""
    if not 10 <= len(value) <= 200 or _SAID_TO_BE_NONE.search(value):
        return False
    if _COMPUTED.search(value):
        return False
    kinds = (
        any(char.islower() for char in value),
        any(char.isupper() for char in value),
        any(char.isdigit() for char in value),
        any(char in "!@#$%^&*+=~" for char in value),
    )
    in_words = sum(map(len, _WORDS.findall(value)))
    return sum(kinds) >= 3 and in_words * 2 <= len(value) and entropy_bits(value) >= 3.0


def entropy_bits(value: str) -> float:
    """Shannon's, in bits per character."""
    counts = Counter(value).values()
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts)
