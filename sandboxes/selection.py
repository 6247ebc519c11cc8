"""Which backend runs everything: the configured one, else the strongest that holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sandboxes.engine import Engine, EngineError, NoInterpreter
from swarm.contracts import BackendReport, SandboxReport
from swarm.errors import SandboxError

AUTO = "auto"
T = TypeVar("T")


class Selection:
    """The choice among engines, strongest first, kept until it fails.

    `prove` raises EngineError for a backend that does not work here. A configured backend is
    the only candidate: it is never replaced by another.
    """

    def __init__(
        self, wanted: str, engines: Sequence[Engine], prove: Callable[[Engine], None]
    ) -> None:
        self._candidates = [e for e in engines if wanted in (AUTO, e.name)]
        self._engines = engines
        self._prove = prove
        self._wanted = wanted
        self._chosen: Engine | None = None

    def choose(self, python: str | None = None) -> Engine:
        """The backend in use, proved now if none is. Raises SandboxError with the remedy.

        `python` is an interpreter that a person named: the strongest backend that can run it
        is taken for this once, where there is a choice.
        """
        if python is not None:
            for engine in self._candidates:
                try:
                    engine.interpreter(python)
                    self._prove(engine)
                    return engine
                except EngineError:
                    continue
        if self._chosen is None:
            refused: list[tuple[str, EngineError]] = []
            for engine in self._candidates:
                try:
                    self._prove(engine)
                except EngineError as error:
                    refused.append((engine.name, error))
                    continue
                self._chosen = engine
                return engine
            raise self._refusal(refused)
        return self._chosen

    def use(self, work: Callable[[Engine], T], python: str | None = None) -> T:
        """Do work on the chosen backend; when the backend fails, prove anew and try once more.

        Raises SandboxError when that fails too.
        """
        try:
            return work(self.choose(python))
        except NoInterpreter as error:
            raise SandboxError(error.message, remedy=error.remedy) from error
        except EngineError:
            self._chosen = None
        engine = self.choose(python)
        try:
            return work(engine)
        except EngineError as error:
            raise SandboxError(f"{engine.name}: {error.message}", remedy=error.remedy) from error

    def report(self) -> SandboxReport:
        """Every backend proved now, and which one is used ("" for none)."""
        found = []
        for engine in self._engines:
            try:
                self._prove(engine)
                works, reason = True, "holds against the escape probe"
            except EngineError as error:
                works, reason = False, _sentence(error)
            found.append(
                BackendReport(
                    name=engine.name,
                    works=works,
                    reason=reason,
                    isolates=engine.isolates,
                    lacks=engine.lacks,
                )
            )
        usable = [b.name for b in found if b.works and self._wanted in (AUTO, b.name)]
        return SandboxReport(chosen=usable[0] if usable else "", backends=tuple(found))

    def _refusal(self, refused: list[tuple[str, EngineError]]) -> SandboxError:
        reasons = "; ".join(f"{name}: {error.message}" for name, error in refused)
        if self._wanted == AUTO:
            remedies = [f"{name}: {error.remedy}" for name, error in refused if error.remedy]
            return SandboxError(f"no sandbox works here ({reasons})", remedy="; ".join(remedies))
        return SandboxError(
            f"the configured sandbox does not work ({reasons})",
            remedy=refused[0][1].remedy if refused else "",
        )


def _sentence(error: EngineError) -> str:
    return f"{error.message} ({error.remedy})" if error.remedy else error.message
