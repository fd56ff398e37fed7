"""Laplace noise: the gradient of the loss, ``dJ / dw_j = - sum_i sign(y_i - f_w(x_i)) x_ij``.

The absolute value has no derivative at 0, so the theorem has one hypothesis more: no residual is 0.

    python derivations/laplace_gradient.py --standalone --out laplace_gradient.tex
"""

from linear_prediction_gradient import derivation as prediction_gradient
from sympy import sign

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.kernel.conditions import Declared, Ranged
from lossproof.kernel.domains import NONZERO
from lossproof.models import FEATURES, LAPLACE, OBSERVATIONS, LinearPredictor, i, j, w, x, y
from lossproof.notation.inert import build, derivative, mul, neg, sub
from lossproof.rulebook import calculus

model = Model("laplace", LAPLACE, LinearPredictor(), "Laplace noise")
residual = sub(y[i], model.prediction)
no_residual_is_0 = Declared(residual, NONZERO, (OBSERVATIONS,))

chain = Chain(
    "laplace-gradient",
    (*model.hypotheses, no_residual_is_0, Ranged(FEATURES)),
    model.parameters,
    start=derivative(model.loss, w[j]),
    title="Laplace noise: gradient of the loss",
)

# The derivative goes through the sum over the observations, into the pointwise loss.
chain.unfold(model.loss.definition)
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.unfold(model.pointwise_loss.definition)

# An absolute value, and in it a constant minus the prediction.
chain.rewrite(calculus.DERIVATIVE_OF_ABSOLUTE_VALUE)
chain.rewrite(calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT)
chain.cite(prediction_gradient)

# The minus sign goes to the front.
chain.laws(mul(neg(build(sign, (residual,))), x[i, j]), at=chain.here.args[0].__eq__)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
