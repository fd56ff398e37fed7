"""Logarithms and exponentials of real numbers, each identity with the condition that makes it true."""

from __future__ import annotations

from lossproof.kernel.conditions import Member
from lossproof.kernel.domains import POSITIVE, REAL
from lossproof.kernel.rules import Identity
from lossproof.kernel.schema import Each
from lossproof.notation.inert import add, exp, inverse, log, mul, neg, power, product, sub, total
from lossproof.rulebook.metavariables import a, b, for_all_i, i, m, n

_DLMF = "NIST Digital Library of Mathematical Functions"

LOG_OF_PRODUCT = Identity(
    "logarithm of a product",
    log(product(a(i), i, m, n)),
    total(log(a(i)), i, m, n),
    when=(for_all_i(Member(a(i), POSITIVE)),),
    reference=f"{_DLMF}, section 4.8(i), by induction on the number of factors",
)
LOG_OF_FACTORS = Identity(
    "logarithm of factors",
    log(mul(Each(a, a))),
    add(Each(log(a), a)),
    when=(Member(Each(a, a), POSITIVE),),
    reference=f"{_DLMF}, section 4.8(i)",
)
LOG_OF_POWER = Identity(
    "logarithm of a power",
    log(power(a, b)),
    mul(b, log(a)),
    when=(Member(a, POSITIVE), Member(b, REAL)),
    reference=f"{_DLMF}, section 4.8(ii)",
)
LOG_OF_INVERSE = Identity(
    "logarithm of an inverse",
    log(inverse(a)),
    neg(log(a)),
    when=(Member(a, POSITIVE),),
    reference=f"{_DLMF}, section 4.8(i)",
)
LOG_OF_EXP = Identity(
    "logarithm of an exponential",
    log(exp(a)),
    a,
    when=(Member(a, REAL),),
    reference=f"{_DLMF}, section 4.2(iii)",
)
EXP_OF_LOG = Identity(
    "exponential of the logarithm",
    exp(log(a)),
    a,
    when=(Member(a, POSITIVE),),
    reference=f"{_DLMF}, section 4.2(iii)",
)
AS_EXP_OF_LOG = Identity(
    "a positive number is the exponential of its logarithm",
    a,
    exp(log(a)),
    when=(Member(a, POSITIVE),),
    reference=f"{_DLMF}, section 4.2(iii)",
)
DIFFERENCE_OF_LOGS = Identity(
    "difference of logarithms",
    sub(log(a), log(b)),
    log(mul(a, inverse(b))),
    when=(Member(a, POSITIVE), Member(b, POSITIVE)),
    reference=f"{_DLMF}, section 4.8(i)",
)
EXP_OF_SUM = Identity(
    "exponential of a sum",
    exp(total(a(i), i, m, n)),
    product(exp(a(i)), i, m, n),
    when=(for_all_i(Member(a(i), REAL)),),
    reference=f"{_DLMF}, section 4.8(ii), by induction on the number of terms",
)
EXP_OF_TERMS = Identity(
    "exponential of terms",
    exp(add(Each(a, a))),
    mul(Each(exp(a), a)),
    when=(Member(Each(a, a), REAL),),
    reference=f"{_DLMF}, section 4.8(ii)",
)
EXP_OF_LOG_MULTIPLE = Identity(
    "definition of the real power",
    exp(mul(b, log(a))),
    power(a, b),
    when=(Member(a, POSITIVE), Member(b, REAL)),
    reference=f"{_DLMF}, section 4.2(iv) (definition of the power)",
)
