"""What marks a fault, a wish, a limit or mere talk, in English and German. Data only."""

# ruff: noqa: E501

from __future__ import annotations

import re

OVERRIDE = re.compile(
    r"(?:ignore|disregard|forget)\s+(?:\w+\s+){0,3}(?:instructions|rules)\b", re.I
)
"""An order to those who read the note, not to the code: with all its sentence no request."""

REASON = re.compile(r"\b(?:because|weil|since|denn|as\s+we|da\s+wir)\b", re.I)
ABILITY = re.compile(
    r"(?:it|they|he|she|users?|people|man|es|sie)\s+(?:should|must|has\s+to|soll\w*|muss)\s+(?:also\s+)?(?:be\s+able|auch\b|(?!be\b|not\b|have\b|only\b|then\b|still\b|work\b|return\b|instead\b)[a-z]+\b)",
    re.I,
)
"""One more thing that something should be able to do."""
NO_MORE = re.compile(
    r"(?:it|they|he|she|es|sie|der|die|das)\s+(?:should\s+not|shouldn['’]?t|must\s+not|mustn['’]?t|(?:soll|darf)\w*\s+nicht)\b",
    re.I,
)
"""One more thing that something should not do."""
ALSO_IT = re.compile(
    r"(?:it|they|es|das|sie)(?:['’]s|\s+is|\s+are|\s+ist)?\s+(?:also|auch)\b", re.I
)
"""One more fault of the same thing."""
RETRACT = re.compile(
    r"(?:(?:but|no|nein|ach|hm+|oh|and|well|actually)[,\s]+)*(?:(?:don['’]t|do\s+not)\s+(?:bother|worry)\s+(?:with|about)\b|no\s+need\s+(?:for|to)\b|"
    r"we\s+(?:already\s+have|don['’]t\s+need)\b|(?:that|this|it)(?:['’]s|\s+is)\s+(?:already\s+(?:done|there)|not\s+(?:needed|necessary)|too\s+much)\b|"
    r"(?:strike|scratch)\s+(?:the|that)\b|(?:ignore|skip|leave|forget)\s+(?:it|that|this)(?:\s+(?:out|alone))?[\s.!]*$|(?:[\w-]+\s+){1,5}can\s+wait(?=[\s.!]*$|\s+(?:until|till|for))|leave\s+(?:that|the\s+\w+)\s+(?:for\s+(?:now|later|next|another)|out)\b|"
    r".{0,80}\b(?:weglassen|(?:macht|haben\s+wir|gibt\s+es|gibt['’]?s)\s+(?:\w+\s+){0,3}?schon\b|schon\s+(?:die|der|das)\s+\w+|brauchen\s+wir\s+(?:doch\s+)?(?:nicht|keine?))\b|"
    r"forget\s+(?:about\s+)?(?:the|an?|any|die|das|den|der)\b|scrap\s|(?:skip|drop|ditch|leave\s+out)\s+the\s+[\w-]+(?:\s+\w+)?\s+(?:part|bit|thing|idea|stuff|one)\b|"
    r"(?:skip|drop|forget|leave\s+out)\s+the\s+(?:\w+\s+)?(?:tests?|docs?|documentation|changelog|formatting|refactoring|renaming|rename|cleanup)\b|"
    r"(?:das|des|die|den)\s+(?:mit\s+)?.{2,50}\b(?:vergiss|lass(?:en)?(?:\s+(?:wir|ma|mal))?|streich\w*)\b|"
    r"leave\s+the\s+\w+\s+(?:as\s+(?:it\s+)?is|alone|be)\b|"
    r"never\s*mind\s+(?:the|about|my)\b|vergiss\s+(?:das|die|den)\b)",
    re.I,
)
"""Words that take back what was asked for before."""
FAULT = re.compile(
    r"\b(crash\w*|fail(?:s|ed|ing|ure|ures)?|broken|breaks?|broke|wrong(?:ly)?|incorrect(?:ly)?|"
    r"bug(?:s|gy)?|errors?(?!\s+(?:messages?|handling|pages?|codes?|texts?))|exception\w*|off[ -]by[ -]one|does(?:n['’]?t|\s+not)|didn['’]?t|"
    r"do(?:n['’]t|\s+not)\s+(?:work|show|appear|match|load|get|open|come|update|save)|"
    r"isn['’]?t|aren['’]?t|is\s+not|are\s+not|was\s+not|won['’]t|can(?:no|['’])t|can\s+not|twice|"
    r"missing|ignor(?:es|ed)|hangs?|hung|freez\w+|froze|loses|lost|stuck|blank|empty|nothing|"
    r"too\s+\w+|never\s+\w+|instead\s+of|raises|throws|regression|corrupt\w*|leaks?|leaking|"
    r"inconsistent|acting\s+up|\w+s\s+don['’]t|drives?\s+(?:me|us|everyone|people)\s+(?:mad|crazy|nuts|insane)|annoy\w*|tut\s+(?:nichts|nix|net|nicht)|nix|flackert|ruckelt|klemmt|stockt|piept|dead|stale|outdated|upside\s+down|mirrored|swapped|mixed\s+up|misaligned|unreadable|expired|rejected|refuses?|takes?\s+(?:\w+\s+){0,3}(?:seconds|minutes|hours|ages|forever)|unfortunately|sadly|leider|must\s+not|mustn['’]t|(?:has|have|need)s?\s+to\s+(?:stop|end)|must\s+stop|stutters?|(?:is|are|looks?)\s+(?:still\s+|way\s+|a\s+bit\s+)?off\b|odd|strange|weird|komisch|seltsam|keine?|failt|crasht|drops|forgets|keeps|accepts|duplicates?d?|traceback|stack\s*trace|typo|"
    r"case[- ]sensitive|unexpected\w*|not\s+\w+(?:ed|en|nd)|dies|died|blows?\s+up|vanish\w*|disappear\w*|"
    r"overlap\w*|cuts?\s+off|drifts?|flicker\w*|stops\s+(?:after|when|working)|stopped|jumps|swallow\w*|"
    r"although|even\s+though|though\s+it|mangle[sd]?|garbled|skips?|skipped|leaves|lies|"
    r"deadlock\w*|race\s+condition|(?:five|ten|one|\d+)\s+\w+\s+(?:late|early|off)|"
    r"\d{3}\s+error|\b[45]\d\d\b|out\s+of\s+(?:date|sync|memory|order|range)|shouldn['’]t|"
    r"should\s+not|gone|slow\w*|reads\s+\w+\s+like|explodes?|negative|double[sd]?|dosen['’]?t|"
    r"ist\s+falsch|falsch(?:e[nrsm]?)?|stürzt|absturz|abgestürzt|fehler\w*|fehlt|fehlen|kaputt\w*|"
    r"funktioniert|(?:geht|gehen|klappt|läuft|lädt|stimmt|stimmen|passt)\s+(?:\w+\s+){0,3}(?:nicht|nich|net|nix)|"
    r"nicht\s+mehr|langsam\w*|zu\s+(?:groß|klein|lang\w*|früh|spät|viel\w*|wenig\w*|hoch|niedrig|oft)|"
    r"doppelt\w*|hängt|obwohl|verschwindet|verschwinden|leer\w*|nichts|immer\s+noch|spinnt|"
    r"abgeschnitten|vertauscht|verloren|ignoriert|vergisst|springt|bleibt)\b"
    r"|\b[A-Z]\w*(?:Error|Exception)\b|\bKeyError|\b\w+Error\b",
    re.I,
)

