"""Simple linear regression: the first normal equation.

``sum_i r_hat_i = 0`` for the residuals ``r_hat_i = y_i - a_hat - b_hat x_i``.

    python derivations/simple_linear_regression_intercept.py --format text
"""

from simple_linear_regression_deviations import of_inputs, of_observations

from lossproof import Chain
from lossproof.cli import script
from lossproof.models import i, n
from lossproof.notation.inert import ONE, ZERO, add, mul, neg, total
from lossproof.rulebook import sums
from lossproof.strategies.simple_regression import DX, DY, HYPOTHESES, INTERCEPT, RESIDUAL, SLOPE

chain = Chain(
    "simple-linear-regression-intercept",
    HYPOTHESES,
    (),
    start=total(RESIDUAL(i), i, ONE, n),
    title="Simple linear regression: the residuals sum to 0",
)
chain.unfold(RESIDUAL)

# The intercept takes the line through the means, so that only deviations from them are left.
chain.unfold(INTERCEPT.definition)
chain.algebra(add(DY, neg(mul(SLOPE, DX))), at=lambda e: e is chain.here.args[0])
chain.rewrite(sums.SUM_OF_TERMS)
chain.exhaust(sums.CONSTANT_FACTOR_OUT_OF_SUM)
chain.cite(of_inputs)
chain.cite(of_observations)
chain.algebra(ZERO)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
