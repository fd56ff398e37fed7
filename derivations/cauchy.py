"""Cauchy noise: maximum likelihood with tails so heavy that there is no mean.

``Y_i`` is Cauchy with centre ``f_w(x_i)`` and half-width ``gamma``, and
``J(w) = sum_i log(1 + ((y_i - f_w(x_i)) / gamma)^2)``.  Only the constant ``n log(pi gamma)`` is
dropped, with ``gamma`` known; there is no factor.  It is student_t.py with one degree of freedom
(scipy.stats.cauchy).

    python derivations/cauchy.py --standalone --out cauchy.tex
"""

from sympy import pi

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.losses import gamma as width
from lossproof.models import CAUCHY, LinearPredictor, i, y
from lossproof.notation.inert import ONE, TWO, add, inverse, log, mul, power, sub
from lossproof.rulebook import logarithms, optima, sums

model = Model("cauchy", CAUCHY, LinearPredictor(), "Cauchy noise")
tail = add(ONE, power(mul(sub(y[i], model.prediction), inverse(width)), TWO))

chain = Chain(
    "cauchy",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Cauchy noise: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their densities is the likelihood.
chain.assume("conditional independence")
chain.assume("Cauchy noise")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of each factor is minus that of its denominator.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_INVERSE)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is a constant and the loss, for each observation.
chain.laws(add(log(mul(pi, width)), log(tail)), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)

# The constant is the same for every observation.
chain.rewrite(sums.SUM_OF_TERMS)
chain.rewrite(sums.SUM_OF_CONSTANT, at=chain.here.args[0].__eq__)
chain.fold(model.loss)

# The constant does not move the minimisers, because the half-width does not depend on the weights.
chain.at_root(optima.DROP_CONSTANT_TERM)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