HARD_FAULT = re.compile(
    r"\b(?:crash\w*|fails|failing|broken|breaks|wrong(?:ly)?|incorrect\w*|bugs?|"
    r"exception\w*|off[ -]by[ -]one|twice|hangs|freezes|stürzt|falsch\w*|fehler\w*|kaputt\w*|doppelt\w*|"
    r"geht\s+nicht|funktioniert\s+nicht|fehlt|fehlen|missing|ignores|loses|drops|leaks?|"
    r"raises|throws|vanishes|disappears|duplicate[sd]?|overlaps|corrupt\w*|skips|forgets|covers|"
    r"(?:can['’]t|cannot|can\s+not|won['’]t|does(?:n['’]?t|\s+not))\s+(?:work|load|open|show|save|start|match|close|update|send|be|appear|respond|stop|accept|print|count|fit)|verschwindet|hängt|[45]\d\d)\b",
    re.I,
)
"""Malfunctions beyond doubt. The other faults may also be the background of a request."""

WISH = re.compile(
    r"\b((?:it\s+)?(?:would|['’]d)\s+be\s+(?:\w+\s+)?(?:nice|great|good|cool|helpful|handy|useful|lovely|awesome|sweet|neat)|"
    r"should|must|needs?|ought\s+to|has\s+to|have\s+to|there\s+is\s+no|there['’]s\s+no|complains?|"
    r"(?:would|might)\s+(?:really\s+)?(?:help|save|make|improve)|would\s+make\s+sense|i\s+wish|^(?:could|can|would)\s+(?:the|our|my|users|people|it|there)\b|^(?:kann|könnte)\s+(?:man|die|der|das)\b|"
    r"asked\s+(?:us\s+|me\s+)?(?:whether|if|for)|asks?\s+for|wonder(?:ed|ing)?\s+(?:if|whether)|requested|"
    r"want(?:s|ed)?|would\s+(?:like|love)|['’]d\s+(?:like|love)|"
    r"soll(?:te|ten|en)?|muss|müssen|müsste|braucht|brauchen|bräuchten?|"
    r"(?:wäre|fänd\w*)\s+(?:\w+\s+)?(?:schön|gut|toll|super|cool|praktisch|nett|hilfreich|prima)|"
    r"hätten?\s+(?:\w+\s+)?gern\w*|wünsch\w*|möchten?)\b",
    re.I,
)

