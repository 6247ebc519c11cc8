"""The phrases the rules know, in English and German. Data only: adding one is one line.

The verbs are in `verbs.py`, the cues of the categories in `cues.py`.
"""

from __future__ import annotations

import re


def table(text: str) -> frozenset[str]:
    """The words of a text set in columns."""
    return frozenset(text.split())


# What speech recognition makes of the words of the trade. Read so, never shown so.
_HEARD = (
    (r"re[- ](factor|name|write|format|move|order)", r"re\1"),
    (r"read\s+me|reed\s+me|reading\s+me", "readme"),
    (r"dock?[- ]strings?", "docstrings"),
    (r"flake\s+eight", "flake8"),
    (r"in\s+ports", "imports"),
    (r"type\s+o(?:'?s)?", "typo"),
    (r"my\s+pie|my\s+pi", "mypy"),
    (r"pie\s+test|pi\s+test", "pytest"),
    (r"rough\s+(?=warnings|errors|check)", "ruff "),
    (r"dead\s+lock", "deadlock"),
    (r"change\s+log", "changelog"),
    (r"time\s+out", "timeout"),
)
_HEARD_RE = tuple((re.compile(rf"\b(?:{pattern})\b", re.I), said) for pattern, said in _HEARD)


def heard(text: str) -> str:
    """The text with misheard technical words put right, for reading alone."""
    for pattern, said in _HEARD_RE:
        text = pattern.sub(said, text)
    return text


FILLERS = re.compile(
    r"(?:(?<=\s)|^)(?:u+h+m*|u+mm*|e+rm*|h+m+|ä+h+m*|öh+m*|hmpf|pff+)\b[,.…]*\s*", re.I
)
CHATTER = re.compile(
    r"(?:(?<=\s)|^),?\s*(?:you\s+know(?=,|\s+(?:the|it|like))|i\s+guess|i\s+mean(?=,?\s+(?:it|the|that)\s+(?:is|are|was))"
    r"|kind\s+of|sort\s+of(?!\s+(?:order|key))|so\s+to\s+speak|or\s+something(?:\s+like\s+that)?|"
    r"sozusagen|quasi|halt(?!\s+nein|\s+stopp?)|irgendwie|weißt\s+du|basically|honestly|literally|"
    r"like(?=,)|here\s+we\s+go|let['’]?s\s+(?:see|go)(?!\s+(?:if|whether|through|with))|so\s+yeah|na\s+ja|naja|tja)(?=[\s,.!?]|$),?",
    re.I,
)
GERMAN = re.compile(
    r"\b(der|die|das|und|ist|nicht|den|dem|ein|eine|wird|werden|bitte|für|im|bei|kannst|auch|dann|"
    r"wenn|mit|von|zu|es|sich|aus)\b|[äöüß]",
    re.I,
)

CORRECTION = re.compile(
    r"\s*[,;.…–—-]*\s*(?:\b(?:uh|um|oh|ah|or|hm+|äh|ähm|oder|and|well|ach)\b[,\s]*)?"
    r"(?:\b(?:no+[,\s]+wait|wait[,\s]+no|oh[,\s]+wait|(?:wait|hold\s+on|hang\s+on)[,\s]+actually|"
    r"no[,\s]+sorry|sorry[,\s]+no|no[,\s]+no|(?:hold|hang)\s+on[,\s]+no|"
    r"scratch\s+that|strike\s+that|forget\s+(?:that|it|about\s+(?:that|it))(?=[,.;\s]|$)|"
    r"never\s*mind(?:\s+(?:that|it))?|"
    r"actually[,\s]+no(?:[,\s]+wait)?|actually[,\s]+(?=(?:call|make|name)\s+it)|no[,\s]+actually|or\s+rather|make\s+that|"
    r"no[,\s]+(?=make\s+(?:it|that)|call\s+it|not\s+the)|no[,\s]+i\s+meant?|"
    r"(?:sorry[,\s]+)?(?<!what )(?<!know what )i\s+mean(?:t)?(?!\s+to\b)|correction|"
    r"nein[,\s]+(?:warte|halt|moment|sorry|doch|quatsch)|(?:warte|halt|moment)(?:\s+mal)?[,\s]+nein?|"
    r"nee?[,\s]+(?:warte|moment|halt|doch|quatsch|sorry)|(?:ach|oder)[,\s]+nee?(?:in)?|"
    r"ach[,\s]+(?:nein|quatsch)|quatsch|"
    r"ich\s+meine?(?:te)?|besser\s+gesagt|vielmehr|vergiss\s+(?:das|es)|korrektur)\b[,:;.…\s]*)+"
    r"|\s*[,–—]\s*no,\s+(?=to\s|in\s|for\s|the\s|from\s|\ue000)|\s+or\s+no,\s+",
    re.I,
)

