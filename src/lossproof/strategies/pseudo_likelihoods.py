"""Losses of a label that are no negative log-likelihood, whatever the base measure and the scale.

If ``p(y | f) = h(y) exp(-c l(f, y)) / Z`` were a distribution of the label, then the total mass ``Z``, the sum
over both labels, would not depend on the prediction.  Each derivation shows that it does, for all positive
``c`` and base measures.
"""

from __future__ import annotations

from sympy import Expr, Integer, Symbol, Tuple

from lossproof.kernel.conditions import Declared
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE, UNIT
from lossproof.losses import HINGE, loss
from lossproof.notation.inert import (
    MINUS_ONE,
    ONE,
    TWO,
    ZERO,
    add,
    derivative,
    exp,
    free,
    is_leaf,
    maximum,
    mul,
    neg,
    power,
    sub,
)
from lossproof.notation.nodes import Definition, Head, meaning
from lossproof.rulebook import calculus, cases
from lossproof.rulebook.algebra import ALGEBRA
from lossproof.strategies.chain import Chain
from lossproof.strategies.entry import Entry
from lossproof.strategies.matching import places

c = Symbol("c", positive=True)
_f, _y, _p = (Symbol(name, real=True) for name in "fyp")

#: ``max(1 - y f, 0)^2``.
SQUARED_HINGE = loss(power(maximum(sub(ONE, mul(_y, _f)), ZERO), TWO), _f, _y)
#: ``(y - p)^2``, the Brier score (1950) of a probability.
BRIER = loss(power(sub(_y, _p), TWO), _p, _y)


#: The base measures of the labels -1 and 1, and of 0 and 1.
_MINUS, _PLUS, _NONE, _SOME = (Symbol(name, positive=True) for name in ("a", "b", "h_0", "h_1"))


def total_mass(
    of: Definition, prediction: Symbol, labels: tuple[Expr, Expr], base: tuple[Symbol, Symbol]
) -> Definition:
    """``Z(f) := h_a exp(-c l(f, a)) + h_b exp(-c l(f, b))`` of two labels ``a`` and ``b``."""
    masses = [mul(h, exp(neg(mul(c, of(prediction, y))))) for h, y in zip(base, labels, strict=True)]
    return Definition(Head("Z"), Tuple(prediction), add(*masses))


def hinge() -> Derivation:
    """``Z(1) + Z(-1) - 2 Z(0) = (a + b) (1 - exp(-c))^2 > 0``, though it would be 0 if ``Z`` were constant."""
    mass = total_mass(HINGE, _f, (MINUS_ONE, ONE), (_MINUS, _PLUS))
    start = sub(add(mass(ONE), mass(MINUS_ONE)), mul(TWO, mass(ZERO)))
    end = mul(add(_MINUS, _PLUS), power(sub(ONE, exp(neg(c))), TWO))
    return _of_a_margin("hinge-is-no-likelihood", "hinge loss", HINGE, mass, start, end)


def squared_hinge() -> Derivation:
    """``Z(1) - Z(2) = a exp(-4 c) (1 - exp(-5 c)) > 0``, though it would be 0 if ``Z`` were constant."""
    mass = total_mass(SQUARED_HINGE, _f, (MINUS_ONE, ONE), (_MINUS, _PLUS))
    four, five = (exp(neg(mul(k, c))) for k in (Integer(4), Integer(5)))
    end = mul(mul(_MINUS, four), sub(ONE, five))
    start = sub(mass(ONE), mass(TWO))
    return _of_a_margin("squared-hinge-is-no-likelihood", "squared hinge loss", SQUARED_HINGE, mass, start, end)


def _of_a_margin(name: str, called: str, of: Definition, mass: Definition, start: Expr, end: Expr) -> Derivation:
    """The masses at a few predictions put together, where it is plain which piece of the loss is at hand."""
    title = f"The {called} is no negative log-likelihood: its total mass depends on the prediction"
    chain = Chain(name, [Declared(s, POSITIVE) for s in (c, _MINUS, _PLUS)], (), start, title)
    chain.unfold(mass).unfold(of).exhaust(cases.MAXIMUM_IS_FIRST, cases.MAXIMUM_IS_SECOND)
    return _reckoned(chain).laws(end).done(claim=POSITIVE)


def _reckoned(chain: Chain) -> Chain:
    """Numbers that are written as sums and products, worked out."""
    while found := next((e for _, e in places(chain.here) if not free(e) and not is_leaf(e)), None):
        paths = [path for path, e in places(chain.here) if e == found]
        chain.at_places(ALGEBRA, paths, to=meaning(found))
    return chain


def brier() -> Derivation:
    """``Z'(p) + 2 c p h_0 exp(-c p^2) = 2 c (1 - p) h_1 exp(-c (1 - p)^2) > 0`` for ``0 < p < 1``.

    If ``Z`` were constant, the left side would tend to 0 with ``p``; the right side tends to
    ``2 c h_1 exp(-c)``, which is positive.
    """
    mass = total_mass(BRIER, _p, (ZERO, ONE), (_NONE, _SOME))
    title = "The Brier score is no negative log-likelihood: the slope of its total mass at 0 is positive"
    hypotheses = [*(Declared(s, POSITIVE) for s in (c, _NONE, _SOME)), Declared(_p, UNIT)]
    rest = mul(mul(mul(TWO, c), _p), mul(_NONE, exp(neg(mul(c, power(_p, TWO))))))
    chain = Chain("brier-is-no-likelihood", hypotheses, (), add(derivative(mass(_p), _p), rest), title)
    chain.unfold(mass).unfold(BRIER)
    chain.laws(power(_p, TWO), at=power(sub(ZERO, _p), TWO).__eq__).exhaust(
        calculus.DERIVATIVE_OF_TERMS,
        calculus.DERIVATIVE_OF_MULTIPLE,
        calculus.DERIVATIVE_OF_EXP,
        calculus.DERIVATIVE_OF_SQUARE,
        calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT,
        calculus.DERIVATIVE_OF_CONSTANT,
        calculus.DERIVATIVE_OF_VARIABLE,
    )
    left = sub(ONE, _p)
    end = mul(mul(mul(TWO, c), left), mul(_SOME, exp(neg(mul(c, power(left, TWO))))))
    return chain.laws(end).done(claim=POSITIVE)


FAMILY = "Losses that are no likelihood"
ENTRIES = (
    Entry("hinge-is-no-likelihood", hinge),
    Entry("squared-hinge-is-no-likelihood", squared_hinge),
    Entry("brier-is-no-likelihood", brier),
)
