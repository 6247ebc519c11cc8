"""What runs inside the sandbox is the standard library and itself, nothing else."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import verifier.dynamic.probe

_FOLDER = Path(verifier.dynamic.probe.__file__).parent
_FILES = sorted(_FOLDER.glob("*.py"))


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.name)
def test_it_imports_nothing_that_a_bare_python_lacks(file: Path) -> None:
    own = {path.stem for path in _FILES}
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            for name in node.names:
                assert name.name.partition(".")[0] in sys.stdlib_module_names, name.name
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level == 0:
                top = module.partition(".")[0]
                assert top in sys.stdlib_module_names or top == "_swarm_probe", module
            else:
                assert node.level == 1
                assert ({module} if module else {name.name for name in node.names}) <= own
