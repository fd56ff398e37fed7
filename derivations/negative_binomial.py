"""Negative binomial regression: counts that vary more than Poisson counts.

``P[Y_i = y]`` has mean ``mu = exp(f_w(x_i))`` and variance ``mu + mu^2 / r``, and
``J(w) = sum_i [(y_i + r) log(r + exp(f_w(x_i))) - y_i f_w(x_i)]``.  With ``r > 0`` known the
gamma functions, the factorials and ``r log r`` are dropped (Cameron and Trivedi 2013, model NB2;
scipy.stats.nbinom).

    python derivations/negative_binomial.py --standalone --out negative_binomial.tex
"""

from sympy import factorial, gamma

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.losses import r
from lossproof.models import NEGATIVE_BINOMIAL, LinearPredictor, i, y
from lossproof.notation.inert import add, build, exp, inverse, log, mul, neg, power, sub
from lossproof.rulebook import logarithms, optima, sums

model = Model("negative-binomial", NEGATIVE_BINOMIAL, LinearPredictor(), "Negative binomial regression")
f = model.prediction
together = add(r, exp(f))
pointwise = sub(mul(add(y[i], r), log(together)), mul(y[i], f))
powers = power(mul(r, inverse(together)), r), power(mul(exp(f), inverse(together)), y[i])

chain = Chain(
    "negative-binomial",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Negative binomial regression: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their probabilities is the likelihood.
chain.assume("conditional independence")
chain.assume("negative binomial distribution")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of each factor a sum of logarithms.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)

# Two of them are powers of quotients.
chain.rewrite(logarithms.LOG_OF_POWER, at=[log(p) for p in powers].__contains__)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(logarithms.LOG_OF_INVERSE, at=log(inverse(together)).__eq__)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is a constant and the loss, for each observation.
gammas = log(mul(build(gamma, (r,)), build(factorial, (y[i],)))), neg(log(build(gamma, (add(y[i], r),))))
constant = add(*gammas, neg(mul(r, log(r))))
chain.laws(add(constant, pointwise), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)

# The constant differs from observation to observation, so its sum stays a sum.
chain.rewrite(sums.SUM_OF_TERMS)
chain.fold(model.loss)

# It does not move the minimisers, because it does not depend on the weights.
chain.at_root(optima.DROP_CONSTANT_TERM)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
