"""The loss of a linear predictor on data that no machine holds, as a function of the weights.

The loss of independent observations is a sum, so chunks of them are evaluated wherever they are, and only sums
travel: for ``d`` weights a number, ``d`` numbers with the gradient, ``d (d + 1) / 2`` more with the Hessian.

**Any chunking gives the same bits.**  What an observation adds is computed from that observation alone, one
operation after the other, and the sums are exact until they are rounded once, at the end (`lossproof.fitting.exact`).
So value, gradient and Hessian, and every step of a fit, do not depend on how the rows are cut into chunks, on the
number of workers, on which of them was first, or on chunks that were lost and computed again.  (With a backend other
than NumPy's the last digits of an observation's loss may depend on its place in an array.)

Data are read or generated anew for each pass and dropped at once, unless the collection was persisted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lossproof.compiled.loss import CompiledLoss
from lossproof.errors import DataError, LossproofError
from lossproof.fitting.chunks import (
    Chunks,
    Floats,
    Generated,
    Read,
    Rows,
    is_array,
    is_frame,
    missing,
    of_arrays,
    of_frame,
    read_frame,
)
from lossproof.fitting.exact import ExactSum

if TYPE_CHECKING:
    from distributed import Client

    from lossproof.compiled.objective import Objective
    from lossproof.fitting.likelihood import Likelihood

#: What is at work now, how many chunks of a pass are done, and how many there are.
Tell: TypeAlias = Callable[[str, int, int | None], None]

#: About so many numbers are summed at a time; they stay in the cache.
_NUMBERS = 2**15

#: But no fewer rows than these.
_FEWEST = 2**7

#: So many rows have their losses computed at a time, or fewer, if they have many features.
_SLAB = 2**15

#: The most numbers that these rows may have.
_SLAB_NUMBERS = 2**19

#: Workers that are started here keep some freed memory, for the arrays of one block are those of the next, but none of
#: that of whole chunks.  None waits for memory to become free, for it may wait for ever; one that takes too much is
#: replaced.
_OF_WORKERS: Mapping[str, object] = {
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": str(2**24),
    "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": str(2**22),
    "distributed.nanny.pre-spawn-environ.ARROW_DEFAULT_MEMORY_POOL": "system",
    "distributed.worker.memory.pause": False,
}

#: So many sums are added by one task.
_FAN = 16


@contextlib.contextmanager
def cluster(address: str | None = None, *, workers: int | None = None, memory: str = "auto") -> Iterator[Client]:
    """Workers on this machine, or those of a scheduler that runs already; closed, or left alone, at the end.

    Workers on this machine are processes of their own, so a script that starts them needs the usual
    ``if __name__ == "__main__":``.

    Args:
        address: of a scheduler, such as ``tcp://10.0.0.1:8786``.
        workers: how many processes to start here, one thread each; one for each core by default.
        memory: the limit of each, such as ``1GiB``; by default its share of the machine's.

    Raises:
        MissingExtra: without dask and distributed.
        LossproofError: if no scheduler answers at the address.
        DataError: if the limit is no amount of memory.
    """
    try:
        import dask
        from dask.utils import parse_bytes
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise missing("a cluster") from error
    if address is not None:
        try:
            client = Client(address)
        except (OSError, ValueError) as error:
            raise LossproofError(f"no scheduler answers at {address}: {error}") from error
        with client:
            yield client
        return
    try:
        _ = memory == "auto" or parse_bytes(memory)
    except ValueError:
        raise DataError(f"'{memory:.40}' is no amount of memory; write, for instance, 1GiB") from None
    with (
        dask.config.set(_OF_WORKERS),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=memory,
            dashboard_address="127.0.0.1:0",  # at any port that is free
            silence_logs="CRITICAL",
        ) as local,
        Client(local) as client,
    ):
        yield client


def is_in_chunks(data: Any) -> bool:
    """Whether data are of a kind that comes in chunks."""
    return isinstance(data, (Generated, str)) or is_array(data) or is_frame(data)


def in_chunks(data: Any, *beside: Any, weights: Any = None, features: Sequence[str] | None = None) -> Chunks:
    """Data of any kind that comes in chunks.

    Args:
        data: the inputs: a dask array, shape (n, d); or all of the data: a dask dataframe, the path of a Parquet or
            CSV file (or of many), or `Generated`.
        beside: the observations and what else is known of each: arrays of shape (n,) with a dask array; the names
            of columns with a dataframe or a file; nothing with `Generated`.
        weights: of the observations, given as those are.
        features: the columns of the inputs in a dataframe or file; by default all that are nothing else.

    Raises:
        DataError: if it is none of these, or they do not fit together.
        UnknownName: if there is no such column.
    """
    if isinstance(data, Generated):
        if beside or weights is not None or features is not None:
            raise DataError("generated data have their observations with them, and no weights")
        return data.chunks()
    if is_array(data):
        if not beside or features is not None:
            raise DataError("give the observations beside the array of inputs, and no names of features")
        return of_arrays(data, beside[0], beside[1:], weights)
    if not is_in_chunks(data):
        raise DataError(
            f"data in chunks are a dask array or dataframe, a path, or generated, not {type(data).__name__}"
        )
    if not beside or not all(isinstance(name, str) for name in beside):
        raise DataError("beside a dataframe or a file, give the names of columns: that of the observations first")
    frame = read_frame(data) if isinstance(data, str) else data
    return of_frame(frame, beside[0], features, beside[1:], weights)


def distributed_objective(
    loss: CompiledLoss,
    data: Any,
    *beside: Any,
    client: Client | None = None,
    weights: Any = None,
    features: Sequence[str] | None = None,
    intercept: bool | None = None,
    tell: Tell | None = None,
    **parameters: float,
) -> DistributedObjective:
    """The loss on data in chunks as a function of the weights, for an optimiser.

    Args:
        loss: compiled.
        data: see `in_chunks`, with ``beside``, ``weights`` and ``features``.
        beside: the observations, and what else is known of each.
        client: of a cluster, see `cluster`; without one the chunks are taken one after the other in this process.
        weights: of the observations.
        features: the columns of the inputs.
        intercept: whether a feature that is 1 everywhere stands before the others; by default as the model has it.
        tell: is told of every chunk that is done.
        parameters: of the loss, and of the penalty of a prior.

    Raises:
        DataError: if data do not fit, or a parameter is missing; it names it.
        LossproofError: if the model has no linear predictor.
    """
    chunks = in_chunks(data, *beside, weights=weights, features=features)
    known = len(loss.unit.arguments) - loss.unit.predictions
    if not isinstance(data, Generated) and len(beside) != known:
        names = ", ".join(loss.unit.arguments[loss.unit.predictions :])
        raise DataError(f"'{loss.unit.name}' needs {names} beside the inputs, not {len(beside)} of them")
    none = np.empty(0)
    nothing = loss.objective(np.empty((0, len(chunks.features))), *[none] * known, intercept=intercept, **parameters)
    return DistributedObjective(nothing, chunks, client, tell)


@dataclass
class _Last:
    """The last pass over the data.

    Attributes:
        passes: how many there were.
        key: what was asked for.
        sums: what it gave.
        standing: the loss and the size of the gradient, in words.
    """

    passes: int = 0
    key: tuple[str, bytes, bytes | None] | None = None
    sums: Floats = field(default_factory=lambda: np.empty(0))
    standing: str = ""


@dataclass(frozen=True)
class DistributedObjective:
    """The loss as a function of the weights, on data in chunks: `lossproof.compiled.objective.Objective` from afar.

    Each method is one pass over the data (`value_gradient_and_hessian` is one, too); the last pass is remembered.

    Attributes:
        nothing: the objective on no observations: it knows the loss, its parameters and the penalty of a prior.
        data: in chunks.
        client: of the cluster that computes; None to take one chunk after the other in this process.
        tell: is told of every chunk that is done.
    """

    nothing: Objective
    data: Chunks
    client: Client | None = None
    tell: Tell | None = None
    _last: _Last = field(init=False, default_factory=_Last, repr=False, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the weights."""
        return (*(("(intercept)",) if self.nothing.intercept else ()), *self.data.features)

    @property
    def coordinates(self) -> int:
        """The number of weights."""
        return self.nothing.coordinates

    def value(self, w: Any) -> float:
        """The loss at the weights."""
        return float(self._sums("value", w)[0]) + self.nothing.value(w)

    def value_and_gradient(self, w: Any) -> tuple[float, Floats]:
        """The loss at the weights and its derivative in each of them, shape (d,)."""
        sums = self._sums("gradient", w)
        value, gradient = self.nothing.value_and_gradient(w)
        return float(sums[0]) + value, sums[1 : 1 + self.coordinates] + gradient

    def gradient(self, w: Any) -> Floats:
        """The derivative of the loss in each weight, shape (d,)."""
        return self.value_and_gradient(w)[1]

    def value_gradient_and_hessian(self, w: Any) -> tuple[float, Floats, Floats]:
        """The loss, its derivatives, shape (d,), and its second derivatives, shape (d, d).

        Raises:
            LossproofError: if the loss or the penalty has kinks.
        """
        self._smooth()
        found = self.nothing.hessian(w)  # of the penalty
        sums = self._sums("hessian", w)
        above = np.triu_indices(self.coordinates)
        of_data = np.empty_like(found)
        of_data[above] = of_data.T[above] = sums[1 + self.coordinates : -2]
        return *self.value_and_gradient(w), found + of_data

    def hessian(self, w: Any) -> Floats:
        """The second derivatives, shape (d, d).

        Raises:
            LossproofError: if the loss or the penalty has kinks.
        """
        return self.value_gradient_and_hessian(w)[2]

    def squares_and_count(self, w: Any) -> tuple[float, float]:
        """The sum of the squared slopes over the curvatures, and the number of observations, both with weights."""
        sums = self._sums("hessian", w)
        return float(sums[-2]), float(sums[-1])

    def constants(self, likelihood: Likelihood, parameters: Mapping[str, float]) -> float:
        """What a likelihood adds to the loss, for all observations.

        It is summed in blocks of rows that begin with each chunk, so its last digits may depend on the chunks.
        """
        return float(self._pass(_Asked("constants", np.empty(0), None, likelihood, dict(parameters)))[0])

    def hessian_vector_product(self, w: Any, v: Any) -> Floats:
        """The second derivatives times a vector ``v``, shape (d,).

        Raises:
            LossproofError: if the loss or the penalty has kinks.
        """
        self._smooth()
        return self.nothing.hessian_vector_product(w, v) + self._sums("product", w, v)

    # -------------------------------------------------------------- passes

    def _smooth(self) -> None:
        unit = self.nothing.loss.unit
        if "curvature" not in unit.programs:
            raise LossproofError(f"the loss of '{unit.name}' has no second derivative to make a Hessian of")

    def _sums(self, what: str, w: Any, direction: Any = None) -> Floats:
        """The sums over all observations, remembered while the weights stay the same."""
        w, v = (None if a is None else np.array(a, dtype=np.float64) for a in (w, direction))
        assert w is not None
        if w.shape != (self.coordinates,):
            raise DataError(f"weights must have the shape ({self.coordinates},), not {w.shape}")
        last, place = self._last, (w.tobytes(), None if v is None else v.tobytes())
        if last.key not in {(more, *place) for more in _LARGER[what]}:
            last.sums = self._pass(_Asked(what, w, v))
            last.key = (what, *place)
            if what in ("gradient", "hessian"):
                steepest = np.abs(last.sums[1 : 1 + len(w)]).max(initial=0.0)
                last.standing = f"; before: loss {last.sums[0]:.10g}, gradient {steepest:.1e}"
        return last.sums

    def _pass(self, asked: _Asked) -> Floats:
        self._last.passes += 1
        now = f"pass {self._last.passes}: {asked.said}{self._last.standing}"

        def tell(done: int) -> None:
            if self.tell is not None:
                self.tell(now, done, len(self.data.chunks))

        nothing = replace(self.nothing, penalty=None)
        if self.client is None:
            return _one_by_one(nothing, asked, self.data, tell).rounded()
        return _shared_out(self.client, nothing, asked, self.data, tell).rounded()


