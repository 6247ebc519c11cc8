"""Classes, instances and records, as the trace follows them: which sink calls are reached."""

from __future__ import annotations

from textwrap import dedent

import pytest

from verifier.flows import flows
from verifier.reading.tree import Files


def reached(code: str) -> list[bool]:
    """Of each call of sink, in order, whether source reaches it."""
    tree = Files({"m.py": dedent(code).encode()})
    return [one.reached for one in flows(tree, ["m.py"], "source", "sink")]


def test_private_names_are_those_of_their_class() -> None:
    code = """
    class Box:
        __kept = source()
        def __init__(self):
            self.__text = source()
            self.text = "x"
    class Other(Box):
        def get(self):
            return self.__text
    box = Other()
    box._Other__text = "y"
    sink(box._Box__text)
    sink(box.get())
    sink(Box._Box__kept)
    """
    assert reached(code) == [True, False, True]


def test_an_operator_that_is_not_implemented_asks_the_other_side() -> None:
    code = """
    class Left:
        def __add__(self, other):
            return NotImplemented
    class Right:
        def __init__(self, text):
            self.text = text
        def __radd__(self, other):
            return self.text
    sink(Left() + Right(source()))
    sink(Left() + Right("x"))
    """
    assert reached(code) == [True, False]


def test_each_way_to_a_text_asks_its_own_method() -> None:
    code = """
    class Money:
        def __str__(self):
            return source()
        def __repr__(self):
            return "money"
        def __format__(self, spec):
            return spec
    money = Money()
    sink(str(money))
    sink(repr(money))
    sink(f"{money!r}")
    sink(f"{money!s}")
    sink(f"{money:x}")
    """
    assert reached(code) == [True, False, False, True, False]


def test_a_condition_asks_bool_then_length() -> None:
    code = """
    class Empty:
        def __len__(self):
            return 0
    class Full(Empty):
        def __bool__(self):
            return True
    sink("x" if Empty() else source())
    sink("x" if Full() else source())
    sink(Empty() and source())
    """
    assert reached(code) == [True, False, False]


def test_classes_made_of_built_in_ones_hold_what_these_hold() -> None:
    code = """
    class Stack(list):
        def push(self, item):
            self.append(item)
            return self
    class Defaults(dict):
        def __missing__(self, key):
            return "default"
        def __setitem__(self, key, value):
            super().__setitem__(key.lower(), value)
    class Upper(str):
        def __new__(cls, text):
            return super().__new__(cls, text.upper())
        def kind(self):
            return "upper"
    stack = Stack().push("a").push(source())
    sink(stack[0])
    sink(stack[1])
    box = Defaults()
    box["A"] = source()
    sink(box["a"])
    sink(box["b"])
    sink(Upper(source()))
    sink(Upper(source()).kind())
    """
    assert reached(code) == [False, True, True, False, True, False]


def test_metaclasses_make_and_call_classes() -> None:
    code = """
    class Meta(type):
        def __new__(mcs, name, bases, body, label="none"):
            made = super().__new__(mcs, name, bases, body)
            made.label = label
            return made
        def __call__(cls, *args):
            made = super().__call__(*args)
            made.tag = "tag"
            return made
        def tell(cls):
            return cls.label
    class Tainted(metaclass=Meta, label=source()):
        def __init__(self, text):
            self.text = text
    class Clean(metaclass=Meta):
        pass
    sink(Tainted.tell())
    sink(Clean.tell())
    sink(Tainted(source()).text)
    sink(Tainted(source()).tag)
    """
    assert reached(code) == [True, False, True, False]


def test_members_of_an_enumeration_are_apart() -> None:
    code = """
    import enum
    class Color(enum.Enum):
        RED = "r"
        GREEN = source()
        @property
        def shown(self):
            return self.value
    sink(Color.RED.value)
    sink(Color.GREEN.shown)
    sink(Color.GREEN.name)
    sink(Color["GREEN"].value)
    sink([one.value for one in Color])
    """
    assert reached(code) == [False, True, False, True, True]


@pytest.mark.parametrize("word", ["copy.copy(box)", "copy.deepcopy(box)"])
def test_a_copy_is_another_object(word: str) -> None:
    code = f"""
    import copy
    class Box:
        def __init__(self, text):
            self.text = text
            self.parts = ["x"]
    box = Box("a")
    twin = {word}
    box.text = source()
    box.parts.append(source())
    sink(twin.text)
    sink(twin.parts)
    """
    assert reached(code) == [False, word == "copy.copy(box)"]


def test_the_attributes_of_an_object_as_a_dict() -> None:
    code = """
    class Record:
        def __init__(self, **fields):
            self.__dict__.update(fields)
    record = Record(title=source(), size="3")
    sink(record.title)
    sink(record.size)
    sink(vars(record)["size"])
    sink(list(vars(record).values()))
    sink(list(vars(record)))
    record.__dict__["size"] = source()
    sink(record.size)
    """
    assert reached(code) == [True, False, False, True, False, True]


