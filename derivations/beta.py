"""Beta regression: shares in (0, 1) whose mean is the sigmoid of a linear score.

``Y_i`` has the beta density with parameters ``mu phi`` and ``(1 - mu) phi``, where
``mu = sigma(f_w(x_i))``, and ``J(w)`` sums
``log Gamma(mu phi) + log Gamma((1 - mu) phi) - (mu phi - 1) log y_i - ((1 - mu) phi - 1) log(1 - y_i)``.
With the precision ``phi > 0`` known only ``n log Gamma(phi)`` is dropped (Ferrari and Cribari-Neto 2004,
eq. 4).

    python derivations/beta.py --standalone --out beta.tex
"""

from sympy import gamma

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.losses import phi
from lossproof.models import BETA, LinearPredictor, i, y
from lossproof.notation.inert import ONE, add, build, log, mul, neg, sub
from lossproof.notation.nodes import Sigmoid
from lossproof.rulebook import logarithms, optima, sums

model = Model("beta", BETA, LinearPredictor(), "Beta regression")
mu = Sigmoid(model.prediction)
p, q = mul(mu, phi), mul(sub(ONE, mu), phi)
log_gammas = add(log(build(gamma, (p,))), log(build(gamma, (q,))))
log_powers = add(mul(sub(p, ONE), log(y[i])), mul(sub(q, ONE), log(sub(ONE, y[i]))))

chain = Chain(
    "beta",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Beta regression: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their densities is the likelihood.
chain.assume("conditional independence")
chain.assume("beta distribution")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of each factor a sum of logarithms.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)

# The first of them is a quotient of gamma functions.
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_INVERSE)
chain.rewrite(logarithms.LOG_OF_FACTORS)

# The others are powers of the share and of what is left of it.
chain.rewrite(logarithms.LOG_OF_POWER)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is a constant and the loss, for each observation.
chain.laws(add(neg(log(build(gamma, (phi,)))), sub(log_gammas, log_powers)), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)

# The constant is the same for every observation.
chain.rewrite(sums.SUM_OF_TERMS)
chain.rewrite(sums.SUM_OF_CONSTANT, at=chain.here.args[0].__eq__)
chain.fold(model.loss)

# It does not move the minimisers, because the precision does not depend on the weights.
chain.at_root(optima.DROP_CONSTANT_TERM)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
