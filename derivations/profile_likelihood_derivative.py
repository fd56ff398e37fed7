"""Gaussian noise of unknown variance: the derivative of the negative log-likelihood in the variance.

``dNLL(v) / dv = n/(2 v) - RSS/(2 v^2)``

    python derivations/profile_likelihood_derivative.py --format text
"""

from lossproof import Chain
from lossproof.cli import script
from lossproof.models import n
from lossproof.notation.inert import TWO, derivative, inverse, mul, power, sub
from lossproof.rulebook import calculus
from lossproof.strategies.profile_likelihood import DATA, NLL, RSS, v

chain = Chain(
    "profile-likelihood-derivative",
    DATA,
    (),
    start=derivative(NLL(v), v),
    title="Gaussian noise of unknown variance: derivative in the variance",
)
chain.unfold(NLL)
chain.rewrite(calculus.DERIVATIVE_OF_TERMS)
chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
chain.rewrite(calculus.DERIVATIVE_OF_LOG)
chain.rewrite(calculus.DERIVATIVE_OF_INVERSE)
chain.rewrite(calculus.DERIVATIVE_OF_MULTIPLE)
chain.rewrite(calculus.DERIVATIVE_OF_VARIABLE)
chain.algebra(sub(mul(n, inverse(mul(TWO, v))), mul(RSS, inverse(mul(TWO, power(v, TWO))))))

derivation = chain.done()

if __name__ == "__main__":
    script(derivation, __doc__)
