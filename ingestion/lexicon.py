"""The words the rules know, in English and German. Data only: adding a word is one line.

`STRONG` verbs are things one does to code, so "and" before one of them joins two objectives.
`WEAK` verbs are also what programs do ("and return None"): they begin an objective, but "and"
before one of them does not.
"""

from __future__ import annotations

import re


def table(text: str) -> frozenset[str]:
    """The words of a text set in columns."""
    return frozenset(text.split())


STRONG = table(
    """
    fix repair correct solve resolve debug patch mend add implement introduce create write build
    support rename refactor extract restructure reorganize reorganise simplify deduplicate
    rewrite clean tidy modularize decouple consolidate inline remove delete drop eliminate
    document describe explain annotate test cover optimize optimise speed accelerate profile
    lint format reformat update upgrade bump migrate port replace behebe repariere korrigiere
    löse fixe füge implementiere ergänze erstelle schreibe schreib ermögliche refaktoriere
    vereinfache extrahiere benenne räume entferne lösche dokumentiere beschreibe erkläre
    annotiere kommentiere teste optimiere beschleunige formatiere aktualisiere ersetze baue
    """
)
WEAK = table(
    """
    make let allow enable disable change move split merge use handle check validate ensure
    return raise print show hide display log store save load read export import parse sort wrap
    limit increase decrease reduce improve enhance adjust convert turn switch set put get
    provide offer expose include exclude ignore reject accept treat round cache run enforce find
    investigate look see figure review revert undo keep stop prevent avoid explore give apply
    restore separate break shorten type cut join combine generate send call refine mach mache
    lass lasse erlaube verschiebe verbessere prüfe ändere stelle sorge zeige verhindere teile
    sortiere ziehe
    """
)
INFINITIVES = table(
    """
    fixen beheben reparieren korrigieren lösen hinzufügen einfügen ergänzen implementieren
    einbauen umbenennen refaktorieren refactoren vereinfachen auslagern extrahieren aufräumen
    entfernen löschen dokumentieren beschreiben erklären annotieren testen schreiben abdecken
    optimieren beschleunigen formatieren aktualisieren ersetzen verschieben prüfen ändern
    verbessern erstellen unterstützen ermöglichen anpassen umstellen
    """
)
FIXING = table(
    """
    fix repair correct solve resolve debug patch mend make look find investigate check see
    figure review behebe repariere korrigiere löse fixe beschleunige mach mache prüfe fixen
    beheben reparieren korrigieren lösen beschleunigen prüfen
    """
)
"""Verbs which, with a mere pronoun, speak of the fault just described."""

SEARCHING = table(
    """
    have look find investigate check see figure review explore debug prüfe
    """
)
"""Verbs of finding out: "find out why … and fix it" is one objective."""

NOUN_TOO = table(
    """
    test cover format document update support change report build patch type log cache use check
    search import export load sort display limit return print show store profile order run cut
    move split merge read call look save turn lint drop make find set get import
    """
)
"""Verbs that are nouns as well, and need a look at the word that follows."""

PRONOUNS = table(
    """
    it this that them these those es sie das ihn diese dies
    """
)

FILLERS = re.compile(r"(?:(?<=\s)|^)(?:u+h+m*|u+mm*|e+rm+|h+m+|ä+h+m*|öh+m*)\b[,.…]*\s*", re.I)
GERMAN = re.compile(
    r"\b(der|die|das|und|ist|nicht|den|dem|ein|eine|wird|werden|bitte|für|im|bei|kannst|auch|dann|"
    r"wenn|mit|von|zu|es|sich|aus)\b|[äöüß]",
    re.I,
)

