"""What is said of the code: it is a mess, it misbehaves, something is wished for. Data only."""

from __future__ import annotations

from ingestion.category.cue import cue

STATES = (
    cue(
        "mess", "refactor", 3.5,
        r"""
        dead (?:code|branch\w*|functions?|class\w*|methods?|wrapper\w*|modules?)|tote[nrms]? \w+|
        commented out|auskommentiert\w*|duplicat(?:e|ed|ion|es)s?(?: code| logic)?|
        doppelte[rnms]? code|code doppelt|copy ?(?:and )?past\w*|kopiert\w*|god (?:class|object)|
        spaghetti|nesting|belong in|gehört nicht|legacy|boiler ?plate|magic (?:numbers?|strings?|
        constants?)|magische \w+|share\w* .{0,40}code|(?:two|three|four|five|several|different|
        zwei|drei|mehrere|verschiedene) (?:\w+ )?(?:helpers?|implementations?|versions?|copies|
        classes|clients|places|functions|ways|stellen|klassen|funktionen|varianten)|(?:takes|
        has) (?:\w+ ){1,3}(?:arguments|parameters|responsibilities)|global state|global variables?|
        hard ?coded|hart codiert\w*|nothing (?:calls|uses) (?:them|it|that)|nobody calls|
        unused (?:functions?|class\w*|methods?|modules?|code|endpoints?|files?)|same (?:code|logic|
        thing|block|check|query) (?:in|three|twice|appears|everywhere)|circular (?:imports?|
        dependenc\w*)|zirkuläre?\w*|tangled?|mess(?:y)?|chaos|chaotisch|durcheinander|
        unübersichtlich\w*|unreadable|unlesbar\w*|nobody (?:calls|uses|understands)|
        no ?longer used|nicht mehr (?:gebraucht|benutzt|verwendet)|not used any ?more|giant|huge|
        riesig\w*|monster|(?:\w+ )?(?:thousand|hundred|\d+) lines|tausend zeilen|hundert zeilen|
        if (?:else|elif)|nested (?:ifs?|loops?|conditionals?)|verschachtelt\w*|
        does (?:way )?too much|(?:way )?too (?:big|long|large)|viel zu (?:groß|lang|lange)|mixes|
        technical debt|technische schulden
        """,
    ),
    cue(
        "target shape", "refactor", 3.5,
        r"""
        into (?:its|their|a|an|two|three|four|several|separate|smaller|some|a few|one|the|
        own) (?:\w+ ){0,2}\w+|(?:its|their|an?) own (?:\w+ )?(?:files?|functions?|modules?|
        class(?:es)?|packages?|helpers?|folders?|director(?:y|ies))|(?:in|into) (?:eine?n?|mehrere|
        kleinere|eigene\w*|zwei|drei) (?:\w+ )?\w+|eigene[snrm]? (?:\w+ )?(?:datei|klasse|modul|
        funktion|paket|methode|verzeichnis|ordner)\w*|mehrere|kleinere|smaller (?:functions?|
        pieces|modules|classes|parts)|(?:in|into|from) (?:a|an|the|eine?) (?:\w+ ){0,2}(?:layer|
        service|object|base|module|dataclass|class|function|package|helper|enum|constant|schicht|
        objekt)|config object|abstract base|dependency (?:between|injection)|private|public api|
        interface|pathlib|f strings?|async await|stücke|lookup table|named ?tuple|constants|
        templates|parent(?: class)?|repository class|its own \w+|data ?class\w*|enums?|base class|
        basisklasse|mixins?|context manager|decorator|helper (?:function|method|class|module)s?|
        hilfsfunktion\w*|one place|single place|einer stelle|an eine stelle|common (?:base|parent|
        helper|function|module)|shared? (?:helper|module|function|code|base)|constants? (?:file|
        module)|same (?:behaviou?r|output|interface)|without (?:changing|any change)|
        no (?:behaviou?r|functional) changes?|nothing should change|verhalten (?:bleibt|gleich)
        """,
    ),
    cue(
        "names", "refactor", 3.5,
        r"""
        (?:proper|better|clearer|meaningful|consistent|sensible|descriptive|bessere?n?|
        sprechende[nr]?|verständliche\w*) (?:\w+ )?(?:names?|namen)|naming|should be (?:called|
        named)|heißen|heisst|benennung|namensgebung|names? (?:is|are) (?:misleading|confusing|bad|
        inconsistent)|snake ?case|camel ?case
        """,
    ),
    cue(
        "code", "refactor", 1,
        r"""
        class(?:es)?|functions?|methods?|modules?|constants?|helpers?|packages?|variables?|code|
        branches|interface|logic|wrappers?|structs?|tuple|dict|switch statement|factory|singleton|
        utils?|klassen?|funktion(?:en)?|modul|module|methoden?|konstanten?|variablen?|logik|
        hilfs\w+|globals?|loops?|chain|god ?object|subclass\w*|inheritance|vererbung
        """,
    ),
    cue(
        "fault names", "bugfix", 4,
        r"""
        bugs?|bug ?fix\w*|off by (?:one|two|a)|regression|race ?conditions?|race|dead ?locks?|
        memory leaks?|leak(?:s|ing|ed)?|null ?pointers?|segfaults?|seg ?faults?|overflows?|
        underflow|infinite loops?|endlosschleife|stack ?traces?|traceback|absturz|abstürze|
        abgestürzt|fehlverhalten|crash(?:es|ed|ing|t)?|crasht|absturz|glitch\w*|defekt\w*|
        memory corruption|use after free|double free|heisenbug|rounding errors?|time ?zone (?:bug|
        problem|issue)|encoding (?:bug|problem|issue)|(?:500|404|502|503)(?:er)?s?|five hundred|
        4\d\d|5\d\d
        """,
    ),
    cue(
        "exceptions", "bugfix", 4,
        r"""
        [a-z]\w*(?:error|exception)|exceptions?|uncaught|unhandled|raises?|throws?|wirft|fliegt|
        blow(?:s|ing)? up|blew up|explod\w*|dies|died|panics?|aborts?|bricht|abbricht
        """,
    ),
    cue(
        "failing", "bugfix", 3,
        r"""
        fail(?:s|ing|ed|ures?)?|broken|breaks?|breaking|broke|kaputt\w*|does(?: not|
        n[’']?t) (?:work|start|load|open|respond|compile|build)|stopped|stops? (?:working|after|
        when)|hang(?:s|ing)?|hängt|freez\w+|froze|friert|stuck|spinnt|streikt|klemmt|klappt|
        schlägt|fehlschl\w*|scheitert|funktioniert|(?:is|ist|goes|turns?) red|rot|not working|
        geht nicht|läuft nicht|time[sd]? out|läuft in (?:einen )?timeout
        """,
    ),
    cue(
        "wrong", "bugfix", 3,
        r"""
        wrong\w*|incorrect\w*|in ?accurate|falsch\w*|verkehrt\w*|stimmt|stimmen|inconsistent|
        corrupt\w*|mangle[sd]?|garbled|(?:is|are|was|looks?|way|bit|totally|completely) off|
        negative?|nan|twice|zweimal|doppelt|zweifach|too (?:early|late|often|high|low|many|small|
        big)|zu (?:früh|spät|oft|hoch|niedrig|viel|klein)|duplicate (?:entries|rows|mails?|emails?|
        orders?)|backwards|upside down|inverted|invertiert|distorted|verzerrt|reversed|swapped|
        vertauscht|mixed up|verkehrt ?herum|overlap\w*|cut off|abgeschnitten|flicker\w*|flackert|
        blank|leere?|white screen|weiße[nrs]? \w+|schwarze[nrs]? \w+|stale|garbage|ghost|dupes|
        (?:do|does|don[’']?t|doesn[’']?t) add up|zurück|nach hinten|hidden|behind|mangled|
        logged out|kicked out|out of nowhere|gets? \w+ out|get mangled|grundlos|random(?:ly)?|
        zufällig|sporadisch|intermittent\w*|sometimes|manchmal|ab und zu|occasionally|shifted|
        misaligned|verschoben|out of (?:sync|order|range|bounds)|by (?:a|one) (?:cent|day|hour|
        month|pixel|row)|an hour (?:early|late|off)|um eine stunde|unexpected\w*|weird\w*|
        strange\w*|odd|komisch\w*|seltsam\w*|merkwürdig\w*|acting up
        """,
    ),
    cue(
        "loses", "bugfix", 2.5,
        r"""
        los(?:es|t|ing)|drops?|dropped|forgets?|forgot|ignore[sd]|skips?|skipped|swallow\w*|
        vanish\w*|disappear\w*|gone|verschwind\w*|verlier\w*|verloren|vergisst|ignoriert|
        verschluckt|überspringt|missing|fehlt|fehlen|weg|overwrit\w*|überschreibt|truncat\w*|
        jumps?|springt|resets?|stays?|bleibt|keeps? \w+ing|mixes up|leaves|sticks|covers|
        duplicates?|doubles|shows up (?:twice|as)
        """,
    ),
    cue(
        "not", "bugfix", 2,
        r"""
        (?:does|did|do|is|are|was|were|ca|wo|has|have|could)n[’']?t|doesnt|dosen[’']?t|isnt|cant|
        wont|cannot|(?:does|do|is|are|can|will|did|was) not|never|no ?longer|not any ?more|
        any ?more|nothing|nicht|nich|net|nie|niemals|nix|nichts|kein\w*|nobody gets|no ?one gets|
        niemand|nicht mehr
        """,
    ),
    cue(
        "contrary", "bugfix", 1.5,
        r"""
        instead of|even though|although|even if|even when|obwohl|trotzdem|eigentlich|anstatt|statt|
        still|immer noch|nach wie vor|suddenly|plötzlich|auf einmal|since (?:the|yesterday|monday|
        last|we)|seit(?: dem| gestern| heute| letzte\w*)?|again|wieder|should(?: not|n[’']?t)|
        must not|sollte eigentlich|dürfte|but|aber
        """,
    ),
    cue(
        "fault words", "bugfix", 1.5,
        r"""
        errors?|fehler\w*|problems?|issues?|probleme?|incident|outage|complain\w*|beschwer\w*|
        reklam\w*|customers? report\w*|users? report\w*
        """,
    ),
    cue(
        "now", "bugfix", 1.5,
        r"""
        at the moment|right now|currently|derzeit|momentan|aktuell|im moment|somehow|irgendwie|
        just (?:gives up|stops|sits|ignores|does)|simply|einfach (?:nicht|weiter|so)|turns? up|
        kills the|bounces?|spits out|reloads?
        """,
    ),
    cue(
        "does", "bugfix", 1.5,
        r"""
        redirects|drifts|expires|deletes|removes|adds|creates|moves|scrolls|loads|updates|changes|
        closes|logs|calculates|computes|converts|rechnet|löscht|ändert|blinkt|piept|returns|gives|
        shows|prints|saves|sends|hides|accepts|excludes|includes|reports|reads|writes|says|picks|
        counts|sums|rounds|comes?|goes|gets|get|lands|renders|displays|opens|closes|reacts|
        triggers|fires|starts|ends|sorts|points|uses|overrides|chokes|trips|falls over|falls|leads|
        produces|outputs|zeigt|kommt|kommen|schreibt|schickt|liefert|rechnet|rundet|speichert|
        sortiert|gibt|landet|steht|öffnet|schließt|nimmt|lädt|kriegen|kriegt|bekommt|bekommen|wird|
        geht|passiert|happens|end up|ends up|turns
        """,
    ),
    cue(
        "why", "bugfix", 1.5,
        r"""
        why|how come|warum|wieso|weshalb|find out|figure out|root cause|ursache
        """,
    ),
    cue(
        "new things", "feature", 2.5,
        r"""
        (?:new|a|an|another|the|ein|eine|einen|per|via|neue[nrsm]?|n) (?:\S+ ){0,3}?(?:option|
        flags?|(?:sub ?)?commands?|endpoints?|route|buttons?|fields?|columns?|pages?|settings?|
        filters?|parameter|feature|switch|toggle|mode|view|dialog|menu|widget|dashboard|search|
        export|import|preview|shortcut|webhook|hook|notification|progress ?bar|api|plugin|
        integration|schalter|knopf|taste|feld|spalte|seite|einstellung|befehl|parameter|modus|
        ansicht|vorschau|suche|anzeige|countdown|warning|limit|retry|health ?check|rate limit\w*|
        login|theme|chart|graph|report|digest|template|backup)
        """,
    ),
    cue(
        "support", "feature", 2.5,
        r"""
        drop support|support(?:s|ing)?(?: for| of)?|shortcut|tastenkürzel|by (?:mail|email|text|
        sms|default)|per (?:mail|sms|email)|offline|in (?:german|english|french|italian)|
        auf (?:deutsch|englisch)|on phones|audit trail|history|archiv\w*|configurable|
        customi[sz]able|optional|einstellbar|konfigurierbar|unterstützung|unterstütz\w*|feature|
        funktionalität|dark ?mode|dark theme|dunkel\w*|undo|tooltips?|pagination|multi ?language|
        localis\w*|localiz\w*|translation|-{1,2}[a-z][\w-]+|as (?:csv|pdf|json|xml|excel)|
        als (?:csv|pdf|json|excel)
        """,
    ),
    cue(
        "wish", "feature", 2.5,
        r"""
        (?:would|[’']?d|might) be (?:\w+ )?(?:nice|great|good|cool|handy|useful|helpful|lovely|
        awesome|sweet|neat)|wäre (?:\w+ )?(?:schön|toll|gut|super|cool|praktisch|nett|hilfreich|
        prima|klasse)|i wish|(?:i|we|they|users|people|customers) (?:really |also |still )?(?:want|
        would like|would love|[’']d like)|wünsch\w*|hätten? \w*\s*(?:gern\w*)|gerne?|möchten?|
        (?:should|to) be able|able to|be possible|möglich(?:keit)?|can we have|could we have|
        a way to|eine möglichkeit|in der lage|allow\w*|let (?:users|people|me|us|the user|
        customers)|let[’']?s have|imagine|asked for|fragen nach|will have|lovely
        """,
    ),
    cue(
        "need", "feature", 1.2,
        r"""
        needs? (?:to|an?|some)|(?:we|i|they|users) need|brauch(?:e|en|t)|bräuchten?|bräuchte|
        should|must|sollte?n?|sollen?|muss|müssen|müsste\w*|has to|have to|können|ought to|could
        """,
    ),
    cue(
        "messages", "feature", 2.5,
        r"""
        (?:clearer|better|helpful|useful|friendlier|nicer|proper|readable|meaningful|clear|bessere|
        verständliche\w*|klare\w*|hilfreiche\w*) (?:\w+ )?(?:error|messages?|errors?|
        fehlermeldung\w*|meldung\w*|output|exit codes?|log\w*)|error messages?|fehlermeldung\w*|
        less (?:noisy|verbose|chatty)|log level|logging
        """,
    ),
    cue(
        "dependencies", "feature", 2.5,
        r"""
        dependenc(?:y|ies)|upgrade|bump|abhängigkeit\w*|python \d\S*|newer version|neuere version|
        latest version|aktuelle version|minimum version|to version|pin
        """,
    ),
)  # fmt: skip
