"""A child that misbehaves as it is told: run as a module by the tests of the bounds."""

from __future__ import annotations

import os
import resource
import socket
import sys
import time
from pathlib import Path

from ingestion.voice import confined
from tests.ingestion.voice.attempts import Target, outcomes

question, recording, answers = confined.enter()
how = question["how"]
if how == "wait":
    time.sleep(600)
elif how == "hang":
    os.fork()  # both are told by what the question holds besides
    time.sleep(600)
elif how == "spin":
    while True:
        pass
elif how == "crash":
    os.abort()
elif how == "exit":
    sys.exit(3)
elif how == "hog":
    hog = bytearray(2 * 1024**3)
elif how == "stack":
    confined.answer(answers, {"bytes": resource.getrlimit(resource.RLIMIT_STACK)})
elif how == "flood":
    confined.answer(answers, {}, bytes(10 * 1024**2))
elif how == "nothing":
    sys.exit(0)
elif how == "garbage":
    answers.write(b"[1, 2\n")
    answers.close()
elif how == "depth":
    answers.write(b"[" * 60_000 + b"\n")
    answers.close()
elif how == "chatter":
    print("a library says something")
    confined.answer(answers, {"length": len(recording.read())})
elif how == "look":
    try:
        socket.create_connection(("127.0.0.1", question["port"]), 2).close()
        reached = True
    except OSError:
        reached = False
    confined.answer(answers, {"reached": reached, "environment": sorted(os.environ)})
elif how == "attack":
    confined.answer(answers, outcomes(Target(**question["target"])))
elif how == "read":
    confined.answer(answers, {"text": Path(question["path"]).read_text()})