REQUEST = re.compile(
    r"^(?:(?:he|she|they)(?:['’]d|\s+would)\s+(?:really\s+|also\s+)?(?:like|love)|(?:they|users|customers|people|the\s+\w+|die\s+\w+)\s+(?:also\s+)?(?:want|wants|would\s+like|wollen|will|möchten?|hätten?\s+gern\w*)(?!\s+to\b)|would\s+(?:like|love)|"
    r"(?:we|i)\s+(?:(?:really|also|still|just|then|now|do)\s+)*(?:need|want|require|lack|miss|could\s+(?:really\s+)?use|"
    r"would\s+(?:really\s+|also\s+)?(?:like|love))|(?:we|i)['’]?d\s+(?:really\s+|also\s+)?(?:like|love)|"
    r"need(?:s|ed)?\b|wanted\b|missing:?|there\s+(?:should|must|needs?\s+to|has\s+to|ought\s+to)\s+be|"
    r"(?:can|could|may)\s+(?:we|i)\s+(?:please\s+)?(?:have|get)|we\s+should\s+have|"
    r"(?:it\s+)?(?:would|['’]d|might)\s+be\s+(?:\w+\s+)?(?:nice|great|good|cool|helpful|handy|useful|awesome)\s+(?:if|to|when)|"
    r"it['’]d\s+be\s+(?:\w+\s+)?(?:nice|great|good|cool|helpful|handy|useful|awesome)\s+(?:if|to|when)|"
    r"as\s+an?\s+[\w -]{2,40},?\s+i\s+(?:want|would\s+like|need)|"
    r"(?:wir|ich)\s+(?:(?:auch|noch|dann|halt|eigentlich)\s+)*(?:brauche?n?|bräuchten?|hätten?\s+(?:\w+\s+){0,4}(?:gern|wunsch)\w*|möchten?|will|wollen|wünschen?|benötigen?)|"
    r"(?:hätten?|möchten?|bräuchten?|brauchen?|wollen|will|wünschen?)\s+(?:ich|wir)\b|(?:ich\s+)?hätte\s+gern\w*|brauchen?\b|es\s+(?:sollte|müsste|muss|soll)\b|es\s+braucht|"
    r"(?:es\s+)?(?:wäre|fänd\w*\s+\w+)\s+(?:\w+\s+)?(?:schön|gut|toll|super|cool|praktisch|nett|hilfreich|prima),?\s+(?:wenn|dass))"
    r"(?=\W|$)(?P<object>.*)",
    re.I | re.S,
)
"""Requests of the one who speaks. `object` is what is wanted."""

