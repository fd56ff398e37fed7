"""The functions that a loss may be written with, and what its conditions choose.

What this module knows: which inert expression each name stands for.  What it does not know: where the
name was read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sympy import Expr, Rational, S, cos, erf, sign, sin

from lossproof.notation.inert import (
    ONE,
    TWO,
    absolute,
    add,
    build,
    exp,
    factorial,
    gamma_function,
    inverse,
    log,
    maximum,
    mul,
    neg,
    power,
    sub,
)
from lossproof.notation.nodes import Sigmoid, Softplus, Where


def _several(two: Callable[[Expr, Expr], Expr]) -> Callable[..., Expr]:
    def of(*arguments: Expr) -> Expr:
        out = arguments[0]
        for a in arguments[1:]:
            out = two(out, a)
        return out

    return of


def minus(a: Expr) -> Expr:
    """``-a``; of a number, the number."""
    return -a if isinstance(a, Rational) else neg(a)


def _cosh(a: Expr) -> Expr:
    return mul(Rational(1, 2), add(exp(a), exp(neg(a))))


def _sinh(a: Expr) -> Expr:
    return mul(Rational(1, 2), sub(exp(a), exp(neg(a))))


def _tanh(a: Expr) -> Expr:
    return mul(sub(exp(a), exp(neg(a))), inverse(add(exp(a), exp(neg(a)))))


def _minimum(*arguments: Expr) -> Expr:
    """``min(a, b, ...) = -max(-a, -b, ...)``."""
    return neg(_several(maximum)(*map(minus, arguments)))


def sqrt(a: Expr) -> Expr:
    """``a^(1/2)``."""
    return power(a, Rational(1, 2))


def _one(kind: type[Expr]) -> Callable[[Expr], Expr]:
    return lambda a: build(kind, (a,))


#: Name, how it is built, and how many arguments it takes at least and at most.
FUNCTIONS: Mapping[str, tuple[Callable[..., Expr], int, int]] = {
    "exp": (exp, 1, 1),
    "log": (log, 1, 1),
    "ln": (log, 1, 1),
    "sqrt": (sqrt, 1, 1),
    "abs": (absolute, 1, 1),
    "Abs": (absolute, 1, 1),
    "max": (_several(maximum), 2, 20),
    "Max": (_several(maximum), 2, 20),
    "min": (_minimum, 2, 20),
    "Min": (_minimum, 2, 20),
    "sigmoid": (_one(Sigmoid), 1, 1),
    "softplus": (_one(Softplus), 1, 1),
    "log1p": (lambda a: log(add(ONE, a)), 1, 1),
    "expm1": (lambda a: sub(exp(a), ONE), 1, 1),
    "sin": (_one(sin), 1, 1),
    "cos": (_one(cos), 1, 1),
    "sinh": (_sinh, 1, 1),
    "cosh": (_cosh, 1, 1),
    "tanh": (_tanh, 1, 1),
    "gamma": (gamma_function, 1, 1),
    "lgamma": (lambda a: log(gamma_function(a)), 1, 1),
    "loggamma": (lambda a: log(gamma_function(a)), 1, 1),
    "factorial": (factorial, 1, 1),
    "sign": (_one(sign), 1, 1),
    "erf": (_one(erf), 1, 1),
    "square": (lambda a: power(a, TWO), 1, 1),
}
#: Names of functions that are letters too.
LETTERS = frozenset({"gamma"})

# ------------------------------------------------------------------ conditions

#: What stands in the place of ``where(condition, yes, no)``, given the two branches.
Choice: TypeAlias = Callable[[Expr, Expr], Expr]


def choose(gap: Expr, yes: Expr, no: Expr) -> Expr:
    """``yes`` where ``0 <= gap``, else ``no``."""
    return build(Where, (gap, yes, no))


def difference(a: Expr, b: Expr) -> Expr:
    """``a - b``, where one that is written 0 is left out."""
    if b is S.Zero:
        return a
    return minus(b) if a is S.Zero else add(a, minus(b))


def comparison(left: Expr, operator: str, right: Expr) -> Choice:
    """The choice that a comparison makes."""
    match operator:
        case "<=":
            return lambda yes, no: choose(difference(right, left), yes, no)
        case ">=":
            return lambda yes, no: choose(difference(left, right), yes, no)
        case "<":
            return lambda yes, no: choose(difference(left, right), no, yes)
        case ">":
            return lambda yes, no: choose(difference(right, left), no, yes)
        case "==":
            return both(comparison(left, "<=", right), comparison(left, ">=", right))
        case _:
            return either(comparison(left, "<", right), comparison(left, ">", right))


def both(*choices: Choice) -> Choice:
    """That all of some conditions hold."""

    def chosen(yes: Expr, no: Expr) -> Expr:
        for choice in reversed(choices):
            yes = choice(yes, no)
        return yes

    return chosen


def either(*choices: Choice) -> Choice:
    """That one of some conditions holds."""

    def chosen(yes: Expr, no: Expr) -> Expr:
        for choice in reversed(choices):
            no = choice(yes, no)
        return no

    return chosen