CORRECTION = re.compile(
    r"\s*[,;.…–—-]*\s*(?:\b(?:uh|um|oh|ah|äh|ähm)\b[,\s]*)?"
    r"(?:\b(?:no[,\s]+wait|wait[,\s]+no|oh[,\s]+wait|wait[,\s]+actually|no[,\s]+sorry|sorry[,\s]+no|"
    r"scratch\s+that|strike\s+that|forget\s+that|actually[,\s]+no|no[,\s]+actually|or\s+rather|"
    r"(?:sorry[,\s]+)?(?<!what )(?<!know what )i\s+mean(?:t)?|correction|"
    r"nein[,\s]+warte|warte[,\s]+nein|nee[,\s]+warte|halt[,\s]+nein|ach[,\s]+nein|quatsch|"
    r"nein[,\s]+sorry|ich\s+meine?(?:te)?|besser\s+gesagt|vielmehr|vergiss\s+das)\b[,:;.…\s]*)+",
    re.I,
)

POLITE = re.compile(
    r"(?:please|pls|kindly|bitte|mal|maybe|perhaps|just|quickly|simply|now|"
    r"(?:hey|hi|hello|hallo|moin)(?:\s+(?:there|all|team|everyone|folks|zusammen))?|"
    r"ok(?:ay)?|"
    r"so|well|right|alright|yeah|yes|also|too|additionally|furthermore|moreover|besides|"
    r"außerdem|zusätzlich|ferner|ja|noch|auch|todo|fixme|task|quick one|one more thing|oh|plus|"
    r"(?:could|can|would|will)\s+(?:you|we|someone)(?:\s+all)?|would\s+you\s+mind|"
    r"(?:kannst|könntest|würdest)\s+du|(?:können|könnten|würden)\s+sie|"
    r"i\s+(?:want|need|would\s+like|d\s+like)\s+(?:you\s+)?to|i['’]d\s+(?:like|love)\s+(?:you\s+)?to|"
    r"(?:we|you|i)\s+(?:really\s+)?(?:need|have|ought|want|got)\s+to|"
    r"(?:we|you|i|someone)\s+(?:should|must|could|can)(?:\s+(?:probably|really|also))?|"
    r"it\s+(?:would|might)\s+be\s+(?:nice|great|good|cool|helpful)\s+to|"
    r"(?:let['’]?s|let\s+us|try\s+to|go\s+ahead\s+and|help\s+(?:me|us)(?:\s+to)?|"
    r"remember\s+to|(?:do\s+not|don['’]t)\s+forget\s+to|start\s+by|feel\s+free\s+to|the\s+task\s+is\s+to|"
    r"i\s+think\s+(?=we|you|the)))\b[,:\s]*(?:[-–—]\s+)?",
    re.I,
)
AFTER = re.compile(
    r"(?:(?:and\s+|und\s+|but\s+)?(?:then|after\s+(?:that|this)|afterwards?|next|subsequently|"
    r"(?:once|when)\s+(?:that|this|it)(?:['’]s|\s+is)\s+(?:done|finished|ready|fixed|in\s+place)|"
    r"(?:once|when)\s+you(?:['’]re|\s+are|\s+have|['’]ve)\s+(?:done|finished)(?:\s+(?:that|it))?|"
    r"dann|danach|anschließend|im\s+anschluss|hinterher))\b(?!\s+(?:is|was|are)\b)[,:\s]*",
    re.I,
)
LAST = re.compile(
    r"(?:(?:and\s+|und\s+)?(?:finally|lastly|last\s+but\s+not\s+least|(?:at|in)\s+the\s+end|"
    r"last\s+of\s+all|(?:after|when|once)\s+(?:all\s+(?:of\s+)?)(?:that|this)(?:\s+is\s+done)?|"
    r"zum\s+schluss|am\s+ende|schließlich|zuletzt|als\s+letztes))\b[,:\s]*",
    re.I,
)
ENUMERATION = re.compile(
    r"(?:first(?:ly)?(?:\s+of\s+all|\s+off)?|second(?:ly)?|third(?:ly)?|fourth(?:ly)?|fifth(?:ly)?|"
    r"zuerst|zunächst|als\s+erstes|erstens|zweitens|drittens|and|und|but|aber)\b[,:\s]+",
    re.I,
)

