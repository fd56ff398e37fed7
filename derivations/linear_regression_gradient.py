"""Linear regression: the gradient of the loss, ``dJ / dw_j = 2 sum_i (f_w(x_i) - y_i) x_ij``.

The factor 2 is that of the square; with another positive factor (mean_squared_error.py) the minimisers are
the same.

    python derivations/linear_regression_gradient.py --standalone --out linear_regression_gradient.tex
"""

from linear_prediction_gradient import derivation as prediction_gradient

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.kernel.conditions import Ranged
from lossproof.models import FEATURES, GAUSSIAN, LinearPredictor, i, j, w, x, y
from lossproof.notation.inert import TWO, derivative, mul, sub
from lossproof.rulebook import calculus

model = Model("linear-regression", GAUSSIAN, LinearPredictor(), "Linear regression")
f = model.prediction

chain = Chain(
    "linear-regression-gradient",
    (*model.hypotheses, Ranged(FEATURES)),
    model.parameters,
    start=derivative(model.loss, w[j]),
    title="Linear regression: gradient of the loss",
)

# The derivative goes through the sum over the observations, into the pointwise loss.
chain.unfold(model.loss.definition)
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.unfold(model.pointwise_loss.definition)

# A square, and in it a constant minus the prediction.
chain.rewrite(calculus.DERIVATIVE_OF_SQUARE)
chain.rewrite(calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT)

chain.cite(prediction_gradient)

# The minus sign turns the residual round.
chain.laws(mul(mul(TWO, sub(f, y[i])), x[i, j]), at=chain.here.args[0].__eq__)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