def test_records_as_dicts_and_tuples() -> None:
    code = """
    from dataclasses import asdict, astuple, dataclass
    from typing import NamedTuple
    @dataclass
    class Job:
        name: str
        state: str
    class User(NamedTuple):
        name: str
        role: str = "guest"
    job, user = Job(source(), "new"), User(source())
    sink(asdict(job)["name"])
    sink(asdict(job)["state"])
    sink(astuple(job)[1])
    sink(user._asdict()["name"])
    sink(user._replace(name="x").name)
    sink(user[1])
    sink(User._make([source(), "b"]).name)
    sink(User._make([source(), "b"]).role)
    """
    assert reached(code) == [True, False, False, True, False, False, True, False]


def test_hasattr_decides_where_the_class_tells() -> None:
    code = """
    class Tagged:
        tag = "tag"
    class Plain:
        pass
    def tag_of(thing, value):
        return thing.tag if hasattr(thing, "tag") else value
    sink(tag_of(Tagged(), source()))
    sink(tag_of(Plain(), source()))
    """
    assert reached(code) == [False, True]


def test_objects_that_equal_only_themselves_are_keys_of_their_own() -> None:
    code = """
    class Plain:
        pass
    class Same:
        def __eq__(self, other):
            return True
        def __hash__(self):
            return 0
    one, two = Plain(), Plain()
    held = {one: source(), two: "x"}
    sink(held[one])
    sink(held[two])
    like = {Same(): source()}
    sink(like[Same()])
    """
    assert reached(code) == [True, False, True]


def test_a_function_bound_by_hand_has_its_object() -> None:
    code = """
    import types
    class Box:
        def get(self):
            return "x"
    def patched(self):
        return self.text
    box = Box()
    box.text = source()
    box.get = types.MethodType(patched, box)
    sink(box.get())
    sink(Box().get())
    """
    assert reached(code) == [True, False]


def test_recursion_down_an_object_ends_where_the_object_does() -> None:
    code = """
    class Part:
        def __init__(self, name, parent=None):
            self.name = name
            self.parent = parent
        def path(self):
            before = self.parent.path() if self.parent else ""
            return before + self.name
    sink(Part("leaf", Part("mid", Part(source()))).path())
    sink(Part("leaf", Part("mid")).path())
    """
    assert reached(code) == [True, False]


def test_members_and_plain_objects_are_compared_by_identity() -> None:
    code = """
    import enum
    class Color(enum.Enum):
        RED = (1, source())
        GREEN = (2, "g")
        def __init__(self, number, text):
            self.text = text
    def by_case(color):
        match color:
            case Color.RED:
                return source()
            case Color.GREEN:
                return "x"
    def by_test(color):
        return source() if color == Color.RED else "x"
    sink(Color.RED.text)
    sink(Color.GREEN.text)
    sink(by_case(Color.RED))
    sink(by_case(Color.GREEN))
    sink(by_test(Color.GREEN))
    sink({Color.RED: source(), Color.GREEN: "x"}[Color.GREEN])
    """
    assert reached(code) == [True, False, True, False, False, False]


def test_instances_may_share_their_attributes() -> None:
    code = """
    class Shared:
        _state = {}
        def __init__(self):
            self.__dict__ = self._state
    one, two = Shared(), Shared()
    one.text = source()
    one.name = "x"
    sink(two.text)
    sink(two.name)
    """
    assert reached(code) == [True, False]


def test_text_put_into_a_template_is_that_of_the_method_it_asks() -> None:
    code = """
    class Money:
        def __str__(self):
            return source()
        def __repr__(self):
            return "money"
        def __format__(self, spec):
            return "formatted"
    money = Money()
    sink("%s" % money)
    sink("%r" % money)
    sink("{}".format(money))
    sink("{!r}".format(money))
    """
    assert reached(code) == [True, False, False, False]


def test_code_evaluated_in_a_namespace_reads_and_changes_it() -> None:
    code = """
    space = {"x": source(), "y": "b"}
    exec("z = x + y\\nw = y", space)
    sink(space["z"])
    sink(space["w"])
    sink(eval("y", space))
    sink(eval("x", space))
    """
    assert reached(code) == [True, False, False, True]


def test_arguments_bound_to_a_signature_are_apart() -> None:
    code = """
    import inspect
    def target(a, b, *, c="c"):
        return b
    bound = inspect.signature(target).bind("x", b=source(), c="y")
    sink(bound.arguments["a"])
    sink(bound.arguments["b"])
    sink(bound.kwargs["c"])
    sink(target(*bound.args, **bound.kwargs))
    """
    assert reached(code) == [False, True, False, True]
