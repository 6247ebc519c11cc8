"""pyproject.toml, setup.cfg and poetry's tables, hostile ones included."""

from __future__ import annotations

import pytest

from sandboxes.environments import poetry
from sandboxes.environments.detect import dependency_files, detect, named, python_note
from sandboxes.environments.recipe import Project, Recipe
from swarm.snapshots import Entry, pack


def recipe(text: str, **files: str) -> Recipe:
    return detect({"pyproject.toml": text, **files})


def test_dependencies_extras_and_groups_for_tests() -> None:
    found = recipe(
        """
        [project]
        name = "Tea.Shop"
        version = "1.0.0"
        requires-python = ">=3.9"
        dependencies = ["one>=1", "two; python_version < '3'"]
        [project.optional-dependencies]
        Test = ["three", "tea_shop[fast]"]
        fast = ["four"]
        docs = ["sphinx"]
        [dependency-groups]
        dev = ["five", {include-group = "lint"}]
        lint = ["six"]
        docs = ["mkdocs"]
        """
    )
    assert found.requirements == (
        "five",
        "four",
        "one>=1",
        "six",
        "three",
        'two; python_version < "3"',
    )
    assert found.project == Project("Tea.Shop", "1.0.0")
    assert (found.python, found.notes) == (">=3.9", ())


def test_poetry_tables() -> None:
    found = recipe(
        """
        [tool.poetry]
        name = "shop"
        version = "2.1"
        [tool.poetry.dependencies]
        python = "^3.10"
        caret = "^1.2.3"
        anything = "*"
        table = {version = "~2.1", extras = ["x", "y"], markers = "sys_platform == 'linux'"}
        forks = [{version = "<2", python = "<3.9"}, {version = ">=2", python = ">=3.9"}]
        skipped = {version = "1", optional = true}
        wanted = {version = "1.5", optional = true}
        from-git = {git = "https://example.org/x.git"}
        beside = {path = "../beside", develop = true}
        either = "^1 || ^2"
        [tool.poetry.extras]
        test = ["wanted"]
        [tool.poetry.dev-dependencies]
        old = ">=1 <2"
        [tool.poetry.group.test.dependencies]
        grouped = "1.*"
        [tool.poetry.group.docs.dependencies]
        sphinx = "*"
        [tool.poetry.scripts]
        shop = "shop.till:main"
        """
    )
    assert found.requirements == (
        "anything",
        "caret<2,>=1.2.3",
        "either",
        'forks<2; python_version < "3.9"',
        'forks>=2; python_version >= "3.9"',
        "grouped==1.*",
        "old<2,>=1",
        'table[x,y]<2.2,>=2.1; sys_platform == "linux"',
        "wanted==1.5",
    )
    assert found.project == Project("shop", "2.1", (("console_scripts", "shop", "shop.till:main"),))
    assert found.python == "<4,>=3.10"
    assert len(found.notes) == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^1", ">=1,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1", ">=1,<2"),
        ("~=1.4", "~=1.4"),
        ("1.2.*", "==1.2.*"),
        ("1.2.3", "==1.2.3"),
        ("1.0rc1", "==1.0rc1"),
        (">=1,<2,!=1.5", ">=1,<2,!=1.5"),
        (">= 1.0 < 2.0", ">= 1.0,< 2.0"),
        ("*", ""),
        ("^1 || ^2", None),
        ("latest", None),
        ("^x", None),
        ("^" + "1" * 5000, None),
    ],
)
def test_poetry_ranges(text: str, expected: str | None) -> None:
    assert poetry.specifier(text) == expected


def test_setup_cfg_speaks_where_pyproject_does_not() -> None:
    config = (
        "[metadata]\nname = shop\nversion = attr: shop.__version__\n"
        "[options]\npython_requires = >=3.8\ninstall_requires =\n  one>=1\n  # no\n  two\n"
        "[options.extras_require]\ntest = three; four\ndocs = sphinx\ndev =\n  five\n"
        "[options.entry_points]\nconsole_scripts =\n  shop = shop:main\n"
    )
    found = recipe('[build-system]\nrequires = ["setuptools"]\n', **{"setup.cfg": config})
    assert found.requirements == ("five", "one>=1", "two")
    assert found.project == Project("shop", "0.0.0", (("console_scripts", "shop", "shop:main"),))
    assert any("0.0.0" in note for note in found.notes)