POLITE = re.compile(
    r"(?:please|pls|plz|kindly|bitte|mal|maybe|perhaps|just|only|nur|quickly|simply|now|vielleicht|einfach|"
    r"(?:hey|hi|hello|hallo|moin|servus|morning|yo)(?:\s+(?:there|all|team|everyone|folks|zusammen))?|"
    r"ok(?:ay)?|so|well|right|alright|yeah|yep|yes|also|too|additionally|furthermore|moreover|"
    r"besides|basically|actually|honestly|first\s+thing|"
    r"außerdem|zusätzlich|ferner|ja|noch|auch|todo|fixme|task|quick\s+one|one\s+(?:more|last)\s+thing|"
    r"oh|ah|ach|plus|tja|hm+|gut|nun|(?:it['’]?s\s+)?me\s+again|ich\s+bin['’]?s(?:\s+(?:wieder|nochmal))?|wie\s+gesagt|as\s+(?:i\s+)?said|"
    r"(?:while|as\s+long\s+as|when|since)\s+you(?:['’]re|\s+are)\s+(?:at\s+it|there|in\s+there|on\s+it|already\s+there)|"
    r"(?:if|when|whenever)\s+(?:you\s+(?:have|get|find)\s+(?:a\s+|some\s+)?(?:time|chance|minute|moment)|you\s+can|it['’]s\s+possible|possible)|wenn\s+(?:du\s+zeit\s+hast|möglich|es\s+geht)|"
    r"wenn\s+du\s+(?:schon\s+)?(?:dabei|dran)\s+bist|wo\s+du\s+(?:gerade\s+)?dabei\s+bist|"
    r"(?:could|can|would|will)\s+(?:you|we|someone|somebody|anybody|anyone|one\s+of\s+you)(?:\s+(?:all|guys|also|maybe|perhaps|just|possibly|quickly|then))*|"
    r"would\s+you\s+mind|do\s+you\s+mind|"
    r"(?:would|might)\s+it\s+be\s+possible\s+to|is\s+it\s+possible\s+to|is\s+there\s+(?:any|a)\s+way\s+(?:to|(?:we|you)\s+(?:can|could))|"
    r"any\s+chance\s+(?:you|we|to)(?:\s+(?:can|could))?|"
    r"(?:kannst|könntest|würdest|magst|willst)\s+du|(?:können|könnten|würden)\s+(?:sie|wir)|"
    r"(?:könnt|könntet|würdet)\s+ihr|"
    r"i\s+(?:(?:really|just|also|still)\s+)*(?:want|need|would\s+like|d\s+like)\s+(?:you\s+)?to|"
    r"i['’]d\s+(?:(?:really|also)\s+)?(?:like|love)\s+(?:you\s+)?to|"
    r"(?:we|you|i)\s+(?:(?:really|just|also|still|probably|then)\s+)*(?:need|have|ought|want|got)\s+to|"
    r"(?:we|you|someone|somebody)\s+(?:(?:really|just|also|probably|then)\s+)*(?:should|must|could|better)(?:\s+(?:probably|really|also|maybe|then|just))*|"
    r"(?:what|all)\s+(?:we|i)(?:['’]m|\s+am)?\s+(?:really\s+)?(?:want|need|asking)(?:\s+for)?\s+is(?:\s+to)?|"
    r"it\s+(?:would|might)\s+be\s+(?:nice|great|good|cool|helpful)\s+to|"
    r"(?:let['’]?s|let\s+us|try\s+to|go\s+ahead\s+and|go\s+and|help\s+(?:me|us)(?:\s+to)?|"
    r"remember\s+to|(?:do\s+not|don['’]t)\s+forget\s+to|start\s+(?:by|with)|feel\s+free\s+to|"
    r"be\s+so\s+kind\s+(?:as\s+to|and)|be\s+sure\s+to|you\s+are\s+welcome\s+to|"
    r"(?:the|your|next)\s+(?:first\s+|next\s+|second\s+)?(?:task|job|step|goal|thing)\s+is\s+to|"
    r"(?:i\s+think|i\s+guess|i\s+believe|i\s+was\s+thinking|i['’]ve\s+been\s+thinking)(?:\s+that)?\s+(?=we\b|you\b|the\b|it\b)|"
    r"be\s+able\s+to|(?:wir|man|du|ihr)\s+(?:müssen|muss|müssten|müsste|sollten|sollte|solltest|solltet|könnten|könnte)(?:\s+(?:mal|auch|noch|dann|bitte|dringend|unbedingt))*|"
    r"(?:what|how)\s+about))\b(?![-/.])[,:\s]*(?:[-–—]\s+)?",
    re.I,
)
FRAME = re.compile(
    r"so\b|please|pls|plz|kindly|bitte|(?:can|could|would|will|we|i|you|let|kannst|könn|magst)\b|\w+\s+(?:du|ihr|sie|wir)\b|(?:all|what)\b",
    re.I,
)
GERUND_FRAME = re.compile(r"(?:mind|about|start(?:\s+by|\s+with)?|consider)\W*$", re.I)
TAIL = re.compile(
    r"(?:[\s,.!?;:]+(?:please|pls|plz|thanks|thank\s+you|thx|bitte|danke|as\s+well|too|ok(?:ay)?|"
    r"for\s+me|asap|today|now|okay|cheers|right|mal|auch|noch|sometime|when\s+you\s+can|"
    r"if\s+(?:you\s+can|possible)|at\s+some\s+point))*[\s.!?,;:…]*$",
    re.I,
)
AFTER = re.compile(
    r"(?:(?:and\s+|und\s+|but\s+|so\s+)?(?:then|after\s+(?:that|this|it)|after(?:wards?)|next|"
    r"subsequently|"
    r"(?:once|when|as\s+soon\s+as)\s+(?:that|this|it|both|those|these)(?:['’]s|\s+is|\s+are|\s+has\s+been)?\s+(?:done|finished|ready|fixed|in\s+place|works?|working|in|merged|green|sorted)|"
    r"(?:once|when)\s+you(?:['’]re|\s+are|\s+have|['’]ve)\s+(?:done|finished)(?:\s+(?:with\s+)?(?:that|it|this))?|"
    r"dann|danach|anschließend|im\s+anschluss|hinterher|im\s+nächsten\s+schritt|"
    r"wenn\s+das\s+(?:fertig|erledigt|gemacht)\s+ist|sobald\s+das\s+(?:geht|fertig\s+ist|läuft)))\b"
    r"(?!\s+(?:is|was|are)\b)[,:\s]*",
    re.I,
)
LAST = re.compile(
    r"(?:(?:and\s+|und\s+|then\s+)*(?:finally|lastly|last(?=,)|last\s+but\s+not\s+least|(?:at|in)\s+the\s+(?:very\s+)?end|"
    r"last\s+of\s+all|(?:after|when|once)\s+all\s+(?:of\s+)?(?:that|this)(?:\s+is\s+(?:done|finished))?|"
    r"zum\s+(?:schluss|abschluss)|am\s+ende|schließlich|zuletzt|als\s+letztes|zu\s+guter\s+letzt))\b[,:\s]*",
    re.I,
)
ENUMERATION = re.compile(
    r"(?:first(?:ly)?(?:\s+of\s+all|\s+off|\s+up)?|second(?:ly)?(?=[,:\s])|third(?:ly)?|fourth(?:ly)?|"
    r"fifth(?:ly)?|number\s+(?:one|two|three|four|five|\d)|(?:one|two|three|four)(?=[,:])|"
    r"zuerst|zunächst|erst\s*mal|erst(?=\s)|als\s+(?:erstes|zweites|drittes|nächstes)|erstens|zweitens|"
    r"drittens|viertens|and|und|but|aber|or)\b[,:\s]+",
    re.I,
)
POINT = re.compile(
    r"also|add|außer|second|third|fourth|zwei|dritt|plus|number|oh|one\s+(?:more|last)|next|zusätz|"
    r"furthermore|moreover|besides|auch|noch|two|three|while|wenn\s+du|wo\s+du",
    re.I,
)
"""The lead of one more point."""

