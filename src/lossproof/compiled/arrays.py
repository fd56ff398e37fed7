"""Arrays as they are given: of which library, on which device, of which type of number, and the same kind back.

What follows the array API is taken through `array-api-compat`: NumPy, PyTorch, JAX, CuPy, and others; and what
NumPy makes an array of: numbers, lists, pandas columns.  Python's numbers take the type of the arrays beside
them; integers and booleans do not count where there are real numbers.  Arrays in the memory of the host are
read without copying; those on a device are brought to the host and the result is brought back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import array_api_compat as compat
import numpy as np
import numpy.typing as npt

from lossproof.errors import DataError

#: Types of numbers that are taken, with the type that is computed in; the result is rounded to the first.
WORKING = {"float16": "float32", "bfloat16": "float32", "float32": "float32", "float64": "float64"}
#: Types of numbers that are taken, but say nothing of the type of the result.
COUNTING = ("bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)))


@dataclass(frozen=True)
class Given:
    """Arrays of one kind.

    Attributes:
        names: what each is called.
        arrays: of one library; of NumPy what no library made.
        library: ``numpy``, ``torch``, ``jax.numpy``, or another namespace that follows the array API.
        dtype: the name of the type of number of the result.
    """

    names: tuple[str, ...]
    arrays: tuple[Any, ...]
    library: Any
    dtype: str

    @property
    def working(self) -> str:
        """The name of the type of number that is computed in."""
        return WORKING[self.dtype]

    @property
    def device(self) -> Any:
        """Where the arrays are."""
        return _device_of([a for a in self.arrays if compat.is_array_api_obj(a)])

    def on_host(self) -> list[npt.NDArray[Any]]:
        """The arrays as NumPy's, without copying where that is possible.

        Raises:
            DataError: if the numbers cannot be read: a tensor that is to be differentiated, a traced array.
        """
        return [_on_host(name, a) for name, a in zip(self.names, self.arrays, strict=True)]

    def like(self, result: npt.NDArray[Any]) -> Any:
        """A result as an array of the kind that was given; a number if it has no axes and NumPy is the kind."""
        if self.library is np:
            return result.astype(self.dtype, copy=False)[()]
        dtype = getattr(self.library, self.dtype)
        return self.library.asarray(result, dtype=dtype, device=self.device)


def given(names: Sequence[str], values: Sequence[Any]) -> Given:
    """Arrays as they are given.

    Raises:
        DataError: if they are of several libraries or on several devices, or hold no real numbers.
    """
    made = [v for v in values if compat.is_array_api_obj(v) and not isinstance(v, np.generic)]
    library = _library_of(made, [n for n, v in zip(names, values, strict=True) if isinstance(v, (list, tuple))])
    arrays = tuple(_array(name, v, library) for name, v in zip(names, values, strict=True))
    types = [_type(name, a) for name, a in zip(names, arrays, strict=True)]
    found = Given(tuple(names), arrays, library, promoted(types) or _name(library.asarray(0.0).dtype))
    if library is not np:
        _ = found.device
    return found


def promoted(types: Sequence[str]) -> str | None:
    """The type of number that takes in all types of real numbers among some; None if there is none."""
    real = {t for t in types if t in WORKING}
    if len(real) > 1:
        return "float64" if "float64" in real else "float32"
    return next(iter(real), None)


def number(name: str, value: Any) -> float:
    """A parameter of the noise as a number.

    Raises:
        DataError: if it is not one real number, or a derivative in it is asked for.
    """
    if getattr(value, "requires_grad", False):
        raise DataError(f"{name} requires a gradient, but only the derivative in the prediction is derived: detach it")
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{name} must be a real number, not {value!r:.60}") from error
    if isinstance(value, str) or math.isnan(found):
        raise DataError(f"{name} must be a real number, not {value!r:.60}")
    return found


def _library_of(made: Sequence[Any], lists: Sequence[str]) -> Any:
    """The one library of some arrays."""
    libraries = {compat.array_namespace(a, use_compat=None).__name__: a for a in made}
    if any(compat.is_dask_array(a) for a in made):
        raise DataError("an array of dask is taken block by block: dask.array.map_blocks(loss.pointwise, z, y)")
    if len(libraries) > 1 or (lists and libraries and not all(compat.is_numpy_array(a) for a in made)):
        kinds = [_plain(name) for name in sorted(libraries)] + ["lists"] * bool(lists)
        raise DataError(f"the arrays are of several kinds, {' and '.join(kinds)}: give arrays of one kind")
    if not made or compat.is_numpy_array(made[0]):
        return np
    return compat.array_namespace(made[0])


def _plain(namespace: str) -> str:
    return namespace.removeprefix("array_api_compat.").partition(".")[0]


def _array(name: str, value: Any, library: Any) -> Any:
    """A value as an array of the library; Python's numbers stay as they are."""
    if isinstance(value, (bool, int, float)) or (isinstance(value, np.generic) and library is not np):
        return _real(name, value)
    if library is not np and compat.is_array_api_obj(value):
        return value
    if isinstance(value, np.ma.MaskedArray):
        raise DataError(f"{name} is a masked array: fill what is missing with NaN, or leave it out")
    try:
        found = np.asarray(value)
        if found.dtype == object and hasattr(value, "isna"):
            found = value.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(f"{name} must be an array of real numbers, not {type(value).__name__}: {error}") from error
    if library is not np:
        kind = type(value).__name__
        raise DataError(f"{name} is of the kind {kind}, the others are of {_plain(library.__name__)}: give one kind")
    return found


