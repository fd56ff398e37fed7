"""Derived losses as functions over arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
from sympy import Symbol

from lossproof.compiled.accurate import Accurate
from lossproof.compiled.arrays import Given, Rows, given, number
from lossproof.compiled.backends import BACKENDS
from lossproof.compiled.forms import Forms, Programs
from lossproof.compiled.program import identifiers
from lossproof.compiled.support import Support, support
from lossproof.compiled.unit import Unit
from lossproof.errors import DataError, LossproofError, MissingExtra, UnknownName
from lossproof.kernel.derivation import Derivation
from lossproof.losses import DOMAINS, LOSSES
from lossproof.models import LinearScores, Model, NoiseModel, OpaqueScores
from lossproof.notation.nodes import Definition
from lossproof.recovery.question import Question, ask
from lossproof.recovery.sets import Set
from lossproof.strategies.catalogue import CATALOGUE, entry, of_model
from lossproof.strategies.classes import MODELS
from lossproof.strategies.entry import Entry
from lossproof.strategies.pointwise import Pointwise, of_definition, of_derivation, of_expression, pointwise
from lossproof.strategies.scores import Classwise

if TYPE_CHECKING:
    from lossproof.compiled.objective import Objective
    from lossproof.compiled.sklearn import DerivedLoss, Scorer

Array = npt.NDArray[Any]


class Backend(Protocol):
    """What a backend gives for the programs of a loss; arrays are NumPy's, with rows, contiguous, of one dtype."""

    def fill(self, what: str, arrays: Sequence[Any], parameters: Sequence[float], outs: Sequence[Array]) -> None:
        """Fill the outputs of a program: ``pointwise``, ``slope``, ``pointwise_and_slope``, ``curvature``."""

    def total(
        self,
        arrays: Sequence[Any],
        parameters: Sequence[float],
        weights: Array | None,
        slopes: Sequence[Array] | None,
    ) -> float:
        """The weighted sum of the losses; fills the weighted slopes, if they are given."""

    def source(self) -> str:
        """A module on its own."""


