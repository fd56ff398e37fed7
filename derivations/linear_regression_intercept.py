"""Linear regression with an intercept: a Gaussian likelihood, and the sum of squared residuals.

As linear_regression.py, with the mean ``f(x_i) = b + sum_j w_j x_j``: the argument does not look into
the prediction, so it is the same word for word; the optima are over the intercept ``b`` and the weights ``w``
together.  With ``sigma`` known the constant and the positive factor are dropped (Bishop 2006, eq. 3.10 to
3.12).

    python derivations/linear_regression_intercept.py --standalone --out linear_regression_intercept.tex
"""

from sympy import pi

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.losses import HALF, sigma
from lossproof.models import GAUSSIAN, LinearPredictor, i, n, y
from lossproof.notation.inert import TWO, add, inverse, log, mul, power, sub
from lossproof.rulebook import logarithms, optima, sums

model = Model(
    "linear-regression-intercept", GAUSSIAN, LinearPredictor(intercept=True), "Linear regression with an intercept"
)
squared_error = power(sub(y[i], model.prediction), TWO)
log_of_normal = log(mul(TWO, pi, power(sigma, TWO)))
factor = inverse(mul(TWO, power(sigma, TWO)))

chain = Chain(
    "linear-regression-intercept",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Linear regression with an intercept: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their densities is the likelihood.
chain.assume("conditional independence")
chain.assume("Gaussian noise")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of the density undoes the exponential.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is a constant and a positive multiple of the squared error, for each observation.
chain.laws(add(mul(HALF, log_of_normal), mul(factor, squared_error)), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)

# The constant is the same for every observation.
chain.rewrite(sums.SUM_OF_TERMS)
chain.rewrite(sums.SUM_OF_CONSTANT, at=chain.here.args[0].__eq__)
chain.algebra(mul(mul(n, inverse(TWO)), log_of_normal), at=chain.here.args[0].__eq__)
chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=chain.here.args[1].__eq__)
chain.fold(model.loss)

# Neither moves the minimisers, because sigma does not depend on the parameters.
chain.at_root(optima.DROP_CONSTANT_TERM)
chain.at_root(optima.DROP_POSITIVE_FACTOR)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