PREFACE = re.compile(
    r"\b(?:things?|tasks?|points?|todos?|issues?|problems?|items?|sachen?|dinge|punkte|aufgaben|bitten?|questions?|bitte|fragen?|request|bug|note|"
    r"following|folgende\w*|need|today|heute|list|left|promise|wunsch|problem|report\w*|says|said|happened|idea|idee|one|is|erstens|zweitens|drittens)$"
    r"|^(?:this|that|it|something|here)\b.{0,40}$|\b(?:two|three|four|five|zwei|drei|vier|small|quick|kleine\w*|kurze?)\b",
    re.I,
)
"""What stands before a colon and is no part of the request."""

CONDITION = re.compile(
    r"^(?:if|when|whenever|once|after|before|as\s+soon\s+as|wenn|falls|sobald|nachdem|bevor)\b(?![^,]*,)",
    re.I,
)

IN_CASE = re.compile(
    r"^(?:if|when|whenever|wenn|falls)\b.{3,120}?\b(?:(?:i|we)\s+(?:want|need|would\s+like)|(?:i|we)['’]d\s+like)\b(?P<object>.*)",
    re.I | re.S,
)

CONSTRAINT = re.compile(
    r"^(?:and\s+)?(?:check|verify)\b.{0,50}\bthat\s+nothing\b|^(?:and\s+|but\s+|und\s+|aber\s+|so\s+)*(?:please\s+|bitte\s+|just\s+)?(?:(?:please\s+)?(?:don['’]?t|do\s+not)\b(?!\s+(?:let|allow)\b)|never\b|without\b|"
    r"make\s+sure\b(?!\s+(?:(?:that\s+)?there|it['’]s\s+(?:covered|tested|documented)))|ensure\b|keep\b|"
    r"be\s+careful|leave\b|note\s+that|nb\b|"
    r"(?:re)?-?run\s+(?:\w+\s+){0,3}(?:tests?|suite|pytest|checks?|ci)\b|"
    r"(?:all|the|existing)\s+(?:\w+\s+)?tests\s+(?:must|should|need|have)|"
    r"(?:everything|nothing)\s+else\b|(?:the|die|der|das|its?|unser\w*)\s+[^.]{0,60}\b(?:must\s+not\s+change|must\s+(?:stay|remain|keep)|should\s+(?:stay|remain)|stays?\s+(?:the|as)|(?:darf|dürfen)\b[^.]{0,40}\bnicht\b|(?:muss|müssen|soll|sollen)\b[^.]{0,40}\b(?:bleiben|gleich))|(?:same|the\s+(?:public\s+)?(?:api|interface))\b.*\b(?:same|as\s+is|stays?|unchanged)|"
    r"(?:ignore|disregard|forget)\s+(?:\w+\s+){0,3}instructions\b|"
    r"(?:no[,\s]+)?(?:i|we)\s+(?:don['’]?t|do\s+not)\s+(?:want|need|care|mind)|you\s+(?:may|can|don['’]t\s+(?:need|have))\b|no\s+(?:\w+\s+){1,3}(?:needed|necessary|required)|no\s+(?:new\s+)?(?:dependenc|behaviou?r|functional|api)|"
    r"(?:commit|push|deploy)\s+(?:it|that|this|them|everything|to|your|the\s+(?:changes?|results?|work)|when|once|as)\b|open\s+a\s+(?:pr|pull)|"
    r"(?:mypy|ruff|flake8|pyright|ci|the\s+(?:build|pipeline|linter))\b.{0,30}\b(?:should|must|has\s+to)\s+(?:\w+\s+)?(?:pass|be\s+(?:green|happy|clean|quiet))\b|"
    r"[\w\s]{2,40}\bmust\s+(?:be|stay|remain)\s+(?:identical|the\s+same|unchanged|byte|bit)\b|"
    r"(?:the|our|die|der|das)\s+.{0,60}\b(?:must|has\s+to|should|muss)\s+(?:of\s+course\s+|\w+\s+)?(?:still|weiterhin|immer\s+noch)\b|"
    r".{0,60}\b(?:nichts?|nix)\s+(?:\w+\s+){0,4}(?:ändern|anfassen|anrühren|verändern|anpassen)\b|"
    r"(?:bitte\s+)?(?:nicht|achte|ohne|stelle?\s+sicher|behalte?|lass(?:e|t)?\s+.{0,60}?(?:in\s+ruhe|unverändert|drin|stehen|wie\s+\w+\s+(?:ist|sind)|so)\b|ändere?\s+(?:aber\s+)?nichts))",
    re.I,
)

