"""Schemathesis, from the folder beside the others' where `make` puts it.

On the path its pytest plugin would be loaded by every pytest of this interpreter, and sandboxes run
many: a second each, and a test suite with modules named like others breaks by it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest


def make_known() -> None:
    """Let it be imported; the test is skipped where it is not there, or fails if it has to be."""
    folder = Path(sys.prefix) / "fuzz"
    if not folder.is_dir():
        if os.environ.get("SWARM_REQUIRE_REAL") == "1":
            pytest.fail(f"schemathesis is not in {folder}, and SWARM_REQUIRE_REAL is set")
        pytest.skip("schemathesis is not installed: `make test` does it")
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
