"""Weighted least squares: Gaussian noise with a standard deviation known for each observation.

``Y_i`` is normal with mean ``f_w(x_i)`` and variance ``s_i^2``, and
``J(w) = sum_i (y_i - f_w(x_i))^2 / s_i^2``.  The constant differs from observation to observation, so
its sum stays a sum; it is dropped because no ``s_i`` depends on the weights (statsmodels.WLS has the weights
``1 / s_i^2``).

    python derivations/weighted_least_squares.py --standalone --out weighted_least_squares.tex
"""

from sympy import pi

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.losses import HALF
from lossproof.models import WEIGHTED_GAUSSIAN, LinearPredictor, i, y
from lossproof.models.symbols import SCALES
from lossproof.notation.inert import TWO, add, inverse, log, mul, power, sub
from lossproof.rulebook import logarithms, optima, sums

model = Model("weighted-least-squares", WEIGHTED_GAUSSIAN, LinearPredictor(), "Weighted least squares")
variance = power(SCALES[i], TWO)
weighted_square = mul(power(sub(y[i], model.prediction), TWO), inverse(variance))
log_of_normal = log(mul(TWO, pi, variance))

chain = Chain(
    "weighted-least-squares",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Weighted least squares: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their densities is the likelihood.
chain.assume("conditional independence")
chain.assume("Gaussian noise of known scales")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of the density undoes the exponential.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is a constant and half of the weighted square, for each observation.
chain.laws(add(mul(HALF, log_of_normal), mul(HALF, weighted_square)), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)
chain.rewrite(sums.SUM_OF_TERMS)
chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=chain.here.args[1].__eq__)
chain.fold(model.loss)

# Neither moves the minimisers, because the scales do not depend on the weights.
chain.at_root(optima.DROP_CONSTANT_TERM)
chain.at_root(optima.DROP_POSITIVE_FACTOR)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
