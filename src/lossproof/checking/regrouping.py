"""Sums and derivatives regrouped so that the rules fit: terms apart, and what is constant in front.

Untrusted: what is proposed here the kernel proves by the field axioms or refuses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sympy import Add, Derivative, Expr, Integer, KroneckerDelta, Mul, Pow, Rational, Sum

from lossproof.errors import LossproofError
from lossproof.notation.inert import MINUS_ONE, ONE, ZERO, add, free, inverse, mul, power
from lossproof.rulebook import sums
from lossproof.rulebook.algebra import ALGEBRA, LAWS
from lossproof.strategies.chain import Chain
from lossproof.strategies.matching import places

#: The most terms, the highest power that is multiplied out, the most parts that are regrouped, and how often.
MOST_TERMS, HIGHEST_POWER, MOST_PARTS, MOST_ROUNDS = 60, 4, 40, 4

_Factors = tuple[Expr, ...]
_OF_SUMS = (sums.SUM_OF_TERMS, sums.CONSTANT_FACTOR_OUT_OF_SUM, sums.SUM_OF_CONSTANT, sums.SIFT)


class _TooMany(Exception):
    """Multiplied out, it would not fit a page."""


def sums_apart(chain: Chain) -> None:
    """Every sum as sums of one product each, with what does not contain the index in front."""
    for _ in range(MOST_ROUNDS):
        before = len(chain.steps)
        _regrouped(chain, Sum)
        chain.exhaust(*_OF_SUMS)
        if len(chain.steps) == before:
            return


def slopes_apart(chain: Chain) -> bool:
    """Every derivative of a product with what does not contain the variable in front; whether there was one."""
    return _regrouped(chain, Derivative)


def _regrouped(chain: Chain, kind: type[Expr]) -> bool:
    """The bodies of all nodes of a kind written out, the innermost first."""
    done = 0
    while done < MOST_PARTS and any(_write_out(chain, path, e) for path, e in _deepest(chain.here, kind)):
        done += 1
    return done > 0


def _deepest(e: Expr, kind: type[Expr]) -> Iterator[tuple[tuple[int, ...], Expr]]:
    found = [(path, part) for path, part in places(e) if isinstance(part, kind)]
    return iter(sorted(found, key=lambda at: -len(at[0])))


def _write_out(chain: Chain, path: tuple[int, ...], e: Expr) -> bool:
    variable = e.args[1][0]
    try:
        target = _written_out(e.args[0], variable, binary=isinstance(e, Derivative))
    except _TooMany:
        return False
    if target == e.args[0]:
        return False
    for rule in (ALGEBRA, LAWS):
        try:
            chain.at_places(rule, [(*path, 0)], to=target)
            return True
        except LossproofError:
            continue
    return False


def _written_out(body: Expr, variable: Expr, *, binary: bool) -> Expr:
    """``c1 r1 + c2 r2 + ...`` with ``c`` free of the variable; of more than two factors in pairs, if binary."""
    about = free(variable)
    terms = []
    for factors in _terms(body):
        outside = [f for f in factors if not free(f) & about]
        inside = [f for f in factors if free(f) & about]
        constant, rest = _collected(outside), inside if binary else _collected(inside)
        moving = _paired(rest) if binary else _sifted(rest)
        terms.append(_product(constant) if not rest else moving if not constant else mul(_product(constant), moving))
    return add(*terms) if len(terms) > 1 else terms[0] if terms else ZERO


def _collected(factors: list[Expr]) -> list[Expr]:
    """Equal factors as powers, numbers as one, in an order that does not depend on how they were written."""
    number = ONE
    counts: Counter[Expr] = Counter()
    for f in factors:
        if isinstance(f, Rational):
            number = number * f
        else:
            counts[f] += 1
    out = [f if k == 1 else power(f, Integer(k)) for f, k in sorted(counts.items(), key=lambda item: str(item[0]))]
    return out if number == ONE else [number, *out]


def _product(factors: list[Expr]) -> Expr:
    return ONE if not factors else factors[0] if len(factors) == 1 else mul(*factors)


def _sifted(factors: list[Expr]) -> Expr:
    """A product of which the factor that is 0 but at one index stands before the others."""
    deltas = [f for f in factors if isinstance(f, KroneckerDelta)]
    if not deltas:
        return _product(factors)
    return mul(deltas[0], _product([f for f in factors if f is not deltas[0]]))


def _paired(factors: list[Expr]) -> Expr:
    return _product(factors) if len(factors) < 3 else mul(factors[0], _paired(factors[1:]))


def _terms(e: Expr) -> list[_Factors]:
    """The terms of an expression multiplied out, each by its factors."""
    match e:
        case Add():
            out = [term for a in e.args for term in _terms(a)]
        case Mul():
            out = [()]
            for a in e.args:
                out = [(*left, *right) for left in out for right in _terms(a)]
                _check(out)
        case Pow() if isinstance(e.exp, Integer) and 2 <= e.exp <= HIGHEST_POWER:
            out = [()]
            for _ in range(int(e.exp)):
                out = [(*left, *right) for left in out for right in _terms(e.base)]
                _check(out)
        case Pow() if e.exp == MINUS_ONE:
            out = [tuple(_inverses(e.base))]
        case _:
            out = [(e,)]
    _check(out)
    return out


def _inverses(base: Expr) -> Iterator[Expr]:
    """The factors of ``1/base``."""
    if isinstance(base, Mul):
        for a in base.args:
            yield from _inverses(a)
    elif isinstance(base, Rational) and base != 0:
        yield 1 / base
    elif isinstance(base, Pow) and isinstance(base.exp, Integer) and 2 <= base.exp <= HIGHEST_POWER:
        for _ in range(int(base.exp)):
            yield from _inverses(base.base)
    else:
        yield inverse(base)


def _check(terms: list[_Factors]) -> None:
    if len(terms) > MOST_TERMS:
        raise _TooMany
