"""Simple linear regression: the second normal equation, and why the slope is S_xy / S_xx.

``sum_i r_hat_i x_i = 0`` for the residuals ``r_hat_i = y_i - a_hat - b_hat x_i``.

    python derivations/simple_linear_regression_slope.py --format text
"""

from simple_linear_regression_deviations import of_inputs, of_observations

from lossproof import Chain
from lossproof.cli import script
from lossproof.models import i, n, x
from lossproof.notation.inert import ONE, TWO, ZERO, add, mul, neg, power, sub, total
from lossproof.rulebook import sums
from lossproof.strategies.simple_regression import (
    DX,
    DY,
    HYPOTHESES,
    INTERCEPT,
    RESIDUAL,
    S_XX,
    S_XY,
    SLOPE,
    X_MEAN,
)

chain = Chain(
    "simple-linear-regression-slope",
    HYPOTHESES,
    (),
    start=total(mul(RESIDUAL(i), x[i]), i, ONE, n),
    title="Simple linear regression: the residuals are orthogonal to the inputs",
)
chain.unfold(RESIDUAL)
chain.unfold(INTERCEPT.definition)

# With x_i = (x_i - x_bar) + x_bar, everything is written in deviations from the means.
squares = add(mul(DX, DY), neg(mul(SLOPE, power(DX, TWO))), mul(X_MEAN, DY), neg(mul(mul(SLOPE, X_MEAN), DX)))
chain.algebra(squares, at=lambda e: e is chain.here.args[0])
chain.rewrite(sums.SUM_OF_TERMS)
chain.exhaust(sums.CONSTANT_FACTOR_OUT_OF_SUM)
chain.fold(S_XY)
chain.fold(S_XX)
chain.cite(of_inputs)
chain.cite(of_observations)
chain.algebra(sub(S_XY, mul(SLOPE, S_XX)))

# The slope is what makes this vanish.
chain.unfold(SLOPE.definition)
chain.algebra(ZERO)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
