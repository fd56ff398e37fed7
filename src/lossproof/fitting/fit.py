"""Fit a model with a linear predictor to data: estimates, standard errors, and what they rest on."""

from __future__ import annotations

import html
import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from lossproof.compiled.loss import CompiledLoss, compile
from lossproof.compiled.objective import Floats, Objective, penalty_factor
from lossproof.errors import DataError, LossproofError, NoMinimiser, UnknownName
from lossproof.fitting import joint, kinks, newton
from lossproof.fitting.design import Design, Place, column_names, design
from lossproof.fitting.distributed import is_in_chunks
from lossproof.fitting.likelihood import Information, Likelihood, check_parameters, dispersion, information
from lossproof.fitting.observations import check_observations
from lossproof.kernel.derivation import Derivation
from lossproof.kernel.domains import POSITIVE
from lossproof.kernel.presenting import Readable
from lossproof.models import LinearPredictor, LinearScores, Model, NoiseModel, SigmoidNode
from lossproof.notation.inert import free
from lossproof.strategies.catalogue import CATALOGUE, entry

if TYPE_CHECKING:
    from distributed import Client

#: Where a parameter of the noise comes from.
GIVEN, BY_MAXIMUM = "given", "maximum likelihood"
BY_DISPERSION = "Pearson's chi-squared over n - p"
_EXACT = 1e-22  # a dispersion, relative to that without features, that is rounding
_ILL_CONDITIONED = 1e4  # from here on, features are fitted as differences from their means
_WIDTH = 80


@dataclass(frozen=True)
class Estimate:
    """A parameter of the noise.

    Attributes:
        name: its letter.
        value: what the standard errors are computed with.
        how: where that comes from.
        most_likely: what the log-likelihood is computed with.
    """

    name: str
    value: float
    how: str
    most_likely: float


