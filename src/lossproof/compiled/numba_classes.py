"""Losses with a score for each class as loops that Numba compiles, a tile of rows at a time."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from lossproof.compiled.document import described
from lossproof.compiled.loading import module
from lossproof.compiled.numba import BITS, HEAD, PAIRWISE, text_of
from lossproof.compiled.numpy import OF_THE_LARGEST, PUBLIC_OF_CLASSES, SUMS, public
from lossproof.compiled.program import Level
from lossproof.compiled.runtime import added
from lossproof.compiled.scalar import functions_in
from lossproof.compiled.tiles import TileWriter
from lossproof.compiled.unit import Unit

#: About how many numbers a tile has, how many rows it has at least and at most, and a block whose losses are summed.
TILE, FEWEST, MOST, BLOCK = 4096, 16, 128, 65536

_TILES = f"""
@njit(**STRICT)
def rows_of_tile(classes):
    \"\"\"How many rows are computed at once.\"\"\"
    return max({FEWEST}, min({MOST}, {TILE} // classes // 8 * 8))


@njit(**STRICT)
def read(array, start, rows, classes, tile):
    \"\"\"Some rows into a tile.\"\"\"
    for k in range(classes):
        for r in range(rows):
            tile[k * rows + r] = array[start + r, k]


@njit(**STRICT)
def write(tile, start, rows, classes, array, weights):
    \"\"\"A tile into some rows, times their weights, if there are any.\"\"\"
    for k in range(classes):
        for r in range(rows):
            array[start + r, k] = tile[k * rows + r]
    for r in range(rows if len(weights) else 0):
        for k in range(classes):
            array[start + r, k] *= weights[start + r]
"""


def _function(name: str, arguments: Iterable[str], lines: Iterable[str]) -> str:
    return "\n    ".join([f"@njit(**STRICT)\ndef {name}({', '.join(arguments)}):", *lines])


def _kernel(unit: Unit, what: str) -> str:
    """What computes a tile, and what runs over blocks of tiles."""
    program, tile = unit.programs[what], TileWriter(unit.programs[what]).tile()
    given, outs = unit.given(what), tuple(program.outputs)
    arguments = ("classes", "rows", *given, *outs, *tile.of_rows, *tile.of_classes)
    kernel = _function(f"{what}_tile", arguments, tile.lines)
    wide = {name: program.inputs[name] is Level.CLASS for name in given}
    wide |= {name: program.nodes[number].level is Level.CLASS for name, number in program.outputs.items()}
    wide |= {**dict.fromkeys(tile.of_rows, False), **dict.fromkeys(tile.of_classes, True)}
    lines = ["classes = z.shape[1]", "most = rows_of_tile(classes)"]
    lines += [f"{name}_ = np.empty({'classes * most' if each else 'most'})" for name, each in wide.items()]
    lines += [
        "losses = np.empty(size)",
        "for block in range(first, last):",
        "    stop = min((block + 1) * size, count)",
    ]
    lines += ["    for start in range(block * size, stop, most):", "        rows = min(most, stop - start)"]
    for name in given:
        if wide[name]:
            lines += [f"        read({name}, start, rows, classes, {name}_)"]
        else:
            lines += ["        for r in range(rows):", f"            {name}_[r] = {name}[start + r]"]
    lines += [f"        {what}_tile({', '.join(('classes', 'rows', *(f'{name}_' for name in arguments[2:])))})"]
    for name in outs:
        if wide[name]:
            lines += [f"        write({name}_, start, rows, classes, {name}, weights)"]
            continue
        lines += [
            "        for r in range(rows):",
            f"            value = {name}_[r] * weights[start + r] if len(weights) else {name}_[r]",
            "            losses[start - block * size + r] = value",
            f"            if len({name}):",
            f"                {name}[start + r] = value",
        ]
    if any(not wide[name] for name in outs):
        lines += ["    sums[block] = pairwise(losses, stop - block * size)"]
    run = _function(f"{what}_kernel", ("first", "last", "count", "size", *given, "weights", *outs, "sums"), lines)
    return f"{kernel}\n\n\n{run}"


_MAPPED = f'''
def mapped(kernel, arrays, parameters, outs, *, buffers=None, classes, weights=None, summed=None, threads=1):
    """Run a kernel over blocks of rows.  Returns the sum of the losses."""
    count, size = len(arrays[0]), max(64, {BLOCK} // classes)
    sums = np.zeros(-(-count // size))
    given = [a if np.ndim(a) else np.full(count, a) for a in arrays]
    given = [count, size, *given, np.empty(0) if weights is None else weights, *outs, sums]
    threads = threads if len(sums) >= 2 * threads else 1
    cuts = [len(sums) * k // threads for k in range(threads + 1)]
    if threads == 1:
        kernel(0, len(sums), *given)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda first, stop: kernel(first, stop, *given), cuts[:-1], cuts[1:]))
    return added(sums)
'''


def kernels(unit: Unit, programs: Iterable[str]) -> str:
    """The kernels of some programs, as text."""
    loops = [_kernel(unit, what) for what in programs]
    own = [f'@njit(forceinline=True, error_model="numpy")\n{text_of(f)}' for f in functions_in(loops)]
    parts = [HEAD, BITS, *own, _TILES, *loops, inspect.getsource(added), _MAPPED]
    return "\n\n\n".join(part.strip("\n") for part in parts)


class NumbaClassesBackend:
    """Loops that Numba compiles when they are first called."""

    def __init__(self, unit: Unit, threads: int) -> None:
        self.unit, self.threads = unit, threads
        self._modules: dict[str, Mapping[str, Any]] = {}

    def fill(self, what: str, arrays: Sequence[Any], parameters: Sequence[float], outs: Sequence[Any]) -> None:
        """Fill the outputs of a program."""
        self._run(what, arrays, outs)

    def total(
        self, arrays: Sequence[Any], parameters: Sequence[float], weights: Any, slopes: Sequence[Any] | None
    ) -> float:
        """The weighted sum of the losses; fills the weighted slopes, if they are given."""
        return self._run(self.unit.summed(slopes=slopes is not None), arrays, [np.empty(0), *(slopes or ())], weights)

    def _run(self, what: str, arrays: Sequence[Any], outs: Sequence[Any], weights: Any = None) -> float:
        if what not in self._modules:
            self._modules[what] = vars(module(f"{self.unit.identifier}_{what}_numba", kernels(self.unit, [what])))
        made, classes = self._modules[what], arrays[0].shape[1]
        settings = {"classes": classes, "weights": weights, "threads": self.threads}
        return float(made["mapped"](made[f"{what}_kernel"], arrays, (), outs, **settings))

    def source(self) -> str:
        """A module on its own."""
        names = dict.fromkeys([*self.unit.programs, *(name for name, *_ in SUMS)])
        doc = described(self.unit, f"Functions: {', '.join(names)}.\n{OF_THE_LARGEST}It needs NumPy and Numba.")
        doc = doc.replace("\\", "\\\\").replace('"""', "'''")
        text = f"{kernels(self.unit, self.unit.programs)}\n\n\nBUFFERS = dict.fromkeys({[*self.unit.programs]!r})"
        return f'"""{doc}"""\n\n{text}\n{PUBLIC_OF_CLASSES}\n\n{public(self.unit)}\n'