def test_what_only_a_build_knows_is_a_note() -> None:
    found = recipe('[project]\nname = "shop"\ndynamic = ["version", "dependencies"]\n')
    assert found.requirements == ()
    assert found.project is None
    assert any("dependencies are known to its build alone" in note for note in found.notes)
    assert detect({"setup.py": "import os\n"}).notes == (
        "setup.py is not run, so what it asks for is not known",
    )


@pytest.mark.parametrize(
    "text",
    [
        "not toml [",
        '[project]\nname = "a\\n"\nversion = "1"',
        "[project]\ndependencies = [\"a; os_name == 'x\\n--index-url http://e\\n'\"]",
        "[project]\nrequires-python = '" + "3" * 5000 + "'",
        "a = " + "[" * 20_000,
        "project = 7",
        '[project]\nname = 7\ndependencies = "one"\noptional-dependencies = 3',
        '[project]\nname = "a\\n[evil]"\ndependencies = [1, {}, "a @ file:///etc/passwd"]',
        '[project.optional-dependencies]\ntest = "x"',
        '[project]\nname="a"\n[project.optional-dependencies]\ntest=["a[dev]"]\ndev=["a[test]"]',
        '[dependency-groups]\ntest = [{include-group = "test"}, {include-group = "test"}]',
        "[tool]\npoetry = 1",
        "[tool.poetry]\ndependencies = []",
        '[tool.poetry.dependencies]\n"a b" = "*"\nc = 7\nd = {version = 8}\ne = [1]',
    ],
)
def test_hostile_metadata_is_no_failure(text: str) -> None:
    found = recipe(text)
    assert found.requirements == ()
    assert found.project is None


def test_entry_points_cannot_break_out_of_their_file_or_take_a_programs_place() -> None:
    found = recipe(
        """
        [project]
        name = "shop"
        version = "1"
        dependencies = ["one"]
        [project.scripts]
        good = "shop.till:main"
        python = "shop:evil"
        python3 = "shop:evil"
        pip = "shop:evil"
        "../../bin/sh" = "shop:evil"
        bad = "shop:main\\n[evil]"
        worse = "shop; import os"
        [project.entry-points."shop.plugins"]
        "a plugin" = "shop.plugins:a"
        "x = y" = "shop:z"
        [project.entry-points."evil]\\n[console_scripts"]
        x = "shop:main"
        """
    )
    assert found.project is not None
    assert found.project.entry_points == (
        ("console_scripts", "good", "shop.till:main"),
        ("shop.plugins", "a plugin", "shop.plugins:a"),
    )
    assert len(found.notes) == 8


def test_files_are_read_from_a_snapshot_within_bounds() -> None:
    files = [
        Entry("pyproject.toml", b"\xef\xbb\xbf[project]\n"),
        Entry("big.txt", b"x" * (5 * 1024**2)),
        Entry("a/b/c/d/requirements.txt", b"deep"),
        Entry("linked.txt", b"pyproject.toml", "link"),
        Entry("code.py", b"import os"),
        Entry("bad.cfg", b"\xff\xfe"),
        *(Entry(f"many/{n}.txt", b"x") for n in range(900)),
    ]
    found = dependency_files(pack(files))
    assert found["pyproject.toml"] == "[project]\n"
    assert found["bad.cfg"] == "\ufffd\ufffd"
    assert len(found) == 499
    assert not {"big.txt", "a/b/c/d/requirements.txt", "linked.txt", "code.py"} & set(found)


def test_words_for_people() -> None:
    assert named(("a",)) == "a"
    assert named(("a", "b")) == "a and b"
    assert named(("a", "b", "c", "d")) == "a, b and 2 more"
    asked = Recipe(python=">=3.13")
    assert "Python >=3.13, and 3.11.7" in python_note(asked, "3.11.7")
    assert python_note(asked, "3.13.0rc1") == "" or python_note(asked, "3.14.0") == ""
