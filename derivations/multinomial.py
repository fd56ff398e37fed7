"""Multinomial regression: how many of the trials fell into each of K classes.

``P[Y_i = y_i] = m_i! / (prod_k y_ik!) prod_k q_k^y_ik`` with the softmax ``q_k`` of linear scores,
and ``J(w) = - sum_i sum_k y_ik log q_k``: the loss of softmax_one_hot.py for counts.  Only the
logarithms of the multinomial coefficients are dropped (McCullagh and Nelder 1989, chapter 5).

    python derivations/multinomial.py --standalone --out multinomial.tex
"""

from sympy import factorial

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.models import K, LinearScores, Multinomial, i, k, y
from lossproof.models.symbols import TRIALS
from lossproof.notation.inert import ONE, add, build, inverse, log, mul, neg, product
from lossproof.rulebook import logarithms, optima, sums

model = Model("multinomial", Multinomial(), LinearScores(), "Multinomial regression")
orders = product(build(factorial, (y[i, k],)), k, ONE, K)
coefficient = mul(build(factorial, (TRIALS[i],)), inverse(orders))

chain = Chain(
    "multinomial",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Multinomial regression: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their probabilities is the likelihood.
chain.assume("conditional independence")
chain.assume("multinomial distribution")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum; of the two factors, the second contains the weights.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_POWER)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is a constant and the loss, for each observation.
chain.laws(add(neg(log(coefficient)), model.pointwise_loss), at=chain.here.args[0].__eq__)
chain.rewrite(sums.SUM_OF_TERMS)
chain.fold(model.loss)

# The constant does not move the minimisers, because it does not depend on the weights.
chain.at_root(optima.DROP_CONSTANT_TERM)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
