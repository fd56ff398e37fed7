"""Fits: estimates and standard errors beside those of statsmodels on real data, and in words why there are none."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lossproof as lp
from lossproof.cli import main
from lossproof.fitting.fit import fit, model_of

pytest.importorskip("scipy")

RNG = np.random.default_rng(5)
X = RNG.normal(size=(60, 2))
LABELS = (RNG.random(60) < 1 / (1 + np.exp(-X[:, 0]))).astype(float)
COUNTS = RNG.poisson(np.exp(0.3 * X[:, 1])).astype(float)
REAL = X @ [1.0, -1.0] + RNG.normal(size=60)


def ones(x: Any) -> Any:
    return np.column_stack([np.ones(len(x)), x])


# ------------------------------------------------------------------ the objective


@pytest.mark.parametrize(("name", "y"), [("logistic", LABELS), ("poisson", COUNTS)])
def test_gradient_and_hessian_are_the_derivatives_of_the_value(name: str, y: Any) -> None:
    o = lp.compile(name).objective(X, y, weights=RNG.random(60), intercept=True)
    w, v, h = np.array([0.1, -0.4, 0.7]), np.array([1.0, 2.0, -1.0]), 1e-5
    assert (o.value(w + h * v) - o.value(w - h * v)) / (2 * h) == pytest.approx(o.gradient(w) @ v, rel=1e-8)
    along = (o.gradient(w + h * v) - o.gradient(w - h * v)) / (2 * h)
    assert o.hessian(w) @ v == pytest.approx(along, rel=1e-7)
    assert o.hessian_vector_product(w, v) == pytest.approx(o.hessian(w) @ v, rel=1e-13)


def test_blocks_sparse_rows_and_other_numbers_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from scipy import sparse

    c, w = lp.compile("poisson"), np.array([0.2, -0.3])
    whole = c.objective(X, COUNTS)
    few = c.objective(sparse.csr_matrix(X), COUNTS.astype(np.int32))
    single = c.objective(X.astype(np.float32).astype(float), COUNTS).value(w)
    monkeypatch.setattr("lossproof.compiled.objective.BLOCK", 14)  # seven rows
    assert len(list(few.blocks())) == 9
    assert few.value(w) == pytest.approx(whole.value(w), rel=1e-15)
    assert few.hessian(w) == pytest.approx(whole.hessian(w), rel=1e-13)
    assert c.objective(X.astype(np.float32), COUNTS).value(w) == pytest.approx(single, rel=1e-15)


@pytest.mark.parametrize(
    ("name", "numbers"), [("ridge", {"sigma": 2.0, "tau": 0.5}), ("lasso", {"sigma": 2.0, "b": 0.5})]
)
def test_the_penalty_is_that_of_the_theorem(name: str, numbers: dict[str, float]) -> None:
    o, w, v = lp.compile(name).objective(X, REAL, **numbers), np.array([0.2, -0.3]), np.array([1.0, 0.5])
    bare = lp.compile("linear-regression").objective(X, REAL)
    penalty = {"ridge": 16 * (w @ w), "lasso": 16 * np.abs(w).sum()}[name]  # sigma^2/tau^2 |w|^2, 2 sigma^2/b |w|
    assert o.value(w) - bare.value(w) == pytest.approx(penalty, rel=1e-12)
    assert (o.value(w + 1e-6 * v) - o.value(w - 1e-6 * v)) / 2e-6 == pytest.approx(o.gradient(w) @ v, rel=1e-7)


def test_an_objective_needs_the_parameters_of_its_penalty() -> None:
    with pytest.raises(lp.DataError, match="has the parameter 'tau'"):
        lp.compile("ridge").objective(X, REAL, sigma=1.0)


# ------------------------------------------------------------------ beside statsmodels


def _glm(family: Any) -> Callable[[Any, Any], Any]:
    import statsmodels.api as sm

    return lambda y, x: sm.GLM(y, x, family=family).fit(tol=1e-13, tol_criterion="params")


def _data(name: str) -> tuple[Any, Any]:
    import statsmodels.api as sm

    if name == "diabetes":
        from sklearn.datasets import load_diabetes

        return load_diabetes(return_X_y=True)
    frame = getattr(sm.datasets, name).load_pandas()
    return frame.exog.to_numpy(dtype=float), frame.endog.to_numpy(dtype=float)


def _families() -> dict[str, tuple[str, Callable[[Any, Any], Any], dict[str, float]]]:
    import statsmodels.api as sm

    f = sm.families
    return {
        "linear-regression": ("diabetes", lambda y, x: sm.OLS(y, x).fit(), {}),
        "logistic": ("spector", lambda y, x: sm.Logit(y, x).fit(disp=0, tol=1e-14), {}),
        "poisson": ("cpunish", _glm(f.Poisson()), {}),
        "gamma": ("scotland", _glm(f.Gamma(f.links.Log())), {}),
        "negative-binomial": ("cpunish", _glm(f.NegativeBinomial(alpha=0.5)), {"r": 2.0}),
        "inverse-gaussian": ("scotland", _glm(f.InverseGaussian(f.links.Log())), {}),
    }


@pytest.mark.parametrize(
    "name", ["linear-regression", "logistic", "poisson", "gamma", "negative-binomial", "inverse-gaussian"]
)
def test_estimates_and_standard_errors_are_those_of_statsmodels(name: str, needs: Callable[[str], None]) -> None:
    needs("statsmodels")
    needs("sklearn")
    data, other, known = _families()[name]
    x, y = _data(data)
    mine, theirs = fit(name, x, y, **known), other(y, ones(x))
    assert mine.standard_errors is not None
    assert np.abs((mine.coefficients - theirs.params) / theirs.bse).max() < 1e-8
    assert mine.standard_errors == pytest.approx(theirs.bse, rel=1e-8)
    if name in ("linear-regression", "logistic", "poisson", "negative-binomial"):  # else another dispersion
        assert mine.log_likelihood == pytest.approx(theirs.llf, rel=1e-10)


def test_a_parameter_that_the_weights_depend_on_is_found_with_them(needs: Callable[[str], None]) -> None:
    needs("statsmodels")
    import statsmodels.api as sm

    counts = RNG.negative_binomial(2, 2 / (2 + np.exp(0.5 + X[:, 0]))).astype(float)
    mine, theirs = fit("negative-binomial", X, counts), sm.NegativeBinomial(counts, ones(X)).fit(disp=0, gtol=1e-9)
    assert mine.log_likelihood == pytest.approx(theirs.llf, rel=1e-9)
    assert mine.coefficients == pytest.approx(theirs.params[:-1], rel=1e-5)
    assert mine.parameters["r"] == pytest.approx(1 / theirs.params[-1], rel=1e-4)
    assert mine.standard_errors == pytest.approx(theirs.bse[:-1], rel=1e-4)


def test_the_median_has_the_least_absolute_deviation() -> None:
    odd = np.array([3.0, -1.0, 10.0, 4.0, 4.5])
    found = fit("laplace", np.empty((5, 0)), odd)
    assert found.coefficients == pytest.approx([4.0], abs=0)
    assert found.parameters["beta"] == pytest.approx(np.abs(odd - 4.0).mean(), rel=1e-7)
    low = fit("asymmetric-laplace", np.empty((5, 0)), odd, tau=0.1)
    assert low.coefficients == pytest.approx([-1.0], abs=0)


def test_the_lasso_has_zeros_and_satisfies_the_conditions_of_a_minimum() -> None:
    x = np.column_stack([X, RNG.normal(size=60)])
    found = fit("lasso", x, REAL, sigma=1.0, b=0.05)
    w, price = found.coefficients, 2 / 0.05
    slope = lp.compile("linear-regression").objective(x, REAL, intercept=True).gradient(w)
    assert slope[0] == pytest.approx(0, abs=1e-8)
    zero = w[1:] == 0
    assert zero.any()
    assert slope[1:][~zero] == pytest.approx(-price * np.sign(w[1:][~zero]), rel=1e-8)
    assert (np.abs(slope[1:][zero]) <= price).all()
    assert found.standard_errors is None


def test_weights_count_observations() -> None:
    times = RNG.integers(0, 4, size=60)
    some = fit("linear-regression", X, REAL, weights=times)
    repeated = fit("linear-regression", np.repeat(X, times, axis=0), np.repeat(REAL, times))
    assert some.coefficients == pytest.approx(repeated.coefficients, rel=1e-12)
    assert some.standard_errors == pytest.approx(repeated.standard_errors, rel=1e-10)
    assert some.log_likelihood == pytest.approx(repeated.log_likelihood, rel=1e-10)


def test_scales_and_offsets_of_features_are_no_obstacle() -> None:
    plain, scale = fit("logistic", X, LABELS), np.array([1e9, 1e-9])
    moved = fit("logistic", X * scale + np.array([1e15, 1e-3]), LABELS)
    assert moved.coefficients[1:] * scale == pytest.approx(plain.coefficients[1:], rel=1e-6)
    assert moved.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-9)


@pytest.mark.parametrize("name", ["binomial", "negative-binomial"])
def test_the_log_likelihood_of_large_counts_is_a_number(name: str) -> None:
    from scipy import stats

    counts, trials = np.array([300.0, 500.0, 450.0, 380.0]), np.full(4, 1000.0)
    x = np.array([[0.0], [3.0], [2.0], [1.0]])
    beside, known = ((trials,), {}) if name == "binomial" else ((), {"r": 2000.0})
    found = fit(name, x, counts, *beside, **known)
    z = ones(x) @ found.coefficients
    exact = stats.binom.logpmf(counts, 1000, 1 / (1 + np.exp(-z))).sum()
    if name == "negative-binomial":
        exact = stats.nbinom.logpmf(counts, 2000, 2000 / (2000 + np.exp(z))).sum()
    assert found.log_likelihood == pytest.approx(exact, rel=1e-9)


def test_a_start_far_from_the_minimum_is_no_obstacle() -> None:
    x = np.linspace(0, 1, 40)[:, None]
    found = fit("poisson", x, np.round(1e6 * np.exp(3 * x[:, 0])))
    assert found.coefficients == pytest.approx([math.log(1e6), 3.0], rel=1e-6)


def test_what_a_fit_rests_on_are_theorems() -> None:
    found = fit("linear-regression", X, REAL)
    assert found.theorems["likelihood"].theorem.name == "linear-regression-equation"
    assert all(isinstance(d, lp.Derivation) for ds in found.derivations.values() for d in ds)


# ------------------------------------------------------------------ why there is no fit

SEPARATED = (X @ [1.0, 2.0] > 0.1).astype(float)
TOUCHING = np.vstack([X, [[0.5, -0.2]] * 2]), np.append(SEPARATED, [0.0, 1.0])
GROUP = np.column_stack([X, np.arange(60) < 9])
WRONG: dict[str, tuple[tuple[Any, ...], dict[str, Any], type[Exception], str]] = {
    "one feature separates": (("logistic", X, X[:, 1] > 0.3), {}, lp.NoMinimiser, "separable: 'x2' alone does it"),
    "completely separable": (
        ("logistic", X, SEPARATED),
        {},
        lp.NoMinimiser,
        "completely separable: a hyperplane in x1",
    ),
    "quasi-separable": (
        ("logistic", *TOUCHING),
        {},
        lp.NoMinimiser,
        "quasi-completely separable.* of 62 observations on it",
    ),
    "a group without counts": (
        ("poisson", GROUP, np.where(GROUP[:, 2] == 1, 0.0, COUNTS + 1)),
        {},
        lp.NoMinimiser,
        "grows for ever along a direction of x3, which changes the scores of 9 of 60",
    ),
    "no counts": (("poisson", X, 0 * COUNTS), {}, lp.NoMinimiser, "every observation is 0"),
    "one label": (("logistic", X, 0 * LABELS), {}, lp.NoMinimiser, "the labels 0 and 1 must both occur"),
    "dependent columns": (
        ("poisson", np.column_stack([X, 2 * X[:, 0] - X[:, 1] + 3]), COUNTS),
        {"features": ["a", "b", "c"]},
        lp.NoMinimiser,
        r"c = 3 \+ 2 a - b;",
    ),
    "a constant column": (("poisson", X * [0, 1], COUNTS), {}, lp.NoMinimiser, "'x1' is constant, 0 in every row"),
    "few rows": (("logistic", X[:2], LABELS[:2]), {}, lp.NoMinimiser, "2 observations do not determine 3 weights"),
    "no noise": (("linear-regression", X, X[:, 0] + 2), {}, lp.NoMinimiser, "explain the observations exactly"),
    "no freedom": (("linear-regression", X[:3], REAL[:3]), {}, lp.NoMinimiser, "leave nothing to estimate the noise"),
    "NaN": (
        ("poisson", np.where(np.arange(120).reshape(60, 2) == 15, np.nan, X), COUNTS),
        {"features": ["a", "b"]},
        lp.DataError,
        "row 8, column 'b': the value is missing",
    ),
    "NaN in y": (("poisson", X, np.where(COUNTS == 0, np.nan, COUNTS)), {}, lp.DataError, "y is missing"),
    "outside": (("poisson", X, COUNTS - 1), {}, lp.DataError, r"y must be in \{0, 1, 2, ...\}, but is -1"),
    "a label between": (("logistic", X, np.full(60, 0.5)), {}, lp.DataError, "row 1: y must be 0 or 1, but is 0.5"),
    "more successes than trials": (("binomial", X, COUNTS, COUNTS - 1), {}, lp.DataError, "row 1: m"),
    "text": (("logistic", X, LABELS.astype(str)), {}, lp.DataError, "y must be numbers, not text"),
    "huge": (("logistic", X * 1e200, LABELS), {}, lp.DataError, "divide it by its largest value"),
    "no parameter": (("asymmetric-laplace", X, REAL), {}, lp.DataError, "depend on its parameter 'tau'"),
    "a parameter without end": (("negative-binomial", X, COUNTS * 0 + 1), {}, lp.NoMinimiser, "r goes to infinity"),
    "a wrong parameter": (("asymmetric-laplace", X, REAL), {"tau": 2.0}, lp.DataError, r"tau must be in \(0, 1\)"),
    "an unknown parameter": (("logistic", X, LABELS), {"sgima": 1.0}, lp.UnknownName, "sgima"),
    "names": (("logistic", X, LABELS), {"features": ["a"]}, lp.DataError, "1 names of features for 2 columns"),
    "an intercept with a prior": (("logistic-ridge", X, LABELS), {"tau": 1.0}, lp.DataError, "intercept=False"),
    "a network": (("gaussian", X, REAL), {}, lp.DataError, "no linear predictor that could be fitted"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said(what: str) -> None:
    arguments, options, kind, said = WRONG[what]
    with pytest.raises(kind, match=said):
        fit(*arguments, **options)


# ------------------------------------------------------------------ written


def test_a_summary_fits_80_columns_and_json_keeps_all_digits() -> None:
    found = fit("linear-regression", X, REAL, features=["a name that is much longer than any column is wide", "b"])
    assert max(map(len, found.summary().splitlines())) <= 80
    assert json.loads(found.to_json())["coefficients"] == found.coefficients.tolist()
    assert found.latex().count(r"\\") == 4
    assert found._repr_html_().count("<tr>") == 4
    interval = found.confidence_intervals(0.5)
    assert interval is not None
    assert found.standard_errors is not None
    assert interval[:, 1] - interval[:, 0] == pytest.approx(2 * 0.6744897501960817 * found.standard_errors)


def test_models_that_are_not_fitted_are_refused_before_anything_is_derived() -> None:
    with pytest.raises(lp.UnknownName, match="did you mean 'poisson'"):
        model_of("poison")


# ------------------------------------------------------------------ the command line

CSV = "dose,group,place,deaths,count\n" + "\n".join(
    f"{x:.3f},{g},town,{y},{m}"
    for x, g, y, m in [(0.1, 0, 1, 9), (0.5, 1, 2, 8), (0.9, 0, 4, 9), (1.4, 1, 5, 7), (2, 0, 9, 9)]
)


def _run(tmp_path: Any, capsys: Any, *arguments: str) -> tuple[int, str, str]:
    (tmp_path / "data.csv").write_text(CSV)
    status = main(["fit", arguments[0], str(tmp_path / "data.csv"), *arguments[1:]])
    return status, *capsys.readouterr()


def test_the_command_takes_columns_by_their_names(tmp_path: Any, capsys: Any) -> None:
    known = ("--known", "m=count", "--target", "deaths", "--format", "json")
    status, out, _ = _run(tmp_path, capsys, "binomial", "--features", "dose", *known)
    assert status == 0
    found = json.loads(out)
    assert found["features"] == ["(intercept)", "dose"]
    direct = fit("binomial", [[0.1], [0.5], [0.9], [1.4], [2.0]], [1, 2, 4, 5, 9], [9, 8, 9, 7, 9])
    assert found["coefficients"] == pytest.approx(direct.coefficients.tolist(), rel=1e-12)
    status, out, _ = _run(tmp_path, capsys, "poisson", "--features", "dose", "--target", "count", "--no-intercept")
    assert status == 0
    assert "Poisson regression: 5 observations" in out
    assert "(intercept)" not in out


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("poisson", "--target", "deaths"), 2, "line 2: 'town' is not a number, in column 'place'"),
        (("poisson", "--target", "death"), 2, "did you mean 'deaths'?"),
        (("poisson", "--target", "deaths", "--features", "dosis"), 2, "did you mean 'dose'?"),
        (("logistic", "--target", "deaths", "--features", "dose"), 2, "line 3: y must be 0 or 1, but is 2"),
        (("logistic", "--target", "group", "--features", "place"), 2, "in column 'place'"),
        (("binomial", "--target", "deaths", "--features", "dose"), 2, "column 'm'"),
        (("poisson", "--target", "deaths", "--features", "dose", "--known", "m=count"), 2, "knows no m"),
        (("poisson", "--target", "deaths", "--parameter", "alpha"), 2, "not of the form NAME=VALUE"),
        (("logistic", "--target", "group", "--features", "dose,group"), 1, "'group' alone does it"),
    ],
)
def test_the_command_says_what_is_wrong_in_two_lines(
    tmp_path: Any, capsys: Any, arguments: tuple[str, ...], status: int, said: str
) -> None:
    found, out, err = _run(tmp_path, capsys, *arguments)
    assert (found, out) == (status, "")
    assert re.search(re.escape(said), err)
    assert len(err.strip().splitlines()) <= 2
