"""Ordinary SymPy expressions as inert ones, in the order that SymPy keeps.

Symbols are matched by name: the observation, the predictions and what is said of the constants are
`Names`; whatever else a symbol's assumptions were, it is a positive constant.  ``Piecewise`` becomes
`Where`; decimals become the fractions that are written so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from sympy import (
    Abs,
    Add,
    And,
    Basic,
    E,
    Eq,
    Expr,
    Float,
    Function,
    Ge,
    Gt,
    Indexed,
    Le,
    Lt,
    Max,
    Min,
    Mul,
    Ne,
    Or,
    Piecewise,
    Pow,
    Rational,
    S,
    Sum,
    Symbol,
    cos,
    cosh,
    erf,
    exp,
    factorial,
    gamma,
    log,
    loggamma,
    pi,
    sign,
    sin,
    sinh,
    tanh,
)

from lossproof.errors import IllPosed, UnsupportedExpression
from lossproof.notation.inert import add, mul, neg, power, total
from lossproof.notation.nodes import Sigmoid, Softplus, Where
from lossproof.notation.shapes import DEEPEST, bearable, bulk
from lossproof.recovery.functions import FUNCTIONS, Choice, both, choose, comparison, either
from lossproof.recovery.text import LARGEST_EXPONENT, Names

BY = "the reader of SymPy expressions"
#: The largest expression.
MOST_PARTS = 5000

_OPERATORS: Mapping[type[Basic], str] = {Le: "<=", Ge: ">=", Lt: "<", Gt: ">", Eq: "==", Ne: "!="}


def _named(name: str) -> Callable[..., Expr]:
    return FUNCTIONS[name][0]


_FUNCTIONS: Mapping[type[Basic], Callable[..., Expr]] = {
    Add: add,
    Mul: lambda *factors: neg(mul(*factors[1:])) if factors[0] == -1 and len(factors) > 2 else mul(*factors),
    Max: _named("max"),
    Min: _named("min"),
    Abs: _named("abs"),
    exp: _named("exp"),
    log: _named("log"),
    sin: _named("sin"),
    cos: _named("cos"),
    sinh: _named("sinh"),
    cosh: _named("cosh"),
    tanh: _named("tanh"),
    gamma: _named("gamma"),
    loggamma: _named("lgamma"),
    factorial: _named("factorial"),
    sign: _named("sign"),
    erf: _named("erf"),
    Sigmoid: _named("sigmoid"),
    Softplus: _named("softplus"),
    Where: choose,
}


def inert(e: Basic, names: Names) -> Expr:
    """The same expression, inert, in the symbols that the names stand for.

    Raises:
        UnsupportedExpression: for what there is no node for.
        IllPosed: if a vector is used as a number, or two kinds of symbols have one name.
    """
    bulk(e)
    arrays = {s.name for a in e.atoms(Indexed) for s in a.base.free_symbols if isinstance(s, Symbol)}
    sizes = {str(b) for s in e.atoms(Sum) for limits in s.limits for b in limits[1:] if isinstance(b, Symbol)}
    taken = {*names.numbers, *names.arrays, *names.declared}
    if clash := arrays - {*names.arrays}:
        raise IllPosed(f"'{min(clash)}' has elements, but its set is not one of vectors")
    return _Converter(Names(names.numbers, names.arrays, names.declared, names.sizes | (sizes - taken)))(e)


def decimal(value: float | Float) -> Rational:
    """The fraction that a decimal is written as: 0.1 is one tenth.

    Raises:
        UnsupportedExpression: for what is not finite.
    """
    number = float(value)
    if not abs(number) < 10.0**LARGEST_EXPONENT or (number and abs(number) < 10.0**-LARGEST_EXPONENT):
        raise UnsupportedExpression(f"the number {value}", BY)
    exact = Fraction(repr(number))
    return Rational(exact.numerator, exact.denominator)


class _Converter:
    def __init__(self, names: Names) -> None:
        self.names = names
        self.indices: dict[Symbol, Symbol] = {}

    def __call__(self, e: Basic) -> Expr:
        out = self._converted(e)
        if not bearable(out, MOST_PARTS, DEEPEST):
            raise UnsupportedExpression("an expression that is too large or nested too deeply", BY)
        return out

    def _converted(self, e: Basic) -> Expr:
        if isinstance(e, Symbol):
            return self._symbol(e)
        if isinstance(e, Float):
            return decimal(e)
        if isinstance(e, Rational) or e in (pi, E):
            return e
        if isinstance(e, Pow):
            return _named("exp")(self(e.exp)) if e.base is E else power(self(e.base), self(e.exp))
        if isinstance(e, Indexed):
            name = str(e.base.label)
            if len(e.indices) != 1 or name not in self.names.arrays:
                raise UnsupportedExpression(str(e), BY)
            return self.names.arrays[name][self(e.indices[0])]
        if isinstance(e, Sum):
            return self._sum(e)
        if isinstance(e, Piecewise):
            return self._pieces(e)
        make = _FUNCTIONS.get(type(e))
        if make is None:
            what = f"the function {e.func}" if isinstance(e, Function) else f"{e!s:.60} ({type(e).__name__})"
            raise UnsupportedExpression(what, BY)
        return make(*map(self, e.args))

    def _symbol(self, e: Symbol) -> Expr:
        if e in self.indices:
            return self.indices[e]
        if e.name in self.names.arrays:
            raise IllPosed(f"'{e.name}' is used as a number, but its set is one of vectors")
        if not (e.name.isascii() and e.name.isidentifier()):
            raise UnsupportedExpression(f"the name {e.name!r:.60}", BY)
        return self.names.symbol(e.name)

    def _sum(self, e: Sum) -> Expr:
        if len(e.limits) != 1 or len(e.limits[0]) != 3:
            raise UnsupportedExpression(f"{e!s:.60} (a sum over one index with two bounds is)", BY)
        index, low, high = e.limits[0]
        known = (self.names.numbers, self.names.arrays, self.names.declared, self.names.sizes)
        if any(index.name in names for names in known) or index in self.indices:
            raise IllPosed(f"the index '{index.name}' of a sum means something already")
        bounds = (self(low), self(high))
        self.indices[index] = Symbol(index.name, integer=True)
        try:
            return total(self(e.args[0]), self.indices[index], *bounds)
        finally:
            del self.indices[index]

    def _pieces(self, e: Piecewise) -> Expr:
        pieces = [(piece.args[0], piece.args[1]) for piece in e.args]
        if pieces[-1][1] is not S.true:
            raise UnsupportedExpression(
                "a Piecewise without a last piece (..., True), which is undefined elsewhere,", BY
            )
        out = self(pieces[-1][0])
        for value, condition in reversed(pieces[:-1]):
            out = self._condition(condition)(self(value), out)
        return out

    def _condition(self, e: Basic) -> Choice:
        if type(e) in _OPERATORS:
            return comparison(self(e.args[0]), _OPERATORS[type(e)], self(e.args[1]))
        if isinstance(e, (And, Or)):
            # SymPy keeps these in no order; theirs as text is one
            inner = map(self._condition, sorted(e.args, key=str))
            return both(*inner) if isinstance(e, And) else either(*inner)
        raise UnsupportedExpression(f"the condition {e!s:.60}", BY)
