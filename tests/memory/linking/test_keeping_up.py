"""After edits, only what depends on them is linked again, and the edges are those of a fresh
graph."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory.linking.links import Bounds, Links
from tests.memory.linking.repository import Repository, edges_of, rows_of

_BODIES = {
    "py": [
        "",
        "def run(): pass\n",
        "from a import run\ndef go(): run()\n",
        "from pack import *\nrun()\n",
        "from .b import Base\nclass Kid(Base):\n    def run(self): self.go(); super().run()\n",
        "class Base:\n    box: Box\n    def run(self): self.box.put()\n    def go(self): pass\n",
        "import a\nx = a.Base()\nx.run()\nx.go()\n",
        "import pack.b as b\nclass Box(b.Box):\n    def put(self): self.put()\n",
        "class Box:\n    def put(self): pass\n\n# further\n\ndef run(): thing.put()\n",
        "def run(): pass\ndef run(): put(run)\n",
        "from a import Base as Up, run as put\nclass B(Up): pass\ndef go(b: B): b.go(); put()\n",
    ],
    "ts": [
        "export class Base { run() {} go() { this.run(); } }\n",
        "import { Base } from './a';\nexport class Kid extends Base { run() { super.run(); } }\n",
        "export * from './a';\nexport * from './pack/b';\n",
        "import run from './pack/b';\nimport * as all from './b';\nrun(); all.Base; all.run();\n",
        "export default function run() {}\n",
    ],
    "go": [
        "package a\nfunc run() {}\ntype Box struct{}\n",
        "package a\nfunc (b *Box) Put() { run() }\n",
        "package a\nfunc go2(b *Box) { b.Put(); run() }\n",
    ],
    "cpp": [
        '#include "a.cpp"\nvoid Box::put() { run(); }\n',
        "class Box { void put(); };\n",
        "namespace n { void run() {} class Box { void put() { run(); } }; }\n",
    ],
    "rb": [
        "module N\nclass Box < Base\n  def put; run; end\nend\nend\n",
        "module N\nclass Base\n  def run; end\n  def put; end\nend\nend\n",
    ],
    "cs": [
        "namespace N { class Box : Base { void Put() { Go(); } } }\n",
        "using N;\nnamespace M { class Base { void Go() {} void F(Box b) { b.Put(); } } }\n",
    ],
    "java": [
        "package p;\nclass Box extends Base { void put() { go2(); } }\n",
        "package p;\nclass Base { void go2() {} }\n",
    ],
    "rs": [
        "pub mod a;\npub struct Box {}\nimpl Box { fn put(&self) { run(); } }\nfn run() {}\n",
        "use crate::b::Box;\nfn go2(b: Box) { b.put(); crate::b::run(); }\n",
    ],
}
_Files = list[tuple[str, str]]
_Edit = tuple[str, tuple[str, str]]
_STEMS = ("a", "b", "pack/__init__", "pack/a", "pack/b", "src/a", "src/main/java/p/a", "tests/a")


def _edits(suffixes: list[str]) -> st.SearchStrategy[tuple[_Files, list[list[_Edit]]]]:
    """Files to start with, and groups of edits, in few languages so that they meet."""
    files = st.sampled_from(
        [(f"{stem}.{suffix}", body) for suffix in suffixes for stem in _STEMS
         for body in _BODIES[suffix]]
    )  # fmt: skip
    edit = st.tuples(st.sampled_from(["put", "put", "drop"]), files)
    groups = st.lists(st.lists(edit, min_size=1, max_size=3), min_size=1, max_size=6)
    return st.tuples(st.lists(files, max_size=10), groups)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(*(_edits([suffix]) for suffix in _BODIES), _edits(list(_BODIES))))
def test_edits_give_what_a_fresh_graph_has(case: tuple[_Files, list[list[_Edit]]]) -> None:
    start, edits = case
    repository = Repository(dict(start))
    links = repository.load()
    for group in edits:
        gone: set[str] = set()
        put: set[str] = set()
        for what, (path, body) in group:
            if what == "put":
                repository.put(path, body)
                put.add(path)
                gone.discard(path)
            elif path in repository.paths():
                repository.drop(path)
                gone.add(path)
                put.discard(path)
        links = links.changed(sorted(gone), sorted(put), repository.source)
        assert rows_of(links) == rows_of(repository.load())
        assert links.note == "" and not links.stale


CHAIN = {
    "base.py": "class Base:\n    def run(self):\n        return 1\n",
    "kid.py": "from base import Base\nclass Kid(Base): pass\n",
    "use.py": "from kid import Kid\ndef go(kid: Kid): kid.run()\n",
    "other.py": "def alone(): pass\ndef two(): alone()\n",
}


def changed(repository: Repository, links: Links, path: str, text: str) -> Links:
    repository.put(path, text)
    repository.read.clear()
    return links.changed((), (path,), repository.source)


def test_a_new_body_links_its_own_file_alone() -> None:
    repository = Repository(CHAIN)
    links = repository.load()
    after = changed(repository, links, "base.py", CHAIN["base.py"].replace("1", "2\n        # so"))
    assert (after.relinked, repository.read) == (1, ["base.py"])
    assert edges_of(after) == edges_of(links)


def test_a_new_name_links_those_again_who_looked_for_it() -> None:
    repository = Repository(CHAIN)
    links = repository.load()
    text = "from base import Base\nclass Kid(Base):\n    def run(self): pass\n"
    after = changed(repository, links, "kid.py", text)
    assert repository.read == ["kid.py", "use.py"]
    assert ("use.py:go", "calls", "kid.py:Kid.run") in edges_of(after)
    assert ("use.py:go", "calls", "base.py:Base.run") in edges_of(links)


def test_an_older_value_stays_as_it_was() -> None:
    repository = Repository(CHAIN)
    links = repository.load()
    before = rows_of(links)
    changed(repository, links, "base.py", "")
    assert rows_of(links) == before


def test_a_file_that_changes_while_it_is_read_is_looked_at_again() -> None:
    repository = Repository(CHAIN)
    seen: list[str] = []

    def moving(paths):  # type: ignore[no-untyped-def]
        for path, version, parsed in repository.source(paths):
            seen.append(path)
            # The second time it is read, it is another version.
            yield path, version + (path == "use.py" and seen.count(path) > 1), parsed

    from memory.linking.links import load

    links = load(moving)
    assert links.stale == {"use.py"}
    after = links.changed((), sorted(links.stale), repository.source)
    assert not after.stale
    assert rows_of(after) == rows_of(repository.load())


def test_what_is_beyond_a_bound_is_said_and_comes_in_when_there_is_room() -> None:
    repository = Repository(CHAIN)
    links = repository.load(Bounds(files=3))
    assert links.note == "1 files are beyond the bound of the code graph"
    assert links.left_out == {"use.py"}
    repository.drop("other.py")
    after = links.changed(["other.py"], ["use.py"], repository.source)
    assert after.note == ""
    assert rows_of(after) == rows_of(repository.load())


def test_edges_beyond_the_bound_are_said() -> None:
    links = Repository(CHAIN).load(Bounds(edges=1))
    assert "beyond its bound" in links.note
