"""The derived expressions on real data: do likelihood, negative log-likelihood and loss agree?

Everything here is computed from the expressions of the derivations, not from formulas written
again, and is then compared with what other libraries compute.
"""

from __future__ import annotations

import json
import textwrap
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from sympy import Expr

from lossproof.errors import DataError, LossproofError, MissingExtra, NoMinimiser
from lossproof.kernel.conditions import Assumed, Declared
from lossproof.kernel.domains import BINARY, REAL
from lossproof.kernel.presenting import Shown, brief
from lossproof.models import OBSERVATIONS, Model, NoiseModel, SigmoidNode, i, y
from lossproof.models.censoring import Censored
from lossproof.models.symbols import EVENTS
from lossproof.numeric.data import Floats, Table, separating_weights
from lossproof.numeric.evaluate import Instance, Numbers, Precise, evaluate
from lossproof.numeric.peers import FITS, OPTIMA, PeerFailed, asking, log_density
from lossproof.numeric.regression import Regression, is_regression, regression
from lossproof.strategies.catalogue import CATALOGUE, entry

_DIGITS, _LARGEST_SCORE, _LARGEST = 80, 60.0, 1e100
_EXACT = 1e-9  # a scale of the noise, relative to the observations, that is rounding
_MODEST_SCORE = 3.0  # where an exponential link still gives ordinary numbers
_INTERCEPT, _FLAT = 0.5, 1e-9


@dataclass(frozen=True)
class Comparison:
    """One number computed in two ways.

    Attributes:
        what: the number.
        ours: from the derived expression.
        other: by other means.
        by: which means.
        tolerance: the largest relative difference that counts as agreement.
    """

    what: str
    ours: float
    other: float
    by: str
    tolerance: float

    @property
    def agrees(self) -> bool:
        """Whether the difference is within the tolerance."""
        return bool(abs(self.ours - self.other) <= self.tolerance * max(1.0, abs(self.ours), abs(self.other)))


