"""Support vector machine: the most probable values of a Gaussian process whose observations have three outcomes.

With "don't know" as a third outcome there is a likelihood behind the hinge loss: the probability of the labels,
which is the product of the factors but for a constant.

    python derivations/svm_three_outcomes.py --standalone --out three.tex
"""

from lossproof import Chain
from lossproof.cli import script
from lossproof.losses import HINGE
from lossproof.models import b
from lossproof.models.kernels import COUNTED, KERNEL, LATENT, MARGINS, C, f, hinge_at, process_density, values
from lossproof.models.three_outcomes import MOST, OF_LABEL, likelihood
from lossproof.notation.inert import add, log, mul, neg
from lossproof.rulebook import logarithms, optima, sums
from lossproof.strategies.support_vectors import prior_of_latent_values

likely, prior, parameters = likelihood(), process_density(), (b, values)

# Minus the logarithm of the probability of the labels: a constant and the hinge losses.
labels = Chain(
    "svm-labels",
    (COUNTED, LATENT, *MARGINS),
    parameters,
    start=neg(log(likely)),
    title="Hinge loss with three outcomes: minus the logarithm of the likelihood",
)
labels.unfold(likely.definition)
labels.unfold(OF_LABEL)
labels.rewrite(logarithms.LOG_OF_PRODUCT)
labels.rewrite(logarithms.LOG_OF_FACTORS)
labels.rewrite(logarithms.LOG_OF_INVERSE)
labels.rewrite(logarithms.LOG_OF_EXP)
labels.rewrite(sums.MINUS_INTO_SUM)
labels.algebra(add(log(MOST), mul(C, hinge_at(f))), at=labels.here.args[0].__eq__)
labels.rewrite(sums.SUM_OF_TERMS)
labels.rewrite(sums.SUM_OF_CONSTANT, at=labels.here.args[0].__eq__)
labels.rewrite(sums.CONSTANT_FACTOR_OUT_OF_SUM)

chain = Chain(
    "svm-three-outcomes-map",
    (COUNTED, LATENT, KERNEL, *MARGINS),
    parameters,
    start=mul(likely, prior),
    title="Support vector machine: the most probable values of a Gaussian process with three outcomes",
)
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.algebra(add(neg(log(likely)), neg(log(prior))))
chain.cite(labels.done())
chain.cite(prior_of_latent_values(*parameters))
(of_labels, losses), (of_process, penalty) = chain.here.args[0].args, chain.here.args[1].args
chain.algebra(add(add(of_labels, of_process), add(losses, penalty)))
chain.at_root(optima.DROP_CONSTANT_TERM)
chain.unfold(HINGE)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
