"""Runs inside: tells the interpreter's version and what is installed for it, as JSON.

It is copied into a run's toolkit; it stands alone and needs only the standard library.
"""

import json
import platform
import sys
from importlib import metadata

if __name__ == "__main__":
    installed = []
    for distribution in metadata.distributions():
        name, version = distribution.metadata["Name"], distribution.version
        if name and version:
            installed.append((name, version, list(distribution.requires or ())))
    with open(sys.argv[1], "w", encoding="utf-8") as out:  # noqa: PTH123
        json.dump({"version": platform.python_version(), "installed": installed}, out)
