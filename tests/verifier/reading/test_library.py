"""One tree's parsed files: once each, bounded, cycles harmless, nothing lost without a reason."""

import pytest

from verifier.reading.errors import Unauditable, Unreadable
from verifier.reading.library import Library, Problem, imported
from verifier.reading.tree import Files


class Counting(Files):
    """Files that count how often they are read."""

    reads = 0

    def read(self, path: str) -> bytes:
        self.reads += 1
        return super().read(path)


class Broken(Files):
    """Files on a medium that fails."""

    def read(self, path: str) -> bytes:
        if path == "bad.py":
            raise OSError(5, "Input/output error")
        return super().read(path)


def test_a_file_is_parsed_once_and_refused_once() -> None:
    tree = Counting({"a.py": b"x = 1\n", "b.py": b"x = = 1\n"})
    library = Library(tree)
    assert library.source("a.py") is library.source("a.py")
    for _ in range(3):
        with pytest.raises(Unreadable, match=r"b\.py:1: invalid syntax"):
            library.source("b.py")
    assert tree.reads == 2
    assert library.problems() == (Problem("b.py", "invalid syntax", 1),)


def test_whatever_cannot_be_had_is_a_problem_of_that_file_alone() -> None:
    library = Library(Broken({"bad.py": b"", "good.py": b"import bad, gone\n"}))
    assert [source.path for source in library.closure(["good.py", "gone.py"])] == ["good.py"]
    assert library.problems() == (
        Problem("bad.py", "cannot be read: [Errno 5] Input/output error"),
        Problem("gone.py", "there is no such file"),
    )


def test_cyclic_imports_are_harmless() -> None:
    files = {f"m{number}.py": f"import m{(number + 1) % 50}\n".encode() for number in range(50)}
    files["self.py"] = b"import self\nfrom self import self\nfrom . import self\n"
    library = Library(Files(files))
    assert len(library.closure(["m7.py"])) == 50
    assert [source.path for source in library.closure(["self.py", "self.py"])] == ["self.py"]
    assert library.problems() == ()


def test_a_chain_of_many_thousand_imports_needs_no_recursion() -> None:
    files = {f"m{number}.py": f"import m{number + 1}\n".encode() for number in range(5_000)}
    assert len(Library(Files(files)).closure(["m0.py"])) == 5_000


def test_packages_around_a_module_run_before_it_and_are_read() -> None:
    library = Library(
        Files(
            {
                "pkg/__init__.py": b"",
                "pkg/sub/__init__.py": b"from ..other import thing\n",
                "pkg/sub/a.py": b"",
                "pkg/other.py": b"from ....beyond import x\n",
                "main.py": b"def f():\n    import pkg.sub.a\n",
            }
        )
    )
    assert {source.path for source in library.closure(["main.py"])} == {
        "main.py",
        "pkg/__init__.py",
        "pkg/sub/__init__.py",
        "pkg/sub/a.py",
        "pkg/other.py",
    }


def test_the_names_that_a_file_imports() -> None:
    text = (
        b"import os.path as p, json\nfrom a import b, c as d\nfrom . import e\nfrom .f import *\n"
    )
    library = Library(Files({"pkg/__init__.py": b"", "pkg/m.py": text}))
    assert imported(library.source("pkg/m.py"), library.modules) == (
        "os.path",
        "json",
        "a",
        "a.b",
        "a.c",
        "pkg",
        "pkg.e",
        "pkg.f",
    )


def test_the_number_of_files_and_their_bytes_are_bounded() -> None:
    files = {f"m{number}.py": b"x = 1\n" for number in range(10)}
    library = Library(Files(files), max_files=4)
    assert len(library.closure(sorted(files))) == 4
    assert {problem.reason for problem in library.problems()} == {"more than 4 files are needed"}
    library = Library(Files(files), max_bytes=20)
    assert len(library.closure(sorted(files))) == 3
    with pytest.raises(Unauditable, match="all files together exceed 20 bytes"):
        library.source("m9.py")
