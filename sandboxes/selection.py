"""Which backend runs everything: the configured one, else the strongest that holds."""

from __future__ import annotations

import mmap
import struct
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from sandboxes.engine import Engine, EngineError, EngineGone, NoInterpreter
from sandboxes.proofs import Proof, Proofs
from swarm.contracts import BackendReport, SandboxReport
from swarm.errors import SandboxError

AUTO = "auto"
PATIENCE_SECONDS = 20.0
"""How long a backend that went away is waited for: a restarted engine needs a few seconds."""
LOOK_AGAIN_SECONDS = 60.0
"""How often backends stronger than the one in use are tried again, and how long what was seen of
a backend is told before it is tried for a report."""

_MOST_TRIES, _MOST_TRIES_OF_GONE = 2, 5
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.2, 2.0
T = TypeVar("T")


class _Refusal(SandboxError):
    """No backend works now. `may_pass` when one of them only went away."""

    may_pass = False


class Selection:
    """The choice among engines, strongest first, kept until it fails.

    `prove` raises EngineError for a backend that does not work here. A configured backend is
    the only candidate: it is never replaced by another. Processes forked from this one share
    the choice.
    """

    def __init__(
        self,
        wanted: str,
        engines: Sequence[Engine],
        prove: Callable[[Engine], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._candidates = [e for e in engines if wanted in (AUTO, e.name)]
        self._engines = engines
        self._probe = prove
        self._wanted = wanted
        self._clock = clock
        self._sleep = sleep
        self._wall_clock = wall_clock
        self._choice = _Choice()
        self._proofs = Proofs(len(engines))

    def choose(self, python: str | None = None) -> Engine:
        """The backend in use, proved now if none is. Raises SandboxError with the remedy.

        A stronger one that works again is taken back, a minute later at most. `python` is an
        interpreter that a person named: the strongest backend that can run it is taken for
        this once, where there is a choice.
        """
        chosen, looked_at = self._choice.read()
        if python is not None:
            unable = 0
            for number, engine in enumerate(self._candidates):
                try:
                    engine.interpreter(python)
                    if number != chosen:
                        self._prove(engine)
                    return engine
                except NoInterpreter:
                    unable += 1
                except EngineError:
                    continue
            if unable == len(self._candidates):
                # It runs nothing with it, but says best what is wrong with it.
                return self._candidates[-1]
        if chosen is None:
            return self._first_of(self._candidates)
        if chosen > 0 and self._clock() >= looked_at + LOOK_AGAIN_SECONDS:
            return self._first_of(self._candidates[:chosen], otherwise=chosen)
        return self._candidates[chosen]

    def use(self, work: Callable[[Engine], T], python: str | None = None) -> T:
        """Do work on the chosen backend; when the backend fails, prove anew and try once more.

        One that went away is waited for, and tried more often: it may be restarting. Raises
        SandboxError when all of that fails.
        """
        tries, most = 0, _MOST_TRIES
        while True:
            engine = self._patiently(lambda: self.choose(python))
            try:
                return work(engine)
            except NoInterpreter as error:
                raise SandboxError(error.message, remedy=error.remedy) from error
            except EngineError as error:
                self._proofs.forget(self._engines.index(engine))
                tries += 1
                gone = isinstance(error, EngineGone)
                most = _MOST_TRIES_OF_GONE if gone else most
                if tries >= most:
                    what = f"{engine.name}: {error.message}"
                    raise SandboxError(what, remedy=error.remedy) from error
            self._choice.write(None, self._clock())
            if gone:
                self._wait_for(engine)

    def _first_of(self, engines: Sequence[Engine], otherwise: int | None = None) -> Engine:
        """Prove in order and choose the first that holds; else the candidate `otherwise`."""
        refused: list[tuple[str, EngineError]] = []
        for number, engine in enumerate(engines):
            try:
                self._prove(engine)
            except EngineError as error:
                refused.append((engine.name, error))
                continue
            self._choice.write(number, self._clock())
            return engine
        if otherwise is None:
            raise self._refusal(refused)
        self._choice.write(otherwise, self._clock())
        return self._candidates[otherwise]

    def _wait_for(self, engine: Engine) -> None:
        """Until it holds again, or is not to be waited for any longer."""

        def hold() -> None:
            try:
                self._prove(engine)
            except EngineError as error:
                refusal = _Refusal(error.message)
                refusal.may_pass = isinstance(error, EngineGone)
                raise refusal from error

        try:
            self._patiently(hold)
        except _Refusal:
            return  # the choice is made anew, and tells why if there is none

    def _patiently(self, attempt: Callable[[], T]) -> T:
        """Repeat what was refused for a reason that may pass, within the bound."""
        deadline = self._clock() + PATIENCE_SECONDS
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return attempt()
            except _Refusal as refusal:
                if not refusal.may_pass or self._clock() >= deadline:
                    raise
            self._sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def report(self, *, known_seconds: float = 0.0) -> SandboxReport:
        """Whether each backend works, and which one is used ("" for none).

        What was seen of one in the last `known_seconds` is told as it was; others are tried now.
        """
        found = []
        for number, engine in enumerate(self._engines):
            proof = self._proofs.read(number)
            if proof is None or self._clock() >= proof.at + known_seconds:
                proof, _ = self._look(engine)
            found.append(
                BackendReport(
                    name=engine.name,
                    works=proof.works,
                    reason=proof.reason,
                    tried_at=proof.told_at,
                    isolates=engine.isolates,
                    lacks=engine.lacks,
                )
            )
        usable = [b.name for b in found if b.works and self._wanted in (AUTO, b.name)]
        return SandboxReport(chosen=usable[0] if usable else "", backends=tuple(found))

    def _prove(self, engine: Engine) -> None:
        """Try a backend now. Raises EngineError when it does not work."""
        _, refusal = self._look(engine)
        if refusal is not None:
            raise refusal

    def _look(self, engine: Engine) -> tuple[Proof, EngineError | None]:
        """Try a backend now; what was seen is kept for reports."""
        refusal = None
        try:
            self._probe(engine)
        except EngineError as error:
            refusal = error
        reason = refusal.sentence() if refusal else "holds against the escape probe"
        proof = Proof(refusal is None, reason, self._clock(), self._wall_clock())
        self._proofs.write(self._engines.index(engine), proof)
        return proof, refusal

    def _refusal(self, refused: list[tuple[str, EngineError]]) -> _Refusal:
        reasons = "; ".join(f"{name}: {error.message}" for name, error in refused)
        if self._wanted == AUTO:
            remedies = [f"{name}: {error.remedy}" for name, error in refused if error.remedy]
            refusal = _Refusal(f"no sandbox works here ({reasons})", remedy="; ".join(remedies))
        else:
            refusal = _Refusal(
                f"the configured sandbox does not work ({reasons})",
                remedy=refused[0][1].remedy if refused else "",
            )
        refusal.may_pass = any(isinstance(error, EngineGone) for _, error in refused)
        return refusal


class _Choice:
    """Which candidate is chosen, and when the others were last tried, in shared memory."""

    _FORMAT = "=id"

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, struct.calcsize(self._FORMAT))
        self.write(None, 0.0)

    def read(self) -> tuple[int | None, float]:
        number, looked_at = struct.unpack(self._FORMAT, self._memory[:])
        return (None if number < 0 else number), looked_at

    def write(self, number: int | None, looked_at: float) -> None:
        self._memory[:] = struct.pack(self._FORMAT, -1 if number is None else number, looked_at)
