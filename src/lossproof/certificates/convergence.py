"""What the integrals and series of an expression need to have a value, as propositions of Coq.

The functions of Coq are total: an integral that does not converge is 0 there, and means nothing.  So an
equation is certified together with the convergence of all integrals and series on its left, given
that of those on its right: of two steps, that of the second passes it on to the first.
"""

from __future__ import annotations

from sympy import Basic, Derivative, Integral

from lossproof.certificates.terms import Scope, over_reals, without_end
from lossproof.errors import UnsupportedExpression
from lossproof.kernel.schema import Each
from lossproof.notation.inert import is_leaf, limits_of, walk
from lossproof.notation.matrices import Gradient
from lossproof.notation.nodes import Named, Series, Where

#: What may fail to converge.
INFINITE = (Integral, Series)


def has_integrals(*expressions: Basic) -> bool:
    """Whether anything in some expressions may fail to converge, definitions included."""
    return any(isinstance(p, INFINITE) for p in walk(*expressions))


def convergence(e: Basic, scope: Scope) -> tuple[str, ...]:
    """That each integral and each series of an expression converges absolutely, in order, each once.

    Raises:
        UnsupportedExpression: for one that depends on a bound letter, or on which of two cases holds.
    """
    return tuple(dict.fromkeys(_converging(e, scope))) if has_integrals(e) else ()


def converges(e: Integral | Series, scope: Scope) -> str:
    """That an integral or a series converges absolutely."""
    written = over_reals("integrable", e, scope) if isinstance(e, Integral) else without_end("summable", e, scope)
    return written[1:-1]


def _converging(e: Basic, scope: Scope) -> list[str]:
    if isinstance(e, Named):
        return [says for part in (*e.arguments, e.body) for says in _converging(part, scope)]
    if is_leaf(e) or not has_integrals(e):
        return []
    if isinstance(e, INFINITE) and not has_integrals(e.args[0]):
        return [converges(e, scope)]
    if limits_of(e) is not None or isinstance(e, (Derivative, Gradient, Where, Each)):
        raise UnsupportedExpression("an integral or a series inside another, or in one of two cases,", "Coq")
    return [says for part in e.args for says in _converging(part, scope)]
