"""Any network with a logit for each class: maximum likelihood is minimum cross-entropy.

As softmax.py, with logits of which only is known that they are real numbers (Bishop 2006, eq. 5.24 and 5.25;
torch.nn.CrossEntropyLoss).  Nothing is dropped.

    python derivations/categorical.py --standalone --out categorical.tex
"""

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.models import Categorical, K, OpaqueScores, i, k, y
from lossproof.notation.inert import ONE, exp, log, sub, total
from lossproof.rulebook import logarithms, optima, sums

scores = OpaqueScores()
model = Model("categorical", Categorical(), scores, "Any network with a logit for each class")
score, observed = scores.score(k), scores.score(y[i])
partition = total(exp(score), k, ONE, K)

chain = Chain(
    "categorical",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Any network with a logit for each class: maximum likelihood is minimum loss",
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
