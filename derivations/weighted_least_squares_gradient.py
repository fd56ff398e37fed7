"""Weighted least squares: the gradient of the loss, in which a precise observation counts more.

``dJ / dw_j = sum_i 2 (f_w(x_i) - y_i) / s_i^2 x_ij`` (statsmodels.WLS).

    python derivations/weighted_least_squares_gradient.py --standalone --out weighted_least_squares_gradient.tex
"""

from linear_prediction_gradient import derivation as prediction_gradient

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.kernel.conditions import Ranged
from lossproof.models import FEATURES, WEIGHTED_GAUSSIAN, LinearPredictor, i, j, w, x, y
from lossproof.models.symbols import SCALES
from lossproof.notation.inert import TWO, derivative, inverse, mul, power, sub
from lossproof.rulebook import calculus

model = Model("weighted-least-squares", WEIGHTED_GAUSSIAN, LinearPredictor(), "Weighted least squares")
f, variance = model.prediction, power(SCALES[i], TWO)

chain = Chain(
    "weighted-least-squares-gradient",
    (*model.hypotheses, Ranged(FEATURES)),
    model.parameters,
    start=derivative(model.loss, w[j]),
    title="Weighted least squares: gradient of the loss",
)

# The derivative goes through the sum over the observations, into the pointwise loss.
chain.unfold(model.loss.definition)
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.unfold(model.pointwise_loss.definition)

# A multiple of a square, and in it a constant minus the prediction.
chain.rewrite(calculus.DERIVATIVE_OF_LINEAR_TERM)
chain.rewrite(calculus.DERIVATIVE_OF_SQUARE)
chain.rewrite(calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT)
chain.cite(prediction_gradient)

# The minus sign turns the residual round.
chain.laws(mul(mul(TWO, sub(f, y[i]), inverse(variance)), x[i, j]), at=chain.here.args[0].__eq__)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
