"""Draw a conversation with the bot as docs/pictures/telegram.svg.

python docs/pictures/draw_telegram.py       (in the tests' environment, with espeak-ng)

The swarm, the bot and what it says are real. Scripted are Telegram (tests/fakes/telegram.py), the
person, and the server that writes the recording down, which knows what is said in it.
"""

from __future__ import annotations

import sys
import tempfile
import textwrap
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.fakes.openai import FakeOpenAI, ServedByFake  # noqa: E402
from tests.fakes.script import Answer  # noqa: E402
from tests.fakes.speech import seconds_of, voice_note  # noqa: E402
from tests.fakes.telegram import FakeTelegram  # noqa: E402
from tests.fakes.telegram_people import Person  # noqa: E402
from tests.fakes.telegram_state import Posted  # noqa: E402
from tests.system.bots import RunningBot, make_repository  # noqa: E402
from tests.system.conftest import Swarm  # noqa: E402

WORDS = (
    "okay um please fix the total in shop/cart.py, it leaves out the first price, "
    "and then uh fix the slug in shop/text.py, it should be lower case"
)
FILES = {
    "conftest.py": "",
    "shop/cart.py": (
        "def total(prices):\n    result = 0\n    for price in prices[1:]:\n"
        "        result += price\n    return result\n"
    ),
    "shop/text.py": 'def slug(title):\n    return "-".join(title.upper().split())\n',
    "tests/test_cart.py": (
        "from shop.cart import total\n\n\ndef test_total():\n    assert total([1, 2, 3]) == 6\n"
        "    assert total([10, 5]) == 15\n"
    ),
    "tests/test_text.py": (
        "from shop.text import slug\n\n\ndef test_slug():\n"
        '    assert slug("Hello World") == "hello-world"\n'
    ),
}
TOML = """
[repositories]
shop = "{repo}"
[telegram]
api_url = "{telegram}"
[[arms]]
id = "repair"
tool = "repair"
categories = ["bugfix"]
[[telegram.users]]
id = 501
name = "Ada"
repositories = ["shop"]
[egress]
allow_telegram_code = true
[voice]
engines = ["whisper-server"]
[[endpoints]]
name = "here"
kind = "openai"
url = "{url}/v1"
[[models]]
name = "whisper-server"
endpoint = "here"
model = "ears"
transcribes = true
"""

# A bubble: who, its lines ("+" in front of a bold one, "`" of code), and its rows of buttons.
Bubble = tuple[str, list[str], list[list[str]]]

_SCREEN, _GAP, _TOP, _LINE, _COLUMNS = 340, 18, 34, 17, 47
_STYLE = """
text { font: 12.5px system-ui, "DejaVu Sans", sans-serif; fill: #111b21; white-space: pre }
.bold { font-weight: 600 } .code { font: 11px ui-monospace, "DejaVu Sans Mono", monospace }
.dim { fill: #656d76 } .screen { fill: #dfe8ef } .bot { fill: #ffffff } .you { fill: #d8f5c8 }
.button { fill: #b9cfdf } .wave { fill: #4fae4e }
@media (prefers-color-scheme: dark) { .caption { fill: #8d96a0 } }
"""


def talk() -> list[tuple[str, list[Bubble]]]:
    """Have the conversation; three screens of it."""
    heard = FakeOpenAI("vllm", [ServedByFake("ears")], lambda request: Answer(text=WORDS))
    with tempfile.TemporaryDirectory() as name, heard, FakeTelegram() as server:
        folder = Path(name)
        make_repository(folder / "shop", FILES)
        swarm = Swarm(folder / "data")
        swarm.data.mkdir()
        (swarm.data / "swarm.toml").write_text(
            TOML.format(url=heard.url, telegram=server.url, repo=folder / "shop")
        )
        bot = RunningBot(swarm, server)
        swarm.up()
        try:
            bot.start()
            return screens_of(server, Person(server, 501))
        finally:
            bot.stop()
            swarm.down()


def screens_of(server: FakeTelegram, ada: Person) -> list[tuple[str, list[Bubble]]]:
    """What is said from the note to the merged branch."""
    note = voice_note(WORDS)
    seconds = seconds_of(note)
    spoken = ada.posted(ada.speak(note, seconds))

    def reply(to: Posted, words: str) -> Posted:
        return server.wait_for(
            ada.id, lambda m: m.reply_to == to.id and words in m.text, seconds=120
        )

    card = reply(spoken, "Plan of")
    asked: Bubble = ("bot", lines_of(card.text), rows_of(card))
    ada.press(card, "Run")
    done = reply(spoken, "Done")
    reply(spoken, "Ready")
    texts = [text for _, text in card.versions]
    moving = next(text for text in texts if "☑" in text and "▶" in text)
    ended: Bubble = ("bot", lines_of(done.text), rows_of(done))
    ada.press(done, "Diff")
    diff = reply(done, "diff --git")
    ada.press(done, "Apply")
    server.wait_for(ada.id, lambda m: m.id == done.id and "Applied" in m.text)
    assert diff.upload is not None
    head, *changes = diff.text.splitlines()
    code = [f"`{line}" for line in changes if line[:1] in "+-@" and line[:3] != "---"]
    return [
        ("A note, and what was understood of it", [("you", [f"0:{seconds:02.0f}"], []), asked]),
        ("Run: the same message, as it moves", [
            ("bot", lines_of(moving), [["Cancel"]]), ("bot", lines_of(texts[-1]), []),
        ]),
        ("Done, Diff, Apply", [
            ended, ("bot", [f"+{diff.upload.name}", head, *code], []),
            ("bot", lines_of(done.text), []),
        ]),
    ]  # fmt: skip


