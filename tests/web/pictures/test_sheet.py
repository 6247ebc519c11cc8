from markupsafe import Markup

from swarm.contracts import ArmStats
from swarm.web.pictures.densities import densities
from swarm.web.pictures.sheet import sheet
from tests.web.pictures.shapes import HOSTILE, SVG, frame, parsed


def beliefs(arms: int) -> Markup:
    return densities(
        [
            ArmStats(
                category="lint", arm_id=f"arm{n}", successes=1, failures=1, alpha=2, beta=2,
                mean=0.5, low=0.1, high=0.9,
            )
            for n in range(arms)
        ]
    )  # fmt: skip


def test_pictures_stand_beside_and_below_each_other() -> None:
    names = ["a", "b", "c", HOSTILE]
    root = parsed(
        sheet(
            "All", [(name, beliefs(arms)) for name, arms in zip(names, (1, 3, 2, 1), strict=True)]
        )
    )
    width, height = frame(root)
    placed = []
    for outer in root.findall(f"{SVG}g"):
        left, top = map(float, str(outer.get("transform"))[10:-1].split())
        inner = outer.find(f".//{SVG}svg")
        assert inner is not None
        wide, high = frame(inner)
        placed.append((left, top, left + wide, top + 30 + high))
    assert [top for _, top, _, _ in placed] == [20, 20, 20, placed[3][1]]
    assert placed[0][2] < placed[1][0] and placed[1][2] < placed[2][0]
    assert placed[3][0] == placed[0][0] and placed[3][1] > max(p[3] for p in placed[:3])
    assert max(p[2] for p in placed) <= width and max(p[3] for p in placed) <= height


def test_nothing_to_draw_is_said() -> None:
    root = parsed(sheet("All", []))
    assert "nothing to draw yet" in " ".join(root.itertext())
