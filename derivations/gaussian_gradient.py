"""Any network with Gaussian noise: the gradient of the loss, as far as it does not ask what the network is.

``dJ / dtheta_j = sum_i 2 (f_theta(x_i) - y_i) df_theta(x_i) / dtheta_j``: the last factor is what
back-propagation computes.  The network is only known to be differentiable in its parameters (Bishop 2006,
section 5.3).

    python derivations/gaussian_gradient.py --standalone --out gaussian_gradient.tex
"""

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.kernel.conditions import Ranged
from lossproof.kernel.domains import REAL
from lossproof.models import FEATURES, GAUSSIAN, OpaqueNetwork, i, j, theta, y
from lossproof.notation.inert import TWO, derivative, mul, sub
from lossproof.rulebook import calculus

model = Model("gaussian", GAUSSIAN, OpaqueNetwork(REAL), "Any network with Gaussian noise")
f = model.prediction

chain = Chain(
    "gaussian-gradient",
    (*model.hypotheses, Ranged(FEATURES)),
    model.parameters,
    start=derivative(model.loss, theta[j]),
    title="Any network with Gaussian noise: gradient of the loss",
)

# The derivative goes through the sum over the observations, into the pointwise loss.
chain.unfold(model.loss.definition)
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.unfold(model.pointwise_loss.definition)

# A square, and in it a constant minus the prediction.
chain.rewrite(calculus.DERIVATIVE_OF_SQUARE)
chain.rewrite(calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT)

# The minus sign turns the residual round.
chain.laws(mul(mul(TWO, sub(f, y[i])), derivative(f, theta[j])), at=chain.here.args[0].__eq__)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
