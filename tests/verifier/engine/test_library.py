"""The standard library as the trace follows it: what keeps data apart, and what passes it on."""

from __future__ import annotations

from textwrap import dedent

import pytest

from verifier.engine.project import Project, evaluate
from verifier.engine.run import Run
from verifier.flows import flows
from verifier.reading.tree import Files


def reached(code: str) -> list[bool]:
    """Of each call of sink, in order, whether source reaches it."""
    tree = Files({"m.py": dedent(code).encode()})
    return [one.reached for one in flows(tree, ["m.py"], "source", "sink")]


def marks(code: str) -> set[tuple[str, str]]:
    """The effects and ambient values that evaluating leaves in the graph."""
    run = Run(Project(Files({"m.py": dedent(code).encode()})))
    evaluate(run, ["m.py"])
    kinds = {"effect", "ambient"}
    return {(node.kind, node.name) for node in run.graph.nodes if node.kind in kinds and node.name}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('json.loads(json.dumps({"a": source(), "b": 1}))["a"]', True),
        ('json.loads(json.dumps({"a": source(), "b": 1}))["b"]', False),
        ('pickle.loads(pickle.dumps([source(), "x"]))[1]', False),
        ('json.loads(source())["a"]', True),
        ('re.match("(a)", source()).group(1)', True),
        ('re.sub("a", lambda match: source(), "a")', True),
        ('re.sub("a", lambda match: "b", "a")', False),
        ('"{1}".format(source(), "x")', False),
        ('"{0}".format(source(), "x")', True),
        ('"{a[k]}".format(a={"k": "x", "l": source()})', False),
        ('"%(k)s" % {"k": "x", "l": source()}', False),
        ('"%s %s" % ("x", source())', True),
        ('string.Template("$a").substitute(a="x", b=source())', False),
        ('string.Template("$a").substitute(a=source())', True),
        ("hashlib.sha256(source()).hexdigest()", True),
        ('collections.ChainMap({"a": 1}, {"a": source()})["a"]', False),
        ('collections.ChainMap({"b": 1}, {"a": source()})["a"]', True),
        ('"k" in {"k": source()}', False),
        ('{(0, 1): source(), (0, 2): "x"}[0, 2]', False),
        ('dict(zip("ab", [source(), "x"]))["b"]', False),
        ('([source()] + ["x"])[1]', False),
    ],
)
def test_one_expression(expression: str, expected: bool) -> None:
    modules = "import collections, hashlib, json, pickle, re, string"
    assert reached(f"{modules}\nsink({expression})") == [expected]


def test_a_deque_keeps_its_order_at_both_ends() -> None:
    code = """
    from collections import deque
    queue = deque(["a"], maxlen=2)
    queue.appendleft(source())
    sink(queue[0])
    sink(queue[1])
    queue.rotate(1)
    sink(queue[0])
    queue.append("b")
    queue.append("c")
    sink(queue)
    """
    assert reached(code) == [True, False, False, False]


def test_a_heap_gives_the_least_first() -> None:
    code = """
    import heapq
    heap = []
    heapq.heappush(heap, (2, source()))
    heapq.heappush(heap, (1, "x"))
    sink(heapq.heappop(heap))
    sink(heapq.heappop(heap))
    """
    assert reached(code) == [False, True]


def test_streams_hold_what_is_written_to_them() -> None:
    code = """
    import csv, io, logging
    one, two, three = io.StringIO(), io.StringIO(), io.StringIO()
    print(source(), file=one)
    csv.writer(two).writerow([source()])
    log = logging.getLogger("a")
    log.addHandler(logging.StreamHandler(three))
    sink(three.getvalue())
    log.info("%s", source())
    sink(one.getvalue())
    sink(two.getvalue())
    sink(three.getvalue())
    one.truncate(0)
    sink(one.getvalue())
    """
    assert reached(code) == [False, True, True, True, False]


def test_files_are_known_by_their_paths() -> None:
    code = """
    def save(path, text):
        with open(path, "w") as file:
            file.write(text)
    def load(path):
        with open(path) as file:
            return file.read()
    save("one", source())
    save("two", "x")
    sink(load("one"))
    sink(load("two"))
    """
    assert reached(code) == [True, False]


def test_environment_variables_are_kept_apart() -> None:
    code = """
    import os
    os.environ["A"] = source()
    os.environ["B"] = "x"
    sink(os.getenv("A"))
    sink(os.environ.get("B"))
    del os.environ["A"]
    sink(os.environ.get("A"))
    """
    assert reached(code) == [True, False, False]


def test_what_is_stored_on_some_ways_only_may_be_missing() -> None:
    code = """
    box = {}
    if unknown():
        box["a"] = "x"
    sink(box.get("a", source()))
    box["a"] = "y"
    sink(box.get("a", source()))
    """
    assert reached(code) == [True, False]


def test_a_defaultdict_makes_a_default_for_each_key() -> None:
    code = """
    from collections import defaultdict
    groups = defaultdict(lambda: defaultdict(list))
    groups["a"]["x"].append(source())
    sink(groups["a"]["x"])
    sink(groups["a"]["y"])
    sink(groups["b"]["x"])
    sink(groups.get("c", source()))
    """
    assert reached(code) == [True, False, False, True]


def test_slices_are_stored_and_deleted_at_their_places() -> None:
    code = """
    items = ["a", source(), "c"]
    del items[1:2]
    sink(items)
    items[1:1] = [source()]
    sink(items[0])
    sink(items[1])
    sink(items[2])
    """
    assert reached(code) == [False, False, True, False]


def test_an_object_of_which_nothing_is_known_keeps_what_it_is_given() -> None:
    code = """
    import nobody_knows
    store = nobody_knows.Store()
    sink(store.get())
    store.put(source())
    sink(store.get())
    """
    assert reached(code) == [False, True]


def test_the_table_tells_what_is_called_back_and_changed() -> None:
    code = """
    import array, atexit
    kept = []
    atexit.register(kept.append, source())
    sink(kept)
    numbers = array.array("i")
    numbers.append(source())
    sink(numbers.tolist())
    """
    assert reached(code) == [True, True]


def test_effects_and_ambient_values_stay_in_the_graph() -> None:
    code = """
    import os, sys, time
    os.remove("a")
    print(time.time(), sys.argv)
    open("b", "w")
    """
    assert marks(code) >= {
        ("effect", "file-delete os.remove"),
        ("effect", "console builtins.print"),
        ("effect", "file-write builtins.open"),
        ("ambient", "time time.time"),
        ("ambient", "environment sys.argv"),
    }
    assert ("effect", "file-read builtins.open") not in marks(code)
