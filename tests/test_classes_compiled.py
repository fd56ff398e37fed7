"""Compiled losses with a score for each class; and what else than a model is compiled."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx
from scipy.special import logsumexp, softmax

import lossproof as lp
from lossproof.compiled import runtime
from lossproof.compiled.classes import CompiledClasses
from lossproof.compiled.loading import module
from lossproof.errors import DataError, LossproofError, UnknownName
from lossproof.kernel.serial import from_json, to_json
from lossproof.notation.plain import written
from lossproof.rulebook import RULES
from lossproof.strategies.pointwise import of_definition, of_derivation
from lossproof.strategies.scores import classwise


def compiled(name: str) -> CompiledClasses:
    found = lp.compile(name)
    assert isinstance(found, CompiledClasses)
    return found


SOFTMAX, ONE_HOT, MULTINOMIAL = map(compiled, ("softmax", "softmax-one-hot", "multinomial"))


def drawn(count: int, classes: int, seed: int = 0) -> tuple[Any, Any]:
    random = np.random.default_rng(seed)
    return 4 * random.normal(size=(count, classes)), random.integers(0, classes, count)


# ------------------------------------------------------------------ what is computed


@pytest.mark.parametrize("classes", [1, 2, 10, 65, 1000])
def test_loss_and_derivatives_are_those_of_scipy(classes: int) -> None:
    count = 7 if classes > 100 else 300
    z, y = drawn(count, classes)
    each, shares = np.arange(count), np.eye(classes)[y]
    loss, p = logsumexp(z, axis=1) - z[each, y], softmax(z, axis=1)
    direction, weights = np.random.default_rng(1).normal(size=z.shape), np.arange(count) / 7
    product = p * (direction - (p * direction).sum(axis=1, keepdims=True))
    for c, observed in ((SOFTMAX, y), (ONE_HOT, shares), (MULTINOMIAL, shares)):
        np.testing.assert_allclose(c.pointwise(z, observed), loss, rtol=1e-13, atol=1e-13)
        np.testing.assert_allclose(c.slope(z, observed), p - shares, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(c.curvature_product(z, observed, direction), product, rtol=1e-12, atol=1e-13)
        both = c.pointwise_and_slope(z, observed)
        np.testing.assert_allclose(both[0], c.pointwise(z, observed), rtol=2e-15)
        np.testing.assert_allclose(both[1], c.slope(z, observed), rtol=2e-15)
        assert c.total(z, observed, weights=weights) == pytest.approx((weights * loss).sum(), rel=1e-14)
        value, slopes = c.total_and_slope(z, observed, weights=weights)
        assert value == pytest.approx(c.total(z, observed, weights=weights), rel=1e-15)
        np.testing.assert_allclose(slopes, weights[:, None] * (p - shares), rtol=1e-12, atol=1e-13)


def test_counts_weigh_the_classes() -> None:
    z, _ = drawn(5, 4)
    counts = np.random.default_rng(2).integers(0, 9, size=(5, 4))
    p, trials = softmax(z, axis=1), counts.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(MULTINOMIAL.pointwise(z, counts), -(counts * np.log(p)).sum(axis=1), rtol=1e-13)
    np.testing.assert_allclose(MULTINOMIAL.slope(z, counts), trials * p - counts, rtol=1e-11, atol=1e-13)


def test_the_matrix_of_curvatures_is_the_product_with_every_direction() -> None:
    z, y = drawn(6, 4)
    for c, observed in ((SOFTMAX, y), (MULTINOMIAL, 3 * np.eye(4)[y])):
        matrix = c.curvature(z, observed)
        assert matrix.shape == (6, 4, 4)
        for b in range(4):
            np.testing.assert_allclose(matrix[:, :, b], c.curvature_product(z, observed, np.eye(4)[b]), atol=1e-15)


def test_axes_in_front_broadcast_and_shapes_are_kept() -> None:
    z, y = drawn(6, 4)
    assert SOFTMAX.pointwise(z.reshape(2, 3, 4), y.reshape(2, 3)).shape == (2, 3)
    assert SOFTMAX.slope(z[0], y).shape == (6, 4)
    assert np.ndim(SOFTMAX.pointwise(z[0], y[0])) == 0
    assert SOFTMAX.pointwise(np.empty((0, 3)), np.empty(0, int)).shape == (0,)
    out = np.empty((6, 4))
    _, slopes = SOFTMAX.total_and_slope(z, y, out=out)
    assert slopes is out


def test_single_precision_is_computed_in_double_and_rounded() -> None:
    z, y = drawn(50, 5)
    single = z.astype(np.float32)
    found = SOFTMAX.slope(single, y)
    assert found.dtype == np.float32
    assert np.array_equal(found, SOFTMAX.slope(single.astype(np.float64), y).astype(np.float32))


@pytest.mark.parametrize(("classes", "count"), [(3, 70_000), (100, 2000)])
def test_the_sum_is_the_same_for_any_number_of_threads(classes: int, count: int) -> None:
    z, y = drawn(count, classes)
    one, two = SOFTMAX.total_and_slope(z, y), lp.compile("softmax", threads=2).total_and_slope(z, y)
    assert one[0] == two[0]
    assert np.array_equal(one[1], two[1])


def test_few_and_many_classes_are_stored_differently_and_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    z, y = drawn(40, 12)
    few = SOFTMAX.total_and_slope(z, y)
    monkeypatch.setattr(runtime, "FEW_CLASSES", 1)
    many = SOFTMAX.total_and_slope(z, y)
    assert few[0] == pytest.approx(many[0], rel=1e-15)
    np.testing.assert_allclose(few[1], many[1], rtol=1e-14)


@pytest.mark.parametrize("intercept", [False, True])
def test_the_objective_has_the_derivatives_of_its_value(intercept: bool) -> None:
    random = np.random.default_rng(4)
    inputs, y, weights = random.normal(size=(30, 2)), random.integers(0, 3, 30), random.random(30)
    o = SOFTMAX.objective(inputs, y, weights=weights, intercept=intercept)
    w = random.normal(size=3 * (2 + intercept))
    columns = np.column_stack([np.ones(30), inputs]) if intercept else inputs
    assert o.value(w) == pytest.approx(SOFTMAX.total(columns @ w.reshape(3, -1).T, y, weights=weights), rel=1e-14)
    hessian, step = o.hessian(w), 1e-6
    for k, direction in enumerate(np.eye(len(w))):
        up, down = o.value_and_gradient(w + step * direction), o.value_and_gradient(w - step * direction)
        assert o.gradient(w)[k] == pytest.approx((up[0] - down[0]) / (2 * step), abs=1e-7)
        np.testing.assert_allclose(hessian[k], (up[1] - down[1]) / (2 * step), atol=1e-7)
        np.testing.assert_allclose(o.hessian_vector_product(w, direction), hessian[k], atol=1e-13)


def test_a_prior_adds_its_penalty() -> None:
    model = lp.Model("softmax-ridge", lp.Categorical(), lp.LinearScores(), prior=lp.GaussianPrior())
    inputs, y, w = np.array([[1.0], [-1.0]]), np.array([0, 1]), np.array([1.0, -2.0])
    penalised, plain = lp.compile(model).objective(inputs, y, tau=2.0), SOFTMAX.objective(inputs, y)
    assert penalised.value(w) - plain.value(w) == pytest.approx(5 / 8)
    np.testing.assert_allclose(penalised.gradient(w) - plain.gradient(w), w / 4, rtol=1e-14)
    np.testing.assert_allclose(penalised.hessian(w) - plain.hessian(w), np.eye(2) / 4, atol=1e-14)


# ------------------------------------------------------------------ to the last digits


def exact(z: Any, y: int) -> tuple[arb, list[arb]]:
    """Loss and slopes in balls."""
    largest = arb(max(map(float, z)))
    shares = [(arb(float(a)) - largest).exp() for a in z]
    whole = sum(shares[1:], shares[0])
    slopes = [e / whole for e in shares]
    slopes[y] = -sum((e for k, e in enumerate(shares) if k != y), arb(0)) / whole
    return whole.log() + largest - arb(float(z[y])), slopes


def ulps(found: float, true: arb) -> float:
    size = max(abs(float(true.mid())), 2.3e-308)
    return abs(float((arb(float(found)) - true).mid()) / float(np.spacing(size)))


def hard() -> Iterator[tuple[Any, int]]:
    """Large and small scores, ties, one class far above, shifts; labelled likely and least likely."""
    random = np.random.default_rng(3)
    for scale in (1e-3, 1.0, 10.0, 300.0, 700.0, 1e5, 1e300):
        for classes in (2, 3, 10, 70):
            z = np.clip(scale * random.normal(size=classes), -1e300, 1e300)
            top = int(z.argmax())
            tied, above = z.copy(), z.copy()
            tied[(top + 1) % classes] = z[top]
            above[top] += 40 * scale
            for scores in (z, tied, above, z + 1000 * random.normal()):
                yield scores, int(scores.argmin())
                yield scores, int(scores.argmax())


def test_loss_and_slope_are_right_to_four_units_in_the_last_place() -> None:
    precision, ctx.prec = ctx.prec, 2500
    try:
        worst = 0.0
        for k, (z, y) in enumerate(hard()):
            loss, slopes = exact(z, y)
            shares = np.eye(len(z))[y]
            for c, observed in ((SOFTMAX, y), (ONE_HOT, shares))[: 2 if k % 9 == 0 else 1]:
                found, slope = c.pointwise_and_slope(z, observed)
                if np.isfinite(found):  # the difference of scores may be beyond the doubles
                    worst = max(worst, ulps(found, loss))
                worst = max([worst, *map(ulps, slope, slopes)])
        assert worst <= 4
    finally:
        ctx.prec = precision


def test_scores_that_are_not_finite() -> None:
    z = np.array([[0.0, -np.inf, 1.0], [np.nan, 0.0, 1.0], [np.inf, 0.0, 1.0], [-np.inf] * 3])
    found = SOFTMAX.pointwise(z, [0, 1, 1, 1])
    assert found[0] == pytest.approx(np.log1p(np.e))
    assert np.isnan(found[1:]).all()
    assert SOFTMAX.pointwise(z[0], 1) == np.inf
    assert SOFTMAX.slope(z[0], 1).tolist() == pytest.approx([1 / (1 + np.e), -1.0, np.e / (1 + np.e)])
    wide = np.concatenate([z, np.zeros((4, 100))], axis=1)
    assert np.isnan(SOFTMAX.pointwise(wide, [0, 1, 1, 1])).tolist() == [False, True, True, False]


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("softmax", ([0.0, 1.0], 2), "counted from 0 to 1"),
        ("softmax", ([[0.0, 1.0]] * 2, [0, -1]), r"y = -1 at \[1\]"),
        ("softmax", ([0.0, 1.0], 0.5), "no class"),
        ("softmax", ([0.0, 1.0], np.nan), "no class"),
        ("softmax", (1.0, 0), "last axis"),
        ("softmax", (np.empty((2, 0)), [0, 0]), "last axis"),
        ("softmax", ([[0.0, 1.0]] * 2, [0, 1, 1]), "do not broadcast"),
        ("softmax", ([0.0, 1.0],), "takes z, y"),
        ("softmax-one-hot", ([0.0, 1.0], [0.5, 1.5]), r"y = 1.5 at \[1\]"),
        ("softmax-one-hot", ([0.0, 1.0], [1.0]), "scores of 2 classes"),
        ("multinomial", ([0.0, 1.0], [0.5, 1.0]), r"y = 0.5 at \[0\]"),
    ],
)
def test_data_that_do_not_fit_are_refused(name: str, arguments: tuple[Any, ...], words: str) -> None:
    with pytest.raises(DataError, match=words):
        compiled(name).pointwise(*arguments)


def test_parameters_and_weights_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UnknownName):
        SOFTMAX.total([0.0, 1.0], 0, sigma=1.0)
    with pytest.raises(DataError, match="negative"):
        SOFTMAX.total([[0.0, 1.0]], [0], weights=[-1.0])
    with pytest.raises(DataError, match="weights have the shape"):
        SOFTMAX.total([[0.0, 1.0]], [0], weights=[1.0, 2.0])
    with pytest.raises(DataError, match="contiguous"):
        SOFTMAX.total_and_slope([[0.0, 1.0]], [0], out=np.empty(2))


# ------------------------------------------------------------------ what proves it


@pytest.mark.parametrize("name", ["softmax", "categorical", "softmax-one-hot", "multinomial"])
def test_every_program_is_the_right_side_of_a_derivation_that_replays(name: str) -> None:
    proofs = compiled(name).derivations
    assert set(proofs) == {"total", "loss", "slope", "curvature", "curvature_product"}
    for derivation in (d for some in proofs.values() for d in some):
        assert from_json(to_json(derivation), RULES) == derivation


def test_a_loss_can_be_sent_to_another_process() -> None:
    again = pickle.loads(pickle.dumps(SOFTMAX))
    assert again.pointwise([0.0, 1.0], 1) == SOFTMAX.pointwise([0.0, 1.0], 1)


def test_a_model_without_classes_is_none_of_classes() -> None:
    with pytest.raises(LossproofError, match="no score for each class"):
        classwise(lp.LOGISTIC)


# ------------------------------------------------------------------ what else is compiled


def test_huber_is_that_of_torch(needs: Any) -> None:
    needs("torch")
    import torch

    z, y = np.array([-3.0, -0.5, 0.25, 7.0]), np.array([0.0, 0.25, 0.25, 1.0])
    huber = lp.compile("huber")
    wanted = torch.nn.functional.huber_loss(torch.tensor(z), torch.tensor(y), reduction="none", delta=1.5)
    np.testing.assert_allclose(huber.pointwise(z, y, delta=1.5), wanted.numpy(), rtol=1e-15)
    np.testing.assert_allclose(huber.slope(z, y, delta=1.5), np.clip(z - y, -1.5, 1.5), rtol=1e-15)


def test_hinge_has_the_slope_of_its_pieces() -> None:
    one = of_definition("hinge", lp.LOSSES["hinge"], {})
    assert str(one.slope().rhs) == "Where(-y*yhat + 1, -y, 0)"
    assert str(one.curvature().rhs) == "Where(-y*yhat + 1, 0, 0)"


def test_an_expression_is_compiled_with_its_sets() -> None:
    c = lp.compile("max(tau*(y - f), (tau - 1)*(y - f))", target="real", prediction="real", where="tau in (0,1)")
    assert c.pointwise([1.0, -1.0], 0.0, tau=0.25).tolist() == [0.75, 0.25]
    assert c.slope([1.0, -1.0], 0.0, tau=0.25).tolist() == [0.75, -0.25]
    with pytest.raises(DataError):
        c.pointwise([1.0], 0.0, tau=2.0)


def test_a_derivation_is_compiled_with_its_constants() -> None:
    c = lp.compile(lp.derive("half-squared-error"))
    assert c.pointwise([0.0, 1.0, -3.0], 0.0).tolist() == [0.0, 0.5, 4.5]
    assert c.slope([0.0, 1.0, -3.0], 0.0).tolist() == [0.0, 1.0, -3.0]


def test_several_sums_are_one_sum_by_a_derivation() -> None:
    equation = lp.derive("linear-regression-equation")
    one = of_derivation(equation)
    assert one.theorem is not None
    assert one.theorem.rhs == equation.rhs
    assert from_json(to_json(one.theorem), RULES) == one.theorem
    assert written(one.loss) == "1/2 · log(2 π σ^2) + 1/(2 σ^2) · ℓ(z, y)"


def test_a_derivation_of_classes_is_compiled_as_its_model() -> None:
    assert isinstance(lp.compile(lp.derive("softmax")), CompiledClasses)


@pytest.mark.parametrize("what", ["softmax-two-classes-probability", "hinge-mixture"])
def test_what_is_no_sum_over_observations_is_refused(what: str) -> None:
    with pytest.raises(LossproofError, match="not in a sum over"):
        lp.compile(what)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownName):
        lp.compile("no-such-loss")
    with pytest.raises(LossproofError, match="give a name"):
        lp.compile(3)


@pytest.mark.parametrize("name", ["softmax", "multinomial"])
def test_the_written_module_computes_the_same(name: str) -> None:
    c, (z, y) = compiled(name), drawn(20, 5)
    observed, direction, weights = y if name == "softmax" else np.eye(5)[y], np.ones(5) * z, np.arange(20.0)
    written_out = module(f"{c.unit.identifier}_in_a_test", c.source())
    assert "partition-one-apart" in c.source()
    for ours, theirs in (
        (c.pointwise(z, observed), written_out.pointwise(z, observed)),
        (c.slope(z, observed), written_out.slope(z, observed)),
        (c.curvature(z, observed)[:, :, 2], written_out.curvature(z, observed, 2)),
        (c.curvature_product(z, observed, direction), written_out.curvature_product(z, observed, direction)),
    ):
        np.testing.assert_allclose(theirs, ours, rtol=1e-12, atol=1e-15)
    assert written_out.total(z, observed, weights=weights) == c.total(z, observed, weights=weights)
    total, slopes = written_out.total_and_slope(z, observed)
    assert (total, slopes.tolist()) == (lambda a: (a[0], a[1].tolist()))(c.total_and_slope(z, observed))


def test_numba_computes_the_same(needs: Any) -> None:
    needs("numba")
    z, y = drawn(150, 12)
    ours, theirs = SOFTMAX.total_and_slope(z, y), lp.compile("softmax", "numba").total_and_slope(z, y)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-14)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-14)


def test_a_backend_without_classes_says_so() -> None:
    with pytest.raises(LossproofError, match="compile with 'numpy' or 'numba'"):
        lp.compile("softmax", "c")
