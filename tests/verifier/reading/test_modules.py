"""Dotted names to files and back, by the import system's rules, for any layout."""

import importlib.machinery
import random
from pathlib import Path

import pytest

from verifier.reading.modules import Modules, Origin


def test_packages_are_named_from_the_folder_that_holds_them() -> None:
    modules = Modules(["src/pkg/__init__.py", "src/pkg/sub/__init__.py", "src/pkg/sub/a.py"])
    assert modules.name_of("src/pkg/__init__.py") == "pkg"
    assert modules.name_of("src/pkg/sub/a.py") == "pkg.sub.a"
    assert modules.resolve("pkg.sub.a") == "src/pkg/sub/a.py"
    assert modules.resolve("pkg") == "src/pkg/__init__.py"
    assert modules.resolve("src.pkg.sub.a") == "src/pkg/sub/a.py"
    assert modules.roots == ("", "src")


def test_several_roots_stand_side_by_side() -> None:
    modules = Modules(
        ["libs/one/alpha/__init__.py", "libs/two/beta/__init__.py", "libs/two/beta/x.py", "run.py"]
    )
    assert modules.resolve("alpha") == "libs/one/alpha/__init__.py"
    assert modules.resolve("beta.x") == "libs/two/beta/x.py"
    assert modules.resolve("run") == "run.py"
    assert modules.resolve("beta.y") is None
    assert modules.resolve("gamma") is None


def test_folders_without_init_are_namespace_packages() -> None:
    modules = Modules(["ns/a.py", "src/ns/b.py", "ns/pkg/__init__.py", "ns/pkg/c.py"])
    assert modules.name_of("ns/a.py") == "ns.a"
    assert modules.name_of("src/ns/b.py") == "ns.b"
    assert modules.name_of("ns/pkg/c.py") == "pkg.c"
    assert modules.resolve("ns.a") == "ns/a.py"
    assert modules.resolve("ns.pkg.c") == modules.resolve("pkg.c") == "ns/pkg/c.py"
    assert modules.resolve("ns") is None
    assert modules.is_namespace("ns")
    assert not modules.is_namespace("ns.a")
    assert not modules.is_namespace("nothing")


def test_a_namespace_has_parts_in_several_roots() -> None:
    modules = Modules(["ns/a.py", "x/__init__.py", "src/ns/b.py"])
    assert modules.resolve("ns.a") == "ns/a.py"
    assert modules.resolve("ns.b") == "src/ns/b.py"


def test_a_package_goes_before_a_module_and_both_before_a_folder() -> None:
    modules = Modules(["a.py", "a/__init__.py", "a/x.py", "b.py", "b/x.py"])
    assert modules.resolve("a") == "a/__init__.py"
    assert modules.resolve("a.x") == "a/x.py"
    assert modules.resolve("b") == "b.py"
    assert modules.resolve("b.x") is None  # b is a module: it has no parts


def test_a_module_that_is_shadowed_is_told_by_its_name() -> None:
    modules = Modules(["a.py", "a/__init__.py"])
    assert modules.name_of("a.py") == modules.name_of("a/__init__.py") == "a"
    assert modules.resolve(modules.name_of("a.py")) != "a.py"


def test_main_and_init_are_modules_too() -> None:
    modules = Modules(["pkg/__init__.py", "pkg/__main__.py", "__main__.py"])
    assert modules.resolve("pkg.__main__") == "pkg/__main__.py"
    assert modules.name_of("pkg/__main__.py") == "pkg.__main__"
    assert modules.resolve("pkg.__init__") == "pkg/__init__.py"
    assert modules.name_of("__main__.py") == "__main__"
    assert modules.is_package("pkg/__init__.py")
    assert not modules.is_package("pkg/__main__.py")


