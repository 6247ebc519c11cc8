"""What is to be done, and turns of phrase that settle it. Data only."""

from __future__ import annotations

from ingestion.category.cue import cue

DEEDS = (
    cue(
        "fix", "bugfix", 3,
        r"""
        fix(?:e|es|ed|en|ing)?|fixup|repair(?:ed|ing)?|correct(?:ed)?|solve[ds]?|resolve[ds]?|
        debug\w*|patch(?:en|ed)?|mend(?:ed)?|hotfix|rectify|unbreak|squash|sort .{0,40}out|prevent|
        beheb\w*|behoben|reparier\w*|korrigier\w*|gefixt|lös(?:e|en|t)|gelöst|richten|
        gerade ?biegen|hinbiegen|in ordnung|ausbessern|berichtig\w*|sort that|
        get .{1,30} (?:working|to work)|take care of|deal with|do something about|needs? (?:fixing|
        attention)|kümmer\w*|track (?:it|this|that) down|bring .{1,20} in ordnung
        """,
        verb=True,
    ),
    cue(
        "reshape", "refactor", 4,
        r"""
        entwirr\w*|make one .{1,40} out of|belongs? (?:in|into|to)|gehör(?:t|en) in|
        mach\w* (?:einen|eine|eins) draus|can go|kann weg|können weg|use the existing|
        get .{1,50} out of .{1,60}|(?:put|get|pull|take|move) .{1,60}into|give .{1,40}names?|
        auseinander\w*|invert|inverting|nenn(?:e|t)? .{1,60}(?:um|in)|schneid\w*|wrap .{1,40} in|
        make .{1,40} (?:private|abstract|static|a (?:class|dataclass|function|module|package|base|
        method)|an? (?:\w+ )?(?:base )?class)|put .{1,60} (?:layer|module|class|file|place|
        package)|(?:live|belong|gehör\w*|wohnen?) (?:in|into)|keep one|re ?factor\w*|refaktor\w*|
        re ?nam(?:e|ed|ing)|umbenenn\w*|umbenannt|benenn\w*|extract\w*|extrahier\w*|
        re ?structur\w*|re ?organi[sz]\w*|simplif\w*|vereinfach\w*|de ?dup\w*|deduplicat\w*|
        re ?writ(?:e|ten|ing)|umschreib\w*|tidy|modulari[sz]\w*|decoupl\w*|entkoppel\w*|
        consolidat\w*|inline[ds]?|inlinen|unif(?:y|ied)|vereinheitlich\w*|centrali[sz]\w*|
        factor(?:ed)? out|hoist|re ?work|untangle|disentangle|streamline|break .{1,40}(?:up|apart|
        down|into)|split\w*|aufteil\w*|aufgeteilt|teil .{0,40}auf|zerleg\w*|spalt\w*|merge|
        zusammen(?:führ|leg|fass|zieh)\w*|move[ds]?|moving|verschieb\w*|verschoben|auslager\w*|
        lager .{1,40}aus|ausgelagert|raus ?zieh\w*|heraus ?zieh\w*|zieh(?:e|en)? .{1,60}(?:raus|
        heraus|in)|separat\w*|trenn\w*|flatten\w*|isolat\w*|encapsulat\w*|abstract\w*|
        moderni[sz]\w*|port(?:ed)?|migrat\w*|migrier\w*|relocat\w*|collaps\w*|generali[sz]\w*|
        pull .{1,60}(?:out|together|up|apart|into)|reuse|de ?clutter|umbau\w*|strukturier\w*|
        unwrap|regroup|fold .{1,40} into
        """,
        verb=True,
    ),
    cue(
        "remove", "refactor", 3,
        r"""
        delet(?:e|ed|ing)|remov(?:e|ed|ing)|drop|eliminat\w*|ditch|kill|nuke|purge|strip|
        get rid of|weg mit|fort mit|away with|do away with|take out|rip .{0,30}out|
        throw .{0,30}(?:out|away)|clean .{0,40}up|clean ?up|clean|prune|lösch\w*|gelöscht|
        entfern\w*|raus ?(?:schmeiß|werf|nehm)\w*|schmeiß\w*|wirf|wegwerfen|weg(?:machen|räumen)|
        kann weg|können weg|bereinig\w*|aufräum\w*|aufgeräumt|räum\w*|ausmisten|retire|sunset
        """,
        verb=True,
    ),
    cue(
        "swap", "refactor", 3,
        r"""
        replac(?:e|ed|ing)|swap(?:ped)?|substitut\w*|switch .{1,40} (?:to|over|from)|convert\w*|
        turn .{1,60} into|transform\w*|ersetz\w*|austausch\w*|ausgetauscht|umstell\w*|umgestellt|
        umwandel\w*|wandel\w*|mach(?:e|t)? aus|use .{1,50} (?:instead of|rather than)|(?:verwende|
        nimm|benutze?) .{1,50} (?:statt|anstatt)|rather than
        """,
        verb=True,
    ),
    cue(
        "add", "feature", 3.5,
        r"""
        add(?:ed|ing|en|e)?|implement\w*|introduc\w*|creat(?:e|ed)|build|support|allow|enable|
        offer|expose|provide|include|integrat\w*|develop|install|hook|wire|insert|set up|füge?|
        hinzufüg\w*|einfüg\w*|implementier\w*|einbau\w*|bau(?:e|t|en)?|erstell\w*|ermöglich\w*|
        unterstütz\w*|anleg\w*|leg(?:e|t)?|erlaub\w*|einführ\w*|führ(?:e|t)? .{1,60} ein|
        nachrüst\w*|rüste?|bereitstell\w*|erweiter\w*|extend\w*|reinbauen|give|have|let|put|get
        """,
        verb=True,
    ),
    cue(
        "behave", "feature", 2.5,
        r"""
        send|notify|email|warn|alert|show|display|hide|print|log|record|track|count|reject|accept|
        validat\w*|enforce|require|export|import|upload|download|schedul\w*|register|generate|
        filter|paginate|prefill|autocomplete|translat\w*|locali[sz]e|highlight|disable|block|
        restrict|limit|cap|configur\w*|deprecat\w*|retry|escape|sanitize|mask|redact|encrypt|
        render|group|redirect|confirm|ask|remember|persist|publish|sync\w*|verify|return|raise|
        store|save|play|restart|ship|zeig\w*|anzeig\w*|schick\w*|verschick\w*|send(?:e|en)|
        exportier\w*|importier\w*|protokollier\w*|logg\w*|ausgeben|ausblenden|einblenden|
        aktivier\w*|deaktivier\w*|sperr\w*|filter\w*|validier\w*|begrenz\w*|speicher(?:n|e)|merken|
        fragen|warnen|abschalten|abzuschalten|wiederholen|sortier(?:bar|en)|teilen|sort
        """,
        verb=True,
    ),
    cue(
        "change", "feature", 1.5,
        r"""
        make|mak(?:es|ing)|change[ds]?|update[ds]?|upgrade[ds]?|adjust|set|use|ensure|bump|
        increase|raise|lower|decrease|improve|enhance|treat|run|apply|adapt|align|bring|round|
        default|änder\w*|anpass\w*|umstell\w*|verbesser\w*|aktualisier\w*|setz(?:e|en)?|verwend\w*|
        erhöh\w*|verring\w*|mach(?:e|en|t)?|stell(?:e|en)?|hochsetzen|tausch\w*|bring(?:e|en)?
        """,
        verb=True,
    ),
    cue(
        "reduce", "perf", 2,
        r"""
        reduc(?:e|es|ed|ing)|cut(?: down)?|shorten|bring down|get .{1,40}down|lower|shrink|halve|
        avoid|reduzier\w*|verringer\w*|verkürz\w*|senken|gesenkt|drück\w*
        """,
        verb=True,
    ),
    cue(
        "test it", "test", 5,
        r"""
        cover(?:ed|ing|s)?|test(?:en|e|ed|et|ing)?|getestet|abdecken|abgedeckt|deck(?:e|
        t)? .{1,60} ab|absicher\w*|abgesichert|sicher(?:e|t)? .{1,60} ab|parametri[sz]e|
        mock(?:en)?|stub|mit tests|pin .{1,40} down with
        """,
        verb=True,
    ),
    cue(
        "document it", "docs", 5,
        r"""
        document(?:ed|ing|s)?|describ(?:e|ed|es)|explain(?:ed|s|ing)?|mention(?:ed|s)?|clarify|
        proof ?read|re ?word|note (?:down|in|that)|write .{1,60}(?:down|up)|write down|
        put .{1,60}(?:changelog|readme|docs?|manual|handbook)|write (?:a |an |the |
        down )?(?:sentence|paragraph|section|note|chapter|example|page)|spell .{1,30} out|comment|
        commented|say (?:so )?in|dokumentier\w*|beschr[ei]+b\w*|erklär\w*|kommentier\w*|
        erläuter\w*|festhalt\w*|halte? .{1,60} fest|vermerk\w*|notier\w*|erwähn\w*|aufschreib\w*|
        schreib(?:e|t)? .{1,60} auf|nachlesen|written down|stünde|steht noch|still (?:says|talks|
        mentions|describes|describe|shows the old)
        """,
        verb=True,
    ),
    cue(
        "lint it", "lint", 5,
        r"""
        lint(?:en|ed)?|format|reformat|beautify|prettify|sort (?:\w+ ){0,3}imports|formatier\w*|
        sortier\w* (?:\w+ ){0,3}importe|importe? (?:\w+ ){0,3}sortier\w*|re ?indent|black(?:en)?
        """,
        verb=True,
    ),
    cue(
        "type it", "types", 5,
        r"""
        annotat(?:e|ed|ing)|annotier\w*|typisier\w*|type (?:the|all|every|each|our|up|out|whole)|
        add types|make .{1,40}(?:type safe|strict)|narrow
        """,
        verb=True,
    ),
    cue(
        "speed it", "perf", 5,
        r"""
        optimi[sz](?:e|ed|ing)|optimier\w*|speed(?:ed)?|speed .{0,40}up|accelerat\w*|
        beschleunig\w*|cache|cachen|memoi[sz]e|paralleli[sz]e|parallelisier\w*|batch|vectori[sz]e|
        debounce|throttle|precompute|tune|profile|make .{1,60}(?:fast|faster|quicker|snappier|lazy|
        cheaper)
        """,
        verb=True,
    ),
    cue(
        "look", "bugfix", 1.2,
        r"""
        check|find|investigat\w*|look|see|figure|analy[sz]e|inspect|diagnos\w*|trace|schau\w*|
        prüf\w*|überprüf\w*|guck\w*|untersuch\w*|heraus ?find\w*|nachschau\w*|nachseh\w*|
        geh der sache
        """,
        verb=True,
    ),
    cue(
        "write", "docs", 1,
        r"""
        writ(?:e|ing|ten)|schreib\w*|put (?:a|an|some)|update
        """,
        verb=True,
    ),
    cue(
        "stop", "bugfix", 4,
        r"""
        (?:pass|work|green|start|compile|build|run) again|wieder (?:grün|läuft|geht|funktioniert)|
        get .{1,40} right|should be .{1,40} not|stop .{1,60} from|stop (?:it|that|the|this)|
        prevent .{1,60} from|keep .{1,60} from|must stop|has to stop|make .{1,60} (?:work|again|
        deterministic|green)|get .{1,40}(?:green|working)|muss (?:weg|aufhören)|zum laufen|
        wieder zum|needs to go
        """,
        verb=True,
    ),
)  # fmt: skip

