"""Integrals and functions in pieces where one condition of a rule fails."""

from __future__ import annotations

from typing import Any

from sympy import Integer, S

from attack.claims import Use, claim
from attack.writing import *
from lossproof.kernel.schema import Abstraction
from lossproof.notation.nodes import Where
from lossproof.rulebook import cases, integrals, special

_OO = S.Infinity


def _int(body, low, high):
    return Term(inert.integral(node(body), node(v), node(low), node(high)))


def _where(gap, yes, no):
    return Term(Where(node(gap), node(yes), node(no)))


def _of(body):
    """``h`` to an expression."""
    return Abstraction((node(h),), node(body))


def _use(rule, **given):
    values: dict[str, Any] = {name: e if isinstance(e, Abstraction) else node(e) for name, e in given.items()}
    return Use(rule, (), values)


def _gauss(rate):
    return exp(minus(rate * v**2))


def _root(rate):
    return (pi_ * (1 / Term(node(rate)))) ** half


def _times(first, last):
    """A product one factor of which is a product."""
    return Term(inert.mul(node(first), node(last)))


_bell, _one = Term(node(exp(minus(h**2)))), Term(ONE)

CLAIMS = {
    "integrals beyond the conditions": (
        claim(
            "a length backwards",
            _int(2, 1, 0),
            Term(Integer(2)) * (Term(ZERO) - 1),
            by=_use(integrals.LENGTH, c=2, m=1, n=0, x=v),
        ),
        claim(
            "a height that is undefined, over nothing",
            _int(1 / a, 0, 0),
            1 / a * (Term(ZERO) - 0),
            real(a),
            by=_use(integrals.LENGTH, c=1 / a, m=0, n=0, x=v),
            at={"a": 0},
        ),
        claim(
            "split below the range",
            _int(exp(v), 0, 1),
            _int(exp(v), 0, -1) + _int(exp(v), -1, 1),
            by=_use(integrals.SPLIT_THE_INTERVAL, a=_of(exp(h)), m=0, c=-1, n=1, x=v),
        ),
        claim(
            "split above the range",
            _int(exp(v), 0, 1),
            _int(exp(v), 0, 2) + _int(exp(v), 2, 1),
            by=_use(integrals.SPLIT_THE_INTERVAL, a=_of(exp(h)), m=0, c=2, n=1, x=v),
        ),
        claim(
            "split below the half-line",
            _int(exp(minus(v)), 0, _OO),
            _int(exp(minus(v)), 0, -1) + _int(exp(minus(v)), -1, _OO),
            by=_use(integrals.SPLIT_THE_RAY, a=_of(exp(minus(h))), m=0, c=-1, x=v),
        ),
        claim(
            "split nowhere",
            _int(exp(minus(v**2)), -_OO, _OO),
            _int(exp(minus(v**2)), -_OO, 1 / Term(ZERO)) + _int(exp(minus(v**2)), 1 / Term(ZERO), _OO),
            by=_use(integrals.SPLIT_THE_LINE, a=_of(_bell), c=1 / Term(ZERO), x=v),
        ),
        claim(
            "a location that is undefined",
            _int(exp(minus((v - 1 / Term(ZERO)) ** 2)), -_OO, _OO),
            _int(exp(minus(v**2)), -_OO, _OO),
            by=_use(integrals.TRANSLATION, a=_of(_bell), c=1 / Term(ZERO), x=v, y=v),
        ),
        claim(
            "a negative scale",
            _int(exp(minus(absolute(v * (1 / Term(Integer(-1)))))), 0, _OO),
            -1 * _int(exp(minus(absolute(v))), 0, _OO),
            by=_use(integrals.SCALE_OF_RAY, a=_of(exp(minus(absolute(h)))), c=-1, x=v, y=v),
        ),
        claim(
            "a bell between ends in the wrong order",
            Term(inert.integral(node(_gauss(_one)), node(v), node(minus(-1)), node(-1))),
            _root(1) * erf(-1 * _one**half),
            by=_use(integrals.PART_OF_GAUSSIAN_INTEGRAL, a=1, c=-1, x=v),
        ),
        claim(
            "a bell turned over, between ends",
            _int(_gauss(Term(Integer(-1))), minus(1), 1),
            _root(-1) * erf(1 * Term(Integer(-1)) ** half),
            by=_use(integrals.PART_OF_GAUSSIAN_INTEGRAL, a=-1, c=1, x=v),
        ),
        claim(
            "a bell from 0 down",
            _int(_gauss(_one), 0, -1),
            _times(half * _root(1), erf(-1 * _one**half)),
            by=_use(integrals.GAUSSIAN_INTEGRAL_FROM_ZERO, a=1, c=-1, x=v),
        ),
        claim(
            "a bell turned over, from 0",
            _int(_gauss(Term(Integer(-1))), 0, 1),
            _times(half * _root(-1), erf(1 * Term(Integer(-1)) ** half)),
            by=_use(integrals.GAUSSIAN_INTEGRAL_FROM_ZERO, a=-1, c=1, x=v),
        ),
        claim(
            "a bell between bounds in the wrong order",
            _int(_gauss(_one), 1, 0),
            _times(half * _root(1), erf(0 * _one**half) - erf(1 * _one**half)),
            by=_use(integrals.PIECE_OF_GAUSSIAN_INTEGRAL, a=1, m=1, n=0, x=v),
        ),
        claim(
            "a bell turned over, between bounds",
            _int(_gauss(Term(Integer(-1))), 0, 1),
            _times(half * _root(-1), erf(1 * Term(Integer(-1)) ** half) - erf(0 * Term(Integer(-1)) ** half)),
            by=_use(integrals.PIECE_OF_GAUSSIAN_INTEGRAL, a=-1, m=0, n=1, x=v),
        ),
        claim(
            "an exponential between bounds in the wrong order",
            _int(exp(minus(1 * v)), 1, 0),
            (exp(minus(_one * 1)) - exp(minus(_one * 0))) * (1 / _one),
            by=_use(integrals.EXPONENTIAL_PIECE, a=1, m=1, n=0, x=v),
        ),
        claim(
            "a flat exponential",
            _int(exp(minus(0 * v)), 0, 1),
            (exp(minus(Term(ZERO) * 0)) - exp(minus(Term(ZERO) * 1))) * (1 / Term(ZERO)),
            by=_use(integrals.EXPONENTIAL_PIECE, a=0, m=0, n=1, x=v),
        ),
        claim(
            "a direction that is undefined",
            _int(exp(b * cos(v - 1 / Term(ZERO))), minus(pi_), pi_),
            _times(2 * pi_, bessel(0, b)),
            real(b),
            by=_use(integrals.VON_MISES_INTEGRAL, a=b, c=1 / Term(ZERO), x=v),
            at={"b": 1},
        ),
    ),
    "pieces beyond the conditions": (
        claim("the piece that fails", _where(-1, 2, 3), 2, by=_use(cases.WHERE_IT_HOLDS, c=-1, a=2, b=3)),
        claim("the piece that holds, at the edge", _where(0, 2, 3), 3, by=_use(cases.WHERE_IT_FAILS, c=0, a=2, b=3)),
        claim("the lesser of two", maximum(2, 1), 1, by=_use(cases.MAXIMUM_IS_SECOND, a=2, b=1)),
        claim(
            "the recurrence at a pole",
            gamma(Term(ZERO) + 1),
            0 * gamma(0),
            by=_use(special.GAMMA_STEP, a=0),
        ),
    ),
}
