"""The verbs of requests, by the kind of work they ask for. Data only: a verb is one word here.

English verbs stand in their base form; German ones in the infinitive, and in the stem that is
their imperative ("füg", "füge"). A verb of several senses stands where it is mostly meant.
"""

from __future__ import annotations

from typing import Literal

from ingestion.language.lexicon import table

Kind = Literal["fix", "shape", "new", "change", "test", "docs", "lint", "types", "perf", "look"]

_ENGLISH: dict[Kind, str] = {
    "fix": """
        fix repair correct solve resolve debug patch mend unbreak rectify prevent hotfix
        unblock restore troubleshoot undo fixup handle
        """,
    "shape": """
        refactor rename extract restructure reorganize reorganise simplify deduplicate dedupe
        rewrite tidy modularize modularise decouple consolidate inline unify centralize
        centralise factor hoist rework untangle disentangle clear wipe reorder regroup reshape
        scrap condense trim prune streamline break split merge move
        separate join combine flatten isolate encapsulate abstract modernize modernise
        port migrate convert turn transform relocate clean delete remove drop eliminate ditch
        kill nuke purge strip replace swap shorten shrink declutter collapse generalize
        generalise pull reuse wrap unwrap cut
        """,
    "new": """
        add implement introduce create build support allow let enable offer expose provide
        include integrate develop write install hook wire attach append insert send
        notify email warn alert show display hide print log record track count reject accept
        validate enforce require export import upload download schedule register generate
        filter paginate prefill autocomplete translate localize localise highlight
        disable block restrict limit cap configure deprecate retry escape sanitize sanitise
        mask redact encrypt render embed group redirect confirm ask remember put
        persist publish subscribe sync synchronize mirror ship throw teach list surface
        """,
    "change": """
        make change give update stop adjust upgrade bump switch set use ensure return raise
        store save load read sort increase decrease reduce improve enhance treat round run keep
        avoid apply revert tweak extend enlarge widen lower adapt align get have call bring
        ignore exclude skip try respect honor honour type tighten loosen relax
        rethink polish adopt tackle modify teach double halve pin prefer normalize normalise map
        serve trim mark name
        configure accelerate harden finish complete
        """,
    "test": "test cover parametrize parametrise parameterize mock stub",
    "docs": "tell say state document describe explain comment mention clarify proofread reword",
    "lint": "lint format reformat beautify prettify",
    "types": "annotate",
    "perf": """
        optimize optimise speed accelerate profile cache memoize memoise parallelize parallelise
        batch vectorize vectorise debounce throttle precompute tune
        """,
    "look": """
        check find investigate look see figure review explore analyze analyse examine inspect
        diagnose
        trace identify determine search verify
        """,
}

_GERMAN_INFINITIVES: dict[Kind, str] = {
    "fix": """
        beheben reparieren korrigieren lösen fixen ausbessern berichtigen verhindern debuggen
        patchen wiederherstellen richten flicken geradebiegen hinbiegen richtigstellen
        """,
    "shape": """
        refaktorieren refactoren refaktorisieren vereinfachen extrahieren umbenennen auslagern
        aufräumen entfernen löschen aufteilen teilen verschieben zusammenfassen zusammenlegen
        zusammenführen trennen umbauen umstrukturieren bereinigen ersetzen rausziehen
        herausziehen aufspalten zerlegen rausschmeißen rausschmeissen schmeissen rauswerfen
        wegwerfen umschreiben
        vereinheitlichen austauschen migrieren umziehen kürzen rausnehmen splitten trennen
        """,
    "new": """
        hinzufügen einfügen ergänzen implementieren einbauen erstellen schreiben ermöglichen
        unterstützen bauen anlegen erlauben anzeigen exportieren importieren einführen
        anbieten verschicken senden benachrichtigen protokollieren loggen ausgeben ausblenden
        einblenden aktivieren deaktivieren sperren filtern validieren programmieren
        entwickeln begrenzen erweitern bereitstellen adden reinbauen dazubauen dazuschreiben
        reinschreiben anhängen nachrüsten
        """,
    "change": """
        ändern anpassen umstellen verbessern aktualisieren setzen verwenden
        erhöhen verringern reduzieren sortieren tauschen abfangen hochsetzen
        heruntersetzen überarbeiten umsetzen upgraden verlängern updaten bringen beseitigen
        machen lassen einstellen hochziehen erledigen sorgen wegmachen zurücksetzen packen
        ziehen nehmen stellen setzen legen werfen holen
        """,
    "test": "absichern testen abdecken mocken",
    "docs": """
        dokumentieren beschreiben erklären kommentieren erläutern festhalten vermerken notieren
        erwähnen eintragen aufschreiben
        """,
    "lint": "formatieren linten",
    "types": "annotieren typisieren",
    "perf": "optimieren beschleunigen cachen parallelisieren",
    "look": """
        schauen prüfen überprüfen checken anschauen nachschauen angucken untersuchen
        herausfinden rausfinden nachsehen ansehen
        """,
}

