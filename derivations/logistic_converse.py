"""Logistic regression: from the loss back to the likelihood, ``exp(-J(w)) = L(w)``.

python derivations/logistic_converse.py --format text
"""

from lossproof import LOGISTIC, Chain
from lossproof.cli import script
from lossproof.notation.inert import exp, neg
from lossproof.rulebook import logarithms, sums

model = LOGISTIC

chain = Chain(
    "logistic-converse",
    model.hypotheses,
    model.parameters,
    start=exp(neg(model.loss)),
    title="Logistic regression: from the loss back to the likelihood",
)

# The exponential of a sum is a product.
chain.unfold(model.loss.definition)
chain.rewrite(sums.MINUS_INTO_SUM)
chain.rewrite(logarithms.EXP_OF_SUM)

# Each factor is the probability of one label.
chain.unfold(model.noise.loss)
chain.rewrite(sums.DOUBLE_NEGATION)
chain.rewrite(logarithms.EXP_OF_TERMS)
chain.rewrite(logarithms.EXP_OF_LOG_MULTIPLE)
chain.fold(model.likelihood)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
