"""Gaussian noise of unknown variance: the mean squared residual is the best variance.

``NLL(v) - NLL(v_hat) = n/2 (v_hat/v - 1 - log(v_hat/v)) >= 0`` for ``v_hat = RSS/n``

    python derivations/profile_likelihood_minimum.py --format text
"""

from lossproof import NONNEGATIVE, Chain
from lossproof.cli import script
from lossproof.models import n
from lossproof.notation.inert import ONE, TWO, inverse, log, mul, sub
from lossproof.rulebook import logarithms
from lossproof.strategies.profile_likelihood import BEST, HYPOTHESES, NLL, v

chain = Chain(
    "profile-likelihood-minimum",
    HYPOTHESES,
    (),
    start=sub(NLL(v), NLL(BEST)),
    title="Gaussian noise of unknown variance: the mean squared residual is the best variance",
)
chain.unfold(NLL)
chain.rewrite(logarithms.LOG_OF_FACTORS)

# In units of v, one variable is left: t = v_hat/v.
chain.unfold(BEST.definition)
ratio, logarithm = mul(BEST.body, inverse(v)), sub(log(BEST.body), log(v))
chain.algebra(mul(mul(n, inverse(TWO)), sub(sub(ratio, ONE), logarithm)))
chain.fold(BEST)
chain.rewrite(logarithms.DIFFERENCE_OF_LOGS)

# log t <= t - 1.
derivation = chain.done(claim=NONNEGATIVE)

if __name__ == "__main__":
    script(derivation, __doc__)
