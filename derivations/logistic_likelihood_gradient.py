"""Logistic regression: the gradient of the likelihood itself, by the product rule.

It ends at ``dL / dw_j = L(w) sum_i (y_i - f_w(x_i)) x_ij``; the way there is the reason for the log.

    python derivations/logistic_likelihood_gradient.py --format text
"""

from logistic_gradient import prediction_gradient
from sympy import Symbol

from lossproof import LOGISTIC, Chain, Ranged
from lossproof.cli import script
from lossproof.kernel.schema import Abstraction
from lossproof.models import FEATURES, OBSERVATIONS, i, j, x, y
from lossproof.notation.inert import derivative, mul, sub
from lossproof.rulebook import calculus, sums

model = LOGISTIC
(w,), f = model.parameters, model.prediction
m = Symbol("m", integer=True)
factor = model.noise.mass(f, y[i])

# One factor of the product: a product of two powers.
inner = Chain(
    "logistic-factor-gradient",
    (*model.hypotheses, Ranged(FEATURES), Ranged(OBSERVATIONS)),
    (w,),
    start=derivative(factor, w[j]),
    title="Logistic regression: gradient of one factor of the likelihood",
)
inner.rewrite(calculus.PRODUCT_RULE)
inner.rewrite(calculus.DERIVATIVE_OF_POWER)
inner.rewrite(calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT)
inner.cite(prediction_gradient)
inner.rewrite(calculus.POWER_LESS_ONE)
inner.algebra(mul(mul(sub(y[i], f), x[i, j]), factor))
factor_gradient = inner.done()

# The whole product: every factor is differentiated once, beside all the others.
chain = Chain(
    "logistic-likelihood-gradient",
    (*model.hypotheses, Ranged(FEATURES)),
    (w,),
    start=derivative(model.likelihood, w[j]),
    title="Logistic regression: gradient of the likelihood, by the product rule",
)
chain.unfold(model.likelihood.definition)
chain.rewrite(calculus.DERIVATIVE_OF_PRODUCT, k=m)
chain.cite(factor_gradient)

# The factor goes back to the others, and the product is the likelihood again.
chain.rewrite(sums.RESTORE_FACTOR, i=i, a=Abstraction((i,), factor))
chain.fold(model.likelihood)
chain.rewrite(sums.CONSTANT_OUT_OF_SUM)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
