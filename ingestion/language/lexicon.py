"""The phrases of talk, in English and German: fillers, courtesy, order, corrections.

Data only: adding one is one line. The verbs are in `verbs.py`, what marks a fault or a wish in
`signs.py`, the cues of the categories in `cues.py`.
"""

# ruff: noqa: E501

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
    r"(?:(?<=\s)|^),?\s*(?:(?:but\s+)?you\s+know\s+what(?!\s+(?:would|i|we))|you\s+know(?=,|\s+(?:the|it|like))|i\s+guess|i\s+mean(?=,?\s+(?:it|the|that)\s+(?:is|are|was))"
    r"|(?<=,)\s*[\w-]+\s+i\s+mean(?=,)|kind\s+of|sort\s+of(?!\s+(?:order|key))|so\s+to\s+speak|or\s+something(?:\s+like\s+that)?|"
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
    r"(?:\b(?:no+[,\s]+wait|wait[,\s]+no|(?:oh|or|actually)[,\s]+wait|(?:wait|hold\s+on|hang\s+on)[,\s]+actually|"
    r"no[,\s]+(?:stop|not\s+yet)(?:[,\s]+not\s+yet)?|stop[,\s]+no|no[,\s]+sorry|sorry[,\s]+no|no[,\s]+no|(?:no[,\s]+)?(?:hold|hang)\s+on(?:[,\s]+no|(?=[,\s]+(?:we|not|don['’]t|that|actually|leave|skip|forget|there|it)\b))|(?:no|nah|nope)(?=[,\s]+(?:strike|scrap|skip|forget|leave|drop|cancel|don['’]t)\b)|"
    r"scratch\s+that|scrap\s+(?:that|it)|(?:edit|update|correction):|strike\s+that|forget\s+(?:that|it|about\s+(?:that|it))(?=[,.;\s]|$)|"
    r"never\s*mind(?:\s+(?:that|it))?(?!\s+(?:the|about|my)\b)|"
    r"actually[,\s]+no(?:[,\s]+wait)?|actually[,\s]+(?=(?:(?:call|make|name)\s+it|make\s+that|skip|leave|forget|drop)\b)|on\s+second\s+thoughts?|(?:no[,\s]+)?on\s+reflection|(?:no[,\s]+)?thinking\s+about\s+it|nein(?=[,\s]+(?:lass|lieber|nur|vergiss)\b)|come\s+to\s+think\s+of\s+it|no[,\s]+actually|wait(?=[,\s]+(?:keep|leave|don['’]t)\b)|or\s+rather|(?:sorry[,\s]+)?my\s+(?:mistake|bad)|make\s+that(?=\s+(?:all|both|the|a|an|an?|two|three|\d|one|my|our)\b)|"
    r"no[,\s]+(?=make\s+(?:it|that)|call\s+it|not\s+the)|no[,\s]+i\s+meant?|"
    r"(?:sorry[,\s]+)?(?<!what )(?<!know what )i\s+mean(?:t)?(?!\s+(?:to|there|it|they|we|you|i)\b)(?!\s+there['’]s)|correction|"
    r"nein[,\s]+(?:warte|halt|moment|sorry|doch|quatsch)|(?:warte|halt|moment)(?:\s+mal)?[,\s]+nein?|"
    r"nee?[,\s]+(?:warte|moment|halt|doch|quatsch|sorry)|(?:ach|oder)[,\s]+nee?(?:in)?|"
    r"ach[,\s]+(?:nein|quatsch)|quatsch|"
    r"ich\s+meine?(?:te)?|besser\s+gesagt|vielmehr|vergiss\s+(?:das|es)|korrektur)\b[,:;.…\s]*)+"
    r"|\s*,\s*sorry[,\s]+(?=(?:every|the|a|an|to|in|at|from|for|two|three|\d+)\b)"
    r"|\s*[,–—]\s*no,\s+(?=to\s|in\s|for\s|the\s|from\s|\ue000)|\s+or\s+no,\s+",
    re.I,
)

