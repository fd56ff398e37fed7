"""Fisher's information of one observation about its score: the expected curvature of the pointwise loss.

Where the curvature is ``A + B dl/dz`` with ``A`` and ``B`` free of the observation, which is proved, its
expectation is ``A``: the slope of minus a log-likelihood has the mean 0 (Bartlett 1953; Lehmann and Casella 1998,
Theory of Point Estimation, lemma 2.5.3, if derivative and expectation may be exchanged).  So it is for every
exponential family, with any link, in one dimension; for a canonical link ``B = 0``.  What is behind the factor
in front of the loss is a dispersion: minus the log-likelihood is the factor times the loss.
"""

from __future__ import annotations

from sympy import Expr, Integer, Symbol, cancel, powsimp

from lossproof.errors import LossproofError
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import Domain
from lossproof.models.symbols import EVENTS
from lossproof.notation.inert import ZERO, add, free, mul, substitute
from lossproof.notation.nodes import Sigmoid, meaning
from lossproof.strategies.chain import Chain
from lossproof.strategies.likelihood import replaced, tidied
from lossproof.strategies.pointwise import Pointwise


def expected_curvature(one: Pointwise) -> tuple[Expr, Derivation | None] | None:
    """``A``, with the proof that the curvature is ``A + B dl/dz``; no proof is needed where it is ``A``.

    Returns:
        None if the loss has no curvature, or none of this form is found.
    """
    random = {one.observation, *(s for s in one.known if str(s).startswith(str(EVENTS)))}
    try:
        slope, curvature = one.slope().rhs, one.curvature().rhs
    except LossproofError:
        return None
    if not free(curvature) & random:
        return curvature, None
    sigmoids = sorted(slope.atoms(Sigmoid) | curvature.atoms(Sigmoid), key=str)
    letters = {node: Symbol(f"p{k}") for k, node in enumerate(sigmoids)}
    back = {letter: node for node, letter in letters.items()}

    def at(e: Expr, value: Expr) -> Expr:
        return meaning(substitute(tidied(e).xreplace(letters), {one.observation: value}))

    first, second = _two_of(one.domain_of(one.observation))
    rate = _plain((at(curvature, second) - at(curvature, first)) / (at(slope, second) - at(slope, first)))
    expected = _plain(at(curvature, first) - rate * at(slope, first)).xreplace(back)
    rate = rate.xreplace(back)
    if free(expected) & random or free(rate) & random:
        return None
    title = f"{one.name}: the curvature by the slope"
    chain = Chain(f"{one.name}-information", (*one.hypotheses, *one.smooth_if), (), curvature, title)
    target = add(expected, mul(rate, slope)) if rate != ZERO else expected
    try:
        return expected, chain.laws(target).done()
    except LossproofError:
        return None


def _two_of(domain: Domain) -> tuple[Expr, Expr]:
    """Two observations that are possible, with simple logarithms."""
    if domain.within(Domain(low=0, high=1, low_closed=True, high_closed=True)):
        return Integer(1) / 3, Integer(1) / 2
    return Integer(1), Integer(2)


def _plain(e: Expr) -> Expr:
    """A quotient in lowest terms."""
    return replaced(tidied(powsimp(cancel(e))), {})
