"""Linear regression on real data: the derived loss, gradient and likelihood beside scikit-learn and statsmodels."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import lossproof as lp
from lossproof.errors import DataError, LossproofError, NoMinimiser
from lossproof.kernel.domains import BINARY, COUNT, NONNEGATIVE, REAL, UNIT
from lossproof.models import OBSERVATIONS, LinearPredictor
from lossproof.notation.plain import written
from lossproof.numeric.agreement import _slopes
from lossproof.numeric.data import Table, inside, table
from lossproof.numeric.evaluate import Instance, evaluate
from lossproof.numeric.peers import FITS, LOG_DENSITIES
from lossproof.numeric.regression import Regression, regression
from lossproof.strategies.likelihood import bias_gradient
from lossproof.strategies.standard import STANDARD

MODELS = {False: lp.LINEAR_REGRESSION, True: lp.LINEAR_REGRESSION_INTERCEPT}
BOTH = pytest.mark.parametrize("intercept", [False, True], ids=["without intercept", "with intercept"])


@pytest.fixture
def diabetes(needs: Callable[[str], None]) -> Table:
    needs("sklearn")
    return lp.read_data("diabetes")


def fitted(data: Table, intercept: bool) -> np.ndarray:
    from sklearn.linear_model import LinearRegression

    found = LinearRegression(fit_intercept=intercept).fit(data.inputs, data.labels)
    return np.concatenate([[found.intercept_] if intercept else [], found.coef_])


def test_the_diabetes_data_are_there(diabetes: Table) -> None:
    assert diabetes.inputs.shape == (442, 10)
    assert np.allclose(diabetes.inputs.std(axis=0), 1)
    assert (diabetes.labels.min(), diabetes.labels.max()) == (25, 346)


@BOTH
def test_a_quasi_newton_method_on_the_derived_loss_finds_scikit_learns_coefficients(
    diabetes: Table, intercept: bool
) -> None:
    ours = regression(MODELS[intercept], diabetes).minimise()
    assert ours == pytest.approx(fitted(diabetes, intercept), rel=1e-6, abs=1e-6)


@BOTH
def test_gradient_descent_on_the_derived_loss_finds_scikit_learns_coefficients(
    diabetes: Table, intercept: bool
) -> None:
    few = diabetes.columns(4)
    model = regression(MODELS[intercept], few)
    _, slope = model.objective()
    design = np.column_stack([np.ones(len(few)), few.inputs]) if intercept else few.inputs
    rate = 1 / (2 * np.linalg.eigvalsh(design.T @ design).max())  # 1 / (Lipschitz constant of the gradient)
    weights = np.zeros(model.size)
    for _step in range(300):
        weights = weights - rate * slope(weights)
    assert weights == pytest.approx(fitted(few, intercept), rel=1e-8, abs=1e-8)


@BOTH
def test_the_derived_gradient_vanishes_where_scikit_learn_stops(diabetes: Table, intercept: bool) -> None:
    value, slope = regression(MODELS[intercept], diabetes).objective()
    theirs = fitted(diabetes, intercept)
    assert np.abs(slope(theirs)).max() < 1e-10 * np.abs(slope(0 * theirs)).max()
    for unit in np.eye(len(theirs)):
        assert value(theirs + unit) > value(theirs)


@BOTH
def test_the_equation_at_the_optimum_is_minus_the_log_likelihood_of_statsmodels(
    diabetes: Table, intercept: bool, needs: Callable[[str], None]
) -> None:
    needs("statsmodels")
    import statsmodels.api as sm

    theirs = fitted(diabetes, intercept)
    residuals = diabetes.labels - (theirs[0] if intercept else 0.0) - diabetes.inputs @ theirs[int(intercept) :]
    sigma = np.sqrt((residuals**2).sum() / len(diabetes))
    design = sm.add_constant(diabetes.inputs) if intercept else diabetes.inputs
    best = replace(regression(MODELS[intercept], diabetes), known={"sigma": sigma})
    assert best.negative_log_likelihood(theirs) == pytest.approx(-sm.OLS(diabetes.labels, design).fit().llf, rel=1e-9)
    for other in (0.99 * sigma, 1.01 * sigma):
        worse = replace(best, known={"sigma": other})
        assert worse.negative_log_likelihood(theirs) > best.negative_log_likelihood(theirs)


def test_the_equation_is_the_one_of_the_textbook() -> None:
    d = lp.derive("linear-regression-equation")
    assert str(d.theorem) == "|- -log L(w)  =  n/2 · log(2 π σ^2) + 1/(2 σ^2) · J(w)"
    assert d == lp.derive("linear-regression").equations[1].called(d.name, d.title)


def test_the_gradients_are_the_ones_of_the_textbook() -> None:
    ends = {
        "linear-regression-gradient": "∑_{i=1}^n 2 (f_w(x_i) - y_i) x_ij",
        "linear-regression-intercept-gradient": "∑_{i=1}^n 2 (f_{b, w}(x_i) - y_i) x_ij",
        "linear-regression-intercept-bias-gradient": "∑_{i=1}^n 2 (f_{b, w}(x_i) - y_i)",
    }
    assert {name: written(lp.derive(name).theorem.right) for name in ends} == ends


def test_every_noise_model_has_a_slope_in_the_intercept() -> None:
    predictor = LinearPredictor(intercept=True)
    for model, _ in STANDARD:
        if isinstance(model.predictor, LinearPredictor) and "laplace" not in model.name:
            d = bias_gradient(replace(model, predictor=predictor))
            assert written(d.theorem.left) == "∂J(b, w)/∂b"
    with pytest.raises(LossproofError, match="has no intercept"):
        bias_gradient(lp.LINEAR_REGRESSION)


# ------------------------------------------------------------------ any noise model on data


def some_data(model: lp.Model) -> Table:
    """Observations in the support of the model's noise, and whatever it knows of each."""
    chance = np.random.default_rng(8)
    x, support = chance.standard_normal((60, 3)), model.noise.support
    if support == BINARY:
        y = (chance.uniform(size=60) < 0.5).astype(float)
    elif support.integer:
        y = chance.poisson(2.0, 60) + 1.0
    elif support == UNIT:
        y = chance.uniform(0.05, 0.95, 60)
    else:
        y = chance.exponential(1.0, 60) + 0.01 if support.within(NONNEGATIVE) else chance.standard_normal(60) + x[:, 0]
    more = {"s": chance.uniform(0.5, 2.0, 60), "m": y + chance.poisson(1.0, 60)}
    arrays = {str(h.term.base) for h in model.noise.declared if h.ranges == (OBSERVATIONS,) and h.term.is_Indexed}
    needed = sorted(arrays & more.keys())
    columns = np.column_stack([x, *(more[name] for name in needed)])
    return Table("drawn", columns, y, ("one", "two", "three", *needed))


