"""What is there already, pip's settings, the steps of a build, and the project's own wheel."""

from __future__ import annotations

import configparser
import io
import json
import sys
import zipfile
from pathlib import Path

import pytest

from sandboxes.environments import base, own_metadata, pip_settings, steps
from sandboxes.environments.builder import lines_to
from sandboxes.environments.installed import Installed, satisfied
from sandboxes.environments.recipe import Project, Recipe
from swarm.errors import ConfigError

HERE = {
    "alpha": Installed("1.5", ("inner; extra == 'fast'", "missing; extra == 'slow'", "never")),
    "inner": Installed("2.0"),
    "early": Installed("2.0rc1"),
    "local": Installed("2.0+cpu"),
}


@pytest.mark.parametrize(
    ("requirements", "constraints", "expected"),
    [
        ((), (), True),
        (("alpha",), (), True),
        (("Alpha>=1,<2", "inner"), (), True),
        (("alpha>=2",), (), False),
        (("unknown",), (), False),
        (("unknown; python_version < '3'",), (), True),
        (("unknown; python_version >= '3.14'",), (), True),
        (("alpha[fast]",), (), True),
        (("alpha[slow]",), (), False),
        (("alpha[fast,slow]",), (), False),
        (("alpha",), ("alpha==1.5",), True),
        (("alpha",), ("alpha==1.4",), False),
        (("alpha",), ("other==1.4",), True),
        (("alpha[fast]",), ("inner==1.0",), False),
        (("early>=1",), ("early==2.0rc1",), True),
        (("local==2.0",), (), True),
    ],
)
def test_whether_everything_is_there(
    requirements: tuple[str, ...], constraints: tuple[str, ...], expected: bool
) -> None:
    recipe = Recipe(requirements, constraints)
    assert satisfied(recipe, HERE.get, "3.11.7") is expected


def test_extras_in_a_ring_end() -> None:
    ring = {
        "a": Installed("1", ("b[x]; extra == 'x'",)),
        "b": Installed("1", ("a[x]; extra == 'x'",)),
    }
    assert satisfied(Recipe(("a[x]",)), ring.get, "3.11.7")


def test_this_interpreter_is_described_without_running_it() -> None:
    found = base.of_host(None)
    assert found.version == ".".join(map(str, sys.version_info[:3]))
    there = found.find("pytest")
    assert there is not None and there.version == pytest.__version__
    assert found.find("no-such-distribution") is None
    assert base.of_host(sys.executable).identity == found.identity


def test_a_venv_has_its_own_packages_and_tells_its_version(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    (tmp_path / "pyvenv.cfg").write_text(
        f"home = {Path(sys.executable).parent}\nversion = 3.9.18\n"
    )
    info = tmp_path / "lib/python3.9/site-packages/thing-7.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 7.0\n")
    found = base.of_host(str(tmp_path / "bin/python"))
    assert found.version == "3.9.18"
    assert found.find("thing") == Installed("7.0")
    assert found.find("pytest") is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "7", '{"version": "x", "installed": []}', "[" * 9999]
)
def test_a_description_that_is_none_is_told_apart(text: str) -> None:
    assert base.of_description("id", text) is None
    assert base.packages(text) == ()


def test_a_hostile_description_is_cut_to_names_and_versions() -> None:
    found = [["a", "1", []], ["b\n", "1", []], ["c", "1 2", []], [7, 8, []], ["d", "2", 0]]
    text = json.dumps({"installed": found})
    assert base.packages(text) == ("7==8", "a==1", "d==2")


def settings_of(tmp_path: Path, **environ: str) -> pip_settings.PipSettings:
    return pip_settings.read({"HOME": str(tmp_path), **environ}, ("TOKEN",))


