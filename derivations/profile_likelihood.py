"""Gaussian noise of unknown variance: what is left of the likelihood when the best variance is put in.

``NLL(v_hat) = n/2 (log(2 pi RSS/n) + 1)`` for ``v_hat = RSS/n``

    python derivations/profile_likelihood.py --format text
"""

from sympy import pi

from lossproof import Chain
from lossproof.cli import script
from lossproof.models import n
from lossproof.notation.inert import ONE, TWO, add, inverse, log, mul
from lossproof.strategies.profile_likelihood import BEST, HYPOTHESES, NLL

chain = Chain(
    "profile-likelihood",
    HYPOTHESES,
    (),
    start=NLL(BEST),
    title="Gaussian noise of unknown variance: the profile likelihood",
)
chain.unfold(NLL)
chain.unfold(BEST.definition)
chain.algebra(mul(mul(n, inverse(TWO)), add(log(mul(mul(TWO, pi), BEST.body)), ONE)))

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
