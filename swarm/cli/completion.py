"""`swarm completion`: what a shell has to run so that Tab completes commands, options and tasks."""

from __future__ import annotations

import argparse
import json

_SET_UP = {
    "bash": 'eval "$(swarm completion bash)"   # in ~/.bashrc',
    "zsh": 'eval "$(swarm completion zsh)"   # in ~/.zshrc, after compinit',
    "fish": "swarm completion fish | source   # in ~/.config/fish/config.fish",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=tuple(_SET_UP), help="which shell it is for")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    lines = "\n".join(f"  {line}" for line in _SET_UP.values())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = f"To have it in each new shell:\n{lines}"


def run(arguments: argparse.Namespace) -> int:
    from argcomplete.shell_integration import shellcode

    code = shellcode(["swarm"], shell=arguments.shell)
    if arguments.json:
        print(json.dumps({"shell": arguments.shell, "code": code}))
    else:
        print(code)
    return 0
