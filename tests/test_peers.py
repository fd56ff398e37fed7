"""Every function of another library that the catalogue names computes what was derived, on the same inputs.

``f`` is what the predictor gives, a number for each observation or for each class.  A comparison says
which derived quantity it is about: the loss ``J``, or minus the log-likelihood.  What a library leaves
out or adds (a factor 2, the deviance of the saturated model) stands in the comparison.
"""

from __future__ import annotations

import importlib
import pkgutil
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import kernel_machines
import numpy as np
import pytest

import lossproof as lp
from lossproof.models import BERNOULLI, LOGISTIC, LinearPredictor, Model, NoiseModel, SigmoidNode
from lossproof.numeric.evaluate import Instance, Precise, evaluate
from lossproof.numeric.peers import log_density
from lossproof.strategies.standard import STANDARD

ROWS, FEATURES, CLASSES = 24, 3, 4

CLASSIFIERS = ("softmax", "softmax-equation", "softmax-one-hot", "softmax-ridge", "multinomial", "categorical")

#: The other parameters, by their letters.
PARAMETERS = {
    "sigma": 0.8, "b": 1.3, "beta": 1.2, "tau": 0.3, "nu": 3.5, "gamma": 0.7, "kappa": 2.5, "alpha": 1.7,
    "phi": 4.0, "r": 2.2, "lambda": 1.9,
}  # fmt: skip

MODELS: dict[str, Model[NoiseModel]] = {model.name: model for model, _ in STANDARD} | {
    "logistic": LOGISTIC,
    "logistic-equation": LOGISTIC,
    "bernoulli": BERNOULLI,
    **{name: entry.model for name, entry in lp.CATALOGUE.items() if entry.model is not None},
}


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


class Case:
    """Random inputs for a model, in the support of its noise, and what was derived, evaluated there."""

    def __init__(self, name: str) -> None:
        self.name, chance = name, np.random.default_rng(len(name))
        self.x = chance.normal(size=(ROWS, FEATURES))
        self.w = np.array([0.6, -0.4, 0.3])
        self.intercept = 0.25 if "intercept" in name else 0.0
        self.f = self.x @ self.w + self.intercept
        self.v = np.exp(0.5 * self.x[:, 0])
        self.p: dict[str, Any] = dict(PARAMETERS)
        self.p["s"] = np.exp(0.4 * self.x[:, 1])
        self.p["m"] = chance.integers(0, 9, ROWS).astype(float)
        self.p["u"] = chance.integers(0, 2, ROWS).astype(float)
        self.scores = self.x @ chance.normal(size=(FEATURES, CLASSES))
        self.weights = np.linalg.lstsq(self.x, self.scores, rcond=None)[0].T
        self.labels = chance.integers(1, CLASSES + 1, ROWS)
        self.one_hot = np.eye(CLASSES)[self.labels - 1]
        self.counts = chance.multinomial(5, np.full(CLASSES, 1 / CLASSES), ROWS).astype(float)
        self.y = self._observed(chance)

    def _observed(self, chance: np.random.Generator) -> Any:
        name = self.name
        if name.startswith(("poisson", "negative-binomial")):
            return chance.poisson(2.0, ROWS).astype(float)
        if name == "binomial":
            return np.floor(self.p["m"] * chance.random(ROWS))
        if name == "geometric":
            return chance.geometric(0.4, ROWS).astype(float)
        if name in ("logistic", "logistic-equation", "logistic-stable", "bernoulli"):
            return (chance.random(ROWS) < 0.5).astype(float)
        support = getattr(MODELS[name].noise, "support", lp.REAL) if name in MODELS else lp.REAL
        if support == lp.BINARY:
            return (chance.random(ROWS) < 0.5).astype(float)
        if support.within(lp.UNIT):
            return chance.uniform(0.05, 0.95, ROWS)
        if support.within(lp.NONNEGATIVE) or name.endswith("-censored"):
            return chance.gamma(2.0, 1.0, ROWS) + 0.05
        return self.f + chance.normal(size=ROWS)

    @property
    def instance(self) -> Instance:
        """Everything by its letter; an opaque network gives ``f`` and ``v``, or the scores, whatever its input."""
        values: dict[str, Any] = {
            **self.p, "n": ROWS, "d": FEATURES, "K": CLASSES, "x": self.x, "w": self.w, "theta": self.w, "y": self.y,
            "z": self.f,
        }  # fmt: skip
        functions: dict[str, Callable[..., Any]] = {"f": lambda *_: self.f, "v": lambda *_: self.v}
        model = MODELS.get(self.name)
        if model is not None and isinstance(model.predictor, LinearPredictor) and model.predictor.intercept:
            values["b"] = self.intercept
        if self.name == "bernoulli":
            functions["f"] = lambda *_: sigmoid(self.f)
        if self.name in CLASSIFIERS:
            values |= {"w": self.weights, "y": self.labels, "m": self.counts.sum(axis=1)}
            functions["f"] = self.score
        if self.name == "softmax-one-hot":
            values["y"] = self.one_hot
        if self.name == "multinomial":
            values["y"] = self.counts
        return Instance(values, functions)

    def score(self, _theta: Any, classes: Any, rows: Any) -> Any:
        """The scores of rows of inputs for classes from 1."""
        scores, at = np.asarray(rows, dtype=float) @ self.weights.T, np.asarray(classes, dtype=int) - 1
        shape = np.broadcast_shapes(at.shape, scores.shape[:-1])
        scores = np.broadcast_to(scores, (*shape, CLASSES))
        return np.take_along_axis(scores, np.broadcast_to(at, shape)[..., None], axis=-1)[..., 0]

    @property
    def loss(self) -> float:
        """The last line of the derivation."""
        return float(np.sum(evaluate(lp.derive(self.name).rhs, self.instance, Precise(50))))

    @property
    def nll(self) -> float:
        """``-log L``."""
        steps = lp.derive(self.name).steps
        negative = [s.after for s in steps if s.rule.name == "minus log is strictly decreasing"] or [steps[0].before]
        return float(evaluate(negative[0], self.instance, Precise(50)))

    @property
    def tensors(self) -> Any:
        """``w``, ``f`` and ``y`` in PyTorch, ``f`` a function of ``w``."""
        import torch

        w = torch.tensor(self.w, requires_grad=True)
        return w, torch.tensor(self.x) @ w + self.intercept, torch.tensor(self.y)


