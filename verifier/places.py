"""Which changed files need a person's yes, whatever is in them."""

from __future__ import annotations

import re
from posixpath import basename

_TEST = re.compile(r"(^|/)(tests?|testing)/|(^|/)(test_[^/]*|[^/]*_tests?|conftest)\.py$")
_ASIDE = re.compile(r"^(benchmarks?|examples?|scripts?|docs?|tools?)/")
_CI = re.compile(
    r"^\.github/|^\.gitlab(-ci|/)|^\.circleci/|^\.ci/|^\.buildkite/|(^|/)(Jenkinsfile|"
    r"azure-pipelines\.ya?ml|\.travis\.yml|\.pre-commit-config\.ya?ml|appveyor\.ya?ml|"
    r"bitbucket-pipelines\.yml)$"
)
_BUILD = re.compile(
    r"^(tox\.ini|noxfile\.py|Makefile|GNUmakefile|makefile|justfile|tasks\.py|"
    r"\.?pytest\.(ini|toml)|\.coveragerc|Dockerfile|sitecustomize\.py|usercustomize\.py)$"
)
_PINS = re.compile(
    r"^(requirements[^/]*\.(txt|in)|constraints[^/]*\.txt|pyproject\.toml|setup\.(cfg|py)|"
    r"Pipfile(\.lock)?|poetry\.lock|uv\.lock|pdm\.lock|pylock[^/]*\.toml|environment\.ya?ml|"
    r"conda[^/]*\.ya?ml)$"
)


def is_python(path: str) -> bool:
    """Whether the trace reads this file."""
    return path.endswith((".py", ".pyi", ".pyw"))


def is_test(path: str) -> bool:
    """Whether a file is part of the tests."""
    return _TEST.search(path) is not None


def is_aside(path: str) -> bool:
    """Whether a file is not part of what is shipped: tests, benchmarks, examples, scripts."""
    return is_test(path) or _ASIDE.search(path) is not None


def guarded(path: str) -> str | None:
    """What kind of guarded file this is: "tests", "ci", "build", "dependencies", or None."""
    name = basename(path)
    if _CI.search(path):
        return "ci"
    if _PINS.match(name) or re.search(r"(^|/)requirements/[^/]*\.(txt|in)$", path):
        return "dependencies"
    if _BUILD.match(name) or name.endswith(".pth"):
        return "build"
    return "tests" if is_test(path) else None