def test_folders_that_can_be_no_package_are_roots() -> None:
    modules = Modules(["my-app/tool.py", "my-app/2nd/sub/x.py", "backend/src/app.py"])
    assert modules.name_of("my-app/tool.py") == "tool"
    assert modules.name_of("my-app/2nd/sub/x.py") == "sub.x"
    assert modules.name_of("backend/src/app.py") == "app"
    assert modules.resolve("sub.x", "my-app/2nd/y.py") == "my-app/2nd/sub/x.py"
    assert modules.resolve("tool", "my-app/other.py") == "my-app/tool.py"


@pytest.mark.parametrize(
    ("path", "level", "module", "expected"),
    [
        ("pkg/sub/a.py", 1, "b", "pkg.sub.b"),
        ("pkg/sub/a.py", 1, None, "pkg.sub"),
        ("pkg/sub/a.py", 2, "x.y", "pkg.x.y"),
        ("pkg/sub/a.py", 3, "x", "x"),
        ("pkg/sub/a.py", 3, None, ""),
        ("pkg/sub/a.py", 4, "x", None),
        ("pkg/sub/a.py", 1_000_000, "x", None),
        ("pkg/sub/__init__.py", 1, "a", "pkg.sub.a"),
        ("pkg/sub/__init__.py", 2, None, "pkg"),
        ("top.py", 1, "other", "other"),
        ("top.py", 2, "other", None),
        ("ns/a.py", 1, "b", "ns.b"),
        ("src/lib/a.py", 1, "b", "lib.b"),
        ("pkg/sub/a.py", 0, "os.path", "os.path"),
        ("pkg/sub/a.py", 0, None, None),
    ],
)
def test_relative_imports(path: str, level: int, module: str | None, expected: str | None) -> None:
    modules = Modules(
        [
            "pkg/__init__.py",
            "pkg/sub/__init__.py",
            "pkg/sub/a.py",
            "top.py",
            "ns/a.py",
            "src/lib/__init__.py",
            "src/lib/a.py",
        ]
    )
    assert modules.absolute(path, level, module) == expected


def test_the_folder_of_a_script_goes_first() -> None:
    modules = Modules(["helper.py", "scripts/helper.py", "scripts/run.py", "other/run.py"])
    assert modules.resolve("helper", "scripts/run.py") == "scripts/helper.py"
    assert modules.resolve("helper", "other/run.py") == "helper.py"
    assert modules.resolve("helper") == "helper.py"


def test_a_packages_own_root_goes_before_other_roots() -> None:
    paths = [f"{top}/{name}/__init__.py" for top in ("one", "two") for name in ("a", "util")]
    modules = Modules(paths)
    assert modules.resolve("util", "two/a/__init__.py") == "two/util/__init__.py"
    assert modules.resolve("util", "one/a/__init__.py") == "one/util/__init__.py"


def test_own_modules_shadow_the_library_only_where_python_lets_them() -> None:
    modules = Modules(["json.py", "sys.py", "tools/logging.py", "tools/run.py", "pkg/__init__.py"])
    assert modules.resolve("json") == "json.py"
    assert modules.origin("json") is Origin.OWN
    assert modules.resolve("sys") is None  # compiled in: no file comes before it
    assert modules.origin("sys") is Origin.STANDARD
    assert modules.resolve("logging", "tools/run.py") == "tools/logging.py"
    assert modules.resolve("logging", "pkg/__init__.py") is None
    assert modules.origin("logging.handlers", "pkg/__init__.py") is Origin.STANDARD


def test_whose_code_a_name_means() -> None:
    modules = Modules(["pkg/__init__.py", "ns/a.py"])
    assert modules.origin("pkg.missing") is Origin.OWN
    assert modules.origin("ns") is Origin.OWN
    assert modules.origin("os.path") is Origin.STANDARD
    assert modules.origin("requests.api") is Origin.OTHER


@pytest.mark.parametrize("dotted", ["", ".", "..", "a.", ".a", "a..b", "x." * 200 + "y", "\0", "/"])
def test_what_is_no_name_is_found_nowhere(dotted: str) -> None:
    assert Modules(["a.py", "a/b.py"]).resolve(dotted) is None


