"""Angles with von Mises noise: maximum likelihood is the least sum of ``1 - cos`` of the angle missed.

``Y_i`` is an angle in radians with the density ``exp(kappa cos(y - f_w(x_i))) / (2 pi I_0(kappa))``,
and ``J(w) = sum_i [1 - cos(y_i - f_w(x_i))]``.  With the concentration ``kappa > 0`` known, the
constant, which has the Bessel function in it, and the factor ``kappa`` are dropped (Mardia and Jupp 2000;
scipy.stats.vonmises).

    python derivations/von_mises.py --standalone --out von_mises.tex
"""

from sympy import besseli, cos, pi

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.losses import kappa
from lossproof.models import VON_MISES, LinearPredictor, i, y
from lossproof.notation.inert import ONE, TWO, ZERO, add, build, log, mul, sub
from lossproof.rulebook import logarithms, optima, sums

model = Model("von-mises", VON_MISES, LinearPredictor(), "Angles with von Mises noise")
one_minus_cosine = sub(ONE, build(cos, (sub(y[i], model.prediction),)))
normaliser = mul(TWO, pi, build(besseli, (ZERO, kappa)))

chain = Chain(
    "von-mises",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Angles with von Mises noise: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their densities is the likelihood.
chain.assume("conditional independence")
chain.assume("von Mises noise")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of the density undoes the exponential.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_EXP)
chain.rewrite(sums.MINUS_INTO_SUM)

# Adding and taking away kappa makes the loss 0 where the prediction is right.
constant = sub(log(normaliser), kappa)
chain.laws(add(constant, mul(kappa, one_minus_cosine)), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)

# The constant is the same for every observation.
chain.rewrite(sums.SUM_OF_TERMS)
chain.rewrite(sums.SUM_OF_CONSTANT, at=chain.here.args[0].__eq__)
chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=chain.here.args[1].__eq__)
chain.fold(model.loss)

# Neither moves the minimisers, because kappa does not depend on the weights.
chain.at_root(optima.DROP_CONSTANT_TERM)
chain.at_root(optima.DROP_POSITIVE_FACTOR)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
