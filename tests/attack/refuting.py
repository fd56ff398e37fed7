"""What the referees say of a claim: a witness, numbers that satisfy its hypotheses and at which it fails.

An equation fails where both sides have values that differ, or where one has a value and the other
has none.  *Equal up to a constant* fails where the difference moves with the parameters, *proportional*
where the quotient moves or is not positive, *same optima* where two parameters are ordered differently.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from attack.claims import Claim
from sympy import Basic, Derivative, Indexed, Symbol

from lossproof.errors import DataError, LossproofError, NoFiniteValue
from lossproof.kernel.conditions import Assumed, Declared, Hypothesis, Labelled
from lossproof.kernel.domains import Domain
from lossproof.kernel.relations import Kind
from lossproof.notation.inert import symbol_of, walk
from lossproof.notation.matrices import Gradient
from lossproof.numeric.evaluate import Array, Instance, Precise, evaluate
from lossproof.numeric.support import lies_in, violations
from lossproof.referees.points import draw

DIGITS = (50, 200)
#: Values at which wrong claims tend to fail, small enough that nothing overflows or saturates.
CORNERS = (0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 0.25, 0.75, 5)
DRAWS = 60


@dataclass(frozen=True)
class Witness:
    """Where a claim fails, and how."""

    referee: str
    how: str
    where: str

    def __str__(self) -> str:
        return f"{self.how} at {self.where}"


class Undefined:
    """The value of what has none."""


UNDEFINED = Undefined()


class Strict(Precise):
    """Numbers for which the logarithm of 0 is undefined, not minus infinity."""

    def log(self, a: Array) -> Array:
        if any(v <= 0 for v in np.ravel(a)):
            raise NoFiniteValue("no finite value here: the logarithm of a number that is not positive")
        return super().log(a)


@cache
def _numbers(digits: int) -> Strict:
    return Strict(digits)


# ------------------------------------------------------------------ instances


def instances(claim: Claim, seed: int = 0) -> Iterator[Instance]:
    """Numbers that satisfy the hypotheses of a claim: its own witness, then corners, with random sizes."""
    both = replace(claim.derivation(), steps=())
    for number in range(DRAWS):
        chance = random.Random(f"{claim.name}/{seed}/{number}")
        drawn = draw(both, chance, smallest=False)
        if isinstance(drawn, str):
            continue
        values = dict(drawn.values)
        if claim.at is not None and number < 2:
            values.update(claim.at)
        else:
            _to_corners(claim.hypotheses, values, chance)
        instance = replace(drawn, values=values)
        if satisfies(claim.hypotheses, instance):
            yield instance


def _to_corners(hypotheses: tuple[Hypothesis, ...], values: dict[str, Any], chance: random.Random) -> None:
    """Replace numbers that are not sizes by corners of their domains."""
    sizes = {str(r.high) for h in hypotheses for r in getattr(h, "ranges", ())}
    for h in hypotheses:
        if not isinstance(h, Declared) or not isinstance(h.term, (Symbol, Indexed)):
            continue
        name = symbol_of(h.term).name
        if name in sizes or name not in values:
            continue
        array = np.array(values[name], dtype=object)
        for where in np.ndindex(array.shape):
            array[where] = _corner(h.domain, chance, array[where])
        values[name] = array if array.ndim else array.item()


def _corner(domain: Domain, chance: random.Random, otherwise: Any) -> Any:
    inside = [v for v in CORNERS if lies_in(domain, v)]
    ends = [float(v) for v in (domain.low, domain.high) if not math.isinf(v) and lies_in(domain, float(v))]
    return chance.choice(inside + ends) if inside or ends else otherwise


def satisfies(hypotheses: tuple[Hypothesis, ...], instance: Instance) -> bool:
    """Whether the numbers satisfy what is declared and assumed."""
    for h in hypotheses:
        if isinstance(h, Labelled):
            low, high = (evaluate(e, instance) for e in (h.low, h.high))
            h = Declared(h.term, Domain(int(low), int(high), True, True, integer=True), h.ranges)  # type: ignore[arg-type]
        if isinstance(h, (Declared, Assumed)) and violations(h, instance):
            return False
    return True


def moved(claim: Claim, instance: Instance, chance: random.Random) -> Instance | None:
    """The same numbers with other parameters, if those satisfy the hypotheses."""
    names = {symbol_of(p).name for p in claim.over}
    about = tuple(
        h
        for h in claim.hypotheses
        if isinstance(h, Declared) and isinstance(h.term, (Symbol, Indexed)) and symbol_of(h.term).name in names
    )
    values = {name: np.array(v, dtype=object) if name in names else v for name, v in instance.values.items()}
    for h in about:
        _to_corners((replace(h, ranges=()),), values, chance)
    other = replace(instance, values=values)
    return other if satisfies(claim.hypotheses, other) else None


# ------------------------------------------------------------------ one instance


def value(e: Basic, instance: Instance, digits: int) -> Any:
    """The value of an expression, `UNDEFINED` if it has none, None if that cannot be said."""
    try:
        found = np.ravel(evaluate(e, instance, _numbers(digits))).tolist()
    except NoFiniteValue as error:
        return None if "too large" in str(error) else UNDEFINED
    except DataError as error:
        return UNDEFINED if "not invertible" in str(error) else None
    except LossproofError:
        return None
    context = _numbers(digits).context
    return found if all(context.isfinite(v) for v in found) else UNDEFINED


def _sloped(claim: Claim) -> bool:
    return any(isinstance(p, (Derivative, Gradient)) for p in walk(claim.left, claim.right))


def _apart(a: Any, b: Any, digits: int, *, sloped: bool) -> bool:
    tolerance = _numbers(digits).context.mpf(10) ** -(digits // 5 if sloped else digits // 2)
    return bool(abs(a - b) > tolerance * (1 + abs(a) + abs(b)))


def unequal(claim: Claim, instance: Instance) -> str | None:
    """How the sides of an equation differ, at every precision."""
    found: str | None = None
    for digits in DIGITS:
        ours, theirs = (value(e, instance, digits) for e in (claim.left, claim.right))
        if ours is None or theirs is None or (ours is UNDEFINED and theirs is UNDEFINED):
            return None
        if ours is UNDEFINED or theirs is UNDEFINED:
            found = f"{_shown(ours)} != {_shown(theirs)}"
            continue
        if len(ours) != len(theirs):
            return None
        pairs = [p for p in zip(ours, theirs, strict=True) if _apart(*p, digits, sloped=_sloped(claim))]
        if not pairs:
            return None
        found = f"{_shown([pairs[0][0]])} != {_shown([pairs[0][1]])}"
    return found


def unrelated(claim: Claim, instance: Instance, other: Instance) -> str | None:
    """How a relation over the parameters fails between two instances that differ in them."""
    digits = DIGITS[-1]
    four = [value(e, at, digits) for e in (claim.left, claim.right) for at in (instance, other)]
    if any(v is None or v is UNDEFINED or len(v) != 1 for v in four):
        return None
    a, a_moved, b, b_moved = (v[0] for v in four)
    shown = f"{_shown([a])}, {_shown([a_moved])} and {_shown([b])}, {_shown([b_moved])}"
    if claim.kind is Kind.UP_TO_CONSTANT:
        return f"the difference moves: {shown}" if _apart(a - b, a_moved - b_moved, digits, sloped=False) else None
    if claim.kind is Kind.PROPORTIONAL:
        apart = _apart(a * b_moved, a_moved * b, digits, sloped=False) or a * b < 0
        return f"the quotient moves or is negative: {shown}" if apart else None
    first, second = _order(a, a_moved, digits), _order(b, b_moved, digits)
    if claim.reverses:
        second = -second
    return f"the order differs: {shown}" if first != second else None


def _order(a: Any, b: Any, digits: int) -> int:
    return 0 if not _apart(a, b, digits, sloped=False) else 1 if a > b else -1


def _shown(values: Any) -> str:
    return "undefined" if values is UNDEFINED else ", ".join(f"{float(v):.6g}" for v in values)


def _where(instance: Instance) -> str:
    parts = {**{k: np.asarray(v).tolist() for k, v in instance.values.items()}, **instance.indices}
    return ", ".join(f"{k} = {v}" for k, v in parts.items())


# ------------------------------------------------------------------ referees


def by_points(claim: Claim) -> Witness | None:
    """Numbers in high precision at sampled points."""
    for instance in instances(claim):
        if claim.kind is Kind.EQUAL:
            how = unequal(claim, instance)
            if how is not None:
                return Witness("points", how, _where(instance))
            continue
        chance = random.Random(_where(instance))
        for _ in range(4):
            other = moved(claim, instance, chance)
            how = None if other is None else unrelated(claim, instance, other)
            if how is not None and other is not None:
                return Witness("points", how, f"{_where(instance)}; {_where(other)}")
    return None


#: Every referee by name; each answers with a witness or with nothing.
REFEREES: dict[str, Callable[[Claim], Witness | None]] = {"points": by_points}


def refute(claim: Claim) -> dict[str, Witness]:
    """The witnesses of the referees that refute a claim."""
    found = {name: judge(claim) for name, judge in REFEREES.items()}
    return {name: witness for name, witness in found.items() if witness is not None}