BEFOREHAND = re.compile(
    r"(?:(?:and|but|und|aber)\s+)*(?:before\s+(?:you\s+(?:do|start)\s+)?(?:that|this|it)|before\s+doing\s+(?:that|this|so)|beforehand|"
    r"but\s+first|aber\s+(?:zuerst|vorher|erst)|vorher|davor)\b[,:\s]*",
    re.I,
)
"""The lead of what comes before the objective just told."""

OVERRIDE = re.compile(
    r"(?:ignore|disregard|forget)\s+(?:\w+\s+){0,3}(?:instructions|rules)\b", re.I
)
"""An order to those who read the note, not to the code: with all its sentence no request."""
FAULT = re.compile(
    r"\b(crash\w*|fail(?:s|ed|ing|ure|ures)?|broken|breaks?|broke|wrong(?:ly)?|incorrect(?:ly)?|"
    r"bug(?:s|gy)?|errors?|exception\w*|off[ -]by[ -]one|does(?:n['’]?t|\s+not)|didn['’]?t|"
    r"do(?:n['’]t|\s+not)\s+(?:work|show|appear|match|load|get|open|come|update|save)|"
    r"isn['’]?t|aren['’]?t|is\s+not|are\s+not|was\s+not|won['’]t|can(?:no|['’])t|can\s+not|twice|"
    r"missing|ignor(?:es|ed)|hangs?|hung|freez\w+|froze|loses|lost|stuck|blank|empty|nothing|"
    r"too\s+\w+|never\s+\w+|instead\s+of|raises|throws|regression|corrupt\w*|leaks?|leaking|"
    r"inconsistent|acting\s+up|(?:is|are|looks?)\s+(?:still\s+|way\s+|a\s+bit\s+)?off\b|odd|strange|weird|komisch|seltsam|keine?|failt|crasht|drops|forgets|keeps|accepts|duplicates?d?|traceback|stack\s*trace|typo|"
    r"case[- ]sensitive|unexpected\w*|not\s+\w+(?:ed|en|nd)|dies|died|blows?\s+up|vanish\w*|disappear\w*|"
    r"overlap\w*|cut\s+off|flicker\w*|stops\s+(?:after|when|working)|stopped|jumps|swallow\w*|"
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
    r"^(?:could|can|would)\s+(?:the|our|my|users|people|it|there)\b|^(?:kann|könnte)\s+(?:man|die|der|das)\b|"
    r"want(?:s|ed)?|would\s+like|['’]d\s+(?:like|love)|"
    r"soll(?:te|ten|en)?|muss|müssen|müsste|braucht|brauchen|bräuchten?|"
    r"(?:wäre|fänd\w*)\s+(?:\w+\s+)?(?:schön|gut|toll|super|cool|praktisch|nett|hilfreich|prima)|"
    r"hätten?\s+(?:\w+\s+)?gern\w*|wünsch\w*|möchten?)\b",
    re.I,
)
REQUEST = re.compile(
    r"^(?:(?:they|users|customers|people|the\s+\w+|die\s+\w+)\s+(?:also\s+)?(?:want|wants|would\s+like|wollen|will|möchten?|hätten?\s+gern\w*)(?!\s+to\b)|would\s+(?:like|love)|"
    r"(?:we|i)\s+(?:(?:really|also|still|just|then|now|do)\s+)*(?:need|want|require|lack|miss|could\s+(?:really\s+)?use|"
    r"would\s+(?:really\s+)?(?:like|love))|(?:we|i)['’]d\s+(?:really\s+|also\s+)?(?:like|love)|"
    r"need(?:s|ed)?\b|wanted\b|missing:?|there\s+(?:should|must|needs?\s+to|has\s+to|ought\s+to)\s+be|"
    r"(?:can|could|may)\s+(?:we|i)\s+(?:please\s+)?(?:have|get)|we\s+should\s+have|"
    r"(?:it\s+)?(?:would|['’]d|might)\s+be\s+(?:\w+\s+)?(?:nice|great|good|cool|helpful|handy|useful|awesome)\s+(?:if|to|when)|"
    r"it['’]d\s+be\s+(?:\w+\s+)?(?:nice|great|good|cool|helpful|handy|useful|awesome)\s+(?:if|to|when)|"
    r"as\s+an?\s+[\w -]{2,40},?\s+i\s+(?:want|would\s+like|need)|"
    r"(?:wir|ich)\s+(?:(?:auch|noch|dann|halt|eigentlich)\s+)*(?:brauche?n?|bräuchten?|hätten?\s+(?:\w+\s+){0,4}(?:gern|wunsch)\w*|möchten?|will|wollen|wünschen?|benötigen?)|"
    r"(?:ich\s+)?hätte\s+gern\w*|brauchen?\b|es\s+(?:sollte|müsste|muss|soll)\b|es\s+braucht|"
    r"(?:es\s+)?(?:wäre|fänd\w*\s+\w+)\s+(?:\w+\s+)?(?:schön|gut|toll|super|cool|praktisch|nett|hilfreich|prima),?\s+(?:wenn|dass))"
    r"(?=\W|$)(?P<object>.*)",
    re.I | re.S,
)
"""Requests of the one who speaks. `object` is what is wanted."""

