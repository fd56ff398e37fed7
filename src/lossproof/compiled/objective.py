"""The loss of a linear predictor on data, as a function of the weights: what an optimiser is given.

Everything is a sum over the observations, and is added up block by block of rows: scores ``X w``, losses and
slopes of a block stay in the cache, and beyond the inputs no more than a few MiB are needed.  The sums of the
blocks are added exactly (losses) or with compensation (gradients, Hessians; Neumaier 1974).  Rows of any type
of number are taken to doubles block by block, so that `numpy.float32` loses nothing further.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sympy import Expr, Mul, Symbol

from lossproof.compiled import runtime
from lossproof.errors import DataError, LossproofError, UnknownName
from lossproof.kernel.conditions import Declared
from lossproof.kernel.domains import NONZERO, REAL
from lossproof.models import LinearPredictor, Model, NoiseModel, Prior, SigmoidNode
from lossproof.notation.inert import ONE, free
from lossproof.numeric.evaluate import Instance, evaluate
from lossproof.strategies.catalogue import of_model
from lossproof.strategies.pointwise import Pointwise

if TYPE_CHECKING:
    from lossproof.compiled.loss import Backend, CompiledLoss

Floats = npt.NDArray[np.float64]

#: About how many numbers of ``X`` a block has: 1 MiB, which stays in the second-level cache for ``X' s``.
BLOCK = 2**17


class Sum:
    """A sum of arrays with the rounding errors of the additions added up beside it (Neumaier 1974)."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._high, self._low = np.zeros(shape), np.zeros(shape)

    def add(self, term: Floats) -> None:
        """Add an array of the same shape."""
        with np.errstate(invalid="ignore", over="ignore"):
            high = self._high + term
            larger = np.abs(self._high) >= np.abs(term)
            self._low += np.where(larger, (self._high - high) + term, (term - high) + self._high)
        self._high = high

    @property
    def value(self) -> Floats:
        """The sum, rounded; where it is not finite it says so."""
        with np.errstate(invalid="ignore", over="ignore"):
            return np.where(np.isfinite(self._high), self._high + self._low, self._high)


@dataclass(frozen=True)
class Penalty:
    """What a prior adds to the loss: a number times the sum of the penalties of the weights.

    Attributes:
        factor: that number.
        backend: the programs of the penalty of one weight.
        curved: whether the penalty has a second derivative everywhere.
    """

    factor: float
    backend: Backend
    curved: bool

    def _each(self, what: str, weights: Floats) -> Floats:
        out = np.empty(len(weights))
        if len(weights):
            self.backend.fill(what, [weights, np.float64(0)], (), [out])
        return out

    def value(self, weights: Floats) -> float:
        """The penalty."""
        return self.factor * runtime.added(self._each("pointwise", weights))

    def slope(self, weights: Floats) -> Floats:
        """Its derivative in each weight; where there is none, as of ``|w|`` at 0, that of smallest size."""
        return self.factor * self._each("slope", weights)

    def curvature(self, weights: Floats) -> Floats:
        """Its second derivative in each weight."""
        if not self.curved:
            raise LossproofError("the penalty has kinks, so the penalised loss has no Hessian")
        return self.factor * self._each("curvature", weights)


