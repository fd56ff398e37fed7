"""A network that predicts mean and variance: Gaussian noise whose variance depends on the input.

``Y_i`` is normal with mean ``f_theta(x_i)`` and variance ``v_theta(x_i) > 0``.  Here the logarithm of the
variance contains the parameters and must stay: ``J(theta) = sum_i [log v + (y_i - f)^2 / v]``.
Only ``n/2 log(2 pi)`` and the factor 1/2 are dropped (Nix and Weigend 1994; twice
torch.nn.GaussianNLLLoss).

    python derivations/heteroscedastic.py --standalone --out heteroscedastic.tex
"""

from sympy import pi

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.kernel.domains import POSITIVE, REAL
from lossproof.losses import HALF
from lossproof.models import HETEROSCEDASTIC_GAUSSIAN, OpaqueNetwork, i, n, y
from lossproof.notation.inert import TWO, add, inverse, log, mul, power, sub
from lossproof.rulebook import logarithms, optima, sums

network = OpaqueNetwork(REAL, also=(("v", POSITIVE),))
model = Model("heteroscedastic", HETEROSCEDASTIC_GAUSSIAN, network, "A network that predicts mean and variance")
f, v = network.outputs
gaussian_nll = add(log(v), mul(power(sub(y[i], f), TWO), inverse(v)))

chain = Chain(
    "heteroscedastic",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="A network that predicts mean and variance: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their densities is the likelihood.
chain.assume("conditional independence")
chain.assume("Gaussian noise of predicted variance")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of the density undoes the exponential.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)

# Of the normalising factor, the variance must come out: it contains the parameters.
chain.rewrite(logarithms.LOG_OF_POWER)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is a constant and half of the loss, for each observation.
chain.laws(add(mul(HALF, log(mul(TWO, pi))), mul(HALF, gaussian_nll)), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)

# The constant is the same for every observation.
chain.rewrite(sums.SUM_OF_TERMS)
chain.rewrite(sums.SUM_OF_CONSTANT, at=chain.here.args[0].__eq__)
chain.algebra(mul(mul(n, inverse(TWO)), log(mul(TWO, pi))), at=chain.here.args[0].__eq__)
chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=chain.here.args[1].__eq__)
chain.fold(model.loss)

# Neither the constant nor the positive factor contains the parameters.
chain.at_root(optima.DROP_CONSTANT_TERM)
chain.at_root(optima.DROP_POSITIVE_FACTOR)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