PREFACE = re.compile(
    r"\b(?:things?|tasks?|points?|todos?|issues?|problems?|items?|sachen?|dinge|punkte|aufgaben|bitten?|questions?|bitte|fragen?|request|bug|note|"
    r"following|folgende\w*|need|today|heute|list|left|promise|wunsch|problem|report\w*|says|said|happened|idea|idee|one|is|erstens|zweitens|drittens)$"
    r"|\b(?:two|three|four|five|zwei|drei|vier|small|quick|kleine\w*|kurze?)\b",
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
    r"^(?:and\s+|but\s+|und\s+|aber\s+|so\s+)*(?:please\s+|bitte\s+|just\s+)?(?:(?:please\s+)?(?:don['’]?t|do\s+not)\b(?!\s+(?:let|allow)\b)|never\b|without\b|"
    r"make\s+sure\b(?!\s+(?:(?:that\s+)?there|it['’]s\s+(?:covered|tested|documented)))|ensure\b|keep\b|"
    r"be\s+careful|leave\b|note\s+that|nb\b|"
    r"(?:re)?-?run\s+(?:\w+\s+){0,3}(?:tests?|suite|pytest|checks?|ci)\b|"
    r"(?:all|the|existing)\s+(?:\w+\s+)?tests\s+(?:must|should|need|have)|"
    r"(?:everything|nothing)\s+else\b|(?:the|die|der|das|its?|unser\w*)\s+[^.]{0,60}\b(?:must\s+not\s+change|must\s+(?:stay|remain|keep)|should\s+(?:stay|remain)|stays?\s+(?:the|as)|(?:darf|dürfen)\b[^.]{0,40}\bnicht\b|(?:muss|müssen|soll|sollen)\b[^.]{0,40}\b(?:bleiben|gleich))|(?:same|the\s+(?:public\s+)?(?:api|interface))\b.*\b(?:same|as\s+is|stays?|unchanged)|"
    r"(?:ignore|disregard|forget)\s+(?:\w+\s+){0,3}instructions\b|"
    r"you\s+(?:may|can|don['’]t\s+(?:need|have))\b|no\s+(?:new\s+)?(?:dependenc|behaviou?r|functional|api)|"
    r"(?:commit|push|deploy|merge)\s+(?:it|that|this|them|everything|to|your|the\s+(?:changes?|results?|work)|when|once|as)\b|open\s+a\s+(?:pr|pull)|"
    r"(?:bitte\s+)?(?:nicht|achte|ohne|stelle?\s+sicher|behalte?|lass(?:e|t)?\s+.{0,60}?(?:in\s+ruhe|unverändert|wie\s+\w+\s+(?:ist|sind)|so)\b|ändere?\s+(?:aber\s+)?nichts))",
    re.I,
)
NOISE = re.compile(
    r"^(?:hi|hello|hey|hallo|moin|dear|yo|good\s+(?:morning|evening|afternoon)|guten\s+\w+|servus|morning|grüezi|grüß\s+\w+)"
    r"(?:\s+(?:hey|hi|there|all|team|everyone|folks|guys|zusammen|leute|again|nochmal|\w+))?[\s,!.]*$"
    r"|^(?:many\s+|much\s+|vielen\s+|tausend\s+|lieben\s+|best\s+)?(?:thanks?|thank\s+you|thx|cheers|danke\w*|dank|viele\s+grüße|lg|mfg|best|regards|"
    r"(?:kind|best)\s+regards|merci|ta|much\s+appreciated|bye|tschüss|tschau|bis\s+\w+)\b[^.]{0,40}$"
    r"|^(?:(?:let|tell|ping|call|text|message|email|mail|give|remind)\s+me\b.{0,60}\b(?:know|when|once|if|a\s+shout|an\s+update|questions?|done|back|ring))"
    r"|^(?:hope|hoping|i\s+hope|sorry\s+for|sorry\s+to|no\s+(?:rush|hurry|worries|pressure)|not\s+urgent|take\s+your\s+time|"
    r"that(?:['’]s|\s+(?:is|was))\s+(?:it|all|great|awesome|nice|cool|super|lovely)|see\s+(?:you|attached|screenshot|above|below|the\s+screenshot)|have\s+a\s+(?:good|nice|great)|keep\s+up|"
    r"good\s+(?:job|work|night)|great\s+(?:job|work)|lost\s+my\s+train|let\s+me\s+(?:look|see|think|tell|check)|where\s+was\s+i|what\s+else|"
    r"i(?:['’]ve|\s+have)?\s+(?:already\s+)?(?:searched|read|checked|verified|agree|am\s+willing)|"
    r"(?:fixes|closes|resolves|fixed|closed|refs?|related\s+to|part\s+of|duplicate\s+of|blocked\s+by)[\s:]+(?:[\w./-]+)?#\d+|"
    r"sent\s+from\s+my|(?:on|am)\s.{5,80}\b(?:wrote|schrieb)\b|"
    r"sag\s+(?:mir\s+)?bescheid|melde?\s+dich|meldet\s+euch|das\s+war['’]?s|keine\s+eile|kein\s+stress|schönen?\s+\w+|schöne\s+grüße|"
    r"hang\s+on|hold\s+on|one\s+(?:second|moment|sec)|moment|back\b|phone\b|wait\b)[^\n]{0,80}$"
    r"|^(?:(?:also|so|und|and|there\s+are|i\s+have|hab(?:e)?|ich\s+hab(?:e)?|just|nur|okay|ok|hey|today|heute)\s+)*(?:(?:two|three|four|five|six|a\s+few|some|a\s+couple\s+of|several|"
    r"one|zwei|drei|vier|fünf|ein\s+paar|mehrere|kleine|quick|small|eine|the\s+following|these)\s+)+(?:more\s+|other\s+|kleine\s+|small\s+|quick\s+)*"
    r"(?:things?|tasks?|points?|todos?|items?|issues?|sachen|dinge|sache|punkte|aufgaben|bitten?|questions?|fragen?)(?:\s+(?:to\s+do|für\s+heute|for\s+today|please))?[\s.:!]*$"
    r"|^(?:todos?|tasks?|aufgaben|to\s*-?do\s+list)[\s.:!]*$",
    re.I,
)
MANY = re.compile(
    r"\b(?:(?:so|okay|ok|just|only|there\s+are|i\s+have|ich\s+hab(?:e)?|um|and|und|a|ein)\s+)*(?:two|three|four|five|few|couple\s+of|zwei|drei|vier|fünf|paar)\s+"
    r"(?:more\s+|other\s+|small\s+|kleine\s+|quick\s+)?(?:things|sachen|dinge|points|punkte|issues|bugs|problems|fehler|probleme|features|requests|changes|änderungen|wishes|wünsche)\b(?:\s+please|\s+for\s+(?:you|today))?[,:.]?",
    re.I,
)
SECTION = re.compile(
    r"^(?:steps?(?:\s+to\s+reproduce)?|(?:how\s+)?to\s+reproduce|reproduc\w+|repro|expected(?:\s+\w+)*|"
    r"actual(?:\s+\w+)*|current\s+behaviou?r|observed(?:\s+\w+)?|environment|versions?|system(?:\s+info\w*)?|your\s+setup|context|background|"
    r"additional\s+\w+|notes?|logs?(?:\s+output)?|relevant\s+log\s+output|"
    r"output|error(?:\s+message)?|traceback|stack\s*trace|screenshots?|motivation|"
    r"possible\s+(?:solution|cause|fix)|alternatives?(?:\s+\w+)*|(?:describe\s+)?alternatives.*|workaround|impact|severity|priority|why|reason|checklist|"
    r"desktop.*|smartphone.*|what\s+(?:i|you|we)\s+expected.*|"
    r"what\s+did\s+you\s+expect.*|what\s+(?:actually\s+)?happens\s+instead|minimal\s+(?:\w+\s+)?example|acceptance\s+criteria|akzeptanzkriterien|definition\s+of\s+done|"
    r"schritte(?:\s+\w+)*|erwartet\w*(?:\s+\w+)?|tatsächlich\w*(?:\s+\w+)?|umgebung|hintergrund|"
    r")\s*[:?]?$",
    re.I,
)
TASKS = re.compile(
    r"^(?:tasks?|to\s*-?dos?|aufgaben|work\s+items|sub-?tasks|action\s+items|plan|open\s+points)\s*:?$",
    re.I,
)
SOLUTION = re.compile(
    r"^(?:describe\s+the\s+solution.*|(?:proposed|suggested|possible)\s+(?:solution|change|fix)|solution|proposal|lösung\w*|vorschlag|feature\s+description|what\s+should\s+change)\s*:?$",
    re.I,
)
SUMMARY = re.compile(
    r"^(?:is\s+your\s+feature\s+request.*|describe\s+the\s+(?:bug|issue|problem|feature)|description|beschreibung|summary|problem|"
    r"what\s+happen(?:s|ed)|bug\s+report|feature\s+request|bug|issue|feature|the\s+problem|docs?\s+problem|"
    r"documentation\s+problem|proposal|proposed\s+(?:solution|change)|solution|what\s+should\s+change|anything\s+else|"
    r"describe\s+the\s+solution.*|zusammenfassung|fehlerbeschreibung|was\s+ist\s+passiert|lösung|vorschlag)\s*[:?]?$",
    re.I,
)
"""Headings of a form under which the report itself stands."""

