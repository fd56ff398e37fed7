"""Special functions."""

from __future__ import annotations

from sympy import Rational, factorial, gamma, pi

from lossproof.kernel.conditions import Member
from lossproof.kernel.domains import COUNT, POSITIVE
from lossproof.kernel.rules import Identity
from lossproof.notation.inert import ONE, add, build, gamma_function, mul, power
from lossproof.rulebook.metavariables import a

_DLMF = "NIST Digital Library of Mathematical Functions"

FACTORIAL_AS_GAMMA = Identity(
    "factorial as gamma function",
    build(factorial, (a,)),
    build(gamma, (add(a, ONE),)),
    when=(Member(a, COUNT),),
    reference="NIST Digital Library of Mathematical Functions, eq. 5.4.1",
)
GAMMA_OF_ONE = Identity(
    "gamma function at 1",
    gamma_function(ONE),
    ONE,
    reference=f"{_DLMF}, eq. 5.4.1",
)
GAMMA_OF_HALF = Identity(
    "gamma function at 1/2",
    gamma_function(Rational(1, 2)),
    power(pi, Rational(1, 2)),
    reference=f"{_DLMF}, eq. 5.4.6",
)
GAMMA_STEP = Identity(
    "recurrence of the gamma function",
    gamma_function(add(a, ONE)),
    mul(a, gamma_function(a)),
    when=(Member(a, POSITIVE),),
    reference=f"{_DLMF}, eq. 5.5.1",
)
