"""Rearranging by the field axioms, and by the laws of powers and logarithms: two rules, one normal form.

Both sides are written as a quotient of polynomials with rational coefficients, in which everything
that is not a sum, a product or a power is an atom; they are equal if the cross products are the
same polynomial.  Every atom must be real and everything divided by must not be zero, so ``0 log 0``
is not quietly taken for 0.

The laws look into powers, exponentials and logarithms as well: for positive ``a`` and ``b``,

====================================  ==============================
``log(a b) = log a + log b``          ``(a b)^c = a^c b^c``
``log(a^c) = c log a``                ``(a^b)^c = a^(b c)``
``exp(u + v) = exp(u) exp(v)``        ``a^b = exp(b log a)``
====================================  ==============================

They are used where the facts show what they need; elsewhere the expression stays an atom.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from sympy import Abs, Add, Basic, Expr, Integer, Max, Mul, Pow, Rational, cos, exp, factorint, log

from lossproof.kernel.conditions import Condition, Member
from lossproof.kernel.domains import NONZERO, POSITIVE, REAL, Domain
from lossproof.kernel.facts import Facts
from lossproof.kernel.rules import Conclusion, Rule
from lossproof.kernel.schema import Value
from lossproof.kernel.steps import OF_NUMBERS
from lossproof.notation.inert import alpha_equal, neg
from lossproof.notation.nodes import Where
from lossproof.notation.plain import written

#: Rational numbers; the whole ones, which are nearly all, as Python's integers.
Exact: TypeAlias = Fraction | int
Monomial: TypeAlias = frozenset[tuple[Hashable, Exact]]
Polynomial: TypeAlias = dict[Monomial, Exact]
Quotient: TypeAlias = tuple[Polynomial, Polynomial]

_UNIT: Monomial = frozenset()
_EVEN = (Abs, cos)  # functions with f(-u) = f(u)
_LARGEST_EXPONENT = 32
_LARGEST_FACTORED = 10**9
_MOST_WORK = 200_000
_MOST_BITS = 4096


class _TooLarge(Exception):
    """The normal form would not fit a page."""


@dataclass(frozen=True, repr=False)
class Algebra(Rule):
    """``a`` may be replaced by any ``b`` that the axioms make equal to it.

    Attributes:
        laws: whether the laws of powers and logarithms may be used besides the field axioms.
    """

    name: str
    reference: str
    laws: bool

    def conclude(self, before: Expr, given: Mapping[str, Value], facts: Facts) -> Conclusion:
        target = given.get("to")
        if not isinstance(target, Basic):
            raise self.misfit(before, "'to' must be the expression to reach")
        form = _Laws(facts) if self.laws else _NormalForm()
        try:
            same = form.equal(before, target)
        except _TooLarge:
            raise self.misfit(before, "its normal form is too large") from None
        if not same:
            raise self.misfit(before, f"{self.name} does not make it equal to {written(target)}")
        return Conclusion(target, tuple(form.conditions))


ALGEBRA = Algebra("algebra", "The field axioms of the real numbers", laws=False)
LAWS = Algebra(
    "laws of powers and logarithms",
    "NIST Digital Library of Mathematical Functions, sections 4.2(iv) and 4.8",
    laws=True,
)


class _NormalForm:
    """Expressions as quotients of polynomials, noting what must be real and what must not be zero.

    The work is bounded, whatever the expressions.
    """

    def __init__(self) -> None:
        self.conditions: dict[Condition, None] = {}
        self._known: dict[Expr, Quotient] = {}
        self._open: set[Expr] = set()
        self._spent = 0

    def equal(self, a: Expr, b: Expr) -> bool:
        """Whether two expressions have the same normal form."""
        (top, bottom), (other_top, other_bottom) = self.quotient(a), self.quotient(b)
        return self.times(top, other_bottom) == self.times(other_top, bottom)

    def quotient(self, e: Expr) -> Quotient:
        """Numerator and denominator."""
        if e in self._open:  # a branch of a case that is compared with the whole: it stands for itself
            self.conditions[Member(e, REAL)] = None
            return _single(e), {_UNIT: 1}
        if e not in self._known:
            self._open.add(e)
            self._known[e] = self._quotient(e)
            self._open.discard(e)
        return self._known[e]

    def _quotient(self, e: Expr) -> Quotient:
        one: Polynomial = {_UNIT: 1}
        top, bottom = one, one
        if isinstance(e, Rational):
            return _constant(_fraction(e)), one
        if isinstance(e, Add):
            top = {}
            for t, b in map(self.quotient, e.args):
                if b != bottom:
                    top, t, bottom = self.times(top, b), self.times(t, bottom), self.times(bottom, b)
                self._spend(len(t))
                _accumulate(top, t)
            return top, bottom
        if isinstance(e, Mul):
            for t, b in map(self.quotient, e.args):
                top, bottom = self.times(top, t), self.times(bottom, b)
            return top, bottom
        if _is_repeated(e):
            above, below = self.quotient(e.base)
            if e.exp < 0:
                self.conditions[Member(e.base, NONZERO)] = None
                above, below = below, above
            for _ in range(abs(int(e.exp))):
                top, bottom = self.times(top, above), self.times(bottom, below)
            return top, bottom
        return self.atom(e), one

    def atom(self, e: Expr) -> Polynomial:
        """An expression that is not looked into."""
        self.conditions[Member(e, REAL)] = None
        return _single(e)

    def _spend(self, work: int) -> None:
        self._spent += work
        if self._spent > _MOST_WORK:
            raise _TooLarge

    def times(self, p: Polynomial, q: Polynomial) -> Polynomial:
        """The product of two polynomials."""
        self._spend(len(p) * len(q) * (1 + max(map(len, [*p, *q]), default=0)))
        out: Polynomial = {}
        for left, a in p.items():
            for right, b in q.items():
                monomial, whole = _joined(left, right)
                out[monomial] = out.get(monomial, 0) + a * b * whole
                if max(out[monomial].numerator.bit_length(), out[monomial].denominator.bit_length()) > _MOST_BITS:
                    raise _TooLarge
                if not out[monomial]:
                    del out[monomial]
        return out


def _is_repeated(e: Expr) -> bool:
    """Whether it is a power that is multiplied out."""
    return isinstance(e, Pow) and isinstance(e.exp, Integer) and abs(int(e.exp)) <= _LARGEST_EXPONENT


def _fraction(e: Rational) -> Exact:
    return int(e.p) if e.q == 1 else Fraction(int(e.p), int(e.q))


def _constant(value: Exact) -> Polynomial:
    return {_UNIT: value} if value else {}


def _single(atom: Hashable, exponent: Exact = 1) -> Polynomial:
    return {frozenset(((atom, exponent),)): 1} if exponent else {_UNIT: 1}


def _joined(left: Monomial, right: Monomial) -> tuple[Monomial, Exact]:
    """The product of two monomials; whole powers of a prime number become a factor."""
    powers: dict[Hashable, Exact] = dict(left)
    whole: Exact = 1
    for atom, k in right:
        powers[atom] = powers.get(atom, 0) + k
        if isinstance(atom, _Prime):
            taken = powers[atom].__floor__()
            if abs(taken) * atom.value.bit_length() > _MOST_BITS:
                raise _TooLarge
            powers[atom] -= taken
            whole *= Fraction(atom.value) ** taken
    return frozenset((atom, k) for atom, k in powers.items() if k), whole


def _plus(p: Polynomial, q: Polynomial) -> Polynomial:
    out = dict(p)
    _accumulate(out, q)
    return out


def _accumulate(out: Polynomial, q: Polynomial) -> None:
    """Add a polynomial to one that is still being made."""
    for monomial, coefficient in q.items():
        out[monomial] = out.get(monomial, 0) + coefficient
        if not out[monomial]:
            del out[monomial]


# ------------------------------------------------------------------ the laws


@dataclass(frozen=True)
class _Prime:
    """A prime number to a power between 0 and 1."""

    value: int


@dataclass(frozen=True)
class _Exp:
    """The exponential of a monomial; the empty monomial is 1, and this is the number e."""

    of: Monomial


class _Laws(_NormalForm):
    """The normal form that looks into powers, exponentials, logarithms and the arguments of functions.

    Exponents may be negative or fractions.  A law is used only where the facts show what it needs,
    and what it needs is noted as a condition.
    """

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts
        self._atoms: dict[Expr, None] = {}

    def _quotient(self, e: Expr) -> Quotient:
        one: Polynomial = {_UNIT: 1}
        if type(e) is exp:  # not isinstance, which in SymPy is true of the power e^x as well
            return self._exponential(*self.quotient(e.args[0])) or (self.atom(e), one)
        if isinstance(e, log):
            return self._logarithm(e.args[0])
        if isinstance(e, Pow) and not isinstance(e.exp, Integer):
            raised = self._power(e)
            return (self.atom(e), one) if raised is None else raised
        return _divided(*super()._quotient(e))

    def _shown(self, e: Expr, domain: Domain) -> bool:
        """Whether an expression is known to lie in a set; if so, that is noted as a condition."""
        shown = self._facts.shows(e, domain)
        if shown:
            self.conditions[Member(e, domain)] = None
        return shown

    def _power(self, e: Expr) -> Quotient | None:
        """A positive number to a real power."""
        base, exponent = e.args
        if not self._shown(exponent, REAL) or not self._shown(base, POSITIVE):
            return None
        if not isinstance(exponent, Rational):
            top, bottom = self.quotient(exponent)
            above, below = self._logarithm(base)
            return self._exponential(*_divided(self.times(top, above), self.times(bottom, below)))
        return self._root(base, _fraction(exponent))

    def _root(self, base: Expr, r: Exact) -> Quotient:
        """``base^r`` for a base that is known to be positive."""
        one: Polynomial = {_UNIT: 1}
        primes = _primes(base)
        if primes is not None:
            out = one
            for p, k in primes.items():
                out = self.times(out, self.times(one, _single(_Prime(p), r * k)))
            return out, one
        if isinstance(base, Mul) and all(self._shown(a, POSITIVE) for a in base.args):
            out, below = one, one
            for a in base.args:
                top, bottom = self._root(a, r)
                out, below = self.times(out, top), self.times(below, bottom)
            return _divided(out, below)
        if isinstance(base, Pow) and isinstance(base.exp, Rational) and self._shown(base.base, POSITIVE):
            return self._root(base.base, r * _fraction(base.exp))
        if type(base) is exp:
            top, bottom = self.quotient(base.args[0])
            raised = self._exponential(self.times(top, _constant(r)), bottom)
            if raised is not None:
                return raised
        if r.denominator == 1 and abs(int(r)) <= _LARGEST_EXPONENT:
            return self.quotient(Pow(base, Integer(int(r)), evaluate=False))
        return self.times(one, {frozenset(((self._representative(base), r),)): 1}), one

    def _exponential(self, top: Polynomial, bottom: Polynomial) -> Quotient | None:
        """``exp(top / bottom)`` as a product, if the denominator is 1."""
        one: Polynomial = {_UNIT: 1}
        if bottom != one:
            return None
        out, below = one, one
        for monomial, c in top.items():
            inside = next(iter(monomial))[0] if len(monomial) == 1 else None
            if isinstance(inside, log) and monomial == frozenset(((inside, 1),)):
                above, under = self._root(inside.args[0], c)
                out, below = self.times(out, above), self.times(below, under)
            else:
                out = self.times(out, _single(_Exp(monomial), c))
        return _divided(out, below)

    def _logarithm(self, e: Expr) -> Quotient:
        """``log e`` as a sum, as far as the factors of ``e`` are known to be positive."""
        one: Polynomial = {_UNIT: 1}
        primes = _primes(e)
        if primes is not None:
            out: Polynomial = {}
            for p, k in primes.items():
                out = _plus(out, {frozenset(((log(Integer(p), evaluate=False), 1),)): k})
            return out, one
        if type(e) is exp and self._shown(e.args[0], REAL):
            return self.quotient(e.args[0])
        parts: list[Quotient] = []
        if isinstance(e, Mul) and all(self._shown(a, POSITIVE) for a in e.args):
            parts = [self._logarithm(a) for a in e.args]
        elif isinstance(e, Pow) and self._shown(e.base, POSITIVE) and self._shown(e.exp, REAL):
            (top, bottom), (above, below) = self.quotient(e.exp), self._logarithm(e.base)
            parts = [(self.times(top, above), self.times(bottom, below))]
        else:
            self.conditions[Member(e, POSITIVE)] = None
            return _single(log(self._representative(e), evaluate=False)), one
        top, bottom = {}, one
        for t, b in parts:
            top, bottom = _plus(self.times(top, b), self.times(t, bottom)), self.times(bottom, b)
        return _divided(top, bottom)

    def atom(self, e: Expr) -> Polynomial:
        """A function of equal arguments is the same atom."""
        self.conditions[Member(e, REAL)] = None
        return _single(self._representative(e))

    def _representative(self, e: Expr) -> Expr:
        """The first expression met that is equal to this one part by part; the parts come first, so this ends."""
        inside = e.args[:1] if isinstance(e, Where) else e.args  # a branch that is not chosen needs no value
        for part in inside if type(e) in OF_NUMBERS else ():
            self.quotient(part)
        if e in self._atoms:
            return e
        for known in tuple(self._atoms):  # comparing may meet atoms that are new, inside a branch of a case
            self._spend(1)
            if self._alike(known, e):
                return known
        self._atoms[e] = None
        return e

    def _alike(self, a: Expr, b: Expr) -> bool:
        if type(a) is not type(b):
            return False
        if isinstance(a, (Add, Mul)) or (_is_repeated(a) and _is_repeated(b)):
            return self.equal(a, b)
        if type(a) in _EVEN:
            return self.equal(a.args[0], b.args[0]) or self.equal(a.args[0], neg(b.args[0]))
        if isinstance(a, Max) and all(self.equal(p, q) for p, q in zip(a.args, reversed(b.args), strict=True)):
            return True
        if type(a) in OF_NUMBERS and len(a.args) == len(b.args):
            return all(self.equal(p, q) for p, q in zip(a.args, b.args, strict=True))
        return alpha_equal(a, b)


def _divided(top: Polynomial, bottom: Polynomial) -> Quotient:
    """The same quotient with denominator 1, if the denominator is one term."""
    if len(bottom) != 1:
        return top, bottom
    (monomial, c) = next(iter(bottom.items()))
    one: Polynomial = {_UNIT: 1}
    inverse = frozenset((atom, -k) for atom, k in monomial)
    out: Polynomial = {}
    for m, a in top.items():
        joined, whole = _joined(m, inverse)
        out[joined] = out.get(joined, 0) + (a * whole if c == 1 else Fraction(a * whole) / c)
    return {m: a for m, a in out.items() if a}, one


def _primes(e: Expr) -> dict[int, int] | None:
    """The prime factors of a positive rational number of bearable size, with their exponents."""
    if not isinstance(e, Rational) or e <= 0 or max(int(e.p), int(e.q)) > _LARGEST_FACTORED:
        return None
    out = {int(p): int(k) for p, k in factorint(int(e.p)).items()}
    for p, k in factorint(int(e.q)).items():
        out[int(p)] = out.get(int(p), 0) - int(k)
    return {p: k for p, k in out.items() if p != 1 and k}
