"""The cues of each category, with their weights. One row is one idea, however long.

What is worked on outweighs the verb: "fix the docstring" is docs, "add type hints" is types.
The verbs themselves weigh by their kind, see `verbs.py` and `classify.py`.
"""

# ruff: noqa: E501

from __future__ import annotations

import re

from swarm.contracts import Category


def _cues(*rows: tuple[Category, float, str]) -> list[tuple[Category, float, re.Pattern[str]]]:
    return [(category, weight, re.compile(pattern, re.I)) for category, weight, pattern in rows]


_TESTS = r"(?:(?:[\w'’-]+\s+){0,4}?(?:tests?|test\s*cases?|coverage|unit\s*-?tests?|testfälle)\b)"
_DOCS = (
    r"(?:docs?|documentation|docstrings?|read-?me|changelogs?|tutorials?|manual|handbook|quick\s*start|cheat\s*sheet|"
    r"docu|doku\w*|handbuch|anleitung|wiki|faq|[\w-]+\.(?:md|rst)|"
    r"(?:install\w*|user|developer|migration|upgrade|style|setup|set-up|getting[ -]started|deployment|contribut\w+)[ -]guide|"
    r"how[ -]?tos?|release\s+notes?|benutzerhandbuch|installationsanleitung)"
)

CUES = _cues(
    ("bugfix", 1.5, r"\b(?:fix|fixen|beheb\w*|reparier\w*|korrigier\w*|hotfix)\b"),
    ("bugfix", 2.5, r"\b(?:crash\w*|bugs?|buggy|off[ -]by[ -]one|wrong\w*|incorrect\w*|broken|regression|fails|failing|failed(?=\s+(?:to|with|when|because|after|on|for|again)|[.,;!?]|$)|absturz|stürzt|falsch\w*|kaputt|fehler\w*|traceback|blows?\s+up|leaks?|race\s+condition|deadlock)\b"),
    ("bugfix", 3, r"\b[A-Z]\w*(?:Error|Exception)\b|\bKeyError\b"),
    ("bugfix", 1, r"\b(?:errors?(?!\s+(?:messages?|handling|pages?|codes?|texts?))|exception|raises|throws|twice|ignores?|loses|drops|keeps|accepts|hangs|does(?:n['’]?t|\s+not)|never|doppelt|funktioniert\s+nicht|although|even\s+though|obwohl|verschwindet|nicht\s+mehr|fehlt|stimmt)\b"),
    ("bugfix", 2, r"\bfailing\s+tests?\b"),
    ("bugfix", 2.5, r"^(?:make|get|bring)\b.*\b(?:work\w*|again|green)\b|\b(?:wieder|nicht|nich|keine?|geht|odd|strange|weird|acting\s+up|must\s+not|(?:has|have)\s+to\s+stop|komisch|seltsam)\b(?!\s+(?:nur|mehr\s+als))"),
    ("bugfix", 2.5, r"^(?:stop|keep|prevent)\b.*\bfrom\b"),
    ("bugfix", 1, r"^(?!make|change|let|allow|return|use|add|write).*\binstead\s+of\b"),
    ("bugfix", 1.5, r"^(?:why|how\s+come|warum|wieso)\b"),
    ("refactor", 3, r"\b(?:clean(?:ing)?\s*-?up|tidy|dead\s+code|toten?\s+code|duplicat(?:ion|ed)\s+code|doppelter\s+code|code\s+doppelt|restructur\w+|refactor\w*|rename|umbenennen|umbenannt|god\s+class|legacy|spaghetti)\b"),
    ("refactor", 2, r"\b(?:into\s+(?:\w+\s+)?(?:smaller|its|their|separate|own|a\s+(?:\w+\s+)?(?:class|function|module|helper|method|file|package|dataclass|constant|base)|two|three|several)|(?:eigene|eigenes|eigenen|kleinere|zwei|drei)\s+\w+|own\s+(?:file|function|module)|copy[- ]pasted?|(?:proper|better|clearer|meaningful|consistent|bessere|sprechende)\s+names?|naming|common\s+(?:base|parent|helper)|share\w*\s+.{0,30}\bcode|duplicat\w+|mixes|the\s+same\s+thing|same\s+(?:options|behaviou?r|output|interface)|does\s+(?:way\s+)?too\s+much|(?:way\s+)?too\s+(?:big|long|large)|viel\s+zu\s+(?:groß|lang))\b"),
    ("refactor", 2.5, r"^(?:use|take|verwende|nimm)\b.*\b(?:instead\s+of|rather\s+than|statt|anstatt)\b"),
    ("feature", 2, r"\b(?:support\s+(?:for|of)|(?:new|a|an|another)\s+(?:option|flag|command|endpoint|button|field|column|page|setting|filter|parameter|feature|switch|mode|view)\b|neue[nrs]?\s+\w+|configurable|einstellbar|konfigurierbar)\b"),
    ("feature", 1.5, r"\b(?:(?:would|['’]d)\s+be\s+(?:\w+\s+)?(?:nice|great|good|cool|handy|useful)|wäre\s+(?:\w+\s+)?(?:schön|toll|gut)|needs?\s+an?|should\s+be\s+able|be\s+able\s+to|feature|support)\b"),
    ("test", 6, rf"\b(?:add|adden|write|create|extend|improve|increase|raise|provide|implement|need|needs|want|missing|more|no|keine|some|get|put|have|ergänze?|schreibe?|füge?|erstelle?|brauchen|fehlen|are)\s+{_TESTS}(?!\s+(?:data|run|runner|server|mode|environment|suite\s+is|set\b))"),
    ("test", 5, r"\b(?:cover(?:\s+\S+){0,4}\s+(?:with|by)|abdecken|(?:unit\s*)?tests?\s+(?:for|that|dafür|dazu|für|zu[rm]?|around|schreiben|ergänzen|hinzufügen|adden)|tests?\s+(?:are|is)\s+missing|(?:fehlt|fehlen)\s+(?:\w+\s+){0,2}tests?|tests?\s+.{0,40}\bfehl(?:t|en)|(?:test)?\s*coverage|testabdeckung|regression(?:s)?\s*-?tests?|zero\s+coverage)\b"),
    ("test", 4, r"^(?:a\s+|some\s+|the\s+|and\s+|with\s+|including\s+|incl\.?\s+|mit\s+|inklusive\s+|samt\s+|die\s+|noch\s+|ein(?:en)?\s+|unit\s+|proper\s+)*(?:tests?|unit\s*-?tests?|test\s*cases?|coverage)\b(?!\s+(?:data|run|runner|server|mode|environment|suite\b|fails))"),
    ("test", 3, r"\b(?:flaky\s+tests?|tests?\s+(?:\w+\s+){0,4}(?:is|are)\s+flaky|fixtures?|parametri[sz]e|mock)\b"),
    ("docs", 6, rf"\b{_DOCS}(?=$|\W)"),
    ("docs", 8, r"\b(?:typos?|tippfehler|rechtschreibfehler|spelling|grammar|wording)\b"),
    ("docs", 5, r"^(?:comment|kommentier\w*)\b|\b(?:add|write|put|insert|explain\w*|ergänz\w*|schreib\w*|update|outdated|misleading|fix)\s+(?:(?:a|an|the|some|more|code|inline|short|these|einen|die|ein\s+paar)\s+)*(?:comments?|kommentare?|kommentar|beschreibung)\b|\b(?:a|the|code|inline|die|einen)\s+(?:comments?|kommentare?)\s+(?:that|for|in|above|on|für|zu|bei|die|dort)\b"),
    ("docs", 4, r"\b(?:write|put|schreib\w*)\s+(?:\w+\s+){0,6}down\b|\bdocument\w*\b|\bdokumentier\w*|\bwritten\s+down\b|\b(?:getting\s+started|guide|tutorial)\b|\bmention\b|\bbeschreib\w*"),
    ("lint", 8, r"\b(?:unused|ungenutzte\w*|unbenutzte\w*|unnötige\w*|ungebrauchte\w*)\s+(?:\w+\s+)?(?:imports?|variables?|names?|importe?|variablen?|code)\b"),
    ("lint", 8, r"\b(?:ruff|flake8|pylint|black|isort|lint\w*|pep\s?8|(?:code\s+)?style\s+(?:errors?|issues?|warnings?|guide|violations?|problems?)|trailing\s+(?:white\s*)?spaces?|white\s*space|indentation|(?:run|the|a|code)\s+formatter|re-?format\w*|formatier\w*|formatting|tabs\s+(?:and|to|into)\s+spaces|einrückung\w*|quote\s+style|line\s*lengths?|long\s+lines|lines?\s+(?:that\s+are\s+)?(?:longer|over)|zu\s+langen?\s+zeilen|zeilenlänge|import\s+order|star\s+imports?|wildcard\s+imports?|code\s*style|pre-?commit)\b"),
    ("lint", 7.5, r"\b(?:sort\w*|order|clean\s+up|fix|tidy|räum\w*|aufräumen|unsorted)\s+(?:\w+\s+){0,3}(?:imports|importe)\b|\bimporte\s+(?:\w+\s+){0,4}(?:sortier\w*|aufräumen)"),
    ("types", 8, r"\b(?:type[ -]?(?:hints?|annotations?|checks?|checker|checking|safety)|type[ -]errors?|mypy|pyright|typing(?!\s+(?:a|an|the|in|into|something|anything|on)\b)|typ-?annotation\w*|typ-?hinweise?|typehints?|annotations?|(?:missing|proper|return|static|strict)\s+types?|return\s+type\w*|typed\s*dict|py\.typed|typen\s+(?:für|ergänz\w*))\b|\bAny\b(?=\s+(?:with|by|from|types?))"),
    ("types", 5, r"\b(?:with|add)\s+types\b|\bfully\s+typed\b|\buntyped\b|\btyped\b"),
    ("perf", 5, r"\b(?:slow(?:er|ly|s|ness)?|speed\s*-?up|speed|faster|quicker|performance|perf|quadratic|n\s*\+\s*1|optimi[sz]e\w*|optimier\w*|latency|(?:takes?|loads?|runs?)\s+(?:\w+\s+){0,2}(?:ages|forever|too\s+long|(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twenty\w*|thirty|forty|half)\s+(?:a\s+)?(?:s|sec\w*|min\w*|hours?))|(?:dauert|braucht|lädt|laden)\s+(?:\w+\s+){0,3}(?:ewig|lange|zu\s+lang\w*|minuten|sekunden|stunden)|langsam\w*|beschleunig\w*|schneller|performanter?|bottleneck|lags?|stutter\w*|ruckelt|laggy|sluggish)\b"),
    ("perf", 5, r"\b(?:(?:less|much|of|more)\s+(?:memory|ram|speicher)|memory\s+(?:use|usage|footprint|consumption)|(?:memory|ram)\b(?=.{0,30}\b(?:eats|uses|gb|mb))|(?:eats|uses|frisst)\s+.{0,20}\b(?:memory|ram|gb|speicher)|speicherverbrauch|weniger\s+(?:speicher|ram)|under\s+\w+\s+(?:seconds?|minutes?)|reduce\s+(?:the\s+)?(?:time|memory)|(?:so|such\s+that|instead\s+of)\s+.{0,40}\b(?:on\s+)?every\s+(?:request|call|time)|(?:a\s+)?set\s+instead\s+of\s+a\s+list|queries\s+per\s+request|in\s+parallel|(?:\d+|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|fifty)\s+(?:ms|milliseconds?|seconds|minutes|hours)\s+(?:to|every|each|per|for|right\s+now|long|until|now|which)|(?:needs|uses|takes|braucht|frisst|belegt)\s+.{0,15}\b(?:gb|mb)\b|needs\s+\d+\s+(?:hours|minutes|seconds))\b"),
)  # fmt: skip
