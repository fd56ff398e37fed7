"""Softmax regression: maximum likelihood is minimum cross-entropy of the logits, in log-sum-exp form.

python derivations/softmax_cross_entropy.py --standalone --out softmax.tex
"""

from lossproof import Chain
from lossproof.cli import script
from lossproof.rulebook import logarithms, optima, sums
from lossproof.strategies.classes import SOFTMAX

model = SOFTMAX

chain = Chain(
    "softmax",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Softmax regression: maximum likelihood is minimum loss",
)

# The likelihood is a product over the observations, of the probability of the observed class.
chain.assume("conditional independence")
chain.assume("categorical distribution")
chain.fold(model.likelihood)

# Minus its logarithm is a sum: the exponential of the observed score, over the sum of all exponentials.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(logarithms.LOG_OF_INVERSE)
chain.rewrite(sums.MINUS_INTO_SUM)
chain.laws(model.pointwise_loss, at=chain.here.args[0].__eq__)
chain.fold(model.loss)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
