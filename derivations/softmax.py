"""Softmax regression: one of K classes, each with a score that is linear in the input.

``P[Y_i = c] = exp(f_c) / sum_k exp(f_k)`` with ``f_k = sum_j w_kj x_ij``, and
``J(w) = sum_i [log sum_k exp(f_k) - f_{y_i}]``.  Nothing is dropped: minus the logarithm of the
likelihood is the cross-entropy (Bishop 2006, eq. 4.104 to 4.108; torch.nn.CrossEntropyLoss).

    python derivations/softmax.py --standalone --out softmax.tex
"""

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.models import Categorical, K, LinearScores, i, k, y
from lossproof.notation.inert import ONE, exp, log, sub, total
from lossproof.rulebook import logarithms, optima, sums

scores = LinearScores()
model = Model("softmax", Categorical(), scores, "Softmax regression")
score, observed = scores.score(k), scores.score(y[i])
partition = total(exp(score), k, ONE, K)

chain = Chain(
    "softmax",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Softmax regression: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their probabilities is the likelihood.
chain.assume("conditional independence")
chain.assume("categorical distribution")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of the quotient a difference.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(logarithms.LOG_OF_INVERSE)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is the cross-entropy in log-sum-exp form.
chain.laws(sub(log(partition), observed), at=chain.here.args[0].__eq__)
chain.fold(model.loss)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
