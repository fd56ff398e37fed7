"""Which fact is missing when a condition cannot be shown.

This is for the reader of a refusal.  Nothing that is said here makes anything true: the refusal has
already happened.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from sympy import Abs, Add, Basic, Expr, Indexed, Mul, Pow, Product, Rational, Sum, exp, log

from lossproof.kernel.conditions import Condition, Constant, Differentiable, Fact, Has, Member, Property
from lossproof.kernel.domains import NONNEGATIVE, NONZERO, POSITIVE, REAL, Domain
from lossproof.kernel.matrices import lacking
from lossproof.notation.inert import free, symbol_of
from lossproof.notation.matrices import Component, Determinant, Form, MatrixTerm, SquaredNorm
from lossproof.notation.nodes import Named, ProductOver, Sigmoid, Softplus
from lossproof.notation.plain import written

if TYPE_CHECKING:
    from lossproof.kernel.facts import Facts

_BELOW_ONE = Domain(high=Fraction(1))


def missing(facts: Facts, condition: Condition) -> str:
    """The smallest fact whose absence keeps the condition from being shown."""
    match condition:
        case Member(expression, domain):
            return _member(facts, expression, domain)
        case Constant(expression, variables):
            inside = free(expression) & {symbol_of(v) for v in variables}
            return f"{written(expression)} contains {', '.join(sorted(s.name for s in inside))}"
        case Differentiable(expression, variable):
            return _smoothness(facts, expression, variable)
        case Has(matrix, wanted):
            return lacking(facts, matrix, wanted)
        case _:
            return f"that {condition}"


def _member(facts: Facts, expression: Expr, domain: Domain) -> str:
    made_of_matrix = isinstance(expression, (Component, Determinant, Form, SquaredNorm))
    if made_of_matrix and facts.has(expression.args[0], Property.REAL) is None:
        return lacking(facts, expression.args[0], Property.REAL)
    for part, wanted, inside in _parts(facts, expression, domain):
        if not _within(inside.domain_of(part), wanted):
            return _member(inside, part, wanted)
    known = facts.domain_of(expression)
    have = f"only {known.claim} is known" if known is not None else "nothing is known of it"
    return f"{Member(expression, domain)} ({have})"


def _within(known: Fact | None, wanted: Domain) -> bool:
    return known is not None and isinstance(known.claim, Member) and known.claim.domain.within(wanted)


def _parts(facts: Facts, e: Expr, domain: Domain) -> list[tuple[Expr, Domain, Facts]]:
    """Parts whose membership would settle a question about the sign or reality of the whole."""
    wanted = domain if domain in (POSITIVE, NONNEGATIVE, NONZERO) else REAL
    match e:
        case _ if facts.declared(e) is not None:
            return []
        case Named() if facts.domain_of(e) is not None and any(isinstance(a, Indexed) for a in e.arguments):
            return []  # a prediction: what is known of it is what a reader can change
        case Named():
            return _parts(facts, e.body, domain)
        case Sum() if wanted in (POSITIVE, NONZERO):
            return []  # the sum may be empty, or its terms cancel
        case Sum() | Product() | ProductOver():
            opened, inside = facts.opened(e)
            return [(opened.args[0], wanted, inside)]
        case Mul() if wanted == REAL or not any(isinstance(a, Rational) and a < 0 for a in e.args):
            return [(a, wanted, facts) for a in e.args]
        case Pow() if wanted == REAL:
            return [(e.args[0], NONZERO if e.args[1] == -1 else POSITIVE, facts)]
        case Pow():
            return [(e.args[0], wanted, facts)]
        case log():
            return [(e.args[0], POSITIVE, facts)]
        case Add() if _complement(e) is not None and domain == POSITIVE:
            return [(_complement(e), _BELOW_ONE, facts)]
        case Add() if wanted == REAL:
            return [(a, REAL, facts) for a in e.args]
        case Sigmoid() | Softplus() | exp() | Abs():
            return [(e.args[0], REAL, facts)]
    return []


def _complement(e: Expr) -> Expr | None:
    """``u`` if the expression is ``1 - u``."""
    if len(e.args) != 2 or e.args[0] != 1:
        return None
    inner = e.args[1]
    return inner.args[1] if isinstance(inner, Mul) and len(inner.args) == 2 and inner.args[0] == -1 else None


def _smoothness(facts: Facts, e: Basic, variable: Basic) -> str:
    for part, inside in facts.smooth_parts(e, symbol_of(variable)) or []:
        if inside.differentiable(part, variable) is None:
            return _smoothness(inside, part, variable)
    if isinstance(e, MatrixTerm):
        return lacking(facts, e, Property.REAL)
    if facts.domain_of(e) is None:
        return _member(facts, e, REAL)
    return f"that {Differentiable(e, variable)}"
