"""Programs as loops that Numba compiles: one pass, values in registers, several elements at a time."""

from __future__ import annotations

import ast
import inspect
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from lossproof.compiled import runtime, single
from lossproof.compiled.document import described
from lossproof.compiled.loading import module
from lossproof.compiled.numpy import PUBLIC, SUMS, public
from lossproof.compiled.scalar import Writer, functions_in
from lossproof.compiled.unit import Unit

HEAD = """
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

#: How many losses are summed pairwise; the sums of blocks are added exactly.
BLOCK = 1024
#: The strict rules of IEEE 754: no flag that would rearrange or contract anything.
STRICT = {"error_model": "numpy", "nogil": True}
"""

BITS = '''
@intrinsic
def bits(context, x):
    """The bits of a number, as an integer."""

    def written(target, builder, signature, given):
        return builder.bitcast(given[0], ir.IntType(64))

    return types.int64(types.float64), written


@intrinsic
def of_bits(context, n):
    """The number with these bits."""

    def written(target, builder, signature, given):
        return builder.bitcast(given[0], ir.DoubleType())

    return types.float64(types.int64), written
'''

#: The same for numbers of 32 bits; integers stay as they are.
_BITS_OF_SINGLE = """
@intrinsic
def bits(context, x):
    def written(target, builder, signature, given):
        return builder.sext(builder.bitcast(given[0], ir.IntType(32)), ir.IntType(64))

    return types.int64(types.float32), written


@intrinsic
def of_bits(context, n):
    def written(target, builder, signature, given):
        return builder.bitcast(builder.trunc(given[0], ir.IntType(32)), ir.FloatType())

    return types.float32(types.int64), written
"""

#: Functions of `elementary` that do as well for single precision as they are written.
_ANY_PRECISION = frozenset({"maximum", "signum", "product_with_log"})

PAIRWISE = '''
@njit(**STRICT)
def pairwise(values, count):
    """The sum of some numbers, which are used up: the second half is added to the first until one is left."""
    while count > 1:
        half = (count + 1) // 2
        for j in range(count - half):
            values[j] += values[half + j]
        count = half
    return values[0]
'''

