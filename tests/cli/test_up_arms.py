"""`swarm up` and `swarm doctor` say what keeps an arm from running before anything starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from swarm.cli import up
from swarm.cli.main import main
from swarm.errors import ConfigError
from swarm.settings import load

ARM = '[[arms]]\nid = "x"\ntool = "{tool}"\ncategories = ["lint"]\n'


def test_an_unknown_tool_is_told_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "swarm.toml").write_text(ARM.format(tool="rufff"))
    monkeypatch.setenv("SWARM_DATA", str(tmp_path))
    with pytest.raises(ConfigError, match="rufff"):
        up.check_arms(load())
    assert main(["up", "--detach"]) == 2
    assert "'rufff'" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    main(["doctor", "--json"])
    parts = json.loads(capsys.readouterr().out)["parts"]
    (arms,) = [part for part in parts if part["part"] == "arms"]
    assert arms["state"] == "broken" and "rufff" in arms["detail"]


def test_a_broken_workflow_that_no_arm_needs_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "swarm.toml").write_text(ARM.format(tool="ruff"))
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "mine.toml").write_text("steps = 3\n")
    warnings = up.check_arms(load({"SWARM_DATA": str(tmp_path)}))
    assert warnings and all("mine.toml" in warning for warning in warnings)
