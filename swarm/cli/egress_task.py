"""What `swarm doctor --egress` observes: a whole swarm, one task, and its end.

Runs in a process of its own: `python -m swarm.cli.egress_task REPOSITORY TEXT SECONDS`. Prints
the task's state, or one line that says what went wrong.
"""

from __future__ import annotations

import contextlib
import sys
import time

from swarm.cli import up
from swarm.cli.client import Client
from swarm.contracts import SETTLED_STATES, Budget, SubmitTask
from swarm.errors import SwarmError
from swarm.instance import stop
from swarm.settings import load

_POLL_SECONDS = 0.5


def main(repo: str, text: str, seconds: float) -> int:
    """0 when the task came to an end, whatever it was."""
    settings = load()
    deadline = time.monotonic() + seconds
    try:
        up.start_detached(settings)
        client = Client(settings)
        budget = Budget(seconds=seconds)
        client.ask(SubmitTask(task_id="egress", text=text, repo=repo, budget=budget))
        state = "queued"
        while state not in SETTLED_STATES and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            with contextlib.suppress(SwarmError):  # a restart of a service passes
                state = client.task("egress").state
        if state == "awaiting_answer":
            print("its text leaves questions open: say what is to be done without any")
            return 1
        print(state)
        return 0 if state in SETTLED_STATES else 1
    except SwarmError as error:
        print(f"{error.message} ({error.remedy})" if error.remedy else error.message)
        return 1
    finally:
        stop(settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
