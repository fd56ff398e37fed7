"""What compiled NumPy code needs while it runs: blocks that stay in the cache, and a sum that loses nothing.

A written module carries these functions with it, so they know nothing of lossproof.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

#: How many numbers a block has: the temporary arrays of a block stay in the second-level cache.
BLOCK = 4096


def blocks(count: int, classes: int) -> Iterator[slice]:
    """The rows of an array cut into blocks of about `BLOCK` numbers."""
    rows = max(1, BLOCK // classes)
    return (slice(start, min(start + rows, count)) for start in range(0, count, rows))


def mapped(
    kernel: Callable[..., None],
    arrays: Sequence[Any],
    parameters: Sequence[float],
    outs: Sequence[Any],
    *,
    buffers: int,
    classes: int = 1,
    weights: Any = None,
    summed: int | None = None,
    threads: int = 1,
) -> float:
    """Run a kernel over blocks of rows.

    Args:
        kernel: fills one block of each output; it takes the arrays, the parameters, the outputs, and buffers.
        arrays: each with one row for each observation, or one number for all.
        parameters: one number each.
        outs: arrays to fill; None for an output that is only needed block by block.
        buffers: how many buffers of a block the kernel needs.
        classes: the number of classes; 1 if there are none.
        weights: of the observations, if the sum is weighted; outputs that are filled are weighted too.
        summed: which output is summed.
        threads: how many threads share the blocks.

    Returns:
        The sum: blocks pairwise, and the sums of the blocks exactly (`math.fsum`), whatever the number of threads.
    """
    count = max((len(a) for a in (*arrays, *outs) if a is not None and np.ndim(a)), default=0)
    dtype = next(a.dtype for a in (*arrays, *outs) if a is not None and a.dtype.kind == "f")
    cuts = list(blocks(count, classes))
    rows = cuts[0].stop if cuts else 0
    sums = np.zeros(len(cuts))

    def run(first: int, step: int) -> None:
        work = np.empty((buffers + len(outs), rows * classes), dtype)
        with np.errstate(all="ignore"):
            for number in range(first, len(cuts), step):
                cut = cuts[number]
                size = cut.stop - cut.start
                here = [a[cut] if np.ndim(a) else a for a in arrays]
                out = [work[buffers + k, :size] if o is None else o[cut] for k, o in enumerate(outs)]
                kernel(*here, *parameters, *out, work[:buffers])
                if weights is not None:
                    weight = weights[cut]
                    for o in out:
                        o *= weight if o.ndim == 1 else weight[:, None]
                if summed is not None:
                    sums[number] = np.add.reduce(out[summed], dtype=np.float64)

    if threads == 1 or len(cuts) < 2 * threads:
        run(0, 1)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(run, range(threads), [threads] * threads))
    return added(sums)


def added(sums: Any) -> float:
    """The sum of a few numbers, rounded once; not finite if they or it are not."""
    if not np.isfinite(sums).all():
        return float(np.sum(sums))
    try:
        return math.fsum(sums)
    except OverflowError:
        return float(np.sum(sums))