def _one_by_one(nothing: Objective, asked: _Asked, data: Chunks, tell: Callable[[int], None]) -> ExactSum:
    """The sums over all chunks, one after the other."""
    total = ExactSum(np.zeros((1, _size(asked.what, len(asked.weights)))))
    for number, (read, given) in enumerate(data.chunks):
        total = ExactSum.together(total, _summed(nothing, asked, number, read, *_computed(given)))
        tell(number + 1)
    return total


def _computed(given: tuple[Any, ...]) -> tuple[Any, ...]:
    if not given:
        return ()
    import dask

    found: tuple[Any, ...] = dask.compute(*given, scheduler="sync")
    return found


def _shared_out(
    client: Client, nothing: Objective, asked: _Asked, data: Chunks, tell: Callable[[int], None]
) -> ExactSum:
    """The sums over all chunks, each a task of its own, and added in a tree.

    The scheduler repeats what is lost with a worker.
    """
    from dask.delayed import delayed
    from distributed import KilledWorker, as_completed

    problem, here = delayed(nothing, traverse=False), delayed(asked, traverse=False)
    summed = delayed(_summed, pure=False)
    tasks = [
        summed(problem, here, number, delayed(read, traverse=False), *given)
        for number, (read, given) in enumerate(data.chunks)
    ]
    merged = client.compute(tasks)
    waiting = as_completed(merged)
    while len(merged) > 1:
        groups = [merged[k : k + _FAN] for k in range(0, len(merged), _FAN)]
        merged = [client.submit(ExactSum.together, *group, pure=False) for group in groups]
    try:
        for done, _ in enumerate(waiting, 1):
            tell(done)
        total: ExactSum = merged[0].result()
    except KilledWorker as error:
        raise LossproofError(
            f"every worker that tried a chunk died ({error}); smaller chunks need less memory"
        ) from error
    return total


