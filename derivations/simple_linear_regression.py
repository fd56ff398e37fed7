"""Simple linear regression: every line does worse than the fitted one, by a sum of squares.

``RSS(a, b) = RSS(a_hat, b_hat) + sum_i ((a_hat - a) + (b_hat - b) x_i)^2``

    python derivations/simple_linear_regression.py --standalone --out line.tex && pdflatex line.tex
"""

from simple_linear_regression_intercept import derivation as residuals_sum_to_zero
from simple_linear_regression_slope import derivation as residuals_are_orthogonal

from lossproof import Chain
from lossproof.cli import script
from lossproof.models import i, n, x
from lossproof.notation.inert import ONE, TWO, add, mul, power, total
from lossproof.rulebook import sums
from lossproof.strategies.simple_regression import GAP, HYPOTHESES, LEAST, RESIDUAL, RSS, SHIFT, TURN, a, b, residual

chain = Chain(
    "simple-linear-regression",
    HYPOTHESES,
    (),
    start=RSS(a, b),
    title="Simple linear regression: every line does worse than the fitted one by a sum of squares",
)
chain.unfold(RSS)

# What one line misses is what the fitted line misses, and the gap between the two lines.
chain.algebra(add(RESIDUAL.body, GAP), at=lambda e: e == residual(a, b))
chain.fold(RESIDUAL)
squares = power(RESIDUAL(i), TWO), power(GAP, TWO)
mixed = mul(mul(TWO, SHIFT), RESIDUAL(i)), mul(mul(TWO, TURN), mul(RESIDUAL(i), x[i]))
chain.algebra(add(*squares, *mixed), at=lambda e: e is chain.here.args[0])
chain.rewrite(sums.SUM_OF_TERMS)
chain.exhaust(sums.CONSTANT_FACTOR_OUT_OF_SUM)

# The mixed terms vanish by the normal equations.
chain.cite(residuals_sum_to_zero)
chain.cite(residuals_are_orthogonal)
chain.unfold(RESIDUAL)
chain.fold(LEAST)
chain.algebra(add(LEAST, total(power(GAP, TWO), i, ONE, n)))

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
