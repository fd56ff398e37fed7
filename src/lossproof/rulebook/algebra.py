"""Rearranging by the field axioms: one rule, decided by a normal form.

Both sides are written as a quotient of polynomials with rational coefficients, in which everything
that is not a sum, a product or an integer power is an atom; they are equal if the cross products
are the same polynomial.  Every atom must be real and everything divided by must not be zero, so
``0 log 0`` is not quietly taken for 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from sympy import Add, Basic, Expr, Integer, Mul, Pow, Rational

from lossproof.kernel.conditions import Condition, Member
from lossproof.kernel.domains import NONZERO, REAL
from lossproof.kernel.facts import Facts
from lossproof.kernel.rules import Conclusion, Rule
from lossproof.kernel.schema import Value
from lossproof.notation.plain import written

Monomial: TypeAlias = frozenset[tuple[Expr, int]]
Polynomial: TypeAlias = dict[Monomial, Fraction]

_UNIT: Monomial = frozenset()
_LARGEST_EXPONENT = 32
_MOST_TERMS = 5000
_MOST_BITS = 4096


class _TooLarge(Exception):
    """The normal form would not fit a page."""


@dataclass(frozen=True)
class Algebra(Rule):
    """``a`` may be replaced by any ``b`` that the field axioms make equal to it."""

    name: str = "algebra"
    reference: str = "The field axioms of the real numbers"
    lemma: str | None = None

    def conclude(self, before: Expr, given: Mapping[str, Value], facts: Facts) -> Conclusion:
        target = given.get("to")
        if not isinstance(target, Basic):
            raise self.misfit(before, "'to' must be the expression to reach")
        conditions: dict[Condition, None] = {}
        try:
            top, bottom = _quotient(before, conditions)
            other_top, other_bottom = _quotient(target, conditions)
            same = _times(top, other_bottom) == _times(other_top, bottom)
        except _TooLarge:
            raise self.misfit(before, "its normal form is too large") from None
        if not same:
            raise self.misfit(before, f"the field axioms do not make it equal to {written(target)}")
        return Conclusion(target, tuple(conditions))


ALGEBRA = Algebra()


def _quotient(e: Expr, conditions: dict[Condition, None]) -> tuple[Polynomial, Polynomial]:
    """Numerator and denominator, noting what must be real and what must not be zero."""
    one: Polynomial = {_UNIT: Fraction(1)}
    if isinstance(e, Rational):
        return ({_UNIT: Fraction(int(e.p), int(e.q))} if e != 0 else {}), one
    if isinstance(e, Add):
        top: Polynomial = {}
        bottom = one
        for term in e.args:
            t, b = _quotient(term, conditions)
            top = _plus(_times(top, b), _times(t, bottom)) if b != bottom else _plus(top, t)
            bottom = _times(bottom, b) if b != bottom else bottom
        return top, bottom
    if isinstance(e, Mul):
        top, bottom = one, one
        for factor in e.args:
            t, b = _quotient(factor, conditions)
            top, bottom = _times(top, t), _times(bottom, b)
        return top, bottom
    if isinstance(e, Pow) and isinstance(e.exp, Integer) and abs(int(e.exp)) <= _LARGEST_EXPONENT:
        top, bottom = _quotient(e.base, conditions)
        if e.exp < 0:
            conditions[Member(e.base, NONZERO)] = None
            top, bottom = bottom, top
        return _to_the(top, abs(int(e.exp))), _to_the(bottom, abs(int(e.exp)))
    conditions[Member(e, REAL)] = None
    return {frozenset(((e, 1),)): Fraction(1)}, one


def _plus(p: Polynomial, q: Polynomial) -> Polynomial:
    out = dict(p)
    for monomial, coefficient in q.items():
        out[monomial] = out.get(monomial, Fraction(0)) + coefficient
        if not out[monomial]:
            del out[monomial]
    return out


def _times(p: Polynomial, q: Polynomial) -> Polynomial:
    if len(p) * len(q) > _MOST_TERMS:
        raise _TooLarge
    out: Polynomial = {}
    for left, a in p.items():
        for right, b in q.items():
            powers = dict(left)
            for atom, k in right:
                powers[atom] = powers.get(atom, 0) + k
            monomial = frozenset(powers.items())
            out[monomial] = out.get(monomial, Fraction(0)) + a * b
            if max(out[monomial].numerator.bit_length(), out[monomial].denominator.bit_length()) > _MOST_BITS:
                raise _TooLarge
            if not out[monomial]:
                del out[monomial]
    return out


def _to_the(p: Polynomial, k: int) -> Polynomial:
    out: Polynomial = {_UNIT: Fraction(1)}
    for _ in range(k):
        out = _times(out, p)
    return out
