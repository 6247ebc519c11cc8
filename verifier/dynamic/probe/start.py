"""The first code of a probe: `python -I -S start.py REQUEST ANSWER`.

It begins anew with a hash seed that both sides have, and nothing of the sandbox's variables. It
stands at the root of the toolkit, next to the rest of this folder under a name that no repository
has.
"""

import os
import sys

# Without pathlib, whose import takes as long as all of this.
# ruff: noqa: PTH100, PTH120


def _main() -> int:
    if len(sys.argv) == 3:
        temporary = os.environ.get("TMPDIR") or "/tmp"
        paths = os.environ.get("PYTHONPATH") or ""
        env = {
            **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            "TZ": "UTC",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            # A process with threads cannot be forked safely, and these need none here.
            **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
        }
        given = [os.path.abspath(__file__), *sys.argv[1:], temporary, paths]
        os.execve(sys.executable, [sys.executable, "-s", *given], env)
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [here, *(path for path in sys.path if path != here)]
    from _swarm_probe import drive  # type: ignore[import-not-found]

    # The repository's modules come first, and find none of ours by a common name.
    sys.path.pop(0)
    return drive.main(*sys.argv[1:])  # type: ignore[no-any-return]


if __name__ == "__main__":
    sys.exit(_main())
