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
_MOST_WORK = 1_000_000
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
        form = _NormalForm()
        try:
            top, bottom = form.quotient(before)
            other_top, other_bottom = form.quotient(target)
            same = form.times(top, other_bottom) == form.times(other_top, bottom)
        except _TooLarge:
            raise self.misfit(before, "its normal form is too large") from None
        if not same:
            raise self.misfit(before, f"the field axioms do not make it equal to {written(target)}")
        return Conclusion(target, tuple(form.conditions))


ALGEBRA = Algebra()


class _NormalForm:
    """Expressions as quotients of polynomials, noting what must be real and what must not be zero.

    The work is bounded, whatever the expressions.
    """

    def __init__(self) -> None:
        self.conditions: dict[Condition, None] = {}
        self._known: dict[Expr, tuple[Polynomial, Polynomial]] = {}
        self._spent = 0

    def quotient(self, e: Expr) -> tuple[Polynomial, Polynomial]:
        """Numerator and denominator."""
        if e not in self._known:
            self._known[e] = self._quotient(e)
        return self._known[e]

    def _quotient(self, e: Expr) -> tuple[Polynomial, Polynomial]:
        one: Polynomial = {_UNIT: Fraction(1)}
        top, bottom = one, one
        if isinstance(e, Rational):
            return ({_UNIT: Fraction(int(e.p), int(e.q))} if e != 0 else {}), one
        if isinstance(e, Add):
            top = {}
            for t, b in map(self.quotient, e.args):
                same = b == bottom
                top = _plus(top, t) if same else _plus(self.times(top, b), self.times(t, bottom))
                bottom = bottom if same else self.times(bottom, b)
            return top, bottom
        if isinstance(e, Mul):
            for t, b in map(self.quotient, e.args):
                top, bottom = self.times(top, t), self.times(bottom, b)
            return top, bottom
        if isinstance(e, Pow) and isinstance(e.exp, Integer) and abs(int(e.exp)) <= _LARGEST_EXPONENT:
            above, below = self.quotient(e.base)
            if e.exp < 0:
                self.conditions[Member(e.base, NONZERO)] = None
                above, below = below, above
            for _ in range(abs(int(e.exp))):
                top, bottom = self.times(top, above), self.times(bottom, below)
            return top, bottom
        self.conditions[Member(e, REAL)] = None
        return {frozenset(((e, 1),)): Fraction(1)}, one

    def times(self, p: Polynomial, q: Polynomial) -> Polynomial:
        """The product of two polynomials."""
        self._spent += len(p) * len(q) * (1 + max(map(len, [*p, *q]), default=0))
        if self._spent > _MOST_WORK:
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


def _plus(p: Polynomial, q: Polynomial) -> Polynomial:
    out = dict(p)
    for monomial, coefficient in q.items():
        out[monomial] = out.get(monomial, Fraction(0)) + coefficient
        if not out[monomial]:
            del out[monomial]
    return out