def close(ours: Any, theirs: Any) -> bool:
    return bool(np.all(np.isfinite(theirs) & (np.abs(ours - theirs) <= 1e-9 * np.maximum(1.0, np.abs(theirs)))))


# ------------------------------------------------------------------ PyTorch: a scalar tensor of f and y


def _nn(name: str, *extra: str, factor: float = 1.0, **options: Any) -> Callable[..., Any]:
    """A loss of ``torch.nn``, summed."""

    def computed(f: Any, y: Any, case: Case) -> Any:
        import torch

        loss = getattr(torch.nn, name)(reduction="sum", **options)
        return factor * loss(f, y, *(torch.tensor(getattr(case, e)) for e in extra))

    return computed


def _log_prob(name: str, parameters: Callable[[Any, dict[str, Any]], dict[str, Any]], shift: int = 0) -> Any:
    """Minus the log-density of ``torch.distributions``, over the scale of the loss: its gradient is that of ``J``."""

    def computed(f: Any, y: Any, case: Case) -> Any:
        import torch

        given = {k: torch.as_tensor(v, dtype=torch.float64) for k, v in case.p.items()} | {"v": torch.tensor(case.v)}
        distribution = getattr(torch.distributions, name)(**parameters(f, given))
        return -distribution.log_prob(y + shift).sum()

    return computed


def _sigmoid_of(f: Any) -> Any:
    import torch

    return torch.sigmoid(f)


