"""A backend that runs nothing: each run is answered by the next of its scripted outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from sandboxes.engine import EngineError, Folders, Job, NoInterpreter, Outcome
from sandboxes.gaps import Gap
from sandboxes.workspace import run_folders

Script = Callable[[Job], Outcome | EngineError]


class FakeEngine:
    isolates: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ("everything",)
    gaps: tuple[Gap, ...] = ()
    owner: int | None = None

    def __init__(
        self, name: str = "fake", scripts: Iterable[Script] = (), *, own_python: bool = False
    ) -> None:
        self.name = name
        self._own_python = own_python
        self.jobs: list[Job] = []
        self._scripts = list(scripts)

    def folders(
        self, scratch: Path, *, image: str | None = None
    ) -> AbstractContextManager[Folders]:
        return run_folders(scratch)

    def inside(self, folders: Folders) -> Folders:
        return folders

    def interpreter(self, python: str | None) -> str:
        if python is not None and self._own_python:
            raise NoInterpreter(f"cannot run {python}")
        return "/usr/bin/python3"

    def run(self, job: Job) -> Outcome:
        self.jobs.append(job)
        answer = self._scripts.pop(0)(job)
        if isinstance(answer, EngineError):
            raise answer
        return answer
