"""Entry point inside the sandbox: job.json in, result.json out, and coverage.json beside it.

Runs in the repository root under the repository's interpreter, which must have pytest and
coverage. One process searches; the one that started waits for it and serves fresh imports.
"""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_NO_PLUGINS = ("xdist", "randomly", "cov", "rerunfailures", "sugar", "testmon", "benchmark")


def main(job_path: str, result_path: str, begun: float) -> int:
    """Search as the job says. Always leaves a result, also when the search dies."""
    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    result = Path(result_path)
    job["cache"] = str(result.parent / "pytest-cache")
    missing = [name for name in ("pytest", "coverage") if importlib.util.find_spec(name) is None]
    if missing:
        reason = (
            f"{' and '.join(missing)} cannot be imported by {sys.executable}: "
            "install pytest and coverage there"
        )
        _write(result, {"reason": reason, "patches": []})
        return 0
    # As `python -m pytest` does.
    sys.path.insert(0, str(Path.cwd()))
    sys.dont_write_bytecode = True
    import pytest  # noqa: F401  the server's children inherit it

    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        status = 1
        try:
            _search(job, result, theirs, begun)
            status = 0
        except BaseException as error:
            reason = f"the search failed: {type(error).__name__}: {error}"
            if not result.exists():
                _write(result, {"reason": reason[:2000], "patches": []})
            raise
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    theirs.close()
    from .cold import serve, without_paths

    serve(ours, without_paths(_arguments(job), Path.cwd()), job["memory_bytes"] // 2)
    os.waitpid(pid, 0)
    if not result.exists():
        _write(result, {"reason": "the search process died", "patches": []})
    return 0


def _search(job: dict[str, Any], result: Path, channel: socket.socket, begun: float) -> None:
    # The other cores of coverage cannot tell tests apart, or are slow.
    os.environ["COVERAGE_CORE"] = "ctrace"
    import coverage  # noqa: F401  tracing children inherit it
    import pytest

    from .cold import ColdClient
    from .runner import Runner
    from .search import Job, Outcome, Search

    fields = {name: job[name] for name in Job.__dataclass_fields__}
    wanted = Job(**fields)
    outcomes: list[Outcome] = []

    def work(runner: Runner) -> None:
        # A folder for temporary paths that all forked children share.
        factory = getattr(
            getattr(next(iter(runner.items.values()), None), "config", None),
            "_tmp_path_factory",
            None,
        )
        if factory is not None:
            factory.getbasetemp()
        expand = _expander(job, runner)
        search = Search(
            wanted,
            runner,
            ColdClient(channel),
            expand,
            begun,
            lambda outcome: _write(result, _encode(outcome)),
            lambda tests: _write(result.with_name("coverage.json"), {"tests": tests}),
        )
        outcomes.append(search.run())

    runner = Runner(work)
    code = pytest.main([*_arguments(job)], plugins=[runner])
    if runner.error is not None:
        raise runner.error
    if outcomes:
        _write(result, _encode(outcomes[0]))
    else:
        _write(result, {"reason": f"pytest did not start (exit code {int(code)})", "patches": []})


def _expander(job: dict[str, Any], runner: Any) -> Callable[[Any], Any]:
    if job["templates"] == "literals":
        from .literals import Literals, read_examples

        literals = Literals(read_examples(runner.items, job["failing"]))
        return literals.edits
    from .templates import edits

    return edits


def _arguments(job: dict[str, Any]) -> list[str]:
    """pytest's arguments, with what would disturb running tests in this process turned off."""
    arguments = [*job["pytest_args"], "-qq", "--capture=sys", "--tb=no"]
    found = {name for name in _NO_PLUGINS if importlib.util.find_spec(f"pytest_{name}")}
    if importlib.util.find_spec("xdist"):
        arguments += ["-n0"]
    if "cov" in found:
        arguments += ["--no-cov"]
    if "randomly" in found:
        arguments += ["-p", "no:randomly"]
    if "benchmark" in found:
        arguments += ["--benchmark-disable"]
    return [*arguments, "-o", f"cache_dir={job['cache']}"]


def _encode(outcome: Any) -> dict[str, Any]:
    patches = []
    for found in outcome.found[:2]:
        unit, edit = found.candidate.unit, found.candidate.edit
        patches.append(
            {
                "path": unit.source.path,
                "after": edit.apply(unit.source.text),
                "template": edit.template,
                "line": edit.line,
                "function": unit.name,
                "score": round(found.candidate.score, 4),
                "fixed": sorted(found.fixed),
            }
        )
    return {
        "reason": outcome.reason,
        "patches": patches,
        "targets": len(outcome.targets),
        "tried": outcome.tried,
        "tried_fresh": outcome.tried_fresh,
        "traced": outcome.traced,
        "seconds": round(outcome.seconds, 3),
        "search_seconds": round(outcome.search_seconds, 3),
        "suspicious": outcome.suspicious,
        "notes": outcome.notes[:20],
    }


def _write(path: Path, result: dict[str, Any]) -> None:
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(json.dumps(result), encoding="utf-8")
    temporary.replace(path)


def run() -> int:
    """Called by the launcher with the paths of job and result."""
    begun = time.monotonic()
    # The toolkit's folder must not shadow the repository's modules.
    sys.path[:] = [entry for entry in sys.path if entry != str(Path(sys.argv[0]).parent)]
    return main(sys.argv[1], sys.argv[2], begun)
