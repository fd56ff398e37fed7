"""Poisson regression: counts whose mean is the exponential of a linear score.

``P[Y_i = y] = mu^y exp(-mu) / y!`` with ``mu = exp(f_w(x_i))``, and
``J(w) = sum_i [exp(f_w(x_i)) - y_i f_w(x_i)]``.  Only ``sum_i log y_i!`` is dropped: the observations
do not depend on the weights, whatever they are (McCullagh and Nelder 1989, chapter 6;
torch.nn.PoissonNLLLoss).

    python derivations/poisson.py --standalone --out poisson.tex
"""

from sympy import factorial

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.models import POISSON, LinearPredictor, i, y
from lossproof.notation.inert import add, build, exp, log, mul, power, sub
from lossproof.rulebook import logarithms, optima, sums

model = Model("poisson", POISSON, LinearPredictor(), "Poisson regression")
f = model.prediction
pointwise = sub(exp(f), mul(y[i], f))

chain = Chain(
    "poisson",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Poisson regression: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their probabilities is the likelihood.
chain.assume("conditional independence")
chain.assume("Poisson distribution")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of each factor a sum of logarithms.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_FACTORS)

# The mean is an exponential, so the logarithm of its power is a multiple of the score.
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(logarithms.LOG_OF_POWER, at=log(power(exp(f), y[i])).__eq__)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is a constant and the loss, for each observation.
chain.laws(add(log(build(factorial, (y[i],))), pointwise), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)

# The constant differs from observation to observation, so its sum stays a sum.
chain.rewrite(sums.SUM_OF_TERMS)
chain.fold(model.loss)

# It does not move the minimisers, because it does not depend on the weights.
chain.at_root(optima.DROP_CONSTANT_TERM)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
