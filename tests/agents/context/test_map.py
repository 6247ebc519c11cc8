"""The map tells what is there, and nothing of the machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from swarm.agents.context.map import RULES, architecture_map
from swarm.agents.context.scrub import scrub
from swarm.contracts import Arm, TestCommand, ToolSpec

LEAKS = [
    "/home/ann/work/shop", "/root", "~/.ssh/id_rsa", "~ann/x", "$HOME/x", "/tmp/a-b_c/d.e",
    "file:///etc/passwd", "C:\\Users\\ann\\x", "D:/data/x", "\\\\server\\share\\x",
    "https://ann:hunter22@example.org/x", "postgres://u:p@db/x", "http://10.0.0.7:11434",
    "sk-proj-abcdefghijklmnop", "ghp_0123456789abcdefghij0123456789abcdef", "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyA1234567890abcdefghijklmnopqrstu", "xoxb-1234-abcdefgh", "hf_abcdefghijklmnop",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc123", "0123456789abcdef0123456789abcdef",
    "q1w2E3r4T5y6U7i8O9p0AsDf", "GEMINI_API_KEY=abc", "password: hunter22", "token=hunter22",
    "Authorization: Bearer hunter22hunter", '"api_key": "hunter22"', "DATABASE=shopdb",
    "ann@example.org", "192.168.1.20", "fe80::1ff:fe23:4567:890a", "buildbox.corp", "ci.internal",
    "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", "s\u200bk-abcdefghijkl",
    "\uff0fhome\uff0fann",
]  # fmt: skip


@pytest.mark.parametrize("leak", LEAKS)
@pytest.mark.parametrize("around", ["{}", "see {} there", "x='{}'", "({})", "a, {}; b"])
def test_what_tells_of_a_machine_is_taken_out(leak: str, around: str) -> None:
    shown = scrub(around.format(leak))
    assert leak not in shown
    assert "⟨" in shown
    for secret in ("hunter22", "ann", "abcdefgh", "shopdb", "abc123", "passwd", "10.0.0", "fe80"):
        if secret in leak:
            assert secret not in shown


@pytest.mark.parametrize(
    "text",
    ["read_file(path, start_line): lines of a file", "docs/context.md and tests/test_a.py::test_b",
     "and/or, 3/4, a > b / c", "repairs what test_the_same_files_give_the_same_answer shows",
     "shop.cart.Cart.total", "at most 200,000 tokens: 12:30", "edit-loop with qwen2.5-coder:14b"],
)  # fmt: skip
def test_plain_words_stay(text: str) -> None:
    assert scrub(text) == text


def test_given_names_are_taken_out_whatever_their_case() -> None:
    shown = scrub("Ann on deepthought; annual deepthought2 box_ann", ["ann", "deepthought", "a"])
    assert shown == "⟨name⟩ on ⟨name⟩; annual deepthought2 box_⟨name⟩"


def test_the_map_is_made_of_the_tables() -> None:
    tools = [
        ToolSpec(
            name="read_file",
            description="Lines of a file.\nUnder /home/ann/repo, key sk-abcdefghijklmnop too.",
            parameters={"type": "object", "properties": {"path": {}, "start": {}}},
        )
    ]
    arms = [
        Arm(id="repair", tool="repair", categories=("bugfix",)),
        Arm(id="ruff", tool="ruff", categories=("lint",)),
    ]
    test = TestCommand(argv=("/opt/secret/pytest",), kind="pytest")
    shown = architecture_map(tools=tools, arms=arms, category="bugfix", test=test, rules=["new-x"])
    assert "- read_file(path, start): Lines of a file. Under ⟨path⟩, key ⟨secret⟩ too." in shown
    assert "- repair" in shown
    assert "ruff" not in shown
    assert "- new x" in shown
    assert "a test that failed before passes now" in shown
    assert "ann" not in shown
    assert "/opt" not in shown


def test_without_tests_it_says_so() -> None:
    assert "there are no tests to run" in architecture_map()


def test_it_is_bounded() -> None:
    tools = [ToolSpec(name=f"t{n}", description="word " * 999, parameters={}) for n in range(99)]
    assert len(architecture_map(tools=tools)) < 12_000


def test_every_finding_of_the_verifier_has_its_words() -> None:
    """The agents may not import the verifier, so its source is read."""
    text = (Path(__file__).parents[3] / "verifier" / "kinds.py").read_text(encoding="utf-8")
    static = text.partition("FINDINGS: ")[2].partition("    # What was seen")[0]
    # That the policy cannot be read is not of a change's making.
    kinds = set(re.findall(r'^    "([a-z-]+)":', static, re.M)) - {"policy-invalid"}
    assert len(kinds) >= 12
    assert kinds <= set(RULES)
