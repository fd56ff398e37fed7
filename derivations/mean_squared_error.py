"""Mean squared error: maximising a Gaussian likelihood is minimising the mean of the squared residuals.

The negative log-likelihood is not the squared error: it is ``n/2 log(2 pi sigma^2) + J / (2 sigma^2)``.
With ``sigma`` known the first term does not depend on the parameters and the factor is positive, so
the minimisers are the same; and the same again for the mean, if there is an observation.

    python derivations/mean_squared_error.py --standalone --out mse.tex
"""

from sympy import pi

from lossproof import Chain
from lossproof.cli import script
from lossproof.kernel.conditions import Declared
from lossproof.kernel.domains import COUNT, POSITIVE_COUNT
from lossproof.losses import HALF, SQUARED_ERROR, sigma
from lossproof.models import GAUSSIAN_NETWORK, n
from lossproof.notation.inert import TWO, add, inverse, log, mul, power
from lossproof.rulebook import logarithms, optima, sums

model = GAUSSIAN_NETWORK
some_observation = Declared(n, POSITIVE_COUNT)

chain = Chain(
    "mean-squared-error",
    [some_observation if h == Declared(n, COUNT) else h for h in model.hypotheses],
    model.parameters,
    start=model.joint,
    title="Any network with Gaussian noise: maximum likelihood is minimum mean squared error",
)

# The likelihood, and minus its logarithm.
chain.assume("conditional independence")
chain.assume("Gaussian noise")
chain.fold(model.likelihood)
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(sums.MINUS_INTO_SUM)

# A constant and a multiple of the squared residual, for each observation.
normal = log(mul(TWO, pi, power(sigma, TWO)))
precision = inverse(mul(TWO, power(sigma, TWO)))
chain.laws(add(mul(HALF, normal), mul(precision, model.pointwise_loss.body)), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)
chain.rewrite(sums.SUM_OF_TERMS)
chain.rewrite(sums.SUM_OF_CONSTANT, at=chain.here.args[0].__eq__)
chain.algebra(mul(mul(n, inverse(TWO)), normal), at=chain.here.args[0].__eq__)
chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=chain.here.args[1].__eq__)
chain.fold(model.loss)

# Neither the constant nor the positive factor moves the minimisers; nor does dividing by n.
chain.at_root(optima.DROP_CONSTANT_TERM)
chain.at_root(optima.DROP_POSITIVE_FACTOR)
chain.at_root(optima.SCALE_BY_POSITIVE, c=inverse(n))
chain.unfold(model.loss.definition)
chain.unfold(SQUARED_ERROR)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
