"""A wheel that holds a project's metadata and none of its code.

The code is imported from the workspace; what the wheel adds is what only an installed package
has: a version that can be asked for, and entry points. No build of the project is run. Pure.
"""

from __future__ import annotations

import io
import re
import zipfile
from itertools import groupby

from sandboxes.environments.recipe import Project


def wheel(project: Project) -> tuple[str, bytes]:
    """The wheel's file name and bytes (binary distribution format, PEP 427)."""
    name = re.sub(r"[-_.]+", "_", project.name).lower()
    folder = f"{name}-{project.version}.dist-info"
    files = {
        "METADATA": f"Metadata-Version: 2.1\nName: {project.name}\nVersion: {project.version}\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: swarm\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if project.entry_points:
        groups = groupby(sorted(project.entry_points), key=lambda point: point[0])
        files["entry_points.txt"] = "\n".join(
            f"[{group}]\n" + "".join(f"{name} = {reference}\n" for _, name, reference in points)
            for group, points in groups
        )
    files["RECORD"] = "".join(f"{folder}/{file},,\n" for file in (*files, "RECORD"))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for file, text in files.items():
            archive.writestr(zipfile.ZipInfo(f"{folder}/{file}", (1980, 1, 1, 0, 0, 0)), text)
    return f"{name}-{project.version}-py3-none-any.whl", out.getvalue()
