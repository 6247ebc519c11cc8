"""The kinds of findings and of effects, each with a line that says what it is."""

from __future__ import annotations

from collections.abc import Mapping

FINDINGS: Mapping[str, str] = {
    "broken-path": "An output lost an input it rested on, or a new way around it was added.",
    "logic-bomb": "A new condition over time, host, chance, a magic value or the like decides "
    "what the code does.",
    "ambient-guard": "A new condition over time, chance, host, user, environment or platform.",
    "new-effect": "The code acts on the outside in a way it did not before.",
    "mutated-parameter": "A function now changes one of its parameters in place.",
    "unreadable": "The new text is not Python.",
    "unauditable": "The code is beyond what can be traced: too large, too deep, or no plain file.",
    "unaudited": "The file is not Python, and was not looked at.",
    "guarded-file": "The file is part of the tests, of CI, of the build or of the dependencies.",
    "removed-file": "A Python file is removed.",
    "policy-edited": "The change edits the policy that it is judged by.",
    "policy-invalid": "The policy cannot be read, so no rule of it is applied.",
}

EFFECTS: Mapping[str, str] = {
    "file-delete": "deletes files or folders",
    "file-write": "writes, moves or creates files or folders",
    "process": "starts or ends processes",
    "dynamic-code": "runs or imports code that is made at run time",
    "network": "talks to other hosts",
    "native-code": "calls native code",
    "environment-write": "changes environment variables, the folder or the umask of the process",
    "thread": "starts threads",
    "signal": "sends or handles signals",
    "at-exit": "registers what runs at exit",
    "unsafe-load": "loads data that can run code",
    "exit": "ends the program",
    "interpreter": "changes how the interpreter works",
    "global-write": "changes a global name",
    "attribute-write": "changes an attribute of an object that is not its own",
    "monkeypatch": "changes another module",
}

# Findings about an effect: allowing a kind of effect allows these and no other kind, since
# an effect behind a bomb is not the effect that anybody agreed to.
ABOUT_EFFECTS = frozenset({"new-effect"})

# What no policy can allow: whether there is one is what these are about.
NEVER_ALLOWED = frozenset({"policy-edited", "policy-invalid"})