@dataclass(frozen=True, repr=False)
class Agreement(Shown):
    """What was found on a data set.

    Attributes:
        data: its name and size.
        comparisons: the numbers compared.
        notes: what a reader should know: underflow, separable classes, missing libraries.
        setting: where the expressions are evaluated: weights, features, other parameters.
    """

    data: str
    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...]
    setting: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all comparisons agree."""
        return all(c.agrees for c in self.comparisons)

    def _says(self) -> str:
        differ = [c.what for c in self.comparisons if not c.agrees]
        return f" on {self.data}: " + (f"DIFFERS: {brief(', '.join(differ))}" if differ else "all agree")

    def to_json(self) -> str:
        """As JSON."""
        rows = [{**asdict(c), "agrees": c.agrees} for c in self.comparisons]
        found = {"data": self.data, "setting": self.setting, "ok": self.ok, "comparisons": rows, "notes": self.notes}
        return json.dumps(found, indent=1)

    def text(self) -> str:
        """As text, at most 80 columns wide."""
        lines = [f"On {self.data}:"]
        for line in self.setting:
            lines += textwrap.wrap(line, 78, initial_indent="  ", subsequent_indent="    ")
        lines.append("")
        for c in self.comparisons:
            lines.append(f"  {'agrees' if c.agrees else 'DIFFERS'}  {c.what}")
            lines.append(f"            {c.ours:.15g}  (derived)")
            lines.append(f"            {c.other:.15g}  ({c.by})")
        for note in self.notes:
            lines += ["", *textwrap.wrap(note, 78, initial_indent="  note: ", subsequent_indent="        ")]
        return "\n".join([*lines, "", "  all agree" if self.ok else "  NOT all agree"])


def instance(model: Model[NoiseModel], data: Table, weights: Floats, **counts: int) -> Instance:
    """What the symbols of a model's expressions stand for on a data set.

    ``counts`` names free indices, each of which runs from 1 to its number.

    Raises:
        DataError: if the weights do not fit the inputs.
    """
    weights = np.asarray(weights, dtype=float)
    n, d = data.inputs.shape
    if weights.shape != (d,):
        raise DataError(f"weights must have the shape ({d},), not {weights.shape}")
    values = {"n": n, "d": d, **dict.fromkeys(map(str, model.parameters), weights), "x": data.inputs, "y": data.labels}
    assumptions = tuple(h for h in model.hypotheses if isinstance(h, Assumed))
    indices = {index: np.arange(1, count + 1) for index, count in counts.items()}
    return Instance(values, {}, assumptions, indices)


class Derived:
    """A model's derived expressions as functions of the weights, on a data set.

    Args:
        model: the model.
        data: the observations.
        gradient: the derived expression of ``dJ / dw_j`` with free index ``j``.
        pointwise: a derived stable form of the loss of a logit ``z`` and a label ``y``.
    """

    def __init__(self, model: Model[NoiseModel], data: Table, gradient: Expr, pointwise: Expr) -> None:
        if not isinstance(model.predictor, SigmoidNode):
            raise LossproofError("an opaque predictor has no weights to put numbers in")
        self.model, self.data, self._gradient, self._pointwise = model, data, gradient, pointwise
        self._score: Expr = model.predictor.prediction.body.args[0]

    def value(self, e: Expr, weights: Floats, numbers: Numbers | None = None) -> float:
        """The value of an expression of the model; in doubles by default."""
        return evaluate(e, instance(self.model, self.data, weights), numbers)

    def loss(self, weights: Floats) -> float:
        """``J(w)`` in doubles, through the stable form, so that a saturated sigmoid does no harm."""
        scores = evaluate(self._score, instance(self.model, self.data, weights, i=len(self.data)))
        losses = evaluate(self._pointwise, {"z": scores, "y": self.data.labels})
        return float(np.sum(losses))

    def on(self, data: Table) -> Derived:
        """The same expressions on other data."""
        return Derived(self.model, data, self._gradient, self._pointwise)

    def gradient(self, weights: Floats) -> Floats:
        """``dJ / dw``, shape (d,)."""
        whole = instance(self.model, self.data, weights, j=self.data.inputs.shape[1])
        return np.broadcast_to(np.asarray(evaluate(self._gradient, whole), dtype=float), weights.shape)

    def minimise(self) -> Floats:
        """The weights that minimise ``J``, by a quasi-Newton method with the derived gradient.

        Raises:
            NoMinimiser: if a hyperplane separates the classes, so that there is none.
            MissingExtra: if SciPy (extra ``all``) is not installed.
            LossproofError: if the minimiser was not reached.
        """
        try:
            from scipy.optimize import minimize
        except ImportError as error:
            raise MissingExtra("fitting", "scipy") from error
        if separating_weights(self.data) is not None:
            raise NoMinimiser(
                f"a hyperplane separates the classes of {self.data.name} with {self.data.inputs.shape[1]} features: "
                "the loss has no minimiser; use fewer features or a penalty"
            )
        start = np.zeros(self.data.inputs.shape[1])
        options = {"gtol": 1e-8, "maxiter": 2000}
        found = minimize(self.loss, start, jac=self.gradient, method="BFGS", options=options)
        if not np.abs(self.gradient(found.x)).max(initial=0.0) < 1e-4:
            raise LossproofError(f"the minimiser was not reached: {found.message}")
        return np.asarray(found.x)


def verify_on(data: Table, name: str = "logistic", *, features: int = 5, seed: int = 0) -> Agreement:
    """Evaluate the derived likelihood, loss and gradient on data and compare them with other libraries.

    Args:
        data: the observations; see `read_data` and `table`.
        name: a derivation of the catalogue whose model has weights.
        features: how many features, at most, are used to look for a minimiser.
        seed: of the random weights at which the expressions are evaluated.

    Raises:
        UnknownName: if the catalogue does not have the name.
        DataError: if the derivation has no model that data can be put into, or an observation is not
            where the model says, or there is no observation or no feature, or they are too large; or if
            ``features`` is less than 1.
    """
    model = entry(name).model
    if model is None or not _takes_data(model):
        fit = [e.name for e in CATALOGUE.values() if e.model and e.model.name == e.name and _takes_data(e.model)]
        raise DataError(f"data cannot be put into '{name}'; data can be put into: {', '.join(fit)}")
    if features < 1:
        raise DataError(f"at least one feature is needed to fit with, not {features}")
    if not data.inputs.size or np.abs(data.inputs).max() > _LARGEST:
        raise DataError(f"{data.name}: at least one observation, one feature, and values up to {_LARGEST:g} are needed")
    some = min(features, data.inputs.shape[1])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if not isinstance(model.predictor, SigmoidNode):
            return compare_regression(regression(model, data), features=some, seed=seed)
        data.check(data.labels, BINARY)
        derived = Derived(model, data, entry("logistic-gradient").derive().rhs, entry("logistic-stable").derive().rhs)
        return compare(derived, features=some, seed=seed)


def _takes_data(model: Model[NoiseModel]) -> bool:
    return model.prior is None and (isinstance(model.predictor, SigmoidNode) or is_regression(model))


def compare(derived: Derived, *, features: int = 5, seed: int = 0) -> Agreement:
    """Evaluate likelihood, negative log-likelihood, loss and gradient, and compare.

    Args:
        derived: the expressions on the data.
        features: how many of the features are used to look for a minimiser.
        seed: of the random weights at which the expressions are evaluated.

    The weights are scaled to a largest score of 60, so that the product over a few hundred
    observations underflows; other libraries, which clip probabilities, are compared at an eighth.
    """
    model, data = derived.model, derived.data
    weights = _random_weights(data, seed, _LARGEST_SCORE)
    precise = Precise(_DIGITS)
    likelihood = derived.value(model.likelihood, weights, precise)
    minus_log = float(-precise.context.log(likelihood))
    in_doubles = float(derived.value(model.likelihood, weights))
    digits = f"{_DIGITS} digits"
    loss = float(derived.value(model.loss, weights, precise))
    comparisons = [
        Comparison("J(w) and -log of the product L(w)", loss, minus_log, f"product in {digits}", 1e-14),
        Comparison(
            "J(w) and -log L(w), the expression",
            loss,
            float(derived.value(model.negative_log_likelihood, weights, precise)),
            digits,
            1e-14,
        ),
        Comparison("J(w) in doubles, stable form", derived.loss(weights), loss, digits, 1e-12),
    ]
    notes = [_on_underflow(in_doubles, precise.context.nstr(likelihood, 6), "J(w)", loss)]
    naive = float(derived.value(model.loss, weights))
    if not np.isfinite(naive):
        notes.append(
            f"in doubles J(w), computed as it is written, is {naive}: a saturated sigmoid is rounded to 0 or 1 "
            "before the logarithm is taken. The stable form (lossproof derive logistic-stable) avoids that."
        )
    for extra in (_peers, _fit):
        _add(extra, (derived, weights / 8, features), comparisons, notes)
    return Agreement(_size(data), tuple(comparisons), tuple(notes), (_where(data, seed, _LARGEST_SCORE, False),))


def _where(data: Table, seed: int, largest: float, intercept: bool) -> str:
    return (
        f"weights drawn at random (seed {seed}; largest score {largest:g}), "
        f"{f'intercept b = {_INTERCEPT:g}' if intercept else 'no intercept'}, "
        f"features {'standardised' if data.standardised else 'as they are'}"
    )


def _random_weights(data: Table, seed: int, largest: float) -> Floats:
    """Weights, shape (d,), with a given largest score."""
    weights: Floats = np.random.default_rng(seed).standard_normal((data.inputs.shape[1],))
    spread = data.inputs.std(axis=0)
    weights /= np.where(spread > 0, spread, 1.0)
    return np.asarray(weights * (largest / max(float(np.abs(data.inputs @ weights).max()), 1e-300)))


def _add(
    extra: Callable[..., tuple[list[Comparison], list[str]]],
    arguments: tuple[Any, ...],
    comparisons: list[Comparison],
    notes: list[str],
) -> None:
    """Compare with other libraries as far as they are installed and there is something to compare."""
    try:
        more, remarks = extra(*arguments)
    except (NoMinimiser, MissingExtra, PeerFailed) as error:
        more, remarks = [], [str(error)]
    except ImportError as error:
        more, remarks = [], [f"not compared with {error.name}, which is not installed"]
    comparisons += more
    notes += remarks


def _size(data: Table) -> str:
    return f"{data.name} ({len(data)} observations, {data.inputs.shape[1]} features)"


def _on_underflow(in_doubles: float, exact: str, what: str, loss: float) -> str:
    if in_doubles == 0.0:
        return (
            f"the product L(w) = {exact} underflows: in doubles it is 0, and its logarithm is lost. "
            f"The sum {what} = {loss:.6f} is harmless. This is the practical reason for the logarithm."
        )
    return f"the product L(w) = {exact} is {in_doubles:.6g} in doubles; with more observations it would underflow"


def _peers(derived: Derived, weights: Floats, _: int) -> tuple[list[Comparison], list[str]]:
    from scipy.optimize import approx_fprime
    from sklearn.metrics import log_loss

    data = derived.data
    probabilities = 1 / (1 + np.exp(-data.inputs @ weights))
    with asking("sklearn.metrics.log_loss"):
        by_sklearn = float(log_loss(data.labels, probabilities, normalize=False, labels=[0, 1]))
    names = [f"w_{j + 1} at w / 8" for j in range(len(weights))]
    slope, remarks = _slopes(names, derived.gradient(weights), approx_fprime(weights, derived.loss, 1e-7))
    return [
        Comparison("J(w / 8)", derived.loss(weights), by_sklearn, "sklearn.metrics.log_loss", 1e-9),
        slope,
    ], remarks


def _slopes(names: Sequence[str], gradient: Floats, numerical: Floats) -> tuple[Comparison, list[str]]:
    """The slope that differs most, or, if all agree, the steepest one."""
    by = "scipy.optimize.approx_fprime"
    slopes = [
        Comparison(f"dJ/d{name}", float(ours), float(other), by, 1e-4)
        for name, ours, other in zip(names, gradient, numerical, strict=True)
    ]
    differing = [c for c in slopes if not c.agrees]
    if differing:
        worst = max(differing, key=lambda c: np.nan_to_num(abs(c.ours - c.other), nan=np.inf))
        return replace(worst, what=f"{worst.what}, the worst of {len(slopes)}"), []
    steepest = max(slopes, key=lambda c: abs(c.ours))
    flat = abs(steepest.ours) <= _FLAT
    remarks = ["all slopes are 0 at these weights, which says little about the gradient"] if flat else []
    return replace(steepest, what=f"{steepest.what}, the steepest of {len(slopes)}"), remarks


def _fit(derived: Derived, _: Floats, features: int) -> tuple[list[Comparison], list[str]]:
    from sklearn.linear_model import LogisticRegression

    notes: list[str] = []
    if len(np.unique(derived.data.labels)) < 2:
        return [], ["all labels are the same, so nothing is fitted"]
    if separating_weights(derived.data) is not None:
        whole = derived.data.inputs.shape[1]
        notes.append(f"with all {whole} features a hyperplane separates the classes: J has no minimiser there")
    some = derived.on(derived.data.columns(features))
    ours = some.minimise()
    fitted = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10, max_iter=10_000)
    with asking("LogisticRegression"):
        theirs = np.ravel(fitted.fit(some.data.inputs, some.data.labels).coef_)
    by = "sklearn LogisticRegression, no penalty"
    return [
        Comparison(f"minimiser, w_{j + 1} ({some.data.features[j]})", float(ours[j]), float(theirs[j]), by, 1e-4)
        for j in range(len(ours))
    ], notes


# ------------------------------------------------------------------ any noise model behind a linear predictor


def compare_regression(model: Regression, *, features: int = 5, seed: int = 0) -> Agreement:
    """Evaluate likelihood, negative log-likelihood and gradient, and compare.

    Args:
        model: the expressions on the data.
        features: how many of the features are used to look for a minimiser.
        seed: of the random weights at which the expressions are evaluated.
    """
    largest = _MODEST_SCORE
    if (
        Declared(y[i], REAL, (OBSERVATIONS,)) in model.model.hypotheses
    ):  # scores as large as the observations: residuals of both signs
        largest = max(largest, float(np.abs(model.data.labels).max()))
    weights = _random_weights(model.data, seed, largest)
    weights = np.concatenate([[_INTERCEPT], weights]) if model.intercept else weights
    precise = Precise(_DIGITS)
    likelihood = model.likelihood(weights, precise)
    exact = model.negative_log_likelihood(weights, precise)
    minus_log, in_doubles = float(-precise.context.log(likelihood)), model.negative_log_likelihood(weights)
    comparisons = [
        Comparison("-log L by the derived equation", exact, minus_log, f"product L in {_DIGITS} digits", 1e-14),
        Comparison("-log L by the derived equation, in doubles", in_doubles, exact, f"{_DIGITS} digits", 1e-12),
    ]
    product = float(likelihood) if abs(minus_log) < 700 else 0.0 if minus_log > 0 else np.inf
    notes = [_on_underflow(product, precise.context.nstr(likelihood, 6), "-log L", exact)]
    setting = [_where(model.data, seed, largest, model.intercept)]
    chosen = ", ".join(f"{k} = {v:g}" for k, v in model.known.items() if np.ndim(v) == 0)
    if chosen:
        setting.append(f"other parameters, chosen inside their sets: {chosen}")
    _add(_log_densities, (model, weights), comparisons, notes)
    _add(_differences, (model, weights), comparisons, notes)
    some = model.columns(features)
    _add(_fitted, (some,), comparisons, notes)
    _add(_at_the_optimum, (some,), comparisons, notes)
    return Agreement(_size(model.data), tuple(comparisons), tuple(notes), tuple(setting))


def _log_densities(model: Regression, weights: Floats) -> tuple[list[Comparison], list[str]]:
    noise = model.model.noise.name
    observed = model.known[str(EVENTS)] if isinstance(model.model.noise, Censored) else None
    found = log_density(noise, model.predictions(weights), model.data.labels, model.known, observed)
    if found is None:
        return [], [f"SciPy has no log-density for {noise}"]
    return [Comparison("-log L", model.negative_log_likelihood(weights), -found[0], f"{found[1]}, summed", 1e-9)], []


def _differences(model: Regression, weights: Floats) -> tuple[list[Comparison], list[str]]:
    from scipy.optimize import approx_fprime

    value, slope = model.objective()
    found, remarks = _slopes(model.names, slope(weights), approx_fprime(weights, value, 1e-7))
    return [found], remarks


def _fitted(model: Regression) -> tuple[list[Comparison], list[str]]:
    noise = model.model.noise.name
    if noise not in FITS or isinstance(model.model.noise, Censored):
        return [], []
    fit = FITS[noise](model.data.inputs, model.data.labels, model.intercept, model.known)
    ours = model.minimise()
    labels = [*(["b (intercept)"] if model.intercept else [])]
    labels += [f"w_{k} ({feature})" for k, feature in enumerate(model.data.features, start=1)]
    return [
        Comparison(f"minimiser, {label}", float(mine), float(theirs), fit.by, 1e-4)
        for label, mine, theirs in zip(labels, ours, fit.weights, strict=True)
    ], []


def _at_the_optimum(model: Regression) -> tuple[list[Comparison], list[str]]:
    noise = model.model.noise.name
    if noise not in OPTIMA:
        return [], []
    optimum = OPTIMA[noise](model.data.inputs, model.data.labels, model.intercept)
    if min(optimum.parameters.values()) <= _EXACT * np.abs(model.data.labels).max():
        return [], ["the features explain the observations exactly: the likelihood has no largest value"]
    best = replace(model, known={**model.known, **optimum.parameters})
    ours = best.negative_log_likelihood(model.minimise())
    what = "-log L at the minimiser, " + ", ".join(f"{k} = {v:.6g}" for k, v in optimum.parameters.items())
    return [Comparison(what, ours, -optimum.log_likelihood, optimum.by, 1e-9)], []
