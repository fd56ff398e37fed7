"""Expressions and sets as the text that they are read from.

What `lossproof.recovery.text` reads is written so that reading it again gives the same expression,
node by node.
"""

from __future__ import annotations

from sympy import (
    Abs,
    Add,
    Basic,
    E,
    Expr,
    Indexed,
    Integer,
    Max,
    Mul,
    Pow,
    Rational,
    S,
    Sum,
    Symbol,
    cos,
    erf,
    exp,
    factorial,
    gamma,
    log,
    pi,
    sign,
    sin,
)

from lossproof.errors import UnsupportedExpression
from lossproof.notation.nodes import Sigmoid, Softplus, Where
from lossproof.notation.shapes import check_bulk
from lossproof.recovery.sets import POSITIVE, REAL, UNIT, Counts, Finite, Interval, Labels, Set, Simplex, Vectors
from lossproof.recovery.sets import interval as closed

_CALLS: dict[type[Basic], str] = {
    exp: "exp",
    log: "log",
    Abs: "abs",
    Max: "max",
    Sigmoid: "sigmoid",
    Softplus: "softplus",
    sin: "sin",
    cos: "cos",
    gamma: "gamma",
    factorial: "factorial",
    sign: "sign",
    erf: "erf",
}
#: How tightly what is written holds together.
_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def as_text(e: Expr) -> str:
    """The expression as text.

    >>> from sympy import Symbol
    >>> from lossproof.notation.inert import ONE, inverse, mul, sub
    >>> as_text(mul(sub(ONE, Symbol("a")), inverse(Symbol("b"))))
    '(1 - a)/b'

    Raises:
        UnsupportedExpression: if the grammar has no words for something in it.
    """
    check_bulk(e)
    return _written(e)[0]


def _at_least(e: Basic, level: int) -> str:
    text, holds = _written(e)
    return text if holds >= level else f"({text})"


def _written(e: Basic) -> tuple[str, int]:
    if isinstance(e, Symbol):
        return e.name, _ATOM
    if e is pi or e is E:
        return ("pi" if e is pi else "e"), _ATOM
    if isinstance(e, Rational):
        text = str(e.p) if e.q == 1 else f"{e.p}/{e.q}"
        return text, _SUM if e < 0 else _ATOM if e.q == 1 else _PRODUCT
    if isinstance(e, Add):
        return _sum(e), _SUM
    if isinstance(e, Mul):
        return _product(e)
    if isinstance(e, Pow):
        base = f"({_written(e.base)[0]})" if e.base is E else _at_least(e.base, _ATOM)
        return f"{base}^{_at_least(e.exp, _ATOM)}", _POWER
    if isinstance(e, Where):
        gap, yes, no = (_written(a)[0] for a in e.args)
        return f"where({gap} >= 0, {yes}, {no})", _ATOM
    if isinstance(e, Indexed) and len(e.indices) == 1:
        return f"{e.base.label}[{_written(e.indices[0])[0]}]", _ATOM
    if isinstance(e, Sum):
        body, (index, low, high) = e.args
        return f"sum({', '.join(_written(a)[0] for a in (body, index, low, high))})", _ATOM
    if type(e) in _CALLS:
        return f"{_CALLS[type(e)]}({', '.join(_written(a)[0] for a in e.args)})", _ATOM
    raise UnsupportedExpression(f"{e!s:.60} ({type(e).__name__})", "the text of a loss")


def _negated(e: Basic) -> Basic | None:
    """``a`` of ``-a``, if that is how it is written."""
    two = isinstance(e, Mul) and len(e.args) == 2 and e.args[0] is S.NegativeOne
    return e.args[1] if two and not isinstance(e.args[1], Rational) else None


def _sum(e: Add) -> str:
    out = _at_least(e.args[0], _PRODUCT) if _negated(e.args[0]) is None else _written(e.args[0])[0]
    if isinstance(e.args[0], Rational):
        out = _written(e.args[0])[0]
    for term in e.args[1:]:
        bare = _negated(term)
        if isinstance(term, Rational) and term < 0:
            out += f" - {_written(-term)[0]}"
        elif bare is not None:
            out += f" - {_operand(bare)}"
        else:
            out += f" + {_at_least(term, _PRODUCT)}"
    return out


def _operand(e: Basic) -> str:
    """What follows a minus sign: a number in brackets, so that the sign stays apart."""
    return f"({_written(e)[0]})" if isinstance(e, Rational) else _at_least(e, _PRODUCT)


def _product(e: Mul) -> tuple[str, int]:
    bare = _negated(e)
    if bare is not None:
        return f"-{_operand(bare)}", _SUM
    if len(e.args) < 2:
        raise UnsupportedExpression("a product of one factor", "the text of a loss")
    first, *rest = e.args
    out = _factor(first)
    if _is_plain(first) and first is S.One and _is_inverse(rest[0]):
        out = "(1)"
    before = first
    for factor in rest:
        if _is_inverse(factor) and not (_is_plain(factor.base) and _is_plain(before)):
            out += f"/{_factor(factor.base)}"
        else:
            out += f"*{_factor(factor)}"
        before = factor
    return out, _PRODUCT


def _is_inverse(e: Basic) -> bool:
    return isinstance(e, Pow) and e.exp is S.NegativeOne


def _is_plain(e: Basic) -> bool:
    return isinstance(e, Integer) and e >= 0


def _factor(e: Basic) -> str:
    return f"({_written(e)[0]})" if isinstance(e, Rational) and not _is_plain(e) else _at_least(e, _POWER)


# ------------------------------------------------------------------ sets


def set_as_text(s: Set) -> str:
    """The set as text.

    >>> set_as_text(closed(-pi, S.Infinity))
    'interval(-pi, oo)'
    """
    match s:
        case Interval():
            return _interval(s)
        case Counts():
            return "counts"
        case Finite(outcomes):
            return "{" + ", ".join(as_text(o) for o in outcomes) + "}"
        case Labels(high):
            return f"{{1..{as_text(high)}}}"
        case Simplex(size):
            return f"simplex({as_text(size)})"
        case Vectors(of, size):
            return f"{set_as_text(of)}^{as_text(size)}"


def _interval(s: Interval) -> str:
    for named, name in ((REAL, "real"), (POSITIVE, "positive"), (UNIT, "unit")):
        if s == named:
            return name
    ends = ", ".join(
        "oo" if e is S.Infinity else "-oo" if e is S.NegativeInfinity else as_text(e) for e in (s.low, s.high)
    )
    if s == closed(s.low, s.high):
        return f"interval({ends})"
    return f"{'[' if s.low_closed else '('}{ends}{']' if s.high_closed else ')'}"
