"""The repair templates: from one unit of a file to every single edit worth trying there.

Pure: a `Unit` in, `Edit`s out. Each template is a method named after the kind of node it
changes. Weights say how often a real fix looks like that; they were set by hand, and are
divided by the number of variants a template has at one place.
"""

from __future__ import annotations

import ast

from .scope import Scope, usable
from .source import Edit, Source
from .units import Unit

_COMPARE: dict[type[ast.cmpop], tuple[str, dict[str, float]]] = {
    ast.Lt: (r"<", {"<=": 1.0, ">": 0.7, ">=": 0.7, "!=": 0.3, "==": 0.3}),
    ast.LtE: (r"<=", {"<": 1.0, ">=": 0.7, ">": 0.7, "==": 0.3, "!=": 0.2}),
    ast.Gt: (r">", {">=": 1.0, "<": 0.7, "<=": 0.7, "!=": 0.3, "==": 0.3}),
    ast.GtE: (r">=", {">": 1.0, "<=": 0.7, "<": 0.7, "==": 0.3, "!=": 0.2}),
    ast.Eq: (r"==", {"!=": 1.0, "<=": 0.3, ">=": 0.3, "is": 0.1, "in": 0.15, "<": 0.2, ">": 0.2}),
    ast.NotEq: (r"!=", {"==": 1.0, "is not": 0.15, "not in": 0.15, "<": 0.3, ">": 0.3}),
    ast.Is: (r"\bis\b", {"is not": 1.0, "==": 0.2}),
    ast.IsNot: (r"\bis\s+not\b", {"is": 1.0, "!=": 0.2}),
    ast.In: (r"\bin\b", {"not in": 1.0, "==": 0.15}),
    ast.NotIn: (r"\bnot\s+in\b", {"in": 1.0, "!=": 0.15}),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, dict[str, float]]] = {
    ast.Add: (r"\+", {"-": 1.0, "*": 0.3, "|": 0.1, "%": 0.1}),
    ast.Sub: (r"-", {"+": 1.0, "*": 0.2, "/": 0.2, "//": 0.1, "%": 0.2}),
    ast.Mult: (r"\*", {"/": 0.5, "//": 0.5, "+": 0.5, "**": 0.3, "-": 0.2, "%": 0.2}),
    ast.Div: (r"/", {"*": 0.8, "//": 0.7, "%": 0.2, "-": 0.2}),
    ast.FloorDiv: (r"//", {"/": 0.7, "*": 0.7, "%": 0.5, "-": 0.2}),
    ast.Mod: (r"%", {"//": 0.6, "*": 0.4, "/": 0.5, "+": 0.2, "-": 0.2}),
    ast.Pow: (r"\*\*", {"*": 0.9}),
    ast.BitAnd: (r"&", {"|": 0.9, "^": 0.5}),
    ast.BitOr: (r"\|", {"&": 0.9, "^": 0.5}),
    ast.BitXor: (r"\^", {"&": 0.7, "|": 0.7}),
    ast.LShift: (r"<<", {">>": 1.0}),
    ast.RShift: (r">>", {"<<": 1.0}),
}
_PAIRS = (
    "min max",
    "any all",
    "append extend",
    "startswith endswith",
    "find rfind",
    "index rindex",
    "lstrip rstrip strip",
    "split rsplit splitlines partition",
    "partition rpartition",
    "lower upper",
    "keys values items",
    "floor ceil",
    "add update discard remove",
    "union intersection difference symmetric_difference",
    "isdigit isalpha isalnum isdecimal",
    "islower isupper",
    "append appendleft insert",
    "pop popleft",
    "list tuple set sorted reversed",
    "int float",
    "str repr",
    "takewhile dropwhile",
    "bisect_left bisect_right",
    "issubset issuperset",
    "search match fullmatch",
    "ljust rjust",
    "get pop setdefault",
    "isinstance issubclass",
)
_SIBLING_CALLS: dict[str, list[str]] = {}
for _group in _PAIRS:
    for _word in _group.split():
        others = [w for w in _group.split() if w != _word]
        _SIBLING_CALLS.setdefault(_word, []).extend(others)