LINEAR = {m.name: (m, peers) for m, peers in STANDARD if isinstance(m.predictor, LinearPredictor)}


@pytest.mark.parametrize("name", LINEAR)
def test_the_derived_expressions_of_every_model_agree_with_other_libraries(
    name: str, needs: Callable[[str], None]
) -> None:
    needs("sklearn")
    model, peers = LINEAR[name]
    agreement = lp.verify_on(some_data(model), name)
    assert agreement.ok, agreement.text()
    by = " ".join(c.by for c in agreement.comparisons)
    assert f"scipy.stats.{LOG_DENSITIES[model.noise.name][0]}" in peers
    assert all(p in by for p in peers if p.startswith("scipy"))
    assert "approx_fprime" in by
    assert ("minimiser" in " ".join(c.what for c in agreement.comparisons)) == (model.noise.name in FITS)


@pytest.mark.parametrize("name", LINEAR)
def test_a_wrong_log_density_or_gradient_would_be_noticed(
    name: str, monkeypatch: pytest.MonkeyPatch, needs: Callable[[str], None]
) -> None:
    needs("scipy")
    model, _ = LINEAR[name]
    data = some_data(model)
    key = model.noise.name
    peer, right = LOG_DENSITIES[key]
    wrong = (peer, lambda s, f, y, p: right(s, f + 0.01, y, p))
    monkeypatch.setitem(LOG_DENSITIES, key, wrong)
    monkeypatch.setattr("lossproof.numeric.agreement.FITS", {})
    monkeypatch.setattr(
        Regression, "objective", lambda self: (lambda v: float(np.sum(v**2)), lambda v: 2 * v + 0.1 * np.ones_like(v))
    )
    differ = [c.what for c in lp.verify_on(data, name).comparisons if not c.agrees]
    assert differ[0] == "-log L"
    assert differ[1].startswith("dJ/d")


