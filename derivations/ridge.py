"""Ridge regression: with a Gaussian prior, the most probable weights minimise the penalised sum of squares.

Gaussian noise of standard deviation ``sigma``, weights that are independent with density
``N(0, tau^2)`` before the data are seen.  Then maximising ``p[W = w | Y = y]`` is minimising
``sum_i (y_i - f_w(x_i))^2 + (sigma^2 / tau^2) sum_j w_j^2``.

    python derivations/ridge.py --standalone --out ridge.tex
"""

from dataclasses import replace

from sympy import pi

from lossproof import LINEAR_REGRESSION, Chain, GaussianPrior, derive
from lossproof.cli import script
from lossproof.losses import HALF, sigma, tau
from lossproof.models import d, j, w
from lossproof.notation.inert import ONE, TWO, add, inverse, log, mul, neg, power, total
from lossproof.rulebook import logarithms, optima, sums

model = replace(LINEAR_REGRESSION, name="ridge", title="Ridge regression", prior=GaussianPrior())
rho, squares = model.prior_density, total(power(w[j], TWO), j, ONE, d)
about_weights = (model.hypotheses[1], model.hypotheses[2])  # d is a count, w_j is real

# First the prior: minus its logarithm is a constant plus a multiple of the sum of squares.
prior = Chain(
    "gaussian-prior",
    (*about_weights, *GaussianPrior().hypotheses),
    model.parameters,
    start=neg(log(rho)),
    title="Gaussian prior: minus its logarithm is a penalty",
)
prior.unfold(rho.definition)
prior.rewrite(logarithms.LOG_OF_PRODUCT)
prior.rewrite(logarithms.LOG_OF_FACTORS)
prior.rewrite(logarithms.LOG_OF_EXP)
prior.rewrite(sums.MINUS_INTO_SUM)
normal = log(mul(TWO, pi, power(tau, TWO)))
precision = inverse(mul(TWO, power(tau, TWO)))
prior.laws(add(mul(HALF, normal), mul(precision, power(w[j], TWO))), at=prior.here.args[0].__eq__)
prior.rewrite(sums.SUM_OF_TERMS)
prior.rewrite(sums.SUM_OF_CONSTANT, at=prior.here.args[0].__eq__)
half_d = mul(mul(d, inverse(TWO)), normal)
prior.algebra(half_d, at=prior.here.args[0].__eq__)
prior.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=prior.here.args[1].__eq__)
prior_equation = prior.done()

# The posterior density is likelihood times prior, but for a factor that does not depend on the weights.
chain = Chain(
    "ridge",
    model.hypotheses,
    model.parameters,
    start=model.posterior,
    title="Ridge regression: maximum a posteriori is minimum penalised loss",
)
chain.assume("Bayes' rule, Gaussian prior")
chain.cite(derive("linear-regression-likelihood"))
chain.at_root(optima.DROP_POSITIVE_FACTOR)

# Minus the logarithm: the loss and the penalty, each with its constant.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.algebra(add(neg(log(model.likelihood)), neg(log(rho))))
chain.cite(derive("linear-regression-equation"))
chain.cite(prior_equation)

# The constants go, and the loss is scaled to stand without a factor.
half_n = chain.here.args[0].args[0]
of_data = inverse(mul(TWO, power(sigma, TWO)))
chain.algebra(add(add(half_n, half_d), add(mul(of_data, model.loss), mul(precision, squares))))
chain.at_root(optima.DROP_CONSTANT_TERM)
ratio = mul(power(sigma, TWO), inverse(power(tau, TWO)))
chain.algebra(mul(of_data, add(model.loss, mul(ratio, squares))))
chain.at_root(optima.DROP_POSITIVE_FACTOR)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