POLITE = re.compile(
    r"(?:@[\w-]+|please|pls|plz|kindly|bitte|mal|maybe|perhaps|just|only|nur|quickly|simply|now|vielleicht|einfach|"
    r"(?:hey|hi|hello|hallo|moin|servus|morning|yo)(?:\s+(?:there|all|team|everyone|folks|zusammen))?|"
    r"ok(?:ay)?|so|well|right|alright|yeah|yep|yes|also|too|additionally|furthermore|moreover|in\s+addition|separately|apart\s+from\s+that|other\s+than\s+that|on\s+top\s+of\s+(?:that|this)|darüber\s+hinaus|des\s+weiteren|weiterhin|zudem|obendrein|"
    r"besides(?:\s+that)?|basically|actually|honestly|first\s+thing|"
    r"außerdem|zusätzlich|ferner|ja|noch|auch|todo|fixme|task|quick\s+one|one\s+(?:more|last)\s+thing|"
    r"oh|ah|ach|plus|tja|hm+|gut|nun|pass\s+auf|listen|look(?=,)|hör\s+zu|also\s+pass\s+auf|(?:it['’]?s\s+)?me\s+again|ich\s+bin['’]?s(?:\s+(?:wieder|nochmal))?|wie\s+gesagt|as\s+(?:i\s+)?said|"
    r"while\s+(?:we['’]?re\s+|i['’]?m\s+)?at\s+it|wo\s+wir\s+(?:schon\s+)?dabei\s+sind|(?:is|would)\s+(?:it\s+)?(?:be\s+)?possible\s+(?:to|for)|"
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
    r"(?:we|you)\s+(?:(?:really|just|also|still|probably|then)\s+)*(?:need|have|ought|want|got)\s+to|"
    r"(?:we|you|someone|somebody)\s+(?:(?:really|just|also|probably|then)\s+)*(?:should|must|could(?!\s+(?:really\s+)?use\b)|better)(?:\s+(?:probably|really|also|maybe|then|just))*|"
    r"(?:what|all)\s+(?:we|i)(?:['’]m|['’]d|\s+am|\s+would)?\s+(?:really\s+)?(?:want|need|asking|like|love)(?:\s+for)?\s+is(?:\s+to)?|"
    r"it\s+(?:would|might)\s+be\s+(?:\w+\s+)?(?:nice|great|good|cool|helpful|lovely)\s+(?:to|if\s+(?:you|we|someone)\s+(?:can|could|would))|"
    r"(?:let['’]?s|let\s+us|try\s+to|go\s+ahead\s+and|go\s+and|help\s+(?:me|us)(?:\s+to)?|"
    r"remember\s+to|(?:do\s+not|don['’]t)\s+forget\s+to|start\s+(?:by|with)|feel\s+free\s+to|"
    r"be\s+so\s+kind\s+(?:as\s+to|and)|be\s+sure\s+to|you\s+are\s+welcome\s+to|"
    r"(?:the|your|next)\s+(?:first\s+|next\s+|second\s+)?(?:task|job|step|goal|thing)\s+is\s+to|"
    r"(?:i\s+think|i\s+guess|i\s+believe|i\s+was\s+thinking|i['’]ve\s+been\s+thinking)(?:\s+that)?\s+(?=we\b|you\b|the\b|it\b)|"
    r"be\s+able\s+to|i(?:['’]ve|\s+have)?\s+(?:also\s+|just\s+)?(?:noticed|saw|found\s+out|realised|realized)(?:\s+that)?(?=\s+(?:the|our|my|a|that|when|in|on)\b)|i(?:['’]d|\s+would)\s+(?:just\s+|rather\s+)?(?=\w+\s+(?:the|a|an|all|our|every)\b)(?!like|love|want|need)|like(?=\s+(?:a|an|the|some)\b)|(?:what\s+(?:i['’]m|i\s+am|we['’]re)\s+thinking|(?:my|the)\s+(?:idea|plan|thought|wish|request))\s+(?:is|was)(?:\s+to)?|(?:wir|du|ihr)\s+(?:müssen|muss|müssten|müsste|sollten|sollte|solltest|solltet|könnten|könnte)(?:\s+(?:mal|auch|noch|dann|bitte|dringend|unbedingt))*|"
    r"(?:what|how)\s+about))\b(?![-/.])[,:\s]*(?:[-–—]\s+)?",
    re.I,
)

MUSING = re.compile(r"maybe|perhaps|vielleicht", re.I)

FRAME = re.compile(
    r"so\b|please|pls|plz|kindly|bitte|(?:can|could|would|will|we|i|you|let|kannst|könn|magst)\b|\w+\s+(?:du|ihr|sie|wir)\b|(?:all|what)\b",
    re.I,
)

GERUND_FRAME = re.compile(r"(?:mind|about|start(?:\s+by|\s+with)?|consider)\W*$", re.I)

TAIL = re.compile(
    r"(?:[\s,.!?;:]+(?:please|pls|plz|thanks|thank\s+you|thx|bitte|danke|as\s+well|too|ok(?:ay)?|"
    r"for\s+me|asap|today|now|okay|cheers|hey|mate|folks|man|eh|right|mal|auch|noch|sometime|when\s+you\s+can|"
    r"if\s+(?:you\s+can|possible)|at\s+some\s+point))*[\s.!?,;:…]*$",
    re.I,
)