#: What has been computed where these were asked for.
_LARGER: Mapping[str, tuple[str, ...]] = {
    "value": ("value", "gradient", "hessian"),
    "gradient": ("gradient", "hessian"),
    "hessian": ("hessian",),
    "product": ("product",),
}


# ------------------------------------------------------------------ what a worker does


@dataclass(frozen=True)
class _Asked:
    """What a pass is to sum.

    Attributes:
        what: ``value``; that and the ``gradient``; those and the ``hessian``, with the squares of the slopes over the
            curvatures and the number of observations; the ``product`` of the Hessian and a vector; the
            ``constants`` of a likelihood.
        weights: where.
        direction: the vector of the product.
        likelihood: whose constants.
        parameters: of the likelihood.
    """

    what: str
    weights: Floats
    direction: Floats | None = None
    likelihood: Likelihood | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """In words."""
        return _SAID[self.what]


_SAID: Mapping[str, str] = {
    "value": "loss",
    "gradient": "loss and gradient",
    "hessian": "loss, gradient and Hessian",
    "product": "Hessian times vector",
    "constants": "likelihood",
}


def _summed(problem: Objective, asked: _Asked, number: int, read: Read, *given: Any) -> ExactSum:
    """What a chunk adds to the sums."""
    sums, before = list[ExactSum](), 0
    for rows in read(*given):
        step = max(_FEWEST, min(_SLAB, _SLAB_NUMBERS // max(1, rows.inputs.shape[1])))
        for cut in _cuts(len(rows.observations), step):
            sums.append(_slab(problem, asked, _part(rows, cut), f"chunk {number + 1}, row {{}}", before + cut.start))
            if len(sums) > _FAN:
                sums = [ExactSum.together(*sums)]
        before += len(rows.observations)
    if not sums:
        return ExactSum(np.zeros((1, _size(asked.what, len(asked.weights)))))
    return ExactSum.together(*sums)


def _cuts(count: int, step: int) -> Iterator[slice]:
    return (slice(start, min(start + step, count)) for start in range(0, count, step))


def _part(rows: Rows, cut: slice) -> Rows:
    weights = None if rows.weights is None else rows.weights[cut]
    return Rows(rows.inputs[cut], rows.observations[cut], tuple(k[cut] for k in rows.known), weights)


def _size(what: str, d: int) -> int:
    """How many numbers are summed."""
    return {"value": 1, "gradient": 1 + d, "hessian": 1 + d + d * (d + 1) // 2 + 2, "product": d, "constants": 1}[what]


def _slab(problem: Objective, asked: _Asked, rows: Rows, where: str, before: int) -> ExactSum:
    """What a few rows add to the sums.

    Scores are summed feature by feature, so that they are the same wherever a row stands.
    """
    if asked.likelihood is not None:
        given = (rows.observations, *rows.known)
        one = replace(problem, inputs=rows.inputs, given=given, weights=rows.weights)
        return ExactSum(np.array([[asked.likelihood.constants(one, asked.parameters)]]))
    count, what, loss = len(rows.observations), asked.what, problem.loss
    inputs = np.empty((rows.inputs.shape[1] + problem.intercept, count))
    inputs[problem.intercept :] = rows.inputs.T
    if problem.intercept:
        inputs[0] = 1.0
    with np.errstate(all="ignore"):
        scores = _combined(asked.weights, inputs)
        arrays = [scores, *(np.ascontiguousarray(a, dtype=np.float64) for a in (rows.observations, *rows.known))]
        try:
            loss.support.check(arrays, problem.numbers, (count,))
        except DataError as error:
            raise DataError(f"{where.format(before + 1)} and after: {error}") from error
        outs = {name: np.ones(count) for name in _NEEDED[what]}
        if "slope" in outs:
            loss.backend.fill("pointwise_and_slope", arrays, problem.numbers, [outs["loss"], outs["slope"]])
        elif "loss" in outs:
            loss.backend.fill("pointwise", arrays, problem.numbers, [outs["loss"]])
        if "curvature" in outs:
            loss.backend.fill("curvature", arrays, problem.numbers, [outs["curvature"]])
        if rows.weights is not None:
            for out in outs.values():
                out *= rows.weights
        if asked.direction is not None:
            outs["curvature"] *= _combined(asked.direction, inputs)
        size = _size(what, len(inputs))
        step = max(_FEWEST, min(count, _NUMBERS // size))
        terms, room, sums = np.empty((size, step)), np.empty((size, step)), list[ExactSum]()
        for cut in _cuts(count, step):
            here = slice(0, min(step, count - cut.start))
            _write_terms(what, inputs[:, cut], {n: o[cut] for n, o in outs.items()}, terms[:, here])
            sums.append(ExactSum.of(terms[:, here], room[:, here]))
    total = ExactSum.together(*sums)
    if not np.isfinite(total.parts).all():
        _refuse_what_is_not_finite(rows, where, before)
    return total


#: What is computed for each observation.
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "value": ("loss",),
    "gradient": ("loss", "slope"),
    "hessian": ("loss", "slope", "curvature", "weight"),
    "product": ("curvature",),
}


def _combined(weights: Floats, inputs: Floats) -> Floats:
    """``X w``, feature by feature."""
    found, term = np.zeros(inputs.shape[1]), np.empty(inputs.shape[1])
    for weight, column in zip(weights, inputs, strict=True):
        np.multiply(column, weight, out=term)
        found += term
    return found


def _write_terms(what: str, inputs: Floats, outs: Mapping[str, Floats], terms: Floats) -> None:
    """What each observation adds to each sum, shape (sums, n)."""
    if what == "product":
        np.multiply(inputs, outs["curvature"], out=terms)
        return
    d = len(inputs)
    terms[0] = outs["loss"]
    if "slope" in outs:
        np.multiply(inputs, outs["slope"], out=terms[1 : 1 + d])
    if "curvature" in outs:
        start = 1 + d
        for j in range(d):
            np.multiply(inputs[j:], inputs[j] * outs["curvature"], out=terms[start : start + d - j])
            start += d - j
        terms[-2] = np.where(outs["slope"] == 0, 0.0, outs["slope"] ** 2 / outs["curvature"])
        terms[-1] = outs["weight"]


def _refuse_what_is_not_finite(rows: Rows, where: str, before: int) -> None:
    named = [("the inputs", rows.inputs), ("the observations", rows.observations), ("the weights", rows.weights)]
    for what, values in (*named, *(("what else is known", k) for k in rows.known)):
        if values is not None and not np.isfinite(values).all():
            row = int(np.argwhere(~np.isfinite(values))[0][0])
            raise DataError(
                f"{where.format(before + row + 1)}: {what} hold NaN or infinity; remove or impute such rows"
            )
