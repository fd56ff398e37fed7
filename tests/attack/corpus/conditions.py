"""Rules applied where one of their side conditions fails and all others hold."""

from __future__ import annotations

from typing import Any

from attack.claims import Use, claim, proportional
from attack.writing import *
from lossproof.kernel.schema import Abstraction
from lossproof.rulebook import calculus, optima, probability, sums
from lossproof.rulebook import matrices as of_matrices

_w, _I = column(w, d), identity(d)
_moving = norm2(_w) * _I
_bend = absolute(over_j(w[j]))


def _sifted(body, at):
    """The values for the rules that sift, as they cannot be read off the left side."""
    given: dict[str, Any] = {
        "a": Abstraction((node(i),), node(body)),
        "i": node(i),
        "k": node(at),
        "m": ONE,
        "n": node(n),
    }
    return given


def _without(body, at):
    """The product over all indices but one."""
    return Term(ProductOver(node(body), Tuple(node(t), ONE, node(n)), inert.distinct(node(t), node(at))))


def _times(*factors):
    """A product whose factors may be products."""
    return Term(inert.mul(*map(node, factors)))


CLAIMS = {
    "rules with one condition missing": (
        claim("sifting out of range", over_i(delta(i, k) * i), k, free_index(k), by=sums.SIFT),
        claim("sifting behind, out of range", over_i(i * delta(i, k)), k, free_index(k), by=sums.SIFT_BEHIND),
        claim(
            "sifting behind, a term undefined",
            over_i(1 / x[i] * delta(i, l)),
            1 / x[l],
            real(x[i]),
            free_index(l),
            by=sums.SIFT_BEHIND,
            at={"n": 2, "x": [0, 0]},
        ),
        claim(
            "sifted out of range",
            k,
            over_i(delta(i, k) * i),
            free_index(k),
            by=Use(sums.AS_SIFTED_SUM, (), _sifted(i, k)),
        ),
        claim(
            "sifted, a term undefined",
            1 / x[l],
            over_i(delta(i, l) * (1 / x[i])),
            real(x[i]),
            free_index(l),
            by=Use(sums.AS_SIFTED_SUM, (), _sifted(1 / x[i], l)),
        ),
        claim(
            "a factor from outside put back",
            _times(_times(c, a**k), _without(a**t, k)),
            c * product(a**t, t, 1, n),
            positive(a, c),
            free_index(k),
            by=Use(
                sums.RESTORE_FACTOR,
                (),
                {
                    "a": Abstraction((node(t),), node(a**t)),
                    "c": node(c),
                    "i": node(k),
                    "k": node(t),
                    "m": ONE,
                    "n": node(n),
                },
            ),
        ),
        claim(
            "an undefined constant out of nothing",
            over_i(1 / c * x[i]),
            1 / c * over_i(x[i]),
            real(c, x[i]),
            by=sums.CONSTANT_FACTOR_OUT_OF_SUM,
            at={"n": 0, "x": [], "c": 0},
        ),
        claim(
            "an undefined constant behind, out of nothing",
            over_i(x[i] * (1 / c)),
            1 / c * over_i(x[i]),
            real(c, x[i]),
            by=sums.CONSTANT_OUT_OF_SUM,
            at={"n": 0, "x": [], "c": 0},
        ),
        claim(
            "1 minus a count as exponent",
            where_i(x[i], y[i], 0),
            times_i(x[i] ** (1 - y[i])),
            positive(x[i]),
            count(y[i]),
            by=probability.LABEL_ZERO_AS_EXPONENT,
        ),
        claim(
            "1 minus the label as exponent of the undefined",
            where_i(log(x[i]), y[i], 0),
            times_i(log(x[i]) ** (1 - y[i])),
            real(x[i]),
            binary(y[i]),
            by=probability.LABEL_ZERO_AS_EXPONENT,
        ),
        claim("a square differentiated as a constant", D(a**2, a), 0, real(a), by=calculus.DERIVATIVE_OF_CONSTANT),
        claim("an undefined constant differentiated", D(log(c), a), 0, real(a, c), by=calculus.DERIVATIVE_OF_CONSTANT),
        claim(
            "the complement of what moves",
            D(a**2 - exp(a), a),
            -D(exp(a), a),
            real(a),
            by=calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT,
        ),
        claim(
            "an undefined complement",
            D(1 / c - a**2, a),
            -D(a**2, a),
            real(a, c),
            at={"c": 0, "a": 1},
            by=calculus.DERIVATIVE_OF_DIFFERENCE_FROM_CONSTANT,
        ),
        claim(
            "the slope of a log of what is negative",
            D(log(a), a),
            1 / a * D(a, a),
            nonzero(a),
            by=calculus.DERIVATIVE_OF_LOG,
        ),
        claim(
            "the slope of the 0th power at 0",
            D(a**b, a),
            b * a ** (b - 1) * D(a, a),
            real(a),
            count(b),
            by=calculus.DERIVATIVE_OF_POWER,
            at={"a": 0, "b": 0},
        ),
        claim(
            "the slope of an exponential as that of a power",
            D(b**a, a),
            a * b ** (a - 1) * D(b, a),
            positive(b),
            real(a),
            by=calculus.DERIVATIVE_OF_POWER,
        ),
        claim(
            "|a| at 0 has the slope 0",
            D(absolute(a), a),
            sign(a) * D(a, a),
            real(a),
            at={"a": 0},
            by=calculus.DERIVATIVE_OF_ABSOLUTE_VALUE,
        ),
        claim(
            "a quadratic form whose matrix moves",
            gradient(form(_w.T @ _moving @ _w), _w),
            2 * (_moving @ _w),
            entries(_w),
            by=of_matrices.GRADIENT_OF_QUADRATIC_FORM,
        ),
        claim(
            "an undefined constant without gradient",
            gradient(log(c) + norm2(_w), _w),
            gradient(norm2(_w), _w),
            entries(_w),
            real(c),
            by=of_matrices.GRADIENT_WITHOUT_CONSTANT,
        ),
        proportional("scaled by what moves", mu, exp(mu) * mu, real(mu), over=mu, by=optima.SCALE_BY_POSITIVE),
    ),
    "kinks that cancel": (
        claim(
            "a sum whose kinks cancel",
            D(absolute(a) - absolute(a), a),
            D(absolute(a), a) + D(-absolute(a), a),
            real(a),
            at={"a": 0},
            by=calculus.DERIVATIVE_OF_TERMS,
        ),
        claim(
            "a product of kinks",
            D(times_i(absolute(a)), a),
            over_i(D(absolute(a), a) * _without(absolute(a), i)),
            real(a),
            at={"a": 0, "n": 2},
            by=Use(calculus.DERIVATIVE_OF_PRODUCT, (), {"k": node(t)}),
        ),
        claim(
            "a kink squared",
            D(absolute(a) ** 2, a),
            2 * absolute(a) * D(absolute(a), a),
            real(a),
            at={"a": 0},
            by=calculus.DERIVATIVE_OF_SQUARE,
        ),
        claim(
            "a kink to the 0th power",
            D((1 + absolute(a)) ** b, a),
            b * (1 + absolute(a)) ** (b - 1) * D(1 + absolute(a), a),
            real(a),
            count(b),
            at={"a": 0, "b": 0},
            by=calculus.DERIVATIVE_OF_POWER,
        ),
        claim(
            "a gradient whose kinks cancel",
            gradient(_bend - _bend, _w),
            gradient(_bend, _w) + gradient(-_bend, _w),
            entries(_w),
            at={"d": 1, "w": [0]},
            by=of_matrices.GRADIENT_OF_TERMS,
        ),
    ),
}

