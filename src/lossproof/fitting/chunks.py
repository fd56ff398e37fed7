"""Data that comes in chunks and is never held together: dask's collections, files, and data that are generated.

A chunk is what one task reads or makes: a function, and what dask has to compute for it before.  It gives pieces
of rows, so that even a chunk need not be in memory as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from lossproof.errors import DataError, MissingExtra, UnknownName

Floats = npt.NDArray[np.float64]

#: About so large are the partitions of a file; those of Parquet consist of whole row groups.
_PARTITION = "32MiB"

#: Generated data come in units of so many rows, whatever the chunks are.
UNIT = 2**16


@dataclass(frozen=True)
class Rows:
    """Some observations.

    Attributes:
        inputs: shape (n, d).
        observations: shape (n,).
        known: what else is known of each observation, each of shape (n,).
        weights: of the observations, shape (n,); None if all are 1.
    """

    inputs: npt.NDArray[Any]
    observations: npt.NDArray[Any]
    known: tuple[npt.NDArray[Any], ...] = ()
    weights: npt.NDArray[Any] | None = None


#: Gives the rows of a chunk piece by piece, from what dask has computed for it.
Read: TypeAlias = Callable[..., Iterator[Rows]]


@dataclass(frozen=True)
class Chunks:
    """Data in chunks.

    Attributes:
        features: the names of the columns of the inputs.
        chunks: for each chunk how its rows are read, and what dask computes for it before.
    """

    features: tuple[str, ...]
    chunks: tuple[tuple[Read, tuple[Any, ...]], ...]


def missing(what: str) -> MissingExtra:
    """The error that dask is missing."""
    return MissingExtra(what, "dask", "pip install 'lossproof[dask]'")


# ------------------------------------------------------------------ dask's collections


def is_frame(data: Any) -> bool:
    """Whether it is a dataframe of dask's."""
    return type(data).__module__.startswith("dask.dataframe") and hasattr(data, "columns")


def is_array(data: Any) -> bool:
    """Whether it is an array of dask's."""
    return type(data).__module__.startswith("dask.array")


def of_frame(
    frame: Any,
    target: str,
    features: Sequence[str] | None = None,
    known: Sequence[str] = (),
    weights: str | None = None,
) -> Chunks:
    """The partitions of a dataframe of dask's; only the columns that are needed are read.

    Args:
        frame: the dataframe.
        target: the column of observations.
        features: the columns of the inputs; all others by default.
        known: the columns of what else is known of each observation.
        weights: the column of weights.

    Raises:
        UnknownName: if there is no such column.
        DataError: if a column does not hold numbers.
    """
    beside = [target, *known, *([weights] if weights else [])]
    columns = [str(c) for c in frame.columns]
    chosen = tuple(features) if features is not None else tuple(c for c in columns if c not in beside)
    for name in (*chosen, *beside):
        if name not in columns:
            raise UnknownName("column", name, columns)
    for name in (*chosen, *beside):
        if frame.dtypes[name].kind not in "fiub":
            raise DataError(f"column '{name}' does not hold numbers, but {frame.dtypes[name]}")
    read = _Columns(chosen, target, tuple(known), weights)
    wanted = frame[list(dict.fromkeys((*chosen, *beside)))]
    return Chunks(chosen, tuple((read, (part,)) for part in wanted.to_delayed()))


@dataclass(frozen=True)
class _Columns:
    """Which columns of a dataframe are what."""

    features: tuple[str, ...]
    target: str
    known: tuple[str, ...]
    weights: str | None

    def __call__(self, frame: Any) -> Iterator[Rows]:
        for start in range(0, len(frame), UNIT):
            part = frame.iloc[start : start + UNIT]  # copied piece by piece, not as a whole
            weights = part[self.weights].to_numpy() if self.weights else None
            known = tuple(part[name].to_numpy() for name in self.known)
            yield Rows(part[list(self.features)].to_numpy(), part[self.target].to_numpy(), known, weights)


def of_arrays(inputs: Any, observations: Any, known: Sequence[Any] = (), weights: Any = None) -> Chunks:
    """Arrays of dask's, cut where the inputs are cut; arrays of NumPy's may be among the others.

    Raises:
        DataError: if the shapes do not fit, or are not known.
    """
    import dask.array

    if inputs.ndim != 2 or any(np.isnan(size) for size in inputs.shape):
        raise DataError("the inputs must have two axes of known length; X.compute_chunk_sizes() finds it")
    inputs = inputs.rechunk({1: -1})
    cuts = inputs.chunks[0]
    columns = [dask.array.asarray(a) for a in (observations, *known, *([] if weights is None else [weights]))]
    for column in columns:
        if column.shape != inputs.shape[:1]:
            raise DataError(f"{inputs.shape[0]} rows of inputs, but an array of the shape {column.shape} beside them")
    parts = [inputs.to_delayed().ravel(), *(c.rechunk((cuts,)).to_delayed() for c in columns)]
    features = tuple(f"x{k}" for k in range(1, inputs.shape[1] + 1))
    read = _Arrays(weights is not None)
    return Chunks(features, tuple((read, given) for given in zip(*parts, strict=True)))


