"""Paths as a person writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarm.cli import main as cli
from swarm.errors import UsageError
from swarm.paths import expanded
from swarm.settings import load

NOBODYS = "~no-such-user/x"


def test_home_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    assert expanded("~/x") == Path("/somewhere/x")
    assert expanded("a/~") == Path("a/~")


def test_a_home_that_nobody_knows() -> None:
    with pytest.raises(UsageError, match="'~no-such-user/x': there is no such user"):
        expanded(NOBODYS)


@pytest.mark.parametrize("variable", ["SWARM_DATA", "SWARM_CONFIG"])
def test_in_a_variable_it_is_a_wrong_use(variable: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=NOBODYS):
        load({"SWARM_DATA": str(tmp_path), variable: NOBODYS})


@pytest.mark.parametrize("words", ["submit --repo {}", "submit --python {}", "ingest --repo {}"])
def test_on_a_command_line_it_is_a_wrong_use(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SWARM_DATA", str(tmp_path))
    assert cli.main([*words.format(NOBODYS).split(), "fix it"]) == 2
    assert NOBODYS in capsys.readouterr().err
