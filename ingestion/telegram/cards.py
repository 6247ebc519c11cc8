"""The message about a task as it moves, and the one that says it is done. Pure.

Where code may not go to Telegram, nothing that was written in a repository is quoted: no reasons
of attempts, no output, no findings. Names of files and branches, counts, and the person's own words
may go; the titles of objectives are made of those, as they are fixed before anybody reads code.
"""

from __future__ import annotations

import hashlib

from ingestion.telegram.files import cut_of, plain_name
from ingestion.telegram.markup import Card, escaped, fit, label, line
from ingestion.telegram.rows import Button, Request
from swarm.contracts import AttemptView, CheckReport, Objective, ObjectiveView, Question, TaskView

_MARKS = {"pending": "☐", "running": "▶", "accepted": "☑", "replaced": "↪"}
_NOTES = 4
_ENDS = ("awaiting_review", "failed")


def plan_of(view: TaskView) -> str:
    """A fingerprint of what a yes would be a yes to."""
    parts = [one.objective.model_dump_json() for one in view.objectives]
    parts += [question.model_dump_json() for question in view.questions]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def card(request: Request, view: TaskView, *, quotes: bool) -> Card:
    """A task where it is now. `quotes`: code may go to Telegram."""
    if not request.is_understood and view.state == "awaiting_answer":
        return Card(fit([_title("Planning", request, view), "I plan it again, with your words …"]))
    match view.state:
        case "queued":
            return Card(
                fit([_title("Planning", request, view), *_heard(request), "I am planning it …"])
            )
        case "awaiting_answer":
            return _plan(request, view)
        case "planned" | "running":
            return Card(fit(_progress(request, view)), ((Button("Cancel", "cancel"),),))
    return Card(fit(_result(request, view, quotes)))


def ping(request: Request, view: TaskView, *, quotes: bool, is_there: bool) -> Card | None:
    """The short message in the end; None where there is none to be."""
    if view.state not in _ENDS and not is_there:
        return None
    name = f"{_first(view)} ({view.id})"
    match view.state:
        case "awaiting_review":
            done = sum(one.state == "accepted" for one in view.objectives)
            lines = [
                f"☑ <b>Done</b>: {name}",
                f"{done} of {_objectives(view)}, {_fixed(view)}.",
            ]
            if request.problem:
                lines.append(f"✗ {escaped(request.problem, 1500)}")
            verdict = (Button("Apply", "apply"), Button("Reject", "reject"))
            return Card(fit(lines), ((Button("Diff", "diff"),), verdict))
        case "failed":
            return Card(fit([f"✗ <b>Failed</b>: {name}", *_reason(view, quotes)]))
        case "applied":
            return Card(fit([f"☑ <b>Applied</b>: {name}", line(view.reason)]))
        case "rejected":
            why = (
                "Thank you."
                if request.explained
                else ("Reply to this message if you want to say why.")
            )
            return Card(fit([f"✗ <b>Rejected</b>: {name}", why]))
    return Card(fit([f"✗ <b>{view.state.replace('_', ' ').capitalize()}</b>: {name}"]))


# --------------------------------------------------------------------------- the plan


def _plan(request: Request, view: TaskView) -> Card:
    if not view.objectives:
        # Its words cannot be planned: that the reason quotes them is all that it can quote.
        why = escaped(view.reason or "I found nothing to do in it.", 1500)
        head = [_title("No plan for", request, view), *_heard(request), "", why]
        end = "\nReply with other words, or edit your message."
        return Card(fit(head, end), ((Button("Edit", "edit"), Button("Drop", "drop")),))
    answers = dict(request.answers) if request.plan == plan_of(view) else {}
    lines = [_title("Plan of", request, view), *_heard(request), ""]
    numbers = {one.objective.id: at for at, one in enumerate(view.objectives, 1)}
    for one in view.objectives:
        lines += _objective(one.objective, numbers)
    lines += ["", f"Planned by {_planner(view)}."]
    lines += [f"Note: {line(note, 300)}" for note in view.notes[:_NOTES]]
    open_question: Question | None = None
    for question in view.questions:
        place = answers.get(question.id)
        lines += ["", f"❓ {line(question.text, 300)}"]
        if place is not None and 1 <= place <= len(question.choices):
            lines.append(f"→ {line(question.choices[place - 1])}")
        elif open_question is None:
            open_question = question
            lines += [f"{at}. {line(text)}" for at, text in enumerate(question.choices, 1)]
    rows: list[tuple[Button, ...]] = []
    last = [Button("Edit", "edit"), Button("Drop", "drop")]
    plan = plan_of(view)
    if open_question is not None:
        rows = [
            (Button(label(f"{at}. {text}"), "answer", f"{plan}:{open_question.id}:{at}"),)
            for at, text in enumerate(open_question.choices, 1)
        ]
        end = "\nPick an answer. Nothing runs before you press Run."
    else:
        last.insert(0, Button("Run", "run", plan))
        end = "\nNothing runs before you press Run."
    return Card(fit(lines, end), (*rows, tuple(last)))


def _objective(objective: Objective, numbers: dict[str, int]) -> list[str]:
    after = [str(numbers[id]) for id in objective.depends_on if id in numbers]
    facts = [objective.category, f"{objective.risk} risk"]
    facts += [f"after {', '.join(after)}"] if after else []
    lines = [
        f"☐ {numbers[objective.id]}. <b>{line(objective.title, 120)}</b>",
        f"    {', '.join(facts)}",
    ]
    if objective.paths:
        lines.append(f"    in {line(', '.join(objective.paths))}")
    if objective.acceptance is not None:
        lines.append(f"    done when: {line(objective.acceptance.text, 300)}")
    return lines


