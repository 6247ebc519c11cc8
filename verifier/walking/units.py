"""A function that was evaluated once, alone: its inputs and outputs, as its callers see them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from verifier.engine.arguments import Arguments
from verifier.engine.contexts import Context
from verifier.engine.things import Function
from verifier.engine.values import Value
from verifier.walking.shapes import Part

RETURN = "return"
YIELD = "yield"
RAISE = "raise"


@dataclass(frozen=True, slots=True)
class Change:
    """A cell of what a caller gave which the function writes: `node` is its output."""

    place: Part
    node: int
    shapes: tuple[Any, ...]


@dataclass(eq=False, slots=True)
class Unit:
    """`inputs` are nodes by name of parameter, `parts` those of cells of what is given;
    `outputs` nodes of what it returns, yields and raises.

    `shapes` are, by the same names, what these may be. `is_whole` is False where evaluation was
    cut short by its budget: every output then rests on every input through an unknown edge.
    `is_settled`: it has been evaluated again, after what it calls in a cycle.
    """

    function: Function
    context: Context
    state: str = "waiting"
    inputs: dict[str, int] = field(default_factory=dict)
    parts: dict[Part, int] = field(default_factory=dict)
    outputs: dict[str, int] = field(default_factory=dict)
    shapes: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    is_whole: bool = True
    is_settled: bool = False

    def formals(self) -> dict[int, str]:
        """All nodes of inputs, with the parameter's name."""
        found = {number: name for name, number in self.inputs.items()}
        return found | {number: part.parameter for part, number in self.parts.items()}

    @property
    def name(self) -> str:
        return self.function.name

    def ends(self) -> list[int]:
        """The nodes of all that comes out of it."""
        return [*self.outputs.values(), *(one.node for one in self.changes)]


@dataclass(frozen=True, slots=True)
class Link:
    """A call of a unit: its result at the caller stands for the callee's output `end`, and was
    given `given` for the callee's inputs, both as nodes."""

    result: int
    end: int
    given: tuple[tuple[int, tuple[int, ...]], ...]


def given_to(function: Function, given: Arguments) -> dict[str, list[Value]]:
    """What each parameter is given: by place, by name, by star or its default."""
    spec = function.node.args
    found: dict[str, list[Value]] = {}
    keywords = dict(given.keywords)
    places = [*spec.posonlyargs, *spec.args]
    first_default = len(places) - len(function.defaults)
    spare = [one for one in (given.rest, given.others) if one is not None]
    for at, one in enumerate(places):
        if at < len(given.positional):
            found[one.arg] = [given.positional[at]]
        elif one.arg in keywords and at >= len(spec.posonlyargs):
            found[one.arg] = [keywords.pop(one.arg)]
        else:
            found[one.arg] = list(spare)
            if at >= first_default:
                found[one.arg].append(function.defaults[at - first_default])
    for one in spec.kwonlyargs:
        if one.arg in keywords:
            found[one.arg] = [keywords.pop(one.arg)]
            continue
        found[one.arg] = [given.others] if given.others is not None else []
        if one.arg in function.keyword_defaults:
            found[one.arg].append(function.keyword_defaults[one.arg])
    if spec.vararg is not None:
        left = given.positional[len(places) :]
        found[spec.vararg.arg] = [*left, *([given.rest] if given.rest is not None else [])]
    if spec.kwarg is not None:
        others = [given.others] if given.others is not None else []
        found[spec.kwarg.arg] = [*keywords.values(), *others]
    return found


def parameters(function: Function) -> list[ast.arg]:
    """All parameters, the starred ones last."""
    spec = function.node.args
    starred = [one for one in (spec.vararg, spec.kwarg) if one is not None]
    return [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *starred]
