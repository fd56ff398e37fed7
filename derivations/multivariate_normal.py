"""Multivariate normal noise: maximum likelihood is the least sum of squared Mahalanobis distances.

python derivations/multivariate_normal.py --standalone --out normal.tex
"""

from sympy import pi

from lossproof import Chain
from lossproof.cli import script
from lossproof.models import n, theta
from lossproof.models.multivariate import DISTANCE, HALF, HYPOTHESES, Sigma, k, likelihood
from lossproof.notation.inert import TWO, add, log, mul
from lossproof.notation.matrices import Determinant
from lossproof.rulebook import logarithms, optima, sums

L = likelihood()

chain = Chain(
    "multivariate-normal",
    HYPOTHESES,
    (theta,),
    start=L,
    title="Multivariate normal noise: maximum likelihood is the least sum of squared Mahalanobis distances",
)
chain.at_root(optima.NEGATIVE_LOGARITHM)

# The logarithm of each density; |Sigma| > 0, because Sigma is positive definite.
chain.unfold(L.definition)
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_POWER)
chain.rewrite(logarithms.LOG_OF_EXP)

# What does not depend on the observation, and half the squared distance.
chain.rewrite(sums.MINUS_INTO_SUM)
constant = add(mul(k, log(mul(TWO, pi))), log(Determinant(Sigma)))
chain.algebra(add(mul(HALF, constant), mul(HALF, DISTANCE)), at=chain.here.args[0].__eq__)
chain.rewrite(sums.SUM_OF_TERMS)
constants, distances = chain.here.args
chain.rewrite(sums.SUM_OF_CONSTANT, at=constants.__eq__)
chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=distances.__eq__)
chain.algebra(mul(mul(n, HALF), constant), at=chain.here.args[0].__eq__)

# Neither the constant nor the factor 1/2 moves the maximum.
chain.at_root(optima.DROP_CONSTANT_TERM)
chain.at_root(optima.DROP_POSITIVE_FACTOR)
chain.unfold(DISTANCE.definition)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
