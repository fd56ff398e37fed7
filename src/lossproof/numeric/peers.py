"""What other libraries compute for the same noise models: log-densities and fits, a line each.

Everything is keyed by the name of the noise model.  ``f`` is what the predictor gives, ``y`` what was
observed, ``p`` the other parameters by their letters.  SciPy, scikit-learn and statsmodels are
imported when a function is called.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossproof.errors import LossproofError
from lossproof.numeric.data import Floats

#: How another library may refuse numbers.
_REFUSALS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class PeerFailed(LossproofError):
    """Another library did not compute what it was asked for; that says nothing about the derivation."""


@contextmanager
def asking(peer: str) -> Iterator[None]:
    """Around a call of another library: how it fails becomes a message that names it.

    Raises:
        PeerFailed: if the other library raises an error.

    >>> with asking("a library"):
    ...     raise ValueError("y must be positive.")
    Traceback (most recent call last):
    lossproof.numeric.peers.PeerFailed: not compared with a library: ValueError: y must be positive.
    """
    try:
        yield
    except _REFUSALS as error:
        said = " ".join(str(error).split())
        raise PeerFailed(f"not compared with {peer}: {type(error).__name__}: {said:.200}") from error


LogDensity = Callable[[Any, Floats, Floats, Mapping[str, Any]], Floats]

#: The name of the distribution in ``scipy.stats``, and the logarithm of the density with it.
LOG_DENSITIES: dict[str, tuple[str, LogDensity]] = {
    "model": ("bernoulli", lambda s, f, y, p: s.logpmf(y, f)),
    "Gaussian noise": ("norm", lambda s, f, y, p: s.logpdf(y, f, p["sigma"])),
    "Gaussian noise of known scales": ("norm", lambda s, f, y, p: s.logpdf(y, f, p["s"])),
    "Laplace noise": ("laplace", lambda s, f, y, p: s.logpdf(y, f, p["beta"])),
    "asymmetric Laplace noise": (
        "laplace_asymmetric",
        lambda s, f, y, p: s.logpdf(
            y, np.sqrt(p["tau"] / (1 - p["tau"])), f, p["beta"] / np.sqrt(p["tau"] * (1 - p["tau"]))
        ),
    ),
    "Student t noise": ("t", lambda s, f, y, p: s.logpdf(y, p["nu"], f, p["sigma"])),
    "Cauchy noise": ("cauchy", lambda s, f, y, p: s.logpdf(y, f, p["gamma"])),
    "von Mises noise": ("vonmises", lambda s, f, y, p: s.logpdf(y, p["kappa"], f)),
    "probit model": ("norm", lambda s, f, y, p: s.logcdf((2 * y - 1) * f)),
    "complementary log-log model": ("bernoulli", lambda s, f, y, p: s.logpmf(y, -np.expm1(-np.exp(f)))),
    "Poisson distribution": ("poisson", lambda s, f, y, p: s.logpmf(y, np.exp(f))),
    "binomial distribution": ("binom", lambda s, f, y, p: s.logpmf(y, p["m"], _sigmoid(f))),
    "geometric distribution": ("geom", lambda s, f, y, p: s.logpmf(y, _sigmoid(f))),
    "negative binomial distribution": (
        "nbinom",
        lambda s, f, y, p: s.logpmf(y, p["r"], p["r"] / (p["r"] + np.exp(f))),
    ),
    "exponential distribution": ("expon", lambda s, f, y, p: s.logpdf(y, scale=np.exp(f))),
    "gamma distribution": ("gamma", lambda s, f, y, p: s.logpdf(y, p["alpha"], scale=np.exp(f) / p["alpha"])),
    "inverse Gaussian distribution": (
        "invgauss",
        lambda s, f, y, p: s.logpdf(y, np.exp(f) / p["lambda"], scale=p["lambda"]),
    ),
    "Weibull distribution": ("weibull_min", lambda s, f, y, p: s.logpdf(y, p["alpha"], scale=np.exp(f))),
    "log-normal distribution": ("lognorm", lambda s, f, y, p: s.logpdf(y, p["sigma"], scale=np.exp(f))),
    "beta distribution": (
        "beta",
        lambda s, f, y, p: s.logpdf(y, _sigmoid(f) * p["phi"], (1 - _sigmoid(f)) * p["phi"]),
    ),
}


def _sigmoid(z: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-z)))


class _Exceeding:
    """A distribution asked for the chance to exceed a value where it would be asked for the density there."""

    def __init__(self, distribution: Any) -> None:
        self.logpdf = self.logpmf = distribution.logsf


def log_density(
    noise: str, f: Floats, y: Floats, parameters: Mapping[str, Any], observed: Floats | None = None
) -> tuple[float, str] | None:
    """The sum of the log-densities by SciPy, and who computed it; None if the noise model is not in the table.

    Args:
        noise: its name.
        f: what the predictor gives, shape (n,).
        y: the observations, shape (n,).
        parameters: of the noise, by their letters.
        observed: 0 where an observation was censored, so that only its being exceeded is known.

    Raises:
        ImportError: if SciPy is not installed.
        PeerFailed: if SciPy does not take the numbers.
    """
    if noise not in LOG_DENSITIES:
        return None
    name, function = LOG_DENSITIES[noise]
    distribution = getattr(importlib.import_module("scipy.stats"), name)
    with asking(f"scipy.stats.{name}"):
        logs = function(distribution, f, y, parameters)
        if observed is not None:
            logs = np.where(observed == 1.0, logs, function(_Exceeding(distribution), f, y, parameters))
    return float(np.sum(logs)), f"scipy.stats.{name}"


# ------------------------------------------------------------------ fits


@dataclass(frozen=True)
class Fit:
    """The weights that another library finds.

    Attributes:
        weights: the intercept first, if there is one.
        by: who found them.
    """

    weights: Floats
    by: str


@dataclass(frozen=True)
class Optimum:
    """The largest log-likelihood that another library finds, over the weights and the scale of the noise.

    Attributes:
        log_likelihood: at the optimum.
        parameters: of the noise there.
        by: who found it.
    """

    log_likelihood: float
    parameters: Mapping[str, float]
    by: str


def _linear_regression(x: Floats, y: Floats, intercept: bool, p: Mapping[str, Any]) -> Fit:
    from sklearn.linear_model import LinearRegression

    with asking("LinearRegression"):
        fitted = LinearRegression(fit_intercept=intercept).fit(x, y, sample_weight=p["s"] ** -2 if "s" in p else None)
    return _fit(fitted, intercept, "sklearn LinearRegression")


def _of_logarithm(x: Floats, y: Floats, intercept: bool, p: Mapping[str, Any]) -> Fit:
    fit = _linear_regression(x, np.log(y), intercept, {})
    return Fit(fit.weights, f"{fit.by} of log y")


def _poisson(x: Floats, y: Floats, intercept: bool, p: Mapping[str, Any]) -> Fit:
    from sklearn.linear_model import PoissonRegressor

    with asking("PoissonRegressor"):
        fitted = PoissonRegressor(alpha=0, fit_intercept=intercept, tol=1e-10, max_iter=10_000).fit(x, y)
    return _fit(fitted, intercept, "sklearn PoissonRegressor, no penalty")


def _gamma(x: Floats, y: Floats, intercept: bool, p: Mapping[str, Any]) -> Fit:
    from sklearn.linear_model import GammaRegressor

    with asking("GammaRegressor"):
        fitted = GammaRegressor(alpha=0, fit_intercept=intercept, tol=1e-10, max_iter=10_000).fit(x, y)
    return _fit(fitted, intercept, "sklearn GammaRegressor, no penalty")


def _fit(fitted: Any, intercept: bool, by: str) -> Fit:
    return Fit(np.concatenate([[fitted.intercept_] if intercept else [], np.ravel(fitted.coef_)]), by)


def _least_squares(x: Floats, y: Floats, intercept: bool) -> Optimum:
    api = importlib.import_module("statsmodels.api")
    with asking("statsmodels OLS"):
        fitted = api.OLS(y, api.add_constant(x, has_constant="add") if intercept else x).fit()
    return Optimum(float(fitted.llf), {"sigma": float(np.sqrt(fitted.ssr / len(y)))}, "statsmodels OLS, llf")


#: Minimisers of the loss, and the largest likelihood, by the name of the noise model.
FITS: dict[str, Callable[[Floats, Floats, bool, Mapping[str, Any]], Fit]] = {
    "Gaussian noise": _linear_regression,
    "Gaussian noise of known scales": _linear_regression,
    "log-normal distribution": _of_logarithm,
    "Poisson distribution": _poisson,
    "gamma distribution": _gamma,
    "exponential distribution": _gamma,
}
OPTIMA: dict[str, Callable[[Floats, Floats, bool], Optimum]] = {"Gaussian noise": _least_squares}
