"""Absolute values, and the parts of a number that are not negative."""

from __future__ import annotations

from sympy import Rational

from lossproof.kernel.conditions import Member
from lossproof.kernel.domains import NONNEGATIVE, REAL
from lossproof.kernel.rules import Identity
from lossproof.notation.inert import TWO, ZERO, absolute, add, maximum, mul, neg, power
from lossproof.rulebook.metavariables import a, c

_RUDIN = "Rudin (1987), Real and Complex Analysis"
_DLMF = "NIST Digital Library of Mathematical Functions"

ROOT_OF_SQUARE = Identity(
    "root of a square",
    power(power(a, TWO), Rational(1, 2)),
    absolute(a),
    when=(Member(a, REAL),),
    reference=f"{_DLMF}, eq. 1.9.7 (modulus), for a real number",
)
ABSOLUTE_VALUE_OF_MULTIPLE = Identity(
    "factor in front of the absolute value",
    absolute(mul(c, a)),
    mul(c, absolute(a)),
    when=(Member(c, NONNEGATIVE), Member(a, REAL)),
    reference=f"{_DLMF}, section 1.9(i) (modulus of a product)",
)
TWICE_POSITIVE_PART = Identity(
    "twice the positive part",
    add(a, absolute(a)),
    mul(TWO, maximum(a, ZERO)),
    when=(Member(a, REAL),),
    reference=f"{_RUDIN}, section 1.15 (absolute values by positive and negative parts)",
)
POSITIVE_PART = Identity(
    "positive part by the negative part",
    maximum(a, ZERO),
    add(a, maximum(neg(a), ZERO)),
    when=(Member(a, REAL),),
    reference=f"{_RUDIN}, section 1.15 (a number is its positive part minus its negative part)",
)
