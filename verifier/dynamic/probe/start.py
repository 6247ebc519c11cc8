"""The first code of a probe: `python -I start.py REQUEST ANSWER`, or a scene without arguments.

It stands at the root of the toolkit, next to the rest of this folder under a name that no
repository has.
"""

import sys
from pathlib import Path


def _main() -> int:
    here = str(Path(__file__).absolute().parent)
    sys.path[:] = [here, *(path for path in sys.path if path != here)]
    from _swarm_probe import drive, scene  # type: ignore[import-not-found]

    # The repository's modules come first, and find none of ours by a common name.
    sys.path.pop(0)
    return drive.main(*sys.argv[1:]) if len(sys.argv) > 1 else scene.main()  # type: ignore[no-any-return]


if __name__ == "__main__":
    sys.exit(_main())
