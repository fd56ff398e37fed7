"""Logistic regression with a Gaussian prior: the most probable weights minimise the penalised cross-entropy.

Maximising ``p[W = w | Y = y]`` is minimising ``J(w) + 1 / (2 tau^2) sum_j w_j^2``.

    python derivations/logistic_ridge.py --standalone --out logistic_ridge.tex
"""

from dataclasses import replace

from lossproof import LOGISTIC, Chain, GaussianPrior, derive
from lossproof.cli import script
from lossproof.notation.inert import add, log, neg
from lossproof.rulebook import logarithms, optima

title = "Logistic regression with a Gaussian prior"
model = replace(LOGISTIC, name="logistic-ridge", title=title, prior=GaussianPrior())
rho = model.prior_density

chain = Chain(
    "logistic-ridge",
    model.hypotheses,
    model.parameters,
    start=model.posterior,
    title=f"{title}: maximum a posteriori is minimum penalised loss",
)

# The posterior density is likelihood times prior, but for a factor that does not depend on the weights.
chain.assume("Bayes' rule, Gaussian prior")
chain.cite(derive("logistic-likelihood"))
chain.at_root(optima.DROP_POSITIVE_FACTOR)

# Minus the logarithm: the cross-entropy, and the penalty with its constant (derivations/ridge.py).
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.algebra(add(neg(log(model.likelihood)), neg(log(rho))))
chain.cite(derive("logistic-equation"))
chain.cite(derive("gaussian-prior"))

# The constant goes.
half_d, penalty = chain.here.args[1].args
chain.algebra(add(half_d, add(model.loss, penalty)))
chain.at_root(optima.DROP_CONSTANT_TERM)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