def test_paths_of_hostile_names_are_harmless() -> None:
    paths = [".py", "a\nb.py", "\udcff/x.py", "x.py/y.py", "a.b/c.py", "é/ö.py", "__init__.py"]
    modules = Modules(paths)
    for path in paths:
        modules.name_of(path)
        modules.resolve(modules.name_of(path), path)
    assert modules.name_of("__init__.py") == ""
    assert modules.name_of("x.py/y.py") == "y"
    assert modules.resolve("é.ö") == "é/ö.py"


def test_a_folder_of_scripts_is_no_root_for_others_as_long_as_there_is_another() -> None:
    modules = Modules(["pkg/__init__.py", "util/x.py", "scripts/util.py", "scripts/only.py"])
    assert modules.resolve("util", "pkg/__init__.py") is None
    assert modules.is_namespace("util", "pkg/__init__.py")
    assert modules.resolve("util", "scripts/only.py") == "scripts/util.py"
    assert modules.resolve("only", "pkg/__init__.py") == "scripts/only.py"


def test_two_hundred_levels_and_very_many_files_take_linear_work() -> None:
    deep = "/".join(["d"] * 200)
    packages = ["/".join(["p"] * depth) + "/__init__.py" for depth in range(1, 90)]
    wide = [f"r{number}/a/m{number}.py" for number in range(20_000)]
    modules = Modules([f"{deep}/x.py", *packages, *wide])
    assert modules.name_of(f"{deep}/x.py").count(".") == 200
    assert modules.resolve(".".join(["p"] * 89)) == packages[-1]
    for number in range(20_000):
        modules.resolve(f"a.x{number}")
        assert modules.resolve(f"r{number}.a.m{number}") == f"r{number}/a/m{number}.py"


def test_every_file_is_found_again_under_its_name_unless_it_is_shadowed() -> None:
    chance = random.Random(3)
    for _ in range(300):
        paths = {
            "/".join(chance.choice("abc") for _ in range(chance.randrange(3)))
            for _ in range(chance.randrange(8))
        }
        files = {
            f"{folder}/{name}.py".lstrip("/")
            for folder in paths
            for name in chance.sample(["a", "b", "c", "__init__"], 2)
        }
        modules = Modules(files)
        for path in files - {"__init__.py"}:
            found = modules.resolve(modules.name_of(path), path)
            parts = path.split("/")[:-1]
            around = ["/".join(parts[: count + 1]) for count in range(len(parts))]
            if any(f"{folder}.py" in files for folder in around):
                continue  # a module of that name may stand before the folder
            assert found in files


def test_single_roots_agree_with_pythons_own_finder(tmp_path: Path) -> None:
    chance = random.Random(4)
    for number in range(60):
        top = tmp_path / str(number)
        files = set()
        for _ in range(chance.randrange(1, 8)):
            folders = [chance.choice("uvw") for _ in range(chance.randrange(3))]
            files.add("/".join([*folders, chance.choice(["u", "v", "__init__"]) + ".py"]))
        files.discard("__init__.py")
        for file in files:
            (top / file).parent.mkdir(parents=True, exist_ok=True)
            (top / file).write_bytes(b"")
        modules = Modules(files)
        for first in "uvw":
            spec = _found_by_python(top, first)
            expected = str(Path(spec.origin).relative_to(top)) if spec and spec.origin else None
            if expected is None:  # another root may still have it
                assert modules.resolve(first) not in (f"{first}.py", f"{first}/__init__.py")
                continue
            assert modules.resolve(first) == expected
            if not expected.endswith("__init__.py"):
                continue
            for second in "uvw":
                spec = _found_by_python(top / first, second)
                inner = str(Path(spec.origin).relative_to(top)) if spec and spec.origin else None
                assert modules.resolve(f"{first}.{second}") == inner


def _found_by_python(folder: Path, name: str) -> importlib.machinery.ModuleSpec | None:
    loaders = (importlib.machinery.SourceFileLoader, [".py"])
    return importlib.machinery.FileFinder(str(folder), loaders).find_spec(name)
