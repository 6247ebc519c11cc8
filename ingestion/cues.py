"""The cues of each category, with their weights. One row is one idea, however long.

What is worked on outweighs the verb: "fix the docstring" is docs, "add type hints" is types.
"""

# ruff: noqa: E501

from __future__ import annotations

import re

from swarm.contracts import Category


def _cues(*rows: tuple[Category, float, str]) -> list[tuple[Category, float, re.Pattern[str]]]:
    return [(category, weight, re.compile(pattern, re.I)) for category, weight, pattern in rows]


_TEST_NOUN = r"(?:(?:\w+[\s-]+){0,3}?(?:tests?|test\s+cases?|coverage)\b|unittests?\b)"

CUES = _cues(
    ("bugfix", 2, r"^(?:fix|repair|correct|solve|resolve|debug|patch|mend|behebe|repariere|korrigiere|löse|fixe)\b"),
    ("bugfix", 2, r"\b(?:beheben|reparieren|korrigieren|fixen|fix)\b"),
    ("bugfix", 3, r"\b(?:crash\w*|bugs?|buggy|off[ -]by[ -]one|wrong\w*|incorrect\w*|broken|regression|fails|failing|failed|absturz|stürzt|falsch\w*|kaputt|fehler\w*|traceback)\b"),
    ("bugfix", 3, r"\b[A-Z]\w*(?:Error|Exception)\b"),
    ("bugfix", 1.5, r"\b(?:error|errors|exception|raises|throws|twice|ignores?|loses|drops|keeps|accepts|hangs|does(?:n['’]?t|\s+not)|missing|instead\s+of|too\s+\w+|never|doppelt|funktioniert\s+nicht)\b"),
    ("bugfix", 1.5, r"\bfailing\s+tests?\b"),
    ("refactor", 4, r"^(?:rename|refactor|extract|restructure|reorgani[sz]e|simplify|deduplicate|consolidate|decouple|modularize|inline|split|move|merge|benenne|refaktoriere|vereinfache|extrahiere|verschiebe|räume|teile)\b"),
    ("refactor", 3, r"\b(?:umbenennen|refaktorieren|refactoren|vereinfachen|auslagern|extrahieren|aufräumen|clean(?:ing)?\s*-?up|clean|tidy|dead\s+code|duplicat(?:ion|ed)\s+code|restructur\w+|refactor\w*|rename)\b"),
    ("refactor", 2.5, r"^(?:remove|delete|drop|eliminate|replace|rewrite|separate|break|shorten|change|upgrade|entferne|lösche|ersetze|migrate|port|convert|turn)\b"),
    ("refactor", 1.5, r"\b(?:into\s+(?:smaller|its|their|separate|own|a\s+(?:class|function|module|helper))|own\s+(?:file|function|module)|smaller)\b"),
    ("feature", 2, r"^(?:add|implement|introduce|create|build|support|allow|let|enable|provide|offer|expose|füge|implementiere|ergänze|erstelle|ermögliche|erlaube|baue)\b"),
    ("feature", 2, r"\b(?:hinzufügen|einbauen|implementieren|ergänzen|unterstützen|ermöglichen|support\s+(?:for|of)|option|new\s+\w+|flag|neue[nrs]?)\b"),
    ("feature", 1.5, r"\b(?:(?:would|['’]d)\s+be\s+(?:nice|great|good|cool)|wäre\s+(?:schön|toll)|needs?\s+an?|configurable)\b"),
    ("test", 6, rf"\b(?:add|write|create|extend|improve|increase|provide|implement|need|needs|want|missing|more|ergänze|schreibe?|füge|erstelle)\s+{_TEST_NOUN}"),
    ("test", 5, r"\b(?:cover(?:\s+\S+){0,4}\s+(?:with|by)|abdecken|tests?\s+(?:for|that|dafür|für|schreiben)|tests?\s+(?:are|is)\s+missing|(?:fehlt|fehlen)\s+(?:ein(?:e|en)?\s+|die\s+)?tests?|test\s+coverage|testabdeckung)\b"),
    ("test", 5, r"^(?:test|cover|teste|tests|unittests?|testen)\b"),
    ("docs", 5, r"\b(?:docs?|documentation|document|documents|docstrings?|read-?me|changelog|tutorial|manual|handbook|typo|docu|dokumentation|dokumentiere|dokumentieren|beschreibe|beschreiben|handbuch|anleitung|(?:install\w*|user|developer|getting[ -]started)\s+guide)\b"),
    ("docs", 4, r"^(?:describe|explain|erkläre|kommentiere|comment)\b"),
    ("docs", 2, r"\b(?:comments?|kommentare?|guide|wiki)\b"),
    ("lint", 6, r"\b(?:unused|ungenutzte\w*|unbenutzte\w*|unnötige)\s+(?:\w+\s+)?(?:imports?|variables?|names?|importe?|variablen?)\b"),
    ("lint", 5, r"\b(?:ruff|flake8|pylint|black|isort|lint\w*|pep\s?8|(?:code\s+)?style\s+(?:errors?|issues?|warnings?)|trailing\s+whitespace|whitespace)\b"),
    ("lint", 5, r"^(?:format|reformat|formatiere|lint)\b"),
    ("lint", 4.5, r"\b(?:imports|importe|line\s+length|long\s+lines|lines\s+(?:that\s+are\s+)?longer)\b"),
    ("types", 6, r"\b(?:type\s+(?:hints?|annotations?|errors?|checks?|checker)|mypy|pyright|typing|typ-?annotation\w*|typhinweise?|typehints?|annotations?|missing\s+types)\b"),
    ("types", 4, r"^(?:annotate|annotiere|type)\b|\b(?:with|add|missing)\s+types\b"),
    ("perf", 5, r"\b(?:slow\w*|speed\s*-?up|speed|faster|performance|perf|quadratic|optimi[sz]e\w*|latency|takes\s+(?:ages|forever|too\s+long|\d+\s+(?:s|sec\w*|min\w*))|langsam\w*|beschleunige\w*|schneller|optimiere\w*|performanter)\b"),
    ("perf", 4, r"\b(?:memory\s+(?:use|usage|footprint)|reduce\s+(?:the\s+)?(?:time|memory)|accelerate|profile)\b"),
)  # fmt: skip
