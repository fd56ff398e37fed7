"""Support vector machine: what it maximises, in the latent values.

The prior of the latent values ``f`` is a Gaussian process with the kernel ``K``; the factors are those of the
hinge loss, which are no probabilities.

    python derivations/svm_gaussian_process.py --standalone --out process.tex
"""

from lossproof import Chain
from lossproof.cli import script
from lossproof.losses import HINGE
from lossproof.models import b, i, n
from lossproof.models.kernels import (
    COUNTED,
    KERNEL,
    LATENT,
    MARGINS,
    C,
    f,
    hinge_at,
    process_density,
    pseudo_likelihood,
    values,
)
from lossproof.notation.inert import ONE, add, log, mul, neg, total
from lossproof.rulebook import logarithms, optima
from lossproof.strategies.support_vectors import factors, prior_of_latent_values

hypotheses, parameters = (COUNTED, LATENT, KERNEL, *MARGINS), (b, values)
pseudo, prior = pseudo_likelihood(f, *parameters), process_density()

chain = Chain(
    "svm-gaussian-process",
    hypotheses,
    parameters,
    start=mul(pseudo, prior),
    title="Support vector machine: a pseudo-likelihood times a Gaussian process",
)
chain.at_root(optima.NEGATIVE_LOGARITHM)
chain.rewrite(logarithms.LOG_OF_FACTORS)
chain.algebra(add(neg(log(pseudo)), neg(log(prior))))

# The factors are the hinge losses; the density of the process is a quadratic form and a constant.
chain.cite(factors(f, "svm-gaussian-process-factors", hypotheses, *parameters))
chain.cite(prior_of_latent_values(*parameters))
constant, penalty = chain.here.args[1].args
chain.algebra(add(constant, add(mul(C, total(hinge_at(f), i, ONE, n)), penalty)))
chain.at_root(optima.DROP_CONSTANT_TERM)
chain.unfold(HINGE)

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