@dataclass(frozen=True, repr=False)
class Fit(Readable):
    """A fitted model.

    Attributes:
        name: of the model.
        title: of the model, in words.
        features: the names of the weights, the intercept's first, if there is one.
        coefficients: the estimates, shape (p,).
        covariance: of the estimates, shape (p, p); with a prior, Laplace's approximation to that of the weights
            given the data; None where there is none, as with a prior that has a kink.
        noise: the other parameters.
        loss: ``J`` at the estimates, with the penalty of a prior.
        log_likelihood: with all its constants.
        observations: how many, each counted with its weight.
        steps: of the method.
        method: how the minimum was found.
        kind: where the standard errors come from.
        compiled: the derived loss.
        theorems: what else it rests on: under ``likelihood`` what ``-log L`` is, under ``information`` what the
            expected curvature is.
    """

    name: str
    title: str
    features: tuple[str, ...]
    coefficients: Floats
    covariance: Floats | None
    noise: tuple[Estimate, ...]
    loss: float
    log_likelihood: float
    observations: float
    steps: int
    method: str
    kind: str
    compiled: CompiledLoss
    theorems: Mapping[str, Derivation]

    @property
    def derivations(self) -> Mapping[str, tuple[Derivation, ...]]:
        """All theorems that the fit rests on, by what they are about."""
        return {**self.compiled.derivations, **{name: (proof,) for name, proof in self.theorems.items()}}

    def _says(self) -> str:
        return f" {self.name}: {len(self.features)} weights, {self.observations:g} observations"

    @property
    def parameters(self) -> dict[str, float]:
        """The other parameters of the noise, by their letters."""
        return {e.name: e.value for e in self.noise}

    @property
    def standard_errors(self) -> Floats | None:
        """The square roots of the variances of the estimates."""
        return None if self.covariance is None else np.sqrt(np.diag(self.covariance))

    @property
    def z_values(self) -> Floats | None:
        """Estimates over standard errors."""
        return None if self.standard_errors is None else self.coefficients / self.standard_errors

    @property
    def p_values(self) -> Floats | None:
        """How probable a z value of that size or more would be if the weight were 0 (normal, two sides)."""
        from scipy.special import ndtr

        return None if self.z_values is None else 2 * ndtr(-np.abs(self.z_values))

    def confidence_intervals(self, level: float = 0.95) -> Floats | None:
        """Intervals of the estimates plus and minus a normal quantile of standard errors, shape (p, 2).

        Raises:
            DataError: if the level is not between 0 and 1.
        """
        from scipy.special import ndtri

        if not 0 < level < 1:
            raise DataError(f"a level must be between 0 and 1, not {level:g}")
        if self.standard_errors is None:
            return None
        half = ndtri((1 + level) / 2) * self.standard_errors
        return np.column_stack([self.coefficients - half, self.coefficients + half])

    @property
    def aic(self) -> float:
        """Akaike's criterion: twice the number of estimated parameters, those of the noise too, minus 2 log L."""
        estimated = sum(e.how != GIVEN for e in self.noise)
        return 2 * (len(self.coefficients) + estimated) - 2 * self.log_likelihood

    # -------------------------------------------------------------- written

    def rows(self) -> list[tuple[str, ...]]:
        """A row of text for each weight: name, estimate, standard error, z, p, and the 95 % interval."""
        cells = [tuple(_number(v) for v in self.coefficients)]
        if self.standard_errors is not None:
            z, p, interval = self.z_values, self.p_values, self.confidence_intervals()
            assert z is not None
            assert p is not None
            assert interval is not None
            cells += [
                tuple(map(_number, self.standard_errors)),
                tuple(f"{v:.2f}" if abs(v) < 1e5 else f"{v:.2e}" for v in z),
                tuple(_probability(v) for v in p),
                tuple(map(_number, interval[:, 0])),
                tuple(map(_number, interval[:, 1])),
            ]
        return [(name, *row) for name, row in zip(self.features, zip(*cells, strict=True), strict=True)]

    @property
    def heads(self) -> tuple[str, ...]:
        """What stands above the rows."""
        if self.covariance is None:
            return ("", "estimate")
        deviation = "std. dev." if "prior" in self.kind else "std. error"
        return ("", "estimate", deviation, "z", "p", "2.5 %", "97.5 %")

    def facts(self) -> list[str]:
        """Lines about the fit, below the table."""
        lines = [f"log-likelihood {self.log_likelihood:.10g}, AIC {self.aic:.10g}"]
        for e in self.noise:
            other = f"; {_number(e.most_likely)} in the log-likelihood ({BY_MAXIMUM})"
            lines.append(f"{e.name} = {_number(e.value)} ({e.how}){other if e.most_likely != e.value else ''}")
        if self.covariance is not None:
            lines.append(f"standard errors: {self.kind}")
        return lines

    def summary(self) -> str:
        """As text, at most 80 columns wide.

        >>> import lossproof as lp
        >>> print(lp.fit("poisson", [[-1.0], [0.0], [1.0], [2.0], [2.5]], [0, 1, 1, 4, 3]).summary())
        Poisson regression: 5 observations
        Newton's method, 6 steps
        <BLANKLINE>
                     estimate  std. error      z      p     2.5 %  97.5 %
        (intercept)  -0.45848     0.75515  -0.61  0.544   -1.9386  1.0216
        x1            0.73654      0.3696   1.99  0.046  0.012131  1.4609
        <BLANKLINE>
        log-likelihood -5.943316408, AIC 15.88663282
        standard errors: derived Fisher information
        """
        table = [self.heads, *self.rows()]
        name = max(8, *(len(row[0]) for row in table))
        widths = [max(len(row[k]) for row in table) + 2 for k in range(1, len(self.heads))]
        name = min(name, _WIDTH - sum(widths))
        lines = [f"{self.title}: {self.observations:g} observations", f"{self.method}, {self.steps} steps", ""]
        for row in table:
            called = row[0] if len(row[0]) <= name else f"{row[0][: name - 1]}…"
            cells = "".join(f"{cell:>{width}}" for cell, width in zip(row[1:], widths, strict=True))
            lines.append(f"{called:<{name}}{cells}")
        lines.append("")
        for fact in self.facts():
            lines += textwrap.wrap(fact, _WIDTH, subsequent_indent="  ")
        return "\n".join(lines)

    def to_json(self) -> str:
        """As JSON, with all digits."""
        interval, errors, z, p = (
            None if v is None else v.tolist()
            for v in (self.confidence_intervals(), self.standard_errors, self.z_values, self.p_values)
        )
        found = {
            "model": self.name,
            "title": self.title,
            "observations": self.observations,
            "features": self.features,
            "coefficients": self.coefficients.tolist(),
            "standard_errors": errors,
            "z_values": z,
            "p_values": p,
            "confidence_intervals": interval,
            "parameters": {e.name: {"value": e.value, "how": e.how, "most_likely": e.most_likely} for e in self.noise},
            "loss": self.loss,
            "log_likelihood": self.log_likelihood,
            "aic": self.aic,
            "method": self.method,
            "steps": self.steps,
            "information": self.kind,
        }
        return json.dumps(found, indent=1, ensure_ascii=False)

    def latex(self) -> str:
        """The table of estimates, as a LaTeX ``tabular``."""
        align = "l" + "r" * (len(self.heads) - 1)
        rows = [" & ".join(map(_in_latex, row)) + r" \\" for row in (self.heads, *self.rows())]
        body = "\n".join([rows[0], r"\hline", *rows[1:]])
        return f"\\begin{{tabular}}{{{align}}}\n{body}\n\\end{{tabular}}"

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in self.heads)
        body = "\n".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in self.rows())
        facts = "\n".join(f"<p>{html.escape(fact)}</p>" for fact in self.facts())
        caption = html.escape(f"{self.title}: {self.observations:g} observations")
        return f"<table>\n<caption>{caption}</caption>\n<tr>{head}</tr>\n{body}\n</table>\n{facts}"


