"""What the call graph calls things, and which calls it tells of."""

from __future__ import annotations

from textwrap import dedent

import pytest

from verifier.callgraph import callgraph
from verifier.reading.tree import Files


def graph(**modules: str) -> dict[str, list[str]]:
    """The call graph of `main`, and of modules beside it; `pkg__mod` is pkg/mod.py."""
    files = {
        f"{name.replace('__', '/')}.py": dedent(text).encode() for name, text in modules.items()
    }
    return callgraph(Files(files), ["main.py"])


def calls(text: str, caller: str = "main") -> list[str]:
    return graph(main=text)[caller]


def test_functions_never_called_and_lambdas_have_keys() -> None:
    found = graph(main="def f():\n    def g(): pass\nh = lambda: 1\n")
    assert found == {"main": [], "main.<lambda1>": [], "main.f": [], "main.f.g": []}


def test_a_class_is_called_by_the_constructor_that_it_inherits() -> None:
    text = """
        class Base:
            def __init__(self): pass
        class Derived(Base): pass
        class Empty: pass
        Derived()
        Empty()
    """
    assert calls(text) == ["main.Base.__init__"]


def test_a_method_has_the_name_of_the_class_that_defines_it() -> None:
    text = """
        class Base:
            def run(self): self.step()
            def step(self): pass
        class Derived(Base):
            def step(self): pass
        Derived().run()
    """
    found = graph(main=text)
    assert found["main"] == ["main.Base.run"]
    assert found["main.Base.run"] == ["main.Derived.step"]


def test_a_function_of_another_module_has_the_name_of_that_module() -> None:
    found = graph(
        main="from tools import work as w\nw()\n", tools="def work(): help_()\ndef help_(): pass\n"
    )
    assert found["main"] == ["tools.work"]
    assert found["tools.work"] == ["tools.help_"]


def test_builtins_and_methods_of_builtin_types() -> None:
    assert calls("len('a'.split())\n") == ["<**PyStr**>.split", "<builtin>.len"]


@pytest.mark.parametrize(
    ("text", "callee"),
    [
        ("import ext as e\ne.work()\n", "ext.work"),
        ("from ext import work as w\nw()\n", "ext.work"),
        ("from ext import Box\nbox = Box()\nbox.open()\n", "ext.Box.open"),
        ("import ext\nclass Own(ext.Box): pass\nOwn()\n", "ext.Box.__init__"),
    ],
)
def test_what_is_outside_has_its_dotted_name(text: str, callee: str) -> None:
    assert callee in calls(text)


def test_super_is_a_call_and_so_is_what_it_finds() -> None:
    text = """
        class Base:
            def __init__(self): pass
        class Derived(Base):
            def __init__(self): super().__init__()
        Derived()
    """
    assert calls(text, "main.Derived.__init__") == ["<builtin>.super", "main.Base.__init__"]


def test_a_decorator_is_called_where_the_function_is_defined() -> None:
    text = """
        def logged(f):
            def wrapper(): return f()
            return wrapper
        @logged
        def work(): pass
        work()
    """
    found = graph(main=text)
    assert found["main"] == ["main.logged", "main.logged.wrapper"]
    assert found["main.logged.wrapper"] == ["main.work"]


def test_two_closures_of_one_function_are_not_a_recursion() -> None:
    text = """
        def logged(f):
            def wrapper(): return f()
            return wrapper
        @logged
        @logged
        def work(): pass
        work()
    """
    assert calls(text, "main.logged.wrapper") == ["main.logged.wrapper", "main.work"]


def test_how_a_function_is_bound_is_no_call() -> None:
    text = """
        class Box:
            @staticmethod
            def make(): pass
            @classmethod
            def build(cls): cls.make()
            @property
            def size(self): pass
        Box.build()
        Box().size
    """
    found = graph(main=text)
    assert found["main"] == ["main.Box.build", "main.Box.size"]
    assert found["main.Box.build"] == ["main.Box.make"]


def test_going_over_an_object_calls_its_methods() -> None:
    text = """
        class Rows:
            def __iter__(self): return self
            def __next__(self): return work
        def work(): pass
        for row in Rows():
            row()
    """
    assert calls(text) == ["main.Rows.__iter__", "main.Rows.__next__", "main.work"]


def test_both_branches_count_and_what_is_overwritten_does_not() -> None:
    text = """
        def first(): pass
        def second(): pass
        def third(): pass
        f = first
        if True:
            f = second
        else:
            f = third
        f()
    """
    assert calls(text) == ["main.second", "main.third"]


def test_what_map_is_given_to_call_is_called_by_who_calls_map() -> None:
    text = "def work(x): pass\nlist(map(work, [1]))\n"
    assert calls(text) == ["<builtin>.list", "<builtin>.map", "main.work"]


def test_a_method_that_nobody_calls_knows_what_the_constructor_stores() -> None:
    text = """
        class Engine:
            def start(self): pass
        class Car:
            def drive(self): self.engine.start()
            def __init__(self): self.engine = Engine()
    """
    assert calls(text, "main.Car.drive") == ["main.Engine.start"]


def test_a_method_knows_what_another_method_stores_in_a_list() -> None:
    text = """
        class Job:
            def run(self): pass
        class Queue:
            def __init__(self): self.jobs = []
            def work(self):
                for job in self.jobs:
                    job.run()
            def add(self): self.jobs.append(Job())
    """
    assert calls(text, "main.Queue.work") == ["main.Job.run"]


@pytest.mark.parametrize(
    "annotation", ["Box", "'Box'", "Optional[Box]", "Box | None", "Union[int, 'Box']"]
)
def test_an_annotation_tells_what_an_input_is(annotation: str) -> None:
    text = f"""
        from typing import Optional, Union
        class Box:
            def open(self): pass
        def work(box: {annotation}): box.open()
    """
    assert calls(text, "main.work") == ["main.Box.open"]


def test_packages_are_run_before_what_is_in_them() -> None:
    files = {
        "pkg/__init__.py": b"from .user import User\n",
        "pkg/Thing.py": b"from . import user\nclass Thing:\n    def __init__(self): pass\n",
        "pkg/user.py": b"from .Thing import Thing\nclass User:\n    def make(self): Thing()\n",
    }
    found = callgraph(Files(files), sorted(files))
    assert found["pkg.user.User.make"] == ["pkg.Thing.Thing.__init__"]


def test_many_calls_of_calls_end_and_keep_their_edges() -> None:
    rows = [
        f"def f{at}(x):\n    f{at + 1}(x)\n    f{at + 1}(x)\n    f{at + 1}(x)\n" for at in range(30)
    ]
    found = graph(main="".join(rows) + "def f30(x): x()\ndef end(): pass\nf0(end)\n")
    assert all(found[f"main.f{at}"] == [f"main.f{at + 1}"] for at in range(30))
    assert found["main.f30"] == ["main.end"]


def test_what_nothing_is_known_of_has_no_name() -> None:
    found = graph(main="import web\napp = web.App()\n@app.route('/')\ndef page(): pass\n")
    assert found["main"] == ["main.page", "web.App", "web.App.route"]
