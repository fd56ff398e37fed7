"""Arrays of every library in, the same kind out; what does not fit is refused in words; derivatives of one's own."""

from __future__ import annotations

import copy
import importlib
import pickle
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

import lossproof as lp
from lossproof.compiled.loss import CompiledLoss
from lossproof.errors import DataError, LossproofError, UnknownName

Needs = Callable[[str], None]

Z = np.linspace(-3.0, 3.0, 6)
Y = np.array([0, 1, 1, 0, 1, 0])


@cache
def compiled(name: str, backend: str = "numpy") -> CompiledLoss:
    return lp.compile(name, backend=backend)


EXPECTED = np.logaddexp(0, Z) - Y * Z

# ------------------------------------------------------------------ kinds of arrays


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_arrays_of_numpy_keep_their_type(dtype: str) -> None:
    found = compiled("logistic").pointwise(Z.astype(dtype), Y)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, EXPECTED, rtol=4 * np.finfo(dtype).eps)


def test_integers_and_python_numbers_do_not_say_what_type_the_result_has() -> None:
    loss = compiled("logistic")
    assert loss.pointwise(Z.astype("f4"), 1).dtype == np.float32
    assert loss.pointwise(np.float32(0.5), 1).dtype == np.float32
    assert loss.pointwise([1, 2], [True, False]).dtype == np.float64
    assert loss.pointwise(Z.astype("f4"), Y.astype("f8")).dtype == np.float64
    assert loss.pointwise(Z.astype(">f8"), Y).dtype == np.float64
    assert np.ndim(loss.pointwise(0.5, 1)) == 0


def test_lists_and_columns_of_pandas_are_taken_as_numpy_takes_them(needs: Needs) -> None:
    needs("pandas")
    import pandas as pd

    loss = compiled("logistic")
    for found in (loss.pointwise(list(Z), list(Y)), loss.pointwise(pd.Series(Z), pd.Series(Y, dtype="Int64"))):
        assert type(found) is np.ndarray
        np.testing.assert_allclose(found, EXPECTED)
    missing = loss.pointwise(Z, pd.Series([0, None, 1, 0, 1, 0], dtype="Int64"))
    assert np.isnan(missing).tolist() == [False, True, False, False, False, False]


def test_arrays_that_follow_the_array_api_stay_on_their_device(needs: Needs) -> None:
    needs("array_api_strict")
    import array_api_strict as xp

    where = xp.Device("device1")
    z, y = xp.asarray(Z, dtype=xp.float32, device=where), xp.asarray(Y, device=where)
    value, slope = compiled("logistic").total_and_slope(z, y)
    assert (slope.device, slope.dtype) == (where, xp.float32)
    assert isinstance(value, float)
    with pytest.raises(DataError, match="several devices"):
        compiled("logistic").pointwise(z, xp.asarray(Y))


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_tensors_give_tensors_of_their_type(needs: Needs, backend: str) -> None:
    needs("torch")
    import torch

    z, y = torch.tensor(Z), torch.tensor(Y)
    for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
        found = compiled("logistic", backend).pointwise(z.to(dtype), y)
        assert found.dtype == dtype
        torch.testing.assert_close(found, torch.tensor(EXPECTED).to(dtype))


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_arrays_of_jax_give_arrays_of_jax(needs: Needs, backend: str) -> None:
    needs("jax")
    import jax
    import jax.numpy as jnp

    for dtype in (jnp.float32, jnp.bfloat16):
        found = compiled("logistic", backend).pointwise(jnp.asarray(Z, dtype), jnp.asarray(Y))
        assert isinstance(found, jax.Array)
        assert found.dtype == dtype
        np.testing.assert_allclose(found.astype(np.float32), EXPECTED, rtol=2e-2)


def test_kinds_are_not_mixed(needs: Needs) -> None:
    needs("torch")
    import torch

    z = torch.tensor(Z)
    for other in (Y, list(Y)):
        with pytest.raises(DataError, match="one kind"):
            compiled("logistic").pointwise(z, other)
        with pytest.raises(DataError, match="one kind"):
            compiled("logistic", "torch").pointwise(z, other)


