"""Fit a model to data in chunks: the same estimates as `lossproof.fitting.fit` has, one pass over the data per step.

Every step is made from sums that do not depend on the chunks, so neither do the estimates and their standard errors.
What needs the observations together is left out: diagnosis of separable classes by a linear programme, and losses
with kinks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lossproof.compiled.loss import Backend, CompiledLoss
from lossproof.compiled.program import build
from lossproof.compiled.unit import Unit
from lossproof.errors import DataError, LossproofError, MissingExtra, NoMinimiser, UnknownName
from lossproof.fitting.chunks import Floats
from lossproof.fitting.distributed import DistributedObjective, Tell, distributed_objective
from lossproof.fitting.fit import BY_DISPERSION, GIVEN, Estimate, Fit, derived, model_of, needed_parameters
from lossproof.fitting.likelihood import Information, Likelihood, check_parameters
from lossproof.models import Model, NoiseModel
from lossproof.strategies.fisher_information import expected_curvature

if TYPE_CHECKING:
    from distributed import Client

#: No fit takes more steps.
_PATIENCE = 100

#: So much of the loss, relatively, is rounding.
_ROUNDING = 8 * float(np.finfo(np.float64).eps)


def fit_in_chunks(
    what: str | Model[NoiseModel],
    data: Any,
    *beside: Any,
    client: Client | None = None,
    method: str = "newton",
    weights: Any = None,
    intercept: bool = True,
    features: Sequence[str] | None = None,
    tell: Tell | None = None,
    **parameters: float,
) -> Fit:
    """Fit a model with a linear predictor to data in chunks: minimise its derived loss, from weights that are all 0.

    Newton's method takes one pass for each step; a step that does not lower the loss is halved.  It ends with the
    step that promises to lower the loss by less than can be seen of it (its decrement, Boyd and Vandenberghe 2004,
    section 9.5.1, is below a rounding error of the loss).  L-BFGS takes more passes, each without the Hessian; it
    is for many features.

    Args:
        what: a name of the catalogue, or a model.
        data: a dask array or dataframe, the path of Parquet or CSV files, or `Generated`: see
            `lossproof.fitting.distributed.in_chunks`, also for ``beside``, ``weights`` and ``features``.
        beside: the observations, and what else is known of each: arrays, or names of columns.
        client: of a cluster; without one the chunks are taken one after the other in this process.
        method: ``newton`` or ``l-bfgs``.
        weights: how often each observation counts: an array, or the name of a column.
        intercept: whether a feature that is 1 everywhere stands before the others.
        features: the columns of the inputs; by default all that are nothing else.
        tell: is told of every chunk that is done.
        parameters: of the noise, and of the prior, that are known.

    Raises:
        DataError: if the data do not fit the model; it says where and why.
        UnknownName: if there is no such model, method, parameter or column.
        NoMinimiser: if the loss falls for ever, or stays the same along a line.
        LossproofError: if the loss or the penalty has kinks, or the model has no linear predictor.
    """
    if method not in _METHODS:
        raise UnknownName("method", method, _METHODS)
    model = model_of(what)
    loss, likelihood, of_scores, proofs = derived(model)
    if of_scores is None:
        raise LossproofError(f"the loss of '{model.name}' has kinks; from chunks only smooth losses are fitted")
    known = likelihood.named(parameters)
    check_parameters(likelihood, known)
    o = distributed_objective(
        loss,
        data,
        *beside,
        client=client,
        weights=weights,
        features=features,
        intercept=intercept,
        tell=tell,
        **needed_parameters(loss, likelihood, known),
    )
    w, steps = _METHODS[method](o)
    value, _, hessian = o.value_gradient_and_hessian(w)
    squares, count = o.squares_and_count(w)
    if of_scores.proof is not None and model.prior is None:
        expected = replace(o, nothing=replace(o.nothing, loss=_expected(loss)))
        hessian = expected.hessian(w)
        squares, count = expected.squares_and_count(w)
    afar = _LikelihoodAfar(model, count)
    without_penalty = value - o.nothing.value(w)
    noise = _noise(afar, of_scores, known, o, without_penalty, squares, count)
    used = {**known, **{e.name: e.value for e in noise}}
    most_likely = {**known, **{e.name: e.most_likely for e in noise}}
    prior = "curvature of the posterior density (Laplace's approximation; with a prior)"
    return Fit(
        name=model.name,
        title=model.heading,
        features=o.names,
        coefficients=w,
        covariance=_inverse(o.names, hessian) / likelihood.scale(used),
        noise=noise,
        loss=value,
        log_likelihood=afar.of(o, without_penalty, most_likely),
        observations=count,
        steps=steps,
        method=f"{_CALLED[method]}, {len(o.data.chunks)} chunk{'s' if len(o.data.chunks) > 1 else ''}",
        kind=of_scores.kind if model.prior is None else prior,
        compiled=loss,
        theorems=proofs,
    )


def _expected(loss: CompiledLoss) -> CompiledLoss:
    """The same with the expectation of the curvature in place of the curvature."""
    found = expected_curvature(loss.one)
    assert found is not None
    program = build({"curvature": found[0]}, loss.one.arguments, loss.one.parameters)
    unit = replace(loss.unit, programs={**loss.unit.programs, "curvature": program})
    made: Callable[[Unit, int], Backend] = type(loss.backend)
    return replace(loss, unit=unit, backend=made(unit, 1))


@dataclass(frozen=True)
class _LikelihoodAfar(Likelihood):
    """The same of observations that are in chunks; constants that depend on them take a pass.

    Attributes:
        count: how many observations there are, with their weights.
    """

    count: float

    def of(self, o: Any, loss: float, parameters: Mapping[str, float]) -> float:
        return super().of(o, loss, parameters)

    def constants(self, o: Any, parameters: Mapping[str, float]) -> float:
        if self.sums_constants:
            return float(o.constants(Likelihood(self.model), parameters))
        return super().constants(replace(o.nothing, weights=np.array([self.count])), parameters)


def _noise(
    likelihood: _LikelihoodAfar,
    of: Information,
    known: Mapping[str, float],
    o: Any,
    loss: float,
    squares: float,
    count: float,
) -> tuple[Estimate, ...]:
    """The parameters of the noise: those given, and the one that can be estimated when the weights are."""
    given = [
        Estimate(name, float(known[name]), GIVEN, float(known[name])) for name in likelihood.parameters if name in known
    ]
    missing = [name for name in likelihood.parameters if name not in known]
    if not missing:
        return tuple(given)
    name = missing[0]
    if len(missing) > 1 or not (of.expected and likelihood.is_in_scale(name)):
        raise DataError(f"give numbers for the parameters {', '.join(missing)}; they are not estimated from chunks")
    if count <= o.coordinates or not squares > 0:
        raise DataError(f"{count:g} observations leave nothing to estimate {name} from; give a number for {name}")
    found = likelihood.by_dispersion(name, known, squares / (count - o.coordinates))
    best = likelihood.by_maximum(name, o, loss, known, found)
    return (*given, Estimate(name, found, BY_DISPERSION, best))


# ------------------------------------------------------------------ methods


def _newton(o: DistributedObjective) -> tuple[Floats, int]:
    w = np.zeros(o.coordinates)
    value, gradient, hessian = o.value_gradient_and_hessian(w)
    if not np.isfinite(value):
        raise DataError(f"the loss is {value} at weights that are all 0")
    for steps in range(1, _PATIENCE + 1):
        step = -_inverse(o.names, hessian) @ gradient
        if -0.5 * float(gradient @ step) <= _ROUNDING * abs(value):
            return w + step, steps
        share = 1.0
        while not o.value_gradient_and_hessian(w + share * step)[0] <= value + _ROUNDING * abs(value):
            share /= 2
            if share < _ROUNDING:
                raise NoMinimiser("no step lowers the loss; are features of very different sizes? standardise them")
        w = w + share * step
        value, gradient, hessian = o.value_gradient_and_hessian(w)
    raise NoMinimiser(f"no minimum after {_PATIENCE} steps; are the classes separable, so that there is none?")


def _inverse(names: Sequence[str], hessian: Floats) -> Floats:
    """The inverse, with negative eigenvalues taken as positive; features are scaled, so that their sizes do not matter.

    Raises:
        NoMinimiser: if there is none.
    """
    sizes = np.sqrt(np.abs(np.diag(hessian)))
    if not (sizes > 0).all():
        flat = names[int(np.argmin(sizes > 0))]
        raise NoMinimiser(f"the loss does not depend on the weight of '{flat}': is the column 0 everywhere?")
    values, vectors = np.linalg.eigh(hessian / np.outer(sizes, sizes))
    flattest = int(np.argmin(np.abs(values)))
    if abs(values[flattest]) <= len(names) * np.finfo(np.float64).eps:
        along = [name for name, share in zip(names, np.abs(vectors[:, flattest]), strict=True) if share > 1e-6]
        raise NoMinimiser(
            f"the loss has no single minimum: the columns {', '.join(along[:8])} depend on each other, "
            "or the classes are separable"
        )
    found: Floats = (vectors / np.abs(values)) @ vectors.T / np.outer(sizes, sizes)
    return found


def _l_bfgs(o: DistributedObjective) -> tuple[Floats, int]:
    try:
        from scipy.optimize import minimize
    except ImportError as error:
        raise MissingExtra("L-BFGS", "scipy") from error
    start = np.zeros(o.coordinates)
    unit = max(abs(o.value_and_gradient(start)[0]), 1.0)

    def scaled(w: Floats) -> tuple[float, Floats]:
        value, gradient = o.value_and_gradient(w)
        return value / unit, gradient / unit

    found = minimize(scaled, start, jac=True, method="L-BFGS-B", options={"ftol": 0.0, "gtol": 1e-12, "maxiter": 1000})
    if not np.abs(found.jac).max(initial=0.0) <= 1e-6:
        raise NoMinimiser(f"no minimum after {found.nit} steps: {found.message}; standardise the features?")
    return np.asarray(found.x, dtype=np.float64), int(found.nit)


_METHODS: Mapping[str, Callable[[DistributedObjective], tuple[Floats, int]]] = {"newton": _newton, "l-bfgs": _l_bfgs}

_CALLED: Mapping[str, str] = {"newton": "Newton's method", "l-bfgs": "L-BFGS"}
