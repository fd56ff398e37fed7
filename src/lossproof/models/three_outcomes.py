"""A label, its opposite, or "don't know": Sollich's probabilities behind the hinge loss (2002, section 2).

The factors ``exp(-C l(f, y))`` of the two labels, each divided by ``1 + exp(-2 C)``, never add up to more than 1;
what is left is the probability of a third outcome, that there is no label.
"""

from __future__ import annotations

from sympy import Symbol, Tuple

from lossproof.kernel.conditions import Declared, Hypothesis
from lossproof.kernel.domains import POSITIVE, REAL, SIGNS
from lossproof.losses import HINGE
from lossproof.models.kernels import C, f, values
from lossproof.models.symbols import b, i, n
from lossproof.models.symbols import y as observations
from lossproof.notation.inert import MINUS_ONE, ONE, TWO, add, exp, inverse, mul, neg, product, sub
from lossproof.notation.nodes import Definition, Head, Named

#: A latent value and a label.
latent, label = Symbol("f", real=True), Symbol("y", real=True)
HYPOTHESES: tuple[Hypothesis, ...] = (Declared(C, POSITIVE), Declared(latent, REAL))
LABELLED: tuple[Hypothesis, ...] = (*HYPOTHESES, Declared(label, SIGNS))

#: ``1 + exp(-2 C)``: what the factors of both labels add up to at most, reached at ``f = -1`` and ``f = 1``.
MOST = add(ONE, exp(neg(mul(TWO, C))))
#: ``q(f, y) := exp(-C l(f, y)) / (1 + exp(-2 C))``, the probability of a label.
OF_LABEL = Definition(Head("q"), Tuple(latent, label), mul(inverse(MOST), exp(neg(mul(C, HINGE(latent, label))))))
#: ``r(f) := 1 - (q(f, 1) + q(f, -1))``, the probability of no label.
OF_NONE = Definition(Head("r"), Tuple(latent), sub(ONE, add(OF_LABEL(latent, ONE), OF_LABEL(latent, MINUS_ONE))))


def likelihood() -> Named:
    """``L(b, f) := prod_i q(f_i + b, y_i)``: the probability of the labels."""
    body = product(OF_LABEL(add(f.entry(i), b), observations[i]), i, ONE, n)
    return Definition(Head("L"), Tuple(b, values), body)(b, values)
