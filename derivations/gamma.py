"""Gamma regression: positive observations whose standard deviation is proportional to their mean.

``Y_i`` has the gamma density of shape ``alpha`` and mean ``exp(f_w(x_i))``, and
``J(w) = sum_i [f_w(x_i) + y_i exp(-f_w(x_i))]``: the loss of exponential.py.  With the shape known, the
factor ``alpha > 0`` and what contains only ``alpha`` and ``y_i`` are dropped (McCullagh and Nelder 1989,
chapter 8).

    python derivations/gamma.py --standalone --out gamma.tex
"""

from sympy import gamma

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.losses import alpha
from lossproof.models import GAMMA, LinearPredictor, i, y
from lossproof.notation.inert import ONE, add, build, exp, inverse, log, mul, neg, power, sub
from lossproof.rulebook import logarithms, optima, sums

model = Model("gamma", GAMMA, LinearPredictor(), "Gamma regression")
f = model.prediction
pointwise = add(f, mul(y[i], exp(neg(f))))
in_means = mul(alpha, y[i], inverse(exp(f)))

chain = Chain(
    "gamma",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Gamma regression: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their densities is the likelihood.
chain.assume("conditional independence")
chain.assume("gamma distribution")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of each factor a sum of logarithms.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)

# The logarithm of the mean is the score.
chain.rewrite(logarithms.LOG_OF_POWER, at=log(power(in_means, alpha)).__eq__)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_INVERSE, at=log(inverse(exp(f))).__eq__)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is a constant and alpha times the loss, for each observation.
constant = add(log(build(gamma, (alpha,))), neg(mul(alpha, log(alpha))), neg(mul(sub(alpha, ONE), log(y[i]))))
chain.laws(add(constant, mul(alpha, pointwise)), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)

# The constant differs from observation to observation, so its sum stays a sum.
chain.rewrite(sums.SUM_OF_TERMS)
chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=chain.here.args[1].__eq__)
chain.fold(model.loss)

# Neither moves the minimisers, because alpha does not depend on the weights.
chain.at_root(optima.DROP_CONSTANT_TERM)
chain.at_root(optima.DROP_POSITIVE_FACTOR)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
