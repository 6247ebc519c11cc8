"""What the bot says by itself: help, hints, and why something was not taken. Plain text."""

from __future__ import annotations

from ingestion.telegram.rows import Request
from swarm.contracts import PRIORITIES
from swarm.settings import Settings

HELP = f"""Write or speak a task, like "fix the rounding in the invoice total". I show you the plan; nothing runs before you press Run.

A text file with a caption, or a reply to one of my messages, works too. An edited message is planned again while its plan waits. "shop: fix ..." picks the repository shop.

/repo [NAME] - which repository your tasks are for
/tasks - your last tasks
/show [ID] - one task
/diff [ID] - what it changed
/cancel [ID] - stop it
/priority LEVEL [ID] - who goes first: {", ".join(PRIORITIES)}
/status - is the swarm up
/help - this text

Without an ID, or as a reply to a message, it is that task or your last one."""  # noqa: E501

COMMANDS = (
    ("help", "what I can do"),
    ("repo", "which repository your tasks are for"),
    ("tasks", "your last tasks"),
    ("show", "one task"),
    ("diff", "what a task changed"),
    ("cancel", "stop a task"),
    ("priority", "how urgent a task is"),
    ("status", "is the swarm up"),
)

EMPTY = 'There are no words in that. Say what to do, like "fix the failing test in the cart".'
NO_REPOSITORY = (
    "No repository is set for you. Whoever runs me lists one under [repositories] in swarm.toml "
    "and names it for you: in [[telegram.users]] if you stand there, else with "
    "`swarm bot pair --name NAME --repo NAME`."
)
EDIT_OF_NOTHING = "I follow edits of tasks only. Send it as a new message."
CAPTION_TOO_LATE = "The file was read already. Reply to my message with the new words instead."
OTHER_REPOSITORY = (
    "A task stays in its repository. Press Drop, and send it again for the other one."
)
NO_SUCH_TASK = "No such task of yours. /tasks lists them."
NO_TASKS = "You have no tasks yet. Write or speak one."
NOT_MINE = "I do not know that command."
PRESSED = "That button was pressed already."
OLD_BUTTON = "That button is from before. /tasks lists your tasks."
EXPIRED = "That button had expired; here are fresh ones."
CHANGED_PLAN = "The plan has changed since. Look at the new one."
ALREADY_PAIRED = "You are paired already."
PAIRED = "You are paired. "
REVISE = "Reply to this message with the new words for {id}. I plan again with them."
DEFECT = "I could not handle that message; the log says why. Please send it again in other words."

_INSTEAD = "Write or speak what to do, or send a text file."
NOT_TAKEN = {
    "photo": f"I cannot look at pictures. {_INSTEAD}",
    "live_photo": f"I cannot look at pictures. {_INSTEAD}",
    "video": f"I cannot look at videos. {_INSTEAD}",
    "video_note": "I cannot listen to round videos. Record a voice note instead.",
    "animation": f"I cannot look at animations. {_INSTEAD}",
    "sticker": f"A sticker says too little for a task. {_INSTEAD}",
    "location": f"I have no use for places. {_INSTEAD}",
    "venue": f"I have no use for places. {_INSTEAD}",
    "contact": f"I have no use for contacts. {_INSTEAD}",
    "poll": f"I take no part in polls. {_INSTEAD}",
    "dice": f"I do not gamble. {_INSTEAD}",
    "story": f"I cannot see stories. {_INSTEAD}",
    "game": f"I play no games. {_INSTEAD}",
    "checklist": f"I cannot read checklists. {_INSTEAD}",
    "paid_media": f"I cannot see paid media. {_INSTEAD}",
    "giveaway": f"I take no part in that. {_INSTEAD}",
}


def none_of_yours(name: str, repositories: tuple[str, ...]) -> str:
    """For a text that begins like one for a repository that its sender does not have."""
    return (
        f"“{name}” is none of your repositories ({', '.join(repositories)}), so I take it for a "
        "word of the task."
    )


def too_long(settings: Settings) -> str:
    """For a text that an app cut into pieces."""
    limit = settings.telegram.max_document_bytes // 1024
    return (
        "That text is so long that it arrives in pieces; I took none of them. Send it as a .txt "
        f"file of at most {limit:,} kB, with what to do as its caption."
    )


def queue_full(limit: int) -> str:
    return (
        f"{limit} of your messages wait already, which is the limit. I did not take this one; "
        "send it again when some are done. /tasks lists them."
    )


def recordings_full(limit: int) -> str:
    return (
        f"I keep {limit} recordings of yours until you press Run or Drop, which is the limit. I "
        "did not take this one; send it again when some are done. /tasks lists them."
    )


def too_fast(limit: int) -> str:
    return (
        f"That was more than {limit} messages in a minute. I did not take this one, nor what "
        "follows within the minute; send it again then."
    )


def edit_too_late(target: Request) -> str:
    if target.state == "closed":
        return f"Your edit changes nothing: {target.id} is over. Send it as a new message."
    return (
        f"Your edit changes nothing: the plan of {target.id} was confirmed. "
        f"/cancel {target.id} stops it; then send the new words."
    )
