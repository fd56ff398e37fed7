"""Support vector machine: what it maximises, in the weights.

The factor of an observation is ``exp(-C max(1 - y_i ((X w)_i + b), 0))``.  It is no probability: there is
nothing by which the factors of both labels could be multiplied so that they add up to 1 for every score.  The
penalty is that of a prior all the same: independent standard normal weights.  The intercept has no prior.

    python derivations/svm.py --standalone --out svm.tex
"""

from lossproof import Chain
from lossproof.cli import script
from lossproof.losses import HINGE
from lossproof.models import b, i, n
from lossproof.models import w as weights
from lossproof.models.kernels import LINEAR, MARGINS, C, hinge_at, pseudo_likelihood, standard_normal_weights
from lossproof.models.linear import X, w
from lossproof.notation.inert import ONE, add, log, mul, neg, total
from lossproof.notation.matrices import MatrixProduct
from lossproof.rulebook import logarithms, optima, sums
from lossproof.strategies.support_vectors import prior_of_weights

hypotheses, parameters = (*LINEAR, *MARGINS), (b, weights)
scores = MatrixProduct(X, w)
pseudo, prior = pseudo_likelihood(scores, *parameters), standard_normal_weights()

# Minus the logarithm of the factors is the sum of the hinge losses.
factors = Chain(
    "svm-factors",
    hypotheses,
    parameters,
    start=neg(log(pseudo)),
    title="Support vector machine: minus the logarithm of the pseudo-likelihood",
)
factors.unfold(pseudo.definition)
factors.rewrite(logarithms.LOG_OF_PRODUCT)
factors.rewrite(logarithms.LOG_OF_EXP)
factors.rewrite(sums.MINUS_INTO_SUM)
factors.rewrite(sums.DOUBLE_NEGATION)
factors.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM)

# The factors times the prior: its logarithm, and what does not depend on the weights.
chain = Chain(
    "svm-map",
    hypotheses,
    parameters,
    start=mul(pseudo, prior),
    title="Support vector machine: a pseudo-likelihood times a Gaussian prior of the weights",
)
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.algebra(add(neg(log(pseudo)), neg(log(prior))))
chain.cite(factors.done())
chain.cite(prior_of_weights(*parameters))
constant, penalty = chain.here.args[1].args
chain.algebra(add(constant, add(mul(C, total(hinge_at(scores), i, ONE, n)), penalty)))
chain.at_root(optima.DROP_CONSTANT_TERM)
chain.unfold(HINGE)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