def _real(name: str, value: Any) -> float:
    if isinstance(value, np.complexfloating) or not isinstance(value, (bool, int, float, np.number, np.bool_)):
        raise DataError(f"{name} must be real numbers, not {value!r:.60}")
    try:
        return float(value)
    except OverflowError as error:
        raise DataError(f"{name} has a number that is too large: {value!r:.60}") from error


def _name(dtype: Any) -> str:
    return str(dtype).rpartition(".")[2]


def _type(name: str, array: Any) -> str:
    """The name of the type of number of an array; nothing for one of Python's numbers."""
    if isinstance(array, float):
        return ""
    found = _name(array.dtype.newbyteorder("=") if isinstance(array, np.ndarray) else array.dtype)
    if found not in WORKING and found not in COUNTING:
        raise DataError(f"{name} must be real numbers of {', '.join(WORKING)}, or integers, not {found}")
    return found


def _device_of(made: Sequence[Any]) -> Any:
    """The one device of some arrays; none of arrays that are traced."""
    devices = {str(compat.device(a)): compat.device(a) for a in made if not is_traced(a)}
    if len(devices) > 1:
        raise DataError(f"the arrays are on several devices, {' and '.join(sorted(devices))}: bring them to one")
    return next(iter(devices.values()), None)


def is_traced(array: Any) -> bool:
    """Whether JAX traces the array, so that it has no values yet."""
    if not compat.is_jax_array(array):
        return False
    import jax

    return isinstance(array, jax.core.Tracer)


def _on_host(name: str, array: Any) -> npt.NDArray[Any]:
    if isinstance(array, (float, np.ndarray)):
        return np.asarray(array)
    if is_traced(array):
        raise DataError(f"{name} is traced by JAX: compile with backend='jax'")
    if compat.is_torch_array(array):
        import torch

        if array.requires_grad and torch.is_grad_enabled():
            raise DataError(f"{name} requires a gradient: compile with backend='torch', or detach it")
        array = array.detach()
        array = array.float() if array.dtype == torch.bfloat16 else array
        try:
            return array.cpu().numpy()
        except (RuntimeError, TypeError) as error:
            raise DataError(f"{name} has no numbers that can be read: {error}; try backend='torch'") from error
    if compat.is_jax_array(array):
        found = np.asarray(array)
        return found if found.dtype.kind in "fiub" else found.astype(np.float32)  # bfloat16
    return np.from_dlpack(array, device="cpu")


@dataclass(frozen=True)
class Rows:
    """What is given, as a backend takes it: NumPy arrays with a row for each observation, or one number for all.

    Attributes:
        arrays: flat and contiguous, of one type of number.
        numbers: the parameters of the noise.
        weights: of the observations, if they are weighted.
        shape: in which the observations were given.
        dtype: the type of number.
    """

    arrays: tuple[Any, ...]
    numbers: Sequence[float]
    weights: npt.NDArray[Any] | None
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, given: Given, weights: Given | None, numbers: Sequence[float]) -> Rows:
        """Arrays that broadcast, as rows.

        Raises:
            DataError: if they do not broadcast, or a weight is negative.
        """
        dtype, host = np.dtype(given.working), given.on_host()
        shape = broadcast(given.names, [a.shape for a in host])
        arrays = tuple(dtype.type(a.reshape(())) if a.size == 1 and shape else _row(a, shape, dtype) for a in host)
        if weights is None:
            return cls(arrays, numbers, None, shape, dtype)
        (weight,) = weights.on_host()
        if (weight < 0).any():
            raise DataError(f"weights must not be negative: there is {weight[weight < 0][0]}")
        if broadcast(("the rows", "weights"), [shape, weight.shape]) != shape:
            raise DataError(f"weights have the shape {weight.shape}, the observations {shape}")
        return cls(arrays, numbers, _row(weight, shape, dtype), shape, dtype)

    def outputs(self, count: int) -> list[npt.NDArray[Any]]:
        """New arrays to be filled."""
        return [np.empty(math.prod(self.shape), self.dtype) for _ in range(count)]


def broadcast(names: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape to which shapes broadcast.

    Raises:
        DataError: if they do not.
    """
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError as error:
        said = ", ".join(f"{name} {shape}" for name, shape in zip(names, shapes, strict=True))
        raise DataError(f"the shapes do not broadcast: {said}") from error


def _row(array: npt.NDArray[Any], shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    return np.ascontiguousarray(np.broadcast_to(array, shape), dtype).reshape(-1)
