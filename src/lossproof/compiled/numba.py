"""Programs as loops that Numba compiles: one pass, values in registers, several elements at a time."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lossproof.compiled import runtime
from lossproof.compiled.document import described
from lossproof.compiled.loading import module
from lossproof.compiled.numpy import PUBLIC, SUMS, public
from lossproof.compiled.scalar import Writer, functions_in
from lossproof.compiled.unit import Unit
from lossproof.errors import MissingExtra

_HEAD = '''
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

#: How many losses are summed pairwise; the sums of blocks are added exactly.
BLOCK = 4096
#: The strict rules of IEEE 754: no flag that would rearrange or contract anything.
STRICT = {"error_model": "numpy", "nogil": True}


@intrinsic
def bits(context, x):
    """The 64 bits of a double, as an integer."""

    def written(target, builder, signature, given):
        return builder.bitcast(given[0], target.get_value_type(types.int64))

    return types.int64(types.float64), written


@intrinsic
def of_bits(context, n):
    """The double with these 64 bits."""

    def written(target, builder, signature, given):
        return builder.bitcast(given[0], target.get_value_type(types.float64))

    return types.float64(types.int64), written
'''

_SUMMING = '''
@njit(**STRICT)
def pairwise(values, count):
    """The sum of some numbers, which are used up: the second half is added to the first until one is left."""
    while count > 1:
        half = (count + 1) // 2
        for j in range(count - half):
            values[j] += values[half + j]
        count = half
    return values[0]


@njit(**STRICT)
def weigh(values, weights):
    """Multiply by weights, if there are any."""
    for j in range(len(weights)):
        values[j] *= weights[j]


@njit(**STRICT)
def part(array, start, stop, count):
    """Some elements of an array; of a short one that stands for one number, as many."""
    return array[start:stop] if len(array) == count else array[: stop - start]
'''

_MAPPED = '''
def mapped(kernel, arrays, parameters, outs, *, weights=None, summed=None, threads=1, buffers=0):
    """Run a kernel over blocks of rows; an output that is None is only summed.  Returns the sum."""
    rows = [a for a in (*arrays, *outs) if a is not None and np.ndim(a)]
    count = max((len(a) for a in rows), default=0)
    arrays = [a if np.ndim(a) else np.full(min(count, BLOCK), a) for a in arrays]
    sums = np.zeros(-(-count // BLOCK))
    given = [count, *arrays, *parameters]
    if summed is None:
        run = FILLS[kernel]
        given += outs
    else:
        run = SUMS[kernel]
        given += [np.empty(0, rows[0].dtype) if weights is None else weights, *outs[1:], sums]
    threads = threads if len(sums) >= 2 * threads else 1
    cuts = [len(sums) * k // threads for k in range(threads + 1)]
    if threads == 1:
        run(0, len(sums), *given)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda first, stop: run(first, stop, *given), cuts[:-1], cuts[1:]))
    return added(sums)
'''


def _function(name: str, arguments: Sequence[str], lines: Sequence[str]) -> str:
    return "\n    ".join([f"@njit(**STRICT)\ndef {name}({', '.join(arguments)}):", *lines])


def _kernels(unit: Unit) -> Iterator[str]:
    """For each program a loop over a block, what runs it over blocks, and what sums over blocks."""
    summed = {kernel for _, kernel, *_ in SUMS}
    for name, program in unit.programs.items():
        outs = tuple(program.outputs)
        written = Writer(program).statements()
        loop = [f"for j in range(len({outs[0]})):", *(f"    {line}" for line in written.each)]
        yield _function(f"{name}_kernel", (*unit.arguments, *unit.parameters, *outs), [*written.once, *loop])
        yield _over_blocks(unit, name, outs, ())
        if name in summed:
            yield _over_blocks(unit, name, outs[1:], outs[:1])


def _over_blocks(unit: Unit, name: str, outs: Sequence[str], summed: Sequence[str]) -> str:
    parts = [f"part({a}, start, stop, count)" for a in unit.arguments]
    blocks = [*(f"{s}[: stop - start]" for s in summed), *(f"{out}[start:stop]" for out in outs)]
    body = [f"{name}_kernel({', '.join([*parts, *unit.parameters, *blocks])})"]
    if summed:
        body += [f"weigh({out}, weights[start:stop])" for out in blocks]
        body += [f"sums[block] = pairwise({s}, stop - start)" for s in summed]
    lines = [
        *(f"{s} = np.empty(BLOCK)" for s in summed),
        "for block in range(first, last):",
        "    start = block * BLOCK",
        "    stop = min(start + BLOCK, count)",
        *(f"    {line}" for line in body),
    ]
    more = ("weights", *outs, "sums") if summed else outs
    given = ("first", "last", "count", *unit.arguments, *unit.parameters, *more)
    return _function(f"{'sum' if summed else 'fill'}_{name}", given, lines)


def kernels(unit: Unit) -> str:
    """The kernels of a loss, as text."""
    loops = list(_kernels(unit))
    own = [f'@njit(forceinline=True, error_model="numpy")\n{_text(f)}' for f in functions_in(loops)]
    names = (", ".join(f"{n}_kernel: fill_{n}" for n in unit.programs), ", ".join(f"{k}_kernel: sum_{k}" for _, k, *_ in SUMS))
    tables = f"FILLS = {{{names[0]}}}\nSUMS = {{{names[1]}}}\nBUFFERS = dict.fromkeys({list(unit.programs)!r}, 0)"
    added = inspect.getsource(runtime.added)
    return "\n\n\n".join(part.strip("\n") for part in [_HEAD, *own, _SUMMING, *loops, tables, added, _MAPPED])


def _text(function: Any) -> str:
    """A function of `elementary` without its annotations, which Numba does not read."""
    text = inspect.getsource(function)
    head, _, body = text.partition("\n")
    names = ", ".join(inspect.signature(function).parameters)
    assert head.startswith("def ")
    return f"def {function.__name__}({names}):\n{body}"


def source(unit: Unit) -> str:
    """A module on its own that computes the loss."""
    lines = f"Functions: {', '.join([*unit.programs, *(name for name, *_ in SUMS)])}.\nIt needs NumPy and Numba."
    doc = described(unit, lines).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{doc}"""\n\n{kernels(unit)}\n{PUBLIC}\n\n{public(unit)}\n'


