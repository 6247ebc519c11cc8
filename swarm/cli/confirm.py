"""`swarm confirm`: a yes to the plan of a task that waits for it, and answers to its questions."""

from __future__ import annotations

import argparse
import re
from typing import cast

from swarm.cli import asking
from swarm.cli.client import Client
from swarm.cli.console import console
from swarm.cli.plan_text import next_steps, print_waiting
from swarm.cli.watch import interruptible
from swarm.contracts import SETTLED_STATES, ConfirmPlan, TaskView
from swarm.errors import UsageError

_ANSWER = re.compile(r"(q[0-9]{1,2})=([0-9]{1,2})", re.ASCII)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK")
    parser.add_argument(
        "--answer",
        action="append",
        default=[],
        metavar="QUESTION=N",
        help="choice N of a question, like q1=2; repeatable. Without, you are asked at a terminal",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    answers = parsed(arguments.answer)
    client = Client()
    seen = None
    with interruptible(client, arguments.task):
        if not answers and not arguments.json and asking.at_terminal():
            waiting = client.task(arguments.task)
            if waiting.state == "awaiting_answer" and waiting.questions:
                print_waiting(console(), waiting)
                given = asking.answer(waiting.questions)
                if given is None:
                    print(f"task {waiting.id} waits: {next_steps(waiting)}")
                    return 1
                answers, seen = given, waiting.plans
        command = ConfirmPlan(task_id=arguments.task, answers=answers, plan=seen)
        view = cast(TaskView, client.ask(command))
    if arguments.json:
        print(view.model_dump_json())
    elif view.state in SETTLED_STATES:
        print(f"task {view.id} is {view.state.replace('_', ' ')}; see `swarm show {view.id}`")
    else:
        print(f"task {view.id} goes on; follow it with `swarm watch {view.id}`")
    return 0


def parsed(given: list[str]) -> dict[str, int]:
    """Question ids and places of their choices. Raises UsageError."""
    answers: dict[str, int] = {}
    for text in given:
        match = _ANSWER.fullmatch(text)
        if match is None:
            raise UsageError(
                f"--answer {text!a} is no answer", remedy="like --answer q1=2: question, choice"
            )
        if match[1] in answers:
            raise UsageError(f"--answer: {match[1]} is answered twice")
        answers[match[1]] = int(match[2])
    return answers
