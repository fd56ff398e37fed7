"""Functions in pieces: which piece is at hand."""

from __future__ import annotations

from sympy import Rational

from lossproof.kernel.conditions import Member
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, REAL
from lossproof.kernel.rules import Identity
from lossproof.notation.inert import TWO, ZERO, absolute, add, maximum, mul, neg, power, sub
from lossproof.notation.nodes import Where
from lossproof.rulebook.metavariables import a, b, c

_CASES = "Definition of a function by cases"
_RUDIN = "Rudin (1987), Real and Complex Analysis"
_DLMF = "NIST Digital Library of Mathematical Functions"

WHERE_IT_HOLDS = Identity(
    "case at hand",
    Where(c, a, b),
    a,
    when=(Member(c, NONNEGATIVE),),
    reference=_CASES,
)
WHERE_IT_FAILS = Identity(
    "other case",
    Where(c, a, b),
    b,
    when=(Member(c, -POSITIVE),),
    reference=_CASES,
)
ABSOLUTE_VALUE = Identity(
    "absolute value of a number that is not negative",
    absolute(a),
    a,
    when=(Member(a, NONNEGATIVE),),
    reference=f"{_DLMF}, eq. 1.9.7 (modulus), for a real number",
)
ABSOLUTE_VALUE_OF_NEGATIVE = Identity(
    "absolute value of a number that is not positive",
    absolute(a),
    neg(a),
    when=(Member(neg(a), NONNEGATIVE),),
    reference=f"{_DLMF}, eq. 1.9.7 (modulus), for a real number",
)
MAXIMUM_IS_FIRST = Identity(
    "the first is the larger",
    maximum(a, b),
    a,
    when=(Member(sub(a, b), NONNEGATIVE),),
    reference="Definition of the maximum",
)
MAXIMUM_IS_SECOND = Identity(
    "the second is the larger",
    maximum(a, b),
    b,
    when=(Member(sub(b, a), NONNEGATIVE),),
    reference="Definition of the maximum",
)
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
    reference="Definitions of the maximum and of the absolute value",
)
POSITIVE_PART = Identity(
    "positive part by the negative part",
    maximum(a, ZERO),
    add(a, maximum(neg(a), ZERO)),
    when=(Member(a, REAL),),
    reference=f"{_RUDIN}, section 1.15 (a function is its positive part minus its negative part)",
)
