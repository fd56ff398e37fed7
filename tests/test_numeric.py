"""Numbers in the derived expressions: against other libraries, and Hypothesis in high precision."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import IndexedBase, Rational, pi, symbols

import lossproof as lp
from lossproof.errors import DataError, NoMinimiser, UnsupportedExpression
from lossproof.kernel.conditions import Assumed
from lossproof.notation.inert import ONE, TWO, absolute, add, derivative, mul, power, product, total
from lossproof.numeric.agreement import Derived
from lossproof.numeric.data import read_data, separating_weights, table
from lossproof.numeric.evaluate import Instance, Precise, evaluate
from lossproof.referees.balls import difference

MODEL = lp.LOGISTIC
CHAIN = lp.derive("logistic")
GRADIENT = lp.derive("logistic-gradient")
ASSUMED = tuple(h for h in MODEL.hypotheses if isinstance(h, Assumed))

# ------------------------------------------------------------------ the interpreter

a, n = symbols("a n")
i, j = symbols("i j", integer=True)
x = IndexedBase("x")


def test_indices_count_from_one_as_in_the_theorems() -> None:
    values = {"n": 3, "x": [1.0, 2.0, 4.0]}
    assert evaluate(total(x[i], i, ONE, n), values) == 7.0
    assert evaluate(product(x[i], i, ONE, n), values) == 8.0
    assert evaluate(x[ONE], values) == 1.0


def test_empty_sums_are_0_and_empty_products_1() -> None:
    values = {"n": 0, "x": np.zeros(0)}
    assert evaluate(total(x[i], i, ONE, n), values) == 0.0
    assert evaluate(product(x[i], i, ONE, n), values) == 1.0


def test_nested_indices_have_axes_of_their_own() -> None:
    grid = np.arange(6.0).reshape(2, 3)
    e = total(product(add(x[i, j], ONE), j, ONE, 3 * ONE), i, ONE, 2 * ONE)
    assert evaluate(e, {"x": grid}) == np.prod(grid + 1, axis=1).sum()


def test_a_free_index_gives_an_array() -> None:
    instance = Instance({"x": [1.0, 2.0]}, indices={"j": np.array([1, 2])})
    assert evaluate(mul(x[j], x[j]), instance).tolist() == [1.0, 4.0]


def test_derivatives_are_taken_numerically_in_high_precision() -> None:
    value = evaluate(derivative(power(a, 3 * ONE), a), {"a": 2}, Precise(60))
    assert abs(value - 12) < 1e-30


@pytest.mark.parametrize(
    ("e", "values", "message"),
    [
        (a, {}, "no value is given for 'a'"),
        (x[3 * ONE], {"x": [1.0]}, "leaves the array"),
        (x[0 * ONE], {"x": [1.0]}, "leaves the array"),
        (x[ONE, ONE], {"x": [1.0]}, "has 1 axes"),
        (MODEL.marginal(ONE), {}, "nothing is assumed"),
    ],
)
def test_missing_numbers_are_named(e: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        evaluate(e, values)


def test_unknown_nodes_are_named() -> None:
    from sympy import tan

    with pytest.raises(UnsupportedExpression, match="tan"):
        evaluate(tan(a), {"a": 1.0})


def test_high_precision_leaves_mpmath_alone() -> None:
    import mpmath

    before = mpmath.mp.dps
    assert str(evaluate(Rational(1, 3), {}, Precise(40)))[:30] == "0.3333333333333333333333333333"
    assert mpmath.mp.dps == before


# ------------------------------------------------------------------ Hypothesis: product and sum


@st.composite
def data(draw: st.DrawFn) -> Instance:
    """Random sizes (n = 0 and d = 0 included), weights that may saturate, inputs and labels."""
    rows, columns = draw(st.integers(0, 6)), draw(st.integers(0, 4))
    size = draw(st.sampled_from([1.0, 5.0, 40.0]))
    numbers = st.floats(-size, size, allow_nan=False)
    w = draw(st.lists(numbers, min_size=columns, max_size=columns))
    cells = draw(st.lists(st.floats(-3, 3), min_size=rows * columns, max_size=rows * columns))
    y = draw(st.lists(st.integers(0, 1), min_size=rows, max_size=rows))
    values = {"n": rows, "d": columns, "w": np.array(w), "x": np.array(cells).reshape(rows, columns), "y": np.array(y)}
    return Instance(values, {}, ASSUMED)


def enough_digits(instance: Instance) -> Precise:
    """Digits for which no sigmoid of this instance is rounded to 0 or 1."""
    scores = np.asarray(instance.values["x"]) @ np.asarray(instance.values["w"])
    return Precise(50 + math.ceil(np.abs(scores).max(initial=0.0) / math.log(10)))


@given(data())
def test_product_and_sum_agree_through_log_and_exp(instance: Instance) -> None:
    numbers = enough_digits(instance)
    context = numbers.context
    likelihood = evaluate(MODEL.likelihood, instance, numbers)
    loss = evaluate(MODEL.loss, instance, numbers)
    assert 0 < likelihood <= 1
    assert loss >= 0
    assert abs(-context.log(likelihood) - loss) <= context.mpf(10) ** -40 * (1 + loss)
    assert abs(context.exp(-loss) - likelihood) <= context.mpf(10) ** -40 * likelihood


@given(data())
def test_the_empty_data_set_has_likelihood_1_and_loss_0(instance: Instance) -> None:
    empty = {**instance.values, "n": 0, "x": np.zeros((0, instance.values["d"])), "y": np.zeros(0)}
    assert evaluate(MODEL.likelihood, Instance(empty)) == 1
    assert evaluate(MODEL.loss, Instance(empty)) == 0


@settings(max_examples=40)
@given(data(), st.sampled_from(["logistic", "logistic-converse"]))
def test_the_two_sides_of_every_step_agree(instance: Instance, name: str) -> None:
    for step in lp.derive(name):
        assert difference(step, instance) is None


@settings(max_examples=40)
@given(data())
def test_the_gradient_agrees_with_differences(instance: Instance) -> None:
    if not instance.values["d"]:
        return
    at = Instance(instance.values, {}, ASSUMED, {"j": 1})
    numbers = Precise(3 * enough_digits(instance).context.dps)
    numerical = evaluate(GRADIENT.lhs, at, numbers)
    derived = evaluate(GRADIENT.rhs, at, numbers)
    assert abs(numerical - derived) <= 1e-25 * (1 + abs(derived))


@given(st.floats(-800, 800), st.sampled_from([0.0, 1.0, 0.3]))
def test_the_stable_form_is_accurate_where_the_naive_one_overflows(z: float, y: float) -> None:
    d = lp.derive("logistic-stable")
    exact = evaluate(d.lhs, {"z": z, "y": y}, Precise(800))
    stable = float(evaluate(d.rhs, {"z": z, "y": y}))
    assert stable == pytest.approx(float(exact), rel=1e-12, abs=1e-15)


@settings(max_examples=60)
@given(data(), st.integers(0, len(CHAIN) - 1), st.booleans())
def test_a_mutated_step_is_refuted_by_numbers(instance: Instance, number: int, doubled: bool) -> None:
    from dataclasses import replace

    step = CHAIN[number]
    wrong = mul(2 * ONE, step.after) if doubled else add(step.after, ONE)
    value = evaluate(step.after, instance, enough_digits(instance))
    if value != 0 or not doubled:
        assert difference(replace(step, after=wrong), instance)


# ------------------------------------------------------------------ data


@pytest.mark.parametrize(
    ("inputs", "labels", "message"),
    [
        ([1.0, 2.0], [0, 1], "shape"),
        ([[1.0], [2.0]], [0], "labels must have the shape"),
        ([[1.0], [2.0]], [[0], [1]], "labels must have the shape"),
        ([[1.0], [math.nan]], [0, 1], "NaN or infinity, first in row 2"),
        ([[1.0], [math.inf]], [0, 1], "NaN"),
        ([[1.0], [2.0]], [0, math.nan], "labels hold NaN"),
        ([[1.0], [2.0]], [0, 2], "row 2 has 2"),
        ([[1.0], [2.0]], [0.5, 1], "row 1 has 0.5"),
        ([["a"], ["b"]], [0, 1], "must be numbers"),
        ([[1.0], [2.0, 3.0]], [0, 1], "must be numbers"),
    ],
)
def test_data_that_do_not_fit_are_refused(inputs: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        table(inputs, labels)


def derived(inputs: Any, labels: Any) -> Derived:
    return Derived(MODEL, table(inputs, labels), GRADIENT.rhs, lp.derive("logistic-stable").rhs)


def test_weights_of_the_wrong_shape_are_refused() -> None:
    with pytest.raises(DataError, match=r"shape \(1,\)"):
        derived([[1.0]], [1]).loss(np.zeros(2))


def test_separable_data_have_no_minimiser_and_no_loop(needs: Callable[[str], None]) -> None:
    needs("scipy")
    with pytest.raises(NoMinimiser, match="separates"):
        derived([[1.0], [2.0], [-1.0]], [1, 1, 0]).minimise()


def test_separation_is_found_exactly_where_it_is(needs: Callable[[str], None]) -> None:
    needs("scipy")
    overlapping = table([[1.0], [2.0], [-1.0], [1.5]], [1, 1, 0, 0])
    assert separating_weights(overlapping) is None
    quasi = table([[1.0], [0.0], [0.0], [-1.0]], [1, 1, 0, 0])
    weights = separating_weights(quasi)
    assert weights is not None
    assert ((2 * quasi.labels - 1) * (quasi.inputs @ weights) >= 0).all()


def test_the_breast_cancer_data_agree_with_other_libraries(needs: Callable[[str], None]) -> None:
    needs("sklearn")
    data_set = read_data("breast_cancer")
    assert data_set.inputs.shape == (569, 30)
    assert np.allclose(data_set.inputs.mean(axis=0), 0)
    assert np.allclose(data_set.inputs.std(axis=0), 1)
    agreement = lp.verify_on(data_set)
    assert agreement.ok
    by = {c.by for c in agreement.comparisons}
    assert {"sklearn.metrics.log_loss", "scipy.optimize.approx_fprime"} <= by
    assert "sklearn LogisticRegression, no penalty" in by
    assert sum(c.what.startswith("minimiser") for c in agreement.comparisons) == 5
    assert any("underflows" in note for note in agreement.notes)


def test_a_difference_is_noticed() -> None:
    from lossproof.numeric.agreement import Comparison

    assert Comparison("x", 1.0, 1.0 + 1e-13, "y", 1e-12).agrees
    assert not Comparison("x", 1.0, 1.1, "y", 1e-12).agrees
    assert not Comparison("x", math.nan, 1.0, "y", 1e-12).agrees


def test_the_derived_gradient_vanishes_at_the_minimiser(needs: Callable[[str], None]) -> None:
    needs("scipy")
    chance = np.random.default_rng(3)
    inputs = chance.standard_normal((60, 3))
    labels = (inputs @ [1.0, -1.0, 0.5] + chance.standard_normal(60) > 0).astype(int)
    fitted = derived(inputs, labels)
    best = fitted.minimise()
    assert np.abs(fitted.gradient(best)).max() < 1e-5
    for _ in range(20):
        assert fitted.loss(best + 0.1 * chance.standard_normal(3)) > fitted.loss(best)


def test_a_function_of_a_constant_under_a_sum_has_a_value() -> None:
    assert evaluate(total(absolute(pi), i, ONE, TWO), {}, Precise(20)) == pytest.approx(2 * math.pi)
