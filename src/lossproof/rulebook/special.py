"""Special functions."""

from __future__ import annotations

from sympy import factorial, gamma

from lossproof.kernel.conditions import Member
from lossproof.kernel.domains import COUNT
from lossproof.kernel.rules import Identity
from lossproof.notation.inert import ONE, add, build
from lossproof.rulebook.metavariables import a

FACTORIAL_AS_GAMMA = Identity(
    "factorial as gamma function",
    build(factorial, (a,)),
    build(gamma, (add(a, ONE),)),
    when=(Member(a, COUNT),),
    reference="NIST Digital Library of Mathematical Functions, eq. 5.4.1",
)
