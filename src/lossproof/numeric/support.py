"""Which numbers a model can have produced: membership in a domain, constraints, observations that are refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from mpmath import isfinite
from sympy import Indexed, Symbol

from lossproof.errors import DataError, LossproofError, NoFiniteValue, UnsupportedExpression
from lossproof.kernel.conditions import Assumed, Declared, Hypothesis, Labelled, ranges_of
from lossproof.kernel.domains import Domain, point
from lossproof.models import Model, NoiseModel, n, y
from lossproof.notation.inert import free, sub, symbol_of, walk
from lossproof.notation.nodes import Chance, Opaque
from lossproof.notation.plain import written
from lossproof.numeric.evaluate import Instance, Precise, Rationals, evaluate

_NUMBERS, _EXACT = Precise(50), Rationals()


def lies_in(domain: Domain, value: Any) -> bool:
    """Whether a number, a double or one of mpmath, lies in a domain; infinities and NaN lie in none.

    >>> from lossproof.kernel.domains import COUNT
    >>> lies_in(COUNT, 2.0), lies_in(COUNT, 0.5), lies_in(COUNT, -1)
    (True, False, False)
    """
    if not isinstance(value, Fraction) and not isfinite(value):
        return False
    low, high = (_like(value, end) for end in (domain.low, domain.high))
    number = Fraction(value) if isinstance(value, (int, float)) else value
    above = number > low or (domain.low_closed and number == low)
    below = number < high or (domain.high_closed and number == high)
    return bool(above and below and not (domain.nonzero and number == 0) and not (domain.integer and number % 1 != 0))


def _like(value: Any, end: Fraction | float) -> Any:
    """An end of a domain as a number that the value can be compared with."""
    if isinstance(end, Fraction) and hasattr(value, "context"):
        return value.context.mpf(end.numerator) / end.denominator
    return end


def constraints(hypotheses: Iterable[Hypothesis]) -> Iterator[Declared | Assumed]:
    """What is declared or assumed of expressions, other than of single terms and of the probabilities of a model."""
    for h in hypotheses:
        if isinstance(h, Declared) and not isinstance(h.term, (Symbol, Indexed, Opaque)):
            yield h
        if isinstance(h, Assumed) and not any(isinstance(p, Chance) for e in (h.left, h.right) for p in walk(e)):
            yield h


def violations(h: Declared | Assumed, instance: Instance, *, exactly: bool = False) -> list[dict[str, int]]:
    """The indices at which a declaration or an equation does not hold; those too at which it has no value.

    Args:
        h: what is to hold.
        instance: at which numbers.
        exactly: let only exact arithmetic decide; it counts as broken where that has no answer.
    """
    names, sizes = [r.index.name for r in h.ranges], [int(evaluate(r.high, instance)) for r in h.ranges]
    if 0 in sizes:
        return []
    axes = np.meshgrid(*(np.arange(1, size + 1) for size in sizes), indexing="ij", sparse=True)
    indices = {**instance.indices, **dict(zip(names, axes, strict=True))}
    term = h.term if isinstance(h, Declared) else sub(h.left, h.right)
    try:
        here = replace(instance, indices=indices)
        values = evaluate(term, here, _EXACT) if exactly else _valued(term, here)
    except LossproofError:
        values = _NUMBERS.context.nan
    domain = h.domain if isinstance(h, Declared) else point(0)
    spread = np.broadcast_to(np.asarray(values, dtype=object), sizes)
    wrong = [place for place in np.ndindex(*sizes) if not lies_in(domain, spread[place])]
    return [{name: place + 1 for name, place in zip(names, places, strict=True)} for places in wrong]


def _valued(term: Any, instance: Instance) -> Any:
    """The value of a constraint: exact where it is made by arithmetic."""
    try:
        return evaluate(term, instance, _EXACT)
    except (UnsupportedExpression, NoFiniteValue):
        return evaluate(term, instance, _NUMBERS)


# ------------------------------------------------------------------ observations


def check_support(model: Model[NoiseModel], observations: object, values: Mapping[str, Any] | None = None) -> None:
    """Refuse observations that the noise model cannot have produced.

    Args:
        model: whose hypotheses say where the observations lie.
        observations: one number for each, shape (n,); shape (n, K) for one-hot labels and counts of classes.
        values: what else the support depends on, by name: the number of classes ``K``, the numbers
            of trials ``m`` of shape (n,).

    Raises:
        DataError: naming the first observation outside the support; or if the shape is not that, or a
            value that the support depends on is missing.

    >>> from lossproof.models import POISSON, LinearPredictor
    >>> check_support(Model("counts", POISSON, LinearPredictor()), [3, 0, -1])
    Traceback (most recent call last):
    lossproof.errors.DataError: observation y in row 3 is -1, which is not in {0, 1, 2, ...}
    """
    try:
        given = np.asarray(observations, dtype=float)
    except (TypeError, ValueError) as error:
        raise DataError(f"the observations must be numbers ({error})") from None
    about = [h for h in model.hypotheses if _is_about_observations(h)]
    axes = max((len(p.indices) for h in about for p in walk(_term(h)) if _is_observation(p)), default=1)
    if given.ndim != axes:
        shape = "(n,)" if axes == 1 else "(n, K)"
        raise DataError(f"the observations must have the shape {shape}, not {given.shape}")
    sizes = {"n": len(given), **({"K": given.shape[1]} if axes > 1 else {})}
    instance = Instance({**sizes, **(values or {}), "y": given})
    for h in about:
        match h:
            case Labelled():
                low, high = (int(evaluate(bound, instance)) for bound in (h.low, h.high))
                domain = Domain(Fraction(low), Fraction(high), True, True, integer=True)
                _check(Declared(h.term, domain, h.ranges), instance, f"one of the classes {low}..{high}")
            case Declared():
                _check(h, instance, f"in {h.domain}")
            case Assumed():
                _check(h, instance, written(h.right))


def _term(h: Hypothesis) -> Any:
    return sub(h.left, h.right) if isinstance(h, Assumed) else h.term if isinstance(h, (Declared, Labelled)) else n


def _is_observation(e: object) -> bool:
    return isinstance(e, Indexed) and symbol_of(e) == symbol_of(y)


def _is_about_observations(h: Hypothesis) -> bool:
    if not isinstance(h, (Declared, Labelled, Assumed)) or not ranges_of(h):
        return False
    parts = list(walk(_term(h)))
    return any(map(_is_observation, parts)) and not any(isinstance(p, (Chance, Opaque)) for p in parts)


def _check(h: Declared | Assumed, instance: Instance, wanted: str) -> None:
    for symbol in sorted(free(_term(h)) - {r.index for r in h.ranges}, key=str):
        if symbol.name not in instance.values:
            raise DataError(f"the support of the observations depends on '{symbol.name}', which is not given")
    for place in violations(h, instance)[:1]:
        row, term = place["i"], h.term if isinstance(h, Declared) else h.left
        value = evaluate(term, replace(instance, indices=place))
        what = "observation y" if _is_observation(term) else written(term)
        raise DataError(f"{what} in row {row} is {value:g}, which is not {wanted}")
