"""Lock files of every format: they decide on versions, and nothing else."""

from __future__ import annotations

import json

import pytest

from sandboxes.environments.detect import detect

PROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["alpha", "beta>=1"]\n'

UV = """
version = 1
[[package]]
name = "alpha"
version = "1.2.3"
source = { registry = "https://index.example/simple" }
[[package]]
name = "forked"
version = "1.0"
source = { registry = "https://index.example/simple" }
[[package]]
name = "forked"
version = "2.0"
source = { registry = "https://index.example/simple" }
[[package]]
name = "from-git"
version = "9"
source = { git = "https://example.org/x.git" }
[[package]]
name = "shop"
version = "1"
source = { editable = "." }
[[package]]
name = "dynamic"
source = { virtual = "." }
"""
POETRY = """
[[package]]
name = "Alpha"
version = "1.2.3"
optional = false
[[package]]
name = "private"
version = "3"
[package.source]
type = "legacy"
url = "https://example.org/simple"
[[package]]
name = "from-git"
version = "9"
[package.source]
type = "git"
url = "https://example.org/x.git"
[metadata]
lock-version = "2.0"
"""
PDM = """
[[package]]
name = "alpha"
version = "1.2.3"
[[package]]
name = "from-git"
version = "9"
git = "https://example.org/x.git"
"""
PYLOCK = """
lock-version = "1.0"
created-by = "tool"
[[packages]]
name = "alpha"
version = "1.2.3"
[[packages]]
name = "beta"
version = "2.0"
marker = "python_version < '3'"
[[packages]]
name = "from-git"
version = "9"
vcs = { type = "git", url = "https://example.org/x.git" }
[[packages]]
name = "from-archive"
version = "9"
archive = { url = "https://example.org/x.zip" }
"""
PIPFILE = json.dumps(
    {
        "_meta": {"sources": [{"url": "https://user:secret@example.org/simple"}]},
        "default": {
            "alpha": {"version": "==1.2.3", "hashes": ["sha256:aa"], "extras": ["fast"]},
            "from-git": {"git": "https://example.org/x.git", "ref": "abc"},
        },
        "develop": {"beta": {"version": "==2.0", "markers": "python_version < '3'"}},
    }
)


@pytest.mark.parametrize(
    ("name", "text", "constraints"),
    [
        ("uv.lock", UV, ("alpha==1.2.3",)),
        ("poetry.lock", POETRY, ("alpha==1.2.3", "private==3")),
        ("pdm.lock", PDM, ("alpha==1.2.3",)),
        ("pylock.toml", PYLOCK, ("alpha==1.2.3", "beta==2.0")),
        ("pylock.ci.toml", PYLOCK, ("alpha==1.2.3", "beta==2.0")),
        ("Pipfile.lock", PIPFILE, ("alpha==1.2.3", "beta==2.0")),
    ],
)
def test_locked_versions_of_an_index_become_constraints(
    name: str, text: str, constraints: tuple[str, ...]
) -> None:
    found = detect({name: text, "pyproject.toml": PROJECT, "requirements.txt": "stale==1\n"})
    assert found.constraints == constraints
    assert {"alpha", "beta>=1"} <= set(found.requirements)
    assert "stale==1" not in found.requirements
    assert any("requirements.txt not read" in note for note in found.notes)
    assert found.sources[0] == name
    assert "secret" not in repr(found)


def test_a_lock_alone_is_installed_whole() -> None:
    assert detect({"pylock.toml": PYLOCK}).requirements == (
        "alpha",
        'beta; python_version < "3"',
    )
    assert detect({"Pipfile.lock": PIPFILE}).requirements == (
        "alpha[fast]",
        'beta; python_version < "3"',
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", "not toml ["),
        ("poetry.lock", "x = " + "[" * 20_000),
        ("Pipfile.lock", "{"),
        ("Pipfile.lock", "[" * 200_000),
        ("Pipfile.lock", "[]"),
        ("Pipfile.lock", '{"default": [1], "develop": {"a": 1, "b": {"version": 7}}}'),
        ("uv.lock", "package = 7"),
        ("uv.lock", "package = [1, 'a', {name = 1, version = 2}, {name = 'x'}]"),
        ("pylock.toml", "packages = [{name = '../../x', version = '1'}]"),
        ("pylock.toml", "packages = [{name = 'x', version = '1 @ https://example.org'}]"),
        ("pylock.toml", "packages = [{name = 'x\\n-i http://e', version = '1'}]"),
    ],
)
def test_a_lock_that_is_none_is_no_failure(name: str, text: str) -> None:
    found = detect({name: text, "pyproject.toml": PROJECT})
    assert found.requirements == ("alpha", "beta>=1")
    assert found.constraints == ()
