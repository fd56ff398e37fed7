"""Priors are penalties: for every noise model, what is refused, and on real data beside scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from sympy import Expr as Expression
from sympy import IndexedBase, Integral, Symbol, oo

import lossproof as lp
from lossproof.errors import LossproofError, RuleDoesNotApply, SideConditionError
from lossproof.kernel.conditions import Assumed
from lossproof.kernel.relations import Kind
from lossproof.losses import sigma
from lossproof.models import BERNOULLI, GAUSSIAN, Prior
from lossproof.models import POISSON as POISSON_NOISE
from lossproof.notation.inert import TWO, inverse, neg, power
from lossproof.notation.plain import written
from lossproof.numeric.data import Floats
from lossproof.numeric.evaluate import Instance, evaluate
from lossproof.strategies.classes import CATEGORICAL, ONE_HOT, SOFTMAX
from lossproof.strategies.priors import penalised_gradient
from lossproof.strategies.standard import STANDARD

OWN = Symbol("eta", positive=True)
PRIORS: dict[str, Prior] = {"gaussian": lp.GaussianPrior(), "laplace": lp.LaplacePrior()}
#: Every model whose parameters are one array: an intercept would need a prior too.
ONE_ARRAY = [m for m in (*(m for m, _ in STANDARD), lp.LOGISTIC, BERNOULLI) if len(m.parameters) == 1]

ENDS = {
    "ridge": ("p[W = w | Y = y]", "J(w) + σ^2/τ^2 · ∑_{j=1}^d w_j^2"),
    "lasso": ("p[W = w | Y = y]", "J(w) + 2 σ^2/b · ∑_{j=1}^d |w_j|"),
    "logistic-ridge": ("p[W = w | Y = y]", "J(w) + 1/(2 τ^2) · ∑_{j=1}^d w_j^2"),
    "logistic-lasso": ("p[W = w | Y = y]", "J(w) + 1/b · ∑_{j=1}^d |w_j|"),
    "softmax-ridge": ("p[W = w | Y = y]", "J(w) + 1/(2 τ^2) · ∑_{k=1}^K ∑_{j=1}^d w_kj^2"),
    "ridge-gradient": (
        "∂/∂w_j (J(w) + σ^2/τ^2 · ∑_{k=1}^d w_k^2)",
        "∑_{i=1}^n 2 (f_w(x_i) - y_i) x_ij + 2 σ^2/τ^2 · w_j",
    ),
    "logistic-ridge-gradient": (
        "∂/∂w_j [J(w) + 1/(2 τ^2) · ∑_{k=1}^d w_k^2]",
        "∑_{i=1}^n (f_w(x_i) - y_i) x_ij + 1/τ^2 · w_j",
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_prior_is_a_penalty(name: str) -> None:
    d = lp.derive(name)
    assert (written(d.lhs), written(d.rhs)) == ENDS[name]
    kind = Kind.EQUAL if name.endswith("gradient") else Kind.SAME_OPTIMA
    assert d.theorem.relation.kind is kind
    assert d.theorem.relation.reverses == (kind is Kind.SAME_OPTIMA)


def test_the_negative_log_posterior_has_both_factors_in_their_places() -> None:
    _, loss, scaled = lp.derive("ridge").equations
    assert str(loss.theorem) == (
        "|- -log(L(w) ρ(w))  =  n/2 · log(2 π σ^2) + d/2 · log(2 π τ^2)"
        " + [1/(2 σ^2) · J(w) + 1/(2 τ^2) · ∑_{j=1}^d w_j^2]"
    )
    assert str(scaled.theorem) == (
        "|- 1/(2 σ^2) · J(w) + 1/(2 τ^2) · ∑_{j=1}^d w_j^2  =  1/(2 σ^2) · (J(w) + σ^2/τ^2 · ∑_{j=1}^d w_j^2)"
    )


def test_bayes_rule_and_the_model_are_hypotheses_of_the_theorem() -> None:
    d = lp.derive("ridge")
    assumed = [str(h) for h in d.theorem.hypotheses if isinstance(h, Assumed)]
    assert sorted(a.partition(":")[0] for a in assumed) == [
        "Bayes' rule, Gaussian prior",
        "Gaussian noise",
        "conditional independence",
    ]
    assert assumed[-1].endswith("p[W = w | Y = y] = 1/Z · p[Y = y | X = x] ρ(w)")
    assert "0 < Z" in map(str, d.theorem.hypotheses)


def test_a_model_with_a_prior_is_derived_as_it_is() -> None:
    network = lp.Model("decay", GAUSSIAN, lp.OpaqueNetwork(lp.REAL), "Weight decay", prior=lp.GaussianPrior())
    d = lp.derive(network)
    assert str(d.theorem).startswith("|- p[Θ = θ | Y = y]  same optima  J(θ) + σ^2/τ^2")
    assert d.verify("finite,balls").ok
    assert lp.load(d.to_json()) == d


@pytest.mark.parametrize("prior", [lp.GaussianPrior(OWN), lp.LaplacePrior(OWN)], ids=["gaussian", "laplace"])
@pytest.mark.parametrize("model", ONE_ARRAY, ids=lambda m: m.name)
def test_every_noise_model_takes_a_prior(model: lp.Model, prior: Prior) -> None:
    d = lp.maximum_a_posteriori(model, prior)
    assert d.theorem.relation.kind is Kind.SAME_OPTIMA
    penalty = "∑_{j=1}^d |" if isinstance(prior, lp.LaplacePrior) else "^2"
    assert written(d.rhs).startswith("J(")
    assert penalty in written(d.rhs)
    assert d.theorem


def test_the_gradient_is_there_for_every_smooth_penalty() -> None:
    model = next(m for m, _ in STANDARD if m.name == "poisson")
    d = penalised_gradient(model, lp.GaussianPrior())
    assert written(d.rhs) == "∑_{i=1}^n (exp(f_w(x_i)) - y_i) x_ij + 1/τ^2 · w_j"
    with pytest.raises(LossproofError, match="no derivative where a weight is 0"):
        penalised_gradient(model, lp.LaplacePrior())


@pytest.mark.parametrize("name", PRIORS)
def test_the_density_of_a_prior_integrates_to_one(name: str) -> None:
    prior, at = PRIORS[name], Symbol("t", real=True)
    whole: Expression = Integral(prior.density(at).doit(), (at, -oo, oo)).doit()
    assert whole.equals(1)


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)
def test_the_scale_of_the_prior_cannot_be_estimated_with_the_weights(prior: Prior) -> None:
    model = replace(lp.LINEAR_REGRESSION, prior=prior, estimated=(prior.spread,))
    with pytest.raises(SideConditionError, match=f"Z.* contains {prior.spread}") as caught:
        lp.derive(model)
    assert caught.value.rule == "drop a positive constant factor"


def test_the_constant_of_the_prior_is_not_dropped_when_its_scale_is_a_parameter() -> None:
    d = lp.derive("logistic-ridge")
    scale = lp.GaussianPrior().spread
    start = next(s.before for s in d if s.rule.name == "drop a constant term")
    chain = lp.Chain("x", d.hypotheses, (*d.parameters, scale), start)
    from lossproof.rulebook.optima import DROP_CONSTANT_TERM

    with pytest.raises(SideConditionError, match="contains tau"):
        chain.at_root(DROP_CONSTANT_TERM)


def test_a_noise_scale_is_not_estimated_along_with_the_most_probable_weights() -> None:
    with pytest.raises(SideConditionError, match="contains sigma"):
        lp.derive(replace(lp.LINEAR_REGRESSION, prior=lp.GaussianPrior(), estimated=(sigma,)))


def test_an_intercept_without_a_prior_is_refused_since_the_evidence_depends_on_it() -> None:
    with pytest.raises(SideConditionError, match=r"1/Z\(b\) contains b"):
        lp.maximum_a_posteriori(lp.LINEAR_REGRESSION_INTERCEPT, lp.GaussianPrior())


def test_a_letter_that_the_noise_uses_is_refused() -> None:
    with pytest.raises(LossproofError, match="give the prior another letter"):
        lp.maximum_a_posteriori(lp.LINEAR_REGRESSION, lp.GaussianPrior(sigma))


def test_a_model_without_a_prior_has_no_posterior() -> None:
    for derive in (lp.maximum_a_posteriori, penalised_gradient):
        with pytest.raises(LossproofError, match="has no prior"):
            derive(lp.LINEAR_REGRESSION)
    with pytest.raises(LossproofError, match="has no prior"):
        _ = lp.LINEAR_REGRESSION.prior_density


@dataclass(frozen=True)
class Wrong(lp.GaussianPrior):
    """A prior whose declared factor is twice the right one."""

    @property
    def scale(self) -> Expression:
        return inverse(power(self.spread, TWO))


@dataclass(frozen=True)
class Negative(lp.GaussianPrior):
    """A density that is not positive."""

    def density(self, weight: Expression) -> Expression:
        return neg(super().density(weight))


def test_a_prior_that_declares_what_is_not_so_is_refused() -> None:
    with pytest.raises(RuleDoesNotApply, match="laws of powers and logarithms"):
        lp.maximum_a_posteriori(lp.LINEAR_REGRESSION, Wrong())
    with pytest.raises(SideConditionError, match=r"minus log is strictly decreasing|drop a positive constant factor"):
        lp.maximum_a_posteriori(lp.LINEAR_REGRESSION, Negative())


def test_the_random_weights_have_a_name_of_their_own() -> None:
    network = lp.Model("capital", GAUSSIAN, lp.OpaqueNetwork(lp.REAL, IndexedBase("W", real=True)))
    assert written(lp.maximum_a_posteriori(network, lp.GaussianPrior()).theorem.left) == "p[W_random = W | Y = y]"


@pytest.mark.parametrize("model", [SOFTMAX, ONE_HOT, CATEGORICAL], ids=lambda m: m.name)
def test_weights_for_each_class_take_a_prior_too(model: lp.Model) -> None:
    for prior in PRIORS.values():
        d = lp.maximum_a_posteriori(model, prior)
        assert d.theorem.relation.kind is Kind.SAME_OPTIMA
        assert ("∑_{k=1}^K ∑_{j=1}^d" in written(d.rhs)) == (model is not CATEGORICAL)
    with pytest.raises(LossproofError, match="not for one of each class"):
        penalised_gradient(SOFTMAX, lp.GaussianPrior())


def test_a_prior_does_not_make_a_wrong_model_right() -> None:
    with pytest.raises(SideConditionError):
        lp.maximum_a_posteriori(
            lp.Model("closed", lp.Bernoulli(), lp.OpaqueNetwork(lp.CLOSED_UNIT)), lp.GaussianPrior()
        )
    real_mean = lp.Model("p", replace(POISSON_NOISE, density=lambda f, v: f**v, loss=None), lp.LinearPredictor())
    with pytest.raises(LossproofError):
        lp.maximum_a_posteriori(real_mean, lp.GaussianPrior())


# ------------------------------------------------------------------ real data, beside scikit-learn


class Objective:
    """A derived objective and the derived gradient of its loss, as functions of the weights, on data."""

    def __init__(self, name: str, data: tuple[Floats, Floats], **scales: float) -> None:
        (self.x, self.y), self.scales = data, scales
        self.e = lp.derive(name).rhs
        self.smooth = lp.derive(f"{'logistic' if 'logistic' in name else 'linear-regression'}-gradient").rhs
        self.whole = lp.derive(f"{name}-gradient").rhs if name.endswith("ridge") else self.smooth

    def at(self, weights: Floats, **indices: Floats) -> Instance:
        n, d = self.x.shape
        values = {"n": n, "d": d, "w": weights, "x": self.x, "y": self.y, **self.scales}
        return Instance(values, indices=indices)

    def value(self, weights: Floats) -> float:
        return float(evaluate(self.e, self.at(weights)))

    def loss_gradient(self, weights: Floats) -> Floats:
        return np.asarray(evaluate(self.smooth, self.at(weights, j=np.arange(1, self.x.shape[1] + 1))))

    def gradient(self, weights: Floats) -> Floats:
        return np.asarray(evaluate(self.whole, self.at(weights, j=np.arange(1, self.x.shape[1] + 1))))


@pytest.fixture(scope="module")
def diabetes(needs: Callable[[str], None]) -> tuple[Floats, Floats]:
    needs("sklearn")
    from sklearn import datasets

    x, y = datasets.load_diabetes(return_X_y=True)
    return x / x.std(axis=0), y - y.mean()


@pytest.fixture(scope="module")
def cancer(needs: Callable[[str], None]) -> tuple[Floats, Floats]:
    needs("sklearn")
    from sklearn import datasets

    x, y = datasets.load_breast_cancer(return_X_y=True)
    return (x - x.mean(axis=0)) / x.std(axis=0), y.astype(float)


def minimiser(objective: Objective, start: Floats) -> Floats:
    from scipy.optimize import minimize

    found = minimize(objective.value, start, jac=objective.gradient, method="L-BFGS-B", options={"ftol": 1e-15})
    return np.asarray(found.x)


@pytest.mark.parametrize(("noise", "spread"), [(50.0, 10.0), (50.0, 1.0), (1.0, 1.0)])
def test_ridge_is_scikit_learns(
    diabetes: tuple[Floats, Floats], noise: float, spread: float, needs: Callable[[str], None]
) -> None:
    needs("sklearn")
    from sklearn.linear_model import Ridge

    x, y = diabetes
    theirs = Ridge(alpha=noise**2 / spread**2, fit_intercept=False, tol=1e-12).fit(x, y).coef_
    objective = Objective("ridge", diabetes, sigma=noise, tau=spread)
    assert np.abs(objective.gradient(theirs)).max() < 1e-9 * np.abs(objective.gradient(0 * theirs)).max()
    assert minimiser(objective, np.zeros(x.shape[1])) == pytest.approx(theirs, rel=1e-4, abs=1e-4)
    assert objective.value(theirs) < objective.value(theirs * 1.01)


@pytest.mark.parametrize("spread", [0.1, 1.0, 3.0])
def test_penalised_logistic_regression_is_scikit_learns(
    cancer: tuple[Floats, Floats], spread: float, needs: Callable[[str], None]
) -> None:
    needs("sklearn")
    from sklearn.linear_model import LogisticRegression

    x, y = cancer
    fitted = LogisticRegression(C=spread**2, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(x, y)
    theirs = np.ravel(fitted.coef_)
    objective = Objective("logistic-ridge", cancer, tau=spread)
    assert np.abs(objective.gradient(theirs)).max() < 1e-5 * np.abs(objective.gradient(0 * theirs)).max()
    assert minimiser(objective, np.zeros(x.shape[1])) == pytest.approx(theirs, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("spread", [0.3, 2.0])
def test_penalised_softmax_regression_is_scikit_learns(spread: float, needs: Callable[[str], None]) -> None:
    needs("sklearn")
    from scipy.optimize import approx_fprime
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    x, y = load_iris(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    theirs = LogisticRegression(C=spread**2, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(x, y).coef_
    assert theirs.shape == (3, 4)
    objective = lp.derive("softmax-ridge").rhs
    values = {"n": 150, "d": 4, "K": 3, "x": x, "y": y + 1, "tau": spread}

    def value(weights: Floats) -> float:
        return float(evaluate(objective, {**values, "w": weights.reshape(3, 4)}))

    assert np.abs(approx_fprime(theirs.ravel(), value, 1e-6)).max() < 1e-3
    assert np.abs(approx_fprime(0.9 * theirs.ravel(), value, 1e-6)).max() > 0.1


def subgradient_excess(slopes: Floats, weights: Floats, strength: float) -> float:
    """By how much 0 misses the subdifferential of ``loss + strength * sum |w_j|``."""
    at_kink = np.maximum(np.abs(slopes) - strength, 0.0)
    return float(np.where(weights == 0.0, at_kink, np.abs(slopes + strength * np.sign(weights))).max())


def test_lasso_is_scikit_learns(diabetes: tuple[Floats, Floats], needs: Callable[[str], None]) -> None:
    needs("sklearn")
    from scipy.optimize import minimize
    from sklearn.linear_model import Lasso

    (x, y), noise, spread = diabetes, 50.0, 2.0
    alpha = noise**2 / (len(y) * spread)
    theirs = Lasso(alpha=alpha, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(x, y).coef_
    assert 0 < (theirs == 0).sum() < len(theirs)
    objective = Objective("lasso", diabetes, sigma=noise, b=spread)
    strength = 2 * noise**2 / spread
    assert subgradient_excess(objective.loss_gradient(theirs), theirs, strength) < 1e-6 * strength

    # w = u - v with u, v >= 0 makes the penalty smooth; the objective is still the derived one.
    size = len(theirs)

    def split(uv: Floats) -> float:
        return objective.value(uv[:size] - uv[size:]) + strength * 2 * float(np.minimum(uv[:size], uv[size:]).sum())

    def slopes(uv: Floats) -> Floats:
        smooth = objective.loss_gradient(uv[:size] - uv[size:])
        return np.concatenate([smooth, -smooth]) + strength

    bounds = [(0.0, None)] * (2 * size)
    found = minimize(split, np.zeros(2 * size), jac=slopes, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-15})
    assert found.x[:size] - found.x[size:] == pytest.approx(theirs, rel=1e-3, abs=1e-3)


def test_logistic_lasso_is_scikit_learns(cancer: tuple[Floats, Floats], needs: Callable[[str], None]) -> None:
    needs("sklearn")
    import warnings

    from sklearn.linear_model import LogisticRegression

    (x, y), spread = cancer, 0.5
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = LogisticRegression(
            penalty="l1", C=spread, solver="liblinear", fit_intercept=False, tol=1e-10, max_iter=100_000
        ).fit(x, y)
    theirs = np.ravel(fitted.coef_)
    assert (theirs == 0).any()
    objective = Objective("logistic-lasso", cancer, b=spread)
    assert subgradient_excess(objective.loss_gradient(theirs), theirs, 1 / spread) < 1e-3
    for step in np.eye(len(theirs))[:5]:
        assert objective.value(theirs) <= objective.value(theirs + 0.05 * step)
        assert objective.value(theirs) <= objective.value(theirs - 0.05 * step)
