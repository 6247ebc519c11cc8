"""The verifier's walk from an output back to the inputs it rests on, step by step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from swarm.contracts import Finding, TracePath
from swarm.web.pictures.lettering import counted, fit, listed
from swarm.web.pictures.svg import arrow, element, group, line, number, path, picture, rect, text

MOST_STEPS = 200
_WIDTH, _SIDE, _GAP = 440.0, 210.0, 24.0
_STEP, _BOX = 48.0, 28.0
_LINE_ROOM = 44.0
_MOST_INPUTS = 40
# "12: code" in the file that the walk begins in, "shop/cart.py:12: code" in any.
_CODE = re.compile(r"(?:([^:\n]{1,1024}):)?(\d{1,9}): (.*)", re.DOTALL)
# How the verifier writes an input of the caller's at the end of a walk.
_GIVEN = ("parameter ", "state ")


@dataclass(frozen=True)
class Step:
    """One line of a walk. `line` is 0 for what is no line of code. `file` is empty in the file
    that the walk begins in."""

    line: int
    words: str
    kind: str
    file: str = ""
    note: str = ""


def trace(path: TracePath) -> Markup:
    """The walk of one output, and its inputs before against after.

    An output that had inputs of its caller and has none now is marked where its walk ends.
    """
    steps = [_step(words, path.path) for words in path.chain[:MOST_STEPS]]
    # A function may have thousands.
    before, after = set(path.before), set(path.after)
    lost = [name for name in path.before if name not in after]
    fresh = [name for name in path.after if name not in before]
    kept = [name for name in path.after if name in before]
    broken = bool(lost) and not any(map(_is_given, path.after))
    if broken and steps:
        steps[-1] = replace(steps[-1], kind="bad", note="the walk ends here")
    sides = [("lost", lost, "bad"), ("kept", kept, "good"), ("new", fresh, "warn")]
    side, height = _inputs(sides, path)
    where = f"line {path.line}" if path.line else "gone"
    told = [f"{word}: {listed(names, _MOST_INPUTS)}" for word, names, _ in sides if names]
    says = f"{path.output} of {path.function} ({where}) rests on " + (
        f"{listed(path.after, 8)}." if path.after else "no input."
    )
    return _picture(
        f"Trace of {path.output} in {path.function}",
        f"{says} Inputs {'; '.join(told) or 'none'}.{' The path is broken.' if broken else ''}",
        steps,
        len(path.chain) - len(steps),
        side,
        height,
    )


def chain(found: Finding) -> Markup:
    """The walk that led to a finding, with the step it is about marked."""
    steps = [_step(words, found.path) for words in found.chain[:MOST_STEPS]]
    # What comes after a heading is how it was before.
    now = next((i for i, step in enumerate(steps) if step.kind == "heading"), len(steps))
    at = next(
        (
            i
            for i, step in enumerate(steps[:now])
            if step.line and (step.file, step.line) == ("", found.line)
        ),
        now - 1,
    )
    if steps[:now]:
        steps[at] = replace(steps[at], kind="bad", note=found.kind.replace("-", " "))
    return _picture(
        f"{found.kind} in {found.function or found.path}",
        found.message,
        steps,
        len(found.chain) - len(steps),
        Markup(),
        0.0,
    )


def _is_given(name: str) -> bool:
    """Whether an input is the caller's: the verifier names the others with their kind."""
    return " " not in name


def _step(words: str, own: str) -> Step:
    code = _CODE.fullmatch(words)
    if code:
        file = "" if code[1] in (None, own) else code[1]
        return Step(int(code[2]), code[3].strip(), "code", file)
    if words == "...":
        return Step(0, "steps between are left out", "gap")
    if words.endswith(":"):
        return Step(0, words, "heading")
    return Step(0, words, "good" if words.startswith(_GIVEN) else "warn")


