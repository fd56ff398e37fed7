"""Logistic regression: maximising the likelihood is minimising the cross-entropy.

The labels are independent given the inputs, and ``P[Y_i = 1 | X_i = x_i] = f_w(x_i)``, where
``f_w(x) = sigma(sum_j w_j x_j)``.  Then ``-log L(w) = sum_i l(f_w(x_i), y_i) = J(w)``.

    python derivations/logistic_cross_entropy.py --standalone --out logistic.tex
"""

from sympy import Symbol

from lossproof import LOGISTIC, Chain
from lossproof.cli import script
from lossproof.kernel.schema import Abstraction
from lossproof.models import i, y
from lossproof.rulebook import logarithms, optima, probability, sums

model = LOGISTIC
label = Symbol("t_label")
y_i = Abstraction((i,), y[i])

chain = Chain(
    "logistic",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Logistic regression: maximum likelihood is minimum cross-entropy",
)

# The probability of all labels is the product of the probabilities of each.
chain.assume("conditional independence")

# A label is 1 or 0: two products, and in the second the complement of the model's probability.
chain.rewrite(probability.SPLIT_BY_LABEL, a=Abstraction((i, label), model.marginal(label)), y=y_i)
chain.rewrite(probability.COMPLEMENT)
chain.assume("model")

# The label as an exponent chooses the factor, so one product is enough: the likelihood.
chain.rewrite(probability.LABEL_ONE_AS_EXPONENT, y=y_i)
chain.rewrite(probability.LABEL_ZERO_AS_EXPONENT, y=y_i)
chain.rewrite(sums.MERGE_PRODUCTS)
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm turns the product into a sum ...
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_POWER)
chain.rewrite(sums.MINUS_INTO_SUM)

# ... of cross-entropies.
chain.fold(model.noise.loss)
chain.fold(model.loss)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