#: A loss of PyTorch that is ``J``.
TORCH_LOSSES = {
    ("linear-regression", "torch.nn.MSELoss"): _nn("MSELoss"),
    ("linear-regression-intercept", "torch.nn.MSELoss"): _nn("MSELoss"),
    ("gaussian", "torch.nn.MSELoss"): _nn("MSELoss"),
    ("heteroscedastic", "torch.nn.GaussianNLLLoss"): _nn("GaussianNLLLoss", "v", factor=2.0),
    ("laplace", "torch.nn.L1Loss"): _nn("L1Loss"),
    ("poisson", "torch.nn.PoissonNLLLoss"): _nn("PoissonNLLLoss", log_input=True, full=False),
    ("logistic", "torch.nn.BCELoss"): lambda f, y, case: _nn("BCELoss")(_sigmoid_of(f), y, case),
    ("logistic-equation", "torch.nn.BCELoss"): lambda f, y, case: _nn("BCELoss")(_sigmoid_of(f), y, case),
    ("bernoulli", "torch.nn.BCELoss"): lambda f, y, case: _nn("BCELoss")(_sigmoid_of(f), y, case),
    ("logistic-stable", "torch.nn.BCEWithLogitsLoss"): _nn("BCEWithLogitsLoss"),
}

#: A distribution of PyTorch with that density.
TORCH_DENSITIES = {
    ("linear-regression", "Normal"): _log_prob("Normal", lambda f, p: {"loc": f, "scale": p["sigma"]}),
    ("linear-regression-intercept", "Normal"): _log_prob("Normal", lambda f, p: {"loc": f, "scale": p["sigma"]}),
    ("gaussian", "Normal"): _log_prob("Normal", lambda f, p: {"loc": f, "scale": p["sigma"]}),
    ("weighted-least-squares", "Normal"): _log_prob("Normal", lambda f, p: {"loc": f, "scale": p["s"]}),
    ("heteroscedastic", "Normal"): _log_prob("Normal", lambda f, p: {"loc": f, "scale": p["v"] ** 0.5}),
    ("laplace", "Laplace"): _log_prob("Laplace", lambda f, p: {"loc": f, "scale": p["beta"]}),
    ("student-t", "StudentT"): _log_prob("StudentT", lambda f, p: {"df": p["nu"], "loc": f, "scale": p["sigma"]}),
    ("cauchy", "Cauchy"): _log_prob("Cauchy", lambda f, p: {"loc": f, "scale": p["gamma"]}),
    ("poisson", "Poisson"): _log_prob("Poisson", lambda f, p: {"rate": f.exp()}),
    ("binomial", "Binomial"): _log_prob("Binomial", lambda f, p: {"total_count": p["m"], "logits": f}),
    ("geometric", "Geometric"): _log_prob("Geometric", lambda f, p: {"logits": f}, shift=-1),
    ("negative-binomial", "NegativeBinomial"): _log_prob(
        "NegativeBinomial", lambda f, p: {"total_count": p["r"], "logits": f - p["r"].log()}
    ),
    ("exponential", "Exponential"): _log_prob("Exponential", lambda f, p: {"rate": (-f).exp()}),
    ("gamma", "Gamma"): _log_prob(
        "Gamma", lambda f, p: {"concentration": p["alpha"] + 0 * f, "rate": p["alpha"] * (-f).exp()}
    ),
    ("weibull", "Weibull"): _log_prob("Weibull", lambda f, p: {"scale": f.exp(), "concentration": p["alpha"] + 0 * f}),
    ("log-normal", "LogNormal"): _log_prob("LogNormal", lambda f, p: {"loc": f, "scale": p["sigma"]}),
    ("beta", "Beta"): _log_prob(
        "Beta",
        lambda f, p: {"concentration1": _sigmoid_of(f) * p["phi"], "concentration0": _sigmoid_of(-f) * p["phi"]},
    ),
    ("logistic", "Bernoulli"): _log_prob("Bernoulli", lambda f, p: {"logits": f}),
    ("logistic-equation", "Bernoulli"): _log_prob("Bernoulli", lambda f, p: {"logits": f}),
}

# ------------------------------------------------------------------ the other libraries: which quantity, and theirs

Comparison = Callable[[Case], tuple[float, float]]


def _torch_loss(key: tuple[str, str]) -> Comparison:
    def compared(case: Case) -> tuple[float, float]:
        _, f, y = case.tensors
        return case.loss, TORCH_LOSSES[key](f, y, case).item()

    return compared


