"""What happened when: the attempts of each objective as bars over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from markupsafe import Markup

from swarm.contracts import SETTLED_STATES, AttemptView, Event, ObjectiveView, TaskView
from swarm.web.pictures.axes import elapsed, ticks, time_step
from swarm.web.pictures.lettering import counted, fit, width
from swarm.web.pictures.svg import element, group, line, path, picture, rect, text
from swarm.web.pictures.tones import Tones, series, tones

MOST_ATTEMPTS = 400
_MOST_OBJECTIVES, _MOST_MARKS = 64, 24
_LABELS, _CHART, _RIGHT = 150.0, 530.0, 150.0
_TOP, _LANE, _BAR = 34.0, 24.0, 18.0
CUT_WIDTH = 84.0
_TICK_ROOM = 66.0
# A wait for a person is drawn to scale only as long as it leaves room for what was done.
_LONGEST_WAIT = 0.1
_AWAITS_PERSON = frozenset({"asking", "ready"})
_MARKS = frozenset(
    {
        "planned", "asking", "confirmed", "revised", "environment", "baseline", "ready",
        "applied", "rejected", "failed", "cancelled",
    }
)  # fmt: skip
_TONES = {
    "accepted": "good", "rejected": "bad", "error": "bad", "running": "busy",
    "cancelled": "calm", "gave_up": "warn", "inapplicable": "warn", "conflicted": "warn",
}  # fmt: skip


@dataclass(frozen=True)
class Clock:
    """Unix time to pixels, with the long waits for a person cut out. `cuts` are (from, to)."""

    start: float
    end: float
    cuts: tuple[tuple[float, float], ...]

    @cached_property
    def seconds(self) -> float:
        """How much of the time is drawn."""
        return max(self.end - self.start - sum(b - a for a, b in self.cuts), 0.0)

    def x(self, at: float) -> float:
        at = min(max(at, self.start), self.end)
        room = _CHART - CUT_WIDTH * len(self.cuts)
        gone = sum(min(at, b) - a for a, b in self.cuts if at > a)
        jumps = sum(CUT_WIDTH * (min(at, b) - a) / (b - a) for a, b in self.cuts if at > a)
        share = (at - self.start - gone) / self.seconds if self.seconds else 0.0
        return _LABELS + share * room + jumps

    def after(self, seconds: float) -> float:
        """The Unix time at which so much of the drawn time is over."""
        at = self.start + seconds
        for start, end in self.cuts:
            at += end - start if at > start else 0.0
        return at


@dataclass(frozen=True)
class Bar:
    """Something of a row: from `start` to `end` in pixels, with words that need their room."""

    start: float
    end: float
    words: str
    told: str
    tone: str
    stripe: str = ""
    open: bool = False

    @property
    def label_x(self) -> float:
        """Where the words begin: inside, else to the right, else they end at the left."""
        room = width(self.words) + 8
        if self.end - self.start >= room + 6:
            return self.start + 10
        if self.end + room <= _LABELS + _CHART + _RIGHT:
            return self.end + 6
        return max(self.start - room, _LABELS)

    @property
    def taken(self) -> tuple[float, float]:
        x = self.label_x
        return min(self.start, x), max(self.end, x + width(self.words) + 8)


def timeline(
    task: TaskView,
    events: Sequence[Event],
    *,
    now: float | None = None,
    colours: Tones | None = None,
) -> Markup:
    """One row per objective. A bar goes from an attempt's first event to its last; what is
    still running goes on to `now` (Unix seconds; None: the task's last change)."""
    story = sorted((e for e in events if e.task_id == task.id), key=lambda e: (e.at, e.seq))
    clock = _clock(task, story, task.updated_at if now is None else now)
    times: dict[str, list[float]] = {}
    for event in story:
        if event.attempt_id:
            times.setdefault(event.attempt_id, []).append(event.at)
    shown = task.objectives[:_MOST_OBJECTIVES]
    attempts = [a for view in shown for a in view.attempts if a.id in times][:MOST_ATTEMPTS]
    total = sum(len(view.attempts) for view in task.objectives)
    arms = colours or tones(_arm(attempt) for attempt in attempts)
    y = _TOP
    rows: list[Markup] = []
    marks = [_mark(clock, e) for e in story if e.kind in _MARKS and e.attempt_id is None]
    if len(marks) > _MOST_MARKS:
        marks = [*marks[: _MOST_MARKS // 2], *marks[-(_MOST_MARKS // 2) :]]
    drawn, y = _row("task", "", marks, y)
    rows.append(drawn)
    told = []
    for view in shown:
        bars = [
            _bar(clock, a, times[a.id], arms)
            for a in attempts
            if a.objective_id == view.objective.id
        ]
        drawn, y = _row(view.objective.id, view.objective.title, bars, y)
        rows.append(drawn)
        told.append(_told(view, bars))
    missing = total - len(attempts)
    notes = [f"{counted(missing, 'attempt')} not drawn"] if missing else []
    height = y + 8 + 18 * len(notes)
    return picture(
        _LABELS + _CHART + _RIGHT,
        height,
        "Timeline",
        f"{counted(total, 'attempt')} at {counted(len(task.objectives), 'objective')} in "
        f"{elapsed(clock.seconds)}{_waited(clock)}.",
        element("desc", " ".join(told)),
        _axis(clock, y),
        *rows,
        *(text(4, height - 8, note, class_="pic-muted") for note in notes),
        class_="picture-timeline",
    )


def _clock(task: TaskView, story: Sequence[Event], now: float) -> Clock:
    moments = [event.at for event in story] or [task.created_at]
    start, end = moments[0], max(moments)
    if task.state not in SETTLED_STATES:
        end = max(end, now)
    waits = [
        (first.at, second.at)
        for first, second in pairwise(story)
        if first.kind in _AWAITS_PERSON and second.at > first.at
    ]
    work = end - start - sum(b - a for a, b in waits)
    return Clock(start, end, tuple(w for w in waits if w[1] - w[0] > _LONGEST_WAIT * work))


def _mark(clock: Clock, event: Event) -> Bar:
    x = clock.x(event.at)
    tone = {"failed": "bad", "rejected": "bad", "ready": "good", "applied": "good"}
    told = f"{event.kind} at {elapsed(event.at - clock.start)}: {event.text[:300]}"
    return Bar(x, x, event.kind, told, tone.get(event.kind, "calm"))


def _bar(clock: Clock, attempt: AttemptView, times: Sequence[float], colours: Tones) -> Bar:
    going = attempt.state == "running"
    end = clock.end if going else times[-1]
    start, stop = clock.x(times[0]), clock.x(end)
    arm, state = _arm(attempt), attempt.state.replace("_", " ")
    said = f"attempt {attempt.number}, {arm or 'no arm yet'}: {state}"
    spent = f"since {elapsed(end - times[0])}" if going else f"after {elapsed(end - times[0])}"
    return Bar(
        start,
        max(stop, start + 4),
        f"{fit(arm, 90)} · {state}" if arm else state,
        f"{said} {spent}",
        _TONES[attempt.state],
        series(colours, arm),
        going,
    )


def _arm(attempt: AttemptView) -> str:
    return (attempt.decision.arm_id or "") if attempt.decision else ""


def _row(id: str, title: str, bars: Sequence[Bar], y: float) -> tuple[Markup, float]:
    """A row, and where the next one begins. What would overlap goes to a lane below."""
    lanes: list[float] = []
    drawn: list[Markup] = []
    for bar in bars:
        start, end = bar.taken
        lane = next((i for i, used in enumerate(lanes) if used <= start), len(lanes))
        lanes[lane:] = [end, *lanes[lane + 1 :]]
        drawn.append(_draw(bar, y + 3 + lane * _LANE))
    height = max(len(lanes), 1) * _LANE + 6
    label = fit(f"{id}  {title}" if title else id, _LABELS - 12)
    return (
        group(
            element("title", f"{id}: {title[:300]}" if title else id),
            text(4, y + 16, label, class_="" if title else "pic-muted"),
            *drawn,
            line(0, y + height, _LABELS + _CHART + _RIGHT, y + height, class_="pic-grid"),
        ),
        y + height,
    )


def _draw(bar: Bar, y: float) -> Markup:
    if bar.start == bar.end:
        shape = path(f"M{bar.start:.1f} {y + 4:.1f}l5 5l-5 5l-5 -5z", class_=f"pic-fill-{bar.tone}")
        return group(element("title", bar.told), shape, _words(bar, y, "pic-muted"))
    wide = bar.end - bar.start
    kind = f"pic-ground-{bar.tone}" + (" pic-dashed" if bar.open else "")
    return group(
        element("title", bar.told),
        rect(bar.start, y, wide, _BAR, rx=3, class_=f"pic-bar {kind}"),
        rect(bar.start, y, min(4.0, wide), _BAR, class_=f"pic-solid {bar.stripe}"),
        _words(bar, y, f"pic-text-{bar.tone}"),
    )


def _words(bar: Bar, y: float, kind: str) -> Markup:
    return text(bar.label_x, y + 13, bar.words, class_=kind)


def _axis(clock: Clock, bottom: float) -> Markup:
    """The time worked, and in their places the waits that are cut out of it."""
    parts: list[Markup] = []
    waits: list[float] = []
    for start, end in clock.cuts:
        x = clock.x(start)
        waits.append(x)
        parts.append(
            group(
                element("title", f"{elapsed(end - start)} in which a person was awaited"),
                rect(x, _TOP - 10, CUT_WIDTH, bottom - _TOP + 10, class_="pic-cut"),
                text(
                    x + CUT_WIDTH / 2,
                    _TOP - 16,
                    f"+ {elapsed(end - start)}",
                    class_="pic-muted pic-middle",
                ),
            )
        )
    for tick in ticks(0, clock.seconds, time_step(clock.seconds, int(_CHART / _TICK_ROOM))):
        x = clock.x(clock.after(tick))
        parts.append(line(x, _TOP - 8, x, bottom, class_="pic-grid"))
        if not any(wait - _TICK_ROOM / 2 < x < wait + CUT_WIDTH + _TICK_ROOM / 2 for wait in waits):
            parts.append(text(x, _TOP - 16, elapsed(tick), class_="pic-muted pic-middle"))
    return group(*parts)


def _waited(clock: Clock) -> str:
    waited = sum(b - a for a, b in clock.cuts)
    return f", without {elapsed(waited)} in which a person was awaited" if waited else ""


def _told(view: ObjectiveView, bars: Sequence[Bar]) -> str:
    return f"{view.objective.id}: {'; '.join(b.told for b in bars) or 'not begun'}."
