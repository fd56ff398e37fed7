"""The lasso: with a Laplace prior, the most probable weights minimise the sum of squares plus absolute values.

Gaussian noise of standard deviation ``sigma``, weights that are independent with a Laplace density
of scale ``b`` before the data are seen.  Then maximising ``p[W = w | Y = y]`` is minimising
``sum_i (y_i - f_w(x_i))^2 + (2 sigma^2 / b) sum_j |w_j|``.

    python derivations/lasso.py --standalone --out lasso.tex
"""

from dataclasses import replace

from lossproof import LINEAR_REGRESSION, Chain, LaplacePrior, derive
from lossproof.cli import script
from lossproof.losses import sigma
from lossproof.models import d, j, w
from lossproof.notation.inert import ONE, TWO, absolute, add, inverse, log, mul, neg, power, total
from lossproof.rulebook import logarithms, optima, sums

model = replace(LINEAR_REGRESSION, name="lasso", title="Lasso", prior=LaplacePrior())
rho, b = model.prior_density, LaplacePrior().spread
about_weights = (model.hypotheses[1], model.hypotheses[2])  # d is a count, w_j is real

# First the prior: minus its logarithm is a constant plus a multiple of the sum of absolute values.
prior = Chain(
    "laplace-prior",
    (*about_weights, *LaplacePrior().hypotheses),
    model.parameters,
    start=neg(log(rho)),
    title="Laplace prior: minus its logarithm is a penalty",
)
prior.unfold(rho.definition)
prior.rewrite(logarithms.LOG_OF_PRODUCT)
prior.rewrite(logarithms.LOG_OF_FACTORS)
prior.rewrite(logarithms.LOG_OF_EXP)
prior.rewrite(sums.MINUS_INTO_SUM)
prior.laws(add(log(mul(TWO, b)), mul(inverse(b), absolute(w[j]))), at=prior.here.args[0].__eq__)
prior.rewrite(sums.SUM_OF_TERMS)
prior.rewrite(sums.SUM_OF_CONSTANT, at=prior.here.args[0].__eq__)
prior.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=prior.here.args[1].__eq__)
prior_equation = prior.done()

# The posterior density is likelihood times prior, but for a factor that does not depend on the weights.
chain = Chain(
    "lasso",
    model.hypotheses,
    model.parameters,
    start=model.posterior,
    title="Lasso: maximum a posteriori is minimum penalised loss",
)
chain.assume("Bayes' rule, Laplace prior")
chain.cite(derive("linear-regression-likelihood"))
chain.at_root(optima.DROP_POSITIVE_FACTOR)

# Minus the logarithm: the loss and the penalty, each with its constant.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.algebra(add(neg(log(model.likelihood)), neg(log(rho))))
chain.cite(derive("linear-regression-equation"))
chain.cite(prior_equation)

# The constants go, and the loss is scaled to stand without a factor.
absolutes = total(absolute(w[j]), j, ONE, d)
half_n, of_data = chain.here.args[0].args[0], inverse(mul(TWO, power(sigma, TWO)))
constants = add(half_n, mul(d, log(mul(TWO, b))))
chain.algebra(add(constants, add(mul(of_data, model.loss), mul(inverse(b), absolutes))))
chain.at_root(optima.DROP_CONSTANT_TERM)
ratio = mul(mul(TWO, power(sigma, TWO)), inverse(b))
chain.algebra(mul(of_data, add(model.loss, mul(ratio, absolutes))))
chain.at_root(optima.DROP_POSITIVE_FACTOR)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
