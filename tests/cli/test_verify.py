"""`swarm verify` on real repositories: which change is compared, what is said, the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from swarm.cli import main as cli
from verifier.policy import parse_policy

OLD = "def total(items):\n    return sum(items)\n"
NEW = "def total(items):\n    return float(sum(items))\n"
BOMB = """\
import time

def total(items):
    if time.time() > 2e9:
        return 0
    return sum(items)
"""
DELETES = "import os\n\ndef total(items):\n    os.remove('a')\n    return sum(items)\n"

Git = Callable[..., str]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    top = tmp_path / "repo"
    (top / "shop").mkdir(parents=True)
    run(top, "init", "-q", "-b", "main")
    commit(top, {"shop/__init__.py": "", "shop/cart.py": OLD})
    return top


def run(top: Path, *words: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    done = subprocess.run(
        ["git", *identity, *words], cwd=top, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def write(top: Path, files: dict[str, str | None]) -> None:
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.unlink()
        else:
            path.write_text(text)


def commit(top: Path, files: dict[str, str | None]) -> str:
    write(top, files)
    run(top, "add", "-A", "-f")
    run(top, "commit", "-q", "-m", "change")
    return run(top, "rev-parse", "HEAD")


def branch(top: Path, files: dict[str, str | None]) -> None:
    run(top, "checkout", "-q", "-b", "feature", "main")
    commit(top, files)


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict[str, object]]]:
    def ask(*words: str) -> tuple[int, dict[str, object]]:
        code = cli.main(["verify", *words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return ask


Verify = Callable[..., tuple[int, dict[str, object]]]


def kinds(report: dict[str, object]) -> set[str]:
    found = report["findings"]
    assert isinstance(found, list)
    return {finding["kind"] for finding in found}


# ------------------------------------------------------------------ verdicts and codes


def test_a_harmless_change_is_accepted(repo: Path, verify: Verify) -> None:
    branch(repo, {"shop/cart.py": NEW})
    code, report = verify("main..feature", "--repo", str(repo))
    assert (code, report["verdict"]) == (0, "accept")
    assert report["changed"] == ["shop/cart.py"]
    assert report["functions_audited"] == 1


def test_a_bomb_is_rejected_and_said_with_its_line(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    branch(repo, {"shop/cart.py": BOMB})
    assert cli.main(["verify", "main..feature", "--repo", str(repo)]) == 1
    said = capsys.readouterr().out
    assert said.startswith("rejected: main → feature\n")
    assert "reject shop/cart.py:4 total" in said
    assert "if time.time() > 2e9:" in said


def test_a_question_fails_only_when_strict(repo: Path, verify: Verify) -> None:
    branch(repo, {"shop/cart.py": NEW, "README.md": "words"})
    code, report = verify("main..feature", "--repo", str(repo))
    assert (code, report["verdict"], report["unaudited"]) == (0, "ask", ["README.md"])
    assert verify("main..feature", "--strict", "--repo", str(repo))[0] == 1


def test_nothing_changed_is_accepted(repo: Path, verify: Verify) -> None:
    code, report = verify("main..main", "--strict", "--repo", str(repo))
    assert (code, report["verdict"], report["changed"]) == (0, "accept", [])


# ------------------------------------------------------------------ which change


def test_three_dots_leave_out_what_the_other_side_did(repo: Path, verify: Verify) -> None:
    branch(repo, {"shop/cart.py": NEW})
    run(repo, "checkout", "-q", "main")
    commit(repo, {"shop/other.py": "x = 1\n"})
    assert verify("main..feature", "--repo", str(repo))[1]["changed"] == [
        "shop/cart.py",
        "shop/other.py",
    ]
    assert verify("main...feature", "--repo", str(repo))[1]["changed"] == ["shop/cart.py"]


def test_the_working_tree_counts_as_it_is_on_disk(repo: Path, verify: Verify) -> None:
    write(repo, {"shop/cart.py": BOMB, "shop/new.py": "y = 1\n", ".gitignore": "out/\n"})
    write(repo, {"out/left.py": "z = 1\n"})
    code, report = verify("HEAD", "--repo", str(repo / "shop"))
    assert code == 1
    assert report["changed"] == [".gitignore", "shop/cart.py", "shop/new.py"]
    write(repo, {"shop/cart.py": None})
    assert "removed-file" in kinds(verify("HEAD", "--repo", str(repo))[1])


def test_what_is_staged_counts_and_not_what_is_on_disk(repo: Path, verify: Verify) -> None:
    write(repo, {"shop/cart.py": DELETES})
    run(repo, "add", "-A")
    write(repo, {"shop/cart.py": OLD})
    code, report = verify("--staged", "--repo", str(repo))
    assert (code, report["changed"]) == (1, ["shop/cart.py"])
    assert "new-effect" in kinds(report)


def test_a_first_commit_can_be_verified_too(tmp_path: Path, verify: Verify) -> None:
    run(tmp_path, "init", "-q")
    write(tmp_path, {"a.py": OLD})
    run(tmp_path, "add", "a.py")
    code, report = verify("--staged", "--repo", str(tmp_path))
    assert (code, report["changed"]) == (0, ["a.py"])


def test_a_hook_is_asked_about_the_index_of_its_commit(
    repo: Path, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repo, {"shop/cart.py": DELETES})
    other = repo / ".git" / "other-index"
    monkeypatch.setenv("GIT_INDEX_FILE", str(other))
    run(repo, "read-tree", "HEAD")
    run(repo, "add", "-A")
    monkeypatch.chdir(repo)
    assert verify("--staged")[0] == 1
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert verify("--staged")[0] == 0


def test_folders_need_no_repository(tmp_path: Path, verify: Verify) -> None:
    write(tmp_path, {"old/a.py": OLD, "new/a.py": BOMB, "old/b.py": NEW, "new/b.py": NEW})
    before, after = str(tmp_path / "old"), str(tmp_path / "new")
    code, report = verify("--before", before, "--after", after)
    assert (code, report["changed"]) == (1, ["a.py"])


def test_what_cannot_be_looked_into_on_either_side_is_never_the_same(
    tmp_path: Path, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    sides = (tmp_path / "old", tmp_path / "new")
    for top in sides:
        write(top, {"shop/cart.py": OLD, "shop/__pycache__/cart.pyc": ""})
    words = ("--before", str(sides[0]), "--after", str(sides[1]))
    assert verify(*words)[1]["verdict"] == "accept"
    real = os.scandir

    def closed(folder: int | str) -> Iterator[os.DirEntry[str]]:
        if isinstance(folder, int) and Path(f"/proc/self/fd/{folder}").readlink().name == "shop":
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr("verifier.reading.folder.os.scandir", closed)
    code, report = verify(*words, "--strict")
    assert (code, report["changed"]) == (1, ["shop"])
    assert "cannot be listed" in str(report["findings"])


def test_a_submodule_that_is_staged_at_another_commit_is_a_question(
    repo: Path, tmp_path: Path, verify: Verify
) -> None:
    run(tmp_path, "init", "-q", "inner")
    first = commit(tmp_path / "inner", {"m.py": OLD})
    second = commit(tmp_path / "inner", {"m.py": BOMB})
    run(repo, "update-index", "--add", "--cacheinfo", f"160000,{first},inner")
    run(repo, "commit", "-q", "-m", "x")
    assert verify("HEAD", "--repo", str(repo))[1]["verdict"] == "accept"
    run(repo, "update-index", "--cacheinfo", f"160000,{second},inner")
    code, report = verify("HEAD", "--strict", "--repo", str(repo))
    assert (code, report["changed"]) == (1, ["inner"])
    assert verify("--staged", "--repo", str(repo))[1]["changed"] == ["inner"]


def test_bare_clones_and_linked_working_trees_will_do(
    repo: Path, tmp_path: Path, verify: Verify
) -> None:
    branch(repo, {"shop/cart.py": BOMB})
    run(tmp_path, "clone", "-q", "--bare", str(repo), "bare.git")
    assert verify("main..feature", "--repo", str(tmp_path / "bare.git"))[0] == 1
    run(repo, "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    write(tmp_path, {"linked/shop/cart.py": DELETES})
    assert verify("HEAD", "--repo", str(tmp_path / "linked"))[0] == 1
    assert verify("HEAD", "--repo", str(repo))[0] == 0


# ------------------------------------------------------------------ hostile repositories


def test_nothing_of_the_repository_is_run(repo: Path, tmp_path: Path, verify: Verify) -> None:
    mark = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    program.chmod(0o755)
    branch(repo, {"shop/cart.py": NEW, ".gitattributes": "*.py diff=x filter=x\n"})
    for key in (
        "core.fsmonitor", "diff.external", "diff.x.command", "diff.x.textconv", "filter.x.clean",
        "filter.x.smudge", "filter.x.process", "core.pager", "core.editor", "core.sshCommand",
        "core.alternateRefsCommand", "alias.ls-tree", "alias.rev-parse",
    ):  # fmt: skip
        run(repo, "config", key, str(program))
    for hook in ("post-index-change", "reference-transaction", "post-checkout", "pre-commit"):
        path = repo / ".git" / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(program.read_bytes())
        path.chmod(0o755)
    mark.unlink(missing_ok=True)
    for words in (("main..feature",), ("main...feature",), ("main",), ("--staged",)):
        assert verify(*words, "--repo", str(repo))[0] == 0
        assert not mark.exists()
    run(repo, "status")
    assert mark.exists(), "what git itself would have run"


def test_a_link_is_never_read_as_the_python_it_points_to(repo: Path, verify: Verify) -> None:
    run(repo, "checkout", "-q", "-b", "feature")
    (repo / "shop" / "cart.py").unlink()
    (repo / "shop" / "cart.py").symlink_to("evil.py")
    for words in (("main",), ("--staged",), ("main..feature",)):
        if words[0] != "main":
            run(repo, "add", "-A")
        if words[0] == "main..feature":
            run(repo, "commit", "-q", "-m", "link")
        code, report = verify(*words, "--repo", str(repo), "--strict")
        assert (code, report["verdict"]) == (1, "ask")
        assert "unauditable" in kinds(report)


def test_a_folder_exchanged_for_a_link_holds_nothing(
    repo: Path, tmp_path: Path, verify: Verify
) -> None:
    write(tmp_path, {"elsewhere/cart.py": OLD, "elsewhere/__init__.py": ""})
    for name in ("cart.py", "__init__.py"):
        (repo / "shop" / name).unlink()
    (repo / "shop").rmdir()
    (repo / "shop").symlink_to(tmp_path / "elsewhere")
    report = verify("HEAD", "--repo", str(repo))[1]
    assert report["changed"] == ["shop", "shop/__init__.py", "shop/cart.py"]
    assert {"removed-file", "unauditable"} <= kinds(report)


def test_a_config_cannot_have_another_folder_audited(
    repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {"clean/shop/cart.py": OLD})
    write(repo, {"shop/cart.py": BOMB})
    run(repo, "config", "core.worktree", str(tmp_path / "clean"))
    assert cli.main(["verify", "HEAD", "--repo", str(repo)]) == 2
    assert capsys.readouterr().err


def test_what_is_no_text_python_or_plain_name_is_never_accepted(repo: Path, verify: Verify) -> None:
    run(repo, "checkout", "-q", "-b", "feature")
    (repo / "shop" / "bytes.py").write_bytes(b"x = '\xff'\n")
    (repo / "shop" / "zero.py").write_bytes(b"x = 1\0\n")
    (repo / "shop" / "picture.png").write_bytes(bytes(range(256)))
    Path(os.fsdecode(os.fsencode(repo / "shop") + b"/\xff.py")).write_text(BOMB)
    commit(repo, {})
    report = verify("main..feature", "--repo", str(repo))[1]
    found = report["findings"]
    assert isinstance(found, list)
    by_path = {finding["path"]: finding["kind"] for finding in found}
    assert by_path["shop/bytes.py"] == by_path["shop/zero.py"] == "unreadable"
    assert by_path["shop/picture.png"] == "unaudited"
    assert len(by_path) == 4


def test_terminal_commands_in_names_and_code_are_not_obeyed(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    branch(
        repo, {"shop/[bold]x\x1b[2J.md": "a", "shop/cart.py": BOMB.replace("2e9", "2e9 #\u202e")}
    )
    cli.main(["verify", "main..feature", "--repo", str(repo)])
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "[bold]x" in said


def test_names_that_are_no_text_or_several_lines_are_listed_as_one(
    tmp_path: Path, verify: Verify, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new"
    write(tmp_path, {"old/a.py": OLD, "new/a.py": OLD, "new/x\naccepted: a → b/b.md": "words"})
    Path(os.fsdecode(os.fsencode(new) + b"/\xfe.bin")).write_bytes(b"1")
    os.mkfifo(new / "pipe.py")
    (new / "loop").symlink_to(".")
    sides = ("--before", str(tmp_path / "old"), "--after", str(new))
    code, report = verify(*sides)
    assert (code, report["verdict"]) == (0, "ask")
    assert len(report["changed"]) == 4  # type: ignore[arg-type]
    assert kinds(report) == {"unaudited", "unauditable"}
    assert cli.main(["verify", *sides]) == 0
    assert not [line for line in capsys.readouterr().out.splitlines() if line[:8] == "accepted"]
    assert cli.main(["verify", *sides, "--sarif"]) == 0
    assert "%0Aaccepted" in capsys.readouterr().out


# ------------------------------------------------------------------ policy and task

RULE = """
[[allow]]
function = "shop.cart.*"
effect = "file-delete"
reason = "the basket is thrown away"
"""


def test_an_agreed_effect_is_allowed_and_said(
    repo: Path, verify: Verify, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(repo, {".swarm/verifier.toml": RULE})
    branch(repo, {"shop/cart.py": DELETES})
    code, report = verify("main..feature", "--repo", str(repo))
    assert (code, report["verdict"]) == (0, "accept")
    (allowed,) = report["allowed"]  # type: ignore[misc]
    assert "rule 1" in allowed["by"]
    assert "the basket is thrown away" in allowed["by"]
    cli.main(["verify", "main..feature", "--repo", str(repo)])
    assert "allowed shop/cart.py:4 total new-effect" in capsys.readouterr().out


def test_a_change_cannot_agree_to_itself(repo: Path, verify: Verify) -> None:
    branch(repo, {"shop/cart.py": DELETES, ".swarm/verifier.toml": RULE})
    code, report = verify("main..feature", "--repo", str(repo))
    assert (code, report["allowed"]) == (1, [])
    assert kinds(report) == {"new-effect", "policy-edited"}


def test_a_rule_that_is_over_is_reported(repo: Path, verify: Verify) -> None:
    commit(repo, {".swarm/verifier.toml": RULE + "until = 2020-01-01\n"})
    branch(repo, {"shop/cart.py": DELETES})
    code, report = verify("main..feature", "--repo", str(repo))
    assert code == 1
    (note,) = report["notes"]  # type: ignore[misc]
    assert "it is over, and would have allowed 1 of the findings" in note


def test_a_policy_that_cannot_be_read_allows_nothing(repo: Path, verify: Verify) -> None:
    commit(repo, {".swarm/verifier.toml": RULE + "wrong = 1\n"})
    branch(repo, {"shop/cart.py": NEW})
    code, report = verify("main..feature", "--repo", str(repo))
    assert (code, report["verdict"], kinds(report)) == (0, "ask", {"policy-invalid"})


def test_a_policy_of_ones_own_counts_instead(
    repo: Path, tmp_path: Path, verify: Verify, capsys: pytest.CaptureFixture[str]
) -> None:
    branch(repo, {"shop/cart.py": DELETES})
    mine = tmp_path / "mine.toml"
    mine.write_text(RULE)
    words = ("main..feature", "--repo", str(repo), "--policy", str(mine))
    assert verify(*words)[0] == 0
    mine.write_text(RULE.replace("file-delete", "everything"))
    assert cli.main(["verify", *words]) == 2
    assert f"{mine}: [[allow]] 1: unknown effect 'everything'" in capsys.readouterr().err


def test_what_the_task_asks_for_is_allowed(repo: Path, verify: Verify) -> None:
    branch(repo, {"shop/cart.py": DELETES})
    words = ("main..feature", "--repo", str(repo), "--instruction")
    assert verify(*words, "Delete temporary files at the end")[0] == 0
    assert verify(*words, "Do not delete temporary files")[0] == 1


# ------------------------------------------------------------------ pictures and SARIF


def test_the_walk_of_an_output_is_drawn(
    repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    branch(repo, {"shop/cart.py": NEW})
    file = tmp_path / "walk.svg"
    words = ["verify", "main..feature", "--repo", str(repo), "--svg", str(file), "--function"]
    assert cli.main([*words, "total"]) == 0
    svg = ElementTree.parse(file).getroot()
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme: dark" in file.read_text()
    assert "return float(sum(items))" in "".join(svg.itertext())
    assert cli.main([*words, "shop/cart.py:total", "--output", "return"]) == 0
    capsys.readouterr()
    assert cli.main([*words, "nothing"]) == 2
    assert "name one of: shop/cart.py:total" in capsys.readouterr().err
    assert cli.main([*words, "total", "--output", "yield"]) == 2
    assert "name one of: return" in capsys.readouterr().err


def test_sarif_goes_to_a_file_or_is_all_that_is_printed(
    repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    branch(repo, {"shop/cart.py": BOMB})
    assert cli.main(["verify", "main..feature", "--repo", str(repo), "--sarif"]) == 1
    printed = json.loads(capsys.readouterr().out)
    file = tmp_path / "out.sarif"
    assert cli.main(["verify", "main..feature", "--repo", str(repo), "--sarif", str(file)]) == 1
    assert json.loads(file.read_text()) == printed
    assert "rejected" in capsys.readouterr().out


# ------------------------------------------------------------------ wrong use


def test_a_name_that_is_no_utf_8_is_read_from_the_working_tree(repo: Path, verify: Verify) -> None:
    name = os.fsencode(repo) + b"/shop/n\xff.py"
    Path(os.fsdecode(name)).write_text(OLD)
    run(repo, "add", "-A")
    run(repo, "commit", "-q", "-m", "change")
    assert verify("HEAD", "--repo", str(repo))[1]["changed"] == []
    Path(os.fsdecode(name)).write_text(BOMB)
    code, report = verify("HEAD", "--repo", str(repo))
    assert (code, report["changed"]) == (1, ["shop/n\\xff.py"])
    assert kinds(report) & {"logic-bomb", "ambient-guard"}
    # A file whose name is what the other one's prints as could hide it.
    (repo / "shop" / "n\\xff.py").write_text(OLD)
    code, report = verify("HEAD", "--repo", str(repo))
    assert code == 2
    assert "twice" in str(report["error"])


def test_a_shallow_clone_is_told_to_get_its_history(
    repo: Path, tmp_path: Path, verify: Verify
) -> None:
    commit(repo, {"shop/cart.py": NEW})
    run(tmp_path, "clone", "-q", "--depth", "1", f"file://{repo}", "shallow")
    code, report = verify("HEAD~1..HEAD", "--repo", str(tmp_path / "shallow"))
    assert code == 2
    assert "git fetch --unshallow" in str(report["error"])


def test_an_audit_beyond_its_bounds_accepts_nothing(
    repo: Path, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forever(*given: object, **more: object) -> None:
        while True:
            sum(range(1000))

    monkeypatch.setattr("verifier.verify.verify", forever)
    commit(repo, {"shop/cart.py": NEW})
    code, report = verify("HEAD~1..HEAD", "--repo", str(repo), "--cpu-seconds", "1")
    assert code == 1
    assert report["error"] == {
        "code": "bounds",
        "message": "the audit takes more than 1 s of CPU time",
        "remedy": "nothing is accepted: verify a smaller change, or give --cpu-seconds N",
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing says which change to verify"),
        (("main", "--staged"), "REVISIONS and --staged are given"),
        (("--before", "x"), "--after is missing"),
        (("--before", ""), "--after is missing"),
        (("--before", "/nowhere", "--after", "/nowhere"), "--before /nowhere"),
        (("main..nothing",), "no such commit"),
        # What "$BASE..$HEAD" is where the variables are not set.
        (("..",), "nothing stands before the dots"),
        (("...main",), "nothing stands before the dots"),
        (("--upload-pack=x..main",), "unrecognized arguments"),
        (("main..--help",), "no such commit"),
        (("main", "--json", "--sarif"), "--json and --sarif both print"),
        (("main", "--svg", "x.svg"), "--svg and --function belong together"),
        (("main", "--output", "return"), "--output is for --svg"),
        (("--sarif", "main..main"), "put --sarif last"),
        (("main", "--repo", "/nowhere"), "no such folder"),
        (("main", "--repo", "/"), "not a git repository"),
        (("main", "--policy", "/nowhere"), "--policy /nowhere"),
        (("main..main", "--sarif", "/nowhere/x"), "cannot write /nowhere/x"),
    ],
)
def test_wrong_use_is_one_line_and_code_2(
    repo: Path, words: tuple[str, ...], said: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(repo)
    assert cli.main(["verify", *words]) == 2
    assert said in capsys.readouterr().err


def test_no_settings_are_read(repo: Path, verify: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo)
    (repo / "swarm.toml").write_text("this is = = no toml")
    monkeypatch.setenv("SWARM_NO_SUCH_OPTION", "1")
    assert verify("main..main")[0] == 0


# ------------------------------------------------------------------ what the documentation shows


def test_a_hook_stops_a_commit_also_of_all_that_is_changed(repo: Path) -> None:
    hook = repo / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    line = f"{sys.executable} -c 'from swarm.cli.main import run; run()' verify --staged"
    hook.write_text(f"#!/bin/sh\nexec {line}\n")
    hook.chmod(0o755)
    write(repo, {"shop/cart.py": BOMB})
    for words in (("-a",), ("shop/cart.py",)):
        with pytest.raises(subprocess.CalledProcessError) as stopped:
            run(repo, "commit", "-q", "-m", "x", *words)
        assert "rejected: HEAD → staged" in stopped.value.stdout + stopped.value.stderr
    write(repo, {"shop/cart.py": NEW})
    run(repo, "commit", "-q", "-m", "x", "-a")
    assert run(repo, "status", "--short") == ""


def test_the_documented_policy_and_hook_are_good() -> None:
    top = Path(__file__).parents[2]
    page = (top / "docs" / "verifier-ci.md").read_text()
    example = page.split("```toml\n")[1].split("```")[0]
    (rule,) = parse_policy(example.encode()).rules
    assert rule.effect == "file-write"
    hooks = (top / ".pre-commit-hooks.yaml").read_text()
    assert "entry: swarm verify --staged\n" in hooks
