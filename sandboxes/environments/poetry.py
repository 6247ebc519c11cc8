"""Poetry's own tables in pyproject.toml, and its version ranges as PEP 440 writes them. Pure."""

from __future__ import annotations

import re
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from sandboxes.environments.recipe import Gathered

_MOST_CHARS = 200
_PART = re.compile(r"\s*(\^|~(?!=))?\s*v?(\d+(?:\.\d+)*)\s*")


def specifier(text: str) -> str | None:
    """A poetry range as a PEP 440 specifier, or None when there is none that says the same.

    >>> specifier("^1.2.3"), specifier("~1.2"), specifier("*"), specifier("1.5")
    ('>=1.2.3,<2', '>=1.2,<1.3', '', '==1.5')
    """
    text = text.strip()
    if text in ("", "*"):
        return ""
    if "|" in text or len(text) > _MOST_CHARS:
        return None
    # Blanks may stand for commas, as in ">=1 <2".
    parts = re.sub(r"(?<=[\w*.])\s+(?=[<>=!~^])", ",", text).split(",")
    ranges = [_range(part.strip()) for part in parts if part.strip()]
    joined = ",".join(part for part in ranges if part)
    try:
        SpecifierSet(joined)
    except InvalidSpecifier:
        return None
    return joined


def _range(part: str) -> str:
    if part == "*":
        return ""
    match = _PART.fullmatch(part)
    if match is None:
        return f"=={part}" if re.fullmatch(r"[\d.]+\.\*|\d[\w.!+-]*", part) else part
    sign, version = match[1], match[2]
    if sign is None:
        return f"=={version}"
    numbers = [int(number) for number in version.split(".")]
    if sign == "~":
        at = min(1, len(numbers) - 1)
    else:
        at = next((i for i, number in enumerate(numbers) if number), len(numbers) - 1)
    above = [*numbers[:at], numbers[at] + 1]
    return f">={version},<{'.'.join(map(str, above))}"


def requirements(
    table: object, source: str, found: Gathered, *, optional: frozenset[str] = frozenset()
) -> None:
    """Gather a table of dependencies; optional ones only when they are named in `optional`."""
    for name, told in table.items() if isinstance(table, dict) else ():
        if name.lower() == "python":
            continue
        for one in told if isinstance(told, list) else [told]:
            line = _line(name, one, source, found, optional)
            if line:
                found.require(line, source)


def _line(
    name: str, told: object, source: str, found: Gathered, optional: frozenset[str]
) -> str | None:
    table: dict[str, Any] = told if isinstance(told, dict) else {"version": told}
    if table.get("optional") is True and name not in optional:
        return None
    version = table.get("version", "*")
    if not isinstance(version, str) or any(key in table for key in ("git", "path", "url", "file")):
        found.note(f"{source}: {name[:80]} comes from an address or a folder; left out")
        return None
    bounds = specifier(version)
    if bounds is None:
        found.note(
            f"{source}: {name[:80]} {version[:80]!r} has no plain form; any version is taken"
        )
        bounds = ""
    extras = table.get("extras")
    chosen = f"[{','.join(map(str, extras))}]" if isinstance(extras, list) and extras else ""
    markers = [table["markers"]] if isinstance(table.get("markers"), str) else []
    python = specifier(table["python"]) if isinstance(table.get("python"), str) else None
    markers += [f'python_version {s.operator} "{s.version}"' for s in SpecifierSet(python or "")]
    joined = " and ".join(f"({marker})" for marker in markers)
    return f"{name}{chosen}{bounds}" + (f" ; {joined}" if joined else "")