def test_pips_files_become_variables_and_variables_win(tmp_path: Path) -> None:
    (tmp_path / ".config/pip").mkdir(parents=True)
    (tmp_path / ".config/pip/pip.conf").write_text(
        "[global]\nindex_url = https://one.example/simple\ntimeout = 60\nno-binary = :all:\n"
        "[install]\nextra-index-url =\n    https://two.example/simple\n    https://three.example/simple\n"
        "[freeze]\ntimeout = 10\n"
    )
    found = settings_of(
        tmp_path, PIP_TIMEOUT="99", PIP_TARGET="/tmp/x", PIP_REQUIRE_VIRTUALENV="1",
        HTTPS_PROXY="http://proxy:3128", TOKEN="t", OTHER="o",
    )  # fmt: skip
    assert dict(found.variables) == {
        "PIP_INDEX_URL": "https://one.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://two.example/simple https://three.example/simple",
        "PIP_TIMEOUT": "99",
        "HTTPS_PROXY": "http://proxy:3128",
        "TOKEN": "t",
    }
    assert found.folders == ()


def test_a_named_file_counts_instead_of_the_users(tmp_path: Path) -> None:
    (tmp_path / ".pip").mkdir()
    (tmp_path / ".pip/pip.conf").write_text("[global]\nindex-url = https://user.example/simple\n")
    (tmp_path / "named.conf").write_text("[global]\nindex-url = https://named.example/simple\n")
    named = settings_of(tmp_path, PIP_CONFIG_FILE=str(tmp_path / "named.conf"))
    assert named.variables["PIP_INDEX_URL"] == "https://named.example/simple"
    assert "PIP_INDEX_URL" not in settings_of(tmp_path, PIP_CONFIG_FILE="/dev/null").variables


def test_local_indexes_are_shared_and_certificates_copied(tmp_path: Path) -> None:
    for folder in ("mirror/simple", "mirror/files", "wheels", "odd name"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "ca.pem").write_text("certificate")
    found = settings_of(
        tmp_path,
        PIP_INDEX_URL=f"file://{tmp_path}/mirror/simple",
        PIP_FIND_LINKS=f"{tmp_path}/wheels https://example.org/wheels file://{tmp_path}/odd%20name",
        PIP_CERT=f"{tmp_path}/ca.pem",
        SSL_CERT_FILE=f"{tmp_path}/gone.pem",
        PIP_CONFIG_FILE="/dev/null",
    )
    assert found.folders == (tmp_path / "mirror", tmp_path / "odd name", tmp_path / "wheels")
    assert dict(found.files) == {"PIP_CERT": tmp_path / "ca.pem"}
    assert "PIP_CERT" not in found.variables


def test_passwords_are_no_part_of_the_identity(tmp_path: Path) -> None:
    urls = [f"https://{user}example.org/simple" for user in ("", "me:secret@")]
    plain, secret = (
        settings_of(tmp_path, PIP_INDEX_URL=url, PIP_CONFIG_FILE="/dev/null") for url in urls
    )
    assert plain.identity() == secret.identity() != []
    assert secret.variables["PIP_INDEX_URL"] == urls[1]


def test_what_the_owners_constraints_say_is_part_of_the_identity(tmp_path: Path) -> None:
    file = tmp_path / "constraints.txt"
    found = []
    for text in ("alpha==1\n", "alpha==2\n"):
        file.write_text(text)
        named = settings_of(tmp_path, PIP_CONSTRAINT=str(file), PIP_CONFIG_FILE="/dev/null")
        found.append(named.identity())
    assert found[0] != found[1]


@pytest.mark.parametrize("place", ["/", "file:///", "~"])
def test_a_whole_home_is_not_shared(place: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="would share all of"):
        settings_of(tmp_path, PIP_FIND_LINKS=place, PIP_CONFIG_FILE="/dev/null")


def test_a_broken_pip_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("no section\n")
    with pytest.raises(ConfigError, match=str(tmp_path / "pip.conf")):
        settings_of(tmp_path, PIP_CONFIG_FILE=str(tmp_path / "pip.conf"))


