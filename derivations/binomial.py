"""Binomial regression: successes among a known number of trials, with a logit that is linear.

``P[Y_i = y] = m_i! / (y! (m_i - y)!) p^y (1 - p)^(m_i - y)`` with ``p = sigma(f_w(x_i))``,
and ``J(w) = sum_i [m_i softplus(f_w(x_i)) - y_i f_w(x_i)]``.  Only the logarithms of the binomial
coefficients are dropped; with one trial each this is logistic regression (McCullagh and Nelder 1989,
section 4.3).

    python derivations/binomial.py --standalone --out binomial.tex
"""

from sympy import factorial

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.models import BINOMIAL, LinearPredictor, i, y
from lossproof.models.symbols import TRIALS
from lossproof.notation.inert import add, build, inverse, log, mul, neg, sub
from lossproof.notation.nodes import Softplus
from lossproof.rulebook import logarithms, optima, sigmoids, sums

model = Model("binomial", BINOMIAL, LinearPredictor(), "Binomial regression")
f, m_i = model.prediction, TRIALS[i]
pointwise = sub(mul(m_i, Softplus(f)), mul(y[i], f))
orders = mul(build(factorial, (y[i],)), build(factorial, (sub(m_i, y[i]),)))
coefficient = mul(build(factorial, (m_i,)), inverse(orders))

chain = Chain(
    "binomial",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Binomial regression: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their probabilities is the likelihood.
chain.assume("conditional independence")
chain.assume("binomial distribution")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of each factor a sum of logarithms.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_POWER)

# log p = z - softplus(z) and log(1 - p) = -softplus(z) for the logit z of p.
chain.rewrite(sigmoids.LOG_OF_SIGMOID)
chain.rewrite(sigmoids.LOG_OF_SIGMOID_COMPLEMENT)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is a constant and the loss, for each observation.
chain.laws(add(neg(log(coefficient)), pointwise), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)

# The constant differs from observation to observation, so its sum stays a sum.
chain.rewrite(sums.SUM_OF_TERMS)
chain.fold(model.loss)

# It does not move the minimisers, because it does not depend on the weights.
chain.at_root(optima.DROP_CONSTANT_TERM)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
