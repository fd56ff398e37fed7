"""The larger of two numbers."""

from __future__ import annotations

from sympy import Rational

from lossproof.kernel.conditions import Member
from lossproof.kernel.domains import REAL
from lossproof.kernel.rules import Identity
from lossproof.notation.inert import absolute, add, maximum, mul, sub
from lossproof.rulebook.metavariables import a, b

_HALF = Rational(1, 2)

MAXIMUM_AS_ABSOLUTE_VALUE = Identity(
    "maximum by an absolute value",
    maximum(a, b),
    add(mul(_HALF, add(a, b)), mul(_HALF, absolute(sub(a, b)))),
    when=(Member(a, REAL), Member(b, REAL)),
    reference="Rudin (1976), Principles of Mathematical Analysis, exercise 7.10 and section 4.26: max(a, b)",
)