@dataclass(frozen=True)
class _Arrays:
    """Whether the last of the arrays are weights."""

    weighted: bool

    def __call__(self, inputs: Any, observations: Any, *beside: Any) -> Iterator[Rows]:
        known, weights = (beside[:-1], beside[-1]) if self.weighted else (beside, None)
        yield Rows(inputs, observations, known, weights)


def read_frame(path: str) -> Any:
    """A dask dataframe of a file (or a directory, or a pattern with ``*``) of Parquet or CSV.

    Args:
        path: ends with ``.csv`` if it is not Parquet; may be on any file system that dask knows.

    Raises:
        MissingExtra: without dask or pyarrow.
        DataError: if there is no such file, or it cannot be read.
    """
    try:
        import dask.dataframe
    except ImportError as error:
        raise missing(f"reading '{path}' in chunks") from error
    if not ("://" in path or "*" in path or Path(path).exists()):
        raise DataError(f"cannot read '{path}': there is no such file")
    try:
        if path.endswith(".csv"):
            frame = dask.dataframe.read_csv(path, blocksize=_PARTITION)
        else:
            frame = dask.dataframe.read_parquet(path, blocksize=_PARTITION, split_row_groups="adaptive")
        _ = frame.columns
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read '{path}': {str(error.__cause__ or error).splitlines()[0]}") from error
    return frame


# ------------------------------------------------------------------ generated data


def _logistic(random: np.random.Generator, scores: Floats) -> npt.NDArray[Any]:
    return (random.random(len(scores)) * (1.0 + np.exp(-scores)) < 1.0).astype(np.float64)


def _gaussian(random: np.random.Generator, scores: Floats) -> npt.NDArray[Any]:
    return scores + random.standard_normal(len(scores))


def _poisson(random: np.random.Generator, scores: Floats) -> npt.NDArray[Any]:
    return random.poisson(np.exp(scores)).astype(np.float64)


#: How observations are drawn, given the linear scores, by the name of the model.
DRAWS: Mapping[str, Callable[[np.random.Generator, Floats], npt.NDArray[Any]]] = {
    "logistic": _logistic,
    "linear-regression": _gaussian,
    "poisson": _poisson,
}


@dataclass(frozen=True)
class Generated:
    """Observations that are drawn where they are needed, as often as they are needed, and never stored.

    Row ``r`` depends on the seed and on ``r`` only, not on how the rows are cut into chunks: each unit of 65,536
    rows has a random generator of its own (`numpy.random.SeedSequence` with the number of the unit).

    Attributes:
        model: one of `DRAWS`.
        n: how many rows.
        d: how many features; standard normal.
        seed: of all.
        rows: of a chunk; rounded up to whole units.

    >>> data = Generated("logistic", n=100_000, d=2, seed=1)
    >>> [piece.inputs.shape for read, _ in data.chunks().chunks for piece in read()]
    [(65536, 2), (34464, 2)]
    """

    model: str
    n: int
    d: int
    seed: int = 0
    rows: int = 2**20

    def __post_init__(self) -> None:
        if self.model not in DRAWS:
            raise UnknownName("model that data can be generated for", self.model, DRAWS)
        if min(self.n, self.d, self.rows) < 1 or self.seed < 0:
            raise DataError("n, d and the rows of a chunk are at least 1, and the seed at least 0")

    @property
    def coefficients(self) -> Floats:
        """The weights that the observations are drawn with, shape (d,)."""
        return np.random.default_rng(self.seed).standard_normal(self.d) / np.sqrt(self.d)

    def chunks(self) -> Chunks:
        """The data in chunks."""
        step = -(-self.rows // UNIT)
        units = -(-self.n // UNIT)
        cuts = [range(first, min(first + step, units)) for first in range(0, units, step)]
        features = tuple(f"x{k}" for k in range(1, self.d + 1))
        return Chunks(features, tuple((_Drawn(self, cut), ()) for cut in cuts))

    def unit(self, number: int) -> Rows:
        """The rows from ``number`` times 65,536 on."""
        random = np.random.Generator(np.random.SFC64(np.random.SeedSequence(self.seed, spawn_key=(number,))))
        inputs = random.standard_normal((UNIT, self.d))
        scores = np.zeros(UNIT)
        for weight, column in zip(self.coefficients, inputs.T, strict=True):
            scores += weight * column
        drawn = Rows(inputs, DRAWS[self.model](random, scores))
        left = self.n - number * UNIT
        return drawn if left >= UNIT else replace(drawn, inputs=inputs[:left], observations=drawn.observations[:left])


@dataclass(frozen=True)
class _Drawn:
    """Which units of generated data."""

    data: Generated
    units: range

    def __call__(self) -> Iterator[Rows]:
        return map(self.data.unit, self.units)
