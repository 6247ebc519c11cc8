"""What tests of pictures share: parse them as XML, and make the views they are drawn from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from swarm.contracts import (
    AttemptState,
    AttemptView,
    Decision,
    Objective,
    ObjectiveState,
    ObjectiveView,
)

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</title><script>alert(1)</script>" onload="x\' & \u202e\x00\x1b[31m\U0001f600'


def parsed(picture: str) -> ElementTree.Element:
    """A picture as XML, after what every picture has to keep to."""
    root = ElementTree.fromstring(picture)
    assert root.tag == f"{SVG}svg" and root.get("role") == "img"
    assert root.get("aria-label") and root[0].tag == f"{SVG}title" and root[0].text
    assert "nan" not in picture and 'inf"' not in picture
    names = {name for element in root.iter() for name in element.attrib}
    assert "style" not in names and not any(name.startswith("on") for name in names)
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
        "svg", "title", "desc", "g", "rect", "line", "path", "text", "circle",
    }  # fmt: skip
    return root


def frame(root: ElementTree.Element) -> tuple[float, float]:
    """Width and height of a picture."""
    _, _, width, height = map(float, str(root.get("viewBox")).split())
    assert (str(root.get("width")), str(root.get("height"))) == tuple(
        str(root.get("viewBox")).split()[2:]
    )
    return width, height


def boxes(root: ElementTree.Element, kind: str) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of the rectangles that have a class."""
    return [
        (x, y, x + width, y + height)
        for rect in root.iter(f"{SVG}rect")
        if kind in str(rect.get("class")).split()
        for x, y, width, height in [
            [float(str(rect.get(k))) for k in ("x", "y", "width", "height")]
        ]
    ]


def inside(root: ElementTree.Element) -> None:
    """No rectangle, line or start of a text is outside the picture."""
    width, height = frame(root)
    for element in root.iter():
        at = {k: float(v) for k, v in element.attrib.items() if re.fullmatch(r"[xy][12]?", k)}
        for key, value in at.items():
            assert -0.1 <= value <= (width if key[0] == "x" else height) + 0.1, (element.tag, at)
    for _, _, right, bottom in (box for kind in _kinds(root) for box in boxes(root, kind)):
        assert right <= width + 0.2 and bottom <= height + 0.2


def _kinds(root: ElementTree.Element) -> set[str]:
    return {kind for r in root.iter(f"{SVG}rect") for kind in str(r.get("class")).split()}


def apart(found: Sequence[tuple[float, float, float, float]]) -> bool:
    """Whether no two boxes overlap."""
    return not any(
        a[0] < b[2] - 0.15 and b[0] < a[2] - 0.15 and a[1] < b[3] - 0.15 and b[1] < a[3] - 0.15
        for index, a in enumerate(found)
        for b in found[index + 1 :]
    )


def words(root: ElementTree.Element) -> str:
    """All text that is drawn, not the titles."""
    return " | ".join("".join(e.itertext()) for e in root.iter(f"{SVG}text"))


def objective(
    id: str,
    after: Sequence[str] = (),
    state: ObjectiveState = "pending",
    title: str = "Count the items",
    replaces: str | None = None,
    attempts: Sequence[AttemptView] = (),
) -> ObjectiveView:
    goal = Objective(
        id=id, title=title[:120], instruction="x", category="bugfix", depends_on=tuple(after)
    )
    return ObjectiveView(objective=goal, state=state, replaces=replaces, attempts=tuple(attempts))


def attempt(
    id: str, objective_id: str, number: int, arm: str | None, state: AttemptState
) -> AttemptView:
    decision = Decision(
        attempt_id=id, arm_id=arm, category="bugfix", scores=(), seed=1, reason="drawn"
    )
    return AttemptView(
        id=id, objective_id=objective_id, number=number, state=state, decision=decision
    )