class NumbaBackend:
    """Loops that Numba compiles when they are first called."""

    def __init__(self, unit: Unit, threads: int) -> None:
        if importlib.util.find_spec("numba") is None:
            raise MissingExtra("the backend 'numba'", "numba")
        self.unit, self.threads = unit, threads
        self._module: Mapping[str, Any] = vars(module(f"{unit.identifier}_numba", kernels(unit)))

    def fill(self, what: str, arrays: Sequence[Any], parameters: Sequence[float], outs: Sequence[Any]) -> None:
        """Fill the outputs of a program."""
        self._run(what, arrays, parameters, outs)

    def total(
        self, arrays: Sequence[Any], parameters: Sequence[float], weights: Any, slopes: Sequence[Any] | None
    ) -> float:
        """The weighted sum of the losses; fills the weighted slopes, if they are given."""
        what = "pointwise" if slopes is None else "pointwise_and_slope"
        return self._run(what, arrays, parameters, [None, *(slopes or ())], weights=weights, summed=0)

    def _run(
        self, what: str, arrays: Sequence[Any], parameters: Sequence[float], outs: Sequence[Any], **settings: Any
    ) -> float:
        kernel = self._module[f"{what}_kernel"]
        found = self._module["mapped"](kernel, arrays, parameters, outs, threads=self.threads, **settings)
        return float(found)

    def source(self) -> str:
        """A module on its own."""
        return source(self.unit)
