"""Whether an ordinary SymPy expression is zero, decided exactly where it is rational in suitable atoms.

The atoms are symbols, unknown functions, and three that are made so that the laws of powers and
logarithms become arithmetic:

===============  ==========================================================================
``E(m)``         ``exp(m)`` for a monomial ``m``: ``exp(2 m + k) = E(m)^2 E(k)``, ``log E(m) = m``
``L(f)``         ``log |f|`` for an irreducible polynomial ``f``: ``log (f^2 g) = 2 L(f) + L(g)``
``|f|``          ``|f|^2 = f^2``; it is ``f`` or ``-f`` where the sign of ``f`` is known
===============  ==========================================================================

A power with an exponent that is no integer is ``b^e = exp(e log b)``, for ``b > 0``.  Two expressions
that become one rational function are equal wherever both have a value.  Two that do not may still be
equal: what is found then is that nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from math import floor, lcm
from typing import Any

from sympy import (
    QQ,
    Abs,
    Add,
    Derivative,
    E,
    Expr,
    Integer,
    Mul,
    Poly,
    Pow,
    Rational,
    S,
    Subs,
    Symbol,
    besseli,
    cos,
    erf,
    exp,
    factorial,
    gamma,
    log,
    pi,
    polygamma,
    sign,
    sin,
)
from sympy.core.function import AppliedUndef
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyElement, PolyRing

from lossproof.kernel.domains import Domain
from lossproof.referees.intervals import bounds, is_negative, is_positive
from lossproof.referees.unrolling import CannotTell, Unknown

#: Products of two terms in one question; terms, letters and degree of what is factored; terms of what is cancelled.
MOST_PRODUCTS, MOST_FACTORED, MOST_LETTERS, HIGHEST_DEGREE, MOST_CANCELLED = 400_000, 40, 12, 16, 400
HIGHEST_POWER = 40


@dataclass(frozen=True)
class Quotient:
    """A polynomial over a product of powers of others, in one ring."""

    top: PolyElement
    bottom: tuple[tuple[PolyElement, int], ...] = ()


class Atoms:
    """The atoms of the expressions of one case."""

    def __init__(self, domains: Mapping[Any, Domain], assumed: Mapping[Expr, int] | None = None) -> None:
        self.domains = domains
        self.assumed = dict(assumed or {})  # signs of ordinary expressions
        self.signs: dict[Expr, int] = {}  # of polynomials in atoms
        self.unsigned: dict[Expr, None] = {}  # ordinary expressions of unknown sign whose absolute value was met
        self._absolutes: dict[Symbol, Expr] = {}  # |f| -> f
        self._atoms: dict[object, Symbol] = {}
        self._stands: dict[Symbol, Expr] = {}  # an atom as an ordinary expression
        self._logs: dict[Symbol, Expr] = {}  # L(f) -> f
        self._exponents: dict[Symbol, Expr] = {}  # E(m) -> m
        self._squares: dict[Symbol, Expr] = {}  # an atom whose square is known
        self._roots: dict[Symbol, Expr] = {}  # a positive atom that stands for a polynomial with fractional powers
        self._flat: dict[Expr, Expr] = {}

    # -------------------------------------------------------------- the question

    def is_zero(self, e: Expr) -> bool:
        """Whether the expression is zero for certain, wherever it has a value.

        Raises:
            CannotTell: if it would take too long to find out.
        """
        flat = self.flat(e)
        return flat == 0 or not self.quotient(flat)[1].top

    # -------------------------------------------------------------- in atoms

    def flat(self, e: Expr) -> Expr:
        """The expression as a rational function of atoms."""
        found = self._flat.get(e)
        if found is None:
            found = self._flat[e] = self._flattened(e)
        return found

    def _flattened(self, e: Expr) -> Expr:
        match e:
            case Rational():
                return e
            case Symbol():
                return self.atom(e, e)
            case Add() | Mul():
                return e.func(*map(self.flat, e.args))
            case Pow():
                return self.power(self.flat(e.base), self.flat(e.exp))
            case exp():
                return self.exponential(self.flat(e.args[0]))
            case log():
                return self.logarithm(self.flat(e.args[0]))
            case Abs():
                return self.absolute(self.flat(e.args[0]))
            case sign():
                inner = self.flat(e.args[0])
                return self.absolute(inner) / inner
            case factorial():
                return self.gamma(self.flat(e.args[0] + 1))
            case gamma():
                return self.gamma(self.flat(e.args[0]))
            case polygamma():
                return self.polygamma(e.args[0], self.flat(e.args[1]))
            case cos() | sin() | erf() | besseli() | Unknown() | AppliedUndef():
                return self.function(e)
            case Derivative() | Subs():
                return self.atom(e, e)
        if e in (pi, E):
            return self.atom(e, e) if e is pi else self.exponential(S.One)
        raise CannotTell(f"no atoms are known for {type(e).__name__}")

    def atom(self, key: object, stands_for: Expr) -> Symbol:
        """The symbol of an atom."""
        if key not in self._atoms:
            interval = bounds(stands_for, self.domains)
            made = Symbol(f"a{len(self._atoms):04}", positive=True) if is_positive(interval) else None
            made = made or Symbol(f"a{len(self._atoms):04}", real=True)
            self._atoms[key] = made
            self._stands[made] = stands_for
        return self._atoms[key]

    def ordinary(self, flat: Expr) -> Expr:
        """A polynomial in atoms as an ordinary expression again."""
        return flat.xreplace(self._stands)

    def sign_of(self, f: Expr) -> int:
        """1 or -1 if the sign of a polynomial in atoms is known, else 0."""
        if f not in self.signs:
            e = self.ordinary(f)
            interval = bounds(e, self.domains)
            assumed = self.assumed.get(e) or -self.assumed.get(-e, 0)
            known = 1 if is_positive(interval) or f.is_positive else -1 if is_negative(interval) else 0
            self.signs[f] = known or assumed
        return self.signs[f]

    # -------------------------------------------------------------- laws

    def power(self, base: Expr, exponent: Expr) -> Expr:
        if exponent.is_Integer:
            if abs(exponent) > HIGHEST_POWER:
                raise CannotTell("too large: a high power")
            return Pow(base, exponent)
        return self.exponential(exponent * self.logarithm(base))

    def exponential(self, a: Expr) -> Expr:
        """``exp(a)``: one atom for each monomial of ``a``."""
        if a == 0:
            return S.One
        top, bottom = self.lowest(a)
        terms = (t.as_coeff_Mul() for t in Add.make_args(top))
        return Mul(*(self._exp(c, m, bottom) for c, m in terms))

    def _exp(self, c: Rational, m: Expr, bottom: Expr) -> Expr:
        m = m / bottom
        if m in self._logs:
            return self._power_of(self._logs[m], c)
        key = ("exp", m)
        e = self.atom(key, exp(self.ordinary(m)))
        self._exponents[e] = m
        return Pow(e, c)

    def _power_of(self, f: Expr, c: Rational) -> Expr:
        """``|f|^c`` for an irreducible polynomial, a prime number, or an atom."""
        if c.is_Integer:
            return f**c if self.sign_of(f) > 0 or c % 2 == 0 else self._abs(f) ** c
        if isinstance(f, Symbol) and self.sign_of(f) > 0:
            return f**c
        root = self.atom(("root", f), Abs(self.ordinary(f)))
        if root not in self._roots:
            self._roots[root] = f if self.sign_of(f) > 0 else self._abs(f)
        return root**c

    def logarithm(self, a: Expr) -> Expr:
        """``log |a|``: one atom for each irreducible factor of ``a``."""
        match a:
            case Rational():
                if a == 0:
                    raise CannotTell("a logarithm of 0")
                return Add(*(k * self._log(Integer(p)) for p, k in abs(a).factors().items() if p > 1))
            case Mul():
                return Add(*map(self.logarithm, a.args))
            case Pow():
                return a.exp * self.logarithm(a.base)
            case Symbol():
                return self._exponents[a] if a in self._exponents else self._log(a)
        top, bottom = self.lowest(a)
        return self._log_factored(top) - self._log_factored(bottom)

    def _log_factored(self, a: Expr) -> Expr:
        return Add(*(k * self._log(f) if f.is_Add else k * self.logarithm(f) for f, k in self.factored(a)))

    def _log(self, f: Expr) -> Expr:
        inside = self._roots.get(f, self._absolutes.get(f))
        if inside is not None:
            return self._log(inside)
        made = self.atom(("log", f), log(Abs(self.ordinary(f))))
        self._logs[made] = f
        return made

    def absolute(self, a: Expr) -> Expr:
        """``|a|``."""
        match a:
            case Rational():
                return abs(a)
            case Mul():
                return Mul(*map(self.absolute, a.args))
            case Pow():
                return a if a.exp % 2 == 0 else self.absolute(a.base) ** a.exp
            case Symbol():
                return self._abs(a)
        top, bottom = self.lowest(a)
        over, under = (Mul(*(self._abs(f) ** k for f, k in self.factored(part))) for part in (top, bottom))
        return over / under

    def _abs(self, f: Expr) -> Expr:
        if f.is_Rational:
            return abs(f)
        known = self.sign_of(f)
        if known:
            return known * f
        self.unsigned[self.ordinary(f)] = None
        made = self.atom(("abs", f), Abs(self.ordinary(f)))
        self._absolutes[made] = f
        self._squares[made] = f**2
        return made

    def gamma(self, a: Expr) -> Expr:
        """``gamma(a)``, with ``gamma(z + 1) = z gamma(z)``."""
        rest, steps = self.shifted(a)
        return Mul(*(rest + k for k in range(steps)), *(1 / (rest - k) for k in range(1, -steps + 1))) * (
            self._special(gamma, rest)
        )

    def polygamma(self, order: Expr, a: Expr) -> Expr:
        """``digamma(a)``, with ``digamma(z + 1) = digamma(z) + 1 / z``."""
        if order != 0:
            return self._special(lambda z: polygamma(order, z), a)
        rest, steps = self.shifted(a)
        more = [1 / (rest + k) for k in range(steps)] + [-1 / (rest - k) for k in range(1, -steps + 1)]
        return Add(*more, self._special(lambda z: polygamma(0, z), rest))

    def _special(self, function: Callable[[Expr], Expr], a: Expr) -> Expr:
        made = function(self.ordinary(self.lowest_terms(a)))
        return self.atom(made, made) if isinstance(made, (gamma, polygamma)) else self.flat(made)

    def shifted(self, a: Expr) -> tuple[Expr, int]:
        """The argument without its whole part: ``z`` and ``k`` with ``a = z + k``, ``k`` an integer."""
        a = self.lowest_terms(a)
        whole, rest = a.as_coeff_Add()
        steps = floor(whole) if rest != 0 else floor(whole) - 1
        if abs(steps) > HIGHEST_POWER:
            raise CannotTell("too large: a gamma function of a large number")
        return a - steps, steps

    def function(self, e: Expr) -> Expr:
        """A function of which nothing is used but that equal arguments give equal values."""
        made = e.func(*(self.ordinary(self.lowest_terms(self.flat(a))) for a in e.args))
        if made.is_Mul:  # an odd function gave up its sign
            return self.flat(made)
        found = self.atom(made, made)
        if isinstance(made, sin):
            self._squares[found] = 1 - self.atom(cos(made.args[0]), cos(made.args[0])) ** 2
        return found

    # -------------------------------------------------------------- rational functions

    def quotient(self, flat: Expr) -> tuple[Polynomials, Quotient]:
        """A rational function of atoms as a quotient of polynomials, known squares and roots written out."""
        powers: dict[Symbol, int] = {}
        stack, seen = [flat], set()
        while stack:
            here = stack.pop()
            if here in seen:
                continue
            seen.add(here)
            if isinstance(here, Pow) and not here.exp.is_Rational:
                raise CannotTell(f"a power {here}")
            atom, q = (here.base, int(here.exp.q)) if isinstance(here, Pow) else (here, 1)
            if isinstance(atom, Symbol):
                powers[atom] = lcm(powers.get(atom, 1), q)
                stack += [known for known in (self._squares.get(atom), self._roots.get(atom)) if known is not None]
            elif q != 1:
                raise CannotTell(f"a power {here}")
            else:
                stack.extend(here.args)
        ring = Polynomials(powers)
        found = ring.of(flat)
        return ring, Quotient(self._reduced(ring, found.top), found.bottom)

    def _reduced(self, ring: Polynomials, top: PolyElement) -> PolyElement:
        """A polynomial with the squares and roots that are known written out."""
        known: dict[Symbol, tuple[int, Expr]] = {}
        for s, (_, degree) in ring.places.items():
            if s in self._squares:
                known[s] = (2 * degree, self._squares[s])
            elif s in self._roots:
                known[s] = (degree, self._roots[s])
        changed = True
        while changed:
            changed = False
            for s, (degree, e) in known.items():
                at = ring.places[s][0]
                if not any(m[at] >= degree for m in top.itermonoms()):
                    continue
                changed = True
                parts: dict[int, dict[tuple[int, ...], Any]] = {}
                for m, c in top.iterterms():
                    times, left = divmod(m[at], degree)
                    parts.setdefault(times, {})[(*m[:at], left, *m[at + 1 :])] = c
                value = ring.of(e).top
                pieces = (ring.times(ring.ring.from_dict(part), ring.raised(value, k)) for k, part in parts.items())
                top = reduce(ring.plus, pieces, ring.ring.zero)
        return top

    def lowest(self, flat: Expr) -> tuple[Expr, Expr]:
        """Numerator and denominator without a common factor; the first coefficient of the denominator is 1."""
        ring, q = self.quotient(flat)
        bottom = reduce(ring.times, (ring.raised(f, k) for f, k in q.bottom), ring.ring.one)
        top = q.top
        if q.bottom and len(top) * len(bottom) <= MOST_CANCELLED:
            top, bottom = top.cancel(bottom)
        lead = bottom.LC
        return ring.expression(top.mul_ground(1 / lead)), ring.expression(bottom.mul_ground(1 / lead))

    def lowest_terms(self, flat: Expr) -> Expr:
        """The one way to write a rational function."""
        if isinstance(flat, (Symbol, Rational)):
            return flat
        top, bottom = self.lowest(flat)
        return top / bottom if bottom.is_Add else Add(*(t / bottom for t in Add.make_args(top)))

    def factored(self, a: Expr) -> list[tuple[Expr, Any]]:
        """A polynomial in atoms as a product of a number, atoms, and irreducible polynomials of first coefficient 1."""
        if not a.is_Add:
            return [f.as_base_exp() for f in Mul.make_args(a)]
        symbols = sorted(a.free_symbols, key=lambda s: s.name)
        whole = all(p.exp.is_Integer and p.exp <= HIGHEST_DEGREE for p in a.atoms(Pow))
        if not whole or len(a.args) > MOST_FACTORED or len(symbols) > MOST_LETTERS:
            lead = min(a.args, key=lambda t: t.sort_key()).as_coeff_Mul()[0]
            return [(lead, S.One), ((a / lead).expand(), S.One)]
        scale, parts = Poly(a, *symbols, domain=QQ).factor_list()
        found: list[tuple[Expr, Any]] = [(Rational(scale), S.One)]
        for f, k in parts:
            found += [(f.monic().as_expr(), Integer(k)), (Rational(f.LC()), Integer(k))]
        return [(f, k) for f, k in found if f != 1]


class Polynomials:
    """A ring of polynomials in roots of atoms, and rational functions of atoms as quotients in it.

    Attributes:
        ring: SymPy's ring over the rational numbers.
        places: for each atom its place among the generators, and which root of it the generator is.
    """

    def __init__(self, powers: Mapping[Symbol, int]) -> None:
        names = sorted(powers, key=lambda s: s.name)
        self.ring = PolyRing(names, QQ, lex)
        self.places = {s: (k, powers[s]) for k, s in enumerate(names)}
        self._spent = 0

    def expression(self, p: PolyElement) -> Expr:
        """A polynomial as an expression in the atoms."""
        roots = [s ** Rational(1, degree) for s, (_, degree) in self.places.items()]
        terms = (
            Mul(Rational(int(c.numerator), int(c.denominator)), *(r**k for r, k in zip(roots, m, strict=True) if k))
            for m, c in p.iterterms()
        )
        return Add(*terms)

    def plus(self, a: PolyElement, b: PolyElement) -> PolyElement:
        """The sum of two polynomials."""
        self._spend(len(a) + len(b))
        return a + b

    def times(self, a: PolyElement, b: PolyElement) -> PolyElement:
        """The product of two polynomials."""
        self._spend(len(a) * len(b))
        return a * b

    def raised(self, a: PolyElement, k: int) -> PolyElement:
        """A power of a polynomial."""
        return reduce(self.times, [a] * k, self.ring.one)

    def _spend(self, products: int) -> None:
        self._spent += products
        if self._spent > MOST_PRODUCTS:
            raise CannotTell("too large: polynomials of very many terms")

    def of(self, e: Expr) -> Quotient:
        """A rational function of atoms as a quotient in this ring."""
        match e:
            case Rational():
                return Quotient(self.ring.ground_new(QQ(int(e.p), int(e.q))))
            case Symbol():
                return self._atom(e, 1)
            case Add():
                return reduce(self._sum, map(self.of, e.args))
            case Mul():
                return reduce(self._product, map(self.of, e.args))
            case Pow():
                if isinstance(e.base, Symbol):
                    return self._atom(e.base, e.exp)
                return self._power(self.of(e.base), int(e.exp))
        raise CannotTell(f"{e} is not rational in the atoms")

    def _atom(self, s: Symbol, exponent: Any) -> Quotient:
        at, degree = self.places[s]
        k = int(exponent * degree)
        g = self.ring.gens[at]
        return Quotient(g**k) if k >= 0 else Quotient(self.ring.one, ((g, -k),))

    def _product(self, a: Quotient, b: Quotient) -> Quotient:
        bottom = dict(a.bottom)
        for f, k in b.bottom:
            bottom[f] = bottom.get(f, 0) + k
        return Quotient(self.times(a.top, b.top), tuple(bottom.items()))

    def _sum(self, a: Quotient, b: Quotient) -> Quotient:
        if a.bottom == b.bottom:
            return Quotient(self.plus(a.top, b.top), a.bottom)
        ours, theirs = dict(a.bottom), dict(b.bottom)
        common = {f: max(ours.get(f, 0), theirs.get(f, 0)) for f in (*ours, *theirs)}
        tops = []
        for top, own in ((a.top, ours), (b.top, theirs)):
            for f, k in common.items():
                top = self.times(top, self.raised(f, k - own.get(f, 0)))
            tops.append(top)
        return Quotient(self.plus(*tops), tuple(common.items()))

    def _power(self, a: Quotient, k: int) -> Quotient:
        if k < 0:
            if not a.top:
                raise CannotTell("a division by 0")
            return self._power(self._inverse(a), -k)
        return Quotient(self.raised(a.top, k), tuple((f, m * k) for f, m in a.bottom))

    def _inverse(self, a: Quotient) -> Quotient:
        top = reduce(self.times, (self.raised(f, k) for f, k in a.bottom), self.ring.one)
        monomial = tuple(map(min, *a.top)) if len(a.top) > 1 else a.top.leading_expv()
        rest = self.ring.from_dict({tuple(map(int.__sub__, m, monomial)): c for m, c in a.top.iterterms()})
        bottom = [(g, k) for g, k in zip(self.ring.gens, monomial, strict=True) if k]
        if rest.is_ground:
            return Quotient(top.mul_ground(1 / rest.LC), tuple(bottom))
        return Quotient(top.mul_ground(1 / rest.LC), (*bottom, (rest.monic(), 1)))