def _number(value: float) -> str:
    return f"{value:.5g}"


def _probability(value: float) -> str:
    return f"{value:.3f}" if value >= 5e-4 else "<.001"


def _in_latex(cell: str) -> str:
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    special |= {c: f"\\{c}" for c in "&%$#_{}"} | {"<": r"\textless{}", ">": r"\textgreater{}"}
    return "".join(special.get(c, c) for c in cell)


# ------------------------------------------------------------------ fitting


def fit(
    what: str | Model[NoiseModel],
    inputs: Any,
    *observed: Any,
    weights: Any = None,
    intercept: bool = True,
    features: Sequence[str] | None = None,
    place: Place | None = None,
    client: Client | None = None,
    **parameters: float,
) -> Fit:
    """Fit a model with a linear predictor: minimise its derived loss.

    The loss, its slope and its curvature are those that `compile` derives.  Smooth losses are minimised by Newton's
    method, quantiles by a linear programme.  Standard errors come from the derived Fisher information.  Positive
    parameters of the noise that are not given are estimated, where the weights depend on them together with these.

    Args:
        what: a name of the catalogue, or a model.
        inputs: ``X``, shape (n, d): an array, a sparse matrix or a data frame, whose columns give the names.
        observed: the observations ``y``, shape (n,), and what else is known of each, in the order of the model.
        weights: how often each observation counts, shape (n,).
        intercept: whether a feature that is 1 everywhere stands before the others.
        features: names of the columns.
        place: what an observation is called in messages; by default its row, from 1.
        client: of a cluster, for data in chunks: a dask array or dataframe, the path of Parquet or CSV files, or
            `Generated`; then `fit_in_chunks` fits.
        parameters: of the noise, and of the prior, that are known.

    Raises:
        DataError: if the data do not fit the model; it says where and why.
        NoMinimiser: if the likelihood has no maximiser or many, as of separable classes or of features that depend on
            each other, or none was reached; it says why, and what to do.
        LossproofError: if the model has no linear predictor.

    >>> fit("linear-regression", [[0.0], [1.0], [2.0], [3.0]], [1.0, 2.0, 4.0, 4.0]).coefficients.round(12)
    array([1.1, 1.1])
    """
    if is_in_chunks(inputs):
        from lossproof.fitting.in_chunks import fit_in_chunks

        return fit_in_chunks(
            what,
            inputs,
            *observed,
            client=client,
            weights=weights,
            intercept=intercept,
            features=features,
            **parameters,  # type: ignore[arg-type]  # none of them is an argument by name
        )
    model = model_of(what)
    where = place or (lambda row: f"row {row + 1}")
    if not hasattr(inputs, "shape"):
        inputs = np.asarray(inputs)
    if len(inputs.shape) != 2:
        raise DataError(f"the inputs must have the shape (n, d), not {tuple(inputs.shape)}")
    names = column_names(inputs, features, intercept)
    if not inputs.shape[0] or not names:
        raise DataError("at least one observation and one feature are needed")
    if model.prior is not None and intercept and isinstance(model.predictor, SigmoidNode):
        raise DataError(f"the prior of '{model.name}' is about every weight, so it has no intercept: intercept=False")
    c, likelihood, of_curve, proofs = derived(model)
    known = likelihood.named(parameters)
    check_parameters(likelihood, known)
    o = _objective(c, likelihood, inputs, observed, weights, intercept, known)
    check_observations(model, o, where)
    basis = design(o, names, where, unique=model.prior is None)
    shift = np.zeros(len(names))
    if intercept and model.prior is None and basis.condition > _ILL_CONDITIONED and isinstance(o.inputs, np.ndarray):
        shift[1:] = basis.means
        o = replace(o, inputs=o.inputs - shift[1:])
        basis = design(o, names, where)
    of_scores = of_curve or kinks.information_of_kink(o)
    together = [name for name in _needed(c) if name not in known]
    if together:
        values, found = joint.most_likely(likelihood, o, basis, together, known)
        o, method = joint.at(o, {**known, **values}), "Newton's method at each " + ", ".join(together)
    else:
        values, (found, method) = {}, _minimum(o, basis, straight=of_curve is None)
    noise = _noise(likelihood, o.without_penalty(), found.weights, of_scores, known, values)
    used = {**known, **{e.name: e.value for e in noise}}
    most_likely = {**known, **{e.name: e.most_likely for e in noise}}
    bare = o.without_penalty()
    within = (
        joint.information(likelihood, o, basis, found.weights, together, used)
        if together
        else _information(o, basis, found.weights, of_scores, likelihood.scale(used))
    )
    covariance = None if within is None else _inverse(within, basis)
    kind = f"observed information, jointly with {', '.join(together)}" if together else of_scores.kind
    if model.prior is not None:
        kind = "curvature of the posterior density (Laplace's approximation; with a prior)"
    return Fit(
        name=model.name,
        title=model.heading,
        features=names,
        coefficients=_moved(shift) @ found.weights,
        covariance=None if covariance is None else _moved(shift) @ covariance @ _moved(shift).T,
        noise=noise,
        loss=found.value,
        log_likelihood=likelihood.of(bare, bare.value(found.weights), most_likely),
        observations=float(len(o) if o.weights is None else o.weights.sum()),
        steps=found.steps,
        method=method,
        kind=kind,
        compiled=c,
        theorems=proofs,
    )