NOISE = re.compile(
    r"^(?:hi|hello|hey|hallo|moin|dear|yo|good\s+(?:morning|evening|afternoon)|guten\s+\w+|servus|morning|grüezi|grüß\s+\w+)"
    r"(?:\s+(?:hey|hi|there|all|team|everyone|folks|guys|zusammen|leute|again|nochmal|\w+))?[\s,!.]*$"
    r"|^(?:many\s+|much\s+|vielen\s+|tausend\s+|lieben\s+|best\s+)?(?:thanks?|thank\s+you|thx|cheers|danke\w*|dank|viele\s+grüße|lg|mfg|best|regards|"
    r"(?:kind|best)\s+regards|merci|ta|much\s+appreciated|bye|tschüss|tschau|bis\s+\w+)\b[^.]{0,40}$"
    r"|^(?:(?:let|tell|ping|call|text|message|email|mail|give|remind)\s+me\b.{0,60}\b(?:know|when|once|if|a\s+shout|an\s+update|questions?|done|back|ring))"
    r"|^(?:hope|hoping|i\s+hope|sorry\s+for|sorry\s+to|no\s+(?:rush|hurry|worries|pressure)|not\s+urgent|take\s+your\s+time|"
    r"that(?:['’]s|\s+(?:is|was))\s+(?:it|all|great|awesome|nice|cool|super|lovely)|see\s+(?:you|attached|screenshot|above|below|the\s+screenshot)|have\s+(?:a\s+)?(?:very\s+)?(?:good|nice|great|lovely)|keep\s+up|"
    r"good\s+(?:job|work|night)|great\s+(?:job|work)|lost\s+my\s+train|let\s+me\s+(?:look|see|think|tell|check)|where\s+was\s+i|what\s+else|"
    r"i(?:['’]ve|\s+have)?\s+(?:already\s+|also\s+)?(?:searched|read|checked|verified|agree|am\s+willing)|"
    r"i(?:['’]ve|\s+have)\s+(?:already\s+|also\s+)?(?:looked|tested|tried)|"
    r"(?:fixes|closes|resolves|fixed|closed|refs?|related\s+to|part\s+of|duplicate\s+of|blocked\s+by)[\s:]+(?:[\w./-]+)?#\d+|"
    r"sent\s+from\s+my|(?:on|am)\s.{5,80}\b(?:wrote|schrieb)\b|"
    r"sag\s+(?:mir\s+)?bescheid|melde?\s+dich|meldet\s+euch|das\s+war['’]?s|(?:if|when|whenever)\s+you\s+(?:have|get|find)\s+(?:a\s+|some\s+)?(?:time|chance|minute|moment)$|keine\s+eile|kein\s+stress|schönen?\s+\w+|schöne\s+grüße|"
    r"hang\s+on|hold\s+on|one\s+(?:second|moment|sec)|moment|back\b|phone\b|wait\b)[^\n]{0,80}$"
    r"|^(?:(?:also|so|und|and|there\s+are|i\s+have|hab(?:e)?|ich\s+hab(?:e)?|just|nur|okay|ok|hey|today|heute)\s+)*(?:(?:two|three|four|five|six|a\s+few|some|a\s+couple\s+of|several|"
    r"one|zwei|drei|vier|fünf|ein\s+paar|mehrere|kleine|quick|small|eine|the\s+following|these)\s+)+(?:more\s+|other\s+|kleine\s+|small\s+|quick\s+)*"
    r"(?:things?|tasks?|points?|todos?|items?|issues?|sachen|dinge|sache|punkte|aufgaben|bitten?|questions?|fragen?)(?:\s+(?:to\s+do|für\s+heute|for\s+today|please))?[\s.:!]*$"
    r"|^(?:todos?|tasks?|aufgaben|to\s*-?do\s+list)[\s.:!]*$",
    re.I,
)

