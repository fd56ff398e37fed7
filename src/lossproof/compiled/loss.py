"""Derived losses as functions over arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from lossproof.compiled import runtime
from lossproof.compiled.forms import Forms, Programs
from lossproof.compiled.program import identifiers
from lossproof.compiled.unit import Unit
from lossproof.errors import DataError, LossproofError, UnknownName
from lossproof.kernel.derivation import Derivation
from lossproof.models import Model
from lossproof.strategies.catalogue import entry
from lossproof.strategies.pointwise import Pointwise, pointwise

if TYPE_CHECKING:
    from lossproof.compiled.objective import Objective

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


class NumPyBackend:
    """Blocked NumPy."""

    def __init__(self, unit: Unit, threads: int) -> None:
        self.unit, self.threads = unit, threads
        self._kernels: dict[str, tuple[Callable[..., None], int]] = {}

    def fill(self, what: str, arrays: Sequence[Any], parameters: Sequence[float], outs: Sequence[Array]) -> None:
        """Fill the outputs of a program."""
        self._run(what, arrays, parameters, outs)

    def total(
        self,
        arrays: Sequence[Any],
        parameters: Sequence[float],
        weights: Array | None,
        slopes: Sequence[Array] | None,
    ) -> float:
        """The weighted sum of the losses; fills the weighted slopes, if they are given."""
        what = "pointwise" if slopes is None else "pointwise_and_slope"
        return self._run(what, arrays, parameters, [None, *(slopes or ())], weights, 0)

    def _run(
        self,
        what: str,
        arrays: Sequence[Any],
        parameters: Sequence[float],
        outs: Sequence[Array | None],
        weights: Array | None = None,
        summed: int | None = None,
    ) -> float:
        if what not in self._kernels:
            from lossproof.compiled import numpy

            self._kernels[what] = numpy.load(self.unit, what)
        kernel, buffers = self._kernels[what]
        return runtime.mapped(
            kernel,
            arrays,
            parameters,
            outs,
            buffers=buffers,
            weights=weights,
            summed=summed,
            threads=self.threads,
        )

    def source(self) -> str:
        """A module on its own."""
        from lossproof.compiled import numpy

        return numpy.source(self.unit)


#: The backends by name.
BACKENDS: Mapping[str, type[NumPyBackend]] = {"numpy": NumPyBackend}


@dataclass(frozen=True)
class CompiledLoss:
    """A derived loss as functions over arrays.

    Arguments are the prediction (several, if the predictor gives several), the observation, and what else is known
    of each observation; they broadcast.  Parameters of the noise are keywords.  NaN passes through.

    Attributes:
        one: one observation of the model.
        unit: the programs.
        backend: what runs them.
        model: the model behind the loss, with its prior.
    """

    one: Pointwise
    unit: Unit
    backend: Backend
    model: Model[NoiseModel] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process: the programs without what proves them; they run there on one thread."""
        unit = replace(self.unit, programs=dict(self.unit.programs), proofs=_left_behind)
        return _restored, (replace(self.one, theorem=None), unit, type(self.backend))

    @property
    def derivations(self) -> Mapping[str, tuple[Derivation, ...]]:
        """What proves that the programs compute the loss and its derivatives, by the names of the outputs.

        Under ``total`` the theorem that sums the loss; then for each output the calculus, if any, and the steps to the
        form that is computed, if it is another.
        """
        outputs = dict.fromkeys(name for program in self.unit.programs.values() for name in program.outputs)
        return {name: self.unit.proofs(name) for name in ("total", *outputs)}

    @cached_property
    def _slopes(self) -> int:
        return self.unit.predictions

    def pointwise(self, *arguments: Any, **parameters: float) -> Array:
        """``l`` for each observation, in the broadcast shape."""
        return self._filled("pointwise", 1, arguments, parameters)[0]

    def slope(self, *arguments: Any, **parameters: float) -> Array | tuple[Array, ...]:
        """``dl / dz``; of several predictions a tuple."""
        found = self._filled("slope", self._slopes, arguments, parameters)
        return found[0] if self._slopes == 1 else tuple(found)

    def curvature(self, *arguments: Any, **parameters: float) -> Array:
        """``d2l / dz2``."""
        return self._filled("curvature", 1, arguments, parameters)[0]

    def pointwise_and_slope(self, *arguments: Any, **parameters: float) -> tuple[Array, ...]:
        """``l`` and ``dl / dz``."""
        return tuple(self._filled("pointwise_and_slope", 1 + self._slopes, arguments, parameters))

    def total(self, *arguments: Any, weights: Any = None, **parameters: float) -> float:
        """The sum of the losses, each times its weight."""
        arrays, shape, dtype = self._arrays(arguments)
        weight = self._weights(weights, shape, dtype)
        return self.backend.total(arrays, self._numbers(parameters), weight, None)

    def total_and_slope(
        self, *arguments: Any, weights: Any = None, out: Any = None, **parameters: float
    ) -> tuple[Any, ...]:
        """The sum of the losses, and for each observation its slope, both times the weight.

        Args:
            arguments: prediction, observation, and what else is known of each observation.
            weights: of the observations.
            out: a contiguous array for the slopes, if it is to be used again; of several predictions a tuple.
            parameters: of the noise.
        """
        arrays, shape, dtype = self._arrays(arguments)
        weight = self._weights(weights, shape, dtype)
        slopes = self._outputs(out, shape, dtype)
        value = self.backend.total(arrays, self._numbers(parameters), weight, slopes)
        return value, *(s.reshape(shape) for s in slopes)

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

    def source(self) -> str:
        """The code that runs, as a module on its own."""
        return self.backend.source()

    def _outputs(self, out: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> list[Array]:
        if out is None:
            return [np.empty(int(np.prod(shape)), dtype) for _ in range(self._slopes)]
        given = out if isinstance(out, tuple) else (out,)
        for o in given:
            if len(given) != self._slopes or o.shape != shape or o.dtype != dtype or not o.flags.c_contiguous:
                raise DataError(f"out must be {self._slopes} contiguous array(s) of the shape {shape} and {dtype}")
        return [o.reshape(-1) for o in given]

    # -------------------------------------------------------------- what is given

    def _filled(self, what: str, count: int, arguments: Sequence[Any], parameters: Mapping[str, float]) -> list[Array]:
        if what not in self.unit.programs:
            raise LossproofError(f"the {what} of '{self.unit.name}' could not be derived")
        arrays, shape, dtype = self._arrays(arguments)
        outs = [np.empty(int(np.prod(shape)), dtype) for _ in range(count)]
        self.backend.fill(what, arrays, self._numbers(parameters), outs)
        return [o.reshape(shape) for o in outs]

    def _arrays(self, arguments: Sequence[Any]) -> tuple[list[Any], tuple[int, ...], np.dtype[Any]]:
        if len(arguments) != len(self.unit.arguments):
            wanted = ", ".join(self.unit.arguments)
            raise DataError(f"'{self.unit.name}' takes {wanted}, not {len(arguments)} arrays")
        given = [np.asarray(a) for a in arguments]
        for name, a in zip(self.unit.arguments, given, strict=True):
            if a.dtype.kind not in "fiub":
                raise DataError(f"{name} must be real numbers, not {a.dtype}")
        floats = [a.dtype for a in given if a.dtype.kind == "f"]
        dtype = np.dtype(np.float32 if floats and all(f == np.float32 for f in floats) else np.float64)
        try:
            shape = np.broadcast_shapes(*(a.shape for a in given))
        except ValueError as error:
            raise DataError(f"the shapes {[a.shape for a in given]} do not broadcast") from error
        arrays = []
        for a in given:
            if a.size == 1 and shape:
                arrays.append(dtype.type(a.reshape(())))
            else:
                arrays.append(np.ascontiguousarray(np.broadcast_to(a, shape), dtype).reshape(-1))
        return arrays, shape, dtype

    def _numbers(self, given: Mapping[str, float]) -> list[float]:
        for name in given:
            if name not in self.unit.parameters:
                raise UnknownName(f"parameter of '{self.unit.name}'", name, self.unit.parameters)
        for name in self.unit.parameters:
            if name not in given:
                raise DataError(f"'{self.unit.name}' has the parameter '{name}'; give a number for it")
        return [float(given[name]) for name in self.unit.parameters]

    def _weights(self, weights: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array | None:
        if weights is None:
            return None
        return np.ascontiguousarray(np.broadcast_to(np.asarray(weights, dtype), shape)).reshape(-1)


def compile(what: object, backend: str = "numpy", *, threads: int = 1) -> CompiledLoss:
    """The derived loss as functions over arrays.

    Args:
        what: a name of the catalogue, or a model.
        backend: one of `BACKENDS`.
        threads: how many threads share the work, where the backend has threads.

    Raises:
        UnknownName: if there is no such name or backend.
        LossproofError: if the result of that name has no model.

    >>> import numpy as np
    >>> poisson = compile("poisson")
    >>> poisson.pointwise(np.array([0.0, 1.0]), np.array([1, 2]))
    array([1.        , 0.71828183])
    """
    if backend not in BACKENDS:
        raise UnknownName("backend", backend, BACKENDS)
    if isinstance(what, str):
        found = entry(what).model
        if found is None:
            raise LossproofError(f"'{what}' has no model of observations; nothing is to be compiled")
        what = found
    if not isinstance(what, Model):
        raise LossproofError(f"give a name or a model, not {what!r:.60}")
    one = pointwise(what)
    unit = unit_of(one)
    return CompiledLoss(one, unit, BACKENDS[backend](unit, threads), what)


def _left_behind(output: str) -> tuple[Derivation, ...]:
    return ()


def _restored(one: Pointwise, unit: Unit, backend: type[NumPyBackend]) -> CompiledLoss:
    return CompiledLoss(one, unit, backend(unit, 1))


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
