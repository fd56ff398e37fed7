"""The same optima up to a positive factor: mean instead of sum, half of it, ``n`` times anything."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import isfinite

from sympy import Expr, Float, Integer, Rational

from lossproof.errors import SideConditionError, UnsupportedExpression
from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.steps import apply
from lossproof.models import n
from lossproof.rulebook import optima
from lossproof.strategies.chain import Chain


def scaled(
    derivation: Derivation,
    factor: Expr | int | Fraction,
    *,
    assuming: Iterable[Declared] = (),
    name: str = "",
    title: str = "",
) -> Derivation:
    """The derivation continued by one step: its last expression times a positive constant has the same optima.

    Args:
        derivation: of any relation; what comes out is related to its first expression.
        factor: free of the parameters, and shown to be positive; a number is exact.
        assuming: what has to be declared for that, such as that there is an observation; it takes
            the place of a weaker declaration of the same term.
        name: of the result.
        title: of the result, in words.

    Raises:
        SideConditionError: if the factor is not known to be positive, or contains a parameter.
        UnsupportedExpression: if the factor is rounded, or no expression.

    >>> import lossproof as lp
    >>> from sympy import Rational
    >>> lp.scaled(lp.derive("linear-regression"), Rational(1, 2)).theorem
    <Theorem linear-regression: |- p[Y = y | X = x]  same optima  1/2 · J(w)>
    """
    exact, chain = _exact(factor), continued(derivation, assuming, name, title)
    try:
        return chain.at_root(optima.SCALE_BY_POSITIVE, c=exact).done()
    except SideConditionError as error:
        if not error.missing.startswith(f"0 < {n} "):
            raise
        remedy = "say that there is an observation, assuming=(lp.Declared(n, lp.POSITIVE),) with n of lossproof.models"
        raise SideConditionError(error.rule, error.condition, f"{error.missing}; {remedy}") from error


def _exact(factor: object) -> Expr:
    """An expression, or a number without rounding as one."""
    if isinstance(factor, (float, Float)):
        near = Fraction(repr(float(factor))) if isfinite(factor) else Fraction(1, 2)
        example = f"Rational({near.numerator}, {near.denominator})"
        raise UnsupportedExpression(f"the rounded number {factor}: write {example}", "scaled")
    if isinstance(factor, Expr):
        return factor
    if isinstance(factor, Fraction):
        return Rational(factor.numerator, factor.denominator)
    if isinstance(factor, int) and not isinstance(factor, bool):
        return Integer(factor)
    said = f"a factor of type {type(factor).__name__} ({factor!r:.40})"
    raise UnsupportedExpression(f"{said}: write an integer, Rational(1, 2), or an expression", "scaled")


def continued(derivation: Derivation, assuming: Iterable[Declared] = (), name: str = "", title: str = "") -> Chain:
    """A chain that has made the steps of a derivation, under its hypotheses and some more."""
    hypotheses = list(derivation.hypotheses)
    for new in assuming:
        weaker = [h for h in hypotheses if _says_less(h, new)]
        at = hypotheses.index(weaker[0]) if weaker else len(hypotheses)
        hypotheses[at : at + 1] = [new]
        hypotheses = [h for h in hypotheses if h not in weaker]
    chain = Chain(
        name or derivation.name, hypotheses, derivation.parameters, derivation.start, title or derivation.title
    )
    for step in derivation:
        chain.steps.append(apply(step.rule, step.places, chain.here, chain.facts))
    return chain


def _says_less(h: Hypothesis, new: Declared) -> bool:
    """Whether a hypothesis declares the same term, in a set that holds the new one."""
    return isinstance(h, Declared) and (h.term, h.ranges) == (new.term, new.ranges) and new.domain.within(h.domain)
