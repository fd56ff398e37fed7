"""Gamma regression: the gradient of the loss, ``dJ / dw_j = sum_i (1 - y_i exp(-f_w(x_i))) x_ij``.

The relative error of the predicted mean, times the feature; the shape does not occur.

    python derivations/gamma_gradient.py --standalone --out gamma_gradient.tex
"""

from linear_prediction_gradient import derivation as prediction_gradient

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.kernel.conditions import Ranged
from lossproof.models import FEATURES, GAMMA, LinearPredictor, i, j, w, x, y
from lossproof.notation.inert import ONE, derivative, exp, mul, neg, sub
from lossproof.rulebook import calculus

model = Model("gamma", GAMMA, LinearPredictor(), "Gamma regression")
f = model.prediction

chain = Chain(
    "gamma-gradient",
    (*model.hypotheses, Ranged(FEATURES)),
    model.parameters,
    start=derivative(model.loss, w[j]),
    title="Gamma regression: gradient of the loss",
)

# The derivative goes through the sum over the observations, into the pointwise loss.
chain.unfold(model.loss.definition)
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.unfold(model.pointwise_loss.definition)

# f + y exp(-f), term by term.
chain.rewrite(calculus.DERIVATIVE_OF_TERMS)
chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
chain.rewrite(calculus.DERIVATIVE_OF_EXP)
chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
chain.cite(prediction_gradient)

# Both terms have the feature as a factor.
chain.laws(mul(sub(ONE, mul(y[i], exp(neg(f)))), x[i, j]), at=chain.here.args[0].__eq__)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
