"""Softmax regression with one-hot labels: the class is given by ``y_ik in {0, 1}``, one of which is 1.

``P[Y_i = y_i] = prod_k q_k^y_ik`` with the softmax ``q_k`` of the scores, and
``J(w) = - sum_i sum_k y_ik log q_k``.  Nothing is dropped (Bishop 2006, eq. 4.107 and 4.108).

    python derivations/softmax_one_hot.py --standalone --out softmax_one_hot.tex
"""

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.models import LinearScores, OneHot
from lossproof.rulebook import logarithms, optima, sums

model = Model("softmax-one-hot", OneHot(), LinearScores(), "Softmax regression with one-hot labels")

chain = Chain(
    "softmax-one-hot",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Softmax regression with one-hot labels: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their probabilities is the likelihood.
chain.assume("conditional independence")
chain.assume("categorical distribution")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# A product of products: the logarithm makes sums of both.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_POWER)
chain.rewrite(sums.MINUS_INTO_SUM)

# That is the cross-entropy.
chain.fold(model.loss)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