def test_what_another_library_refuses_is_a_note(needs: Callable[[str], None]) -> None:
    needs("sklearn")
    chance = np.random.default_rng(2)
    x, y = chance.standard_normal((20, 2)), chance.exponential(1.0, 20)
    y[3] = 0.0  # in the support here, not in that of GammaRegressor
    agreement = lp.verify_on(table(x, y, support=REAL), "exponential")
    assert agreement.ok
    assert any(note.startswith("not compared with GammaRegressor: ValueError") for note in agreement.notes)
    assert "scipy.stats.expon, summed" in [c.by for c in agreement.comparisons]


def test_the_gradient_is_compared_where_residuals_have_both_signs(diabetes: Table) -> None:
    for name in ("laplace", "asymmetric-laplace"):
        agreement = lp.verify_on(diabetes, name)
        (slope,) = (c for c in agreement.comparisons if c.what.startswith("dJ/d"))
        assert slope.agrees
        assert abs(slope.ours) > 1
        assert not any("slopes are 0" in note for note in agreement.notes)


def test_slopes_that_are_all_0_are_reported_and_a_wrong_one_is_shown() -> None:
    zeros = np.zeros(2)
    found, remarks = _slopes(["w_1", "w_2"], zeros, zeros)
    assert found.agrees
    assert "all slopes are 0" in remarks[0]
    found, remarks = _slopes(["w_1", "w_2"], np.array([1e6, 1.0]), np.array([1e6 + 10, 2.0]))
    assert (found.what, found.agrees, remarks) == ("dJ/dw_2, the worst of 2", False, [])
    found, _ = _slopes(["w_1", "w_2"], np.array([3.0, np.nan]), np.array([9.0, 2.0]))
    assert (found.what, found.agrees) == ("dJ/dw_2, the worst of 2", False)
    found, remarks = _slopes(["w_1", "w_2"], np.array([1.0, -2.0]), np.array([1.0, -2.0]))
    assert (found.what, found.agrees, remarks) == ("dJ/dw_2, the steepest of 2", True, [])


def test_no_features_are_refused() -> None:
    data = table([[1.0], [2.0], [0.5]], [1.0, 2.0, 0.0], support=REAL)
    with pytest.raises(DataError, match="at least one feature is needed to fit with, not 0"):
        lp.verify_on(data, "poisson", features=0)


def test_data_must_satisfy_what_the_model_declares() -> None:
    x = np.array([[1.0], [2.0], [0.5]])
    wrong = {
        "poisson": ([1.0, 2.5, 0.0], r"observations must be in \{0, 1, 2, \.\.\.\}, but row 2 has 2.5"),
        "gamma": ([1.0, 2.0, 0.0], "observations must be in .*, but row 3 has 0"),
        "beta": ([0.5, 0.1, 1.0], r"observations must be in \(0, 1\), but row 3 has 1"),
    }
    for name, (y, message) in wrong.items():
        with pytest.raises(DataError, match=message):
            lp.verify_on(table(x, y, support=REAL), name)
    with pytest.raises(DataError, match=r"labels must be 0 or 1, but row 2 has 2\.5"):
        lp.verify_on(table(x, wrong["poisson"][0], support=REAL), "logistic")


@pytest.mark.parametrize("name", ["exponential-censored", "weibull-censored"])
def test_censored_observations_agree_with_densities_and_chances_to_survive(
    name: str, needs: Callable[[str], None]
) -> None:
    needs("scipy")
    chance = np.random.default_rng(6)
    events = (chance.random(40) < 0.7).astype(float)
    columns = np.column_stack([chance.standard_normal((40, 2)), events])
    times = chance.exponential(1.0, 40) + 0.01
    agreement = lp.verify_on(Table("drawn", columns, times, ("a", "b", "u")), name)
    assert agreement.ok, agreement.text()
    assert [c.what.partition(",")[0] for c in agreement.comparisons][2] == "-log L"
    assert not any(c.what.startswith("minimiser") for c in agreement.comparisons)
    with pytest.raises(DataError, match=r"u_i must be 0 or 1, but row 1 has 2"):
        lp.verify_on(Table("drawn", columns * [1, 1, 0] + [0, 0, 2], times, ("a", "b", "u")), name)


