"""Inverse Gaussian regression: positive observations whose variance grows like the cube of their mean.

``Y_i`` has the density ``sqrt(lambda / (2 pi y^3)) exp(-lambda (y - mu)^2 / (2 mu^2 y))`` with
``mu = exp(f_w(x_i))``, and ``J(w) = sum_i (y_i - mu)^2 / (mu^2 y_i)``.  With ``lambda > 0`` known
the factor ``lambda / 2`` and the logarithms of the square roots are dropped (McCullagh and Nelder 1989,
table 2.1).

    python derivations/inverse_gaussian.py --standalone --out inverse_gaussian.tex
"""

from sympy import Integer, Symbol, pi

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.losses import HALF
from lossproof.models import INVERSE_GAUSSIAN, LinearPredictor, i, y
from lossproof.notation.inert import TWO, add, exp, inverse, log, mul, power, sub
from lossproof.rulebook import logarithms, optima, sums

model = Model("inverse-gaussian", INVERSE_GAUSSIAN, LinearPredictor(), "Inverse Gaussian regression")
shape, mu = Symbol("lambda", positive=True), exp(model.prediction)
pointwise = mul(power(sub(y[i], mu), TWO), inverse(mul(power(mu, TWO), y[i])))

chain = Chain(
    "inverse-gaussian",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Inverse Gaussian regression: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their densities is the likelihood.
chain.assume("conditional independence")
chain.assume("inverse Gaussian distribution")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of the density undoes the exponential.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is a constant and lambda/2 times the loss, for each observation.
constant = mul(HALF, log(mul(mul(TWO, pi, power(y[i], Integer(3))), inverse(shape))))
chain.laws(add(constant, mul(mul(HALF, shape), pointwise)), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)

# The constant differs from observation to observation, so its sum stays a sum.
chain.rewrite(sums.SUM_OF_TERMS)
chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=chain.here.args[1].__eq__)
chain.fold(model.loss)

# Neither moves the minimisers, because lambda does not depend on the weights.
chain.at_root(optima.DROP_CONSTANT_TERM)
chain.at_root(optima.DROP_POSITIVE_FACTOR)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