def _torch_density(key: tuple[str, str]) -> Comparison:
    def compared(case: Case) -> tuple[float, float]:
        _, f, y = case.tensors
        return case.nll, TORCH_DENSITIES[key](f, y, case).item()

    return compared


def _scipy(case: Case) -> tuple[float, float]:
    prediction = sigmoid(case.f) if case.y.max(initial=0) <= 1 and MODELS[case.name].noise.name == "model" else case.f
    parameters = dict(case.p)
    if case.name == "heteroscedastic":
        from scipy.stats import norm

        return case.nll, -norm.logpdf(case.y, case.f, np.sqrt(case.v)).sum()
    found = log_density(MODELS[case.name].noise.name, prediction, case.y, parameters)
    assert found is not None
    return case.nll, -found[0]


def _metric(name: str, factor: float = 1.0, rest: Callable[[Any], Any] | None = None, **options: Any) -> Comparison:
    """``n`` times a metric of scikit-learn, and what it leaves out, is the loss."""

    def compared(case: Case) -> tuple[float, float]:
        from sklearn import metrics

        mean = getattr(metrics, name)(case.y, np.exp(case.f) if "deviance" in name else case.f, **options)
        left_out = 0.0 if rest is None else np.sum(rest(case.y))
        return case.loss, factor * ROWS * mean + left_out

    return compared


def _y_log_y(y: Any) -> Any:
    return np.where(y > 0, y - y * np.log(np.where(y > 0, y, 1)), 0.0)


def _gradient_boosting(name: str, factor: float = 1.0, **options: Any) -> Comparison:
    """The sum of a loss of ``sklearn._loss``."""

    def compared(case: Case) -> tuple[float, float]:
        losses = importlib.import_module("sklearn._loss.loss")
        return case.loss, factor * getattr(losses, name)(**options).loss(case.y, case.f).sum()

    return compared


def _weighted(case: Case) -> tuple[float, float]:
    from sklearn.metrics import mean_squared_error

    weights = 1 / case.p["s"] ** 2
    return case.loss, weights.sum() * mean_squared_error(case.y, case.f, sample_weight=weights)


def _shifted(case: Case) -> tuple[float, float]:
    """scikit-learn takes the logarithm of one plus its arguments."""
    from sklearn.metrics import mean_squared_log_error

    return case.loss, ROWS * mean_squared_log_error(case.y - 1, np.exp(case.f) - 1)


def _log_loss(case: Case) -> tuple[float, float]:
    from sklearn.metrics import log_loss

    return case.loss, log_loss(case.y, sigmoid(case.f), normalize=False, labels=[0, 1])


def _least_squares(case: Case) -> tuple[float, float]:
    import statsmodels.api as sm

    x = np.column_stack([np.ones(ROWS), case.x]) if case.intercept else case.x
    weights = np.concatenate([[case.intercept], case.w]) if case.intercept else case.w
    return case.nll, -sm.OLS(case.y, x).loglike(weights, scale=case.p["sigma"] ** 2)


def _weighted_least_squares(case: Case) -> tuple[float, float]:
    """It estimates a common scale; where that is one, its log-likelihood is ours."""
    import statsmodels.api as sm

    case.p["s"] = case.p["s"] * np.sqrt(np.mean(((case.y - case.f) / case.p["s"]) ** 2))
    return case.nll, -sm.WLS(case.y, case.x, weights=1 / case.p["s"] ** 2).loglike(case.w)


def _family(
    name: str, mean: Callable[[Any], Any], scale: Callable[[Any], float] = lambda p: 1.0, **o: Any
) -> Comparison:
    def compared(case: Case) -> tuple[float, float]:
        import statsmodels.api as sm

        family = getattr(sm.families, name)(**{k: v(case.p) for k, v in o.items()})
        observed = case.y
        if name == "Binomial":
            trials = case.p["m"] if case.name == "binomial" else np.ones(ROWS)
            family.n, observed = trials, case.y / np.maximum(trials, 1)
        return case.nll, -np.sum(family.loglike_obs(observed, mean(case.f), scale=scale(case.p)))

    return compared


