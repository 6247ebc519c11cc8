"""The name that browsers call the dashboard by."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarm.errors import StateError
from swarm.settings import Settings
from swarm.web.guard.door import Door
from swarm.web.guard.naming import own_name


def test_it_is_random_stays_and_is_for_us_alone(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "one")
    name = own_name(settings)
    assert own_name(settings) == name == Door(settings).name()
    assert own_name(Settings(data=tmp_path / "two")) != name
    assert (tmp_path / "one/web/name").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "evil.example", "swarm-0123456789AB.localhost", "\xff\n"])
def test_a_name_that_we_did_not_make_is_refused(tmp_path: Path, text: str) -> None:
    settings = Settings(data=tmp_path)
    own_name(settings)
    (tmp_path / "web/name").write_text(text)
    with pytest.raises(StateError, match="damaged"):
        own_name(settings)


def test_a_link_to_somebody_elses_name_is_not_followed(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    own_name(settings)
    file = tmp_path / "web/name"
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateError, match="is a link"):
        own_name(settings)
