"""Fits beside those of statsmodels, on real data: do estimates and standard errors agree, and how long do they take?

    python benchmarks/fitting.py [--repeats 5] [--quick] [--out FILE.json]

The data are those that scikit-learn and statsmodels ship.  Both are given the same arrays; both have derived, or
imported, what they need before the clock starts; a time is the least of some repetitions.  Differences are relative
to the standard error for estimates, and relative for standard errors.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import statsmodels.api as sm  # type: ignore[import-untyped]
from machine import machine
from sklearn import datasets
from statsmodels.miscmodels.tmodel import TLinearModel  # type: ignore[import-untyped]
from statsmodels.othermod.betareg import BetaModel  # type: ignore[import-untyped]

import lossproof as lp

RESULTS = Path(__file__).parent / "results" / "fitting.json"

Data = tuple[Any, ...]
_EXACT = {"tol": 1e-13, "tol_criterion": "params", "maxiter": 200}


@dataclass(frozen=True)
class Case:
    """A model on data, and who else fits it.

    Attributes:
        model: its name.
        data: inputs, observations, and what else is known of each.
        by: what the other is called.
        other: fits it, given inputs with a first column of ones, and the rest; gives estimates and standard errors.
        parameters: that are known.
        note: what is to be known of the comparison.
    """

    model: str
    data: str
    by: str
    other: Callable[..., tuple[Any, Any]]
    parameters: dict[str, float] | None = None
    note: str = ""


def _glm(family: Any, **options: Any) -> Callable[..., tuple[Any, Any]]:
    def fitted(x: Any, y: Any) -> tuple[Any, Any]:
        found = sm.GLM(y, x, family=family).fit(**_EXACT, **options)
        return found.params, found.bse

    return fitted


def _of(model: Any, **options: Any) -> Callable[..., tuple[Any, Any]]:
    def fitted(x: Any, y: Any) -> tuple[Any, Any]:
        found = model(y, x).fit(**options)
        return found.params, found.bse

    return fitted


def _binomial(x: Any, y: Any, m: Any) -> tuple[Any, Any]:
    found = sm.GLM(np.column_stack([y, m - y]), x, family=sm.families.Binomial()).fit(**_EXACT)
    return found.params, found.bse


def _weighted(x: Any, y: Any, s: Any) -> tuple[Any, Any]:
    found = sm.GLM(y, x, var_weights=s**-2.0).fit(scale=1.0)
    return found.params, found.bse


def _log_normal(x: Any, y: Any) -> tuple[Any, Any]:
    found = sm.OLS(np.log(y), x).fit()
    return found.params, found.bse


def _geometric(x: Any, y: Any) -> tuple[Any, Any]:
    found = sm.GLM(y - 1, x, family=sm.families.NegativeBinomial(alpha=1.0)).fit(**_EXACT)
    return -found.params, found.bse


def _quantile(tau: float) -> Callable[..., tuple[Any, Any]]:
    def fitted(x: Any, y: Any) -> tuple[Any, Any]:
        found = sm.QuantReg(y, x).fit(tau, max_iter=10_000, p_tol=1e-10)
        return found.params, np.full(len(found.params), np.nan)

    return fitted


def _student(x: Any, y: Any) -> tuple[Any, Any]:
    found = TLinearModel(y, x, fix_df=4.0).fit(method="newton", disp=0, tol=1e-12, maxiter=200)
    return found.params[:-1], found.bse[:-1]


def _beta(x: Any, y: Any) -> tuple[Any, Any]:
    found = BetaModel(y, x).fit(disp=0, gtol=1e-10)
    return found.params[:-1], found.bse[:-1]


_QUIET = {"disp": 0, "tol": 1e-12, "maxiter": 200}
_F, _L = sm.families, sm.families.links
CASES = (
    Case("linear-regression", "diabetes", "OLS", _of(sm.OLS)),
    Case("weighted-least-squares", "diabetes with scales", "GLM Gaussian", _weighted),
    Case("logistic", "fair", "Logit", _of(sm.Logit, **_QUIET)),
    Case("logistic", "spector", "GLM binomial", _glm(_F.Binomial())),
    Case("probit", "fair", "Probit", _of(sm.Probit, **_QUIET), note="observed information on both sides"),
    Case("complementary-log-log", "fair", "GLM binomial, cloglog", _glm(_F.Binomial(_L.CLogLog()))),
    Case("binomial", "star98", "GLM binomial", _binomial),
    Case("poisson", "randhie", "GLM Poisson", _glm(_F.Poisson())),
    Case("negative-binomial", "randhie", "GLM negative binomial", _glm(_F.NegativeBinomial(alpha=0.5)), {"r": 2.0}),
    Case("geometric", "randhie, counted from 1", "GLM negative binomial, alpha = 1", _geometric),
    Case("gamma", "scotland", "GLM gamma, log", _glm(_F.Gamma(_L.Log()))),
    Case("exponential", "scotland", "GLM gamma, log, scale 1", _glm(_F.Gamma(_L.Log()), scale=1.0)),
    Case("inverse-gaussian", "scotland", "GLM inverse Gaussian, log", _glm(_F.InverseGaussian(_L.Log()))),
    Case("log-normal", "engel", "OLS of log y", _log_normal),
    Case("student-t", "diabetes", "TLinearModel, df 4", _student, {"nu": 4.0}, "scale estimated too"),
    Case("laplace", "engel", "QuantReg 0.5", _quantile(0.5), note="other standard errors: not compared"),
    Case("asymmetric-laplace", "engel", "QuantReg 0.3", _quantile(0.3), {"tau": 0.3}, "other standard errors"),
    Case("beta", "shares of diabetes", "BetaModel", _beta, note="precision estimated too"),
)


def load(name: str) -> Data:
    """Inputs, observations, and what else is known of each."""
    if name.startswith("diabetes") or name == "shares of diabetes":
        x, y = datasets.load_diabetes(return_X_y=True)
        if name == "diabetes with scales":
            return x, y, 40.0 + 30.0 * (x[:, 0] - x[:, 0].min()) / np.ptp(x[:, 0])
        return (x, y) if name == "diabetes" else (x[:, :4], y / 400.0)
    if name == "fair":
        frame = sm.datasets.fair.load_pandas()
        return frame.exog.to_numpy(), (frame.endog.to_numpy() > 0).astype(float)
    if name == "star98":
        frame = sm.datasets.star98.load_pandas()
        counts = frame.endog.to_numpy()
        return frame.exog.to_numpy()[:, :8], counts[:, 0], counts.sum(axis=1)
    if name == "engel":
        frame = sm.datasets.engel.load_pandas().data
        return frame[["income"]].to_numpy(), frame["foodexp"].to_numpy()
    frame = getattr(sm.datasets, name.partition(",")[0]).load_pandas()
    x, y = frame.exog.to_numpy(dtype=float), frame.endog.to_numpy(dtype=float)
    return x, y + 1 if "from 1" in name else y


def _least(call: Callable[[], Any], repeats: int) -> tuple[Any, float]:
    found, times = call(), []
    for _ in range(repeats):
        start = time.perf_counter()
        found = call()
        times.append(time.perf_counter() - start)
    return found, min(times)


def compared(case: Case, repeats: int) -> dict[str, Any]:
    """One line of the table."""
    x, *rest = load(case.data)
    known: dict[str, Any] = dict(case.parameters or {})
    ones = np.column_stack([np.ones(len(x)), x])
    ours, our_time = _least(lambda: lp.fit(case.model, x, *rest, **known), repeats)
    (estimates, errors), their_time = _least(lambda: case.other(ones, *rest), repeats)
    mine = ours.standard_errors
    by_errors = np.abs(ours.coefficients - np.asarray(estimates)) / mine
    return {
        "model": case.model,
        "data": case.data,
        "n": len(x),
        "p": len(ours.coefficients),
        "by": case.by,
        "estimates": float(by_errors.max()),
        "standard_errors": float(np.abs(mine / np.asarray(errors) - 1).max()),
        "steps": ours.steps,
        "milliseconds": 1e3 * our_time,
        "their_milliseconds": 1e3 * their_time,
        "ratio": our_time / their_time,
        "note": case.note,
    }


def main() -> None:
    """Print the table, and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a third of the cases, once")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FILE.json", help="where the JSON goes")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    print(", ".join(f"{key} {value}" for key, value in machine().items()))
    head = f"{'model':<24}{'beside statsmodels':<34}{'n':>6}{'p':>4}{'estimates':>11}{'errors':>9}"
    print(f"{head}{'ms':>8}{'theirs':>8}{'ratio':>7}")
    rows = []
    for case in CASES[::3] if asked.quick else CASES:
        row = compared(case, 1 if asked.quick else asked.repeats)
        rows.append(row)
        differences = f"{row['estimates']:>11.0e}{row['standard_errors']:>9.0e}"
        times = f"{row['milliseconds']:>8.1f}{row['their_milliseconds']:>8.1f}{row['ratio']:>7.2f}"
        print(f"{row['model']:<24}{row['by']:<34}{row['n']:>6}{row['p']:>4}{differences}{times}", flush=True)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    data = {"machine": machine(), "quick": asked.quick, "rows": rows}
    asked.out.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
