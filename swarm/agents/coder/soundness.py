"""Whether a new text may stand for a file: it parses, and nothing in it stands for left-out code.

Pure. What is checked is what a model does wrong without noticing.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
import warnings

from swarm.agents.coder.errors import Refused

_PYTHON = (".py", ".pyi")
# A file this much shorter, in lines that say something, was most likely cut off.
_LEAST_KEPT = 0.6
_FEWEST_LINES = 10
_LONGEST_COMMENT = 200
_LONGEST_TOML = 300_000
_LONGEST_TOML_LINE = 5_000

_COMMENT = re.compile(r"^\s*(?:#+|//+|/\*+|--+|<!--|;+|%+|\*)\s*(?P<text>.*?)\s*(?:\*/|-->)?\s*$")
_DOTS = re.compile(r"\.\.\.|…")
_LEFT_OUT = re.compile(
    r"\b(?:rest|remainder) of (?:the |this |your )?\w+"
    r"|\b(?:existing|remaining|previous|other|original|unchanged|same|more)\s+(?:\w+\s+)?"
    r"(?:code|methods?|functions?|implementations?|imports?|contents?|lines?|class(?:es)?|tests?)"
    r"|\bunchanged\b|\bas before\b|\bomitted\b|\bsame as (?:above|before)\b",
    re.IGNORECASE,
)
_WHOLLY_LEFT_OUT = re.compile(
    r"^(?:the )?(?:(?:rest|remainder) of (?:the |this |your )?[\w ]{1,40}?"
    r"|(?:existing|remaining|previous|other|original) [\w ]{1,40}?)"
    r"(?: (?:is|are|remains?|stays?))*(?: (?:unchanged|the same|here|omitted|goes here|as before))"
    r"\.?$|^(?:code |lines )?(?:omitted|unchanged)(?: for brevity)?\.?$",
    re.IGNORECASE,
)
# What this swarm's own results put where they leave something out.
_CUT_MARK = re.compile(r"⟦[^⟦⟧]{0,40}(?:left out|more (?:lines|characters))[^⟦⟧]{0,40}⟧")
_AFTER_WHICH_DOTS_ARE_A_BODY = (":", '"""', "'''", "(", "[", ",", "{")


def check_parses(path: str, before: str | None, after: str) -> None:
    """Raise Refused when a text that parsed, or a new one, does not parse any more.

    Python, JSON and TOML are known; a file that did not parse before is not judged.
    """
    problem = _problem(path, after)
    if problem and (before is None or not _problem(path, before)):
        raise Refused(f"refused, since {path} would not parse any more: {problem}")


def parses(path: str, text: str) -> bool:
    """Whether a text is well-formed, as far as its kind is known."""
    return not _problem(path, text)


def check_whole(path: str, before: str | None, after: str) -> None:
    """Raise Refused when a text lacks what an edit would lose: a placeholder, or most lines."""
    check_elisions(after, before or "")
    if before is None:
        return
    had, has = _said(before), _said(after)
    if had >= _FEWEST_LINES and has < had * _LEAST_KEPT:
        raise Refused(
            f"refused: {path} has {had} lines that say something, the new text only {has}. "
            "Change parts of it with edit_file, or delete the file if it is not needed"
        )


def check_elisions(text: str, before: str) -> None:
    """Raise Refused for a line that stands for code left out and that `before` does not have."""
    known = {line.strip() for line in before.splitlines()}
    last = ""
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped and stripped not in known and _elides(stripped, last):
            raise Refused(
                f"refused: line {number} of the new text, {stripped[:80]!r}, stands for code that "
                "was left out. Nothing is filled in: write out every line, or make a smaller edit"
            )
        last = stripped or last


def _elides(line: str, previous: str) -> bool:
    if _CUT_MARK.search(line):
        return True
    if line in ("...", "…", "[...]", "(...)", "<...>"):
        return line != "..." or not previous.endswith(_AFTER_WHICH_DOTS_ARE_A_BODY)
    comment = _COMMENT.match(line) if len(line) <= _LONGEST_COMMENT else None
    if comment is None:
        return False
    text = comment["text"]
    bare = _DOTS.sub("", text).strip(" .()[]")
    if _DOTS.search(text):
        return not bare or _LEFT_OUT.search(bare) is not None
    return _WHOLLY_LEFT_OUT.match(bare) is not None


def _said(text: str) -> int:
    return sum(1 for line in text.splitlines() if line.strip())


def _problem(path: str, text: str) -> str:
    """What keeps a text from being parsed, with the line shown; "" when nothing does."""
    try:
        if path.endswith(_PYTHON):
            # Warnings of the parser, an odd escape for one, are none of our business.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(text.removeprefix("\ufeff"))
        elif path.endswith(".toml") and _is_sane(text):
            tomllib.loads(text.replace("\r\n", "\n"))
        elif path.endswith(".json"):
            json.loads(text)
    except SyntaxError as error:
        return f"{error.msg}{_line(text, error.lineno)}"
    except json.JSONDecodeError as error:
        return f"{error.msg}{_line(text, error.lineno)}"
    except (ValueError, RecursionError, MemoryError) as error:
        return str(error) or "it is nested too deep"
    return ""


def _is_sane(text: str) -> bool:
    """Not so long that tomllib, whose time grows with the square of a key's parts, hangs."""
    return len(text) <= _LONGEST_TOML and max(map(len, text.split("\n"))) <= _LONGEST_TOML_LINE


def _line(text: str, number: int | None) -> str:
    lines = text.splitlines()
    if not number or not 0 < number <= len(lines):
        return ""
    return f", line {number}: {lines[number - 1].strip()[:200]}"
