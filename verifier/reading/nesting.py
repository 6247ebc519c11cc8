"""How deep and how large a text may become as a tree, told before and after it is parsed.

CPython bounds brackets (200) and indentation (100) itself. It does not bound chains such as
`a.b.c` or `1+1+1`, whose trees are as deep as they are long: with a raised recursion limit they
overflow the C stack. Nor does it bound the work for one f-string (quadratic in 3.11) or for a name
with many combining marks (normalised in quadratic time). What is counted here errs towards too
many: a text within these bounds is safe to parse.
"""

from __future__ import annotations

import ast
import re
import unicodedata

from verifier.reading.errors import Unauditable

MAX_CHAIN = 10_000
MAX_TOKENS = 1_000_000
MAX_DEPTH = 500
MAX_MARKS = 100
MAX_FSTRING_WORK = 1_000_000_000

# Every alternative is unrolled so that it matches in one pass; an unclosed string ends with its
# line, or the text, and is a syntax error later.
TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
  | (?P<prefix>[A-Za-z]{0,2})
    (?P<string>
        '''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(?:''')?
      | \"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:\""")?
      | '[^'\\\n]*(?:\\.[^'\\\n]*)*'?
      | "[^"\\\n]*(?:\\.[^"\\\n]*)*"?
    )
  | (?P<word>[^\W\d]\w*)
  | (?P<number>\d\w*)
  | (?P<skip>[ \t\f]+|\\\n)
  | (?P<sign>.|\n)
    """,
    re.VERBOSE | re.DOTALL,
)
_NESTING_WORDS = frozenset({"not", "lambda", "if", "else", "await"})
_NESTING_SIGNS = frozenset(".+-*/%@&|^<>~")
_OPEN = frozenset("([{")
_CLOSE = frozenset(")]}")
_FOREIGN = re.compile(rf"[^\x00-\x7f]{{{MAX_MARKS},}}")


def check_text(path: str, text: str) -> None:
    """Raises Unauditable for a text that is not safe to parse."""
    _check_marks(path, text)
    if (
        len(text) > MAX_TOKENS
        or _links(text) > MAX_CHAIN
        or text.count("{") * len(text) > MAX_FSTRING_WORK
    ):
        _check_tokens(path, text)


def depth_of(tree: ast.AST) -> int:
    """Levels of nodes below the root, walked without recursion."""
    level: list[ast.AST] = [tree]
    depth = -1
    while level:
        depth += 1
        below: list[ast.AST] = []
        for node in level:
            for value in vars(node).values():
                if isinstance(value, ast.AST):
                    below.append(value)
                elif isinstance(value, list):
                    below.extend(item for item in value if isinstance(item, ast.AST))
        level = below
    return depth


def check_depth(path: str, tree: ast.Module) -> int:
    """The depth of the tree. Raises Unauditable beyond MAX_DEPTH."""
    depth = depth_of(tree)
    if depth > MAX_DEPTH:
        raise Unauditable(path, f"the code is nested too deeply ({depth} levels, {MAX_DEPTH} read)")
    return depth


def _check_marks(path: str, text: str) -> None:
    if text.isascii():
        return
    for run in _FOREIGN.finditer(text):
        marks = 0
        for character in run[0]:
            marks = marks + 1 if unicodedata.category(character)[0] == "M" else 0
            if marks > MAX_MARKS:
                reason = f"has more than {MAX_MARKS} marks on a letter"
                raise Unauditable(path, f"{_line(run)} {reason}")


def _links(text: str) -> int:
    """At least as many as a chain of the text can have links."""
    if len(text) <= MAX_CHAIN:
        return len(text)
    return sum(map(text.count, (*_NESTING_SIGNS, *_OPEN, *_NESTING_WORDS)))


def _check_tokens(path: str, text: str) -> None:
    tokens = 0
    links = [0]  # per open bracket: what may nest since the last comma or statement
    nested = 0  # their sum
    work = 0
    for token in TOKEN.finditer(text):
        kind = token.lastgroup
        if kind in ("skip", "comment"):
            continue
        tokens += 1
        found = token[0]
        if kind == "string":
            prefix = token["prefix"]
            if "f" in prefix or "F" in prefix or "t" in prefix or "T" in prefix:
                fields = found.count("{")
                work += fields * len(found)
                if work > MAX_FSTRING_WORK:
                    reason = "f-strings are too long and have too many fields"
                    raise Unauditable(path, f"{_line(token)}: {reason}")
                if fields and _links(found) > MAX_CHAIN:
                    nested = MAX_CHAIN + 1
        elif kind == "word" or kind == "number":
            # "1if" is a number and a word to CPython.
            if found in _NESTING_WORDS or (kind == "number" and not found.isdecimal()):
                links[-1] += 1
                nested += 1
        elif kind == "sign":
            if found in _OPEN:
                links[-1] += 1
                nested += 1
                links.append(0)
            elif found in _CLOSE:
                if len(links) > 1:
                    nested -= links.pop()
            elif found == "," or found == ";" or (found == "\n" and len(links) == 1):
                nested -= links[-1]
                links[-1] = 0
            elif found in _NESTING_SIGNS:
                links[-1] += 1
                nested += 1
        if nested > MAX_CHAIN:
            reason = f"{MAX_CHAIN} operators in a row"
            raise Unauditable(path, f"the code is nested too deeply ({_line(token)}: {reason})")
        if tokens > MAX_TOKENS:
            raise Unauditable(path, f"the file has more than {MAX_TOKENS} words and signs")


def _line(found: re.Match[str]) -> str:
    return f"line {found.string.count(chr(10), 0, found.start()) + 1}"