def _beta_model(case: Case) -> tuple[float, float]:
    from statsmodels.othermod.betareg import BetaModel

    return case.nll, -BetaModel(case.y, case.x).loglike(np.append(case.w, np.log(case.p["phi"])))


def _of_labels(name: str) -> Comparison:
    def compared(case: Case) -> tuple[float, float]:
        import statsmodels.api as sm

        return case.nll, -getattr(sm, name)(case.y, case.x).loglike(case.w)

    return compared


def _class_loss(case: Case) -> tuple[float, float]:
    import torch

    loss = torch.nn.CrossEntropyLoss(reduction="sum")
    target = case.one_hot if case.name == "softmax-one-hot" else case.labels - 1
    return case.loss, loss(torch.tensor(case.scores), torch.tensor(target)).item()


def _class_density(case: Case) -> tuple[float, float]:
    import torch

    classes = torch.distributions.Categorical(logits=torch.tensor(case.scores))
    return case.nll, -classes.log_prob(torch.tensor(case.labels - 1)).sum().item()


def _softmax(scores: Any) -> Any:
    from scipy.special import softmax

    return softmax(scores, axis=1)


def _class_log_loss(case: Case) -> tuple[float, float]:
    from sklearn.metrics import log_loss

    labels = list(range(1, CLASSES + 1))
    return case.loss, log_loss(case.labels, _softmax(case.scores), normalize=False, labels=labels)


def _half_multinomial(case: Case) -> tuple[float, float]:
    from sklearn._loss import HalfMultinomialLoss

    loss = HalfMultinomialLoss(n_classes=CLASSES)
    return case.loss, loss.loss((case.labels - 1).astype(float), case.scores).sum()


def _multinomial(case: Case) -> tuple[float, float]:
    from scipy.stats import multinomial

    each = [multinomial.logpmf(c, c.sum(), p) for c, p in zip(case.counts, _softmax(case.scores), strict=True)]
    return case.nll, -sum(each)


def _censored(case: Case) -> tuple[float, float]:
    """The log-density of an event, the logarithm of the survival function of a censored observation."""
    from scipy import stats

    scale = np.exp(case.f)
    exponential = case.name == "exponential-censored"
    variable = stats.expon(scale=scale) if exponential else stats.weibull_min(case.p["alpha"], scale=scale)
    return case.nll, -np.where(case.p["u"] == 1, variable.logpdf(case.y), variable.logsf(case.y)).sum()


def _scores_of(case: Case) -> dict[str, Any]:
    return {"K": CLASSES, "z": case.scores[0], "m": 0.7}


def _log_sum_exp(case: Case) -> tuple[float, float]:
    from scipy.special import logsumexp

    return float(evaluate(lp.derive(case.name).rhs, _scores_of(case))), logsumexp(case.scores[0])


def _two_classes(case: Case) -> tuple[float, float]:
    from scipy.special import softmax

    return float(evaluate(lp.derive(case.name).rhs, _scores_of(case))), softmax(case.scores[0, :2])[1]


def _mean_torch(case: Case) -> tuple[float, float]:
    import torch

    return case.loss, torch.nn.MSELoss()(torch.tensor(case.f), torch.tensor(case.y)).item()


def _mean_sklearn(case: Case) -> tuple[float, float]:
    from sklearn.metrics import mean_squared_error

    return case.loss, mean_squared_error(case.y, case.f)