def _moved(shift: Floats) -> Floats:
    """The matrix that takes weights for features minus a shift to those for the features themselves."""
    found = np.eye(len(shift))
    found[0] -= shift
    return found


@lru_cache(maxsize=64)
def derived(
    model: Model[NoiseModel],
) -> tuple[CompiledLoss, Likelihood, Information | None, Mapping[str, Derivation]]:
    """What is derived of a model: its programs, its likelihood, the information of a score, and the theorems.

    There is no information of this kind if the loss is linear on both sides of the observation.
    """
    c, likelihood = compile(model), Likelihood(model)
    found = None if kinks.is_linear_on_both_sides(c) else information(c)
    proofs = {"likelihood": likelihood.equation}
    if found is not None and found.proof is not None:
        proofs["information"] = found.proof
    return c, likelihood, found, proofs


def model_of(what: str | Model[NoiseModel]) -> Model[NoiseModel]:
    """The model of a name.

    Raises:
        UnknownName: if there is no such name.
        LossproofError: if nothing can be fitted.
    """
    model = entry(what).model if isinstance(what, str) else what
    if isinstance(model, Model) and isinstance(model.predictor, (LinearPredictor, SigmoidNode)):
        return replace(model, estimated=())
    if isinstance(model, Model) and isinstance(model.predictor, LinearScores):
        raise LossproofError(f"'{model.name}' has a score for each class, which is not fitted yet")
    said = f"'{what}'" if isinstance(what, str) else f"{what!r:.60}"
    raise DataError(f"{said} has no linear predictor that could be fitted; these have: {', '.join(fitted_models())}")


def fitted_models() -> list[str]:
    """The names of the catalogue whose models can be fitted."""
    predictors = (LinearPredictor, SigmoidNode)
    models = {e.name: e.model for e in CATALOGUE.values() if e.model is not None and e.model.name == e.name}
    return [name for name, model in models.items() if isinstance(model.predictor, predictors)]


def _needed(c: CompiledLoss) -> dict[str, str]:
    """The letters of the parameters of a loss and of the factor of its penalty, with what they are called in code."""
    needed = dict(zip(map(str, c.one.parameters), c.unit.parameters, strict=True))
    if c.model is not None and c.model.prior is not None:
        needed |= {str(s): str(s) for s in free(penalty_factor(c.model)) if str(s) not in needed}
    return needed