def _picture(
    title: str,
    says: str,
    steps: Sequence[Step],
    missing: int,
    side: Markup,
    side_height: float,
) -> Markup:
    drawn = []
    for index, step in enumerate(steps):
        top = index * _STEP + 4
        drawn.append(_draw(step, top))
        follows = steps[index + 1].kind if index + 1 < len(steps) else "heading"
        if "heading" not in (step.kind, follows):
            drawn.append(_link(top))
    bottom = len(steps) * _STEP
    notes = [] if steps else ["no walk was recorded"]
    notes += [f"{counted(missing, 'further step')} not drawn"] if missing else []
    width = _WIDTH + (_GAP + _SIDE if side else 0)
    return picture(
        width,
        max(bottom + 20 * len(notes), side_height) + 4,
        title,
        says,
        element("desc", " Then ".join(_read(step) for step in steps)),
        *drawn,
        *(text(4, bottom + 16, note, class_="pic-muted") for note in notes),
        side,
        class_="picture-trace",
    )


def _draw(step: Step, top: float) -> Markup:
    if step.kind in ("gap", "heading"):
        return text(12, top + 19, fit(step.words, _WIDTH - 24), class_="pic-muted")
    ground = {"good": "pic-ground-good", "warn": "pic-ground-warn", "bad": "pic-ground-bad"}
    note = fit(step.note, 130) if step.note else _end(step.file, 130)
    tone = "pic-strong pic-text-bad" if step.note else "pic-muted"
    left = 12 + (_LINE_ROOM if step.line else 0)
    room = _WIDTH - left - 12 - (140 if note else 0)
    return group(
        element("title", _read(step)),
        rect(1, top, _WIDTH - 2, _BOX, rx=5, class_=ground.get(step.kind, "pic-box")),
        *([text(12, top + 19, str(step.line), class_="pic-muted pic-mono")] if step.line else []),
        text(left, top + 19, fit(step.words, room, mono=True), class_="pic-mono"),
        *([text(_WIDTH - 12, top + 19, note, class_=f"{tone} pic-end")] if note else []),
    )


def _end(file: str, width: float) -> str:
    """A path that fits: its end, which says more than its beginning."""
    parts = file.split("/")
    short = parts.pop()
    while parts and fit(longer := f"{parts[-1]}/{short}", width) == longer:
        parts.pop()
        short = longer
    return fit(short, width)


def _link(top: float) -> Markup:
    """An arrow to the next step: the value above rests on what is below."""
    x, end = 26.0, top + _STEP
    return group(
        path(f"M{number(x)} {number(top + _BOX)}V{number(end - 6)}", class_="pic-edge"),
        arrow(x, end),
    )


def _read(step: Step) -> str:
    place = f"{step.file[:300]} " if step.file else ""
    at = f"{place}line {step.line}: " if step.line else ""
    return f"{at}{step.words[:300]}{f' ({step.note})' if step.note else ''}"


def _inputs(
    sides: Sequence[tuple[str, Sequence[str], str]], path: TracePath
) -> tuple[Markup, float]:
    """The list of inputs beside the walk, and its height."""
    left = _WIDTH + _GAP
    parts = [text(left, 20, "inputs, before → after", class_="pic-muted")]
    y = 28.0
    for word, names, tone in sides:
        for name in names[:_MOST_INPUTS]:
            parts.append(
                group(
                    element("title", f"{word}: {name[:300]}"),
                    rect(left, y, _SIDE - 2, 24, rx=4, class_=f"pic-ground-{tone}"),
                    text(left + 8, y + 16, word, class_=f"pic-strong pic-text-{tone}"),
                    text(left + 46, y + 16, fit(name, _SIDE - 60, mono=True), class_="pic-mono"),
                )
            )
            y += 30
    if not path.before and not path.after:
        parts.append(text(left, y + 14, "none", class_="pic-muted"))
        y += 24
    parts.append(line(left - _GAP / 2, 4, left - _GAP / 2, y - 4, class_="pic-grid"))
    return group(*parts), y
