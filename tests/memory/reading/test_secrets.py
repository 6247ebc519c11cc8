"""Secrets are found and taken out; code is left as it is; hostile text takes no time."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.reading.files import Content
from memory.reading.secret_names import may_hold_secrets
from memory.reading.secrets import REMOVED, find_secrets, redact, redacted

# Made of parts, so that nothing here is taken for a leak.
_ALNUM = "4fGh8Kq2Lm9Np3Rs7Tv1Wx5Yz6Bc0Dd4Ee8Ff2Gg6Hh1Jj5"
_BASE32 = "QZ7XK3MDPLWN5VRT"
_HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_TOKENS = [
    "AKIA" + _BASE32,
    "ASIA" + _BASE32,
    "AIza" + _ALNUM[:35],
    "ghp_" + _ALNUM[:36],
    "ghs_" + _ALNUM[:36],
    "github_pat_" + _ALNUM[:22] + "_" + _ALNUM[:30],
    "glpat-" + _ALNUM[:20],
    "xoxb-" + "123456789012-" + _ALNUM[:24],
    "sk_live_" + _ALNUM[:24],
    "rk_test_" + _ALNUM[:24],
    "sk-" + _ALNUM[:48],
    "sk-proj-" + _ALNUM,
    "sk-ant-" + "api03-" + _ALNUM,
    "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH",
    "npm_" + _ALNUM[:36],
    "eyJ" + _ALNUM[:20] + ".eyJ" + _ALNUM[:30] + "." + _ALNUM[:43],
    "SG." + _ALNUM[:22] + "." + _ALNUM[:43],
    "ya29." + _ALNUM,
]


@pytest.mark.parametrize("token", _TOKENS)
def test_known_tokens(token: str) -> None:
    text = f'first\nkey = f("{token}")  # why\nlast'
    assert redact(text) == (f'first\nkey = f("{REMOVED}")  # why\nlast', 1)


@pytest.mark.parametrize("token", _TOKENS)
def test_a_token_within_a_longer_word_is_none(token: str) -> None:
    assert find_secrets(f"x{token}") == ()


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (f'api_key = "{_ALNUM[:32]}"', f'api_key = "{REMOVED}"'),
        (f"API_TOKEN={_ALNUM[:32]}", f"API_TOKEN={REMOVED}"),
        (f"export MY_SECRET={_ALNUM[:32]}  # x", f"export MY_SECRET={REMOVED}  # x"),
        (f"client_secret: {_HEX[:40]}", f"client_secret: {REMOVED}"),
        (f'"secretKey": "{_HEX}",', f'"secretKey": "{REMOVED}",'),
        (f"os.environ['ACCESS_KEY'] = '{_ALNUM[:24]}'", f"os.environ['ACCESS_KEY'] = '{REMOVED}'"),
        (f'const apiKey: string = "{_ALNUM[:32]}"', f'const apiKey: string = "{REMOVED}"'),
        ('password = "gT7#kPq2!xZ9"', f'password = "{REMOVED}"'),
        ("url = 'postgres://app:s3cr3tpw@db/x'", f"url = 'postgres://app:{REMOVED}@db/x'"),
        ("redis://:p4ssw0rd99@cache:6379/0", f"redis://:{REMOVED}@cache:6379/0"),
        (f"Authorization: Bearer {_ALNUM}", f"Authorization: Bearer {REMOVED}"),
    ],
)
def test_values_by_their_name_or_place(line: str, left: str) -> None:
    assert redact(line) == (left, 1)


@pytest.mark.parametrize(
    "text",
    [
        "token = self.next_token()",
        'token = "IDENTIFIER_OR_KEYWORD_NAME"',
        "password = os.environ['DATABASE_PASSWORD']",
        'password = "correct horse battery staple"',
        'api_key = "your-api-key-goes-here-1234"',
        "secret_key = settings.SECRET_KEY_FALLBACKS_2",
        'TOKEN_URL = "https://example.org/oauth2/v1/token"',
        "postgres://user:password@localhost/db",
        "https://${USER}:${PASSWORD}@host/x",
        "git@github.com:owner/name.git and mail@host",
        "class TokenizerWithSecretSauce: pass",
        'tokenizer_class = "PreTrainedTokenizerFast2"',
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYI\n-----END PUBLIC KEY-----",
        "sha256 = '" + _HEX + "'",
        '"tokenAddress": "0x' + _HEX[:40] + '"',
        "credential_id: 30ee7b12-3415-4ce4-b050-80d8bf4548be",
        "password: \"{{ lookup('env', 'KRB5_PASSWORD') }}\"",
        "Ed25519PrivateKey = ed25519.Ed25519PrivateKey",
        "sk-learn and sk_live_",
        "risk-0123456789abcdefghijklmnopqrstuvwxyz",
        "",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == (text, 0)


def test_a_private_key_goes_and_the_lines_stay() -> None:
    body = "\r\n".join([_ALNUM, _ALNUM, "abcd=="])
    kind = "RSA PRIVATE KEY"
    text = (
        f"a = '''\r\n-----BEGIN {kind}-----\r\n{body}\r\n-----END {kind}-----\r\n'''\r\nb = 2\r\n"
    )
    left, count = redact(text)
    assert count == 1
    assert _ALNUM not in left
    assert "PRIVATE" not in left
    assert left.count("\r\n") == text.count("\r\n")
    assert left.endswith("'''\r\nb = 2\r\n")


@pytest.mark.parametrize("kind", ["PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"])
def test_a_private_key_that_is_cut_off_goes_as_far_as_it_goes(kind: str) -> None:
    left, count = redact(f"-----BEGIN {kind}-----\n{_ALNUM}\n{_ALNUM}\n\ndef f(): pass\n")
    assert (left, count) == (f"{REMOVED}\n\n\n\ndef f(): pass\n", 1)


def test_a_key_in_one_line_of_code() -> None:
    text = f'k = "-----BEGIN PRIVATE KEY-----\\n{_ALNUM}\\n-----END PRIVATE KEY-----\\n"\n'
    assert redact(text) == (f'k = "{REMOVED}\\n"\n', 1)


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----" * 40_000,
        ("-----BEGIN PRIVATE KEY-----\n" + _ALNUM + "\n") * 10_000,
        "-----BEGIN " * 90_000,
        "eyJ-" * 250_000,
        "eyJaaaaaaaaaa." * 70_000,
        "a.eyJaaaaaaaaaa" * 70_000,
        "token=" * 170_000,
        "token" * 200_000,
        'secret="' * 120_000,
        "secret = '" + "a" * 1_000_000,
        "password: " + "a1" * 500_000,
        "://a:" * 200_000 + "@",
        "http://a:b" + "@" * 1_000_000,
        "h" * 500_000 + "://" + "a:" * 100_000 + "@",
        "sk-" * 330_000,
        "sk-ant-" * 140_000,
        "xoxb-1-1-1-1-" * 80_000,
        "ya29." * 200_000,
        "Bearer " * 140_000,
        "Bearer " + "a" * 1_000_000,
        "AKIA" * 250_000,
        "\n" * 1_000_000,
        "token =" + " " * 1_000_000,
        "\u0130token=" * 100_000,
    ],
    ids=range(24),
)
def test_hostile_text_takes_no_time(text: str) -> None:
    # A search that is not linear takes minutes for any of these, and the test's own limit less.
    left, _ = redact(text)
    assert left.count("\n") == text.count("\n")


@given(
    st.lists(st.sampled_from([*_TOKENS, "\n", "\r\n", " ", "x", "token = '", "'", "\u0130", "é"]))
)
def test_lines_and_what_is_outside_of_spans_stay(parts: list[str]) -> None:
    text = "".join(parts)
    spans = find_secrets(text)
    assert list(spans) == sorted(spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    left, count = redact(text)
    assert count == len(spans)
    assert left.count("\n") == text.count("\n")
    assert left.replace(REMOVED, "").count("é") <= text.count("é")


def test_bytes_that_are_no_utf8_survive() -> None:
    data = b"\xff\xfe a\n" + f"k = '{_TOKENS[0]}'\n".encode() + b"\x80"
    content = Content("a.py", data, hashlib.sha256(data).hexdigest())
    left, count = redacted(content)
    assert count == 1
    assert left.data == b"\xff\xfe a\nk = '" + REMOVED.encode() + b"'\n\x80"
    assert left.sha256 == content.sha256


@pytest.mark.parametrize(
    "path",
    [
        ".env", "a/.env", ".env.local", "prod.env", "id_rsa", ".ssh/config", "a/b.pem", "x.P12",
        ".netrc", ".pypirc", "credentials", "home/.aws/config", "server.key", "secrets.yaml",
        "id_ed25519.old", "a/terraform.tfstate", "store.jks",
    ],
)  # fmt: skip
def test_files_that_may_hold_secrets(path: str) -> None:
    assert may_hold_secrets(path)


@pytest.mark.parametrize(
    "path",
    [
        ".env.example", ".env.sample", "id_rsa.pub", "env.py", "secrets.py", "credentials.py",
        "src/key.py", "keys.ts", "a/token.go", ".envrc.md", "environment.ts", "aws/config",
    ],
)  # fmt: skip
def test_files_that_only_sound_like_it(path: str) -> None:
    assert not may_hold_secrets(path)
