"""Any network with Gaussian noise: maximum likelihood is the least sum of squared residuals.

``Y_i`` is normal with mean ``f_theta(x_i)`` and variance ``sigma^2``.  Nothing is asked of the network but
that its values are real numbers.  With ``sigma`` known the constant ``n/2 log(2 pi sigma^2)`` and the
positive factor ``1 / (2 sigma^2)`` are dropped (Bishop 2006, eq. 5.12 to 5.14; torch.nn.MSELoss).

    python derivations/gaussian.py --standalone --out gaussian.tex
"""

from sympy import pi

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.kernel.domains import REAL
from lossproof.losses import HALF, sigma
from lossproof.models import GAUSSIAN, OpaqueNetwork, i, n, y
from lossproof.notation.inert import TWO, add, inverse, log, mul, power, sub
from lossproof.rulebook import logarithms, optima, sums

model = Model("gaussian", GAUSSIAN, OpaqueNetwork(REAL), "Any network with Gaussian noise")
squared_error = power(sub(y[i], model.prediction), TWO)
log_of_normal = log(mul(TWO, pi, power(sigma, TWO)))
factor = inverse(mul(TWO, power(sigma, TWO)))

chain = Chain(
    "gaussian",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Any network with Gaussian noise: maximum likelihood is minimum loss",
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