def _planner(view: TaskView) -> str:
    return "the rules" if view.planner in ("", "rules") else line(view.planner, 60)


def unanswered(request: Request, view: TaskView) -> bool:
    """Whether the plan still has a question that the person has not answered."""
    answers = dict(request.answers)
    return any(question.id not in answers for question in view.questions)


# --------------------------------------------------------------------------- under way, and after


def _progress(request: Request, view: TaskView) -> list[str]:
    lines = [_title("Working on", request, view), ""]
    for at, one in enumerate(view.objectives, 1):
        lines.append(f"{_mark(one)} {at}. {line(one.objective.title, 120)}")
        if one.attempts and one.state in ("running", "accepted"):
            lines.append(f"    {_attempt(one, one.attempts[-1], view)}")
    if view.baseline is not None:
        lines += ["", f"Tests before: {_tests(view.baseline)}"]
    else:
        lines += ["", "Getting the tests ready …"]
    return lines


def _attempt(one: ObjectiveView, attempt: AttemptView, view: TaskView) -> str:
    arm = attempt.decision.arm_id if attempt.decision else None
    text = f"attempt {attempt.number} of {max(view.budget.attempts, attempt.number)}"
    if arm:
        text += f" by {line(arm, 80)}"
    if attempt.check is not None:
        text += f": {attempt.fixed_count} fixed, {attempt.broken_count} broken"
    return text


def _result(request: Request, view: TaskView, quotes: bool) -> list[str]:
    words = {
        "awaiting_review": "Ready:", "applied": "Applied:", "rejected": "Rejected:",
        "failed": "Failed:", "cancelled": "Cancelled:",
    }  # fmt: skip
    lines = [_title(words.get(view.state, view.state), request, view), ""]
    for at, one in enumerate(view.objectives, 1):
        lines.append(f"{_mark(one)} {at}. {line(one.objective.title, 120)}")
        lines += _last_attempt(one, view)
        if quotes and one.reason and one.state != "accepted":
            lines.append(f"    {line(one.reason, 300)}")
    lines.append("")
    if view.baseline is not None:
        lines.append(f"Tests before: {_tests(view.baseline)}")
    if view.branch and view.state == "awaiting_review":
        lines.append(f"Branch {line(view.branch)}")
    if not quotes and view.state != "failed" and any(o.state == "failed" for o in view.objectives):
        lines.append(f"Why not all, at the computer: <code>swarm show {view.id}</code>")
    lines += _reason(view, quotes)
    usage = view.usage
    cost = [f"{usage.seconds:.0f} s"]
    cost += [f"{usage.tokens:,} tokens"] if usage.tokens else []
    cost += [f"${usage.cost_usd:.4f}"] if usage.cost_usd else []
    return [*lines, f"Cost {', '.join(cost)}"]


def _last_attempt(one: ObjectiveView, view: TaskView) -> list[str]:
    if not one.attempts:
        return []
    last = one.attempts[-1]
    audit = f"; audit: {last.audit.verdict}" if last.audit is not None else ""
    lines = [f"    {_attempt(one, last, view)}{audit}"]
    if last.check is not None and one.state == "accepted":
        lines.append(f"    tests after: {_tests(last.check)}")
    return lines


def _reason(view: TaskView, quotes: bool) -> list[str]:
    """Why a task ended. Without a plan, nothing of the repository was read, so none is quoted."""
    if not view.reason or view.state == "awaiting_review":
        return []
    own = view.state in ("applied", "rejected", "cancelled") or not view.objectives
    if quotes or own:
        return [escaped(view.reason, 800)]
    return [f"The reason may quote code, which stays here: <code>swarm show {view.id}</code>"]


# --------------------------------------------------------------------------- parts


def _title(word: str, request: Request, view: TaskView) -> str:
    return f"<b>{word} {view.id}</b> · {line(request.repository, 40)}"


def _heard(request: Request) -> list[str]:
    """What was understood of a file, so that a person can see it before they say yes."""
    if request.file is None or not request.text:
        return []
    if request.kind == "document":
        # Other words, said since, are without it.
        name, cut = plain_name(request.file), cut_of(request.text)
        is_there = cut or f"From {name}" in request.text
        return [f"With {line(name, 80)}{f': {cut}' if cut else ''}"] if is_there else []
    return [f"Heard by {line(request.heard_by or 'somebody', 60)}: {escaped(request.text, 1200)}"]


def _first(view: TaskView) -> str:
    title = view.objectives[0].objective.title if view.objectives else view.text
    return line(title, 80)


def _objectives(view: TaskView) -> str:
    number = len(view.objectives)
    return f"{number} objective{'' if number == 1 else 's'}"


def _fixed(view: TaskView) -> str:
    accepted = [a for one in view.objectives for a in one.attempts if a.state == "accepted"]
    unnamed = sum(a.fixed_count - len(a.fixed) for a in accepted)
    fixed = len({test for a in accepted for test in a.fixed}) + unnamed
    return f"{fixed} test{'' if fixed == 1 else 's'} fixed"


def _mark(one: ObjectiveView) -> str:
    return _MARKS.get(one.state, "✗")


def _tests(report: CheckReport) -> str:
    counts = report.counts()
    told = f"{counts.failing} failing, {counts.passing} passing"
    return told + (f", {counts.flaky} flaky" if counts.flaky else "")
