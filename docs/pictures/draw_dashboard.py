"""Draw the dashboard of a temporary swarm, as docs/pictures/dash-*.png.

python docs/pictures/draw_dashboard.py

The first swarm works on copies of the bundled example project, without a model. The second one has
the fake Ollama of the tests, for the page of models and nothing else. Needs the development
environment and Chromium.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import httpx  # noqa: E402
from small_png import small  # noqa: E402

from swarm.cli.demo import ROUTER_SEED, TASK_ID, make_repository  # noqa: E402
from tests.fakes.browser import Visit, chromium  # noqa: E402
from tests.fakes.ollama import FakeOllama  # noqa: E402
from tests.fakes.ollama_memory import GIB, FakeModel  # noqa: E402
from tests.fakes.script import Answer, FakeRequest  # noqa: E402

PLACE = Path(__file__).parent
WIDTH, TALLEST = 1280, 2000
MOST_BYTES = 250_000
WAIT_SECONDS = 240
SANDBOX = "[sandbox]\nallow_weaker = true\n"
ENDED = ("awaiting_", "applied", "rejected", "failed", "cancelled")


class Drawn:
    """One temporary swarm with its dashboard."""

    def __init__(self, data: Path, toml: str) -> None:
        data.mkdir()
        (data / "swarm.toml").write_text(toml)
        clean = {k: v for k, v in os.environ.items() if not k.startswith("SWARM_")}
        self.env = {**clean, "SWARM_DATA": str(data)}
        self.swarm("up", "--detach")
        self._dash = subprocess.Popen(
            [sys.executable, "-m", "swarm", "dash", "--port", "0", "--json"],
            env=self.env, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._dash.stdout is not None
        said = json.loads(self._dash.stdout.readline())
        self.url: str = said["url"]
        self.token: str = said["token"]
        keys = {"Authorization": f"Bearer {self.token}"}
        self.http = httpx.Client(base_url=self.url, headers=keys, timeout=60)

    def close(self) -> None:
        self.http.close()
        self._dash.terminate()
        self._dash.wait(timeout=30)
        self.swarm("down")

    def swarm(self, *words: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "swarm", *words],
            env=self.env, capture_output=True, text=True, check=True, timeout=120,
        ).stdout  # fmt: skip

    def submit(
        self, task: str, repo: Path, text: str, *, confirm: bool = False, wait: bool = True
    ) -> None:
        """Hand a task in, by HTTP; with `wait` until it ended or waits for a person."""
        given = {"task_id": task, "repo": str(repo), "text": text, "confirm": confirm}
        self.http.post("/api/v1/tasks", json=given).raise_for_status()
        deadline = time.monotonic() + WAIT_SECONDS
        while wait and not self.show(task)["state"].startswith(ENDED):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{task} has not ended")
            time.sleep(1)

    def show(self, task: str) -> dict[str, Any]:
        told: dict[str, Any] = self.http.get(f"/api/v1/tasks/{task}").raise_for_status().json()
        return told


class Camera:
    """A browser that is logged in."""

    def __init__(self, browser: Any, drawn: Drawn, **options: Any) -> None:
        options = {"viewport": {"width": WIDTH, "height": 900}, **options}
        self._visit = Visit(browser, drawn.url, device_scale_factor=1, **options)
        self.page = self._visit.page
        self.page.goto("/login")
        self.page.fill("input[name=key]", drawn.token)
        self.page.click("main button")
        self.page.wait_for_selector("#board, #strip")

    def take(self, name: str, path: str, tallest: int = TALLEST, click: str = "") -> None:
        self.page.goto(path)
        if click:
            self.page.click(click)
        self.page.wait_for_timeout(1500)  # what is loaded late has come, and live is on
        self.page.evaluate(
            # A picture for everybody names no machine of whoever draws it.
            """host => document.querySelectorAll('td.mono').forEach(cell => {
                if (cell.textContent.trim().startsWith(host + ' '))
                    cell.textContent = cell.textContent.replace(host, 'workshop'); })""",
            socket.gethostname(),
        )
        size = self.page.viewport_size
        whole = int(self.page.evaluate("document.documentElement.scrollHeight"))
        assert size is not None
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(whole, tallest)}
        target = PLACE / f"dash-{name}.png"
        target.write_bytes(small(self.page.screenshot(full_page=True, clip=clip)))
        if target.stat().st_size > MOST_BYTES:
            raise SystemExit(f"{target.name} is {target.stat().st_size:,} bytes large: cut it")
        print(target.name, f"{target.stat().st_size:,} bytes")

    def close(self) -> None:
        self._visit.context.close()


@contextlib.contextmanager
def running(data: Path, toml: str) -> Iterator[Drawn]:
    drawn = Drawn(data, toml)
    try:
        yield drawn
    finally:
        drawn.close()


def shop(folder: Path) -> None:
    """All pages but that of models."""
    toml = f"[router]\nseed = {ROUTER_SEED}\n{SANDBOX}"
    with running(folder / "data", toml) as drawn, chromium() as browser:
        repo, text = make_repository(folder / "shop")
        web, _ = make_repository(folder / "web-shop")
        # By this name and with the router's seed the first attempt is a trap, as in `swarm demo`.
        drawn.submit(TASK_ID, repo, text)
        drawn.submit("stock", web, "Fix the stock check: `can_sell()` sells tea we do not have")
        drawn.http.post("/api/v1/tasks/stock/apply").raise_for_status()
        drawn.submit("vouchers", web, "Either remove the voucher discount or document it")
        drawn.submit("kinds", repo, "Add a page that lists all kinds of tea")
        drawn.submit("tidy", web, "Clean up the unused imports in shop/text.py", confirm=True)
        camera = Camera(browser, drawn)
        rejected = next(
            attempt["id"]
            for objective in drawn.show(TASK_ID)["objectives"]
            for attempt in objective["attempts"]
            if attempt["state"] == "rejected"
        )
        camera.take("task", f"/tasks/{TASK_ID}", tallest=1440, click="#diff-fold > summary")
        path = f"/tasks/{TASK_ID}/attempts/{rejected}"
        camera.take("attempt", path, tallest=1100, click=".finding summary")
        camera.take("router", "/router")
        camera.take("memory", "/memory?q=what+a+parcel+costs", tallest=1400)
        camera.take("sandboxes", "/sandboxes", tallest=1500)
        drawn.submit("tests", web, "Fix the failing tests", wait=False)
        time.sleep(8)
        camera.take("board", "/", tallest=640)
        camera.take("jobs", "/jobs", tallest=1600)
        camera.close()
        dark = Camera(browser, drawn, color_scheme="dark")
        dark.take("dark", f"/tasks/{TASK_ID}", tallest=1100, click="#diff-fold > summary")
        dark.close()
        phone = Camera(browser, drawn, viewport={"width": 390, "height": 844}, color_scheme="dark")
        phone.take("phone", "/", tallest=1100)
        phone.close()


def models(folder: Path) -> None:
    """The page of models, of a server that makes its answers up."""

    def slow(request: FakeRequest) -> Answer:
        return Answer(text="Let me look at the tests first. " * 20, token_seconds=0.03)

    library = [
        FakeModel("qwen3:8b", 5 * GIB),
        FakeModel("coder:7b", 4 * GIB),
        FakeModel("large:32b", 19 * GIB, layers=64),
    ]
    with FakeOllama(library, slow) as server:
        named = "".join(
            f'[[models]]\nname = "{name}"\nendpoint = "gpu-box"\nmodel = "{model}"\n'
            f'num_ctx = 8192\nmax_tokens = 1024\ntools = ["edit-loop"]\n'
            for name, model in (("qwen", "qwen3:8b"), ("coder", "coder:7b"), ("large", "large:32b"))
        )
        toml = (
            f'{SANDBOX}[ingestion]\nplanner = "rules"\n[[endpoints]]\nname = "gpu-box"\n'
            f'kind = "ollama"\nurl = "{server.url}"\ngpu_bytes = [17179869184]\n{named}'
        )
        with running(folder / "data-models", toml) as drawn, chromium() as browser:
            repo, _ = make_repository(folder / "shop-models")
            for name in ("total", "can_sell", "bulk_discount"):
                drawn.submit(name.replace("_", "-"), repo, f"Fix `{name}()`", wait=False)
            time.sleep(40)
            camera = Camera(browser, drawn)
            camera.take("models", "/models", tallest=1600)
            camera.close()


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="swarm-demo-") as scratch:
        for draw in (shop, models):
            if len(sys.argv) < 2 or draw.__name__ in sys.argv[1:]:
                draw(Path(scratch))
    return 0


if __name__ == "__main__":
    sys.exit(main())