def test_the_shapes_broadcast_and_so_do_weights() -> None:
    loss = compiled("logistic")
    table = loss.pointwise(Z[:, None], Y)
    assert table.shape == (6, 6)
    np.testing.assert_allclose(np.diagonal(table), EXPECTED)
    weights = np.arange(6.0)
    assert loss.total(Z[:, None], Y, weights=weights) == pytest.approx((table * weights).sum(), rel=1e-15)
    value, slope = loss.total_and_slope(Z, Y, weights=2)
    assert value == pytest.approx(2 * EXPECTED.sum(), rel=1e-15)
    np.testing.assert_allclose(slope, 2 * loss.slope(Z, Y), rtol=1e-15)


def test_what_is_missing_stays_missing_and_no_weight_hides_it() -> None:
    z = np.where(Z > 2, np.nan, Z)
    assert np.isnan(compiled("logistic").pointwise(z, Y)).sum() == 1
    assert np.isnan(compiled("logistic").total(z, Y, weights=(Z < 2).astype(float)))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((Z, Y * 1j), "y must be real numbers"),
        ((Z, ["a"] * 6), "y must be real numbers"),
        ((Z, [[1], [1, 2]]), "y must be an array"),
        ((Z.astype(np.longdouble), Y), "z must be real numbers"),
        ((None, Y), "z must be real numbers"),
        ((10**400, 1), "too large"),
        ((np.ma.masked_array(Z, Z > 0), Y), "masked"),
        ((Z, Y[:4]), r"do not broadcast: z \(6,\), y \(4,\)"),
        ((Z,), "takes z, y, not 1 arrays"),
        ((Z, Y + 1), r"y = 2.0 at \[1\] does not lie in \[0, 1\]"),
        ((Z.reshape(2, 3), Y.reshape(2, 3) - 0.25), r"y = -0.25 at \[0, 0\]"),
    ],
)
def test_what_is_no_array_of_observations_is_refused_in_words(given: tuple[Any, ...], said: str) -> None:
    with pytest.raises(DataError, match=said):
        compiled("logistic").pointwise(*given)


def test_labels_may_lie_between_their_ends() -> None:
    shares = np.linspace(0, 1, 6)
    np.testing.assert_allclose(compiled("logistic").pointwise(Z, shares), np.logaddexp(0, Z) - shares * Z)


def test_the_support_is_that_of_the_model() -> None:
    with pytest.raises(DataError, match=r"y = 0.5 at \[40000\] does not lie in \{0, 1, 2, ...\}"):
        compiled("poisson").total(0.0, np.repeat([1.0, 0.5], 40000))
    with pytest.raises(DataError, match=r"m - y = -1.0 at \[1\]"):
        compiled("binomial").pointwise(Z, Y, 0)
    with pytest.raises(DataError, match=r"y = 0.0 at \[0\] does not lie in \(0, oo\)"):
        compiled("gamma").pointwise(Z.astype("f4"), Y)


def test_weights_are_not_negative_and_of_the_shape_of_the_rows() -> None:
    with pytest.raises(DataError, match="must not be negative: there is -1"):
        compiled("logistic").total(Z, Y, weights=-Y)
    with pytest.raises(DataError, match="weights have the shape"):
        compiled("logistic").total(Z, Y, weights=np.ones((2, 6)))


def test_parameters_are_numbers_where_the_model_has_them() -> None:
    loss = compiled("student-t")
    with pytest.raises(DataError, match="has the parameter 'sigma'"):
        loss.pointwise(Z, Y, nu=3)
    with pytest.raises(DataError, match=r"sigma = -1.0 does not lie in \(0, oo\)"):
        loss.pointwise(Z, Y, nu=3, sigma=-1)
    for wrong in ("1", np.nan, 1j, None):
        with pytest.raises(DataError, match="sigma must be a real number"):
            loss.pointwise(Z, Y, nu=3, sigma=wrong)
    with pytest.raises(UnknownName, match="unknown parameter"):
        loss.pointwise(Z, Y, nu=3, sigma=1, tau=1)


def test_what_cannot_be_read_names_the_backend_that_can(needs: Needs) -> None:
    needs("torch")
    needs("jax")
    import jax
    import torch

    z, y = torch.tensor(Z, requires_grad=True), torch.tensor(Y)
    with pytest.raises(DataError, match="backend='torch'"):
        compiled("logistic").pointwise(z, y)
    with torch.no_grad():
        assert not compiled("logistic").pointwise(z, y).requires_grad
    with pytest.raises(DataError, match="backend='jax'"):
        jax.jit(compiled("logistic").pointwise)(Z, Y)


