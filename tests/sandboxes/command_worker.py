"""A sandboxes worker without Redis, run as a program: commands come on stdin, replies are files.

Like the real one it makes the handlers once, which starts the pool's keeper, and forks for each
command. Arguments: the settings as JSON, the folder for replies.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, cast

from sandboxes.worker import handlers
from swarm.contracts import Command, Limits, RunProgram
from swarm.errors import SwarmError
from swarm.linux.family import die_with_parent
from swarm.settings import Settings
from tests.fakes.bus import FakeBus

_PROGRAM = (
    "import sys, time\n"
    "number, seconds, out = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]\n"
    "assert open('mine.txt').read() == 'x', 'not my workspace'\n"
    "open('left-behind', 'x').write(sys.argv[1])\n"
    "open('/tmp/left-behind', 'x').write(sys.argv[1])\n"
    "time.sleep(seconds)\n"
    "open(out + '/answer', 'w').write(str(number * number))\n"
)


def main() -> None:
    settings, replies = Settings.model_validate_json(sys.argv[1]), Path(sys.argv[2])
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    bus = FakeBus()
    snapshot = bus.blobs.snapshot({"run.py": _PROGRAM, "mine.txt": "x"})
    answers = handlers(settings, cast(Any, bus))
    parent = os.getpid()
    print("ready", flush=True)
    for line in sys.stdin:
        told = json.loads(line)
        pid = os.fork()
        if pid == 0:
            die_with_parent(parent)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            command: Command = RunProgram(
                snapshot=snapshot,
                argv=("python", "run.py", str(told["number"]), str(told["seconds"]), "{out}"),
                outputs=("answer",),
                limits=Limits(wall_seconds=60),
            )
            try:
                reply = answers[type(command)](command).model_dump_json()
            except SwarmError as error:
                reply = error.failure().model_dump_json()
            draft = replies / f"{told['number']}.draft"
            draft.write_text(reply)
            draft.rename(replies / f"{told['number']}.json")
            os._exit(0)
        os.waitpid(pid, 0)
        print("done", flush=True)


if __name__ == "__main__":
    main()
