"""Simple linear regression: the fitted line is the best.

``RSS(a, b) - RSS(a_hat, b_hat) = sum_i ((a_hat - a) + (b_hat - b) x_i)^2 >= 0``

    python derivations/simple_linear_regression_minimum.py --format text
"""

from simple_linear_regression import derivation as decomposition

from lossproof import NONNEGATIVE, Chain
from lossproof.cli import script
from lossproof.models import i, n
from lossproof.notation.inert import ONE, TWO, power, sub, total
from lossproof.strategies.simple_regression import GAP, HYPOTHESES, LEAST, RSS, a, b

chain = Chain(
    "simple-linear-regression-minimum",
    HYPOTHESES,
    (),
    start=sub(RSS(a, b), LEAST),
    title="Simple linear regression: the fitted line is the best",
)
chain.cite(decomposition)
chain.algebra(total(power(GAP, TWO), i, ONE, n))

derivation = chain.done(claim=NONNEGATIVE)

if __name__ == "__main__":
    script(derivation, __doc__)