# ------------------------------------------------------------------ PyTorch


def test_the_gradient_in_torch_is_the_derived_slope_and_its_gradient_the_curvature(needs: Needs) -> None:
    needs("torch")
    import torch
    from torch.autograd import gradcheck, gradgradcheck

    z, y = torch.tensor(Z, requires_grad=True), torch.tensor(Y, dtype=torch.float64)
    logistic, student = compiled("logistic", "torch"), compiled("student-t", "torch")
    assert gradcheck(logistic.pointwise, (z, y), check_forward_ad=True)
    assert gradgradcheck(logistic.pointwise, (z, y))
    assert gradcheck(lambda z: student.total(z[:, None], y, weights=y + 1, nu=3, sigma=2), (z,))
    (slope,) = torch.autograd.grad(logistic.total(z, y), z)
    assert torch.equal(slope, logistic.slope(z.detach(), y))


def test_torch_maps_and_transforms_the_loss(needs: Needs) -> None:
    needs("torch")
    import torch

    loss, z, y = compiled("poisson", "torch"), torch.tensor(Z), torch.tensor(Y, dtype=torch.float64)
    slopes = torch.func.vmap(torch.func.grad(loss.pointwise))(z, y)
    torch.testing.assert_close(slopes, torch.exp(z) - y)
    hessian = torch.func.hessian(lambda z: loss.total(z, y))(z)
    torch.testing.assert_close(hessian, torch.diag(torch.exp(z)))


def test_several_predictions_are_differentiated_in_torch(needs: Needs) -> None:
    needs("torch")
    import torch

    loss = compiled("heteroscedastic", "torch")
    mean, variance = torch.tensor(Z, requires_grad=True), torch.full((6,), 2.0, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda f, v: loss.pointwise(f, v, torch.tensor(Y)), (mean, variance))


def test_only_the_derivative_in_the_prediction_is_derived(needs: Needs) -> None:
    needs("torch")
    import torch

    loss, z = compiled("student-t", "torch"), torch.tensor(Z)
    with pytest.raises(DataError, match="y requires a gradient"):
        loss.pointwise(z, z.clone().requires_grad_(), nu=3, sigma=1)
    with pytest.raises(DataError, match="sigma requires a gradient"):
        loss.pointwise(z, z, nu=3, sigma=torch.tensor(1.0, requires_grad=True))


def test_the_module_reduces_as_those_of_torch_do(needs: Needs) -> None:
    needs("torch")
    import torch

    loss, z, y = compiled("logistic", "torch"), torch.tensor(Z), torch.tensor(Y, dtype=torch.float64)
    weights = torch.arange(6, dtype=torch.float64)
    for reduction in ("mean", "sum", "none"):
        wanted = torch.nn.BCEWithLogitsLoss(reduction=reduction)(z, y)
        torch.testing.assert_close(loss.module(reduction)(z, y), wanted)
    mean = np.average(EXPECTED, weights=weights.numpy())
    assert float(copy.deepcopy(loss.module())(z, y, weights=weights)) == pytest.approx(mean, rel=1e-15)
    with pytest.raises(UnknownName, match="unknown reduction"):
        loss.module("average")


def test_torch_compiles_the_loss_into_one_graph(needs: Needs) -> None:
    needs("torch")
    import torch

    loss, z, y = compiled("logistic", "torch"), torch.tensor(Z, requires_grad=True), torch.tensor(Y)
    whole = torch.compile(lambda z, y: loss.total(z, y), backend="aot_eager", fullgraph=True)
    (slope,) = torch.autograd.grad(whole(z, y), z)
    torch.testing.assert_close(slope, loss.slope(z.detach(), y))


# ------------------------------------------------------------------ JAX


