"""Machines with kernels, fitted by scikit-learn on real data, beside what was derived."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from sympy import Basic

import lossproof as lp
from lossproof.notation.inert import walk
from lossproof.notation.matrices import NamedMatrix
from lossproof.numeric.evaluate import evaluate

ROWS = 120
C, GAMMA, NOISE = 0.7, 0.1, 0.6


@cache
def tumours() -> tuple[Any, Any]:
    """Standardised features of tumours, and labels -1 and 1 (Wisconsin, shipped with scikit-learn)."""
    from sklearn.datasets import load_breast_cancer

    x, y = load_breast_cancer(return_X_y=True)
    x, y = x[:ROWS, :8], y[:ROWS]
    return (x - x.mean(axis=0)) / x.std(axis=0), 2.0 * y - 1


@cache
def patients() -> tuple[Any, Any]:
    """Standardised features and the progression of diabetes (shipped with scikit-learn)."""
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True)
    x, y = x[:ROWS], y[:ROWS]
    return x / x.std(axis=0), (y - y.mean()) / y.std()


def gram(name: str, x: Any) -> Any:
    """The matrix of a kernel, by scikit-learn."""
    from sklearn.metrics.pairwise import linear_kernel, rbf_kernel

    return linear_kernel(x) if name == "linear" else rbf_kernel(x, gamma=GAMMA)


@cache
def vector_machine(kernel: str) -> Any:
    """A support vector machine, fitted until nothing moves."""
    from sklearn.svm import SVC

    return SVC(kernel=kernel, C=C, gamma=GAMMA, tol=1e-12).fit(*tumours())


def coefficients(machine: Any) -> Any:
    """``y_i alpha_i`` of every observation, 0 of those that are no support vectors."""
    found = np.zeros(ROWS)
    found[machine.support_] = machine.dual_coef_[0]
    return found


def dual_objective(kernel: str) -> float:
    """``sum_i alpha_i - 1/2 sum_ij alpha_i y_i k_ij alpha_j y_j``: no primal objective is below it."""
    signed = coefficients(vector_machine(kernel))
    return float(np.abs(signed).sum() - signed @ gram(kernel, tumours()[0]) @ signed / 2)


def primal_objective(kernel: str) -> float:
    """``C sum_i max(1 - y_i s_i, 0) + 1/2 sum_ij a_i k_ij a_j``, from the scores that the machine gives itself."""
    (x, y), machine = tumours(), vector_machine(kernel)
    signed = coefficients(machine)
    norm = machine.coef_[0] @ machine.coef_[0] if kernel == "linear" else signed @ gram(kernel, x) @ signed
    return float(C * np.maximum(1 - y * machine.decision_function(x), 0).sum() + norm / 2)


def at_fit(kernel: str) -> dict[str, Any]:
    """Everything that is derived of a support vector machine, by its letter, at what was fitted."""
    (x, y), machine = tumours(), vector_machine(kernel)
    k, a = gram(kernel, x), coefficients(machine)
    fitted = {"a": a, "f": k @ a, "b": float(machine.intercept_[0])}
    weights = {"w": machine.coef_[0]} if kernel == "linear" else {}
    return {"n": ROWS, "d": x.shape[1], "x": x, "y": y, "k": k, "C": C, **fitted, **weights}


def value(e: Basic, values: Mapping[str, Any]) -> Any:
    """The value of what was derived."""
    return evaluate(e, dict(values))


def named(e: Basic) -> NamedMatrix:
    """The matrix under a name in an expression, of which there is one."""
    (found,) = {part for part in walk(e) if isinstance(part, NamedMatrix)}
    return found


def regression(kernel: str = "rbf") -> dict[str, Any]:
    """Everything that is derived of regression with a kernel, but for what is fitted."""
    x, y = patients()
    return {"n": ROWS, "y": y, "k": gram(kernel, x), "sigma": NOISE, "lambda": NOISE**2}


@cache
def process() -> Any:
    """A Gaussian process with a fixed kernel."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF

    kernel = RBF((2 * GAMMA) ** -0.5)  # exp(-gamma |x - x'|^2)
    return GaussianProcessRegressor(kernel, alpha=NOISE**2, optimizer=None).fit(*patients())


@cache
def ridge(kernel: str = "rbf") -> Any:
    """Kernel ridge regression."""
    from sklearn.kernel_ridge import KernelRidge

    return KernelRidge(alpha=NOISE**2, kernel=kernel, gamma=GAMMA).fit(*patients())


# ------------------------------------------------------------------ peers: what was derived, and what they compute


def _machine(name: str, kernel: str) -> Callable[[], tuple[Any, Any]]:
    return lambda: (float(value(lp.derive(name).rhs, at_fit(kernel))), primal_objective(kernel))


def _density() -> tuple[Any, Any]:
    from scipy.stats import multivariate_normal

    values = regression() | {"k": gram("rbf", patients()[0]) + np.eye(ROWS), "f": patients()[1]}
    theirs = multivariate_normal(np.zeros(ROWS), values["k"]).logpdf(values["f"])
    return float(value(lp.derive("gaussian-process-density").rhs, values)), -theirs


def _mean() -> tuple[Any, Any]:
    mean = lp.derive("gaussian-process-mean").lhs.args[0]
    return value(mean, regression())[:, 0], process().predict(patients()[0])


def _coefficients_of(name: str, theirs: Callable[[], Any]) -> Callable[[], tuple[Any, Any]]:
    return lambda: (value(named(lp.derive(name).lhs), regression())[:, 0], theirs())


PEERS: dict[tuple[str, str], Callable[[], tuple[Any, Any]]] = {
    ("svm-map", "sklearn.svm.SVC"): _machine("svm-map", "linear"),
    ("svm-gaussian-process", "sklearn.svm.SVC"): _machine("svm-gaussian-process", "rbf"),
    ("svm-kernel", "sklearn.svm.SVC"): _machine("svm-kernel", "rbf"),
    ("gaussian-process-density", "scipy.stats.multivariate_normal"): _density,
    ("gaussian-process-mean", "sklearn.gaussian_process.GaussianProcessRegressor"): _mean,
    ("gaussian-process-coefficients", "sklearn.gaussian_process.GaussianProcessRegressor"): _coefficients_of(
        "gaussian-process-coefficients", lambda: process().alpha_
    ),
    ("kernel-ridge", "sklearn.kernel_ridge.KernelRidge"): _coefficients_of("kernel-ridge", lambda: ridge().dual_coef_),
}
