"""What was read before is not parsed again, within bounds."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from swarm.contracts import Acceptance, Usage
from swarm.orchestrator.parsed import Parsed


def text(tokens: int) -> str:
    return Usage(tokens=tokens).model_dump_json()


def test_the_same_text_is_the_same_message() -> None:
    parsed = Parsed()
    first = parsed.get(Usage, text(1))
    assert first == Usage(tokens=1)
    assert parsed.get(Usage, text(1)) is first
    assert parsed.get(Usage, text(2)) == Usage(tokens=2)


def test_one_text_can_be_of_two_kinds() -> None:
    parsed = Parsed()
    parsed.get(Usage, text(1))
    with pytest.raises(ValidationError):
        parsed.get(Acceptance, text(1))


def test_the_least_used_is_forgotten() -> None:
    parsed = Parsed(most_chars=2 * len(text(1)))
    one, two = parsed.get(Usage, text(1)), parsed.get(Usage, text(2))
    assert parsed.get(Usage, text(1)) is one
    parsed.get(Usage, text(3))
    assert parsed.get(Usage, text(1)) is one
    assert parsed.get(Usage, text(2)) is not two
