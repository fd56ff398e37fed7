"""Losses with a score for each class, as functions over arrays whose last axis is the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossproof.compiled.arrays import Given, broadcast, given
from lossproof.compiled.loss import Array, CompiledLoss
from lossproof.compiled.program import Program, build, identifiers
from lossproof.compiled.unit import Unit
from lossproof.errors import DataError, UnknownName
from lossproof.kernel.derivation import Derivation
from lossproof.models import Model, NoiseModel
from lossproof.strategies.classes import c, z
from lossproof.strategies.scores import Classwise, classwise, other, top, v


@dataclass(frozen=True)
class CompiledClasses(CompiledLoss):
    """A derived loss of scores, one for each of K classes, as functions over arrays.

    Scores ``z`` have the shape (..., K).  The observation ``y`` is the number of the class, shape (...): **counted
    from 0**, as NumPy, PyTorch and scikit-learn count, so that the theorem's class ``k`` is ``k - 1`` here; or, of
    ``softmax-one-hot`` and ``multinomial``, a share or count for each class, shape (..., K).  The axes in front
    broadcast.  A class with the score minus infinity has the probability 0; NaN among the scores of an observation
    makes its results NaN, and so do scores none of which is finite.

    >>> import lossproof as lp
    >>> softmax = lp.compile("softmax")
    >>> softmax.pointwise(np.array([[0.0, 0.0], [1000.0, -1000.0]]), np.array([1, 1])).round(6).tolist()
    [0.693147, 2000.0]
    >>> softmax.slope(np.array([0.0, 0.0, 0.0, 0.0]), 2).tolist()
    [0.25, 0.25, -0.75, 0.25]
    """

    one: Classwise  # type: ignore[assignment]  # what this loss is of, in place of a `Pointwise`

    def pointwise(self, *arguments: Any, **parameters: Any) -> Any:
        """The loss of each observation, shape (...)."""
        return self._filled_with("pointwise", arguments, parameters, ("loss",))[0]

    def slope(self, *arguments: Any, **parameters: Any) -> Any:
        """``dl / dz_c`` of each class, shape (..., K)."""
        return self._filled_with("slope", arguments, parameters, ("slope",))[0]

    def pointwise_and_slope(self, *arguments: Any, **parameters: Any) -> tuple[Any, ...]:
        """Both."""
        return self._filled_with("pointwise_and_slope", arguments, parameters, ("loss", "slope"))

    def curvature_product(self, *arguments: Any, **parameters: Any) -> Any:
        """The second derivatives of each observation times a direction ``v`` of shape (..., K), the last argument.

        Shape (..., K): the derivative in each score of ``sum_k v_k dl/dz_k``.
        """
        return self._filled_with("curvature_product", arguments, parameters, ("slope",))[0]

    def curvature(self, *arguments: Any, **parameters: Any) -> Any:
        """``d2l / dz_c dz_b``, shape (..., K, K).

        >>> import lossproof as lp
        >>> lp.compile("softmax").curvature([0.0, 0.0], 1).tolist()
        [[0.25, -0.25], [-0.25, 0.25]]
        """
        given, rows = self._of_classes("curvature", arguments, parameters)
        count, classes = rows.scores.shape
        found, column = np.empty((count, classes, classes)), np.empty((count, classes))
        for at in range(classes):
            self.backend.fill("curvature", [*rows.in_double, np.intp(at)], (), [column])
            found[:, :, at] = column
        return given.like(found.reshape(*rows.shape, classes, classes))

    def total(self, *arguments: Any, weights: Any = None, **parameters: Any) -> Any:
        """The sum of the losses, each times its weight, shape (...)."""
        _, rows = self._of_classes("pointwise", arguments, parameters)
        return self.backend.total(rows.arrays, (), rows.weights(weights), None)

    def total_and_slope(
        self, *arguments: Any, weights: Any = None, out: Any = None, **parameters: Any
    ) -> tuple[Any, ...]:
        """The sum of the losses, and the slopes of each observation, shape (..., K), both times the weight.

        Args:
            arguments: scores and observations.
            weights: of the observations, shape (...).
            out: a contiguous array of NumPy for the slopes, if it is to be used again.
            parameters: none.
        """
        given, rows = self._of_classes("pointwise_and_slope", arguments, parameters)
        shape = (*rows.shape, rows.scores.shape[1])
        slopes = np.empty(shape, rows.dtype) if out is None else out
        fits = isinstance(slopes, np.ndarray) and (slopes.shape, slopes.dtype) == (shape, rows.dtype)
        if not fits or not slopes.flags.c_contiguous:
            raise DataError(f"out must be a contiguous array of the shape {shape} and {rows.dtype}")
        weight = rows.weights(weights)
        value = self.backend.total(rows.arrays, (), weight, [slopes.reshape(rows.scores.shape)])
        return value, given.like(slopes) if out is None else slopes

    def _ranges(self) -> dict[str, tuple[float, float]]:
        return {}

    def objective(  # type: ignore[override]  # no parameter of a noise is called classes
        self,
        inputs: Any,
        *observed: Any,
        weights: Any = None,
        intercept: bool | None = None,
        classes: int | None = None,
        **parameters: float,
    ) -> Any:
        """The loss on data as a function of the weights of linear scores, for an optimiser.

        Args:
            inputs: ``X``, shape (n, d): an array or a sparse matrix.
            observed: the numbers of the classes, shape (n,), or a share or count for each, shape (n, K).
            weights: of the observations, shape (n,).
            intercept: whether a feature that is 1 everywhere stands before the others; by default not.
            classes: how many there are; by default as many as the largest number says.
            parameters: of the factor in front of the penalty of a prior.

        Returns:
            An `ObjectiveOfClasses`.

        >>> import lossproof as lp
        >>> o = lp.compile("softmax").objective(np.array([[1.0], [-1.0]]), np.array([0, 1]))
        >>> value, gradient = o.value_and_gradient(np.zeros(2))
        >>> round(value, 6), gradient.tolist()
        (1.386294, [-1.0, 1.0])
        """
        from lossproof.compiled.objective_of_classes import objective

        return objective(self, inputs, observed, weights, intercept, parameters, classes)

    # -------------------------------------------------------------- what is given

    def _filled_with(
        self, what: str, arguments: Sequence[Any], parameters: Mapping[str, Any], outputs: Sequence[str]
    ) -> tuple[Any, ...]:
        given, rows = self._of_classes(what, arguments, parameters)
        count, classes = rows.scores.shape
        each = {"loss": (count,), "slope": (count, classes)}
        outs = [np.empty(each[name]) for name in outputs]
        assert isinstance(self.one, Classwise)
        # For the number of one class no terms cancel; for shares they do, where these are the probabilities.
        (self._accurate if self.one.counted else self.backend).fill(what, rows.in_double, (), outs)
        return tuple(given.like(o.reshape((*rows.shape, *o.shape[1:]))) for o in outs)

    def _of_classes(
        self, what: str, arguments: Sequence[Any], parameters: Mapping[str, Any]
    ) -> tuple[Given, RowsOfClasses]:
        for name in parameters:
            raise UnknownName(f"parameter of '{self.unit.name}'", name, ())
        return self.rows(what, arguments)

    def rows(self, what: str, arguments: Sequence[Any]) -> tuple[Given, RowsOfClasses]:
        """What is given for a program, as a backend takes it.

        Raises:
            DataError: if it does not fit.
        """
        names = self.unit.given(what) if what == "curvature_product" else self.unit.arguments
        if len(arguments) != len(names):
            raise DataError(f"'{self.unit.name}' takes {', '.join(names)}, not {len(arguments)} arrays")
        kind = given(names, arguments)
        made, dtype = kind.on_host(), np.dtype(kind.working)
        counted = self.one.counted
        scores, observed, *directions = made
        if not scores.ndim or not scores.shape[-1]:
            raise DataError(f"scores must have the classes as their last axis, not the shape {scores.shape}")
        classes = scores.shape[-1]
        each_class = [scores, *([observed] if counted else []), *directions]
        if any(not a.ndim or a.shape[-1] != classes for a in each_class):
            raise DataError(f"scores of {classes} classes, but the shapes are {[a.shape for a in made]}")
        fronts = [a.shape if a is observed and not counted else a.shape[:-1] for a in made]
        shape = broadcast(names, fronts)
        flat = [
            np.ascontiguousarray(np.broadcast_to(a, (*shape, classes)), dtype).reshape(-1, classes) for a in each_class
        ]
        if counted:
            self._check_shares(observed)
            return kind, RowsOfClasses(shape, dtype, tuple(flat))
        labels = np.ascontiguousarray(np.broadcast_to(_labels(observed, classes), shape)).reshape(-1)
        return kind, RowsOfClasses(shape, dtype, (flat[0], labels, *flat[1:]))

    def _check_shares(self, shares: Array) -> None:
        domain = self.one.domain
        assert domain is not None
        wrong = (shares < float(domain.low)) | (shares > float(domain.high))
        if domain.integer:
            wrong |= (shares != np.rint(shares)) & (shares == shares)
        if wrong.any():
            place = [int(k) for k in np.argwhere(wrong)[0]]
            raise DataError(f"y = {shares[tuple(place)]} at {place} does not lie in {domain}")


def _labels(given: Array, classes: int) -> Array:
    """Numbers of classes, counted from 0."""
    with np.errstate(invalid="ignore"):
        labels = given.astype(np.intp)
    if labels.size and (labels.min() < 0 or labels.max() >= classes or (labels != given).any()):
        wrong = (labels < 0) | (labels >= classes) | (labels != given)
        place = [int(k) for k in np.argwhere(wrong)[0]]
        at = f" at {place}" if place else ""
        raise DataError(f"y = {given[tuple(place)]}{at} is no class: they are counted from 0 to {classes - 1}")
    return labels


@dataclass(frozen=True)
class RowsOfClasses:
    """What is given, as a backend takes it: NumPy arrays with a row for each observation.

    Attributes:
        shape: of the observations, as they were given.
        dtype: of the scores.
        arrays: scores, observations, and a direction if there is one.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    arrays: tuple[Array, ...]

    @property
    def scores(self) -> Array:
        """The scores, shape (n, K)."""
        return self.arrays[0]

    @property
    def in_double(self) -> list[Array]:
        """The arrays in the numbers that pointwise functions compute with."""
        return [a.astype(np.float64, copy=False) if a.dtype.kind == "f" else a for a in self.arrays]

    def weights(self, weights: Any) -> Array | None:
        """The weights of the observations, one after the other."""
        if weights is None:
            return None
        (weight,) = given(("weights",), (weights,)).on_host()
        if (weight < 0).any():
            raise DataError(f"weights must not be negative: there is {weight[weight < 0][0]}")
        if broadcast(("the observations", "weights"), [self.shape, weight.shape]) != self.shape:
            raise DataError(f"weights have the shape {weight.shape}, the observations {self.shape}")
        return np.ascontiguousarray(np.broadcast_to(weight, self.shape), self.dtype).reshape(-1)


