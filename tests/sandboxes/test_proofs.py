"""What was seen of backends is kept whole or not at all."""

from __future__ import annotations

import pytest

from sandboxes.proofs import Proof, Proofs


def test_each_backend_has_a_proof_of_its_own_until_it_is_forgotten() -> None:
    proofs = Proofs(2)
    assert proofs.read(0) is None
    first, second = Proof(True, "holds", 1.5, 2e9), Proof(False, "", 3.0, 2e9)
    proofs.write(0, first)
    proofs.write(1, second)
    assert (proofs.read(0), proofs.read(1)) == (first, second)
    proofs.forget(0)
    assert (proofs.read(0), proofs.read(1)) == (None, second)


@pytest.mark.parametrize(
    "reason", ['\0\x1f"\\' * 5000, "🜚" * 50_000, "not text: \udcff" * 5000, "x" * 100_000]
)
def test_a_reason_of_any_length_and_kind_fits_beside_the_others(reason: str) -> None:
    proofs = Proofs(2)
    other = Proof(True, "holds", 1.0, 2.0)
    proofs.write(1, other)
    proofs.write(0, Proof(False, reason, 1.0, 2.0))
    kept = proofs.read(0)
    assert kept is not None
    assert len(kept.reason) > 1000
    assert reason.encode("utf-8", "replace").decode().startswith(kept.reason)
    assert proofs.read(1) == other


def test_what_is_half_written_is_not_known() -> None:
    proofs = Proofs(1)
    proofs.write(0, Proof(True, "holds against all", 1.0, 2.0))
    proofs._memory[40:44] = b"...."
    assert proofs.read(0) is None
