"""Beta regression: the gradient of the loss, with the digamma function ``psi``.

``dJ / dw_j = sum_i phi mu (1 - mu) [psi(mu phi) - psi((1 - mu) phi) - log y_i + log(1 - y_i)] x_ij``
with ``mu = sigma(f_w(x_i))`` (Ferrari and Cribari-Neto 2004, section 2).

    python derivations/beta_gradient.py --standalone --out beta_gradient.tex
"""

from linear_prediction_gradient import derivation as prediction_gradient
from sympy import digamma

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.kernel.conditions import Ranged
from lossproof.losses import phi
from lossproof.models import BETA, FEATURES, LinearPredictor, i, j, w, x, y
from lossproof.notation.inert import ONE, add, build, derivative, log, mul, neg, sub
from lossproof.notation.nodes import Sigmoid
from lossproof.rulebook import calculus

model = Model("beta", BETA, LinearPredictor(), "Beta regression")
mu = Sigmoid(model.prediction)
p, q = mul(mu, phi), mul(sub(ONE, mu), phi)

chain = Chain(
    "beta-gradient",
    (*model.hypotheses, Ranged(FEATURES)),
    model.parameters,
    start=derivative(model.loss, w[j]),
    title="Beta regression: gradient of the loss",
)

# The derivative goes through the sum over the observations, into the pointwise loss.
chain.unfold(model.loss.definition)
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.unfold(model.pointwise_loss.definition)

# Minus the logarithms of the powers: log y_i and log(1 - y_i) are constant, each times a slope of mu.
chain.rewrite(calculus.DERIVATIVE_OF_TERMS)
chain.rewrite(calculus.DERIVATIVE_OF_TERMS)
chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
chain.rewrite(calculus.DERIVATIVE_OF_TERMS)
chain.rewrite(calculus.DERIVATIVE_OF_LINEAR_TERM)
chain.rewrite(calculus.DERIVATIVE_OF_TERMS)
chain.rewrite(calculus.DERIVATIVE_OF_CONSTANT, at=derivative(neg(ONE), w[j]).__eq__)
chain.rewrite(calculus.DERIVATIVE_OF_LINEAR_TERM)
chain.rewrite(calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT)

# The logarithms of the gamma functions, and mu itself.
chain.rewrite(calculus.DERIVATIVE_OF_LOG)
chain.rewrite(calculus.DERIVATIVE_OF_SIGMOID)
chain.rewrite(calculus.DERIVATIVE_OF_GAMMA)
chain.rewrite(calculus.DERIVATIVE_OF_LINEAR_TERM)
chain.rewrite(calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT)
chain.rewrite(calculus.DERIVATIVE_OF_SIGMOID)
chain.cite(prediction_gradient)

# Gamma cancels, and everything has phi mu (1 - mu) x_ij as a factor.
digammas = build(digamma, (p,)), neg(build(digamma, (q,)))
bracket = add(*digammas, neg(log(y[i])), log(sub(ONE, y[i])))
chain.laws(mul(mul(mul(phi, mul(mu, sub(ONE, mu))), bracket), x[i, j]), at=chain.here.args[0].__eq__)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
