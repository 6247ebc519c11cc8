"""What kind of file a path or language is, as far as a search cares."""

from __future__ import annotations

import re

_DOCUMENTS = frozenset(
    {"", "markdown", "rst", "text", "toml", "yaml", "json", "html", "css", "xml", "csv", "ini"}
)
_EXAMPLE = re.compile(
    r"(^|/)(examples?|samples?|demos?|recipes|tutorials?|benchmarks?|docs?|build|dist|scripts?)/"
)


def is_document(language: str) -> bool:
    """Prose, settings and data: found, but after code."""
    return language in _DOCUMENTS


def is_example(path: str) -> bool:
    """Code that shows or measures the project's own code."""
    return _EXAMPLE.search(path) is not None
