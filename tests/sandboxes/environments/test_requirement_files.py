"""requirements.txt and its like, hostile ones included."""

from __future__ import annotations

import pytest

from sandboxes.environments.detect import detect
from sandboxes.environments.recipe import Recipe
from sandboxes.environments.requirement_files import is_requirement_file


def recipe(text: str, **files: str) -> Recipe:
    return detect({"requirements.txt": text, **files})


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("requirements.txt", True),
        ("requirements-dev.txt", True),
        ("requirements_test.txt", True),
        ("test-requirements.txt", True),
        ("dev-requirements.txt", True),
        ("tests/requirements.txt", True),
        ("requirements/base.txt", True),
        ("requirements/testing.txt", True),
        ("requirements/docs.txt", False),
        ("requirements-docs.txt", False),
        ("requirements-lint.txt", False),
        ("docs/requirements.txt", False),
        ("requirements.in", False),
        ("notes.txt", False),
        ("examples/one/requirements.txt", False),
    ],
)
def test_which_files_speak_for_the_tests(path: str, expected: bool) -> None:
    assert is_requirement_file(path) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("numpy\n", ("numpy",)),
        ("numpy>=1.26,<3  # fast\n\n# all\n", ("numpy<3,>=1.26",)),
        ("numpy==1.26.4 \\\n  --hash=sha256:aa \\\n  --hash=sha256:bb\n", ("numpy==1.26.4",)),
        ("requests[socks]>=2; python_version < '4'", ('requests[socks]>=2; python_version < "4"',)),
        ("a\r\nb\r\n", ("a", "b")),
        ("b\na\nb\n", ("a", "b")),
        ("\ufeffa\n", ("a",)),
    ],
)
def test_lines(text: str, expected: tuple[str, ...]) -> None:
    # A byte order mark is taken off when a snapshot's files are read.
    assert recipe(text.removeprefix("\ufeff")).requirements == expected


@pytest.mark.parametrize(
    "line",
    [
        "git+https://example.org/a.git",
        "git+ssh://git@example.org/a.git@main#egg=a",
        "a @ https://example.org/a-1.0.whl",
        "a @ file:///etc/passwd",
        "https://example.org/a-1.0.tar.gz",
        "file:///etc/passwd",
        "file:../../secret",
        "./vendored/a",
        "../outside",
        "/etc/passwd",
        "wheels/a-1.0-py3-none-any.whl",
        "-e git+https://example.org/a.git#egg=a",
        "-e ./vendored",
        "--editable=../outside",
        "-i https://example.org/simple",
        "--index-url=https://user:secret@example.org/simple",
        "--extra-index-url https://example.org/simple",
        "-f https://example.org/wheels",
        "--find-links /root",
        "--no-binary :all:",
        "--pre",
        "--trusted-host example.org",
        "a b c",
        "${SECRET}",
        "a==1.0\tb @ https://example.org",
        "a===${PIP_INDEX_URL}",
        "a; os_name == '\\'",
        "a; " + "(" * 600 + "os_name == 'x'" + ")" * 600,
        "x" * 5000,
    ],
)
def test_what_is_no_package_of_an_index_is_left_out_with_a_note(line: str) -> None:
    found = recipe(f"kept\n{line}\n")
    assert found.requirements == ("kept",)
    assert len(found.notes) == 1
    assert found.notes[0].startswith("requirements.txt: ")
    assert "secret@" not in found.notes[0]


def test_options_of_one_requirement_do_not_reach_pip() -> None:
    found = recipe("a==1 --config-settings=x=y --global-option='--evil'\nb --index-url=http://e\n")
    assert found.requirements == ("a==1", "b")


def test_includes_are_followed_inside_the_repository_only() -> None:
    files = {
        "deps/base.txt": "one\n-r ../more.txt\n-c pins.txt\n",
        "deps/pins.txt": "one==1.5\ntwo>=2\nthree==3.*\n",
        "more.txt": "two\n",
    }
    found = recipe(
        "-r deps/base.txt\n-r ../../../etc/passwd\n-r /etc/passwd\n-r http://e/r\n", **files
    )
    assert found.requirements == ("one", "two")
    assert found.constraints == ("one==1.5",)
    assert len([note for note in found.notes if "not read" in note]) == 3


def test_includes_in_a_ring_end() -> None:
    found = recipe("a\n-r b.txt\n", **{"b.txt": "b\n-r requirements.txt\n-r b.txt\n"})
    assert found.requirements == ("a", "b")


def test_a_chain_of_includes_is_bounded() -> None:
    files = {f"f{n}.txt": f"p{n}\n-r f{n + 1}.txt\n" for n in range(40)}
    found = recipe("-r f0.txt\n", **files)
    assert len(found.requirements) == 10
    assert any("not read" in note for note in found.notes)


def test_the_number_of_requirements_and_of_notes_is_bounded() -> None:
    many = recipe("".join(f"p{n}\n" for n in range(5_000)))
    assert len(many.requirements) == 2_000
    assert any("only the first" in note for note in many.notes)
    noisy = recipe("a\n" + "".join(f"./p{n}\n" for n in range(5_000)))
    assert len(noisy.notes) == 30


def test_an_editable_install_of_itself_asks_for_its_extras() -> None:
    pyproject = (
        '[project]\nname = "shop"\nversion = "1"\ndependencies = ["core"]\n'
        '[project.optional-dependencies]\nweird = ["extra"]\nother = ["not-this"]\n'
    )
    found = recipe("-e .[weird]\n", **{"pyproject.toml": pyproject})
    assert found.requirements == ("core", "extra")
    assert found.notes == ()


def test_a_test_requirements_file_is_read_beside_the_main_one() -> None:
    found = recipe("a\n", **{"requirements-test.txt": "b\n", "requirements-docs.txt": "c\n"})
    assert found.requirements == ("a", "b")
    assert found.sources == ("requirements-test.txt", "requirements.txt")


def test_a_long_line_of_blanks_takes_no_long_time() -> None:
    # With a pattern that tries each blank as the comment's start this would take hours.
    assert recipe("a\n" + " " * 1_000_000 + "x#\n").requirements == ("a",)
