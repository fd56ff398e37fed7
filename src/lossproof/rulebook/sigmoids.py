"""The sigmoid, the softplus, and the form that does not overflow."""

from __future__ import annotations

from lossproof.kernel.conditions import Member
from lossproof.kernel.domains import REAL
from lossproof.kernel.rules import Identity
from lossproof.notation.inert import ONE, ZERO, absolute, add, exp, inverse, log, maximum, neg, sub
from lossproof.notation.nodes import Sigmoid, Softplus
from lossproof.rulebook.metavariables import z

_MCCULLAGH = "McCullagh and Nelder (1989), Generalized Linear Models, section 4.3"
_MAECHLER = "Mächler (2012), Accurately Computing log(1 - exp(-|a|)), section 2"

SIGMOID = Identity(
    "definition of the sigmoid",
    Sigmoid(z),
    inverse(add(ONE, exp(neg(z)))),
    when=(Member(z, REAL),),
    reference=_MCCULLAGH,
)
COMPLEMENT_OF_SIGMOID = Identity(
    "complement of the sigmoid",
    sub(ONE, Sigmoid(z)),
    inverse(add(ONE, exp(z))),
    when=(Member(z, REAL),),
    reference=_MCCULLAGH,
)
AS_SIGMOID = Identity(
    "by definition of the sigmoid",
    inverse(add(ONE, exp(neg(z)))),
    Sigmoid(z),
    when=(Member(z, REAL),),
    reference=_MCCULLAGH,
)
SOFTPLUS = Identity(
    "definition of the softplus",
    Softplus(z),
    log(add(ONE, exp(z))),
    when=(Member(z, REAL),),
    reference=_MAECHLER,
)
LOG_OF_SIGMOID = Identity(
    "logarithm of the sigmoid",
    log(Sigmoid(z)),
    sub(z, Softplus(z)),
    when=(Member(z, REAL),),
    reference=_MCCULLAGH,
)
LOG_OF_SIGMOID_COMPLEMENT = Identity(
    "logarithm of 1 minus the sigmoid",
    log(sub(ONE, Sigmoid(z))),
    neg(Softplus(z)),
    when=(Member(z, REAL),),
    reference=_MCCULLAGH,
)
SOFTPLUS_WITHOUT_OVERFLOW = Identity(
    "softplus without overflow",
    Softplus(z),
    add(maximum(z, ZERO), log(add(ONE, exp(neg(absolute(z)))))),
    when=(Member(z, REAL),),
    reference=_MAECHLER,
)