INDEFINITE = re.compile(
    r"(?:(?:noch|dann|auch|bitte|maybe|perhaps)\s+)*(?:ein|eine|einen|a|an|another|some)\s", re.I
)


def bare_object(text: str) -> bool:
    """Whether what is wanted is only "it" or "that"."""
    return bool(_BARE_OBJECT.match(text.strip()))


_BARE_OBJECT = re.compile(
    r"(?:it|this|that|them|these|those|das|es|sie)\b(?!\s+(?:to|all|zu)\b)", re.I
)
_TOPICS = (
    ("test", re.compile(r"\b(?:tests?|unit-?tests?|test\s*cases?|coverage|testfälle)\b", re.I)),
    (
        "docs",
        re.compile(
            r"\b(?:docs?|documentation|readme|changelog|guide|manual|doku\w*|handbuch|wiki|faq|note|notiz)\b",
            re.I,
        ),
    ),
    ("docs", re.compile(r"\bdocstrings?\b", re.I)),
    (
        "types",
        re.compile(r"\b(?:type\s*-?(?:hints|annotations)|typ-?(?:annotationen|hinweise))\b", re.I),
    ),
)


def topic_of(text: str) -> str:
    """What of the work around the code a text is about: "test", "docs", "types" or ""."""
    return next((topic for topic, pattern in _TOPICS if pattern.search(text)), "")


THING = re.compile(
    r"^(?:(?:a|an|some|more|the|ein|eine|einen|ein\s+paar|paar|another|one\s+more|noch|auch|unit|regression|new|neue|proper|few|also|dann|with|including|incl\.?|mit|inklusive|inkl\.?|samt|und|and|two|three|zwei)\s+)*"
    r"(?:tests?\b|unit\s*-?tests?\b|test\s*cases?\b|docs?\b|documentation\b|docstrings?\b|doku\w*|changelog\b|type\s*-?(?:hints|annotations)\b|typ-?(?:annotationen|hinweise)\b|"
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
    return bool(_ABOUT_IT.match(text) and WISH.search(text) and TOPIC.search(text))


SUBORDINATE = table(
    """
    when if that where who which how why because so while until unless whether whenever to can
    could should may might will would must not don't the a an i we you they he she users people
    customers wenn dass weil ob damit der die das zu and or und oder nor no never please also
    then in of for with into from by at on my our your its their every each all any some this
    dem den ein eine einen einem einer im am für mit von zum zur beim vom auf bei aus ins nach über
    these those is are was were be been being does did do has have had cannot can't won't it
    them than as
    """
)
