"""Student t noise: maximum likelihood is a loss that grows only like a logarithm.

``Y_i`` is ``f_w(x_i)`` plus ``sigma`` times a t variable with ``nu`` degrees of freedom, and
``J(w) = sum_i log(1 + (y_i - f_w(x_i))^2 / (nu sigma^2))``.  With ``nu`` and ``sigma`` known the
gamma functions are a constant and ``(nu + 1) / 2`` is a positive factor; both are dropped (Lange, Little
and Taylor 1989).

    python derivations/student_t.py --standalone --out student_t.tex
"""

from sympy import gamma, pi

from lossproof import Chain, Model
from lossproof.cli import script
from lossproof.losses import HALF, nu, sigma
from lossproof.models import STUDENT_T, LinearPredictor, i, y
from lossproof.notation.inert import ONE, TWO, add, build, inverse, log, mul, neg, power, sub
from lossproof.rulebook import logarithms, optima, sums

model = Model("student-t", STUDENT_T, LinearPredictor(), "Student t noise")
power_of_tail = mul(HALF, add(nu, ONE))
spread = mul(nu, power(sigma, TWO))
tail = add(ONE, mul(power(sub(y[i], model.prediction), TWO), inverse(spread)))

chain = Chain(
    "student-t",
    model.hypotheses,
    model.parameters,
    start=model.joint,
    title="Student t noise: maximum likelihood is minimum loss",
)

# The observations are independent given the inputs: the product of their densities is the likelihood.
chain.assume("conditional independence")
chain.assume("Student t noise")
chain.fold(model.likelihood)

# Maximising L is minimising -log L, because -log decreases.
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.unfold(model.likelihood.definition)

# The logarithm of the product is a sum, and that of the tail brings its power down.
chain.rewrite(logarithms.LOG_OF_PRODUCT)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.rewrite(logarithms.LOG_OF_POWER, at=log(power(tail, neg(power_of_tail))).__eq__)
chain.rewrite(sums.MINUS_INTO_SUM)

# What remains is a constant and a positive multiple of the loss, for each observation.
gammas = log(build(gamma, (mul(HALF, nu),))), neg(log(build(gamma, (power_of_tail,))))
constant = add(*gammas, mul(HALF, log(mul(pi, nu, power(sigma, TWO)))))
chain.laws(add(constant, mul(power_of_tail, log(tail))), at=chain.here.args[0].__eq__)
chain.fold(model.pointwise_loss)

# The constant is the same for every observation.
chain.rewrite(sums.SUM_OF_TERMS)
chain.rewrite(sums.SUM_OF_CONSTANT, at=chain.here.args[0].__eq__)
chain.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM, at=chain.here.args[1].__eq__)
chain.fold(model.loss)

# Neither moves the minimisers, because nu and sigma do not depend on the weights.
chain.at_root(optima.DROP_CONSTANT_TERM)
chain.at_root(optima.DROP_POSITIVE_FACTOR)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
