"""Where the numbers that are given must lie: what the model declares of observations, predictions and parameters.

NaN lies everywhere: what is missing stays missing.  A prediction may also be an end of its set, to which it may have been
rounded, and an infinite number is taken wherever the set is unbounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Expr, Symbol

from lossproof.compiled import runtime
from lossproof.compiled.numpy import FUNCTIONS
from lossproof.compiled.program import Program, build
from lossproof.errors import DataError
from lossproof.kernel.conditions import Declared
from lossproof.kernel.domains import Domain
from lossproof.notation.inert import free
from lossproof.notation.plain import written
from lossproof.strategies.pointwise import Pointwise

Array = npt.NDArray[Any]

_TABLE = {
    "constant": float,
    **{name: getattr(np, text[3:]) for name, text in FUNCTIONS.items() if text.startswith("np.")},
}


@dataclass(frozen=True)
class Condition:
    """That a term lies in a set.

    Attributes:
        term: of the letters of a pointwise loss.
        domain: where it lies.
        program: computes the term.
        closed: whether it may be an end of the set, too.
    """

    term: Expr
    domain: Domain
    program: Program
    closed: bool

    @cached_property
    def says_something(self) -> bool:
        """Whether there is a number that does not lie in the set."""
        unbounded = (self.domain.low, self.domain.high) == (-np.inf, np.inf)
        return self.domain.integer or self._without_zero or not unbounded

    @property
    def _without_zero(self) -> bool:
        return self.domain.nonzero and self.domain.low < 0 < self.domain.high

    @property
    def _ends(self) -> tuple[float, float, bool, bool]:
        domain = self.domain
        return (
            float(domain.low),
            float(domain.high),
            domain.low_closed or self.closed or domain.low == -np.inf,
            domain.high_closed or self.closed or domain.high == np.inf,
        )

    def outside(self, numbers: Array) -> npt.NDArray[np.bool_]:
        """Where numbers do not lie in the set."""
        low, high, with_low, with_high = self._ends
        found: npt.NDArray[np.bool_] = (numbers < low) if with_low else (numbers <= low)
        found |= (numbers > high) if with_high else (numbers >= high)
        if self.domain.integer:
            found |= (numbers != np.rint(numbers)) & (numbers == numbers)
        if self._without_zero:
            found |= numbers == 0
        return found

    def holds(self, numbers: Array) -> bool:
        """Whether all numbers are seen to lie in the set at a glance; not so where there is NaN."""
        low, high, with_low, with_high = self._ends
        if low != -np.inf:
            least = numbers.min()
            if not (least >= low if with_low else least > low):
                return False
        if high != np.inf:
            most = numbers.max()
            if not (most <= high if with_high else most < high):
                return False
        return not self._without_zero and (not self.domain.integer or bool((np.rint(numbers) == numbers).all()))


@dataclass(frozen=True)
class Support:
    """All that must hold of what is given.

    Attributes:
        arguments: what is given for each observation.
        parameters: what is one number.
        conditions: on them.
    """

    arguments: tuple[str, ...]
    parameters: tuple[str, ...]
    conditions: tuple[Condition, ...]

    def check(self, arrays: Sequence[Array], parameters: Mapping[str, float], shape: tuple[int, ...]) -> None:
        """Check rows, block by block.

        Args:
            arrays: flat, or one number for all rows.
            parameters: by name.
            shape: of the rows, in which the first offender is named.

        Raises:
            DataError: if a number does not lie where it must; it names the first.
        """
        given = dict(zip(self.arguments, arrays, strict=True))
        for condition in self.conditions:
            rows = {name: given[name] for name in condition.program.inputs if name in given}
            numbers = {name: parameters[name] for name in condition.program.inputs if name in parameters}
            _check(condition, rows, numbers, shape)


def _check(
    condition: Condition, rows: Mapping[str, Array], numbers: Mapping[str, float], shape: tuple[int, ...]
) -> None:
    count = max((len(a) for a in rows.values() if np.ndim(a)), default=1)
    for cut in runtime.blocks(count, 1):
        here = {name: a[cut] if np.ndim(a) else a for name, a in rows.items()}
        with np.errstate(all="ignore"):
            block = np.atleast_1d(np.asarray(condition.program.run(_TABLE, {**here, **numbers})["term"]))
            if condition.holds(block):
                continue
            outside = condition.outside(block)
        if outside.any():
            first = int(outside.argmax())
            many = rows and (count > 1 or any(np.ndim(a) for a in rows.values()))
            place = [int(k) for k in np.unravel_index(cut.start + first, shape)] if many else []
            where = f" at {place}" if place else ""
            raise DataError(f"{written(condition.term)} = {block[first]}{where} does not lie in {condition.domain}")


def support(one: Pointwise) -> Support:
    """What must hold of what is given for a pointwise loss; a term that NumPy cannot compute is not checked."""
    letters, conditions = {*one.arguments, *one.parameters}, []
    for h in one.hypotheses:
        if isinstance(h, Declared) and not h.ranges and free(h.term) <= letters:
            program = build({"term": h.term}, one.arguments, one.parameters)
            if not all(n.operation in _TABLE or n.operation == "input" for n in program.nodes):
                continue
            used = tuple(s for s in (*one.arguments, *one.parameters) if s in free(h.term))
            rows = {str(s) for s in used}
            needed = Program({k: v for k, v in program.inputs.items() if k in rows}, program.nodes, program.outputs)
            condition = Condition(h.term, h.domain, needed, h.term in one.predictions)
            if condition.says_something:
                conditions.append(condition)
    return Support(tuple(map(str, one.arguments)), tuple(map(str, one.parameters)), tuple(conditions))


__all__ = ["Condition", "Support", "Symbol", "support"]