#: False as well, and refused; but no referee looks at the one point where the slopes come together.
BEYOND = (
    claim(
        "a sum over an index whose kinks cancel",
        D(over_i(x[i] * absolute(a)), a),
        over_i(D(x[i] * absolute(a), a)),
        real(a, x[i]),
        at={"a": 0, "n": 2, "x": [1, -1]},
        by=calculus.DERIVATIVE_OF_SUM,
    ),
    claim(
        "a kink times 0",
        D(c * absolute(a), a),
        c * D(absolute(a), a),
        real(a, c),
        at={"a": 0, "c": 0},
        by=calculus.DERIVATIVE_OF_MULTIPLE,
    ),
    claim(
        "a kink times 0, behind",
        D(absolute(a) * c, a),
        D(absolute(a), a) * c,
        real(a, c),
        at={"a": 0, "c": 0},
        by=calculus.DERIVATIVE_OF_LINEAR_TERM,
    ),
    claim(
        "a kink where the cosine is flat",
        D(cos(absolute(a)), a),
        -(sin(absolute(a)) * D(absolute(a), a)),
        real(a),
        at={"a": 0},
        by=calculus.DERIVATIVE_OF_COSINE,
    ),
    claim(
        "a kink where the sine is flat",
        D(sin(half * pi_ + absolute(a)), a),
        cos(half * pi_ + absolute(a)) * D(half * pi_ + absolute(a), a),
        real(a),
        at={"a": 0},
        by=calculus.DERIVATIVE_OF_SINE,
    ),
    claim("the slope of a sign where it jumps", D(sign(a), a), 0, real(a), at={"a": 0}, by=calculus.DERIVATIVE_OF_SIGN),
    claim(
        "the slope of the sign of what jumps",
        D(sign(cases(a, 1, -1)), a),
        0,
        real(a),
        at={"a": 0},
        by=calculus.DERIVATIVE_OF_SIGN,
    ),
    claim(
        "the slope of cases at a kink",
        D(cases(a, a, -a), a),
        cases(a, D(a, a), D(-a, a)),
        real(a),
        at={"a": 0},
        by=calculus.DERIVATIVE_OF_CASES,
    ),
    claim(
        "the slope of cases where the gap jumps",
        D(cases(cases(a, 1, -1), 1, 0), a),
        cases(cases(a, 1, -1), D(1, a), D(0, a)),
        real(a),
        at={"a": 0},
        by=calculus.DERIVATIVE_OF_CASES,
    ),
    claim(
        "a kink times the variable",
        D(a * absolute(a), a),
        D(a, a) * absolute(a) + a * D(absolute(a), a),
        real(a),
        at={"a": 0},
        by=calculus.PRODUCT_RULE,
    ),
    claim(
        "the variable times a kink",
        D(absolute(a) * a, a),
        D(absolute(a), a) * a + absolute(a) * D(a, a),
        real(a),
        at={"a": 0},
        by=calculus.PRODUCT_RULE,
    ),
    claim(
        "a gradient of a kink times 0",
        gradient(c * _bend, _w),
        c * gradient(_bend, _w),
        entries(_w),
        real(c),
        at={"d": 1, "w": [0], "c": 0},
        by=of_matrices.GRADIENT_OF_MULTIPLE,
    ),
)
