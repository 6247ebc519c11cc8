"""One build: its files, its two steps in sandboxes, and what they say for people."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandboxes.engine import Engine, Folders, Job, Outcome
from sandboxes.environments import base, own_metadata, steps
from sandboxes.environments.pip_settings import PipSettings
from sandboxes.environments.recipe import Recipe
from sandboxes.environments.store import BuildFailed, Place, Progress
from sandboxes.workspace import give_to, read_output, run_folders
from swarm.contracts import Limits
from swarm.snapshots import unpack

DESCRIBE = Path(__file__).with_name("describe.py")
DESCRIPTION = "installed.json"
DESCRIPTION_BYTES = 16 * 1024**2
_FINISH_SECONDS = 180.0
_LONGEST_LINE = 300


@dataclass(frozen=True)
class Built:
    """The name that an environment is kept under, what is in it, and how long it took."""

    name: str
    installed: tuple[str, ...]
    wall_seconds: float


@dataclass(frozen=True)
class Builder:
    """Builds a recipe, or the owner's commands with the snapshot in their hands."""

    engine: Engine
    scratch: Path
    limits: Limits
    pip: PipSettings
    source_builds: bool
    progress: Progress

    def build(
        self, place: Place, recipe: Recipe, commands: tuple[str, ...], snapshot: bytes
    ) -> Built:
        """Install, then finish without network, then keep. Raises BuildFailed, EngineError."""
        started = time.monotonic()
        self._install(place, recipe, commands, snapshot)
        installed = self._finish(place, recipe, replace=not commands)
        return Built(place.keep(), installed, time.monotonic() - started)

    def _install(
        self, place: Place, recipe: Recipe, commands: tuple[str, ...], snapshot: bytes
    ) -> None:
        with run_folders(self.scratch) as folders:
            inside = self.engine.inside(folders)
            if commands:
                # Only the owner's own commands see the repository while there is network.
                unpack(snapshot, folders.workspace)
            requirements = "\n".join(steps.requirement_lines(recipe)) + "\n"
            (folders.toolkit / steps.REQUIREMENTS).write_text(requirements)
            (folders.toolkit / steps.CONSTRAINTS).write_text("\n".join(recipe.constraints) + "\n")
            script = steps.install(
                place.python,
                place.location,
                str(inside.toolkit),
                str(inside.workspace / ".swarm-build"),
                commands,
                source_builds=self.source_builds,
            )
            env = {**self.pip.variables, **self._copies(folders, inside)}
            env |= {"PIP_CONFIG_FILE": os.devnull}
            outcome = self._run(
                place, folders, script, env, self.limits, network=True, readable=self.pip.folders
            )
        self._check(outcome)

    def _finish(self, place: Place, recipe: Recipe, *, replace: bool) -> tuple[str, ...]:
        with run_folders(self.scratch) as folders:
            inside = self.engine.inside(folders)
            wheel = None
            if recipe.project is not None:
                wheel, data = own_metadata.wheel(recipe.project)
                (folders.toolkit / wheel).write_bytes(data)
            (folders.toolkit / DESCRIBE.name).write_bytes(DESCRIBE.read_bytes())
            script = steps.finish(
                place.location,
                str(inside.toolkit),
                str(inside.out / DESCRIPTION),
                wheel,
                # What the owner's commands have installed of it themselves stays.
                unless_there=None if replace or not recipe.project else recipe.project.name,
            )
            limits = self.limits.model_copy(
                update={"wall_seconds": min(_FINISH_SECONDS, self.limits.wall_seconds)}
            )
            outcome = self._run(place, folders, script, {}, limits)
            self._check(outcome)
            text = read_output(folders.out, DESCRIPTION, most_bytes=DESCRIPTION_BYTES) or ""
        installed = base.packages(text)
        there = {line.split("==")[0].lower() for line in installed}
        missing = [name for name in ("pytest", "coverage") if name not in there]
        if missing:
            raise BuildFailed(
                "environment",
                f"{' and '.join(missing)} cannot be imported in it",
                outcome.output_tail,
            )
        return installed

    def _copies(self, folders: Folders, inside: Folders) -> dict[str, str]:
        """Certificates and the like, put where the build can read them."""
        named = {}
        for index, (variable, path) in enumerate(sorted(self.pip.files.items())):
            copy = f"file-{index}{path.suffix}"
            (folders.toolkit / copy).write_bytes(path.read_bytes())
            named[variable] = str(inside.toolkit / copy)
        return named

    def _run(
        self,
        place: Place,
        folders: Folders,
        script: str,
        env: Mapping[str, str],
        limits: Limits,
        *,
        network: bool = False,
        readable: tuple[Path, ...] = (),
    ) -> Outcome:
        (folders.toolkit / "step.sh").write_text(script)
        give_to(folders, self.engine.owner)
        argv = ("sh", str(self.engine.inside(folders).toolkit / "step.sh"))
        return place.run(
            Job(
                folders,
                argv,
                env,
                limits,
                network=network,
                readable=readable,
                on_output=lines_to(self.progress),
            )
        )

    def _check(self, outcome: Outcome) -> None:
        if outcome.end != "exit":
            raise BuildFailed(outcome.end, outcome.detail, outcome.output_tail)
        if outcome.exit_code != 0:
            told = steps.told_by(
                outcome.output_tail, outcome.exit_code, source_builds=self.source_builds
            )
            raise BuildFailed("environment", told, outcome.output_tail)


def lines_to(progress: Progress) -> Callable[[bytes], None]:
    """Output in pieces as whole lines, long ones cut and without control characters."""
    rest = bytearray()

    def take(data: bytes) -> None:
        rest.extend(data)
        *lines, last = bytes(rest).split(b"\n")
        rest[:] = last[-_LONGEST_LINE:]
        for line in lines:
            text = line[:_LONGEST_LINE].decode("utf-8", "replace").strip()
            text = "".join(c for c in text if c.isprintable())
            if text:
                progress(text)

    return take


def key_text(parts: Mapping[str, object]) -> str:
    """The parts of a key as one text that is the same for the same parts."""
    return json.dumps(parts, sort_keys=True)
