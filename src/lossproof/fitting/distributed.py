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
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lossproof.compiled.loss import CompiledLoss
from lossproof.errors import DataError, LossproofError
from lossproof.fitting.chunks import Chunks, Floats, Generated, Read, Rows, missing
from lossproof.fitting.exact import ExactSum

if TYPE_CHECKING:
    from distributed import Client

#: What is at work now, how many chunks of a pass are done, and how many there are.
Tell: TypeAlias = Callable[[str, int, int | None], None]

#: So many rows are summed at a time; their terms stay in the cache.
_BLOCK = 2**12

#: So many rows have their losses computed at a time.
_SLAB = 2**15

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
    """
    try:
        import dask
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
    # What a fit leaves behind is none of dask's business: a worker that dies is replaced, silently.
    with (
        dask.config.set({"distributed.admin.tick.limit": "60s"}),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=memory,
            dashboard_address=None,
            silence_logs="CRITICAL",
        ) as local,
        Client(local) as client,
    ):
        yield client


@dataclass(frozen=True)
class DistributedObjective:
    """The loss as a function of the weights, on data in chunks; `lossproof.compiled.objective.Objective` from afar.

    Each method is one pass over the data (`value_gradient_and_hessian` is one, too); the last pass is remembered.

    Attributes:
        loss: the compiled pointwise loss.
        data: in chunks.
        client: of the cluster that computes.
        numbers: the parameters of the loss.
        intercept: whether a feature that is 1 everywhere stands before the others.
        tell: is told of every chunk that is done.
    """

    loss: CompiledLoss
    data: Chunks
    client: Client
    numbers: tuple[float, ...] = ()
    intercept: bool = False
    tell: Tell | None = None
    _last: dict[Any, Floats] = field(default_factory=dict, repr=False, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the weights."""
        return (*(("(intercept)",) if self.intercept else ()), *self.data.features)

    @property
    def coordinates(self) -> int:
        """The number of weights."""
        return len(self.names)

    def value(self, w: Any) -> float:
        """The loss at the weights."""
        return float(self._sums("value", self._checked(w))[0])

    def value_and_gradient(self, w: Any) -> tuple[float, Floats]:
        """The loss at the weights and its derivative in each of them, shape (d,)."""
        sums = self._sums("gradient", self._checked(w))
        return float(sums[0]), sums[1 : 1 + self.coordinates]

    def gradient(self, w: Any) -> Floats:
        """The derivative of the loss in each weight, shape (d,)."""
        return self.value_and_gradient(w)[1]

    def value_gradient_and_hessian(self, w: Any) -> tuple[float, Floats, Floats]:
        """The loss, its derivatives, shape (d,), and its second derivatives, shape (d, d)."""
        sums, d = self._sums("hessian", self._checked(w)), self.coordinates
        hessian = np.empty((d, d))
        above = np.triu_indices(d)
        hessian[above] = sums[1 + d :]
        hessian.T[above] = sums[1 + d :]
        return float(sums[0]), sums[1 : 1 + d], hessian

    def hessian(self, w: Any) -> Floats:
        """The second derivatives, shape (d, d)."""
        return self.value_gradient_and_hessian(w)[2]

    def hessian_vector_product(self, w: Any, v: Any) -> Floats:
        """The second derivatives times a vector ``v``, shape (d,)."""
        return self._sums("product", self._checked(w), self._checked(v))

    # -------------------------------------------------------------- passes

    def _checked(self, w: Any) -> Floats:
        found = np.asarray(w, dtype=np.float64)
        if found.shape != (self.coordinates,):
            raise DataError(f"weights must have the shape ({self.coordinates},), not {found.shape}")
        return found

    def _sums(self, what: str, w: Floats, direction: Floats | None = None) -> Floats:
        """The sums over all observations, remembered while the weights stay the same."""
        for more in _LARGER[what]:
            if (more, w.tobytes(), None) in self._last:
                return self._last[more, w.tobytes(), None]
        key = what, w.tobytes(), None if direction is None else direction.tobytes()
        if key not in self._last:
            found = self._pass(_Asked(what, w, direction))
            self._last.clear()
            self._last[key] = found
        return self._last[key]

    def _pass(self, asked: _Asked) -> Floats:
        from dask.delayed import delayed
        from distributed import KilledWorker, as_completed

        problem = delayed(_Problem(self.loss, self.numbers, self.intercept), traverse=False)
        here, summed = delayed(asked, traverse=False), delayed(_summed, pure=False)
        tasks = [
            summed(problem, here, number, delayed(read, traverse=False), *given)
            for number, (read, given) in enumerate(self.data.chunks)
        ]
        sums = self.client.compute(tasks)
        waiting = as_completed(sums)
        merged = sums
        while len(merged) > 1:
            groups = [merged[k : k + _FAN] for k in range(0, len(merged), _FAN)]
            merged = [self.client.submit(ExactSum.together, *group, pure=False) for group in groups]
        try:
            for done, _ in enumerate(waiting, 1):
                if self.tell is not None:
                    self.tell(asked.said, done, len(sums))
            total: ExactSum = merged[0].result()
        except KilledWorker as error:
            raise LossproofError(f"every worker that tried died: {error.task}; smaller chunks need less memory") from error
        return total.rounded()


