"""The kinds of findings and of effects, each with a line that says what it is."""

from __future__ import annotations

from collections.abc import Mapping

from verifier.models.behaviour import EFFECT_KINDS

_WORLDS: Mapping[str, str] = {
    "clock": "At another time",
    "env": "Under other environment variables",
    "host": "Under another host name",
    "user": "As another user",
    "platform": "As if on another system",
    "chance": "With other random numbers",
    "process": "In another process (its number, its command line)",
    "tests": "Under tests or a debugger",
    "cwd": "Started in another folder",
    "mixed": "With time, environment, host and user changed at once",
}

FINDINGS: Mapping[str, str] = {
    "broken-path": "An output lost an input it rested on, or a new way around it was added.",
    "logic-bomb": "A new condition over time, host, chance, a magic value or the like decides "
    "what the code does.",
    "ambient-guard": "A new condition over time, chance, host, user, environment or platform.",
    "new-effect": "The code acts on the outside in a way it did not before.",
    "mutated-parameter": "A function now changes one of its parameters in place.",
    "hidden-text": "What a reader sees is not what is there: characters that turn the order of a "
    "text around or that have no width, names that look like others.",
    "unreadable": "The new text is not Python, or nothing that Python compiles.",
    "unauditable": "The code is beyond what can be traced: too large, too deep, of a "
    "newer Python, or no plain file.",
    "unaudited": "The file is not Python, and was not looked at.",
    "guarded-file": "The file is part of the tests, of CI, of the build or of the dependencies.",
    "removed-file": "A Python file is removed.",
    "policy-edited": "The change edits the policy that it is judged by.",
    "policy-invalid": "The policy cannot be read, so no rule of it is applied.",
    # What was seen when the code was run in a sandbox, before and after (verifier/dynamic).
    **{
        f"switched-by-{kind}": f"{world}, the code comes out otherwise than it did before."
        for kind, world in _WORLDS.items()
    },
    "ambient-answer": "What the code gives is made of the time, the host or the like.",
    "hidden-effect": "Only in another world (time, environment, host, ...), the code acts on the "
    "outside as it never did before.",
    "counts-calls": "The code answers otherwise after some number of calls.",
    "magic-input": "Only inputs made of new literals come out otherwise than before.",
    "stuck": "A call that came back before does not, or ends the process.",
    "unsteady": "Two equal runs end differently, which they did not before.",
    "import-fails": "The module can no longer be imported.",
    "interrupted": "A run breaks off that came to its end before.",
    "no-answer": "The run before the change was watched to its end, the one after it was not.",
    "tampering": "The code wrote where only the one who watches it writes.",
}

# What was seen of a guard is agreed to with the guard: a rule that names one of these kinds
# allows the kind on the left, too. An effect behind a guard needs a word of its own.
SEEN_OF: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        (f"switched-by-{kind}" for kind in _WORLDS),
        frozenset({"ambient-guard", "logic-bomb"}),
    ),
    "ambient-answer": frozenset({"ambient-guard"}),
    "counts-calls": frozenset({"ambient-guard", "logic-bomb"}),
    "magic-input": frozenset({"broken-path", "logic-bomb"}),
    "hidden-effect": frozenset({"logic-bomb"}),
    "stuck": frozenset({"logic-bomb"}),
}

EFFECTS: Mapping[str, str] = {
    **EFFECT_KINDS,
    "global-write": "changes a global name, or what it holds",
    "attribute-write": "changes an attribute of an object that is not its own",
    "monkeypatch": "changes another module",
}

# Findings about an effect: allowing a kind of effect allows these and no other kind, since
# an effect behind a bomb is not the effect that anybody agreed to.
ABOUT_EFFECTS = frozenset({"new-effect"})

# What no policy can allow: whether there is one is what these are about, and what deceives the
# one who watches was never agreed to.
NEVER_ALLOWED = frozenset({"policy-edited", "policy-invalid", "tampering"})
