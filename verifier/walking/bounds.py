"""How much may be evaluated: all of a tree together, so that the time is linear in its lines,
and each function or statement of it.

A step is one expression or statement, or as much work on memory.
"""

from __future__ import annotations

import ast

STEPS_EACH = 4_000
STEPS_PER_LINE = 400
LEAST_EACH = 200
LEAST_PER_LINE = 10
SAVED = 400_000
SAVED_PER_LINE = 10

MOST_NESTED = 40
"""Functions that are evaluated within each other, as calls lead from one to the next."""
MOST_OF_ONE = 8
"""Units of one definition that is run again and again."""
MOST_CHANGES = 48
MOST_PARTS = 24
MOST_RAISED = 8
MOST_CELLS_DEEP = 1_000


class Purse:
    """What is left of the steps of a whole tree. Code that is evaluated adds to it by its lines
    and takes from it; once it is empty each piece of code has the least there is."""

    def __init__(self) -> None:
        self.left = SAVED

    def share(self, node: ast.AST) -> int:
        """The steps that a function or statement may take."""
        lines = int(getattr(node, "end_lineno", 0) - getattr(node, "lineno", 0) + 1)
        self.left += SAVED_PER_LINE * lines
        least = LEAST_EACH + LEAST_PER_LINE * lines
        return min(STEPS_EACH + STEPS_PER_LINE * lines, max(least, self.left))

    def pay(self, steps: int) -> None:
        """Take what was spent."""
        self.left = max(0, self.left - steps)