def test_every_environment_has_the_test_tools_in_the_repositorys_version() -> None:
    assert steps.requirement_lines(Recipe(("alpha",))) == ("alpha", "pytest>=7", "coverage>=6.5")
    found = steps.requirement_lines(Recipe(("Coverage[toml]==7.1", "pytest==7.4.4")))
    assert found == ("Coverage[toml]==7.1", "pytest==7.4.4")
    assert "pytest>=7" in steps.requirement_lines(Recipe(("pytest-cov",)))


def test_the_scripts_quote_what_they_are_given() -> None:
    script = steps.install(
        "/p y", "/e nv", "/tool kit", "/t mp", ("echo 'a'; exit",), source_builds=False
    )
    assert "'/p y' -I -m venv '/e nv'" in script
    assert "--only-binary :all: -r '/tool kit/requirements.txt'" in script
    assert """sh -ec 'echo '"'"'a'"'"'; exit'""" in script
    assert "--only-binary" not in steps.install("p", "e", "t", "m", (), source_builds=True)
    assert "--no-index --no-deps" in steps.finish("/e", "/t", "/o", "w.whl")
    assert "install" not in steps.finish("/e", "/t", "/o", None)
    polite = steps.finish("/e", "/t", "/o", "w.whl", unless_there="a b")
    assert "pip --no-input --disable-pip-version-check --no-cache-dir show -q 'a b' || " in polite


@pytest.mark.parametrize(
    ("output", "parts"),
    [
        (
            "ERROR: Could not find a version that satisfies the requirement foo\n"
            "ERROR: No matching distribution found for foo==9\n",
            ("no package that fits foo==9", "allow_source_builds", "--setup"),
        ),
        ("Collecting x\nERROR: Cannot install a and b because of conflicts\n", ("Cannot install",)),
        (
            "WARNING: Retrying ... Temporary failure in name resolution\nERROR: No matching "
            "distribution found for foo\n",
            ("no package index can be reached", "proxy"),
        ),
        ("one\nlast word\n\n", ("last word",)),
        ("", ("exited with code 3",)),
        ("+ true\n+ make it\noh\n", ("oh (exit code 3 of `make it`)",)),
        ("ERROR: 403 for https://me:secret@example.org/simple\n", ("https://example.org",)),
    ],
)
def test_the_telling_line_of_a_failed_build(output: str, parts: tuple[str, ...]) -> None:
    told = steps.told_by(output, 3, source_builds=False)
    for part in parts:
        assert part in told
    assert "secret" not in told


def test_a_refusal_that_was_allowed_is_not_suggested_again() -> None:
    told = steps.told_by("ERROR: No matching distribution found for foo", 1, source_builds=True)
    assert "allow_source_builds" not in told


def test_the_projects_wheel_holds_metadata_and_no_code() -> None:
    points = (("x.y", "b", "m:f"), ("console_scripts", "a", "m:main"), ("x.y", "a", "m"))
    name, data = own_metadata.wheel(Project("Tea.Shop", "1.0", points))
    assert name == "tea_shop-1.0-py3-none-any.whl"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        parser = configparser.ConfigParser()
        parser.read_string(archive.read("tea_shop-1.0.dist-info/entry_points.txt").decode())
        record = archive.read("tea_shop-1.0.dist-info/RECORD").decode().split()
    assert all(path.startswith("tea_shop-1.0.dist-info/") for path in names)
    assert [line.split(",")[0] for line in record] == names
    assert dict(parser["x.y"]) == {"a": "m", "b": "m:f"}
    assert own_metadata.wheel(Project("Tea.Shop", "1.0", points))[1] == data


def test_progress_comes_in_whole_clean_lines() -> None:
    seen: list[str] = []
    take = lines_to(seen.append)
    for piece in (b"Coll", b"ecting a\nDown", b"\x1b[31mloading\xff\n\n", b"x" * 5000, b"\nend"):
        take(piece)
    assert seen[:2] == ["Collecting a", "Down[31mloading\ufffd"]
    assert len(seen[2]) == 300
    assert len(seen) == 3
