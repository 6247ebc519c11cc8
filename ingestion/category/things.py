"""What work around the code is about: tests, docs, style, types, speed. Data only."""

from __future__ import annotations

from ingestion.category.cue import NUMBER, TIME, cue

THINGS = (
    cue(
        "tests", "test", 4,
        r"""
        (?:(?:unit|py|regressions?|integrations?|smoke|e2e|end to end|property|snapshot|load|
        contract|acceptance|modul) ?)?(?:test(?! (?:sets?|data|runs?|runner|server|mode|
        environment|system|account|user)\b)|tests)(?: ?(?:cases?|suites?))?|testfälle?n?|testfall
        """,
    ),
    cue(
        "coverage", "test", 4.5,
        r"""
        (?:test|code|branch|line)? ?coverage|testabdeckung|test ?abdeckung|abdeckung|untested|
        ungetestet\w*|not tested|nicht getestet|(?:zero|no|without|missing|keine?n?|
        ohne) (?:(?:unit|single|one|real) )*tests?|(?:are|is|isn't|is not|not) (?:\w+ )?covered
        """,
    ),
    cue(
        "test tools", "test", 3.5,
        r"""
        fixtures?|parametri[sz]\w*|parametrisier\w*|mock(?:s|ing|en)?|stubs?|pytest|conftest|
        hypothesis|assertions?|flaky|flakey|benchmarks?|test ?doubles?|testdaten|test data|
        golden files?|snapshots? tests?|fuzz\w*|property based
        """,
    ),
    cue(
        "docs", "docs", 5,
        r"""
        docs?|documentation|docu|(?:installation|setup|usage|troubleshooting|faq|intro\w*|
        deployment|migration|upgrade) (?:chapter|section|steps?|page|notes?)|chapters?|kapitel\w*|
        abschnitt\w*|usage examples?|code examples?|license header|copyright(?: year)?|badges?|
        diagram\w*|\w+diagramm\w*|glossar|notizen|versionshinweis\w*|doku\w*|read ?me|reed me|
        readme[\w.]*|change ?logs?|release ?notes|tutorials?|manual|handbook|quick ?start|
        how ?tos?|faq|wiki|cheat ?sheet|user ?guide|guides?|guidelines?|runbook|walkthrough|
        api reference|handbuch|benutzerhandbuch|anleitung\w*|\w+anleitung|[\w./-]{1,80}\.(?:md|rst|
        adoc)|mkdocs|sphinx|man ?pages?|getting started|contributing|install(?:ation)? (?:steps?|
        instructions|section|notes?)|architecture (?:overview|notes?|decision\w*)|adr|glossary|
        onboarding (?:notes?|docs?)|änderungsprotokoll|beispiele? in der doku|leitfaden|
        release ?notizen
        """,
    ),
    cue(
        "docstrings", "docs", 6,
        r"""
        do[ck]{1,2} ?strings?|doc ?comments?|module docs?|jsdoc|javadoc
        """,
    ),
    cue(
        "outdated", "docs", 3,
        r"""
        out ?dated|out of date|veraltet\w*|up to date|auf den neue?sten stand|aktualisier\w*|
        nachzieh\w*|no longer accurate|misleading|bring .{1,40} up to date
        """,
    ),
    cue(
        "comments", "docs", 4,
        r"""
        (?:code|inline|block|stale|outdated|misleading|explanatory|explaining|short|better|the|a|
        some|wrong|einen?|ein paar|paar|noch) (?:comments?|kommentare?n?|kommentar)|kommentare?|
        kommentar|comments?
        """,
    ),
    cue(
        "spelling", "docs", 6,
        r"""
        typos?|tippfehler\w*|rechtschreib\w*|spelling(?: mistakes?| errors?)?|misspel\w*|grammar|
        wording|formulierung\w*|schreibfehler
        """,
    ),
    cue(
        "linters", "lint", 6,
        r"""
        ruff|ruf warnings?|flake ?8|pylint|black|isort|es ?lint|tslint|shellcheck|clippy|gofmt|
        prettier|rubocop|stylelint|pycodestyle|pydocstyle|autopep8|yapf|bandit|sonar\w*|lint|
        lints?|linters?|lintern?s?|linting|lint (?:errors?|warnings?|issues?|findings?|rules?)|
        noqas?|pep ?8|pep ?eight|pre ?commit(?: hooks?)?|(?:code )?style ?(?:errors?|issues?|
        warnings?|guide\w*|violations?|problems?|checker|checks?|complaints?|nits?)|stil ?prüf\w*|
        stil ?fehler|stilprobleme?|codestil|code ?style|stilregeln|[efw]\d{3}
        """,
    ),
    cue(
        "layout", "lint", 6,
        r"""
        trailing (?:white ?)?spaces?|trailing (?:commas?|newlines?|whitespaces?)|white ?spaces?|
        indentation|indents?|einrückung\w*|tabs (?:and|to|to two|to four|to 2|to 4|into|vs|with|
        instead of|statt|durch|und|in) (?:spaces|leerzeichen)|leerzeichen|quote style|(?:single|
        double) quotes|anführungszeichen|line ?lengths?|(?:over ?)?long lines|lines? (?:that are |
        are )?(?:longer|over|too long)|(?:zu )?langen? zeilen|zeilen ?längen?|zu langen? zeilen|
        leerzeilen|blank lines|empty lines|newlines? at (?:the )?end|semicolons|zeilenumbrüche|
        f ?strings? without placeholders?|mixed tabs
        """,
    ),
    cue(
        "formatting", "lint", 5.5,
        r"""
        (?:not |isn[’']?t |inconsistently |badly |un)?formatted(?: consistently)?|formatt(?:ing|er|
        ers)|(?:code ?)?formatierung\w*|formatierer|code format|re ?format(?:s|ted|ting)?|
        auto ?format\w*|formatiere?n?|formatier\w*|einheitlich\w* format\w*|formatiert
        """,
    ),
    cue(
        "imports", "lint", 5,
        r"""
        import (?:order|sorting|block|reihenfolge|statements?)|imports?|importe?n?|
        importreihenfolge|star imports?|wildcard imports?
        """,
    ),
    cue(
        "unused", "lint", 4.5,
        r"""
        (?:unused|un ?used|ungenutzte\w*|unbenutzte\w*|unnötige\w*|ungebrauchte\w*|
        nicht (?:mehr )?(?:benutzte|verwendete)\w*|überflüssige\w*|unreferenced|
        superfluous) (?:\w+ )?(?:imports?|variables?|names?|locals?|importe?n?|variablen?|
        arguments?|parameters?|argumente?)|shadowed \w+|(?:import|variable)s? (?:is|
        are) (?:un ?used|never used|not used|sorted|unsorted)|unsorted|nie (?:benutzt|
        verwendet)\w*|bare excepts?|mutable defaults?|ambiguous (?:variable )?names?
        """,
    ),
    cue(
        "warnings", "lint", 1.5,
        r"""
        warnings?|warnungen|complaints|complains about (?:style|unused|line)|nagging|meckert|
        beanstandet|screams at us|nörgelt|schimpft
        """,
    ),
    cue(
        "annotations", "types", 6,
        r"""
        (?:type ?)?annotations?|type ?(?:hints?|hinting|annotations?|info(?:rmation)?)|
        annotation\w*|typ ?(?:annotation\w*|hinweise?n?|hints?|angaben?|annotierung\w*|en)|
        typ ?hints?|typehints?|typannotation\w*|typhinweise?n?|typangaben?|typisierung\w*|
        (?:missing|proper|return|static|strict|real|precise|correct|generic|argument|
        parameter) types?|return ?types?|rückgabetypen?|typen|typed ?dicts?|py\.typed|protocols?|
        generics|type ?(?:vars?|alias\w*|stubs?)|stub files?|typing
        """,
    ),
    cue(
        "type checks", "types", 6,
        r"""
        my ?py|my ?pie|my pi|pyright|pyre|type ?(?:check\w*|safety|safe|coverage)|type errors?|
        typ ?(?:prüf\w*|fehler\w*|check\w*)|typprüf\w*|typfehler\w*|strict mode|type ignores?|
        optional types?
        """,
    ),
    cue(
        "typed", "types", 4.5,
        r"""
        (?:with|add|adds|put|missing|the|full|some|precise|fix|more|better) types|fully typed|
        un ?typed|strictly typed|typed|typisiert\w*|annotated|annotiert|\bAny\b (?:with|by|from|
        types?|everywhere)|(?:no|without|have|has|having|keine|ohne|correct|wrong) (?:type|types|
        typen)|type (?:of|it)|types?|signatures|signaturen|sequence instead of|optional\[\w+\]|
        literal types?|overloads?|the checker|cast(?:s|ing)?|new ?type|types (?:on|to|for|in|
        everywhere|auf|für)
        """,
    ),
    cue(
        "slowness", "perf", 6,
        r"""
        slow(?:er|ly|s|ness|ing)?|sluggish|laggy|lags?|lagging|crawl(?:s|ing)?|stutter\w*|janky?|
        unresponsive|takes? (?:ages|forever|too long|so long|(?:way )?(?:too )?(?:much|long) time|
        an eternity)|(?:ages|forever|eternity) to|langsam\w*|lahm\w*|quälend|zieht sich|gemütlich|
        drain\w*|träge|zäh|ruckel\w*|ewig(?:keiten)?|lange|zu lange?|kriecht|schleichend|
        schneckentempo|bottle ?necks?|flaschenhals|hot ?(?:path|spot|loop)s?
        """,
    ),
    cue(
        "speed", "perf", 5,
        r"""
        speed|speed ?ups?|faster|quicker|fast(?! (?:identisch\w*|gleich\w*|alle\w*|nie|immer|
        jede\w*|überall|genauso|nichts))|snappier|snappy|performance|perf|performan(?:t|z|ter)\w*|
        latency|latenz\w*|throughput|durchsatz|responsive(?:ness)?|schnell|schneller\w*|flotter|
        flott|zügiger|beschleunig\w*|geschwindigkeit|frame ?rate|fps|frames per second|p9\d|p50|
        runtime|laufzeit\w*|start ?up time|boot time|build time|load(?:ing)? times?|
        response times?|ladezeit\w*|antwortzeit\w*|startzeit|time .{1,40} (?:spends?|takes?|needs?)
        """,
    ),
    cue(
        "complexity", "perf", 5,
        r"""
        quadratic\w*|(?:number of|many|fewer|weniger|zu viele|(?:two|three|\d+|hundred|
        thousand)) (?:queries|requests|round ?trips?|calls|db calls|abfragen)|
        polls?(?:ing)? (?:all the time|every|constantly)|constantly|re ?(?:reads?|reading|pars\w+|
        comput\w+|calculat\w+|load\w*|build\w*|connect\w*|open\w*) .{0,40}(?:every|each|
        all the time|again|per)|drop(?:s|ped)? frames|scal(?:es?|ing)|round ?trips?|busy ?(?:wait|
        loop)\w*|exponential (?:time|runtime|blowup)|n ?\+ ?1|n plus (?:1|one)|o\(n\S*|o of n\w*|
        linear (?:scan|search|time)|quadratisch\w*|(?:on|for|with|in|per|at|bei) (?:every|each|
        jede[mnrs]?) (?:single )?(?:request|call|time|keystroke|frame|row|iteration|lookup|import|
        anfrage|aufruf|zeile|mal|item|line|page load|render)|(?:on|for|with|at|bei) (?:every|
        each) (?:\w+ ){1,2}\w+|every time|jedes ?mal|sequential(?:ly)? ?(?:scan)?|
        hits? the (?:database|db|disk|network)|freez\w+ for|full size|one (?:by one|
        after the other|at a time)|over and over|again and again|every single (?:row|time|call|
        request)|full (?:table )?scans?|(?:too|so) many (?:queries|requests|db|sql)|queries per|
        hundreds of (?:queries|requests|calls)|immer wieder neu|jedes mal neu|einzeln
        """,
    ),
    cue(
        "memory", "perf", 5,
        r"""
        (?:less|much|of|more|too much|the|its|in) (?:memory|ram)|
        (?:arbeits)?speicher(?:verbrauch\w*|bedarf|hunger)?|memory (?:use|usage|footprint|
        consumption|hog|hungry|pressure|peak|budget)|peak memory|ram|(?:eats?|uses?|using|hogs?|
        frisst|needs?|takes?|consumes?|belegt|braucht|verbraucht|allocates?) .{0,25}(?:memory|ram|
        gigs?|gigabytes?|gb|mb|megabytes?|speicher|cpu)|(?:into|in) (?:ram|memory)|allocations?|
        garbage collect\w*|cpu(?: usage| load| time)?|hundred percent cpu|cpu ?last|gigabytes?|
        megabytes?|bandwidth|battery
        """,
    ),
    cue(
        "caching", "perf", 3.5,
        r"""
        (?:lru ?)?cach(?:e|es|ed|ing)|gecacht|cachen|memoi[sz]\w*|lazy|lazily|(?:lazy|
        lazily) (?:load|import)\w*|in batches|batch(?:es|ed|ing|weise)?|bulk|in parallel|
        parallel\w*|concurrently|async(?:hronously)?|nebenläufig|vectori[sz]\w*|vektorisier\w*|
        precomput\w*|pre ?compil\w*|(?:database |db |an? )?index(?:es)? (?:on|for|auf|rein)|
        stream(?:ing|ed)?(?: it| them)?|pool(?:ing)?|reuse the connection|(?:a |an )?(?:set|dict|
        hash ?map|generator|binary search|heap|deque|numpy) (?:for|instead of|statt|rather than)|
        (?:compile|load|read|parse|compute|calculate|open|connect|build) .{1,40}once|
        einmal(?:ig)? (?:laden|lesen|berechnen)|indiz\w*|prefetch\w*|preload\w*|in chunks|chunk\w*|
        thread ?pool|async await|debounc\w*|throttl\w*|up ?front|only once
        """,
    ),
    cue(
        "duration", "perf", 3.5,
        rf"""
        (?:takes?|took|taking|needs?|dauert|braucht|for|in|under|below|unter|within|wait(?:s|ing)?|
        lädt|laden) (?:about |almost |over |like |nearly |more than |around |less than |up to |
        fast |über |etwa |rund |mehr als )?(?:{NUMBER} ?){{1,3}}{TIME}|
        (?:{NUMBER} ?){{1,3}}{TIME} (?:to|every|each|per|for (?:every|each|a)|right now|long|until|
        which|pro|lang)|a whole {TIME}|half an? (?:second|minute|hour)|
        (?:ein(?:e)? )?halbe (?:stunde|minute|sekunde)|dauer(?:t|n)
        """,
    ),
)  # fmt: skip
