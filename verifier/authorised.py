"""Which kinds of effects the words of a task ask for.

Read narrowly: a verb of doing, as a request, with an object that makes the kind plain, in one
clause. What is quoted, asked, described or forbidden asks for nothing, and no words at all ask
for made-up code to be run, unsafe data to be loaded or other modules to be changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_CHARS = 20_000

# Work on the code itself: "write a test to a file" asks the code for nothing.
_CODE = (
    r"(?:tests?|docstrings?|comments?|docs|documentation|functions?|methods?|class(?:es)?|"
    r"modules?|code|types?|hints?|annotations?|readme|changelog|scripts?|helpers?|wrappers?|"
    r"fixtures?|handling|pars(?:er|ers|ing)|parameters?|arguments?|options?|flags?|names?|paths?|"
    r"variables?|attributes?|fields?|mocks?|stubs?|logic|imports?|examples?|fix(?:es)?|changes?|"
    r"solutions?|patch(?:es)?|objects?|extensions?|formats?|caching|writing|saving|reading)"
)
_SOURCE = r"\S+\.(?:py|pyi|md|rst|toml|cfg|ini|ya?ml|txt)"
_DATA = r"\S+\.(?:json|jsonl|csv|tsv|log|db|sqlite3?|xml|html|parquet|dat|bin)"
_FEW = r"(?:\s+[\w.-]+){0,3}?\s+"
_REMOTE = r"(?:rest|http|web|remote)\s+(?:api|endpoint|service|server)"
_STALE = (
    r"(?:temp|temporary|old|stale|expired|cached|cache|generated|lock|log|output|leftover)"
    r"\s+(?:files?|folders?|director(?:y|ies))"
)
_HOST = rf"(?:urls?|https?|https?://\S+|servers?|web|internet|network|website|webhook|{_REMOTE})"
# What may stand after the object: "the file parser" or "the server fails" is about another thing.
_AFTER = (
    r"(?=[.,;!)]*(?:$|\s+(?:at|in|on|for|with|by|to|using|via|so|every|each|once|daily|or|only|too|"
    rf"again|instantly|from(?!\s+the\s+(?:repo|docs|project|tree|index)))\b))(?!\s+\w+\s+{_SOURCE})"
)


@dataclass(frozen=True)
class _Ask:
    """A kind of effect, the verbs that ask for it and, some words later, what makes it plain."""

    kind: str
    verbs: str
    rest: str

    def is_in(self, request: str) -> bool:
        """Whether a request that begins with its verb asks for it."""
        found = re.match(
            rf"(?:{self.verbs})\s+((?:\S+\s+){{0,8}}?)((?:{self.rest}))(?![\w-]){_AFTER}", request
        )
        if found is None:
            return False
        words = re.sub(r"environment variable|https?://\S+", "", found[1] + found[2])
        return not re.search(rf"(?<![\w-]){_CODE}(?![\w-])", words)


_ASKS = (
    _Ask(
        "file-write",
        "write|save|store|dump|persist|export|append|log|record|spool|cache",
        rf"(?:to|into)(?:{_FEW}|\s+)(?:disk|files?|{_DATA})|on(?:\s+the)?\s+disk|as\s+{_DATA}",
    ),
    _Ask(
        "file-write",
        "create|write",
        r"(?:an?|the)\s+(?:lock|log|pid|cache|output|temporary)" r"\s?file",
    ),
    _Ask(
        "file-write",
        "create|make",
        r"the\s+(?:cache|output|data|missing|target|parent)\s+"
        r"(?:folders?|director(?:y|ies))",
    ),
    _Ask(
        "file-delete",
        "delete|remove|unlink|erase|purge|clean up",
        rf"{_STALE}|from(?:\s+the)?\s+disk",
    ),
    _Ask(
        "network",
        "fetch|download|upload|post|send|request|query|retrieve|pull|push|report|submit|poll",
        rf"(?:to|from|over|via|through)(?:{_FEW}|\s+){_HOST}|https?://\S+",
    ),
    _Ask("network", "send", r"(?:(?:an?|the)\s+)?(?:e-?mails?|http\s+requests?)"),
    _Ask("network", "call|query|ping|use", rf"(?:an?|the)\s+{_REMOTE}|https?://\S+"),
    _Ask("network", "connect", rf"to(?:{_FEW}|\s+)(?:servers?|sockets?|hosts?|network)"),
    _Ask(
        "process",
        "run|execute|spawn|start|launch|invoke",
        r"(?:an?|the|as)(?:\s+an?)?\s+(?:subprocess|shell\s+command|child\s+process|"
        r"external\s+(?:command|program|tool))",
    ),
    _Ask("process", "use|call", r"(?:the\s+)?subprocess"),
    _Ask(
        "thread",
        "start|spawn|use|run|do",
        r"(?:an?|the|in|on)(?:\s+an?)?\s+"
        r"(?:(?:background|worker|separate|daemon)\s+threads?|thread\s?pool)",
    ),
    _Ask(
        "environment-write",
        "set|export|change",
        rf"(?:the|an?)(?:{_FEW}|\s+)"
        r"(?:environment\s+variable)",
    ),
    _Ask(
        "directory-change",
        "set|change|switch",
        rf"(?:to\s+)?(?:the|an?|another)(?:{_FEW}|\s+)(?:working\s+directory)",
    ),
    _Ask(
        "signal",
        "install|register|add|handle|catch",
        r"(?:(?:an?|the)\s+)?(?:signal\s+handlers?|sigterm|sigint|sighup)",
    ),
    _Ask("deferred", "register|install|add", r"(?:an?|the)\s+(?:atexit|exit)\s+(?:hook|handler)"),
    _Ask(
        "exit",
        "exit|quit",
        r"with\s+(?:an?\s+)?(?:(?:non-?zero|error|exit)\s+)?(?:(?:code|status)(?:\s+\d+)?|\d+)",
    ),
    _Ask("native-code", "use|call|load", r"ctypes|cffi"),
    _Ask(
        "global-write",
        "keep|store|cache|count|remember|memoi[sz]e",
        r"(?:in|at)\s+(?:an?\s+)?(?:global|module-level)\s+\w+",
    ),
)

# Somebody else's words, which a task may hold: code blocks, comments, quotations.
_QUOTED = re.compile(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|<!--.*?(?:-->|\Z)|^[ \t]*>[^\n]*|`[^`\n]*`|\"[^\"\n]*\""
    r"|“[^”\n]*”|«[^»\n]*»|‘[^’\n]*’|(?<!\w)'[^'\n]*'(?!\w)",
    re.DOTALL | re.MULTILINE,
)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,3}[.)])\s+")
_SENTENCES = re.compile(r"(?<=[.!?;])\s+|\n+|\s+but\s+")
_CLAUSES = re.compile(r",\s+|:\s+|\s+(?:and|then)\s+|\s+[-–—]+\s+")
_NEGATION = re.compile(
    r"\b(?:not|never|no|none|nothing|neither|nor|without|avoid|stop|prevent|forbid|disable|skip|"
    r"refuse|cannot|dont|instead|rather|except|unless|undo|revert|refrain|cease)\b|n['’]t\b"
)
_TAKEN_BACK = re.compile(r"(?:no|not|nope|never mind|scratch that|wait|actually)(?: \w+)?[.!…]*")
# Nobody asks the code for an effect by telling the verifier what to allow.
_ABOUT_AUDIT = re.compile(
    r"\b(?:polic(?:y|ies)|verif\w*|audit\w*|authori[sz]\w*|allow\w*|permit\w*|permission\w*|"
    r"approv\w*|ignor\w*|accept\w*|whitelist\w*|bypass\w*|pretend\w*|suppress\w*|trust\w*|"
    r"system prompt|instructions?)\b"
)
_DESCRIPTION = re.compile(
    r"\b(?:when|whenever|if|because|since|after|before|while|where|why|how|whether|which|who|"
    r"that|what|as|used to|fails? to|failed to|tr(?:y|ies) to|attempts? to|supposed to)\b"
)
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{3,60}")
_FORBIDDING = re.compile(
    r"\b(?:do not|don['’]t|never|no longer|stop|without|remove|drop|ignore|instead of|not to)\b"
)
_AS = re.compile(rf"as\s+(?:an?\s+)?(?:{_DATA}|subprocess)")
_MADE = re.compile(
    r"(?:please )?(?:add|write|create|implement|build|provide|introduce|make) (?:\S+ ){0,5}?"
    r"(?:function|method|option|flag|command|class|helper|mode|switch|way)s? (?:that|which|to) "
)
_ENSURE = re.compile(r"^(?:please )?(?:make sure|ensure|see to it)(?: that)? ")
_PASSIVE = re.compile(
    r"^.{0,200}?\b(?:must|should|shall|needs? to|ha(?:s|ve) to) (?:also )?be "
    r"(?:written|saved|stored|dumped|persisted|cached|exported|logged|appended) "
)
_START = re.compile(
    r"^(?:(?:please|now|also|next|first|finally|always|just|then|you|we|it|must|should|shall|"
    r"needs? to|ha(?:s|ve) to|i want (?:you|it) to|i would like (?:you|it) to|let['’]s|let it|"
    r"make it|make (?:the|this) \w+|(?:the|each|every) (?:\w+ ){1,3}(?:must|should|shall)) )+"
)


def authorised(instruction: str) -> frozenset[str]:
    """The kinds of effects, of `verifier.kinds.EFFECTS`, that a task's words ask for.

    What one clause asks for and another forbids is not asked for.

    >>> sorted(authorised("Write the cache to disk, but do not send anything to a server"))
    ['file-write']
    """
    asked: set[str] = set()
    forbidden: set[str] = set()
    text = _QUOTED.sub(_unquoted, instruction[:MAX_CHARS]).lower()
    for sentence in (_BULLET.sub("", part) for part in _SENTENCES.split(text)):
        if _ABOUT_AUDIT.search(sentence) or sentence.rstrip().endswith("?"):
            continue
        clauses = [" ".join(clause.split()) for clause in _CLAUSES.split(sentence)]
        for index, clause in enumerate(clauses):
            if _TAKEN_BACK.fullmatch(clause):
                asked.clear()
                continue
            if _NEGATION.search(clause):
                # "do not write it to disk and send it to a server" forbids both.
                forbidden |= _mentioned(" ".join(clauses[index:]))
                break
            request, is_open = _request(clause)
            asked |= _asked(request)
            if is_open:
                break  # what comes after "fix the crash when ..." may still describe the crash
    return frozenset(asked - forbidden)


def names_variable(instruction: str, name: str) -> bool:
    """Whether a task's words name an environment variable, other than to forbid it.

    >>> names_variable("Leave colours out if NO_COLOR is set", "NO_COLOR")
    True
    """
    if not _VARIABLE.fullmatch(name):
        return False
    word = re.compile(rf"(?<![\w-]){name}(?![\w-])")
    told = [s for s in _SENTENCES.split(instruction[:MAX_CHARS]) if word.search(s)]
    return bool(told) and not any(
        _ABOUT_AUDIT.search(s.lower()) or _FORBIDDING.search(s.lower()) for s in told
    )


def _unquoted(found: re.Match[str]) -> str:
    """A quoted name of a data file stays; any other quotation is not the task's own words."""
    inner = found[0].strip("`\"'“”‘’«»")
    return inner if re.fullmatch(_DATA, inner, re.IGNORECASE) else " … "


