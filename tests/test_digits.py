"""Pointwise functions keep their digits: numbers of several doubles, guards, and errors beside Arb."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lossproof as lp
from lossproof.compiled.accuracy import measured
from lossproof.compiled.expansions import Expansion, Expansions
from lossproof.compiled.guards import guarded, static_bound
from lossproof.compiled.program import Level, Node, Program
from lossproof.compiled.refinement import refined
from lossproof.strategies.pointwise import models_by_name

ROW = Level.ROW


def exactly(a: Expansion, k: int = 0) -> Fraction:
    """The value of an expansion without any rounding."""
    power = int(np.ravel(a.exponent)[k]) if a.words[0].any() else 0
    total = sum((Fraction(float(np.ravel(w)[k])) for w in a.words), Fraction(0))
    return total * Fraction(2) ** max(power, -4000)


def bound(a: Expansion) -> Fraction:
    power = int(np.ravel(a.exponent)[0])
    return Fraction(float(np.ravel(a.error)[0])) * Fraction(2) ** max(power, -4000)


# ---------------------------------------------------------------------- arithmetic

doubles = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("n", [2, 4])
@given(st.lists(doubles, min_size=3, max_size=3))
@settings(max_examples=40, deadline=None)
def test_sums_products_and_quotients_lie_within_their_bounds(n: int, values: list[float]) -> None:
    arithmetic = Expansions(n)
    a, b, c = (arithmetic.number(np.array([v])) for v in values)
    x, y, z = map(Fraction, values)
    with np.errstate(all="ignore"):
        found = arithmetic.add(arithmetic.mul(a, b), c)
        assert abs(exactly(found) - (x * y + z)) <= bound(found)
        assert abs(exactly(found) - (x * y + z)) <= (abs(x * y) + abs(z)) * Fraction(2) ** (4 - 53 * n)
        if y:
            ratio = arithmetic.div(arithmetic.sub(a, c), b)
            assert abs(exactly(ratio) - (x - z) / y) <= bound(ratio)


def test_what_is_exact_has_no_error() -> None:
    two = Expansions(2)
    a, b = two.number(np.array([1e16])), two.number(np.array([1.0]))
    assert float(two.sub(two.add(a, b), a).double[0]) == 1.0
    assert float(two.add(a, b).error[0]) == 0.0
    for name, value in (("exp", 0.0), ("log", 1.0), ("expm1", 0.0), ("log1p", 0.0), ("sin", 0.0), ("lgamma", 2.0)):
        assert float(two.table[name](two.number(np.array([value]))).error[0]) == 0.0, name


# ---------------------------------------------------------------------- functions

SIZES = (5e-324, 3e-310, 1e-200, 1e-30, 3e-9, 0.01, 0.3, 0.7071, 1.0, 1.4142, 2.0, 2.7, 7.1, 20.3, 36.7)
NEAR = (1 - 2**-53, 1 + 2**-52, 1.9999999, 2.0000001, 1.4616321449683622, 3.14159265, 0.69314718, 1 / 128, 0.75)
POSITIVE = (*SIZES, *NEAR, 700.3, 1e5, 1e17, 1e300)
SIGNED = (0.0, *SIZES, *NEAR, *(-v for v in (*SIZES, *NEAR)))
FAR = (*SIGNED, 745.2, -800.5, 1e10, -1e22, 1.7e300)

ARGUMENTS: dict[str, Sequence[float]] = {
    "exp": (*SIGNED, 700.3, -745.3),
    "expm1": (*SIGNED, 700.3, -745.3),
    "log": POSITIVE,
    "log1p": (*(v for v in SIGNED if v > -1), *POSITIVE),
    "sqrt": (0.0, *POSITIVE),
    "sin": FAR,
    "cos": FAR,
    "lgamma": POSITIVE,
    "digamma": POSITIVE,
    "trigamma": POSITIVE,
    "erf": (*SIGNED, 700.0),
    "erfc": SIGNED,
    "erfcx": (*(v for v in SIGNED if v > -7), 1e5, 1e300),
    "ndtr": SIGNED,
    "log_ndtr": (*SIGNED, -700.0, -1e5),
}


def truth_of(name: str) -> Callable[[Any], Any]:
    from lossproof.compiled import accuracy

    return accuracy._BALLS[name]


@pytest.mark.parametrize("n", [2, 4])
@pytest.mark.parametrize("name", ARGUMENTS)
def test_functions_lie_within_their_bounds(name: str, n: int, needs: Callable[[str], None]) -> None:
    needs("flint")
    import flint

    arguments = np.array(ARGUMENTS[name])
    arithmetic = Expansions(n)
    with np.errstate(all="ignore"):
        found = arithmetic.table[name](arithmetic.number(arguments))
    function = truth_of(name)
    with flint.ctx.workprec(3000):
        for k, x in enumerate(arguments.tolist()):
            true = function(flint.arb(x))
            parts = [np.broadcast_to(p, arguments.shape)[k] for p in (*found.words, found.exponent, found.error)]
            *words, exponent, error = map(float, parts)
            power = flint.arb(2) ** int(max(exponent, -(10**8)))
            value = sum(map(flint.arb, words), flint.arb(0)) * power
            assert abs(value - true) <= flint.arb(error) * power + abs(true) * flint.arb(2) ** -1060, x
            if not (name in ("lgamma", "digamma") and abs(x - 1.5) < 0.6):  # no digits next to a zero are promised
                assert abs(value - true) <= (abs(true) + flint.arb(2) ** -1060) * flint.arb(2) ** (12 - 53 * n), x


# ---------------------------------------------------------------------- guards


def program(*nodes: tuple[str, tuple[int, ...]], names: str = "zy") -> Program:
    inputs = [Node("input", (), ROW, name) for name in names]
    made = [*inputs, *(Node(operation, arguments, ROW) for operation, arguments in nodes)]
    return Program(dict.fromkeys(names, ROW), tuple(made), {"out": len(made) - 1})


def test_a_difference_of_what_is_given_needs_no_guard() -> None:
    difference = program(("sub", (0, 1)))
    assert guarded(difference) is difference
    assert static_bound(difference) == {"out": 1.0}


def test_terms_of_one_sign_need_no_guard_others_do() -> None:
    # |z| + exp(y), and z + exp(y)
    same = program(("abs", (0,)), ("exp", (1,)), ("add", (2, 3)))
    either = program(("exp", (1,)), ("add", (0, 2)))
    assert "doubt" not in guarded(same).outputs
    assert "doubt" in guarded(either).outputs
    assert "doubt" not in guarded(either, {"z": (0.0, 10.0)}).outputs


def test_the_exponential_of_a_rounded_difference_is_doubtful_where_it_is_large() -> None:
    of_difference = guarded(program(("sub", (0, 1)), ("exp", (2,))))
    table = {"sub": np.subtract, "exp": np.exp, "abs": np.abs, "mul": np.multiply, "add": np.add, "max": np.maximum}
    given = {"z": np.array([1.0, 300.0]), "y": np.array([0.3, 0.1])}
    found = of_difference.run({**table, "constant": float}, given)["doubt"]
    assert [bool(d > 0) for d in np.asarray(found)] == [False, True]


def test_doubtful_rows_are_right_to_the_last_place_and_the_others_are_left_alone() -> None:
    poisson = lp.compile("poisson")
    y = np.arange(1.0, 200.0)
    z = np.log(y)
    fast = np.empty_like(z)
    poisson.backend.fill("slope", [z, y], [], [fast])
    found = refined(poisson.unit.programs["slope"], {"z": z, "y": y})["slope"]
    assert poisson.slope(z, y).tolist() == found.tolist()
    assert (np.abs(fast - found) > 1e6 * np.spacing(np.abs(found))).any()
    assert poisson.slope(z + 2, y).tolist() == (np.exp(z + 2) - y).tolist()


def test_zeros_infinities_and_missing_values_are_as_in_the_fast_program() -> None:
    gamma = lp.compile("gamma")
    z = np.array([np.nan, np.inf, -np.inf, 0.0, 1e300, -1e300])
    y = np.array([1.0, 1.0, 2.0, 1.0, 1.0, 3.0])
    assert np.array_equal(gamma.slope(z, y), [np.nan, 1.0, -np.inf, 0.0, 1.0, -np.inf], equal_nan=True)


def test_missing_values_alone_pass_through() -> None:
    assert np.isnan(lp.compile("poisson").slope(np.array([np.nan, np.nan]), np.array([1.0, 2.0]))).all()


def test_narrow_numbers_are_computed_as_doubles_and_rounded_once() -> None:
    poisson = lp.compile("poisson")
    z = np.log(np.arange(1, 4000, dtype=np.float32))
    y = np.rint(np.exp(z))
    narrow, wide = poisson.slope(z, y), poisson.slope(z.astype(float), y.astype(float))
    assert narrow.dtype == np.float32
    assert narrow.tolist() == wide.astype(np.float32).tolist()


def test_many_rows_are_the_same_as_one_by_one() -> None:
    poisson = lp.compile("poisson")
    y = np.tile(np.arange(1.0, 42.0), 5000)
    z = np.log(y)
    assert poisson.slope(z, y)[-41:].tolist() == poisson.slope(z[:41], y[:41]).tolist()


# ---------------------------------------------------------------------- the catalogue


def losses() -> list[str]:
    """A name for each model of a loss of one or several predictions."""
    return [name for name, model in models_by_name().items() if model.prior is None]


#: Losses with longer forms than the aim has room for: what their functions are held to.
LONGER = {"probit": 7.0, "inverse-gaussian": 5.0, "beta": 5.0, "geometric": 5.0, "binomial": 5.0}
#: Losses whose forms take the logarithm of an exponential far out, or subtract numbers that agree in a thousand
#: bits; their functions are held to the aim for arguments of moderate size.
MODERATE = {"complementary-log-log": 60.0, "beta": 60.0}


@pytest.mark.parametrize("name", losses())
def test_errors_are_at_most_four_units_in_the_last_place(name: str, needs: Callable[[str], None]) -> None:
    needs("flint")
    for found in measured(lp.compile(name), most=40, settings=1):
        (truth,) = found.truths
        inside = np.all([np.abs(a) <= MODERATE.get(name, np.inf) for a in truth.sample.arguments], axis=0)
        assert inside.sum() > 20
        assert found.ulps[inside].max() <= LONGER.get(name, 4.0), (found.what, found.where)


def test_slopes_of_shares_are_right_next_to_where_they_vanish(needs: Callable[[str], None]) -> None:
    needs("flint")
    from flint import arb, ctx

    random = np.random.default_rng(5)
    y = random.integers(1, 9, (40, 3)).astype(float)
    z = np.log(y / y.sum(axis=1, keepdims=True)) + random.normal(size=y.shape) * 10.0 ** random.integers(
        -17, 2, (40, 1)
    )
    slopes = lp.compile("multinomial").slope(z, y)
    with ctx.workprec(400):
        for scores, counts, found in zip(z.tolist(), y.tolist(), slopes.tolist(), strict=True):
            parts = [arb(v).exp() for v in scores]
            for part, count, slope in zip(parts, counts, found, strict=True):
                true = sum(counts) * part / sum(parts, arb(0)) - count
                assert abs(arb(slope) - true) < 4 * arb(float(np.spacing(abs(float(true)))))
