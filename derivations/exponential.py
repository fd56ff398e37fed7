"""Exponential regression: waiting times whose mean is the exponential of a linear score.

``Y_i`` has the density ``exp(-y / mu) / mu`` with ``mu = exp(f_w(x_i))``, and
``J(w) = sum_i [f_w(x_i) + y_i exp(-f_w(x_i))]``.  Nothing is dropped: minus the logarithm of the
likelihood is the loss itself (McCullagh and Nelder 1989, chapter 8, with dispersion 1;
scipy.stats.expon).

    python derivations/exponential.py --standalone --out exponential.tex
"""

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.models import EXPONENTIAL, LinearPredictor, i, y
from lossproof.notation.inert import add, exp, mul, neg
from lossproof.rulebook import logarithms, optima, sums

model = Model("exponential", EXPONENTIAL, LinearPredictor(), "Exponential regression")
f = model.prediction

chain = Chain(
    "exponential",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Exponential regression: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their densities is the likelihood.
chain.assume("conditional independence")
chain.assume("exponential distribution")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of each factor a sum of logarithms.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)

# The logarithm of the mean is the score.
chain.rewrite(logarithms.LOG_OF_INVERSE)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(sums.MINUS_INTO_SUM)

# One over the mean is the exponential of minus the score.
chain.laws(add(f, mul(y[i], exp(neg(f)))), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)
chain.fold(model.loss)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