def unit_of(one: Classwise) -> Unit:
    """The programs of a loss with a score for each class; for sums, without what makes rounding errors good."""
    loss, slope = one.pointwise(), one.slope()
    product, matrix = one.curvature_product(), one.curvature()
    proofs = {"loss": (loss,), "slope": (slope,), "curvature": (matrix,), "curvature_product": (product,)}
    scores, letters = ((z, one.observation), ()) if one.counted else ((z,), (one.observation,))

    def program(
        outputs: Mapping[str, Derivation], direction: tuple[Any, ...] = (), compensated: bool = True
    ) -> Program:
        columns = (*letters, *(d for d in direction if d == other))
        arrays = (*scores, *(d for d in direction if d == v))
        forms = {name: d.rhs for name, d in outputs.items()}
        return build(forms, columns, (), arrays, c, (top, z), compensated=compensated)

    both = {"loss": loss, "slope": slope}
    programs = {
        "pointwise": program({"loss": loss}),
        "slope": program({"slope": slope}),
        "pointwise_and_slope": program(both),
        "curvature": program({"curvature": matrix}, (other,)),
        "curvature_product": program({"curvature_product": product}, (v,)),
        "total": program({"loss": loss}, compensated=False),
        "total_and_slope": program(both, compensated=False),
    }
    names = identifiers((z, one.observation))

    def proof(output: str) -> tuple[Derivation, ...]:
        if output != "total":
            return proofs[output]
        return (one.theorem,) if one.theorem is not None else ()

    return Unit(one.name, tuple(names.values()), 1, (), programs, proof)


def compiled(model: Model[NoiseModel], backend: Any, threads: int) -> CompiledClasses:
    """The loss of a model with a score for each class."""
    one = classwise(model)
    unit = unit_of(one)
    return CompiledClasses(one, unit, backend(unit, threads), model)