def _objective(
    c: CompiledLoss,
    likelihood: Likelihood,
    inputs: Any,
    observed: Sequence[Any],
    weights: Any,
    intercept: bool,
    known: Mapping[str, float],
) -> Objective:
    """The loss on data, with those of the parameters that it and its penalty need; 1 for what is to be estimated."""
    numbers = needed_parameters(c, likelihood, known, may_be_estimated=True)
    return c.objective(inputs, *observed, weights=weights, intercept=intercept, **numbers)


def needed_parameters(
    c: CompiledLoss, likelihood: Likelihood, known: Mapping[str, float], *, may_be_estimated: bool = False
) -> dict[str, float]:
    """Those of the parameters that the loss and its penalty need; 1 for one that may be estimated with the weights.

    Raises:
        UnknownName: if there is no such parameter.
        DataError: if one is missing that is not estimated: it is not positive, or a prior depends on it.
    """
    needed = _needed(c)
    for name in known:
        if name not in needed and name not in likelihood.parameters:
            raise UnknownName(f"parameter of '{c.unit.name}'", name, {*needed, *likelihood.parameters})
    prior = c.model is not None and c.model.prior is not None
    for name in needed:
        estimated = may_be_estimated and not prior and likelihood.parameters.get(name) == POSITIVE
        if name not in known and not estimated:
            raise DataError(f"the weights of '{c.unit.name}' depend on its parameter '{name}'; give a number for it")
    return {identifier: float(known.get(name, 1.0)) for name, identifier in needed.items()}


def _minimum(o: Objective, basis: Design, *, straight: bool) -> tuple[newton.Minimum, str]:
    """The minimiser, and how it was found."""
    if o.penalty is not None and not o.penalty.curved:
        return kinks.with_absolute_values(o, basis), "L-BFGS in positive and negative parts, then Newton's method"
    if straight:
        return kinks.by_linear_programme(o, basis), "Linear programme (HiGHS)"
    start = newton.constant_start(o, basis) if o.penalty is None else np.zeros(o.coordinates)
    if "curvature" in o.loss.unit.programs:
        return newton.minimise(o, basis, start), "Newton's method"
    return newton.quasi(o, basis, start), "L-BFGS"


def _noise(
    likelihood: Likelihood,
    o: Objective,
    w: Floats,
    of: Information,
    given: Mapping[str, float],
    together: Mapping[str, float],
) -> tuple[Estimate, ...]:
    """The parameters of the noise: those given, those found with the weights, and one that is found afterwards."""
    known = {**given, **together}
    hows = {**dict.fromkeys(given, GIVEN), **dict.fromkeys(together, BY_MAXIMUM)}
    found = [Estimate(name, known[name], hows[name], known[name]) for name in likelihood.parameters if name in known]
    missing = [name for name in likelihood.parameters if name not in known]
    if not missing:
        return tuple(found)
    if len(missing) > 1:
        raise DataError(f"give numbers for the parameters {', '.join(missing[1:])}; only one can be estimated")
    (name,) = missing
    loss = o.value(w)
    near, how = 1.0, ""
    if of.expected and likelihood.is_in_scale(name):
        spread = dispersion(o, w, of)
        if spread <= _EXACT * dispersion(o, np.zeros_like(w), of):
            raise _explained(name)
        near, how = likelihood.by_dispersion(name, known, spread), BY_DISPERSION
    elif of.power == 2 and loss <= np.sqrt(_EXACT) * o.value(np.zeros_like(w)):
        raise _explained(name)
    best = likelihood.by_maximum(name, o, loss, known, near)
    return (*found, Estimate(name, near if how else best, how or BY_MAXIMUM, best))


def _explained(name: str) -> NoMinimiser:
    return NoMinimiser(
        f"the features explain the observations exactly, so the likelihood has no largest value in {name}; "
        f"give a number for {name}"
    )


def _information(o: Objective, basis: Design, w: Floats, of: Information, scale: float) -> Floats | None:
    """The information about the weights, in the basis; None with a penalty that has kinks."""
    if o.penalty is None:
        return basis.inverse.T @ o.gram(lambda block, z: of.of(o, block, z), w) @ basis.inverse * scale**of.power
    return newton.hessian(o, basis, w) * scale if o.penalty.curved else None


def _inverse(within: Floats, basis: Design) -> Floats | None:
    """The inverse of an information in the basis, as a covariance of the weights; None if there is none."""
    values, vectors = np.linalg.eigh((within + within.T) / 2)
    if not values.min() > 0:
        return None
    half: Floats = basis.inverse @ (vectors / np.sqrt(values))
    return half @ half.T
