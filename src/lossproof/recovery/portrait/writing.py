"""What SymPy computed, as a reader wants to see it: fractions, minus signs in front, sigmoids by their name.

Only the writing changes; what comes out means the same number.
"""

from __future__ import annotations

from sympy import Add, Expr, Indexed, Integer, Mul, Piecewise, Pow, cancel, count_ops, exp, fraction
from sympy.polys.polyerrors import PolynomialError

from lossproof.errors import LossproofError
from lossproof.notation.inert import add as inert_add
from lossproof.notation.inert import inverse as inert_inverse
from lossproof.notation.inert import is_leaf, neg, rebuild
from lossproof.notation.inert import mul as inert_mul
from lossproof.notation.nodes import Sigmoid
from lossproof.notation.plain import written

#: The largest expression whose quotients are cancelled, and the highest power of a sum in it.
MOST_CANCELLED, MOST_MULTIPLIED_OUT = 120, 8


#: How SymPy fails on expressions that make no sense, such as comparisons of numbers that are not real.
FAILURES = (LossproofError, TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError)


def tidy(e: Expr) -> Expr:
    """The same with common factors cancelled, if it is not large."""
    if e.is_number or e.has(Piecewise) or count_ops(e) > MOST_CANCELLED or any(map(_is_long, e.atoms(Pow))):
        return e
    try:
        return cancel(e)
    except (PolynomialError, RuntimeError):
        return e


def _is_long(e: Expr) -> bool:
    """Whether it is a power that would be multiplied out into very many terms."""
    return isinstance(e.base, Add) and e.exp.is_Integer and abs(e.exp) > MOST_MULTIPLIED_OUT


def readable(e: Expr) -> Expr:
    """An ordinary SymPy expression, inert, in the order and with the signs of a book."""
    return _ordered(_with_sigmoids(e))


def shown(e: Expr) -> str:
    """An expression in one line: what SymPy computed as `readable` puts it, what is about a vector as it stands."""
    return written(e if e.has(Indexed) else readable(e))


def _with_sigmoids(e: Expr) -> Expr:
    """``exp(u) / (1 + exp(u))`` as ``sigma(u)``, and ``1 / (1 + exp(u))`` as ``sigma(-u)``."""
    if is_leaf(e):
        return e
    if not isinstance(e, Mul):
        factors = _sigmoid_in((e,))
        if factors is not None:
            return Mul(*factors)
        return rebuild(e, [_with_sigmoids(a) for a in e.args])
    factors = _sigmoid_in(e.args)
    return rebuild(e, [_with_sigmoids(a) for a in e.args]) if factors is None else _with_sigmoids(Mul(*factors))


def _sigmoid_in(factors: tuple[Expr, ...]) -> tuple[Expr, ...] | None:
    """The factors with one sigmoid made of some of them, or None."""
    for k, factor in enumerate(factors):
        if not (isinstance(factor, Pow) and isinstance(factor.exp, Integer) and factor.exp < 0):
            continue
        base = factor.base
        if not (isinstance(base, Add) and len(base.args) == 2 and 1 in base.args):
            continue
        (above,) = (a for a in base.args if a != 1)
        if not isinstance(above, exp):
            continue
        power, u = -factor.exp, above.args[0]
        for m, other in enumerate(factors):
            if m != k and isinstance(other, exp) and other.args[0] == power * u:
                rest = tuple(f for n, f in enumerate(factors) if n not in (k, m))
                return (*rest, Sigmoid(u) ** power)
        return (*factors[:k], *factors[k + 1 :], Sigmoid(-u) ** power)
    return None


def _ordered(e: Expr) -> Expr:
    if is_leaf(e):
        return e
    if isinstance(e, Add):
        terms = [*e.as_ordered_terms()]
        terms.sort(key=lambda t: t.could_extract_minus_sign())
        return inert_add(*map(_ordered, terms))
    if isinstance(e, (Mul, Pow)):
        if isinstance(e, Mul) and e.could_extract_minus_sign() and e.args[0].is_negative:
            return neg(_ordered(-e))
        top, bottom = fraction(e)
        if bottom != 1:
            below = inert_inverse(_ordered(bottom))
            return below if top == 1 else inert_mul(*_factors(_ordered(top)), below)
        return rebuild(
            e, [_ordered(a) for a in e.as_ordered_factors()] if isinstance(e, Mul) else list(map(_ordered, e.args))
        )
    return rebuild(e, [_ordered(a) for a in e.args])


def _factors(e: Expr) -> tuple[Expr, ...]:
    return e.args if isinstance(e, Mul) else (e,)