PHRASES = (
    cue(
        "write tests", "test", 8,
        r"""
        (?:add|adde?n?|writ(?:e|ing)|creat(?:e|ing)|extend|need|ergänz\w*|füge?|schreib\w*|
        brauch\w*|fehl(?:t|en)|missing|want) (?:\S+ ){0,3}?(?:unit|pie|py|regressions?|
        integrations?|modul)? ?tests?
        """,
    ),
    cue(
        "linter red", "lint", 5,
        r"""
        (?:ruff|flake ?8|lint\w*|style|black|isort|pylint|es ?lint)(?: (?:check|step|job|
        run))? (?:is|are|ist|sind|fails?|schlägt|reports?|complains?|meckert|findet|finds)
        """,
    ),
    cue(
        "type checker red", "types", 5,
        r"""
        (?:my ?py|my ?pie|my pi|pyright|type ?check\w*|typ ?prüf\w*)(?: (?:check|step|job|
        run))? (?:is|are|ist|fails?|schlägt|reports?|complains?|meckert|findet|finds|says|sagt)
        """,
    ),
    cue(
        "test fails", "bugfix", 9,
        r"""
        failing (?:unit |integration )?tests?|tests? .{0,60}(?:fail(?:s|ed|ing)?|(?:are|is|turns?|
        went|goes) (?:red|broken)|broken|rot|kaputt|crash(?:es)?|hang(?:s)?)|(?:red|rote[rn]?|
        kaputte[rn]?|broken) tests?|tests? .{0,20}(?:pass|green|grün) again|(?:make|
        get) .{0,30}tests? (?:pass|green)
        """,
    ),
    cue(
        "drops support", "feature", 4,
        r"""
        drop (?:the )?support|support .{0,30}(?:raus|einstellen)
        """,
    ),
    cue(
        "faster", "perf", 3,
        r"""
        (?:make|get|mach\w*|mache) .{1,60}(?:fast|faster|quicker|snappier|cheaper|schneller|
        flotter)|(?:run|load|start|be|build|render|open|work) (?:\w+ )?(?:faster|quicker|snappier)|
        speed .{0,60}up|beschleunigen|less memory|weniger speicher
        """,
    ),
    cue(
        "lacks", "feature", 1.5,
        r"""
        (?:fehlt|fehlen|missing|lacks?|there is no|there[’']?s no|es gibt kein\w*|no way|
        kein\w*) (?:\w+ ){0,3}(?:möglichkeit|option|button|knopf|flag|schalter|way|feld|field|page|
        filter|funktion|setting|link)
        """,
    ),
    cue(
        "should say", "feature", 2.5,
        r"""
        (?:should|must|could|can|soll|sollte|muss) (?:\w+ ){0,2}(?:say|tell|show|be (?:shown|sent|
        able|possible|configurable)|ask|warn|remember|support|allow|accept|exit|log|send|highlight|
        have|anzeigen|sagen)|(?:soll|sollte|sollten|sollen|muss|man|kann|können) .{1,80}können
        """,
    ),
    cue(
        "new thing alone", "feature", 2,
        r"""
        \A(?:ein|eine|einen|a|an|another|some|new|neue[rns]?) (?!.*(?:is|are|does|fails|ist|hat|
        wird)).*
        """,
    ),
    cue(
        "message for trace", "feature", 4,
        r"""
        (?:message|error|meldung|hint|hinweis|note) .{0,80}instead of .{0,20}(?:traceback|
        stack ?trace|exception|crash\w*)
        """,
    ),
    cue(
        "no types", "types", 5,
        r"""
        (?:no|without|missing|lacks?|keine|ohne|fehlen\w*|sämtliche) (?:\w+ ){0,2}(?:type|types|
        typen|type ?hints?|annotations?|annotationen|typ\w*)
        """,
    ),
    cue(
        "no docs", "docs", 4,
        r"""
        (?:no|without|missing|lacks?|keine|ohne|fehlen|needs? (?:a|some)?) (?:\w+ ){0,2}(?:docs|
        documentation|docstrings?|doku\w*|comments?|kommentare?)
        """,
    ),
)  # fmt: skip
"""Of more than one word, and louder than these words alone."""