_SUMMING = '''
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

_AS_DOUBLES = """
@njit(**STRICT)
def pairwise_as_doubles(values, count):
    wide = np.empty(BLOCK)
    for j in range(len(values)):
        wide[j] = values[j]
    return pairwise(wide, count)
"""

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


def _loops(unit: Unit, what: str) -> Iterator[str]:
    """A loop over a block, what runs it over blocks, and what sums over blocks."""
    program = unit.programs[what]
    outs = tuple(program.outputs)
    written = Writer(program).statements()
    loops, arrays = written.loops()
    lines = [*map(str, written.once), *(f"{name} = work[{k}]" for k, name in enumerate(arrays))]
    for loop in loops:
        lines += [f"for j in range(len({outs[0]})):", *(f"    {line}" for line in loop)]
    yield _function(f"{what}_kernel", (*unit.arguments, *unit.parameters, *outs, "work"), lines)
    yield _over_blocks(unit, what, outs, (), len(arrays))
    if what in {kernel for _, kernel, *_ in SUMS}:
        yield _over_blocks(unit, what, outs[1:], outs[:1], len(arrays))


def _over_blocks(unit: Unit, name: str, outs: Sequence[str], summed: Sequence[str], arrays: int) -> str:
    parts = [f"part({a}, start, stop, count)" for a in unit.arguments]
    blocks = [*(f"{s}[: stop - start]" for s in summed), *(f"{out}[start:stop]" for out in outs)]
    body = [f"{name}_kernel({', '.join([*parts, *unit.parameters, *blocks, 'work'])})"]
    if summed:
        body += [f"weigh({out}, weights[start:stop])" for out in blocks]
        body += [f"sums[block] = pairwise({s}, stop - start)" for s in summed]
    lines = [
        f"work = np.empty(({arrays}, BLOCK), np.float64)",
        *(f"{s} = np.empty(BLOCK, np.float64)" for s in summed),
        "for block in range(first, last):",
        "    start = block * BLOCK",
        "    stop = min(start + BLOCK, count)",
        *(f"    {line}" for line in body),
    ]
    more = ("weights", *outs, "sums") if summed else outs
    given = ("first", "last", "count", *unit.arguments, *unit.parameters, *more)
    return _function(f"{'sum' if summed else 'fill'}_{name}", given, lines)


def kernels(unit: Unit, programs: Iterable[str]) -> str:
    """The kernels of some programs, as text."""
    programs = tuple(programs)
    loops = [text for what in programs for text in _loops(unit, what)]
    own = [f'@njit(forceinline=True, error_model="numpy")\n{text_of(f)}' for f in functions_in(loops)]
    tables = [
        _table("FILLS", {f"{what}_kernel": f"fill_{what}" for what in programs}),
        _table("SUMS", {f"{what}_kernel": f"sum_{what}" for _, what, *_ in SUMS if what in programs}),
    ]
    parts = [
        HEAD,
        *([BITS] if own else []),
        *own,
        PAIRWISE,
        _SUMMING,
        *loops,
        *tables,
        inspect.getsource(runtime.added),
        _MAPPED,
    ]
    return "\n\n\n".join(part.strip("\n") for part in parts)


def singles(unit: Unit, what: str) -> str | None:
    """The same for one program with single precision, its sums still doubles; None if it needs a double in between."""
    loops = list(_loops(unit, what))
    own = functions_in(loops)
    if not all(f.__name__ in _ANY_PRECISION or hasattr(single, f.__name__) for f in own):
        return None
    own = [getattr(single, f.__name__, f) for f in own]
    texts = [f'@njit(forceinline=True, error_model="numpy")\n{text_of(f)}' for f in own]
    tables = [_table("FILLS", {}), _table("SUMS", {f"{what}_kernel": f"sum_{what}"})]
    written = [ast.unparse(_Single(unit.parameters).visit(ast.parse(text))) for text in (*texts, *loops)]
    written = [text.replace("pairwise(", "pairwise_as_doubles(") for text in written]
    parts = [
        HEAD,
        _BITS_OF_SINGLE,
        *written,
        PAIRWISE,
        _SUMMING,
        _AS_DOUBLES,
        *tables,
        inspect.getsource(runtime.added),
        _MAPPED,
    ]
    return "\n\n\n".join(part.strip("\n") for part in parts)


class _Single(ast.NodeTransformer):
    """Makes every number of a text a float32; what is not rounded to one elsewhere is so where it stands."""

    def __init__(self, parameters: Iterable[str]) -> None:
        self.parameters = frozenset(parameters)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """Numbers with a point."""
        return _rounded(node) if isinstance(node.value, float) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """The type, infinity and NaN."""
        if node.attr in {"inf", "nan"}:
            return _rounded(node)
        return ast.Attribute(node.value, "float32" if node.attr == "float64" else node.attr, node.ctx)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Parameters, which are given as doubles."""
        return _rounded(node) if node.id in self.parameters and isinstance(node.ctx, ast.Load) else node


def _rounded(node: ast.expr) -> ast.expr:
    return ast.Call(ast.Attribute(ast.Name("np", ast.Load()), "float32", ast.Load()), [node], [])


def _table(name: str, rows: Mapping[str, str]) -> str:
    return "\n".join([f"{name} = {{", *(f"    {key}: {value}," for key, value in rows.items()), "}"])


def text_of(function: Any) -> str:
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
    buffers = f"BUFFERS = dict.fromkeys({[*unit.programs]!r}, 0)"
    return f'"""{doc}"""\n\n{kernels(unit, unit.programs)}\n\n\n{buffers}\n{PUBLIC}\n\n{public(unit)}\n'


@lru_cache(256)
def _loaded(name: str, text: str) -> Mapping[str, Any]:
    """A module, once for all backends that have the same text; compiling takes seconds."""
    return vars(module(f"{name}_{zlib.crc32(text.encode()):08x}", text))


class NumbaBackend:
    """Loops that Numba compiles when they are first called."""

    def __init__(self, unit: Unit, threads: int) -> None:
        self.unit, self.threads = unit, threads
        self._modules: dict[tuple[str, bool], Mapping[str, Any]] = {}

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
        given = [a for a in (*arrays, *outs) if a is not None]
        in_single = "summed" in settings and all(a.dtype == np.float32 for a in given)
        made = self._module(what, in_single)
        found = made["mapped"](made[f"{what}_kernel"], arrays, parameters, outs, threads=self.threads, **settings)
        return float(found)

    def _module(self, what: str, in_single: bool) -> Mapping[str, Any]:
        if (what, in_single) not in self._modules:
            text = (singles(self.unit, what) if in_single else None) or kernels(self.unit, [what])
            self._modules[what, in_single] = _loaded(f"{self.unit.identifier}_{what}_numba", text)
        return self._modules[what, in_single]

    def source(self) -> str:
        """A module on its own."""
        return source(self.unit)
