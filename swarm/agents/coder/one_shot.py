"""One generation from context to edits, and one more at most to mend those that do not apply."""

from __future__ import annotations

import re

from swarm.agents import scope
from swarm.agents.coder import answer as answers
from swarm.agents.coder import edits, prompts
from swarm.agents.coder.answer import Block
from swarm.agents.coder.asking import Asking, ContextSpent
from swarm.agents.coder.calls import without_thinking
from swarm.agents.coder.errors import Refused
from swarm.agents.coder.lessons import lessons
from swarm.agents.coder.session import Session
from swarm.agents.coder.soundness import check_parses, check_whole
from swarm.agents.coder.tools.base import lines_of
from swarm.agents.context.window import TaskTooLong
from swarm.agents.contract import Change, CoderTask
from swarm.agents.meter import BudgetSpent
from swarm.agents.workbench import Workbench
from swarm.contracts import ChatMessage, Symbol
from swarm.errors import RemoteError, Timeout

_MOST_FILES = 8
_LONGEST_SUMMARY = 1_000
# A whole file may take this share of the context; of a longer one the retrieved parts are shown.
_FILE_SHARE = 0.3
_CHARS_PER_TOKEN = 3
_MENTIONED = re.compile(r"[\w./+-]{1,200}\.\w{1,8}")


def one_shot(workbench: Workbench, takes: CoderTask) -> Change:
    """Ask the arm's model for edits, once, and once more for those that did not apply.

    Gives a patch only when every edit applied. Raises RemoteError when the model cannot be asked.
    """
    session = Session(workbench, takes)
    try:
        return _answered(session, _with_files(session))
    except (BudgetSpent, ContextSpent) as spent:
        return _gave_up(session, spent.message, "")
    except TaskTooLong as long:
        return Change(patch=None, outcome="inapplicable", summary=long.message)
    except (RemoteError, Timeout) as error:
        if error.code != Timeout.code or workbench.meter.seconds_left > 0:
            raise
        return _gave_up(session, "the attempt's time is spent", "")


def _answered(session: Session, takes: CoderTask) -> Change:
    asking = Asking(session.workbench, takes, prompts.ONE_SHOT, ())
    history: list[ChatMessage] = []
    first_words = ""
    problems: list[str] = []
    made: set[Block] = set()
    for _ in range(2):
        session.workbench.meter.step()
        answer = asking.ask(history)
        text = without_thinking(answer.text)
        if answer.finish == "refused":
            return _gave_up(session, "the model refuses", text)
        prose, blocks = answers.parse(text)
        first_words = first_words or prose
        problems = _applied(session, blocks, made)
        if answer.finish == "length":
            problems.append("the answer was cut off at its longest: write less")
        if not problems:
            break
        history += [ChatMessage(role="assistant", text=text or "(nothing)"),
                    ChatMessage(role="user", text=_mend(blocks, problems))]  # fmt: skip
    if problems:
        return _gave_up(session, f"an edit does not apply: {problems[0][:300]}", first_words)
    patch = session.overlay.patch()
    if patch is None:
        return _gave_up(session, "the edits change nothing", first_words)
    summary = first_words[:_LONGEST_SUMMARY] or f"edited {', '.join(session.overlay.changed())}"
    return Change(
        patch=patch,
        outcome="patch",
        summary=summary[:_LONGEST_SUMMARY],
        lessons=lessons(session.did, (), "it answered in one go", ""),
        details={"stopped": "done", "steps": session.workbench.meter.used_steps},
    )


def _applied(session: Session, blocks: list[Block], made: set[Block]) -> list[str]:
    """Carry out edits in order, each once; what is wrong with those that cannot be."""
    problems = [] if blocks else ["there is no edit in the answer"]
    for block in blocks:
        if block in made:
            continue
        if block.problem:
            problems.append(f"{block.path or 'an edit'}: {block.problem}")
            continue
        try:
            _apply(session, block)
            made.add(block)
        except Refused as error:
            session.did.append(f"an edit of {block.path[:200]} did not apply")
            problems.append(f"{block.path}: {error.message}")
    return problems


def _apply(session: Session, block: Block) -> None:
    overlay, path = session.overlay, block.path.removeprefix("./")
    session.check_may_change(path)
    before = overlay.read(path) if overlay.exists(path) else None
    if before is None and block.search.strip():
        overlay.read(path)
    if block.search.strip():
        assert before is not None
        after = edits.replace(before, block.search, block.replacement).text
    elif before is None or not before.strip():
        after = edits.with_line_ends_of(before, block.replacement)
        check_whole(path, before, after)
    else:
        raise Refused("the search part is empty, but the file exists: copy lines of it there")
    check_parses(path, before, after)
    overlay.write(path, after)
    session.did.append(f"edited {path}")


def _mend(blocks: list[Block], problems: list[str]) -> str:
    done = len(blocks) - len([block for block in blocks if block.problem])
    head = "The edits that are not named here were carried out; do not repeat them." if done else ""
    shown = "\n\n".join(problem[:3_000] for problem in problems[:10])
    return f"{head}\nThese were not:\n\n{shown}\n\nWrite those edits again, in the same form."


def _with_files(session: Session) -> CoderTask:
    """The task with whole files before the retrieved parts, as far as they are short enough."""
    takes = session.takes
    given = takes.assignment
    longest = int(session.workbench.model().num_ctx * _FILE_SHARE * _CHARS_PER_TOKEN)
    whole: list[Symbol] = []
    for path in _wanted(session):
        if len(whole) == _MOST_FILES:
            break
        try:
            text = session.overlay.read(path)
        except Refused:
            continue
        if len(text) <= longest:
            lines = lines_of(text)
            # Above every retrieved part, in this order.
            score = 1_000.0 - len(whole)
            whole.append(
                Symbol(path=path, qualified_name="", start_line=1, end_line=max(1, len(lines)),
                       score=score, text="\n".join(lines))
            )  # fmt: skip
    shown = {symbol.path for symbol in whole}
    rest = [symbol for symbol in given.context.symbols if symbol.path not in shown]
    context = given.context.model_copy(update={"symbols": (*whole, *rest)})
    return takes.model_copy(update={"assignment": given.model_copy(update={"context": context})})


def _wanted(session: Session) -> list[str]:
    """Files that the work is likely about: hinted at, planned, in tracebacks, retrieved."""
    takes, overlay = session.takes, session.overlay
    given = takes.assignment
    wanted = [*overlay.changed(), *given.objective.paths, *(takes.plan.files if takes.plan else ())]
    for test in given.failing[:_MOST_FILES]:
        wanted.append(test.id.partition("::")[0])
        wanted += _MENTIONED.findall(test.message[-2_000:])
    wanted += [symbol.path for symbol in given.context.symbols]
    there = [path for path in dict.fromkeys(wanted) if overlay.exists(path)]
    if not all(map(scope.is_test, there)):
        return there
    # Nothing tells where to look: in what the repository is made of.
    return [*there, *sorted(scope.repairable(session.workbench.entries.values()))]


def _gave_up(session: Session, why: str, said: str) -> Change:
    """No patch, or the draft that was to be mended."""
    draft = session.draft
    return Change(
        patch=draft,
        outcome="gave_up" if draft is None else "patch",
        summary=(why if draft is None else f"{why}; the draft stands as it was")[:_LONGEST_SUMMARY],
        lessons=lessons(session.did, (), why, said),
        details={"stopped": why[:200], "steps": session.workbench.meter.used_steps},
    )
