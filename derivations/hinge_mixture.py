"""Hinge loss: its factor is a mixture of normal densities (Polson and Scott 2011, theorem 1).

The density of a normal variable with variance ``lambda`` and mean ``-lambda`` at ``1 - u``, integrated over the
variance, is ``exp(-2 max(1 - u, 0))``.

    python derivations/hinge_mixture.py --standalone --out mixture.tex
"""

from sympy import Rational, S, Symbol, pi

from lossproof import REAL, Chain, Declared
from lossproof.cli import script
from lossproof.notation.inert import ONE, TWO, ZERO, absolute, add, exp, integral, inverse, mul, neg, power, sub
from lossproof.rulebook import absolute_values, integrals

u, variance, half = Symbol("u", real=True), Symbol("lambda", real=True), Rational(1, 2)
margin = sub(ONE, u)
normal = power(mul(TWO, pi, variance), neg(inverse(TWO)))
density = mul(normal, exp(neg(mul(power(add(ONE, variance, neg(u)), TWO), inverse(mul(TWO, variance))))))

chain = Chain(
    "hinge-mixture",
    (Declared(u, REAL),),
    (),
    start=integral(density, variance, ZERO, S.Infinity),
    title="Hinge loss: a factor of the pseudo-likelihood as a mixture of normal densities",
)

# The square is expanded, and what does not depend on the variance comes out of the integral.
front = mul(power(mul(TWO, pi), neg(inverse(TWO))), exp(neg(margin)))
bend = mul(half, power(margin, TWO))
inner = exp(neg(add(mul(half, variance), mul(bend, inverse(variance)))))
chain.laws(mul(front, mul(power(variance, -half), inner)), at=density.__eq__)
chain.rewrite(integrals.CONSTANT_OUT_OF_INTEGRAL)

# The integral is a known one, with the root of a square in it.
chain.rewrite(integrals.RECIPROCAL_INVERSE_GAUSSIAN_INTEGRAL)
chain.algebra(power(mul(half, margin), TWO), at=mul(half, bend).__eq__)
chain.rewrite(absolute_values.ROOT_OF_SQUARE)
chain.rewrite(absolute_values.ABSOLUTE_VALUE_OF_MULTIPLE)
chain.laws(exp(neg(add(margin, absolute(margin)))))
chain.rewrite(absolute_values.TWICE_POSITIVE_PART)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
