"""Binomial regression: the gradient of the loss, ``dJ / dw_j = sum_i (m_i sigma(f_w(x_i)) - y_i) x_ij``.

Expected minus observed successes, times the feature (McCullagh and Nelder 1989, section 2.5).

    python derivations/binomial_gradient.py --standalone --out binomial_gradient.tex
"""

from linear_prediction_gradient import derivation as prediction_gradient

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.kernel.conditions import Ranged
from lossproof.models import BINOMIAL, FEATURES, LinearPredictor, i, j, w, x, y
from lossproof.models.symbols import TRIALS
from lossproof.notation.inert import derivative, mul, sub
from lossproof.notation.nodes import Sigmoid
from lossproof.rulebook import calculus

model = Model("binomial", BINOMIAL, LinearPredictor(), "Binomial regression")
f = model.prediction

chain = Chain(
    "binomial-gradient",
    (*model.hypotheses, Ranged(FEATURES)),
    model.parameters,
    start=derivative(model.loss, w[j]),
    title="Binomial regression: gradient of the loss",
)

# The derivative goes through the sum over the observations, into the pointwise loss.
chain.unfold(model.loss.definition)
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.unfold(model.pointwise_loss.definition)

# m softplus(f) - y f, term by term; the slope of the softplus is the sigmoid.
chain.rewrite(calculus.DERIVATIVE_OF_TERMS)
chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
chain.rewrite(calculus.DERIVATIVE_OF_SOFTPLUS)
chain.cite(prediction_gradient)

# Both terms have the feature as a factor.
chain.laws(mul(sub(mul(TRIALS[i], Sigmoid(f)), y[i]), x[i, j]), at=chain.here.args[0].__eq__)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