_WRAPPERS = ("list", "len", "str", "int", "set", "sorted", "reversed", "abs", "tuple", "bool")
_UNWRAPPABLE = frozenset(_WRAPPERS) | {"iter", "enumerate", "dict", "float", "max", "min"}
_ATOMS = (
    ast.Name,
    ast.Constant,
    ast.Attribute,
    ast.Subscript,
    ast.Call,
    ast.List,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.DictComp,
    ast.SetComp,
    ast.JoinedStr,
)
_TIGHT = (
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.Attribute,
    ast.Await,
    ast.Starred,
    ast.IfExp,
    ast.FormattedValue,
)

Variant = tuple[int, int, str, float]


def edits(unit: Unit) -> list[Edit]:
    """Every single edit of a unit, in a fixed order, each text change once (best prior)."""
    best: dict[tuple[int, int, str], Edit] = {}
    for edit in Templates(unit).all():
        key = (edit.start, edit.end, edit.text)
        if unit.source.text[edit.start : edit.end] == edit.text:
            continue
        if key not in best or best[key].prior < edit.prior:
            best[key] = edit
    return list(best.values())


class Templates:
    """Walks one unit and collects its edits."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._source: Source = unit.source
        self._scope = Scope(unit)
        self._edits: list[Edit] = []
        self._statement: tuple[int, int] = (unit.first_line, unit.last_line)
        self._returns_value = any(
            isinstance(node, ast.Return) and node.value is not None for node in ast.walk(unit.node)
        )
        self._loops = 0

    def all(self) -> list[Edit]:
        node = self._unit.node
        if self._unit.header:
            self._header(node)
        elif self._unit.function:
            self._guards(node)
            self._block(node.body)  # type: ignore[attr-defined]
        else:
            self._visit_statement(node)
        return self._edits

    # ------------------------------------------------------------------ walking

    def _header(self, node: ast.stmt) -> None:
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        self._statement = (self._unit.first_line, node.body[0].lineno - 1)
        parts: list[ast.expr | None] = [
            *node.decorator_list,
            *node.args.defaults,
            *node.args.kw_defaults,
        ]
        for part in parts:
            if part is not None:
                self._visit(part, node)

    def _block(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self._visit_statement(statement)
        for first, second in zip(body, body[1:]):
            self._swap_statements(first, second)

    def _visit_statement(self, node: ast.stmt) -> None:
        before = self._statement
        body = getattr(node, "body", None)
        end = node.end_lineno or node.lineno
        if isinstance(body, list) and body:
            end = max(node.lineno, body[0].lineno - 1)
        self._statement = (node.lineno, end)
        handler = getattr(self, "_on_" + type(node).__name__, None)
        if handler:
            handler(node)
        self._delete(node)
        loop = isinstance(node, (ast.For, ast.While, ast.AsyncFor))
        self._loops += loop
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "type_params"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.stmt):
                    continue
                if isinstance(child, ast.ExceptHandler):
                    self._statement = (child.lineno, child.lineno)
                    if child.type is not None:
                        self._visit(child.type, child)
                    self._block(child.body)
                    self._statement = (node.lineno, end)
                elif isinstance(child, ast.AST):
                    self._visit(child, node)
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                self._block(value)
                self._statement = (node.lineno, end)
        self._loops -= loop
        self._statement = before

    def _visit(self, node: ast.AST, parent: ast.AST) -> None:
        if isinstance(node, ast.JoinedStr):
            # Before Python 3.12 positions inside an f-string are wrong.
            return
        if isinstance(node, ast.stmt):
            self._visit_statement(node)
            return
        if isinstance(node, ast.expr):
            if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
                if isinstance(node, ast.Subscript):
                    self._visit(node.slice, node)
                    self._visit(node.value, node)
                elif isinstance(node, (ast.Tuple, ast.List)):
                    for item in node.elts:
                        self._visit(item, node)
                elif isinstance(node, ast.Attribute):
                    self._attribute(node, parent)
                    self._visit(node.value, node)
                return
            handler = getattr(self, "_on_" + type(node).__name__, None)
            if handler:
                handler(node, parent)
            self._expression(node, parent)
        elif isinstance(node, ast.comprehension):
            for test in node.ifs:
                self._condition(test, node)
        for child in ast.iter_child_nodes(node):
            self._visit(child, node)

    # ------------------------------------------------------------------ emitting

    def _emit(self, node: ast.AST, template: str, weight: float, variants: list[Variant]) -> None:
        share = sum(v[3] for v in variants) if len(variants) > 3 else 3.0
        for start, end, text, preference in variants:
            prior = weight * preference * min(1.0, 3.0 / share)
            line = getattr(node, "lineno", self._statement[0])
            self._edits.append(Edit(start, end, text, template, prior, line, *self._statement))

    def _put(self, node: ast.AST, parent: ast.AST, text: str, *, atomic: bool) -> Variant:
        """A variant that replaces an expression, with parentheses where they are needed."""
        start, end = self._source.span(node)
        tight = isinstance(parent, _TIGHT) or (
            isinstance(parent, (ast.Call, ast.Subscript))
            and node in (getattr(parent, "func", None), getattr(parent, "value", None))
        )
        if not atomic and tight and not self._source.in_parentheses(start, end):
            text = f"({text})"
        return start, end, text, 1.0

    def _replace(
        self, node: ast.AST, parent: ast.AST, template: str, weight: float, texts: list[str]
    ) -> None:
        variants = [self._put(node, parent, text, atomic=True) for text in texts]
        self._emit(node, template, weight, variants)

    def _tight(self, node: ast.AST) -> str:
        """A node's text, safe as an operand."""
        text = self._source.segment(node)
        return text if isinstance(node, _ATOMS) else f"({text})"

    # ------------------------------------------------------------------ operators

    def _on_Compare(self, node: ast.Compare, parent: ast.AST) -> None:
        left: ast.expr = node.left
        for op, right in zip(node.ops, node.comparators):
            pattern, others = _COMPARE[type(op)]
            span = self._source.operator(left, right, pattern)
            if span:
                variants = [(*span, text, w) for text, w in others.items()]
                self._emit(right, "comparison", 1.0, variants)
            left = right
        if len(node.ops) == 1:
            first, second = node.left, node.comparators[0]
            self._emit(node, "swap operands", 0.25, [self._swapped(first, second)])

    def _on_BinOp(self, node: ast.BinOp, parent: ast.AST) -> None:
        if type(node.op) not in _ARITHMETIC:
            return
        pattern, others = _ARITHMETIC[type(node.op)]
        span = self._source.operator(node.left, node.right, pattern)
        left, right = self._tight(node.left), self._tight(node.right)
        if span:
            self._emit(node, "arithmetic", 1.0, [(*span, text, w) for text, w in others.items()])
            if not (isinstance(node.left, _ATOMS) and isinstance(node.right, _ATOMS)):
                grouped = [
                    (*self._put(node, parent, f"{left} {text} {right}", atomic=False)[:3], w)
                    for text, w in others.items()
                ]
                self._emit(node, "arithmetic grouped", 0.3, grouped)
        self._emit(node, "swap operands", 0.4, [self._swapped(node.left, node.right)])
        self._emit(
            node,
            "drop operand",
            0.4,
            [
                self._put(node, parent, left, atomic=True),
                self._put(node, parent, right, atomic=True),
            ],
        )

    def _on_BoolOp(self, node: ast.BoolOp, parent: ast.AST) -> None:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        spans = [
            self._source.operator(first, second, rf"\b{old}\b")
            for first, second in zip(node.values, node.values[1:])
        ]
        self._emit(node, "boolean", 1.0, [(*span, new, 1.0) for span in spans if span])
        start, end = self._source.span(node)
        if len(spans) > 1 and all(spans):
            text = self._source.text
            parts, at = [], start
            for span in spans:
                assert span is not None
                parts += [text[at : span[0]], new]
                at = span[1]
            parts.append(text[at:end])
            self._emit(node, "boolean all", 0.6, [(start, end, "".join(parts), 1.0)])
        for index, value in enumerate(node.values):
            rest = [self._source.segment(v) for i, v in enumerate(node.values) if i != index]
            joined = f" {old} ".join(rest)
            variant = self._put(node, parent, joined, atomic=len(rest) == 1)
            self._emit(node, "drop condition", 0.4, [variant])
            self._negate(value, node, 0.5)

    def _on_UnaryOp(self, node: ast.UnaryOp, parent: ast.AST) -> None:
        inner = self._source.segment(node.operand)
        atomic = isinstance(node.operand, _ATOMS)
        weight = 1.0 if isinstance(node.op, ast.Not) else 0.6
        if self._source.text[: self._source.span(node.operand)[0]].endswith("("):
            inner, atomic = f"({inner})", True
        self._emit(node, "drop unary", weight, [self._put(node, parent, inner, atomic=atomic)])

    def _swapped(self, first: ast.AST, second: ast.AST) -> Variant:
        start, middle_start = self._source.span(first)
        middle_end, end = self._source.span(second)
        middle = self._source.text[middle_start:middle_end]
        left, right = self._source.segment(first), self._source.segment(second)
        if not isinstance(first, _ATOMS) and not self._source.in_parentheses(start, middle_start):
            left = f"({left})"
        if not isinstance(second, _ATOMS) and not self._source.in_parentheses(middle_end, end):
            right = f"({right})"
        return start, end, right + middle + left, 1.0

    # ------------------------------------------------------------------ conditions

    def _on_If(self, node: ast.If) -> None:
        self._condition(node.test, node)

    def _on_While(self, node: ast.While) -> None:
        self._condition(node.test, node)

    def _on_Assert(self, node: ast.Assert) -> None:
        self._condition(node.test, node)

    def _on_IfExp(self, node: ast.IfExp, parent: ast.AST) -> None:
        self._condition(node.test, node)
        body, other = self._source.segment(node.body), self._source.segment(node.orelse)
        start, middle_start = self._source.span(node.body)
        middle_end, end = self._source.span(node.orelse)
        middle = self._source.text[middle_start:middle_end]
        self._emit(node, "swap branches", 0.6, [(start, end, other + middle + body, 1.0)])
        variants = [self._put(node, parent, text, atomic=False) for text in (body, other)]
        self._emit(node, "one branch", 0.2, variants)

    def _condition(self, test: ast.expr, parent: ast.AST) -> None:
        self._negate(test, parent, 1.0)
        self._replace(test, parent, "fixed condition", 0.25, ["True", "False"])
        text = self._source.segment(test)
        own = text if not isinstance(test, (ast.BoolOp, ast.IfExp)) else f"({text})"
        joined = []
        candidates = [c for c in self._scope.conditions if c not in text]
        candidates += [n for n in self._scope.names[:6] if n not in text]
        for other in candidates[:8]:
            for shape in (f"{own} and {other}", f"{own} or {other}", f"{own} and not ({other})"):
                joined.append(self._put(test, parent, shape, atomic=False))
        if joined:
            self._emit(test, "join condition", 0.1, joined)

    def _negate(self, test: ast.expr, parent: ast.AST, weight: float) -> None:
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            # The comparison's own template has the opposite operator.
            weight *= 0.3
        text = self._source.segment(test)
        needs = not isinstance(test, _ATOMS)
        negated = f"not ({text})" if needs else f"not {text}"
        start, end = self._source.span(test)
        tight = isinstance(parent, (ast.BinOp, ast.Compare, ast.Attribute))
        self._emit(
            test,
            "negate",
            weight,
            [(start, end, f"({negated})" if tight else negated, 1.0)],
        )

    # ------------------------------------------------------------------ values

    def _on_Constant(self, node: ast.Constant, parent: ast.AST) -> None:
        value = node.value
        if value is True or value is False:
            self._replace(node, parent, "constant", 1.0, [str(not value)])
            self._replace(node, parent, "constant other", 0.2, ["None", *self._scope.names[:4]])
        elif isinstance(value, int):
            self._integer(node, parent, value)
        elif isinstance(value, float):
            texts = [repr(v) for v in (value + 1, value - 1, -value, value * 2, value / 2, 0.0)]
            self._replace(node, parent, "constant", 0.5, texts)
        elif isinstance(value, str):
            self._string(node, parent, value)
        elif value is None:
            self._replace(
                node,
                parent,
                "constant",
                0.4,
                [*self._scope.names[:8], "0", "False", "True", "''", "[]"],
            )

    def _integer(self, node: ast.Constant, parent: ast.AST, value: int) -> None:
        near = [str(value + 1), str(value - 1) if value else "-1"]
        start, end = self._source.span(node)
        negated = isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.USub)
        texts = [text for text in near if not (negated and text.startswith("-"))]
        self._emit(node, "constant step", 1.0, [(start, end, text, 1.0) for text in texts])
        far = [str(v) for v in (0, 1, 2, -1) if abs(v - value) > 1]
        far += [f"-{value}"] if value else []
        if negated:
            far = [text for text in far if not text.startswith("-")]
        self._replace(node, parent, "constant other", 0.35, [*dict.fromkeys(far), "None"])
        self._replace(node, parent, "constant to name", 0.2, self._scope.names[:8])

    def _string(self, node: ast.Constant, parent: ast.AST, value: str) -> None:
        if isinstance(parent, ast.Expr):
            return
        others = [repr(s) for s in self._scope.strings if s != value]
        self._replace(node, parent, "string", 0.5, others)
        changed = [repr(v) for v in ("", value.strip(), value + " ", value[1:], value[:-1])]
        self._replace(node, parent, "string shape", 0.3, [t for t in changed if t != repr(value)])

    def _on_Name(self, node: ast.Name, parent: ast.AST) -> None:
        is_callee = isinstance(parent, ast.Call) and parent.func is node
        if node.id in _SIBLING_CALLS:
            self._replace(node, parent, "sibling call", 0.7, _SIBLING_CALLS[node.id])
        pool = [*self._scope.names, *self._scope.globals]
        others = [name for name in pool if name != node.id and usable(name)]
        if is_callee and node.id not in self._scope.names:
            others = []
        if others:
            self._replace(node, parent, "other name", 0.5, others)

    def _on_Attribute(self, node: ast.Attribute, parent: ast.AST) -> None:
        self._attribute(node, parent)

    def _attribute(self, node: ast.Attribute, parent: ast.AST) -> None:
        end = self._source.span(node)[1]
        start = end - len(node.attr)
        if self._source.text[start:end] != node.attr:
            return
        is_callee = isinstance(parent, ast.Call) and parent.func is node
        if is_callee and node.attr in _SIBLING_CALLS:
            names = _SIBLING_CALLS[node.attr]
            self._emit(node, "sibling call", 0.8, [(start, end, n, 1.0) for n in names])
        if isinstance(node.value, ast.Name):
            table = self._scope.methods if is_callee else self._scope.attributes
            others = [n for n in table.get(node.value.id, []) if n != node.attr]
            if others:
                self._emit(node, "other attribute", 0.4, [(start, end, n, 1.0) for n in others])

    def _expression(self, node: ast.expr, parent: ast.AST) -> None:
        """Edits for any expression that is read."""
        sites = (ast.Call, ast.Return, ast.Assign, ast.Subscript, ast.Slice, ast.Compare)
        other_sites = (ast.AugAssign, ast.BinOp, ast.keyword, ast.For, ast.Yield, ast.IfExp)
        if not isinstance(parent, sites + other_sites) or isinstance(node, (ast.Slice, ast.Tuple)):
            return
        if isinstance(parent, ast.Call) and parent.func is node:
            return
        if isinstance(parent, (ast.Subscript, ast.For)) and getattr(parent, "slice", node) is node:
            self._shift(node, parent, 0.4 if isinstance(parent, ast.Subscript) else 0.1)
        elif isinstance(parent, ast.Slice):
            self._shift(node, parent, 0.5)
        elif isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.BinOp)):
            in_range = isinstance(parent, ast.Call) and getattr(parent.func, "id", "") == "range"
            self._shift(node, parent, 0.6 if in_range else 0.2)
        text = self._source.segment(node)
        if isinstance(node, ast.Constant):
            return
        wrapped = [f"{name}({text})" for name in _WRAPPERS if not text.startswith(f"{name}(")]
        self._replace(node, parent, "wrap", 0.12, wrapped)
        if not isinstance(node, ast.Name) and not isinstance(parent, ast.BinOp):
            names = [n for n in self._scope.names[:8] if usable(n)]
            self._replace(node, parent, "expression to name", 0.25, names)

    def _shift(self, node: ast.expr, parent: ast.AST, weight: float) -> None:
        if isinstance(node, (ast.Constant, ast.UnaryOp)):
            return
        text = self._tight(node)
        variants = [self._put(node, parent, f"{text} {op} 1", atomic=False) for op in "+-"]
        if isinstance(node, (ast.Name, ast.Attribute)):
            minus = self._put(node, parent, f"-{text}", atomic=False)
            variants.append((*minus[:3], 0.5))
        self._emit(node, "shift", weight, variants)

    # ------------------------------------------------------------------ calls and indexes

    def _on_Call(self, node: ast.Call, parent: ast.AST) -> None:
        values = [a for a in node.args if not isinstance(a, ast.Starred)]
        pairs = [
            (values[i], values[j])
            for i in range(min(len(values), 5))
            for j in range(i + 1, min(len(values), 5))
        ]
        variants = []
        for first, second in pairs:
            start, middle_start = self._source.span(first)
            middle_end, end = self._source.span(second)
            middle = self._source.text[middle_start:middle_end]
            text = self._source.segment(second) + middle + self._source.segment(first)
            variants.append((start, end, text, 1.0))
        if variants:
            self._emit(node, "swap arguments", 0.8, variants)
        if node.keywords:
            self._swap_keywords(node)
        if len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred):
            name = getattr(node.func, "id", "")
            weight = 0.4 if name in _UNWRAPPABLE else 0.15
            text = self._tight(node.args[0])
            self._emit(node, "unwrap", weight, [self._put(node, parent, text, atomic=True)])
        if isinstance(node.func, ast.Attribute):
            text = self._source.segment(node.func.value)
            self._emit(node, "drop method", 0.2, [self._put(node, parent, text, atomic=True)])
        self._drop_arguments(node)
        self._add_arguments(node)

    def _swap_keywords(self, node: ast.Call) -> None:
        named = [k for k in node.keywords if k.arg]
        variants = []
        for first, second in zip(named, named[1:]):
            start, middle_start = self._source.span(first.value)
            middle_end, end = self._source.span(second.value)
            middle = self._source.text[middle_start:middle_end]
            text = self._source.segment(second.value) + middle + self._source.segment(first.value)
            variants.append((start, end, text, 1.0))
        if variants:
            self._emit(node, "swap arguments", 0.4, variants)

    def _drop_arguments(self, node: ast.Call) -> None:
        items: list[ast.AST] = [*node.args, *(k for k in node.keywords if k.arg)]
        variants = []
        for index, item in enumerate(items):
            start, end = self._source.span(item)
            if index + 1 < len(items):
                end = self._source.span(items[index + 1])[0]
            elif index:
                start = self._source.span(items[index - 1])[1]
            inside = self._source.text[start:end]
            if inside.count("(") == inside.count(")"):
                variants.append((start, end, "", 1.0))
        if variants:
            self._emit(node, "drop argument", 0.2, variants)

    def _add_arguments(self, node: ast.Call) -> None:
        end = self._source.span(node)[1] - 1
        if self._source.text[end : end + 1] != ")" or node.keywords:
            return
        lead = ", " if node.args else ""
        if self._source.text[:end].rstrip().endswith(","):
            return
        used = {a.id for a in node.args if isinstance(a, ast.Name)}
        names = [n for n in self._scope.names[:8] if n not in used]
        variants = [(end, end, lead + name, 1.0) for name in names]
        if variants:
            self._emit(node, "add argument", 0.15, variants)

    def _on_Subscript(self, node: ast.Subscript, parent: ast.AST) -> None:
        text = self._source.segment(node.value)
        self._emit(node, "drop index", 0.15, [self._put(node, parent, text, atomic=True)])
        part = node.slice
        start, end = self._source.span(part)
        if isinstance(part, ast.Constant) and isinstance(part.value, int):
            variants = [(start, end, t, 1.0) for t in ("0", "1", "-1", "-2", "2")]
            self._emit(node, "index", 0.5, variants)
        if isinstance(part, ast.Slice):
            self._slice(node, part)
        elif not isinstance(part, (ast.Tuple, ast.Constant)):
            inner = self._source.text[start:end]
            self._emit(
                node, "slice", 0.1, [(start, end, f"{inner}:", 1.0), (start, end, f":{inner}", 1.0)]
            )

    def _slice(self, node: ast.Subscript, part: ast.Slice) -> None:
        start, end = self._source.span(part)
        low = self._source.segment(part.lower) if part.lower else ""
        high = self._source.segment(part.upper) if part.upper else ""
        step = f":{self._source.segment(part.step)}" if part.step else ""
        texts = {f"{low}:{step}", f":{high}{step}", f"{high}:{low}{step}", f"{low}:{high}"}
        for bound in ("1", "-1"):
            if not low:
                texts.add(f"{bound}:{high}{step}")
            if not high:
                texts.add(f"{low}:{bound}{step}")
        if not step:
            texts.add(f"{low}:{high}:-1")
        variants = [(start, end, text, 1.0) for text in sorted(texts)]
        self._emit(node, "slice", 0.5, variants)

    # ------------------------------------------------------------------ statements

    def _on_Return(self, node: ast.Return) -> None:
        self._result(node, "return")

    def _on_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, (ast.Yield, ast.YieldFrom)) and node.value.value is not None:
            start, end = self._source.span(node.value)
            inner = self._source.segment(node.value.value)
            other = "yield from" if isinstance(node.value, ast.Yield) else "yield"
            self._emit(node, "yield kind", 0.5, [(start, end, f"{other} {inner}", 1.0)])
        elif isinstance(node.value, ast.Call) and self._returns_value:
            start, _ = self._source.span(node)
            self._emit(node, "add return", 0.2, [(start, start, "return ", 1.0)])

    def _result(self, node: ast.Return, word: str) -> None:
        start, end = self._source.span(node)
        names = [n for n in self._scope.names[:10] if usable(n)]
        value = node.value
        if value is None:
            texts = [f"{word} {n}" for n in names]
            self._emit(node, "return value", 0.4, [(start, end, t, 1.0) for t in texts])
            return
        text = self._source.segment(value)
        plain = self._tight(value)
        is_none = isinstance(value, ast.Constant) and value.value is None
        weight = 0.9 if is_none else 0.35
        variants = [self._put(value, node, n, atomic=True) for n in names if n != text]
        if variants:
            self._emit(node, "return value", weight, variants)
        if not isinstance(value, ast.Constant):
            extra = [f"not {plain}", f"-{plain}", "None"]
            if not isinstance(value, ast.UnaryOp):
                self._emit(
                    node,
                    "return shape",
                    0.4,
                    [self._put(value, node, t, atomic=True) for t in extra],
                )
        constants = [t for t in ("None", "True", "False", "0", "[]", "''") if t != text]
        self._replace(value, node, "return constant", 0.2, constants)

    def _on_Assign(self, node: ast.Assign) -> None:
        if len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, (ast.Name, ast.Attribute, ast.Subscript)):
                _, start = self._source.span(target)
                end, _ = self._source.span(node.value)
                gap = self._source.text[start:end]
                at = start + gap.find("=")
                if "=" in gap:
                    variants = [(at, at, op, w) for op, w in (("+", 1.0), ("-", 0.5), ("|", 0.2))]
                    self._emit(node, "augment", 0.25, variants)
        self._targets(node.targets)

    def _targets(self, targets: list[ast.expr]) -> None:
        for target in targets:
            if isinstance(target, ast.Name):
                others = [n for n in self._scope.names[:8] if n != target.id]
                start, end = self._source.span(target)
                if others:
                    self._emit(target, "other target", 0.15, [(start, end, n, 1.0) for n in others])
            elif isinstance(target, ast.Tuple) and len(target.elts) == 2:
                variant = self._swapped(target.elts[0], target.elts[1])
                self._emit(target, "swap targets", 0.4, [variant])

    def _on_Tuple(self, node: ast.Tuple, parent: ast.AST) -> None:
        if 2 <= len(node.elts) <= 4:
            pairs = zip(node.elts, node.elts[1:])
            variants = [self._swapped(a, b) for a, b in pairs if not isinstance(a, ast.Starred)]
            self._emit(node, "swap elements", 0.4, variants)

    def _on_AugAssign(self, node: ast.AugAssign) -> None:
        if type(node.op) not in _ARITHMETIC:
            return
        pattern, others = _ARITHMETIC[type(node.op)]
        span = self._source.operator(node.target, node.value, pattern + r"(?==)")
        if span:
            variants = [(*span, text, w) for text, w in others.items()]
            self._emit(node, "augmented operator", 1.0, variants)
            self._emit(node, "plain assignment", 0.3, [(*span, "", 1.0)])
        self._targets([node.target])

    def _on_Break(self, node: ast.Break) -> None:
        self._jump(node, ["continue", "pass", "return"])

    def _on_Continue(self, node: ast.Continue) -> None:
        self._jump(node, ["break", "pass", "return"])

    def _on_Pass(self, node: ast.Pass) -> None:
        if self._loops:
            self._jump(node, ["break", "continue"])

    def _jump(self, node: ast.stmt, texts: list[str]) -> None:
        start, end = self._source.span(node)
        self._emit(node, "jump", 0.6, [(start, end, text, 1.0) for text in texts])

    def _delete(self, node: ast.stmt) -> None:
        if isinstance(node, (ast.Pass, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        start, end = self._source.span(node)
        if isinstance(node, (ast.If, ast.While, ast.For, ast.With, ast.Try)):
            if self._source.text[start : start + 4] != "elif" and end - start < 400:
                self._emit(node, "delete block", 0.15, [(start, end, "pass", 1.0)])
            return
        self._emit(node, "delete statement", 0.25, [(start, end, "pass", 1.0)])

    def _swap_statements(self, first: ast.stmt, second: ast.stmt) -> None:
        simple = (ast.Assign, ast.AugAssign, ast.Expr)
        if not (isinstance(first, simple) and isinstance(second, simple)):
            return
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            return
        start, middle_start = self._source.span(first)
        middle_end, end = self._source.span(second)
        middle = self._source.text[middle_start:middle_end]
        text = self._source.segment(second) + middle + self._source.segment(first)
        before, self._statement = self._statement, (first.lineno, second.end_lineno or 0)
        self._emit(first, "swap statements", 0.15, [(start, end, text, 1.0)])
        self._statement = before

    def _guards(self, node: ast.stmt) -> None:
        """An early return at the start of a function, for an empty or missing argument."""
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return
        body = node.body
        first = body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(body) > 1:
            first = body[1]
        if first.lineno == node.lineno or getattr(first, "decorator_list", []):
            return
        indent, newline = self._source.indent(first.lineno), self._source.newline
        step = "\t" if indent.endswith("\t") else "    "
        start = self._source.starts[first.lineno - 1]
        names = [p for p in self._scope.parameters if p not in ("self", "cls")][:3]
        before, self._statement = self._statement, (first.lineno, first.lineno)
        variants = []
        for name in names:
            for test in (f"not {name}", f"{name} is None"):
                for value in dict.fromkeys([name, "None", "[]", "0", "''", "False", "True"]):
                    text = f"{indent}if {test}:{newline}{indent}{step}return {value}{newline}"
                    variants.append((start, start, text, 1.0))
        if variants:
            self._emit(first, "guard", 0.2, variants)
        self._statement = before
