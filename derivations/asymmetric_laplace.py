"""Asymmetric Laplace noise: maximum likelihood is quantile regression.

``Y_i`` has the density ``tau (1 - tau) / beta exp(-l / beta)`` with the pinball loss
``l = |r| / 2 + (tau - 1/2) r`` of the residual ``r = y_i - f_w(x_i)``, and ``J(w)`` is the sum
of these.  With ``tau`` in (0, 1) and the scale ``beta`` known the constant and the positive factor are dropped
(Koenker and Bassett 1978; as a likelihood, Yu and Moyeed 2001).

    python derivations/asymmetric_laplace.py --standalone --out asymmetric_laplace.tex
"""

from sympy import Symbol

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.losses import HALF, tau
from lossproof.models import ASYMMETRIC_LAPLACE, LinearPredictor, i, y
from lossproof.notation.inert import ONE, absolute, add, inverse, log, mul, neg, sub
from lossproof.rulebook import logarithms, optima, sums

model = Model("asymmetric-laplace", ASYMMETRIC_LAPLACE, LinearPredictor(), "Asymmetric Laplace noise")
beta = Symbol("beta", positive=True)
residual = sub(y[i], model.prediction)
pinball = add(mul(HALF, absolute(residual)), mul(sub(tau, HALF), residual))
height = mul(mul(tau, sub(ONE, tau)), inverse(beta))

chain = Chain(
    "asymmetric-laplace",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Asymmetric Laplace noise: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their densities is the likelihood.
chain.assume("conditional independence")
chain.assume("asymmetric Laplace noise")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of the density undoes the exponential.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is a constant and a positive multiple of the pinball loss, for each observation.
chain.laws(add(neg(log(height)), mul(inverse(beta), pinball)), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)

# The constant is the same for every observation.
chain.rewrite(sums.SUM_OF_TERMS)
chain.rewrite(sums.SUM_OF_CONSTANT, at=chain.here.args[0].__eq__)
chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=chain.here.args[1].__eq__)
chain.fold(model.loss)

# Neither moves the minimisers, because tau and beta do not depend on the weights.
chain.at_root(optima.DROP_CONSTANT_TERM)
chain.at_root(optima.DROP_POSITIVE_FACTOR)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
