"""Finite sums and products over an index."""

from __future__ import annotations

from sympy import KroneckerDelta, Tuple

from lossproof.kernel.conditions import Member, Within
from lossproof.kernel.domains import COUNT, REAL
from lossproof.kernel.rules import Identity
from lossproof.kernel.schema import Each
from lossproof.notation.inert import ONE, add, build, distinct, mul, neg, product, total
from lossproof.notation.nodes import ProductOver
from lossproof.rulebook.metavariables import a, b, c, for_all_i, i, k, m, n

_GKP = "Graham, Knuth and Patashnik (1994), Concrete Mathematics"

MINUS_INTO_SUM = Identity(
    "minus sign into the sum",
    neg(total(a(i), i, m, n)),
    total(neg(a(i)), i, m, n),
    reference=f"{_GKP}, eq. 2.15 (distributive law)",
)
SUM_OF_TERMS = Identity(
    "sum of terms",
    total(add(Each(a(i), a)), i, m, n),
    add(Each(total(a(i), i, m, n), a)),
    reference=f"{_GKP}, eq. 2.16 (associative law)",
)
CONSTANT_FACTOR_OUT_OF_SUM = Identity(
    "constant factor in front of the sum",
    total(mul(c, a(i)), i, m, n),
    mul(c, total(a(i), i, m, n)),
    when=(Member(c, REAL),),
    reference=f"{_GKP}, eq. 2.15 (distributive law)",
)
SUM_OF_CONSTANT = Identity(
    "sum of a constant",
    total(c, i, ONE, n),
    mul(n, c),
    when=(Member(n, COUNT), Member(c, REAL)),
    reference=f"{_GKP}, eq. 2.15 (distributive law) and section 2.1 (a sum of n ones)",
)
CONSTANT_OUT_OF_SUM = Identity(
    "constant factor out of the sum",
    total(mul(a(i), c), i, m, n),
    mul(c, total(a(i), i, m, n)),
    when=(Member(c, REAL),),
    reference=f"{_GKP}, eq. 2.15 (distributive law)",
)
MERGE_PRODUCTS = Identity(
    "merge the products",
    mul(product(a(i), i, m, n), product(b(i), i, m, n)),
    product(mul(a(i), b(i)), i, m, n),
    reference=f"{_GKP}, section 2.3 (associative law, for products)",
)
DOUBLE_NEGATION = Identity(
    "double negation",
    neg(neg(a)),
    a,
    reference="The field axioms of the real numbers",
)
SIFT = Identity(
    "only one term is not zero",
    total(mul(build(KroneckerDelta, (i, k)), a(i)), i, m, n),
    a(k),
    when=(Within(k, m, n), for_all_i(Member(a(i), REAL))),
    reference=f"{_GKP}, section 2.4 (sifting by a Kronecker delta)",
)
RESTORE_FACTOR = Identity(
    "put the factor back into the product",
    mul(mul(c, a(i)), ProductOver(a(k), Tuple(k, m, n), distinct(k, i))),
    mul(c, product(a(k), k, m, n)),
    when=(Within(i, m, n),),
    reference=f"{_GKP}, section 2.3 (splitting off a factor)",
)
