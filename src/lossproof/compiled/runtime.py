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
#: The same where there are classes, over which functions are called for fewer numbers.
BLOCK_OF_CLASSES = 65536
#: Up to how many classes a block is stored class by class.
FEW_CLASSES = 64


def blocks(count: int, classes: int) -> Iterator[slice]:
    """The rows of an array cut into blocks of about `BLOCK` numbers."""
    rows = max(1, (BLOCK if classes == 1 else BLOCK_OF_CLASSES) // classes)
    return (slice(start, min(start + rows, count)) for start in range(0, count, rows))


def mapped(
    kernel: Callable[..., None],
    arrays: Sequence[Any],
    parameters: Sequence[float],
    outs: Sequence[Any],
    *,
    buffers: Sequence[bool],
    classes: int = 0,
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
        buffers: of a block, that the kernel needs: each with one number for a row, or if true for each of its classes.
        classes: the number of classes, if arrays have a column for each; kernels get them with the classes in
            front, and store few classes one after the other.
        weights: of the observations, if the sum is weighted; outputs that are filled are weighted too.
        summed: which output is summed.
        threads: how many threads share the blocks.

    Returns:
        The sum: blocks pairwise, and the sums of the blocks exactly (`math.fsum`), whatever the number of threads.
    """
    count = max((len(a) for a in (*arrays, *outs) if a is not None and np.ndim(a)), default=0)
    dtype = next(a.dtype for a in (*arrays, *outs) if a is not None and a.dtype.kind == "f")
    cuts = list(blocks(count, max(classes, 1)))
    rows = cuts[0].stop if cuts else 0
    sums = np.zeros(len(cuts))
    few = classes <= FEW_CLASSES
    wide = sum(np.ndim(a) == 2 for a in (*arrays, *outs) if a is not None and few)

    def run(first: int, step: int) -> None:
        work = [np.empty(rows * classes if each else rows, dtype) for each in buffers]
        inside = [np.empty(rows, dtype) for o in outs if o is None] + [
            np.empty(rows * classes, dtype) for _ in range(wide)
        ]
        with np.errstate(all="ignore"):
            for number in range(first, len(cuts), step):
                cut = cuts[number]
                free = iter(inside)
                out = [_opened(o, cut, free, few) for o in outs]
                here = [_entered(a, cut, free, few) for a in arrays]
                kernel(*here, *parameters, *out, work)
                if weights is not None:
                    for o in out:
                        o *= weights[cut]
                if summed is not None:
                    sums[number] = np.add.reduce(out[summed], dtype=np.float64)
                if few and classes:
                    for o, block in zip(outs, out, strict=True):
                        if o is not None and o.ndim == 2:
                            o[cut] = block.T

    if threads == 1 or len(cuts) < 2 * threads:
        run(0, 1)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(run, range(threads), [threads] * threads))
    return added(sums)


def _entered(array: Any, cut: slice, free: Iterator[Any], few: bool) -> Any:
    """A block of an array, with the classes in front if there are classes."""
    if not np.ndim(array):
        return array
    if array.ndim == 1:
        return array[cut]
    block = array[cut].T
    if not few:
        return block
    stored = next(free)[: block.size].reshape(block.shape)
    np.copyto(stored, block)
    return stored


def _opened(out: Any, cut: slice, free: Iterator[Any], few: bool) -> Any:
    """Where a block of an output goes."""
    if out is None:
        return next(free)[: cut.stop - cut.start]
    if out.ndim == 1:
        return out[cut]
    block = out[cut].T
    return next(free)[: block.size].reshape(block.shape) if few else block


def like(array: Any, buffer: Any) -> Any:
    """A buffer in the shape and the order of an array."""
    return buffer[: array.size].reshape(array.shape, order="C" if array.flags.c_contiguous else "F")


def sum_but_largest(array: Any, out: Any) -> Any:
    """Along the first axis the sum of all numbers, none of which is negative, but one of the largest."""
    if len(array) <= FEW_CLASSES:
        largest, smaller = array[0].copy(), np.empty_like(array[0])
        out[...] = 0
        for row in array[1:]:
            np.minimum(largest, row, out=smaller)
            out += smaller
            np.maximum(largest, row, out=largest)
        return out
    place = array.argmax(axis=0), np.arange(array.shape[1])
    largest = array[place]
    array[place] = 0
    np.add.reduce(array, axis=0, out=out)
    array[place] = largest
    out += largest - largest  # NaN, the largest of all, is not left out
    return out


def exp_of_difference(a: Any, b: Any, first: Any, second: Any, out: Any) -> Any:
    """``exp(a - b)`` times one and the rounding error of ``a - b`` (Knuth 1998, section 4.2.2, theorem B)."""
    np.subtract(a, b, out=out)
    np.subtract(out, a, out=first)
    np.subtract(out, first, out=second)
    np.subtract(a, second, out=second)
    np.add(b, first, out=first)
    np.subtract(second, first, out=second)
    np.copyto(second, 0, where=out < -800)
    np.exp(out, out=out)
    np.multiply(second, out, out=second)
    return np.add(out, second, out=out)


def added(sums: Any) -> float:
    """The sum of a few numbers, rounded once; not finite if they or it are not."""
    if not np.isfinite(sums).all():
        return float(np.sum(sums))
    try:
        return math.fsum(sums)
    except OverflowError:
        return float(np.sum(sums))
