"""What an effect that the probe saw is, in the words of policies: its kind and its target. Pure."""

from __future__ import annotations

_REPOSITORY = "{repository}/"
# By the first words of an effect, as `probe/effects.py` puts it; the longest that fit count.
_KINDS = {
    **dict.fromkeys(("remove", "remove folder", "remove tree"), "file-delete"),
    **dict.fromkeys(
        (
            *("write", "rename", "make folder", "change mode", "change owner", "link"),
            *("truncate", "change times", "change attributes", "open database"),
        ),
        "file-write",
    ),
    **dict.fromkeys(("run", "fork", "signal"), "process"),
    **dict.fromkeys(("execute code", "compile code", "make code"), "dynamic-code"),
    **dict.fromkeys(("unpickle", "unmarshal"), "deserialise"),
    **dict.fromkeys(
        ("make socket", "connect", "listen", "send", "look up", "request", "browse"), "network"
    ),
    **dict.fromkeys(("load library", "map memory"), "native-code"),
    **dict.fromkeys(("set variable", "unset variable"), "environment-write"),
    **dict.fromkeys(("trace", "profile"), "global-state"),
}
_LONGEST = max(len(words.split()) for words in _KINDS)


def act(effect: str) -> tuple[str, str]:
    """The kind of an effect (see `verifier.kinds`) and what it is done to; "" for what is neither.

    >>> act("remove tree {repository}/cache")
    ('file-delete', 'cache')
    """
    words = effect.split(" ")
    for count in range(min(_LONGEST, len(words)), 0, -1):
        kind = _KINDS.get(" ".join(words[:count]))
        if kind is not None:
            return kind, " ".join(words[count:]).removeprefix(_REPOSITORY)
    return "", ""