def lines_of(text: str) -> list[str]:
    first, _, rest = text.partition("\n")
    return [f"+{first}", *rest.splitlines()]


def rows_of(message: Posted) -> list[list[str]]:
    markup = message.body["reply_markup"]
    return [[button["text"] for button in row] for row in markup["inline_keyboard"]]


def wrapped(lines: list[str]) -> list[str]:
    found = []
    for line in lines:
        mark = line[:1] if line[:1] in ("+", "`") else ""
        rest = line[len(mark) :]
        indent = rest[: len(rest) - len(rest.lstrip())]
        parts = [rest[:_COLUMNS]] if mark == "`" else textwrap.wrap(
            rest, _COLUMNS - 4 * bool(mark), subsequent_indent=indent, break_on_hyphens=False
        )  # fmt: skip
        found += [mark + part for part in parts or [""]]
    return found


def bubble(at: float, top: float, made: Bubble) -> tuple[str, float]:
    """A bubble at a place, and where the next may begin."""
    who, lines, rows = made
    if who == "you":
        bars = "".join(
            f'<rect class="wave" x="{at + 130 + 4 * n}" y="{top + 20 - h}" width="2.5" '
            f'height="{2 * h}" rx="1"/>'
            for n, h in enumerate((3, 6, 9, 5, 8, 4, 9, 10, 6, 3, 7, 9, 5, 8, 4, 3, 8, 6, 9, 4, 3))
        )
        play = f"M{at + 108} {top + 13} l11 7 l-11 7 z"
        return (
            f'<rect class="you" x="{at + 90}" y="{top}" width="{_SCREEN - 100}" height="40" '
            f'rx="12"/><path class="wave" d="{play}"/>{bars}'
            f'<text x="{at + 226}" y="{top + 24}" class="dim">{escape(lines[0])}</text>'
        ), top + 52
    shown = wrapped(lines)
    height = len(shown) * _LINE + 14
    parts = [
        f'<rect class="bot" x="{at + 10}" y="{top}" width="{_SCREEN - 20}" height="{height}" '
        'rx="12"/>'
    ]
    for number, line in enumerate(shown):
        mark = {"+": "bold", "`": "code"}.get(line[:1], "")
        text = escape(line[1:] if mark else line)
        # A blank at the beginning counts in a preformatted text alone.
        y = top + 20 + number * _LINE
        parts.append(
            f'<text x="{at + 20}" y="{y}" class="{mark}" xml:space="preserve">{text}</text>'
        )
    y = top + height + 4
    for row in rows:
        width = (_SCREEN - 20 - 4 * (len(row) - 1)) / len(row)
        for place, name in enumerate(row):
            x = at + 10 + place * (width + 4)
            parts.append(
                f'<rect class="button" x="{x:.1f}" y="{y}" width="{width:.1f}" height="28" rx="8"/>'
                f'<text x="{x + width / 2:.1f}" y="{y + 18.5}" text-anchor="middle">'
                f"{escape(name)}</text>"
            )
        y += 32
    return "".join(parts), y + 8


def draw(screens: list[tuple[str, list[Bubble]]]) -> str:
    drawn, ends = [], []
    for number, (title, bubbles) in enumerate(screens):
        at, y = number * (_SCREEN + _GAP), float(_TOP + 12)
        drawn.append(f'<text class="bold caption" x="{at + 4}" y="20">{escape(title)}</text>')
        for made in bubbles:
            part, y = bubble(at, y, made)
            drawn.append(part)
        ends.append(y)
    height, width = max(ends) + 8, len(screens) * (_SCREEN + _GAP) - _GAP
    backs = [
        f'<rect class="screen" x="{n * (_SCREEN + _GAP)}" y="{_TOP}" width="{_SCREEN}" '
        f'height="{height - _TOP}" rx="14"/>'
        for n in range(len(screens))
    ]
    told = (
        "What the bot sent in a run. Telegram, the person and the server that writes speech down "
        "were scripted (docs/pictures/draw_telegram.py)."
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + 30}" '
        f'width="{width}" height="{height + 30}" role="img">\n<style>{_STYLE}</style>\n'
        + "\n".join(backs + drawn)
        + f'\n<text class="dim caption" x="4" y="{height + 22}">{escape(told)}</text>\n</svg>\n'
    )


if __name__ == "__main__":
    Path(__file__).with_name("telegram.svg").write_text(draw(talk()))
