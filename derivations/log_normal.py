"""Log-normal regression: the logarithm of the observation has Gaussian noise.

``log Y_i`` is normal with mean ``f_w(x_i)`` and variance ``sigma^2``, and
``J(w) = sum_i (log y_i - f_w(x_i))^2``: the squared error of the logarithm.  With ``sigma`` known the
factor ``1 / (2 sigma^2)`` and the constant, which has ``log y_i`` in it, are dropped
(scipy.stats.lognorm).

    python derivations/log_normal.py --standalone --out log_normal.tex
"""

from sympy import pi

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.losses import HALF, sigma
from lossproof.models import LOG_NORMAL, LinearPredictor, i, y
from lossproof.notation.inert import TWO, add, inverse, log, mul, power, sub
from lossproof.rulebook import logarithms, optima, sums

model = Model("log-normal", LOG_NORMAL, LinearPredictor(), "Log-normal regression")
squared_log_error = power(sub(log(y[i]), model.prediction), TWO)

chain = Chain(
    "log-normal",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Log-normal regression: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their densities is the likelihood.
chain.assume("conditional independence")
chain.assume("log-normal distribution")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of each factor a sum of logarithms.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is a constant and a positive multiple of the squared error, for each observation.
constant = add(log(y[i]), mul(HALF, log(mul(TWO, pi, power(sigma, TWO)))))
factor = inverse(mul(TWO, power(sigma, TWO)))
chain.laws(add(constant, mul(factor, squared_log_error)), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)

# The constant differs from observation to observation, so its sum stays a sum.
chain.rewrite(sums.SUM_OF_TERMS)
chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=chain.here.args[1].__eq__)
chain.fold(model.loss)

# Neither moves the minimisers, because sigma does not depend on the weights.
chain.at_root(optima.DROP_CONSTANT_TERM)
chain.at_root(optima.DROP_POSITIVE_FACTOR)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