COMPARISONS: dict[tuple[str, str], Comparison] = {
    **{key: _torch_loss(key) for key in TORCH_LOSSES},
    **{(name, f"torch.distributions.{d}"): _torch_density((name, d)) for name, d in TORCH_DENSITIES},
    **{
        (name, peer): _scipy
        for name, entry in lp.CATALOGUE.items()
        for peer in entry.peers
        if peer.startswith("scipy.stats") and name in MODELS and "censored" not in name
    },
    **{(name, "sklearn.metrics.log_loss"): _log_loss for name in ("logistic", "logistic-equation", "bernoulli")},
    **{(name, "statsmodels.api.Logit"): _of_labels("Logit") for name in ("logistic", "logistic-equation")},
    ("probit", "statsmodels.api.Probit"): _of_labels("Probit"),
    ("complementary-log-log", "statsmodels.api.families.Binomial"): _family(
        "Binomial", lambda f: -np.expm1(-np.exp(f))
    ),
    ("logistic-stable", "sklearn._loss.HalfBinomialLoss"): _gradient_boosting("HalfBinomialLoss"),
    **{
        (name, peer): compared
        for name in ("linear-regression", "linear-regression-intercept", "linear-regression-equation")
        for peer, compared in (
            ("statsmodels.api.OLS", _least_squares),
            ("statsmodels.api.families.Gaussian", _family("Gaussian", lambda f: f, lambda p: p["sigma"] ** 2)),
            ("sklearn.metrics.mean_squared_error", _metric("mean_squared_error")),
        )
        if name != "linear-regression-equation" or peer.endswith("OLS")
    },
    ("gaussian", "sklearn.metrics.mean_squared_error"): _metric("mean_squared_error"),
    ("weighted-least-squares", "sklearn.metrics.mean_squared_error"): _weighted,
    ("weighted-least-squares", "statsmodels.api.WLS"): _weighted_least_squares,
    ("laplace", "sklearn.metrics.mean_absolute_error"): _metric("mean_absolute_error"),
    ("laplace", "sklearn._loss.AbsoluteError"): _gradient_boosting("AbsoluteError"),
    ("asymmetric-laplace", "sklearn.metrics.mean_pinball_loss"): _metric("mean_pinball_loss", alpha=PARAMETERS["tau"]),
    ("asymmetric-laplace", "sklearn._loss.PinballLoss"): _gradient_boosting("PinballLoss", quantile=PARAMETERS["tau"]),
    ("poisson", "statsmodels.api.families.Poisson"): _family("Poisson", np.exp),
    ("poisson", "sklearn.metrics.mean_poisson_deviance"): _metric("mean_poisson_deviance", 0.5, _y_log_y),
    ("poisson", "sklearn._loss.HalfPoissonLoss"): _gradient_boosting("HalfPoissonLoss"),
    ("binomial", "statsmodels.api.families.Binomial"): _family("Binomial", sigmoid),
    ("negative-binomial", "statsmodels.api.families.NegativeBinomial"): _family(
        "NegativeBinomial", np.exp, alpha=lambda p: 1 / p["r"]
    ),
    ("exponential", "sklearn.metrics.mean_gamma_deviance"): _metric(
        "mean_gamma_deviance", 0.5, lambda y: 1 + np.log(y)
    ),
    ("exponential", "sklearn._loss.HalfGammaLoss"): _gradient_boosting("HalfGammaLoss"),
    ("gamma", "sklearn.metrics.mean_gamma_deviance"): _metric("mean_gamma_deviance", 0.5, lambda y: 1 + np.log(y)),
    ("gamma", "sklearn._loss.HalfGammaLoss"): _gradient_boosting("HalfGammaLoss"),
    ("gamma", "statsmodels.api.families.Gamma"): _family("Gamma", np.exp, lambda p: 1 / p["alpha"]),
    ("inverse-gaussian", "statsmodels.api.families.InverseGaussian"): _family(
        "InverseGaussian", np.exp, lambda p: 1 / p["lambda"]
    ),
    ("inverse-gaussian", "sklearn.metrics.mean_tweedie_deviance"): _metric("mean_tweedie_deviance", power=3),
    ("log-normal", "sklearn.metrics.mean_squared_log_error"): _shifted,
    ("beta", "statsmodels.othermod.betareg.BetaModel"): _beta_model,
    **{
        (name, peer): compared
        for name in ("softmax", "softmax-equation", "softmax-one-hot", "categorical")
        for peer, compared in (
            ("torch.nn.CrossEntropyLoss", _class_loss),
            ("torch.distributions.Categorical", _class_density),
            ("sklearn.metrics.log_loss", _class_log_loss),
            ("sklearn._loss.HalfMultinomialLoss", _half_multinomial),
        )
    },
    ("multinomial", "scipy.stats.multinomial"): _multinomial,
    ("exponential-censored", "scipy.stats.expon"): _censored,
    ("weibull-censored", "scipy.stats.weibull_min"): _censored,
    ("softmax-stable", "scipy.special.logsumexp"): _log_sum_exp,
    ("softmax-two-classes-probability", "scipy.special.softmax"): _two_classes,
    ("mean-squared-error", "sklearn.metrics.mean_squared_error"): _mean_sklearn,
    ("mean-squared-error", "torch.nn.MSELoss"): _mean_torch,
    ("half-squared-error", "sklearn._loss.HalfSquaredError"): _gradient_boosting("HalfSquaredError"),
    **{key: lambda _, compared=compared: compared() for key, compared in kernel_machines.PEERS.items()},
}