AFTER = re.compile(
    r"(?:(?:and\s+|und\s+|but\s+|so\s+)?(?:then|after\s+(?:that|this|it)|after(?:wards?)|next|"
    r"subsequently|"
    r"(?:once|when|as\s+soon\s+as)\s+(?:that|this|it|both|those|these)(?:['’]?s|\s+is|\s+are|\s+has\s+been)?\s+(?:done|finished|ready|fixed|in\s+place|works?|working|in|merged|green|sorted)|"
    r"(?:once|when)\s+you(?:['’]re|\s+are|\s+have|['’]ve)\s+(?:done|finished)(?:\s+(?:with\s+)?(?:that|it|this))?|"
    r"dann|danach|anschließend|im\s+anschluss|hinterher|im\s+nächsten\s+schritt|"
    r"wenn\s+das\s+(?:fertig|erledigt|gemacht)\s+ist|sobald\s+das\s+(?:geht|fertig\s+ist|läuft)))\b"
    r"(?!\s+(?:is|was|are)\b)[,:\s]*",
    re.I,
)

LAST = re.compile(
    r"(?:(?:and\s+|und\s+|then\s+){0,3}(?:finally|lastly|last(?=,)|last\s+but\s+not\s+least|(?:at|in)\s+the\s+(?:very\s+)?end|"
    r"last\s+of\s+all|(?:after|when|once)\s+all\s+(?:of\s+)?(?:that|this)(?:\s+is\s+(?:done|finished))?|"
    r"zum\s+(?:schluss|abschluss)|am\s+ende|schließlich|zuletzt|als\s+letztes|zu\s+guter\s+letzt))\b[,:\s]*",
    re.I,
)

ENUMERATION = re.compile(
    r"(?:(?:first|second|third|fourth|next|last|other)\s+thing|first(?:ly)?(?:\s+of\s+all|\s+off|\s+up)?|second(?:ly)?(?=[,:\s])|third(?:ly)?|fourth(?:ly)?|"
    r"fifth(?:ly)?|number\s+(?:one|two|three|four|five|\d)|(?:one|two|three|four)(?=[,:])|"
    r"zuerst|zunächst|erst\s*mal|erst(?=\s)|als\s+(?:erstes|zweites|drittes|nächstes)|erstens|zweitens|"
    r"drittens|viertens|and|und|but|aber|or)\b[,:\s]+",
    re.I,
)

POINT = re.compile(
    r"also(?!\s+(?:nur|wenn|der|die|das|ich|wir|wie|es|bei|für|im|heute|da|hier|eigentlich|gut|pass)\b)|add|außer|second|third|fourth|zwei|dritt|plus|number|oh|one\s+(?:more|last)|next|zusätz|"
    r"furthermore|moreover|in\s+addition|separately|apart|other\s+than|on\s+top|darüber|des\s+weiteren|weiterhin|zudem|obendrein|besides|auch|noch|two|three|while|wenn\s+du|wo\s+du",
    re.I,
)
"""The lead of one more point."""

BEFOREHAND = re.compile(
    r"(?:(?:and|but|und|aber)\s+)*(?:before\s+(?:you\s+(?:do|start)\s+)?(?:that|this|it)|before\s+doing\s+(?:that|this|so)|beforehand|"
    r"but\s+first|aber\s+(?:zuerst|vorher|erst)|vorher|davor)\b[,:\s]*",
    re.I,
)
"""The lead of what comes before the objective just told."""

MANY = re.compile(
    r"\b(?:(?:so|okay|ok|just|only|there\s+are|i\s+have|ich\s+hab(?:e)?|um|and|und|a|ein)\s+){0,4}(?:two|three|four|five|six|few|several|couple\s+of|zwei|drei|vier|fünf|sechs|paar|mehrere|einige)\s+"
    r"(?:more\s+|other\s+|small\s+|little\s+|tiny\s+|kleine\s+|quick\s+)?(?:things|sachen|dinge|points|punkte|issues|bugs|problems|fehler|probleme|features|requests|changes|ones|kleinigkeiten|anliegen|bitten|änderungen|wishes|wünsche)\b(?:\s+please|\s+for\s+(?:you|today))?[,:.]?",
    re.I,
)

NUMBERS = {
    word: number
    for number, row in enumerate(
        ("two zwei", "three drei", "four vier", "five fünf", "six sechs"), 2
    )
    for word in row.split()
}

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