@dataclass(frozen=True)
class CompiledLoss:
    """A derived loss as functions over arrays.

    Arguments are the prediction (several, if the predictor gives several), the observation, and what else is known
    of each observation; they broadcast.  Parameters of the noise are keywords.  Arrays are of one library and on one
    device, and so are the results: NumPy (also lists and pandas columns), PyTorch, JAX, or what else follows the array
    API.  The type of the result is that of the real numbers given; float16 is computed in float32 and rounded.  NaN
    passes through; a weight of 0 does not hide it, nor an infinite loss.

    Attributes:
        one: one observation of the model.
        unit: the programs.
        backend: what runs them.
        model: the model behind the loss, with its prior.

    Raises:
        DataError: by all functions, if an observation does not lie where the model has its observations, or a parameter
            where it must; if arrays are of several kinds, do not broadcast, or hold no real numbers; if a
            weight is negative.
    """

    one: Pointwise
    unit: Unit
    backend: Backend
    model: Model[NoiseModel] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process: the programs without what proves them; they run there on one thread."""
        unit = replace(self.unit, programs=dict(self.unit.programs), proofs=_left_behind)
        return _restored, (type(self), replace(self.one, theorem=None), unit, type(self.backend))

    @property
    def derivations(self) -> Mapping[str, tuple[Derivation, ...]]:
        """What proves that the programs compute the loss and its derivatives, by the names of the outputs.

        Under ``total`` the theorem that sums the loss; then for each output the calculus, if any, and the steps to the
        form that is computed, if it is another.
        """
        outputs = dict.fromkeys(name for program in self.unit.programs.values() for name in program.outputs)
        return {name: self.unit.proofs(name) for name in ("total", *outputs)}

    @cached_property
    def support(self) -> Support:
        """Where what is given must lie."""
        return support(self.one)

    @property
    def _slopes(self) -> int:
        return self.unit.predictions

    def pointwise(self, *arguments: Any, **parameters: Any) -> Any:
        """``l`` for each observation, in the broadcast shape."""
        return self._filled("pointwise", arguments, parameters)[0]

    def slope(self, *arguments: Any, **parameters: Any) -> Any:
        """``dl / dz``; of several predictions a tuple."""
        found = self._filled("slope", arguments, parameters)
        return found[0] if len(found) == 1 else tuple(found)

    def curvature(self, *arguments: Any, **parameters: Any) -> Any:
        """``d2l / dz2``."""
        return self._filled("curvature", arguments, parameters)[0]

    def pointwise_and_slope(self, *arguments: Any, **parameters: Any) -> tuple[Any, ...]:
        """``l`` and ``dl / dz``."""
        return tuple(self._filled("pointwise_and_slope", arguments, parameters))

    def total(self, *arguments: Any, weights: Any = None, **parameters: Any) -> Any:
        """The sum of the losses, each times its weight."""
        given, weight = self._given(arguments, weights)
        rows = self._rows(given, weight, parameters)
        return self.backend.total(rows.arrays, rows.numbers, rows.weights, None)

    def total_and_slope(
        self, *arguments: Any, weights: Any = None, out: Any = None, **parameters: Any
    ) -> tuple[Any, ...]:
        """The sum of the losses, and for each observation its slope, both times the weight.

        Args:
            arguments: prediction, observation, and what else is known of each observation.
            weights: of the observations.
            out: a contiguous array of NumPy for the slopes, if it is to be used again; of several predictions a
                tuple.
            parameters: of the noise.
        """
        given, weight = self._given(arguments, weights)
        rows = self._rows(given, weight, parameters)
        slopes = rows.outputs(self._slopes) if out is None else self._outputs(out, rows)
        value = self.backend.total(rows.arrays, rows.numbers, rows.weights, slopes)
        if out is not None:
            return value, *(s.reshape(rows.shape) for s in slopes)
        return value, *(given.like(s.reshape(rows.shape)) for s in slopes)

    def objective(
        self, inputs: Any, *observed: Any, weights: Any = None, intercept: bool | None = None, **parameters: float
    ) -> Objective:
        """The loss on data as a function of the weights of a linear predictor, for an optimiser.

        Args:
            inputs: ``X``, shape (n, d): an array or a sparse matrix.
            observed: the observations ``y``, shape (n,), and what else is known of each.
            weights: of the observations, shape (n,).
            intercept: whether a feature that is 1 everywhere stands before the others; by default as the model
                has it.
            parameters: of the loss, and of the factor in front of the penalty of a prior.

        Raises:
            DataError: if shapes do not fit, or a parameter is missing; it names it.
            LossproofError: if the model has no linear predictor.

        >>> from scipy.optimize import minimize
        >>> X, y = np.array([[1.0, -1.0], [1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([0, 1, 1, 4])
        >>> o = compile("poisson").objective(X, y)
        >>> of_vector = o.hessian_vector_product
        >>> minimize(o.value_and_gradient, np.zeros(2), jac=True, hessp=of_vector, method="trust-ncg").x.round(6)
        array([-0.666388,  1.012001])
        """
        from lossproof.compiled.objective import objective

        return objective(self, inputs, observed, weights, intercept, parameters)

    def sklearn_loss(self, link: Any = None, **parameters: float) -> DerivedLoss:
        """The loss in place of one of scikit-learn's own (``sklearn._loss``): for histogram gradient boosting, say.

        Args:
            link: a link of ``sklearn._loss.link`` from predictions to scores; by default that under which the slope
                changes its sign where the observation is the prediction.
            parameters: of the noise.

        Raises:
            LossproofError: if the loss takes more than a score and an observation, or no usual link is its own.

        >>> from sklearn.ensemble import HistGradientBoostingRegressor
        >>> gamma = compile("gamma").sklearn_loss()
        >>> boosted = HistGradientBoostingRegressor(loss=gamma, max_iter=3, min_samples_leaf=1)
        >>> boosted.fit([[0.0], [1.0], [2.0]], [1.0, 2.0, 4.0]).predict([[0.0], [2.0]]).round(2)
        array([1.69, 2.62])
        """
        from lossproof.compiled.sklearn import sklearn_loss

        return sklearn_loss(self, link, parameters)

    def scorer(self, link: Any = None, **parameters: float) -> Scorer:
        """Minus the mean loss of an estimator's predictions, as ``scoring`` in scikit-learn: greater is better.

        Of classifiers the scores are taken if the link makes the probabilities of them, or there are only scores;
        else the probability of the second label.  Of regressors the predictions are put through the link.

        Args:
            link: from predictions to scores, as in `sklearn_loss`; none if the loss takes predictions as they are.
            parameters: of the noise.

        Raises:
            LossproofError: if the loss takes more than a prediction and an observation, or no usual link is its own.

        >>> from sklearn.linear_model import PoissonRegressor
        >>> from sklearn.model_selection import cross_val_score
        >>> X, y = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]]), np.array([1, 1, 3, 4, 9, 12])
        >>> cross_val_score(PoissonRegressor(), X, y, scoring=compile("poisson").scorer(), cv=2).round(2)
        array([-0.75,  8.46])
        """
        from lossproof.compiled.sklearn import scorer

        return scorer(self, link, parameters)

    def numbers(self, parameters: Mapping[str, Any]) -> list[float]:
        """The parameters of the noise, in order.

        Raises:
            DataError: if one is missing, or is no number, or does not lie where it must.
            UnknownName: if there is one too many.
        """
        found = [number(name, value) for name, value in self._parameters(parameters).items()]
        self.support.check([np.asarray(np.nan)] * len(self.unit.arguments), found, ())
        return found

    def source(self) -> str:
        """The code that runs, as a module on its own."""
        return self.backend.source()

    # -------------------------------------------------------------- what is given

    def _given(self, arguments: Sequence[Any], weights: Any = None) -> tuple[Given, Given | None]:
        names = self.unit.arguments
        if len(arguments) != len(names):
            raise DataError(f"'{self.unit.name}' takes {', '.join(names)}, not {len(arguments)} arrays")
        if weights is None:
            return self._take(names, arguments), None
        both = self._take((*names, "weights"), (*arguments, weights))
        return self._take(names, arguments), Given(("weights",), both.arrays[-1:], both.library, both.dtype)

    def _take(self, names: Sequence[str], values: Sequence[Any]) -> Given:
        return given(names, values)

    def _filled(self, what: str, arguments: Sequence[Any], parameters: Mapping[str, Any]) -> list[Any]:
        self._needs(what)
        given, _ = self._given(arguments)
        rows = self._rows(given, None, parameters)
        outs = rows.outputs(len(self.unit.programs[what].outputs))
        self._accurate.fill(what, rows.arrays, rows.numbers, outs)
        return [given.like(o.reshape(rows.shape)) for o in outs]

    @cached_property
    def _accurate(self) -> Accurate:
        """The pointwise functions; sums do without guards."""
        threads = getattr(self.backend, "threads", 1)
        kind: Callable[[Unit, int], Backend] = type(self.backend)
        return Accurate(self.unit, self._ranges(), lambda unit: kind(unit, threads))

    def _ranges(self) -> dict[str, tuple[float, float]]:
        """The intervals in which predictions, observations and parameters are declared to lie."""
        letters = zip(
            (*self.one.arguments, *self.one.parameters), (*self.unit.arguments, *self.unit.parameters), strict=True
        )
        domains = {name: self.one.domain_of(letter) for letter, name in letters}
        return {name: (float(d.low), float(d.high)) for name, d in domains.items()}

    def _needs(self, what: str) -> None:
        if what not in self.unit.programs:
            raise LossproofError(f"the {what} of '{self.unit.name}' could not be derived")

    def _rows(self, given: Given, weights: Given | None, parameters: Mapping[str, Any]) -> Rows:
        numbers = self.numbers(parameters)
        rows = Rows.of(given, weights, numbers)
        self.support.check(rows.arrays, numbers, rows.shape)
        return rows

    def _parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        for name in given:
            if name not in self.unit.parameters:
                raise UnknownName(f"parameter of '{self.unit.name}'", name, self.unit.parameters)
        for name in self.unit.parameters:
            if name not in given:
                raise DataError(f"'{self.unit.name}' has the parameter '{name}'; give a number for it")
        return {name: given[name] for name in self.unit.parameters}

    def _outputs(self, out: Any, rows: Rows) -> list[Array]:
        found = out if isinstance(out, tuple) else (out,)
        for o in found:
            fits = isinstance(o, np.ndarray) and (o.shape, o.dtype) == (rows.shape, rows.dtype)
            if len(found) != self._slopes or not fits or not o.flags.c_contiguous:
                wanted = f"{self._slopes} contiguous array(s) of the shape {rows.shape} and {rows.dtype}"
                raise DataError(f"out must be {wanted}")
        return [o.reshape(-1) for o in found]


def compile(
    what: object,
    backend: str = "numpy",
    *,
    threads: int = 1,
    target: str | Set | None = None,
    prediction: str | Set | Sequence[str | Set] | None = None,
    y: str = "y",
    f: str | Sequence[str] = "f",
    where: str | Sequence[str] = (),
) -> CompiledLoss:
    """The derived loss as functions over arrays.

    Args:
        what: a name of the catalogue or of `lossproof.LOSSES`; a model; a derivation that ends in a sum over the
            observations; a loss that is a definition; or, with ``target`` and ``prediction``, a loss as `recover`
            takes it: text, a SymPy expression, or a Python function.
        backend: one of `BACKENDS`.
        threads: how many threads share the work, where the backend has threads.
        target: the set of the observation, as for `recover`.
        prediction: the set of the prediction, or one for each.
        y: what the observation is called in the expression.
        f: what the prediction is called, or each of them.
        where: what is known of the constants, such as ``"tau in (0,1)"``; without it they are positive.

    Raises:
        UnknownName: if there is no such name or backend.
        MissingExtra: if the backend needs what is not installed.
        LossproofError: if it is not the loss of observations.

    >>> import numpy as np
    >>> poisson = compile("poisson")
    >>> poisson.pointwise(np.array([0.0, 1.0]), np.array([1, 2]))
    array([1.        , 0.71828183])
    >>> compile("huber").pointwise([0.5, 3.0], 0.0, delta=1.0).tolist()
    [0.125, 2.5]
    >>> compile("abs(y - f)", target="real", prediction="real").slope([-2.0, 800.0], 0.0).tolist()
    [-1.0, 1.0]
    """
    kind, made = _kind(backend)
    if target is not None and prediction is not None:
        one = _asked(ask(what, target, prediction, y, f, where))
        unit = unit_of(one)
        return kind(one, unit, made(unit, threads))
    thing = found(what)
    if isinstance(thing, Pointwise):
        unit = unit_of(thing)
        return kind(thing, unit, made(unit, threads))
    if isinstance(thing.predictor, (LinearScores, OpaqueScores)):
        from lossproof.compiled.classes import compiled

        return compiled(thing, _of_classes(backend), threads)
    one = pointwise(thing)
    unit = unit_of(one)
    return kind(one, unit, made(unit, threads), thing)


def found(what: object) -> Model[NoiseModel] | Pointwise:
    """What is to be compiled, by its name or by what it is."""
    match what:
        case Model():
            return what
        case Definition():
            name = next((name for name, loss in LOSSES.items() if loss == what), "loss")
            return of_definition(name, what, DOMAINS.get(name, {}))
        case Derivation():
            known = _model_of(what.name) if what.name in CATALOGUE else None
            ends = known is not None and known.name == what.name and of_model(known).rhs == what.rhs
            return known if known is not None and ends else of_derivation(what)
        case str() if what in LOSSES and what not in CATALOGUE:
            return found(LOSSES[what])
        case str() if what in CATALOGUE:
            return _named(entry(what))
        case str():
            raise UnknownName("derivation or loss", what, [*CATALOGUE, *LOSSES])
    raise LossproofError(
        f"give a name, a model, a derivation or a loss, not {what!r:.60}; of an expression say target and prediction"
    )


def _named(found: Entry) -> Model[NoiseModel] | Pointwise:
    """The model behind a result; or what it ends in, if that is another sum over the observations."""
    model = _model_of(found.name)
    if model is not None and model.name == found.name:
        return model
    try:
        return of_derivation(found.derive())
    except LossproofError as error:
        if found.model is None:
            raise LossproofError(f"'{found.name}' is not to be compiled: {error}") from error
        return found.model


def _model_of(name: str) -> Model[NoiseModel] | None:
    """The model behind a result of the catalogue."""
    return entry(name).model or MODELS.get(name)


def _asked(question: Question) -> Pointwise:
    """A loss that was asked for."""
    predictions = tuple(f for f, _ in question.predictions)
    if not all(isinstance(s, Symbol) for s in (*predictions, question.y)):
        raise LossproofError(f"a loss of numbers is compiled, not {question}")
    return of_expression("loss", question.loss, predictions, question.y, (), question.hypotheses)


def _kind(name: str) -> tuple[Callable[..., CompiledLoss], Callable[[Unit, int], Backend]]:
    """The classes of the loss and of the backend."""
    if name not in BACKENDS:
        raise UnknownName("backend", name, BACKENDS)
    kind = BACKENDS[name]
    if kind.needs and find_spec(kind.needs) is None:
        raise MissingExtra(f"the backend '{name}'", name, f"pip install {name}, or install lossproof[{name}]")
    where = import_module(f"lossproof.compiled.{name}")
    return getattr(where, kind.loss) if kind.loss else CompiledLoss, getattr(where, kind.backend)


def _of_classes(name: str) -> Callable[[Unit, int], Backend]:
    """The backend for losses with a score for each class."""
    where, _, backend = BACKENDS[name].classes.partition(".")
    if not where:
        others = " or ".join(f"'{other}'" for other, kind in BACKENDS.items() if kind.classes)
        raise LossproofError(f"the backend '{name}' has no scores for classes; compile with {others}")
    found: Callable[[Unit, int], Backend] = getattr(import_module(f"lossproof.compiled.{where}"), backend)
    return found


def _left_behind(output: str) -> tuple[Derivation, ...]:
    return ()


def _restored(
    kind: Callable[..., CompiledLoss], one: Pointwise | Classwise, unit: Unit, backend: Callable[[Unit, int], Backend]
) -> CompiledLoss:
    return kind(one, unit, backend(unit, 1))


def unit_of(one: Pointwise) -> Unit:
    """The programs of a pointwise loss, with what proves them."""
    forms = Forms(one)
    names = identifiers((*one.parameters, *one.arguments))
    arguments, parameters = (tuple(names[s] for s in some) for some in (one.arguments, one.parameters))

    def proofs(output: str) -> tuple[Derivation, ...]:
        if output != "total":
            return forms.derivations(output)
        return (one.theorem,) if one.theorem is not None else ()

    return Unit(one.name, arguments, len(one.predictions), parameters, Programs(forms), proofs)
