"""Functions in pieces: which piece is at hand."""

from __future__ import annotations

from sympy import Rational

from lossproof.kernel.conditions import Member
from lossproof.kernel.domains import NONNEGATIVE, POSITIVE, REAL
from lossproof.kernel.rules import Identity
from lossproof.notation.inert import absolute, add, maximum, mul, neg, sub
from lossproof.notation.nodes import Where
from lossproof.rulebook.metavariables import a, b, c, u

_CASES = "Definition of a function by cases"
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
MAXIMUM_BY_CASES = Identity(
    "maximum by cases",
    maximum(a, b),
    Where(sub(a, b), a, b),
    when=(Member(a, REAL), Member(b, REAL)),
    reference="Definition of the maximum",
)
MAXIMUM_AS_ABSOLUTE_VALUE = Identity(
    "maximum by the absolute value",
    maximum(a, b),
    mul(Rational(1, 2), add(a, b, absolute(sub(a, b)))),
    when=(Member(a, REAL), Member(b, REAL)),
    reference="Bartle and Sherbert (2011), Introduction to Real Analysis, exercises of section 2.2",
)
ABSOLUTE_VALUE_BY_CASES = Identity(
    "absolute value by cases",
    absolute(a),
    Where(a, a, neg(a)),
    when=(Member(a, REAL),),
    reference=f"{_DLMF}, eq. 1.9.7 (modulus), for a real number",
)
SUM_BY_CASES = Identity(
    "sum by cases",
    add(Where(c, a, b), u),
    Where(c, add(a, u), add(b, u)),
    when=(Member(c, REAL), Member(a, REAL), Member(b, REAL), Member(u, REAL)),
    reference=_CASES,
)
PRODUCT_BY_CASES = Identity(
    "product by cases",
    mul(u, Where(c, a, b)),
    Where(c, mul(u, a), mul(u, b)),
    when=(Member(c, REAL), Member(a, REAL), Member(b, REAL), Member(u, REAL)),
    reference=_CASES,
)
EITHER_CASE = Identity(
    "the same in either case",
    a,
    Where(c, a, a),
    when=(Member(c, REAL), Member(a, REAL)),
    reference=_CASES,
)
