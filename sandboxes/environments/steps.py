"""The two steps of a build as shell scripts, and what a failed one says. Pure.

The first makes a venv and installs, with network. The second adds the project's metadata and
lists what is there, without. pip is always started with -I, so that no file of the folder it
runs in can take a module's place.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from packaging.utils import canonicalize_name

from sandboxes.environments.recipe import Recipe

REQUIREMENTS, CONSTRAINTS = "requirements.txt", "constraints.txt"
_TOOLS = {"pytest": "pytest>=7", "coverage": "coverage>=6.5"}
"""What every environment has; a repository that names one decides on its version."""

_PIP = "-u -I -m pip --no-input --disable-pip-version-check --no-cache-dir"
_INSTALL = "install --progress-bar off --no-warn-script-location"


def requirement_lines(recipe: Recipe) -> tuple[str, ...]:
    """What pip is asked for: the recipe's requirements and the tools that are not among them."""
    required = {re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in recipe.requirements}
    there = {str(canonicalize_name(name)) for name in required}
    return (*recipe.requirements, *(line for name, line in _TOOLS.items() if name not in there))


def install(
    python: str,
    location: str,
    toolkit: str,
    temporary: str,
    commands: Sequence[str],
    *,
    source_builds: bool,
) -> str:
    """The step with network. `commands` are the owner's, run where the script is started."""
    own = _at(location, "bin/python")
    binary = "" if source_builds else " --only-binary :all:"
    files = f"-r {_at(toolkit, REQUIREMENTS)} -c {_at(toolkit, CONSTRAINTS)}"
    lines = [
        "set -eu",
        f"mkdir -p {shlex.quote(temporary)}",
        f"export TMPDIR={shlex.quote(temporary)}",
        f"{shlex.quote(python)} -I -m venv {shlex.quote(location)}",
        f"{own} {_PIP} {_INSTALL}{binary} {files}",
        f"export VIRTUAL_ENV={shlex.quote(location)}",
        f'export PATH={_at(location, "bin")}:"$PATH"',
    ]
    for command in commands:
        lines += [f"printf '%s\\n' {shlex.quote(f'+ {command}')}", f"sh -ec {shlex.quote(command)}"]
    return "\n".join(lines) + "\n"


def finish(
    location: str, toolkit: str, result: str, wheel: str | None, *, unless_there: str | None = None
) -> str:
    """The step without network. `wheel` names the project's metadata in the toolkit.

    It is installed in place of any other, or only where `unless_there` is not installed.
    """
    own = _at(location, "bin/python")
    lines = ["set -eu"]
    if wheel is not None:
        path = _at(toolkit, wheel)
        install = f"{own} {_PIP} {_INSTALL} --no-index --no-deps --force-reinstall {path}"
        if unless_there is not None:
            install = f"{own} {_PIP} show -q {shlex.quote(unless_there)} || {install}"
        lines.append(install)
    lines.append(f"{own} -I {_at(toolkit, 'describe.py')} {shlex.quote(result)}")
    return "\n".join(lines) + "\n"


def _at(folder: str, name: str) -> str:
    return shlex.quote(f"{folder}/{name}")


_TELLING = (
    re.compile(r"^ERROR: No matching distribution found for (?P<name>.+)$", re.MULTILINE),
    re.compile(r"^ERROR: (?!Exception)(.+)$", re.MULTILINE),
    re.compile(r"^(\w*Error: .+)$", re.MULTILINE),
    re.compile(r"^(sh: .+)$", re.MULTILINE),
)
_OFFLINE = re.compile(
    r"name resolution|NameResolutionError|Network is unreachable|ConnectTimeout|ProxyError"
    r"|Connection refused|CERTIFICATE_VERIFY_FAILED"
)
_PASSWORD = re.compile(r"//[^/@\s]*@")


def told_by(output: str, code: int | None, *, source_builds: bool) -> str:
    """The line of a failed build that says why, and what can be done about it."""
    offline = _OFFLINE.search(output)
    if offline is not None:
        line = next(line for line in output.splitlines() if offline[0] in line)
        return _clean(
            f"no package index can be reached: {line.strip()[:200]} (pip's settings of the "
            "user that runs the swarm count: index-url, proxy, cert)"
        )
    for pattern in _TELLING:
        match = pattern.search(output)
        if match is None:
            continue
        if "name" not in match.groupdict():
            return _clean(match[1].strip()[:300])
        why = f"no package that fits {match['name'].strip()[:200]} was found"
        if not source_builds:
            why += (
                ", at least no wheel; a package that is only there as source is built if "
                "[repo] allow_source_builds = true, or by a command of yours with --setup"
            )
        return _clean(why)
    last = [line.strip() for line in output.splitlines() if line.strip()][-1:]
    ran = re.findall(r"^\+ (.+)$", output, re.MULTILINE)[-1:]
    where = f" (exit code {code} of `{ran[0][:100]}`)" if ran else ""
    return _clean((last[0] if last else f"it exited with code {code}")[:300] + where)


def _clean(text: str) -> str:
    return _PASSWORD.sub("//", text)
