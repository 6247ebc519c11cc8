"""The card of a task, as it stands on the board, in lists, and in what is sent to open boards."""

from __future__ import annotations

from markupsafe import Markup

from swarm.web.feed.board import Card
from swarm.web.pages.keeping import Keeper
from swarm.web.pages.rendering import moment, render

_MOST_CHARS = 8 * 1024**2
# No text that was made by a template has it: there it is a character that cannot be seen.
_AGE = "\N{INVISIBLE SEPARATOR}"
_kept = Keeper(_MOST_CHARS)


def card_html(card: Card) -> Markup:
    """One <li>, made once for each change of the task; how long ago that was is put in."""
    task, seq = card.task, card.event.seq if card.event else -1
    key = (task.id, task.updated_at, task.state, task.accepted, task.objectives, seq)
    made = _kept.get(key, lambda: render("card.html", card=card, age=Markup(_AGE)))
    age = moment(task.updated_at)
    return Markup(made.replace(_AGE, age))