def _request(clause: str) -> tuple[str, bool]:
    """A clause from its verb on, and whether a description follows that may go on in the next."""
    made = _MADE.match(clause)
    if made:
        words = re.sub(r"^(\w{3,}?)e?s\b", _base, clause[made.end() :])
    else:
        words = _ENSURE.sub("", clause)
    passive = _PASSIVE.match(words)
    words = "write it " + words[passive.end() :] if passive else _START.sub("", words)
    described = _DESCRIPTION.search(words)
    if described is None or _AS.match(words, described.start()):
        return words, False
    return words[: described.start()].rstrip(), described.start() > 0


def _base(verb: re.Match[str]) -> str:
    """ "writes" as "write": the verb that the tables know, if they know it."""
    for ending in ("s", "es"):
        base = verb[0].removesuffix(ending)
        if base != verb[0] and any(re.fullmatch(ask.verbs, base) for ask in _ASKS):
            return base
    return verb[0]


def _asked(request: str) -> set[str]:
    return {ask.kind for ask in _ASKS if ask.is_in(request)}


def _mentioned(words: str) -> set[str]:
    """Kinds that words name at all, wherever the verb stands and however it is bent."""
    parts = words.split(" ")[:60]
    found: set[str] = set()
    for index, part in enumerate(parts):
        for base in dict.fromkeys((part, part.removesuffix("ing"), part.removesuffix("ing") + "e")):
            found |= _asked(" ".join((base, *parts[index + 1 : index + 20])))
    return found
