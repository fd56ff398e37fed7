"""Total masses in balls: of every noise that ships, of what is no density, and of what is not bounded."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from sympy import Expr, pi

import lossproof as lp
from lossproof.kernel.domains import COUNT, NONNEGATIVE, POSITIVE, REAL, UNIT, Domain
from lossproof.models import CAUCHY, GAUSSIAN, POISSON, Noise, OpaqueNetwork
from lossproof.notation.inert import (
    ONE,
    TWO,
    absolute,
    add,
    exp,
    factorial,
    inverse,
    mul,
    neg,
    power,
    sub,
)
from lossproof.notation.nodes import Probability, Sigmoid
from lossproof.numeric.balls import Balls, rounded
from lossproof.numeric.enclosing import Interval, Ray, Unbounded, enclose_mass, shipped, table
from lossproof.numeric.evaluate import Evaluator, Instance, evaluate
from lossproof.numeric.normalisation import parameters_tried

SHIPPED = list(shipped())


def noisy(density: Any, on: Domain, **more: Any) -> lp.Model[Noise]:
    """A model of one prediction ``f``, a real number, with this density."""
    return lp.Model("own", Noise("own noise", density, on, **more), OpaqueNetwork(REAL))


@pytest.mark.parametrize("model", SHIPPED, ids=lambda m: m.name)
def test_the_total_mass_of_every_noise_that_ships_is_enclosed_around_one(model: lp.Model[Any]) -> None:
    tried = list(parameters_tried(model))
    assert len(tried) == 3
    for predictions, values in tried:
        found = enclose_mass(model, predictions, values)
        assert found.is_one, (predictions, values, str(found))
        assert found.radius < 1e-12


def test_all_kinds_of_noise_are_among_them() -> None:
    assert len(SHIPPED) >= 22
    lines = list(table([m for m in SHIPPED if m.noise in (POISSON, CAUCHY)]))
    assert len(lines) == 6
    assert all("[1.00000000000 +/- " in line for line in lines)
    assert "the rest is geometric, ratio <= 0." in lines[3]


@pytest.mark.parametrize(
    ("density", "on", "kind"),
    [
        (lambda f, v: mul(TWO, exp(neg(v))), NONNEGATIVE, None),
        (lambda f, v: mul(inverse(factorial(v)), exp(neg(TWO))), COUNT, Probability),
        (lambda f, v: exp(neg(power(sub(v, f), TWO))), REAL, None),
        (lambda f, v: mul(v, sub(ONE, v)), UNIT, None),
    ],
    ids=["twice too much", "the mean left out", "no constant", "a polynomial"],
)
def test_what_is_no_density_is_shown_not_to_be_one(density: Any, on: Domain, kind: Any) -> None:
    more = {} if kind is None else {"kind": kind}
    found = enclose_mass(noisy(density, on, **more), [0.25])
    assert not found.is_one
    assert found.radius < 1e-12


def test_the_ball_contains_what_is_known_in_closed_form() -> None:
    root = enclose_mass(noisy(lambda f, v: exp(neg(power(sub(v, f), TWO))), REAL), [0.25])
    sixth = enclose_mass(noisy(lambda f, v: mul(v, sub(ONE, v)), UNIT), [0.25])
    with Balls(256).working():
        assert root.ball.overlaps(rounded(evaluate(power(pi, inverse(TWO)), {}, Balls(256))))
        assert sixth.ball.overlaps(rounded(Fraction(1, 6)))


@pytest.mark.parametrize(
    ("density", "on", "kind"),
    [
        (lambda f, v: inverse(add(ONE, v)), NONNEGATIVE, None),
        (lambda f, v: inverse(v), UNIT, None),
        (lambda f, v: inverse(add(ONE, absolute(v))), REAL, None),
        (lambda f, v: inverse(add(ONE, v)), COUNT, Probability),
        (lambda f, v: power(TWO, v), COUNT, Probability),
        (lambda f, v: Sigmoid(v), REAL, None),
    ],
    ids=["1/(1 + y)", "1/y at 0", "1/(1 + |y|)", "the harmonic series", "a growing series", "a sigmoid"],
)
def test_where_no_bound_is_had_it_is_said_and_no_mass_is_given(density: Any, on: Domain, kind: Any) -> None:
    more = {} if kind is None else {"kind": kind}
    with pytest.raises(Unbounded):
        enclose_mass(noisy(density, on, **more), [0.25])


def test_a_tail_that_is_left_out_is_counted() -> None:
    """A ball around the mass of ``exp(-y)`` is at least as wide as what lies beyond the last point."""
    found = enclose_mass(noisy(lambda f, v: exp(neg(v)), NONNEGATIVE), [0.25])
    assert found.ball.contains(1)
    assert 0 < found.radius < 1e-13


@pytest.mark.parametrize(
    ("e", "least", "most"),
    [
        (lambda v: power(v, neg(TWO)), -2, -2),
        (lambda v: exp(neg(v)), -math.inf, -16),
        (lambda v: power(add(ONE, mul(v, v)), neg(ONE)), -2, -1.9),
        (lambda v: mul(v, exp(neg(mul(v, v)))), -math.inf, 1 - 2 * 256),
        (lambda v: inverse(sub(v, TWO)), -1.2, -1),
    ],
    ids=["a power", "an exponential", "Cauchy", "a product", "a line"],
)
def test_an_elasticity_is_enclosed_on_the_whole_of_a_ray(e: Any, least: float, most: float) -> None:
    from lossproof.models import i, y

    with Balls(128).working():
        ray = Ray(rounded(0), 1, Interval(rounded(16), float("inf")), Evaluator(Instance({}), Balls(128)))
        found = ray.elasticity(e(y[i]))
    assert least - 1e-9 <= float(found.low)
    assert float(found.high) <= most + 1e-9


@pytest.mark.parametrize("at", [16.0, 40.0, 1e6])
def test_an_elasticity_lies_in_its_enclosure(at: float) -> None:
    from lossproof.models import i, y

    def density(v: Any, one: Any = ONE) -> Expr:
        return mul(power(add(one, mul(v, v)), neg(TWO)), exp(inverse(v)))

    with Balls(128).working():
        ray = Ray(rounded(0), 1, Interval(rounded(16), float("inf")), Evaluator(Instance({}), Balls(128)))
        found = ray.elasticity(density(y[i]))
    slope = -4 * at * at / (1 + at * at) - 1 / at
    assert float(found.low) <= slope <= float(found.high)


def test_a_gaussian_of_tiny_and_of_huge_scale_has_mass_one() -> None:
    model = lp.Model("g", GAUSSIAN, OpaqueNetwork(REAL))
    for sigma in (2.0**-30, 2.0**30):
        found = enclose_mass(model, [0.5], {"sigma": sigma})
        assert found.is_one
        assert found.radius < 1e-9


def test_a_positive_domain_needs_the_density_near_zero() -> None:
    """``y^(-1/2) exp(-y) / Gamma(1/2)`` grows without bound at 0, and has mass 1."""
    from lossproof.notation.inert import gamma_function

    half = inverse(TWO)
    density = lambda f, v: mul(inverse(gamma_function(half)), power(v, neg(half)), exp(neg(v)))  # noqa: E731
    found = enclose_mass(noisy(density, POSITIVE), [0.25])
    assert found.is_one
    assert found.radius < 1e-12


@pytest.mark.parametrize("name", ["gamma", "poisson", "softmax"])
def test_the_referee_encloses_the_mass_of_what_a_model_assumes(name: str) -> None:
    said = [row.detail for row in lp.derive(name).verify("balls").rows if "total mass 1 to" in row.detail]
    assert len(said) == 1
    assert float(said[0].split("total mass 1 to ")[1].split()[0]) < 1e-12
