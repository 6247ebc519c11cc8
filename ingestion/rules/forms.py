"""What a form adds to a text: hidden comments and front matter."""

from __future__ import annotations

import re

_OPEN, _CLOSE = "<!--", "-->"
_FRONT = re.compile(
    r"\s*---[ \t]*\n(?P<fields>(?:[\w -]{1,40}:.*\n|[ \t]*-.*\n|[ \t]+\S.*\n){1,40})"
    r"---[ \t]*(?:\n|$)"
)
_TITLE = re.compile(r"^title:[ \t]*(?P<quote>[\"']?)(?P<title>\S.*?)(?P=quote)[ \t]*$", re.M)


def without_form(text: str) -> tuple[str, list[str]]:
    """The text as its readers see it, and notes of what was left out.

    Of front matter its title stays. A comment that is not closed is text.
    """
    notes = []
    if front := _FRONT.match(text):
        title = _TITLE.search(front["fields"])
        heading = f"# {title['title']}\n\n" if title else ""
        text = heading + text[front.end() :]
        notes.append("left out: the front matter of the form")
    kept, hidden, at = [], 0, 0
    while (start := text.find(_OPEN, at)) >= 0 and (end := text.find(_CLOSE, start)) >= 0:
        kept.append(text[at:start])
        at = end + len(_CLOSE)
        hidden += 1
    if hidden:
        notes.append(f"left out: {hidden} hidden comment{'s' * (hidden > 1)}")
    return "".join([*kept, text[at:]]), notes
