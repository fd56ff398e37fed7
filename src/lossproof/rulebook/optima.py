"""Rules that keep the optima although they change the value; they hold of the whole expression only."""

from __future__ import annotations

from lossproof.kernel.conditions import Member
from lossproof.kernel.domains import POSITIVE, REAL
from lossproof.kernel.relations import ARGUMENT, Kind
from lossproof.kernel.rules import Identity
from lossproof.notation.inert import add, inverse, log, mul, neg, sub
from lossproof.rulebook.metavariables import a, c

_BOYD = "Boyd and Vandenberghe (2004), Convex Optimization, section 4.1.3 (equivalent problems)"

NEGATIVE_LOGARITHM = Identity(
    "minus log is strictly decreasing",
    a,
    neg(log(a)),
    when=(Member(a, POSITIVE),),
    reference=_BOYD,
    kind=Kind.SAME_OPTIMA,
    phi=neg(log(ARGUMENT)),
    reverses=True,
)
DROP_CONSTANT_TERM = Identity(
    "drop a constant term",
    add(c, a),
    a,
    when=(Member(a, REAL), Member(c, REAL)),
    reference=_BOYD,
    kind=Kind.UP_TO_CONSTANT,
    phi=sub(ARGUMENT, c),
    constant=(c,),
)
SCALE_BY_POSITIVE = Identity(
    "scale by a positive constant",
    a,
    mul(c, a),
    when=(Member(c, POSITIVE), Member(a, REAL)),
    reference=_BOYD,
    kind=Kind.PROPORTIONAL,
    phi=mul(c, ARGUMENT),
    constant=(c,),
)
DROP_POSITIVE_FACTOR = Identity(
    "drop a positive constant factor",
    mul(c, a),
    a,
    when=(Member(c, POSITIVE), Member(a, REAL)),
    reference=_BOYD,
    kind=Kind.PROPORTIONAL,
    phi=mul(inverse(c), ARGUMENT),
    constant=(c,),
)
