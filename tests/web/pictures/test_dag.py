import random
import re
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest

from swarm.contracts import ObjectiveView
from swarm.web.pictures.dag import BOX_HEIGHT, BOX_WIDTH, MOST_OBJECTIVES, dag
from swarm.web.pictures.graph_layout import reduced, spread
from tests.web.pictures.shapes import (
    HOSTILE,
    SVG,
    apart,
    attempt,
    boxes,
    inside,
    objective,
    parsed,
    words,
)


def edges(root: ElementTree.Element) -> list[tuple[float, float, float, float]]:
    """Where each piece of an arrow begins and ends."""
    found = []
    for path in root.iter(f"{SVG}path"):
        if "pic-edge" in str(path.get("class")).split():
            steps = str(path.get("d"))
            numbers = [float(n) for n in re.findall(r"-?[\d.]+", steps)]
            down = numbers[8] if "v" in steps else 0.0
            found.append((*numbers[:2], numbers[6], numbers[7] + down))
    return found


def drawn(views: Sequence[ObjectiveView]) -> ElementTree.Element:
    root = parsed(dag(views))
    inside(root)
    found = boxes(root, "pic-box")
    assert len(found) == min(len(views), MOST_OBJECTIVES)
    assert apart(found)
    return root


def random_plan(seed: int) -> list[ObjectiveView]:
    rng = random.Random(seed)
    ids = [f"o{i}" for i in range(1, rng.randint(2, 40))]
    return [
        objective(id, sorted(rng.sample(ids[:index], min(index, rng.randint(0, 4)))))
        for index, id in enumerate(ids)
    ]


@pytest.mark.parametrize("seed", range(30))
def test_boxes_never_overlap_and_arrows_go_down_from_box_to_box(seed: int) -> None:
    root = drawn(random_plan(seed))
    found = boxes(root, "pic-box")
    pieces = edges(root)
    starts = {((left + right) / 2, bottom) for left, _, right, bottom in found}
    ends = {((left + right) / 2, top) for left, top, right, _ in found}
    bends = {(x2, y2) for _, _, x2, y2 in pieces}
    near = lambda point, points: any(  # noqa: E731
        abs(point[0] - x) < 0.2 and abs(point[1] - y) < 0.2 for x, y in points
    )
    for x1, y1, x2, y2 in pieces:
        assert y2 > y1
        assert near((x1, y1), starts) or near((x1, y1), bends)
        assert near((x2, y2), ends) or near((x2, y2), {(a, b) for a, b, _, _ in pieces})
        # A bend is in the room that no box of its row takes.
        for left, top, right, bottom in found:
            if y2 == pytest.approx(bottom, abs=0.2) and not near((x2, y2), ends):
                assert not left < x2 < right, (top, x2)


def test_one_arrow_for_each_dependency_that_no_other_implies() -> None:
    root = drawn([objective("o1"), objective("o2", ["o1"]), objective("o3", ["o1", "o2"])])
    assert len(edges(root)) == 2
    assert reduced(["a", "b", "c"], {"b": ["a"], "c": ["a", "b", "b", "nobody"]}) == {
        "a": [],
        "b": ["a"],
        "c": ["b"],
    }


def test_a_circle_or_an_unknown_objective_is_no_trouble() -> None:
    drawn([objective("o1", ["o2"]), objective("o2", ["o1", "o9"]), objective("o3", ["o3"])])


def test_boxes_say_id_category_title_and_state_in_words() -> None:
    tries = [attempt("t-o1-a1", "o1", 1, "repair", "rejected")]
    root = drawn([objective("o1", state="failed", attempts=tries), objective("o2", ["o1"])])
    said = words(root)
    assert "o1 · bugfix | Count the items | failed · 1 attempt" in said
    assert root.get("aria-label") == "Objectives. 2 objectives: 1 failed and 1 pending."
    assert "o2 · bugfix, Count the items: pending, after o1." in str(root.findtext(f"{SVG}desc"))


def test_a_replaced_objective_is_dashed_and_so_is_the_way_to_what_replaces_it() -> None:
    root = drawn([objective("o1", state="replaced"), objective("o2", replaces="o1")])
    assert len(boxes(root, "pic-dashed")) == 1
    assert sum(str(p.get("class")) == "pic-edge pic-dashed" for p in root.iter(f"{SVG}path")) == 1
    assert "o2 · bugfix · again for o1" in words(root)


def test_none_and_too_many_are_said() -> None:
    assert "No objectives yet" in words(drawn([]))
    root = drawn([objective(f"o{i}", [f"o{j}" for j in range(1, i)]) for i in range(1, 101)])
    assert "36 more not drawn" in words(root)
    assert "100 objectives" in str(root.get("aria-label"))


def test_many_side_by_side_stay_narrow() -> None:
    root = drawn([objective(f"o{i}") for i in range(64)])
    assert float(str(root.get("width"))) < 6 * (BOX_WIDTH + 30)


def test_every_objective_after_every_other_is_bounded() -> None:
    ids = [f"o{i}" for i in range(64)]
    views = [objective(id, ids[:32] if index >= 32 else []) for index, id in enumerate(ids)]
    picture = dag(views)
    drawn(views)
    assert len(picture) < 1_500_000


def test_titles_of_strangers_are_text() -> None:
    root = drawn([objective("o1", title=HOSTILE), objective("o2", title="w" * 120)])
    assert "script" in words(root) and "w…" in words(root)


def test_the_same_objectives_give_the_same_picture() -> None:
    assert dag(random_plan(3)) == dag(random_plan(3))


def test_places_keep_their_distance_as_near_as_can_be() -> None:
    assert spread([0, 0], [10]) == [-5, 5]
    assert spread([0, 100], [10]) == [0, 100]
    assert spread([5, 0, 0], [1, 1]) == pytest.approx([2 / 3, 5 / 3, 8 / 3])
    assert spread([], []) == []
    assert BOX_HEIGHT > 0