# ------------------------------------------------------------------ fits: their minimiser is that of the derived loss


def _linear_regression(case: Case) -> Any:
    from sklearn.linear_model import LinearRegression

    return LinearRegression(fit_intercept=False).fit(case.x, case.y - case.intercept).coef_


def _ridge(case: Case) -> Any:
    from sklearn.linear_model import Ridge

    alpha = (case.p["sigma"] / case.p["tau"]) ** 2
    return Ridge(alpha=alpha, fit_intercept=False, tol=1e-12).fit(case.x, case.y).coef_


def _lasso(case: Case) -> Any:
    from sklearn.linear_model import Lasso

    alpha = case.p["sigma"] ** 2 / (ROWS * case.p["b"])
    return Lasso(alpha=alpha, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(case.x, case.y).coef_


def _logistic(penalty: str, strength: Callable[[Any], float]) -> Callable[[Case], Any]:
    def fitted(case: Case) -> Any:
        from sklearn.linear_model import LogisticRegression

        labels = (case.f + np.sin(7 * case.x[:, 0]) > 0).astype(float)
        case.y = labels
        options: dict[str, Any] = {"C": strength(case.p), "fit_intercept": False, "tol": 1e-12, "max_iter": 100_000}
        if penalty == "l1":
            options |= {"penalty": "l1", "solver": "liblinear"}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.ravel(LogisticRegression(**options).fit(case.x, labels).coef_)

    return fitted


def _softmax_ridge(case: Case) -> Any:
    from sklearn.linear_model import LogisticRegression

    options = {"C": case.p["tau"] ** 2, "fit_intercept": False, "tol": 1e-12, "max_iter": 100_000}
    return LogisticRegression(**options).fit(case.x, case.labels).coef_


FITS: dict[tuple[str, str], Callable[[Case], Any]] = {
    ("linear-regression", "sklearn.linear_model.LinearRegression"): _linear_regression,
    ("linear-regression-intercept", "sklearn.linear_model.LinearRegression"): _linear_regression,
    ("ridge", "sklearn.linear_model.Ridge"): _ridge,
    ("lasso", "sklearn.linear_model.Lasso"): _lasso,
    ("logistic-ridge", "sklearn.linear_model.LogisticRegression"): _logistic("l2", lambda p: p["tau"] ** 2),
    ("softmax-ridge", "sklearn.linear_model.LogisticRegression"): _softmax_ridge,
    ("logistic-lasso", "sklearn.linear_model.LogisticRegression"): _logistic("l1", lambda p: p["b"]),
}

# ------------------------------------------------------------------ the tests

NAMED = [(name, peer) for name, entry in lp.CATALOGUE.items() for peer in entry.peers]


def test_every_peer_named_is_compared_and_no_other() -> None:
    assert set(NAMED) == set(COMPARISONS) | set(FITS)
    assert not set(COMPARISONS) & set(FITS)


@pytest.mark.parametrize("peer", sorted({peer for _, peer in NAMED}))
def test_every_peer_named_exists_under_that_name(peer: str, needs: Callable[[str], None]) -> None:
    needs(peer.partition(".")[0])
    assert callable(pkgutil.resolve_name(peer)) or hasattr(pkgutil.resolve_name(peer), "logpdf")


@pytest.mark.parametrize(("name", "peer"), COMPARISONS)
def test_a_peer_computes_what_was_derived(name: str, peer: str, needs: Callable[[str], None]) -> None:
    needs(peer.partition(".")[0])
    ours, theirs = COMPARISONS[name, peer](Case(name))
    assert close(ours, theirs), (ours, theirs)
    assert not close(ours + 1e-6 * np.maximum(1.0, np.abs(ours)), theirs)


@pytest.mark.parametrize(("name", "peer"), FITS)
def test_a_fit_of_a_peer_minimises_what_was_derived(name: str, peer: str, needs: Callable[[str], None]) -> None:
    needs("sklearn")
    case = Case(name)
    best = np.asarray(FITS[name, peer](case))
    objective = lp.derive(name).rhs

    def at(weights: Any) -> float:
        case.w = case.weights = weights
        return float(evaluate(objective, case.instance, Precise(40)))

    least, chance = at(best), np.random.default_rng(0)
    for step in chance.normal(size=(12, *best.shape)) * 1e-2:
        assert at(best + step) > least


@cache
def _differentiable() -> tuple[str, ...]:
    return tuple(
        name
        for name, model in MODELS.items()
        if f"{name}-gradient" in lp.CATALOGUE and isinstance(model.predictor, (LinearPredictor, SigmoidNode))
    )


def _derived_gradient(case: Case) -> Any:
    instance = case.instance
    at = Instance(instance.values, instance.functions, instance.assumptions, {"j": np.arange(1, FEATURES + 1)})
    return np.asarray(evaluate(lp.derive(f"{case.name}-gradient").rhs, at, Precise(50)), dtype=float)


@pytest.mark.parametrize("name", _differentiable())
def test_the_derived_gradient_is_that_of_central_differences(name: str) -> None:
    case = Case(name)
    derived = _derived_gradient(case)
    for j in range(FEATURES):
        at = Instance(case.instance.values, case.instance.functions, (), {"j": j + 1})
        slope = evaluate(lp.derive(f"{name}-gradient").lhs, at, Precise(60))
        assert close(derived[j], float(slope))


@pytest.mark.parametrize(
    ("name", "peer"), [key for key in (*TORCH_LOSSES, *TORCH_DENSITIES) if key[0] in _differentiable()]
)
def test_the_derived_gradient_is_that_of_autograd(name: str, peer: str, needs: Callable[[str], None]) -> None:
    """Of networks: tests/test_networks.py."""
    needs("torch")
    case = Case(name)
    w, f, y = case.tensors
    loss = (TORCH_LOSSES | TORCH_DENSITIES)[name, peer](f, y, case)
    scale = 1.0
    if (name, peer) in TORCH_DENSITIES:
        scale = float(evaluate(MODELS[name].noise.scale, case.instance))
    (loss / scale).backward()
    assert close(_derived_gradient(case), w.grad.numpy())


def test_the_derived_gradient_of_softmax_is_that_of_autograd(needs: Callable[[str], None]) -> None:
    needs("torch")
    import torch

    case = Case("softmax")
    w = torch.tensor(case.weights, requires_grad=True)
    scores = torch.tensor(case.x) @ w.T
    torch.nn.functional.cross_entropy(scores, torch.tensor(case.labels - 1), reduction="sum").backward()
    gradient = lp.derive("softmax-gradient").rhs
    free = {s.name for s in gradient.free_symbols} & {"j", "c", "l", "k", "m"}
    assert "j" in free
    classes = (free - {"j", "k"}).pop() if free - {"j", "k"} else "k"
    indices = {"j": np.arange(1, FEATURES + 1)[None, :], classes: np.arange(1, CLASSES + 1)[:, None]}
    ours = evaluate(gradient, Instance(case.instance.values, indices=indices), Precise(40))
    assert close(np.asarray(ours, dtype=float), w.grad.numpy())


def test_every_standard_model_has_a_peer() -> None:
    assert all(lp.CATALOGUE[model.name].peers for model, _ in STANDARD)