#: What has been computed where these were asked for.
_LARGER: Mapping[str, tuple[str, ...]] = {
    "value": ("value", "gradient", "hessian"),
    "gradient": ("gradient", "hessian"),
    "hessian": ("hessian",),
    "product": (),
}


# ------------------------------------------------------------------ what a worker does


@dataclass(frozen=True)
class _Problem:
    """What stays the same from pass to pass."""

    loss: CompiledLoss
    numbers: tuple[float, ...]
    intercept: bool


@dataclass(frozen=True)
class _Asked:
    """What a pass is to sum: ``value``, ``gradient``, ``hessian``, or the ``product`` of the Hessian and a vector."""

    what: str
    weights: Floats
    direction: Floats | None = None

    @property
    def said(self) -> str:
        """In words."""
        return {"value": "loss", "gradient": "loss and gradient"}.get(self.what, "loss, gradient and Hessian")


def _summed(problem: _Problem, asked: _Asked, number: int, read: Read, *given: Any) -> ExactSum:
    """What a chunk adds to the sums."""
    sums, before = list[ExactSum](), 0
    for rows in read(*given):
        for cut in _cuts(len(rows.observations), _SLAB):
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
    return {"value": 1, "gradient": 1 + d, "hessian": 1 + d + d * (d + 1) // 2, "product": d}[what]


def _slab(problem: _Problem, asked: _Asked, rows: Rows, where: str, before: int) -> ExactSum:
    """What a few rows add to the sums.

    Scores are summed feature by feature, so that they are the same wherever a row stands.
    """
    count, what, loss = len(rows.observations), asked.what, problem.loss
    inputs = np.empty((rows.inputs.shape[1] + problem.intercept, count))
    inputs[problem.intercept :] = rows.inputs.T
    if problem.intercept:
        inputs[0] = 1.0
    with np.errstate(all="ignore"):
        scores = _combined(asked.weights, inputs)
        arrays = [scores, *(np.ascontiguousarray(a, dtype=np.float64) for a in (rows.observations, *rows.known))]
        outs = {name: np.empty(count) for name in _NEEDED[what]}
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
        sums = [ExactSum.of(_terms(what, inputs[:, cut], {n: o[cut] for n, o in outs.items()})) for cut in _cuts(count, _BLOCK)]
    total = ExactSum.together(*sums)
    if not np.isfinite(total.parts).all():
        _refuse_what_is_not_finite(rows, where, before)
    return total


#: What is computed for each observation.
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "value": ("loss",),
    "gradient": ("loss", "slope"),
    "hessian": ("loss", "slope", "curvature"),
    "product": ("curvature",),
}


def _combined(weights: Floats, inputs: Floats) -> Floats:
    """``X w``, feature by feature."""
    found, term = np.zeros(inputs.shape[1]), np.empty(inputs.shape[1])
    for weight, column in zip(weights, inputs, strict=True):
        np.multiply(column, weight, out=term)
        found += term
    return found


def _terms(what: str, inputs: Floats, outs: Mapping[str, Floats]) -> Floats:
    """What each observation adds to each sum, shape (sums, n)."""
    d, count = inputs.shape
    terms = np.empty((_size(what, d), count))
    if what == "product":
        np.multiply(inputs, outs["curvature"], out=terms)
        return terms
    terms[0] = outs["loss"]
    if "slope" in outs:
        np.multiply(inputs, outs["slope"], out=terms[1 : 1 + d])
    if "curvature" in outs:
        start = 1 + d
        for j in range(d):
            np.multiply(inputs[j:], inputs[j] * outs["curvature"], out=terms[start : start + d - j])
            start += d - j
    return terms


def _refuse_what_is_not_finite(rows: Rows, where: str, before: int) -> None:
    named = [("the inputs", rows.inputs), ("the observations", rows.observations), ("the weights", rows.weights)]
    for what, values in (*named, *(("what else is known", k) for k in rows.known)):
        if values is not None and not np.isfinite(values).all():
            row = int(np.argwhere(~np.isfinite(values))[0][0])
            raise DataError(f"{where.format(before + row + 1)}: {what} hold NaN or infinity; remove or impute such rows")
