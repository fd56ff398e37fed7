"""Student t noise: the gradient of the loss, in which a large residual counts little.

``dJ / dw_j = sum_i 2 (f_w(x_i) - y_i) / (nu sigma^2 + (y_i - f_w(x_i))^2) x_ij``: the slope
of the squared error, weighted by one over ``nu sigma^2`` plus the squared residual (Lange, Little and Taylor
1989).

    python derivations/student_t_gradient.py --standalone --out student_t_gradient.tex
"""

from linear_prediction_gradient import derivation as prediction_gradient

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.kernel.conditions import Ranged
from lossproof.losses import nu, sigma
from lossproof.models import FEATURES, STUDENT_T, LinearPredictor, i, j, w, x, y
from lossproof.notation.inert import ONE, TWO, add, derivative, inverse, mul, power, sub
from lossproof.rulebook import calculus

model = Model("student-t", STUDENT_T, LinearPredictor(), "Student t noise")
f, spread = model.prediction, mul(nu, power(sigma, TWO))

chain = Chain(
    "student-t-gradient",
    (*model.hypotheses, Ranged(FEATURES)),
    model.parameters,
    start=derivative(model.loss, w[j]),
    title="Student t noise: gradient of the loss",
)

# The derivative goes through the sum over the observations, into the pointwise loss.
chain.unfold(model.loss.definition)
chain.rewrite(calculus.DERIVATIVE_OF_SUM)
chain.unfold(model.pointwise_loss.definition)

# A logarithm, in it 1 and a multiple of the squared residual.
chain.rewrite(calculus.DERIVATIVE_OF_LOG)
chain.rewrite(calculus.DERIVATIVE_OF_TERMS)
chain.rewrite(calculus.DERIVATIVE_OF_CONSTANT, at=derivative(ONE, w[j]).__eq__)
chain.rewrite(calculus.DERIVATIVE_OF_LINEAR_TERM)
chain.rewrite(calculus.DERIVATIVE_OF_SQUARE)
chain.rewrite(calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT)
chain.cite(prediction_gradient)

# The denominators go into one.
slope = mul(TWO, sub(f, y[i]), inverse(add(spread, power(sub(y[i], f), TWO))))
chain.laws(mul(slope, x[i, j]), at=chain.here.args[0].__eq__)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