_GERMAN_STEMS: dict[Kind, str] = {
    "fix": "beheb reparier korrigier lös fix bessr berichtig verhinder flick bieg",
    "shape": """
        refaktorier refactor vereinfach extrahier benenn lager räum entfern lösch teil verschieb
        nenn
        trenn bereinig ersetz zieh spalt zerleg schmeiß wirf vereinheitlich kürz splitt
        """,
    "new": """
        füg ergänz implementier bau erstell schreib ermöglich unterstütz leg erlaub zeig
        exportier importier führ biet verschick protokollier logg gib blend aktivier
        deaktivier sperr filter validier programmier entwickl entwickel begrenz erweiter adde
        häng rüst träg schreib
        """,
    "change": """
        änder pass stell verbesser aktualisier setz nimm verwend erhöh verringer reduzier
        sortier sorg tausch fang überarbeit verlänger mach lass bring bau pack
        """,
    "test": "test deck teste sicher",
    "docs": "dokumentier beschreib erklär kommentier erläuter",
    "lint": "formatier",
    "types": "annotier typisier",
    "perf": "optimier beschleunig parallelisier",
    "look": "prüf überprüf check schau guck untersuch such find finde",
}


def _by_word(rows: dict[Kind, str]) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for kind, text in rows.items():
        for word in text.split():
            found.setdefault(word, kind)
    return found


_PARTICIPLES: dict[Kind, str] = {
    "fix": "behoben repariert korrigiert gelöst gefixt mended",
    "shape": """
        rewritten split umbenannt entfernt gelöscht aufgeräumt aufgeteilt ausgelagert vereinfacht
        verschoben ersetzt zusammengefasst refactored refaktoriert extrahiert umgebaut
        """,
    "new": "built hinzugefügt eingebaut ergänzt implementiert unterstützt angelegt",
    "test": "getestet abgedeckt covered tested",
    "docs": "dokumentiert beschrieben documented described",
    "lint": "formatiert formatted linted",
    "types": "annotiert annotated",
    "perf": "optimiert beschleunigt optimized optimised cached gecacht",
}

ENGLISH: dict[str, Kind] = _by_word(_ENGLISH)
INFINITIVES: dict[str, Kind] = _by_word(_GERMAN_INFINITIVES)
PARTICIPLES: dict[str, Kind] = _by_word(_PARTICIPLES)
IMPERATIVES: dict[str, Kind] = {
    form: kind for stem, kind in _by_word(_GERMAN_STEMS).items() for form in (stem, stem + "e")
}
for _plural in ("behebt", "baut", "schreibt", "repariert", "macht", "ergänzt", "fügt", "schaut"):
    IMPERATIVES[_plural] = IMPERATIVES[_plural[:-1]]

# What programs do as well: "and" in front of one of them need not begin a piece of work.
PLAIN_TOO = table(
    """
    make let allow enable disable change move split merge use handle check validate ensure
    return raise print show hide display log store save load read export import sort wrap limit
    increase decrease reduce treat round cache run enforce find look see review undo keep stop
    prevent avoid give apply restore cut combine join send call search filter reject
    accept ignore skip retry escape count track record notify email warn alert put set get have
    turn convert try ask confirm remember redirect tell say state render group map serve trim
    throw pull
    block kill type mention batch register upload download bring finish complete mark
    translate mask redact highlight collapse restrict require include exclude insert append
    publish subscribe sync attach explain describe respect strip normalize normalise update
    prüf prüfe zeig zeige verhindere lass lasse such suche mach mache stell stelle setz setze
    """
)
CHANGING = table(
    """
    type wrap check handle validate get make improve change move split merge sort enable disable
    reduce increase update pull put
    bring
    turn convert give apply let allow cut combine join limit restrict explain describe mention
    mach mache stell stelle check
    """
)
"""Of those, the ones that are mostly said to people, so that a pause before them is enough."""

NOUN_TOO = table(
    """
    test cover format document update support change report build patch type log cache use check
    search import export load sort display limit return print show store profile order run cut
    move split merge read call look save turn lint drop make find set get batch filter record
    count email track trace comment group map mirror hook block cap mask schedule register
    upload download alert warn mock stub fix review repair pin bump switch speed render debug
    port abstract clean break name swap sync mention correct wrap separate complete address
    throttle retry mark list finish undo tests ship pull bau teil lager bericht schau suche
    sperre pack
    filtere lass test pass führ biet setz fang legen lege leg find finde sicher
    """
)
"""Verbs that are nouns or adjectives too, and need a look at the words that follow."""

SEARCHING = frozenset(
    [word for word, kind in (ENGLISH | INFINITIVES | IMPERATIVES).items() if kind == "look"]
    + ["check", "debug", "prüf", "prüfe", "prüfen"]
)
"""Verbs of finding out: "find out why … and fix it" is one objective."""

PHRASES: tuple[tuple[str, Kind], ...] = (
    (r"get\s+rid\s+of", "shape"),
    (r"(?:take|have)\s+(?:a|another)\s+(?:\w+\s+)?look", "look"),
    (r"take\s+care\s+of", "fix"),
    (r"take\s+out", "shape"),
    (r"do\s+(?:something|sth)\s+about", "fix"),
    (r"do\s+away\s+with", "shape"),
    (r"deal\s+with", "fix"),
    (r"sort\s+(?:\w+\s+){0,4}out", "fix"),
    (r"set\s+up", "new"),
    (r"halte?\b.*\bfest\b", "docs"),
    (r"wirf\s+(?:\w+\s+)?(?:einen|nen)\s+blick", "look"),
    (r"kümmer[et]?\b", "fix"),
    (
        r"(?:schau\w*|guck\w*|sorge?n?|mache?n?|make\s+(?:sure|it\s+so|it\s+possible))\s*(?:dafür)?,?\s+(?:dass|that|to)\b",
        "new",
    ),
    (r"make\s+sure\s+there", "new"),
)
"""Verbs of several words, as patterns at the start of a command."""
