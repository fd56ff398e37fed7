"""Laplace noise: maximum likelihood is the least sum of absolute residuals.

``Y_i`` has the density ``exp(-|y - f_w(x_i)| / beta) / (2 beta)``.  Then
``-log L(w) = n log(2 beta) + J(w) / beta``, where ``J(w) = sum_i |y_i - f_w(x_i)|``.  With the scale
``beta`` known the constant and the positive factor are dropped (torch.nn.L1Loss; Bloomfield and Steiger 1983 on
least absolute deviations).

    python derivations/laplace.py --standalone --out laplace.tex
"""

from sympy import Symbol

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.models import LAPLACE, LinearPredictor, i, y
from lossproof.notation.inert import TWO, absolute, add, inverse, log, mul, sub
from lossproof.rulebook import logarithms, optima, sums

model = Model("laplace", LAPLACE, LinearPredictor(), "Laplace noise")
beta = Symbol("beta", positive=True)
absolute_error = absolute(sub(y[i], model.prediction))

chain = Chain(
    "laplace",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Laplace noise: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their densities is the likelihood.
chain.assume("conditional independence")
chain.assume("Laplace noise")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of the density undoes the exponential.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is a constant and a positive multiple of the absolute error, for each observation.
chain.laws(add(log(mul(TWO, beta)), mul(inverse(beta), absolute_error)), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)

# The constant is the same for every observation.
chain.rewrite(sums.SUM_OF_TERMS)
chain.rewrite(sums.SUM_OF_CONSTANT, at=chain.here.args[0].__eq__)
chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=chain.here.args[1].__eq__)
chain.fold(model.loss)

# Neither moves the minimisers, because the scale does not depend on the weights.
chain.at_root(optima.DROP_CONSTANT_TERM)
chain.at_root(optima.DROP_POSITIVE_FACTOR)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
