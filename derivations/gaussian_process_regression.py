"""Gaussian process regression: the most probable latent values minimise a penalised sum of squares.

Gaussian noise of standard deviation ``sigma``, and a Gaussian process with the kernel ``K`` before the data are
seen.  Then maximising ``p[F = f | Y = y]`` is minimising ``||y - f||^2 + sigma^2 f^T K^(-1) f``.

    python derivations/gaussian_process_regression.py --standalone --out regression.tex
"""

from sympy import pi

from lossproof import Chain
from lossproof.cli import script
from lossproof.losses import sigma
from lossproof.models import i, n
from lossproof.models import y as observations
from lossproof.models.kernels import (
    BAYES,
    INDEPENDENCE,
    NOISE,
    POSTERIOR,
    REGRESSION,
    K,
    f,
    process_density,
    regression_likelihood,
    values,
)
from lossproof.models.linear import y
from lossproof.models.multivariate import HALF
from lossproof.notation.inert import ONE, TWO, add, inverse, log, mul, neg, power, sub, total
from lossproof.notation.matrices import Inverse, SquaredNorm, minus, quadratic
from lossproof.rulebook import logarithms, optima, sums
from lossproof.strategies.support_vectors import prior_of_latent_values

likelihood, prior = regression_likelihood(), process_density()
variance, scale = power(sigma, TWO), inverse(mul(TWO, power(sigma, TWO)))
constant, square = log(mul(TWO, pi, variance)), power(sub(observations[i], values[i]), TWO)

# First the noise: minus the logarithm of the likelihood is a constant plus a multiple of the sum of squares.
noise = Chain(
    "gaussian-process-likelihood",
    REGRESSION[:5],
    (values,),
    start=neg(log(likelihood)),
    title="Gaussian noise: minus the logarithm of the likelihood of the latent values",
)
noise.unfold(likelihood.definition)
noise.rewrite(logarithms.LOG_OF_PRODUCT)
noise.rewrite(logarithms.LOG_OF_FACTORS)
noise.rewrite(logarithms.LOG_OF_POWER)
noise.rewrite(logarithms.LOG_OF_EXP)
noise.rewrite(sums.MINUS_INTO_SUM)
noise.algebra(add(mul(HALF, constant), mul(scale, square)), at=noise.here.args[0].__eq__)
noise.rewrite(sums.SUM_OF_TERMS)
noise.rewrite(sums.SUM_OF_CONSTANT, at=noise.here.args[0].__eq__)
noise.algebra(mul(mul(n, HALF), constant), at=noise.here.args[0].__eq__)
noise.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM)

# The posterior density is likelihood times prior, but for a factor that does not depend on the latent values.
chain = Chain(
    "gaussian-process-regression",
    REGRESSION,
    (values,),
    start=POSTERIOR,
    title="Gaussian process regression: maximum a posteriori is minimum penalised loss",
)
chain.assume(BAYES)
chain.assume(INDEPENDENCE)
chain.assume(NOISE)
chain.fold(likelihood)
chain.at_root(optima.DROP_POSITIVE_FACTOR)

# Minus the logarithm: the squares and the penalty, each with its constant.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.algebra(add(neg(log(likelihood)), neg(log(prior))))
chain.cite(noise.done())
chain.cite(prior_of_latent_values(values))
of_noise, of_process = chain.here.args[0].args[0], chain.here.args[1].args[0]
squares, penalty = total(square, i, ONE, n), quadratic(f, Inverse(K))
chain.algebra(add(add(of_noise, of_process), add(mul(scale, squares), mul(HALF, penalty))))
chain.at_root(optima.DROP_CONSTANT_TERM)

# The squares are scaled to stand without a factor.
chain.algebra(mul(scale, add(squares, mul(variance, penalty))))
chain.at_root(optima.DROP_POSITIVE_FACTOR)
chain.entry_by_entry(SquaredNorm(minus(y, f)), at=squares.__eq__)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