@dataclass(frozen=True)
class Objective:
    """The loss as a function of the weights, on data; a prior's penalty included.

    The weights are one array: the intercept first, if there is one; with a score for each class, the rows of
    the matrix of shape (K, d) one after the other.  `scipy.optimize.minimize` takes ``value_and_gradient`` with
    ``jac=True``, and ``hessian_vector_product`` as ``hessp``.

    Attributes:
        loss: the compiled pointwise loss.
        inputs: ``X``, shape (n, d): a NumPy array or a sparse matrix with compressed rows.
        given: the observations, and what else is known of each: one number or an array of shape (n,) each.
        numbers: the parameters of the loss.
        weights: of the observations, shape (n,).
        intercept: whether a feature that is 1 everywhere stands before the others.
        penalty: of the weights other than the intercept.
    """

    loss: CompiledLoss
    inputs: Any
    given: tuple[Any, ...]
    numbers: tuple[float, ...]
    weights: Floats | None
    intercept: bool
    penalty: Penalty | None

    def __len__(self) -> int:
        return int(self.inputs.shape[0])

    @property
    def coordinates(self) -> int:
        """The number of weights for each score: features, and the intercept."""
        return int(self.inputs.shape[1]) + self.intercept

    # -------------------------------------------------------------- what an optimiser asks for

    def value(self, w: Any) -> float:
        """The loss at the weights."""
        w = self._checked(w)
        sums = [self._total(block, z, None) for block, z in self._scores(w)]
        return runtime.added(np.array(sums)) + (self.penalty.value(self._penalised(w)) if self.penalty else 0.0)

    def value_and_gradient(self, w: Any) -> tuple[float, Floats]:
        """The loss at the weights and its derivative in each of them."""
        w = self._checked(w)
        sums, gradient = list[float](), Sum(w.shape)
        for block, z in self._scores(w):
            slopes = np.empty_like(z)
            sums.append(self._total(block, z, slopes))
            gradient.add(block.transposed(slopes))
        value, slope = runtime.added(np.array(sums)), gradient.value
        if self.penalty is not None:
            penalised = self._penalised(w)
            value += self.penalty.value(penalised)
            self._penalised(slope)[...] += self.penalty.slope(penalised)
        return value, slope

    def gradient(self, w: Any) -> Floats:
        """The derivative of the loss in each weight."""
        return self.value_and_gradient(w)[1]

    def hessian_vector_product(self, w: Any, v: Any) -> Floats:
        """The second derivatives at ``w`` times a vector ``v``.

        Raises:
            LossproofError: if the loss or the penalty has kinks.
        """
        w, v = self._checked(w), self._checked(v)
        product = Sum(w.shape)
        for block, z in self._scores(w):
            product.add(block.transposed(self.curvature(block, z) * block.times(v)))
        found = product.value
        if self.penalty is not None:
            self._penalised(found)[...] += self.penalty.curvature(self._penalised(w)) * self._penalised(v)
        return found

    def hessian(self, w: Any) -> Floats:
        """The matrix of second derivatives.

        Raises:
            LossproofError: if the loss or the penalty has kinks.
        """
        w = self._checked(w)
        found = self.gram(lambda block, z: self.curvature(block, z), w)
        if self.penalty is not None:
            first = len(w) - len(self._penalised(w))
            at = np.arange(first, len(w))
            found[at, at] += self.penalty.curvature(self._penalised(w))
        return found

    def without_penalty(self) -> Objective:
        """The loss alone."""
        return replace(self, penalty=None)

    # -------------------------------------------------------------- sums over the observations

    def scores(self, w: Any) -> Floats:
        """``X w``, with the intercept: a score for each observation."""
        found = np.empty(len(self))
        for block, z in self._scores(self._checked(w)):
            found[block.cut] = z
        return found

    def gram(self, of: Any, w: Any) -> Floats:
        """``sum_i c_i x_i x_i'``, where ``of(block, scores)`` gives the factors ``c`` of a block."""
        w = self._checked(w)
        found = Sum((len(w), len(w)))
        for block, z in self._scores(w):
            found.add(block.gram(of(block, z)))
        return found.value

    def blocks(self) -> Iterator[Block]:
        """The rows of the data, a few at a time."""
        rows = max(1, min(2**16, BLOCK // max(1, self.coordinates)))
        for start in range(0, len(self), rows):
            cut = slice(start, min(start + rows, len(self)))
            part = self.inputs[cut]
            yield Block(cut, part if _is_sparse(part) else np.asarray(part, dtype=np.float64), self.intercept)

    def arrays(self, block: Block) -> list[Any]:
        """What is given of the observations of a block, besides the scores."""
        return [np.asarray(a[block.cut], dtype=np.float64) if np.ndim(a) else a for a in self.given]

    def weighted(self, block: Block, values: Floats) -> Floats:
        """Values for the observations of a block times their weights."""
        return values if self.weights is None else values * self.weights[block.cut]

    def slopes(self, block: Block, z: Floats) -> Floats:
        """The derivatives of the losses of a block in their scores, without weights."""
        found = np.empty_like(z)
        self.loss.backend.fill("slope", [z, *self.arrays(block)], self.numbers, [found])
        return found

    def _scores(self, w: Floats) -> Iterator[tuple[Block, Floats]]:
        for block in self.blocks():
            yield block, block.times(w)

    def _total(self, block: Block, z: Floats, slopes: Floats | None) -> float:
        weights = None if self.weights is None else self.weights[block.cut]
        outs = None if slopes is None else [slopes]
        return self.loss.backend.total([z, *self.arrays(block)], self.numbers, weights, outs)

    def curvature(self, block: Block, z: Floats) -> Floats:
        """The second derivatives of the losses of a block in their scores, times the weights."""
        if "curvature" not in self.loss.unit.programs:
            raise LossproofError(f"the loss of '{self.loss.unit.name}' has no second derivative to make a Hessian of")
        curvature = np.empty_like(z)
        self.loss.backend.fill("curvature", [z, *self.arrays(block)], self.numbers, [curvature])
        return self.weighted(block, curvature)

    def _penalised(self, w: Floats) -> Floats:
        """The weights that have a prior: all but the intercept."""
        return w[1:] if self.intercept else w

    def _checked(self, w: Any) -> Floats:
        found = np.asarray(w, dtype=np.float64)
        if found.shape != (self.coordinates,):
            raise DataError(f"weights must have the shape ({self.coordinates},), not {found.shape}")
        return found


@dataclass(frozen=True)
class Block:
    """Some rows of the inputs.

    Attributes:
        cut: which rows.
        rows: dense, in doubles; or sparse.
        intercept: whether a feature that is 1 everywhere stands before the others.
    """

    cut: slice
    rows: Any
    intercept: bool

    def times(self, w: Floats) -> Floats:
        """``X w``."""
        found: Floats = np.asarray(self.rows @ w[self.intercept :], dtype=np.float64)
        if self.intercept:
            found += w[0]
        return found

    def transposed(self, s: Floats) -> Floats:
        """``X' s``."""
        found: Floats = np.asarray(self.rows.T @ s, dtype=np.float64)
        return np.concatenate([[np.sum(s)], found]) if self.intercept else found

    def gram(self, c: Floats) -> Floats:
        """``X' diag(c) X``."""
        rows = self.rows
        scaled = rows.multiply(c[:, None]).tocsr() if _is_sparse(rows) else rows * c[:, None]
        found = scaled.T @ rows
        inner: Floats = found.toarray() if _is_sparse(rows) else np.asarray(found)
        if not self.intercept:
            return inner
        border = np.asarray(rows.T @ c)
        whole = np.empty((len(border) + 1, len(border) + 1))
        whole[0, 0], whole[0, 1:], whole[1:, 0], whole[1:, 1:] = np.sum(c), border, border, inner
        return whole

    @cached_property
    def dense(self) -> Floats:
        """The rows with the intercept's ones, as a NumPy array."""
        rows = self.rows.toarray() if _is_sparse(self.rows) else self.rows
        return np.column_stack([np.ones(len(rows)), rows]) if self.intercept else np.asarray(rows, dtype=np.float64)


def _is_sparse(x: Any) -> bool:
    return hasattr(x, "tocsr")


# ------------------------------------------------------------------ from what a user gives


def objective(
    loss: CompiledLoss,
    inputs: Any,
    observed: Sequence[Any],
    weights: Any,
    intercept: bool | None,
    parameters: Mapping[str, float],
) -> Objective:
    """The loss on data as a function of the weights; see `CompiledLoss.objective`."""
    model = loss.model
    if model is None or not isinstance(model.predictor, (LinearPredictor, SigmoidNode)):
        raise LossproofError(f"'{loss.unit.name}' has no linear predictor: its scores are no function of weights")
    inputs = rows_of(inputs)
    names = loss.unit.arguments[loss.unit.predictions :]
    if len(observed) != len(names):
        raise DataError(f"'{loss.unit.name}' takes {', '.join(('X', *names))}, not {1 + len(observed)} arrays")
    given = tuple(_column(name, a, inputs.shape[0]) for name, a in zip(names, observed, strict=True))
    weight = None if weights is None else np.asarray(_column("weights", weights, inputs.shape[0]), dtype=np.float64)
    if weight is not None:
        weight = np.broadcast_to(weight, (inputs.shape[0],))
        if not (weight >= 0).all():
            raise DataError("weights must be numbers from 0")
    has = intercept_of(model) if intercept is None else intercept
    of_penalty = penalty_factor(model) if model.prior is not None else None
    letters = {*loss.unit.parameters, *(map(str, free(of_penalty)) if of_penalty is not None else ())}
    for name in parameters:
        if name not in letters:
            raise UnknownName(f"parameter of '{loss.unit.name}'", name, letters)
    for name in sorted(letters):
        if name not in parameters:
            raise DataError(f"'{loss.unit.name}' has the parameter '{name}'; give a number for it")
    numbers = tuple(float(parameters[name]) for name in loss.unit.parameters)
    penalty = None
    if model.prior is not None and of_penalty is not None:
        penalty = penalty_of(model.prior, float(evaluate(of_penalty, Instance(dict(parameters)))))
    return Objective(loss, inputs, given, numbers, weight, has, penalty)


def intercept_of(model: Model[NoiseModel]) -> bool:
    """Whether the predictor of a model has an intercept."""
    return isinstance(model.predictor, LinearPredictor) and model.predictor.intercept


def penalty_factor(model: Model[NoiseModel]) -> Expr:
    """What the theorem of a model with a prior has in front of the sum of penalties."""
    _, term = of_model(model).rhs.args
    return Mul(*term.args[:-1], evaluate=False) if isinstance(term, Mul) else ONE


def penalty_of(prior: Prior, factor: float) -> Penalty:
    """The penalty of a prior with a factor; its derivatives are derived as those of a loss are."""
    from lossproof.compiled.loss import unit_of
    from lossproof.compiled.numpy import NumPyBackend

    weight, unused = Symbol("w", real=True), Symbol("y", real=True)  # a prior observes nothing
    kinks = () if prior.slope(weight) is not None else (Declared(weight, NONZERO),)
    declared = (Declared(weight, REAL), Declared(unused, REAL))
    unit = unit_of(
        Pointwise(
            prior.name.lower().replace(" ", "-"),
            (weight,),
            unused,
            (),
            (),
            declared,
            prior.penalty(weight),
            smooth_if=kinks,
        )
    )
    return Penalty(factor, NumPyBackend(unit, 1), not kinks)


def rows_of(x: Any) -> Any:
    """The inputs as an array with numbers in rows."""
    if _is_sparse(x):
        return x.tocsr()
    found = np.asarray(x)
    if found.ndim != 2:
        raise DataError(f"X must have the shape (n, d), not {found.shape}")
    if found.dtype.kind not in "fiub":
        raise DataError(f"X must hold real numbers, not {found.dtype}")
    return found


def _column(name: str, values: Any, count: int) -> Any:
    found = np.asarray(values)
    if found.dtype.kind in "OSU":
        raise DataError(f"{name} must be numbers, not text; two classes are written 0 and 1")
    if found.dtype.kind not in "fiub":
        raise DataError(f"{name} must be real numbers, not {found.dtype}")
    if found.ndim == 0:
        return np.float64(found)
    if found.shape != (count,):
        raise DataError(f"{name} must have the shape ({count},), not {found.shape}")
    return found