def test_what_is_known_of_each_observation_is_a_column_of_that_name() -> None:
    x, y = np.array([[1.0, 2.0], [2.0, 1.0], [0.5, 0.0]]), np.array([1.0, 2.0, 1.0])
    with pytest.raises(DataError, match="'binomial' needs 'm' for each observation: a column of that name"):
        lp.verify_on(Table("t", x, y, ("a", "b")), "binomial")
    with pytest.raises(DataError, match=r"m_i - y_i must be in \{0, 1, 2, \.\.\.\}, but row 2 has -1"):
        lp.verify_on(Table("t", x, y, ("a", "m")), "binomial")
    with pytest.raises(DataError, match=r"s_i must be in .*, but row 3 has 0"):
        lp.verify_on(Table("t", x, y, ("a", "s")), "weighted-least-squares")
    with pytest.raises(DataError, match="at least one feature"):
        lp.verify_on(Table("t", x[:, 1:], y, ("s",)), "weighted-least-squares")


def test_models_without_weights_take_no_data() -> None:
    data = table([[1.0], [2.0]], [0.0, 1.0])
    for name in ("gaussian", "heteroscedastic", "ridge", "mean-squared-error"):
        with pytest.raises(DataError):
            lp.verify_on(data, name)
    estimated = replace(lp.LINEAR_REGRESSION, prior=lp.GaussianPrior())
    with pytest.raises(DataError, match="all of it known"):
        regression(estimated, data)


def test_dependent_features_and_exact_fits_are_reported(needs: Callable[[str], None]) -> None:
    needs("sklearn")
    chance = np.random.default_rng(4)
    one = chance.standard_normal((20, 1))
    twice = table(np.column_stack([one, 2 * one]), chance.standard_normal(20), support=REAL)
    with pytest.raises(NoMinimiser, match="linearly dependent"):
        regression(lp.LINEAR_REGRESSION, twice).minimise()
    assert any("linearly dependent" in note for note in lp.verify_on(twice, "linear-regression").notes)
    exact = lp.verify_on(table(one, 3 * one[:, 0], support=REAL), "linear-regression")
    assert exact.ok
    assert any("exactly" in note for note in exact.notes)


def test_weights_of_the_wrong_shape_are_refused() -> None:
    model = regression(lp.LINEAR_REGRESSION_INTERCEPT, table([[1.0], [2.0]], [0.0, 1.0]))
    with pytest.raises(DataError, match=r"shape \(2,\)"):
        model.negative_log_likelihood(np.zeros(1))


@pytest.mark.parametrize(
    ("domain", "expected"),
    [(REAL, [1, 1, 1, 1]), (COUNT, [0, 0, 1, 1]), (UNIT, [0, 1, 0, 0]), (NONNEGATIVE, [0, 1, 1, 1])],
    ids=str,
)
def test_membership_of_numbers_in_a_set(domain: lp.Domain, expected: list[int]) -> None:
    assert inside(np.array([-1.0, 0.5, 0.0, 2.0]), domain).tolist() == [bool(v) for v in expected]
    assert not inside(np.array([np.nan, np.inf]), domain).any()


def test_the_result_can_be_read_by_programs(diabetes: Table) -> None:
    rows = json.loads(lp.verify_on(diabetes, "linear-regression", features=2).to_json())
    assert rows["ok"]
    assert sum(row["what"].startswith("minimiser") for row in rows["comparisons"]) == 2


def test_the_empty_data_set_has_loss_0() -> None:
    values = {"n": 0, "d": 2, "w": [1.0, 2.0], "x": np.zeros((0, 2)), "y": np.zeros(0), "sigma": 2.0}
    assert evaluate(lp.derive("linear-regression-equation").rhs, Instance(values)) == 0.0
