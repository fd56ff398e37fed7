"""Laws of probability, and products over labels."""

from __future__ import annotations

from sympy import Tuple

from lossproof.kernel.conditions import Member
from lossproof.kernel.domains import BINARY, REAL
from lossproof.kernel.rules import Identity
from lossproof.notation.inert import ONE, ZERO, equation, mul, power, product, sub
from lossproof.notation.nodes import Probability, ProductOver
from lossproof.rulebook.metavariables import V, X, a, for_all_i, i, m, n, theta, x, y

_BISHOP = "Bishop (2006), Pattern Recognition and Machine Learning"

COMPLEMENT = Identity(
    "complement",
    Probability(V, ZERO, X, x, theta),
    sub(ONE, Probability(V, ONE, X, x, theta)),
    when=(Member(V, BINARY),),
    reference="Kolmogorov (1933), Grundbegriffe der Wahrscheinlichkeitsrechnung, I.1",
)
SPLIT_BY_LABEL = Identity(
    "split the product by label",
    product(a(i, y(i)), i, m, n),
    mul(
        ProductOver(a(i, ONE), Tuple(i, m, n), equation(y(i), ONE)),
        ProductOver(a(i, ZERO), Tuple(i, m, n), equation(y(i), ZERO)),
    ),
    when=(for_all_i(Member(y(i), BINARY)),),
    reference=f"{_BISHOP}, section 4.3.2",
)
LABEL_ONE_AS_EXPONENT = Identity(
    "label as exponent",
    ProductOver(a(i), Tuple(i, m, n), equation(y(i), ONE)),
    product(power(a(i), y(i)), i, m, n),
    when=(for_all_i(Member(y(i), BINARY)), for_all_i(Member(a(i), REAL))),
    reference=f"{_BISHOP}, eq. 2.2 and 4.89",
)
LABEL_ZERO_AS_EXPONENT = Identity(
    "1 minus label as exponent",
    ProductOver(a(i), Tuple(i, m, n), equation(y(i), ZERO)),
    product(power(a(i), sub(ONE, y(i))), i, m, n),
    when=(for_all_i(Member(y(i), BINARY)), for_all_i(Member(a(i), REAL))),
    reference=f"{_BISHOP}, eq. 2.2 and 4.89",
)