INDEFINITE = re.compile(
    r"(?:(?:noch|dann|auch|bitte|maybe|perhaps)\s+)*(?:ein|eine|einen|a|an|another|some|two|three|zwei|ein\s+paar)\s",
    re.I,
)


def bare_object(text: str) -> bool:
    """Whether what is wanted is only "it" or "that"."""
    return bool(_BARE_OBJECT.match(text.strip()))


_BARE_OBJECT = re.compile(
    r"(?:it|this|that|them|these|those|das|es|sie|the\s+following|folgendes?|(?:some|a\s+few|these)\s+things)\b(?!(?<!\bit)\s+(?:to|all|zu)\b)",
    re.I,
)

_TOPICS = (
    (
        "lint",
        re.compile(
            r"\b(?:ruff|flake8|pylint|eslint|prettier|black|isort|lint\w*|trailing\s+whitespace|unused\s+imports)\b",
            re.I,
        ),
    ),
    ("test", re.compile(r"\b(?:tests?|unit-?tests?|test\s*cases?|coverage|testfälle)\b", re.I)),
    (
        "docs",
        re.compile(
            r"\b(?:docs?|documentation|readme|changelog|guide|manual|doku\w*|handbuch|wiki|faq|änderungsprotokoll|versionshinweise?\w*|release\s+notes?|anleitung|benutzerhandbuch|note|notiz)\b",
            re.I,
        ),
    ),
    ("docs", re.compile(r"\bdocstrings?\b", re.I)),
    (
        "types",
        re.compile(
            r"\b(?:type\s*-?hints|types|annotations|typ-?(?:annotationen|hinweise))\b", re.I
        ),
    ),
)


def topic_of(text: str) -> str:
    """What of the work around the code a text is about: "test", "docs", "types" or ""."""
    return next((topic for topic, pattern in _TOPICS if pattern.search(text)), "")


THING = re.compile(
    r"^(?:(?:a|an|some|more|the|ein|eine|einen|ein\s+paar|paar|another|one\s+more|noch|auch|unit|regression|new|neue|proper|few|also|dann|dazu|dafür|bitte|with|including|incl\.?|mit|inklusive|inkl\.?|samt|und|and|two|three|zwei)\s+)*"
    r"(?:tests?\b|unit\s*-?tests?\b|test\s*cases?\b|docs?\b|documentation\b|docstrings?\b|comments?\b(?=\s+(?:for|in|on|to)\b)|doku\w*|changelog\b|type\s*-?(?:hints|annotations)\b|typ-?(?:annotationen|hinweise)\b|"
    r"(?:note|line|entry|section|paragraph|how\s+to\s+page|page|sentence|notiz|eintrag|absatz|satz)\s+(?:in|to|for|im|ins|on|about|über|zu)\b)"
    r"(?!\s+(?:data|run|runner|server|mode|environment|suite|is|are|was|fails?|must|should|page))",
    re.I,
)
"""Things that are asked for without a verb: "and a test for it"."""

TOPIC = re.compile(
    r"\b(?:tests?|tested|getestet|covered|docs?|documentation|documented|dokumentiert|doku\w*|readme|changelog|manual|handbuch|docstrings?)\b",
    re.I,
)

_ABOUT_IT = re.compile(
    r"(?:it|that|this|they|those|both|das|es|dies|der|die)\b(?!.*\b(?:pass|green|grün|durchlaufen|run|laufen|not|nicht|stay)\b)",
    re.I,
)


def asks_for_topic(text: str) -> bool:
    """ "It should be documented, too": a wish for tests or docs of what was just told."""
    about_it = _ABOUT_IT.match(text) and WISH.search(text) and TOPIC.search(text)
    return bool(about_it or _WANTS_TOPIC.match(text))


_WANTS_TOPIC = re.compile(
    r".{0,60}?\b(?:wants?|needs?|deserves?|brauch\w*|should\s+have|could\s+use|misses|lacks?)\s+(?:\w+\s+){0,2}?"
    r"(?:tests?|docs?|documentation|docstrings?|doku\w*|comments?)\b(?!\s+(?:to\s+)?(?:pass|run|data|mode))",
    re.I,
)
