"""Angles with von Mises noise: the gradient, ``dJ / dw_j = - sum_i sin(y_i - f_w(x_i)) x_ij``.

It vanishes where the prediction is right, but also where it is half a turn away and the loss is largest.

    python derivations/von_mises_gradient.py --standalone --out von_mises_gradient.tex
"""

from linear_prediction_gradient import derivation as prediction_gradient
from sympy import sin

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.kernel.conditions import Ranged
from lossproof.models import FEATURES, VON_MISES, LinearPredictor, i, j, w, x, y
from lossproof.notation.inert import build, derivative, mul, neg, sub
from lossproof.rulebook import calculus

model = Model("von-mises", VON_MISES, LinearPredictor(), "Angles with von Mises noise")
residual = sub(y[i], model.prediction)

chain = Chain(
    "von-mises-gradient",
    (*model.hypotheses, Ranged(FEATURES)),
    model.parameters,
    start=derivative(model.loss, w[j]),
    title="Angles with von Mises noise: gradient of the loss",
)

# The derivative goes through the sum over the observations, into the pointwise loss.
chain.unfold(model.loss.definition)
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.unfold(model.pointwise_loss.definition)

# 1 minus a cosine, and in that a constant minus the prediction.
chain.rewrite(calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT)
chain.rewrite(calculus.DERIVATIVE_OF_COSINE)
chain.rewrite(calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT)
chain.cite(prediction_gradient)

# Three minus signs are one.
chain.laws(mul(neg(build(sin, (residual,))), x[i, j]), at=chain.here.args[0].__eq__)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
