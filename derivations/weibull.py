"""Weibull regression: lifetimes whose scale is the exponential of a linear score.

``Y_i`` is ``exp(f_w(x_i))`` times a Weibull variable of shape ``alpha``, and
``J(w) = sum_i [alpha f_w(x_i) + (y_i exp(-f_w(x_i)))^alpha]``.  With the shape known, ``log alpha``
and the logarithms of the observations are dropped (Kalbfleisch and Prentice 2002, section 2.2;
scipy.stats.weibull_min).

    python derivations/weibull.py --standalone --out weibull.tex
"""

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.losses import alpha
from lossproof.models import WEIBULL, LinearPredictor, i, y
from lossproof.notation.inert import ONE, add, exp, log, mul, neg, power, sub
from lossproof.rulebook import logarithms, optima, sums

model = Model("weibull", WEIBULL, LinearPredictor(), "Weibull regression")
f = model.prediction
pointwise = add(mul(alpha, f), power(mul(y[i], exp(neg(f))), alpha))

chain = Chain(
    "weibull",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Weibull regression: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their densities is the likelihood.
chain.assume("conditional independence")
chain.assume("Weibull distribution")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of each factor a sum of logarithms.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)

# The first factor is alpha over the scale, whose logarithm is the score.
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(logarithms.LOG_OF_INVERSE)
chain.rewrite(logarithms.LOG_OF_EXP)

# The second is a power of the observation over the scale.
chain.rewrite(logarithms.LOG_OF_POWER)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_INVERSE)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is a constant and the loss, for each observation.
chain.laws(add(neg(add(log(alpha), mul(sub(alpha, ONE), log(y[i])))), pointwise), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)

# The constant differs from observation to observation, so its sum stays a sum.
chain.rewrite(sums.SUM_OF_TERMS)
chain.fold(model.loss)

# It does not move the minimisers, because it does not depend on the weights.
chain.at_root(optima.DROP_CONSTANT_TERM)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