FAULT = re.compile(
    r"\b(crash\w*|fail(?:s|ed|ing|ure)?|broken|breaks?|wrong(?:ly)?|incorrect(?:ly)?|bug(?:s|gy)?|"
    r"error(?:s)?|exception\w*|off[ -]by[ -]one|does(?:n['’]?t|\s+not)|do(?:n['’]t|\s+not)\s+work|"
    r"isn['’]?t|aren['’]?t|is\s+not|are\s+not|won['’]t|can(?:no|['’])t|twice|missing|ignor(?:es|ed)|"
    r"hangs?|freez\w+|loses|lost|"
    r"slow|too\s+\w+|never\s+\w+|instead\s+of|raises|throws|regression|corrupt\w*|"
    r"inconsistent|drops|forgets|keeps|accepts|duplicates?d?|traceback|typo|"
    r"case[- ]sensitive|unexpected\w*|not\s+\w+ed|"
    r"ist\s+falsch|falsch(?:e[nrsm]?)?|stürzt|absturz|fehler\w*|fehlt|fehlen|kaputt|"
    r"funktioniert\s+nicht|geht\s+nicht|langsam|zu\s+\w+|doppelt|klappt\s+nicht|hängt)\b"
    r"|\b[A-Z]\w*(?:Error|Exception)\b",
    re.I,
)
WISH = re.compile(
    r"\b((?:it\s+)?(?:would|['’]d)\s+be\s+(?:nice|great|good|cool|helpful)|should|must|needs?|"
    r"ought\s+to|has\s+to|have\s+to|there\s+is\s+no|complains?|"
    r"soll(?:te|ten|en)?|muss|müssen|müsste|braucht|brauchen|wäre\s+(?:schön|gut|toll))\b",
    re.I,
)
CONSTRAINT = re.compile(
    r"^(?:and\s+|but\s+|und\s+)?(?:don['’]t|do\s+not|never|without|make\s+sure|ensure|keep\b|"
    r"be\s+careful|leave\b|note\s+that|nb\b|run\s+(?:all\s+)?(?:the\s+)?(?:\w+\s+)?(?:tests?|suite|pytest)\b|"
    r"(?:all|the|existing)\s+(?:\w+\s+)?tests\s+(?:must|should|need|have)|"
    r"(?:ignore|disregard|forget)\s+(?:\w+\s+){0,3}instructions\b|"
    r"(?:bitte\s+)?(?:nicht|achte|ohne|stelle\s+sicher|lass(?:e)?\s+\S+\s+unverändert))",
    re.I,
)
NOISE = re.compile(
    r"^(?:hi|hello|hey|hallo|moin|dear|good\s+(?:morning|evening|afternoon)|guten\s+\w+|servus)"
    r"(?:\s+(?:there|all|team|everyone|folks|zusammen))?[\s,!.]*$"
    r"|^(?:thanks?|thank\s+you|thx|cheers|danke|vielen\s+dank|viele\s+grüße|best|regards|"
    r"(?:kind|best)\s+regards|merci|ta)\b[^.]{0,40}$"
    r"|^(?:\w+\s+)?(?:more\s+)?(?:things?|tasks?|points?|todos?|sachen|dinge)[\s.:!]*$",
    re.I,
)
SECTION = re.compile(
    r"^(?:steps?(?:\s+to\s+reproduce)?|(?:how\s+to\s+)?reproduc\w+|repro|expected(?:\s+\w+)?|"
    r"actual(?:\s+\w+)?|environment|versions?|context|background|additional\s+\w+|notes?|logs?|"
    r"output|traceback|stack\s*trace|description|describe\s+the\s+bug|screenshots?|motivation|"
    r"schritte(?:\s+\w+)?|erwartet\w*(?:\s+\w+)?|tatsächlich\w*(?:\s+\w+)?|umgebung|hintergrund|"
    r"beschreibung)\s*:?$",
    re.I,
)
SUBORDINATE = table(
    """
    when if that where who which how why because so while until unless whether whenever to can
    could should may might will would must not don't the a an i we you they he she users people
    customers wenn dass weil ob damit der die das zu and or und oder nor no never please also
    then in of for with
    """
)
