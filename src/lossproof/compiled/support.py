"""Where the numbers that are given must lie: what the model declares of observations, predictions and parameters.

NaN lies everywhere: what is missing stays missing.  A prediction may also be an end of its set, to which it may
have been rounded, and an infinite number is taken wherever the set is unbounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from lossproof.compiled.numpy import FUNCTIONS
from lossproof.compiled.program import Program, build, identifiers
from lossproof.errors import DataError
from lossproof.kernel.conditions import Declared
from lossproof.kernel.domains import Domain
from lossproof.notation.inert import free
from lossproof.notation.plain import written
from lossproof.strategies.pointwise import Pointwise

Array = npt.NDArray[Any]

#: How many rows are looked at together: they fit into a second-level cache.
_AT_ONCE = 1 << 15
_TABLE = {
    "constant": float,
    **{name: getattr(np, text[3:]) for name, text in FUNCTIONS.items() if text.startswith("np.")},
}


@dataclass(frozen=True)
class Condition:
    """That a term lies in a set.

    Attributes:
        name: what the term is called.
        domain: where it lies.
        program: computes the ``term``.
        closed: whether it may be an end of the set, too.
    """

    name: str
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

    def check(self, arrays: Sequence[Array], parameters: Sequence[float], shape: tuple[int, ...]) -> None:
        """Check rows, block by block.

        Args:
            arrays: flat, or one number for all rows.
            parameters: one number each.
            shape: of the rows, in which the first offender is named.

        Raises:
            DataError: if a number does not lie where it must; it names the first.
        """
        given = dict(zip((*self.arguments, *self.parameters), (*arrays, *parameters), strict=True))
        for condition in self.conditions:
            _check(condition, {name: given[name] for name in condition.program.inputs}, shape)


def _check(condition: Condition, given: Mapping[str, Any], shape: tuple[int, ...]) -> None:
    many = any(np.ndim(a) for a in given.values())
    count = max((len(a) for a in given.values() if np.ndim(a)), default=1)
    for start in range(0, count, _AT_ONCE):
        here = {name: a[start : start + _AT_ONCE] if np.ndim(a) else a for name, a in given.items()}
        with np.errstate(all="ignore"):
            block = np.atleast_1d(np.asarray(condition.program.run(_TABLE, here)["term"]))
            if condition.holds(block):
                continue
            outside = condition.outside(block)
        if outside.any():
            first = int(outside.argmax())
            place = [int(k) for k in np.unravel_index(start + first, shape)] if many else []
            where = f" at {place}" if place else ""
            raise DataError(f"{condition.name} = {block[first]}{where} does not lie in {condition.domain}")


def support(one: Pointwise) -> Support:
    """What must hold of what is given for a pointwise loss; a term that NumPy does not compute is not checked."""
    names = identifiers((*one.parameters, *one.arguments))
    conditions = []
    for h in one.hypotheses:
        if not isinstance(h, Declared) or h.ranges:
            continue
        used = free(h.term)
        if used and used <= names.keys():
            whole = build({"term": h.term}, one.arguments, one.parameters)
            program = replace(whole, inputs={k: whole.inputs[k] for s, k in names.items() if s in used})
            condition = Condition(names.get(h.term) or written(h.term), h.domain, program, h.term in one.predictions)
            if condition.says_something and all(n.operation in {*_TABLE, "input"} for n in program.nodes):
                conditions.append(condition)
    arguments, parameters = (tuple(names[s] for s in some) for some in (one.arguments, one.parameters))
    return Support(arguments, parameters, tuple(conditions))
