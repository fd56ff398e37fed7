"""Derivatives, in one variable that may be an element ``w_j`` of an array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import (
    Derivative,
    Expr,
    Indexed,
    KroneckerDelta,
    Rational,
    Tuple,
    cos,
    digamma,
    gamma,
    pi,
    sign,
    sin,
    trigamma,
)

from lossproof.kernel.conditions import Constant, Differentiable, Member
from lossproof.kernel.domains import NONZERO, POSITIVE, REAL
from lossproof.kernel.facts import Facts
from lossproof.kernel.rules import Conclusion, Identity
from lossproof.kernel.schema import Each, Value
from lossproof.notation.inert import (
    ONE,
    TWO,
    ZERO,
    absolute,
    add,
    build,
    derivative,
    distinct,
    error_function,
    exp,
    inverse,
    log,
    mul,
    neg,
    power,
    product,
    sub,
    total,
)
from lossproof.notation.nodes import Curve, ProductOver, Sigmoid, Softplus, Where
from lossproof.rulebook.direct import Direct
from lossproof.rulebook.metavariables import a, b, c, for_all_i, i, j, k, m, n, u, v, w, z

_RUDIN = "Rudin (1976), Principles of Mathematical Analysis"

DERIVATIVE_OF_SUM = Identity(
    "linearity of the derivative",
    derivative(total(a(i), i, m, n), v),
    total(derivative(a(i), v), i, m, n),
    when=(Constant(m, (v,)), Constant(n, (v,)), for_all_i(Differentiable(a(i), v))),
    reference=f"{_RUDIN}, theorem 5.3 (a)",
)
DERIVATIVE_OF_TERMS = Identity(
    "derivative of a sum",
    derivative(add(Each(u, u)), v),
    add(Each(derivative(u, v), u)),
    when=(Differentiable(Each(u, u), v),),
    reference=f"{_RUDIN}, theorem 5.3 (a)",
)
DERIVATIVE_OF_MULTIPLE = Identity(
    "constant factor",
    derivative(mul(c, u), v),
    mul(c, derivative(u, v)),
    when=(Constant(c, (v,)), Member(c, REAL), Differentiable(u, v)),
    reference=f"{_RUDIN}, theorem 5.3 (b)",
)
DERIVATIVE_OF_CONSTANT = Identity(
    "derivative of a constant",
    derivative(c, v),
    ZERO,
    when=(Constant(c, (v,)), Member(c, REAL), Differentiable(v, v)),
    reference=f"{_RUDIN}, example 5.2",
)
DERIVATIVE_OF_EXP = Identity(
    "derivative of the exponential",
    derivative(exp(u), v),
    mul(exp(u), derivative(u, v)),
    when=(Differentiable(u, v),),
    reference=f"{_RUDIN}, theorems 5.5 and 8.6",
)
DERIVATIVE_OF_ABSOLUTE_VALUE = Identity(
    "derivative of the absolute value",
    derivative(absolute(u), v),
    mul(build(sign, (u,)), derivative(u, v)),
    when=(Member(u, NONZERO), Differentiable(u, v)),
    reference=f"{_RUDIN}, theorem 5.5 (|u| is u or -u around a point where u is not 0)",
)
DERIVATIVE_OF_COSINE = Identity(
    "derivative of the cosine",
    derivative(build(cos, (u,)), v),
    neg(mul(build(sin, (u,)), derivative(u, v))),
    when=(Differentiable(u, v),),
    reference=f"{_RUDIN}, theorems 5.5 and 8.7",
)
DERIVATIVE_OF_SINE = Identity(
    "derivative of the sine",
    derivative(build(sin, (u,)), v),
    mul(build(cos, (u,)), derivative(u, v)),
    when=(Differentiable(u, v),),
    reference=f"{_RUDIN}, theorems 5.5 and 8.7",
)
DERIVATIVE_OF_SIGN = Identity(
    "derivative of the sign",
    derivative(build(sign, (u,)), v),
    ZERO,
    when=(Member(u, NONZERO), Differentiable(u, v)),
    reference=f"{_RUDIN}, example 5.2 (the sign is constant around a point where u is not 0)",
)
DERIVATIVE_OF_CASES = Identity(
    "derivative of a function by cases",
    derivative(Where(c, a, b), v),
    Where(c, derivative(a, v), derivative(b, v)),
    when=(Member(c, NONZERO), Differentiable(c, v), Differentiable(a, v), Differentiable(b, v)),
    reference=f"{_RUDIN}, definition 5.1 (the case is the same around a point where c is not 0)",
)
DERIVATIVE_OF_ERROR_FUNCTION = Identity(
    "derivative of the error function",
    derivative(error_function(u), v),
    mul(mul(TWO, power(pi, Rational(-1, 2))), exp(neg(power(u, TWO))), derivative(u, v)),
    when=(Differentiable(u, v),),
    reference="NIST Digital Library of Mathematical Functions, eq. 7.2.1",
)
DERIVATIVE_OF_GAMMA = Identity(
    "derivative of the gamma function",
    derivative(build(gamma, (u,)), v),
    mul(build(gamma, (u,)), mul(build(digamma, (u,)), derivative(u, v))),
    when=(Member(u, POSITIVE), Differentiable(u, v)),
    reference="NIST Digital Library of Mathematical Functions, eq. 5.2.2",
)
DERIVATIVE_OF_DIGAMMA = Identity(
    "derivative of the digamma function",
    derivative(build(digamma, (u,)), v),
    mul(build(trigamma, (u,)), derivative(u, v)),
    when=(Member(u, POSITIVE), Differentiable(u, v)),
    reference="NIST Digital Library of Mathematical Functions, section 5.15",
)
DERIVATIVE_OF_SOFTPLUS = Identity(
    "derivative of the softplus",
    derivative(Softplus(u), v),
    mul(Sigmoid(u), derivative(u, v)),
    when=(Differentiable(u, v),),
    reference=f"{_RUDIN}, theorems 5.5 and 8.6",
)
DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT = Identity(
    "derivative of a complement",
    derivative(sub(c, u), v),
    neg(derivative(u, v)),
    when=(Constant(c, (v,)), Member(c, REAL), Differentiable(u, v)),
    reference=f"{_RUDIN}, theorem 5.3 (a)",
)
PRODUCT_RULE = Identity(
    "product rule",
    derivative(mul(a, b), v),
    add(mul(derivative(a, v), b), mul(a, derivative(b, v))),
    when=(Differentiable(a, v), Differentiable(b, v)),
    reference=f"{_RUDIN}, theorem 5.3 (b)",
)
DERIVATIVE_OF_PRODUCT = Identity(
    "product rule under the product",
    derivative(product(a(i), i, m, n), v),
    total(mul(derivative(a(i), v), ProductOver(a(k), Tuple(k, m, n), distinct(k, i))), i, m, n),
    when=(Constant(m, (v,)), Constant(n, (v,)), for_all_i(Differentiable(a(i), v))),
    reference=f"{_RUDIN}, theorem 5.3 (b), by induction on the number of factors",
)
DERIVATIVE_OF_LOG = Identity(
    "derivative of the logarithm",
    derivative(log(u), v),
    mul(inverse(u), derivative(u, v)),
    when=(Member(u, POSITIVE), Differentiable(u, v)),
    reference=f"{_RUDIN}, theorems 5.5 and 8.6",
)
DERIVATIVE_OF_POWER = Identity(
    "derivative of a power",
    derivative(power(u, b), v),
    mul(b, power(u, sub(b, ONE)), derivative(u, v)),
    when=(Member(u, POSITIVE), Constant(b, (v,)), Member(b, REAL), Differentiable(u, v)),
    reference=f"{_RUDIN}, theorem 5.5 and exercise 8.6",
)
POWER_LESS_ONE = Identity(
    "power less one",
    power(a, sub(b, ONE)),
    mul(power(a, b), inverse(a)),
    when=(Member(a, POSITIVE), Member(b, REAL)),
    reference="NIST Digital Library of Mathematical Functions, section 4.8(ii)",
)
DERIVATIVE_OF_SIGMOID = Identity(
    "derivative of the sigmoid",
    derivative(Sigmoid(z), v),
    mul(Sigmoid(z), sub(ONE, Sigmoid(z)), derivative(z, v)),
    when=(Differentiable(z, v),),
    reference="Bishop (2006), Pattern Recognition and Machine Learning, eq. 4.88",
)
DERIVATIVE_OF_COORDINATE = Identity(
    "derivative of a coordinate",
    derivative(Indexed(w, i), Indexed(w, k)),
    build(KroneckerDelta, (i, k)),
    when=(Differentiable(Indexed(w, i), Indexed(w, k)),),
    reference=f"{_RUDIN}, definition 9.16 (partial derivatives)",
)
DERIVATIVE_OF_ENTRY = Identity(
    "derivative of an entry",
    derivative(Indexed(w, i, j), Indexed(w, k, m)),
    mul(build(KroneckerDelta, (i, k)), build(KroneckerDelta, (j, m))),
    when=(Differentiable(Indexed(w, i, j), Indexed(w, k, m)),),
    reference=f"{_RUDIN}, definition 9.16 (partial derivatives)",
)
DERIVATIVE_OF_LINEAR_TERM = Identity(
    "derivative of a linear term",
    derivative(mul(u, c), v),
    mul(derivative(u, v), c),
    when=(Constant(c, (v,)), Member(c, REAL), Differentiable(u, v)),
    reference=f"{_RUDIN}, theorem 5.3 (b)",
)
DERIVATIVE_OF_VARIABLE = Identity(
    "derivative of the variable",
    derivative(v, v),
    ONE,
    when=(Differentiable(v, v),),
    reference=f"{_RUDIN}, example 5.4",
)
DERIVATIVE_OF_SQUARE = Identity(
    "derivative of a square",
    derivative(power(u, TWO), v),
    mul(TWO, u, derivative(u, v)),
    when=(Differentiable(u, v),),
    reference=f"{_RUDIN}, theorem 5.3 (b)",
)
DERIVATIVE_OF_INVERSE = Identity(
    "derivative of an inverse",
    derivative(inverse(u), v),
    neg(mul(inverse(power(u, TWO)), derivative(u, v))),
    when=(Member(u, NONZERO), Differentiable(u, v)),
    reference=f"{_RUDIN}, theorem 5.3 (c)",
)


@dataclass(frozen=True)
class DerivativeOfCurve(Direct):
    """The chain rule for a function of one number: ``d F^(k)(u) / dv = F^(k+1)(u) du / dv``."""

    name: str = "chain rule"
    reference: str = f"{_RUDIN}, theorem 5.5"

    def fits(self, e: Expr) -> bool:
        """The derivative of a function of one number."""
        return isinstance(e, Derivative) and isinstance(e.args[0], Curve)

    def conclude(self, before: Expr, given: Mapping[str, Value], facts: Facts) -> Conclusion:
        if not self.fits(before):
            raise self.misfit(before, "it is not the derivative of a function of one number")
        curve, v = before.args[0], before.args[1][0]
        (u,) = curve.arguments
        slope = Curve(curve.head, curve.order + 1, u)
        return Conclusion(mul(slope, derivative(u, v)), (Differentiable(curve, v), Member(slope, REAL)))


DERIVATIVE_OF_CURVE = DerivativeOfCurve()
