"""Poisson regression: the gradient of the loss, ``dJ / dw_j = sum_i (exp(f_w(x_i)) - y_i) x_ij``.

Predicted mean minus observation, times the feature, as for every canonical link
(McCullagh and Nelder 1989, section 2.5).

    python derivations/poisson_gradient.py --standalone --out poisson_gradient.tex
"""

from linear_prediction_gradient import derivation as prediction_gradient

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.kernel.conditions import Ranged
from lossproof.models import FEATURES, POISSON, LinearPredictor, i, j, w, x, y
from lossproof.notation.inert import derivative, exp, mul, sub
from lossproof.rulebook import calculus

model = Model("poisson", POISSON, LinearPredictor(), "Poisson regression")
f = model.prediction

chain = Chain(
    "poisson-gradient",
    (*model.hypotheses, Ranged(FEATURES)),
    model.parameters,
    start=derivative(model.loss, w[j]),
    title="Poisson regression: gradient of the loss",
)

# The derivative goes through the sum over the observations, into the pointwise loss.
chain.unfold(model.loss.definition)
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.unfold(model.pointwise_loss.definition)

# exp(f) - y f, term by term; the minus sign and y_i are constants.
chain.rewrite(calculus.DERIVATIVE_OF_TERMS)
chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
chain.rewrite(calculus.DERIVATIVE_OF_EXP)
chain.cite(prediction_gradient)

# Both terms have the feature as a factor.
chain.laws(mul(sub(exp(f), y[i]), x[i, j]), at=chain.here.args[0].__eq__)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
