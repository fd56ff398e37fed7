"""Finite sums and products over an index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, Integer, KroneckerDelta, Product, Sum, Tuple

from lossproof.kernel.conditions import Member, Within
from lossproof.kernel.domains import COUNT, REAL
from lossproof.kernel.facts import Facts
from lossproof.kernel.rules import Conclusion, Identity
from lossproof.kernel.schema import Each, Value
from lossproof.notation.inert import ONE, TWO, ZERO, add, build, distinct, mul, neg, product, substitute, total
from lossproof.notation.nodes import ProductOver
from lossproof.notation.shapes import MOST_PARTS, measured
from lossproof.rulebook.direct import Direct
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
TWICE = Identity(
    "two equal terms",
    add(a, a),
    mul(TWO, a),
    reference="The field axioms of the real numbers",
)
RESTORE_FACTOR = Identity(
    "put the factor back into the product",
    mul(mul(c, a(i)), ProductOver(a(k), Tuple(k, m, n), distinct(k, i))),
    mul(c, product(a(k), k, m, n)),
    when=(Within(i, m, n),),
    reference=f"{_GKP}, section 2.3 (splitting off a factor)",
)
SIFT_BEHIND = Identity(
    "all other terms are zero",
    total(mul(a(i), build(KroneckerDelta, (i, k))), i, m, n),
    a(k),
    when=(Within(k, m, n), for_all_i(Member(a(i), REAL))),
    reference=f"{_GKP}, section 2.4 (sifting by a Kronecker delta)",
)
AS_SIFTED_SUM = Identity(
    "one term as a sum",
    a(k),
    total(mul(build(KroneckerDelta, (i, k)), a(i)), i, m, n),
    when=(Within(k, m, n), for_all_i(Member(a(i), REAL))),
    reference=f"{_GKP}, section 2.4 (sifting by a Kronecker delta)",
)
FACTOR_INTO_SUM = Identity(
    "constant factor into the sum",
    mul(c, total(a(i), i, m, n)),
    total(mul(c, a(i)), i, m, n),
    when=(Member(c, REAL),),
    reference=f"{_GKP}, eq. 2.15 (distributive law)",
)
MERGE_SUMS = Identity(
    "merge the sums",
    add(Each(total(a(i), i, m, n), a)),
    total(add(Each(a(i), a)), i, m, n),
    reference=f"{_GKP}, eq. 2.16 (associative law)",
)


@dataclass(frozen=True)
class WrittenOut(Direct):
    """A sum or a product between two numbers is the sum or product of its terms, one after the other."""

    name: str = "terms written out"
    reference: str = f"{_GKP}, section 2.1 (the sum over an empty range is 0, the product 1)"
    most: int = 100

    def fits(self, e: Expr) -> bool:
        """A sum or product whose bounds are numbers not too far apart."""
        if not isinstance(e, (Sum, Product)):
            return False
        _, low, high = e.args[1]
        return isinstance(low, Integer) and isinstance(high, Integer) and bool(high - low < self.most)

    def conclude(self, before: Expr, given: Mapping[str, Value], facts: Facts) -> Conclusion:
        if not self.fits(before):
            raise self.misfit(before, f"it is not a sum or product of at most {self.most} terms between two numbers")
        body, (index, low, high) = before.args
        if measured(body)[0] * max(0, int(high) - int(low) + 1) > MOST_PARTS:
            raise self.misfit(before, "its terms would be too large")
        terms = [substitute(body, {index: Integer(at)}) for at in range(int(low), int(high) + 1)]
        if not terms:
            return Conclusion(ZERO if isinstance(before, Sum) else ONE)
        join = add if isinstance(before, Sum) else mul
        return Conclusion(join(*terms) if len(terms) > 1 else terms[0])


WRITTEN_OUT = WrittenOut()
