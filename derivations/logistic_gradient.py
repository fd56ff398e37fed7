"""Logistic regression: the gradient of the loss, ``dJ / dw_j = sum_i (f_w(x_i) - y_i) x_ij``.

python derivations/logistic_gradient.py --standalone --out gradient.tex
"""

from lossproof import LOGISTIC, Chain, Ranged
from lossproof.cli import script
from lossproof.models import FEATURES, OBSERVATIONS, i, j, x, y
from lossproof.notation.inert import derivative, mul, sub
from lossproof.rulebook import calculus, sums

model = LOGISTIC
(w,), f = model.parameters, model.prediction

# First the prediction: the sigmoid's derivative, and a linear function of which one term depends on w_j.
inner = Chain(
    "logistic-prediction-gradient",
    (*model.hypotheses, Ranged(FEATURES), Ranged(OBSERVATIONS)),
    (w,),
    start=derivative(f, w[j]),
    title="Logistic regression: gradient of the prediction",
)
inner.unfold(f.definition)
inner.rewrite(calculus.DERIVATIVE_OF_SIGMOID)
inner.rewrite(calculus.DERIVATIVE_OF_SUM)
inner.rewrite(calculus.DERIVATIVE_OF_LINEAR_TERM)
inner.rewrite(calculus.DERIVATIVE_OF_COORDINATE)
inner.rewrite(sums.SIFT)
inner.fold(f)
prediction_gradient = inner.done()

# Then the loss: the derivative goes through the sum, and the chain rule does the rest.
chain = Chain(
    "logistic-gradient",
    (*model.hypotheses, Ranged(FEATURES)),
    (w,),
    start=derivative(model.loss, w[j]),
    title="Logistic regression: gradient of the loss",
)
chain.unfold(model.loss.definition)
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.unfold(model.noise.loss)
chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
chain.rewrite(calculus.DERIVATIVE_OF_TERMS)
chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
chain.rewrite(calculus.DERIVATIVE_OF_LOG)
chain.rewrite(calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT)
chain.cite(prediction_gradient)

# f and 1 - f cancel against the denominators.
chain.algebra(mul(sub(f, y[i]), x[i, j]), at=chain.here.args[0].__eq__)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
