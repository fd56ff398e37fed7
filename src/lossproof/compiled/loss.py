"""Derived losses as functions over arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lossproof.compiled import runtime
from lossproof.compiled.program import build, identifiers
from lossproof.compiled.unit import Unit
from lossproof.errors import DataError, LossproofError, UnknownName
from lossproof.kernel.derivation import Derivation
from lossproof.models import Model
from lossproof.strategies.catalogue import entry
from lossproof.strategies.pointwise import Pointwise, pointwise

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
        from lossproof.compiled import numpy

        self.unit, self.threads = unit, threads
        self._kernels = numpy.load(unit)

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
        what = self.unit.summed(slopes=slopes is not None)
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
        return runtime.mapped(
            self._kernels[f"{what}_kernel"],
            arrays,
            parameters,
            outs,
            buffers=self._kernels["BUFFERS"][what],
            classes=arrays[0].shape[1] if self.unit.classes else 0,
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
    """

    one: Pointwise
    unit: Unit
    backend: Backend

    @property
    def derivations(self) -> Mapping[str, Derivation]:
        """What proves that the programs compute the loss and its derivatives."""
        return self.unit.derivations

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
    unit = _unit(one)
    return CompiledLoss(one, unit, BACKENDS[backend](unit, threads))


def _unit(one: Pointwise) -> Unit:
    slopes = [one.slope(k) for k in range(len(one.predictions))]
    outs = ["slope"] if len(slopes) == 1 else [f"slope_{k}" for k in range(1, len(slopes) + 1)]
    derivations = {"total": one.theorem} if one.theorem is not None else {}
    derivations |= dict(zip(outs, slopes, strict=True))
    forms = {name: derivations[name].rhs for name in outs}
    asked = {"pointwise": {"loss": one.loss}, "slope": forms, "pointwise_and_slope": {"loss": one.loss, **forms}}
    if len(slopes) == 1:
        try:
            curvature = one.curvature()
            _ = build({"curvature": curvature.rhs}, one.arguments, one.parameters)
            derivations["curvature"], asked["curvature"] = curvature, {"curvature": curvature.rhs}
        except LossproofError:
            pass
    programs = {what: build(outputs, one.arguments, one.parameters) for what, outputs in asked.items()}
    names = identifiers((*one.parameters, *one.arguments))
    arguments, parameters = (tuple(names[s] for s in some) for some in (one.arguments, one.parameters))
    return Unit(one.name, arguments, len(one.predictions), parameters, programs, derivations)
