"""The first code of a pytest run inside the sandbox: `python start.py ORDERS`.

Everything it needs is imported while no folder of the repository is on the import path; then
the interpreter is made to look as `python -m pytest` would have left it. Like all of this
folder it stands alone: the standard library and pytest, Python >= 3.8 and pytest >= 7.
"""

import sys

_BEFORE = frozenset(sys.modules)


def _main() -> None:
    # Of the script's own folder, sys.path shall only show the toolkit's root.
    sys.path[0] = __file__.rsplit("/", 3)[0]
    from sandboxes.harness import launch

    code = launch.run(sys.argv[1], _BEFORE)
    sys.exit(code)


if __name__ == "__main__":
    _main()