def test_jax_differentiates_maps_and_compiles_the_loss(needs: Needs) -> None:
    needs("jax")
    import jax
    import jax.numpy as jnp

    loss, z, y = compiled("poisson", "jax"), jnp.asarray(Z), jnp.asarray(Y)
    np.testing.assert_array_equal(jax.grad(loss.total)(z, y), loss.slope(z, y))
    np.testing.assert_allclose(
        jax.jit(jax.vmap(jax.grad(loss.pointwise)))(z, y + 0.0), np.exp(Z) - Y, rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(jax.jit(jax.hessian(loss.total))(z, y), np.diag(np.exp(Z)), rtol=1e-6)
    assert loss.pointwise(z, y).dtype == jnp.float32


def test_parameters_may_be_traced_in_jax_but_not_differentiated_in(needs: Needs) -> None:
    needs("jax")
    import jax
    import jax.numpy as jnp

    loss, z = compiled("student-t", "jax"), jnp.asarray(Z)
    of_scale = jax.jit(lambda sigma: loss.total(z, 0.0, nu=3.0, sigma=sigma))
    expected = compiled("student-t").total(Z, 0.0, nu=3, sigma=2)
    assert float(of_scale(2.0)) == pytest.approx(expected, rel=1e-6)
    for wrong in (jax.grad(of_scale), lambda y: jax.grad(lambda y: loss.total(z, y, nu=3.0, sigma=1.0))(y)):
        with pytest.raises(RuntimeError, match="only the derivative in the prediction"):
            wrong(2.0)


def test_doubles_are_not_cut_to_half_their_digits_by_jax(needs: Needs) -> None:
    needs("jax")
    with pytest.raises(DataError, match="jax_enable_x64"):
        compiled("logistic", "jax").pointwise(Z, Y)


# ------------------------------------------------------------------ every loss


@pytest.mark.parametrize("backend", ["torch", "jax"])
@pytest.mark.parametrize("name", ["laplace", "poisson", "gaussian"])
def test_libraries_of_tensors_compute_what_numpy_computes(needs: Needs, backend: str, name: str) -> None:
    needs(backend)
    z, y = Z.astype("f4"), Y.astype("f4")
    for what in ("pointwise", "slope"):
        wanted = getattr(compiled(name), what)(z, y)
        np.testing.assert_allclose(getattr(compiled(name, backend), what)(z, y), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_the_source_is_a_module_on_its_own(needs: Needs, backend: str) -> None:
    needs(backend)
    from lossproof.compiled.loading import module

    text = compiled("gaussian", backend).source()
    assert "lossproof" not in text.partition('"""\n\n')[2]
    alone = module("alone", text)
    numbers = compiled("gaussian", backend).backend.of_numpy(np.ones(3, "f4"))
    assert (
        np.asarray(alone.curvature(numbers, numbers)).tolist() == [2.0] * 3 or alone.curvature(numbers, numbers).shape
    )


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_every_operation_of_a_program_is_written_for_tensors(needs: Needs, backend: str) -> None:
    needs(backend)
    from lossproof.compiled.program import OPERATIONS
    from lossproof.compiled.tensors import INFIX

    language = importlib.import_module(f"lossproof.compiled.{backend}").LANGUAGE
    of_classes = {"sum", "largest", "sum_but_largest", "gather"}
    assert set(OPERATIONS) - of_classes == {*INFIX, *language.functions}


def test_the_tail_of_the_normal_distribution_keeps_its_digits_in_torch(needs: Needs) -> None:
    needs("torch")
    needs("scipy")
    import torch
    from scipy import special

    from lossproof.compiled.loading import module
    from lossproof.compiled.torch import LANGUAGE

    written = f"import torch\ndef tail(z):\n    return {LANGUAGE.functions['ndtr'].format('z')}\n"
    z = np.linspace(-37.0, 8.0, 50)
    np.testing.assert_allclose(module("tail", written).tail(torch.tensor(z)), special.ndtr(z), rtol=1e-12)


# ------------------------------------------------------------------ scikit-learn


def data() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    from sklearn.datasets import load_diabetes

    inputs, observed = load_diabetes(return_X_y=True)
    return inputs, np.rint(observed)


@pytest.mark.parametrize(
    ("name", "peer"), [("poisson", "poisson"), ("gamma", "gamma"), ("linear-regression", "squared_error")]
)
def test_boosting_with_the_derived_loss_is_boosting_with_that_of_scikit_learn(
    needs: Needs, name: str, peer: str
) -> None:
    needs("sklearn")
    from sklearn.ensemble import HistGradientBoostingRegressor

    inputs, observed = data()
    weights = np.random.default_rng(0).uniform(0.5, 2, len(observed))
    ours, theirs = (
        HistGradientBoostingRegressor(loss=loss, max_iter=3).fit(inputs, observed, sample_weight=weights)
        for loss in (compiled(name).sklearn_loss(), peer)
    )
    np.testing.assert_allclose(ours.predict(inputs), theirs.predict(inputs), rtol=1e-6)


def test_logistic_regression_with_the_derived_loss_is_that_of_scikit_learn(needs: Needs) -> None:
    needs("sklearn")
    from sklearn._loss.loss import HalfBinomialLoss
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model._linear_loss import LinearModelLoss

    inputs, observed = data()
    labels = (observed > 140).astype(float)
    ours, theirs = compiled("logistic").sklearn_loss(), HalfBinomialLoss()
    weights = np.linspace(-1, 1, inputs.shape[1] + 1)
    values = [
        LinearModelLoss(base_loss=loss, fit_intercept=True).loss_gradient(weights, inputs, labels, l2_reg_strength=0.1)
        for loss in (ours, theirs)
    ]
    assert values[0][0] == pytest.approx(values[1][0], rel=1e-14)
    np.testing.assert_allclose(values[0][1], values[1][1], rtol=1e-12)
    assert ours.fit_intercept_only(labels) == pytest.approx(theirs.fit_intercept_only(labels), rel=1e-12)
    boosted = [HistGradientBoostingClassifier(loss=loss, max_iter=3).fit(inputs, labels) for loss in (ours, "log_loss")]
    np.testing.assert_allclose(*(b.predict_proba(inputs) for b in boosted), rtol=1e-9)


def test_losses_with_kinks_start_where_those_of_scikit_learn_do(needs: Needs) -> None:
    needs("sklearn")
    from sklearn._loss.loss import AbsoluteError

    loss, peer = compiled("laplace").sklearn_loss(), AbsoluteError()
    assert (loss.differentiable, loss.approx_hessian) == (False, True)
    for count in (1, 4, 5, 8):
        observed = np.random.default_rng(count).normal(size=count)
        assert loss.fit_intercept_only(observed) == peer.fit_intercept_only(observed)
        weights = np.linspace(0.5, 2, count)
        assert loss.fit_intercept_only(observed, weights) == peer.fit_intercept_only(observed, weights)


def test_observations_outside_the_support_do_not_boost(needs: Needs) -> None:
    needs("sklearn")
    from sklearn.ensemble import HistGradientBoostingRegressor

    inputs, observed = data()
    loss = compiled("gamma").sklearn_loss()
    assert not loss.in_y_true_range(-observed)
    with pytest.raises(DataError, match="does not lie in"):
        HistGradientBoostingRegressor(loss=loss).fit(inputs, -observed)


def test_the_scorer_is_minus_the_mean_loss(needs: Needs) -> None:
    needs("sklearn")
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor
    from sklearn.metrics import mean_squared_error
    from sklearn.model_selection import cross_val_score

    inputs, observed = data()
    labels = np.where(observed > 140, "high", "low")
    score = pickle.loads(pickle.dumps(compiled("logistic").scorer()))
    for estimator in (LogisticRegression(), RandomForestClassifier(5, min_samples_leaf=30, random_state=0)):
        found, wanted = (cross_val_score(estimator, inputs, labels, scoring=s, cv=2) for s in (score, "neg_log_loss"))
        np.testing.assert_allclose(found, wanted, rtol=1e-9)
    line = LinearRegression().fit(inputs, observed)
    squared = compiled("linear-regression").scorer()(line, inputs, observed)
    assert -squared == pytest.approx(mean_squared_error(observed, line.predict(inputs)), rel=1e-12)
    counts = PoissonRegressor().fit(inputs, observed)
    mean = counts.predict(inputs)
    wanted = np.mean(observed * np.log(mean) - mean)
    assert compiled("poisson").scorer()(counts, inputs, observed) == pytest.approx(wanted, rel=1e-12)


def test_scikit_learn_takes_losses_of_one_prediction_with_a_link(needs: Needs) -> None:
    needs("sklearn")
    from sklearn._loss.link import LogitLink

    with pytest.raises(LossproofError, match="one prediction and one observation"):
        compiled("binomial").sklearn_loss()
    with pytest.raises(LossproofError, match="none of scikit-learn's usual links"):
        compiled("probit").sklearn_loss()
    assert compiled("probit").sklearn_loss(link=LogitLink()).link.inverse(0.0) == 0.5
