"""Programs as NumPy code that works on a block of rows at a time, without temporary arrays but a few reused ones.

Numbers for the classes of each observation are in arrays with the classes in front, shape (K, rows), in whichever
order they are stored.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from sympy import NumberSymbol, Rational

from lossproof.compiled import runtime
from lossproof.compiled.document import described
from lossproof.compiled.loading import module
from lossproof.compiled.program import OPERATIONS, Level, Node, Program
from lossproof.compiled.unit import Unit

#: Each operation as a NumPy function with ``out``; what only SciPy has needs it.
FUNCTIONS: Mapping[str, str] = {
    "add": "np.add",
    "sub": "np.subtract",
    "mul": "np.multiply",
    "div": "np.divide",
    "pow": "np.power",
    "max": "np.maximum",
    "neg": "np.negative",
    "abs": "np.abs",
    "sqrt": "np.sqrt",
    "sign": "np.sign",
    "exp": "np.exp",
    "log": "np.log",
    "log1p": "np.log1p",
    "expm1": "np.expm1",
    "sin": "np.sin",
    "cos": "np.cos",
    "xlogy": "special.xlogy",
    "lgamma": "special.gammaln",
    "digamma": "special.digamma",
    "trigamma": "trigamma",
    "erf": "special.erf",
    "erfc": "erfc",
    "erfcx": "special.erfcx",
    "ndtr": "ndtr",
    "log_ndtr": "log_ndtr",
    "bessel_i0": "special.i0",
}


class Writer:
    """The text of one kernel."""

    def __init__(self, program: Program) -> None:
        self.program, self.lines = program, list[str]()
        self._names: dict[int, str] = {}
        self._free: dict[Level, list[str]] = {Level.ROW: [], Level.CLASS: []}
        self._held: dict[int, tuple[Level, str]] = {}
        self.buffers: list[bool] = []
        self._outputs = {number: name for name, number in program.outputs.items()}
        self._scores = next((name for name, level in program.inputs.items() if level is Level.CLASS), "")
        self._into = {
            node.arguments[3]: number
            for number, node in enumerate(program.nodes)
            if node.operation == "choose" and self._goes_into(node.arguments[3], number)
        }

    def _goes_into(self, number: int, choice: int) -> bool:
        """Whether a value is needed for nothing but to be replaced in a few places."""
        node = self.program.nodes[number]
        computed = node.operation not in ("input", "constant") and node.level is self.program.nodes[choice].level
        return computed and number not in self._outputs and self.program.last_use[number] == choice

    def written(self, name: str, arguments: Sequence[str], parameters: Sequence[str]) -> str:
        """The kernel as a Python function."""
        if self._scores:
            self.lines += [f"rows = {self._scores}.shape[1]", "each = np.arange(rows)"]
        for number, node in enumerate(self.program.nodes):
            self._value(number, node)
            self._release(number)
        for out, number in self.program.outputs.items():
            if self._names[number] != out:
                self.lines.append(f"{out}[...] = {self._names[number]}")
        head = f"def {name}({', '.join((*arguments, *parameters, *self.program.outputs, 'work'))}):"
        return "\n    ".join([head, *self.lines])

    def _value(self, number: int, node: Node) -> None:
        match node.operation:
            case "input":
                self._names[number] = str(node.what)
                return
            case "constant":
                assert isinstance(node.what, (Rational, NumberSymbol))
                self._names[number] = f"{float(node.what)!r}"
                return
            case "class":
                self._names[number] = "classes"
                return
        arguments = [self._names[a] for a in node.arguments]
        if node.level is Level.ALL:
            self._names[number] = f"p{number}"
            self.lines.append(f"p{number} = {_scalar(node.operation, arguments)}")
            return
        target = self._target(number, node)
        self._names[number] = target
        if node.operation == "exp_sub":
            arguments += [self._buffer(node.level), self._buffer(node.level)]
            self._free[node.level] += arguments[2:]
        self.lines += _statements(node.operation, arguments, target)

    def _target(self, number: int, node: Node) -> str:
        """An output array if that is what the value is; else a buffer that is free, or a new one."""
        if number in self._outputs:
            return self._outputs[number]
        if number in self._into:
            choice = self._into[number]
            if choice in self._outputs:
                return self._outputs[choice]
        if number in self._taken:
            self._held[number] = self._held.pop(self._taken[number])
        elif (done := self._done_with(number, node)) is not None:
            self._held[number] = self._held.pop(done)
        else:
            self._held[number] = node.level, self._buffer(node.level)
        return self._held[number][1]

    def _done_with(self, number: int, node: Node) -> int | None:
        """An argument that is needed no more, whose buffer the value takes, element by element."""
        if node.operation not in FUNCTIONS:
            return None
        last = (a for a in node.arguments if a in self._held and self.program.last_use[a] == number)
        return next((a for a in last if self._held[a][0] is node.level), None)

    def _buffer(self, level: Level) -> str:
        """A buffer that is free, or a new one."""
        if not self._free[level]:
            name, work = f"t{len(self.buffers)}", f"work[{len(self.buffers)}]"
            if level is Level.CLASS:
                self.lines.append(f"{name} = like({self._scores}, {work})")
            else:
                count = "rows" if self._scores else f"len({next(iter(self.program.outputs))})"
                self.lines.append(f"{name} = {work}[:{count}]")
            self._free[level].append(name)
            self.buffers.append(level is Level.CLASS)
        return self._free[level].pop()

    @cached_property
    def _taken(self) -> Mapping[int, int]:
        """Values that take the place of another, by the number of the other."""
        return {choice: number for number, choice in self._into.items() if choice not in self._outputs}

    def _release(self, number: int) -> None:
        for a in {*self.program.nodes[number].arguments, number}:
            if a in self._held and self.program.last_use[a] <= number:
                level, name = self._held.pop(a)
                self._free[level].append(name)


def _scalar(operation: str, arguments: Sequence[str]) -> str:
    if operation == "where":
        gap, yes, no = arguments
        return f"{yes} if {gap} >= 0 else {no}"
    if operation in _SIGNS:
        return f"({arguments[0]} {_SIGNS[operation]} {arguments[1]})"
    return f"float({FUNCTIONS[operation]}({', '.join(arguments)}))"


_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/"}


def _statements(operation: str, arguments: Sequence[str], out: str) -> list[str]:
    match operation:
        case "where":
            gap, yes, no = arguments
            return [f"{out}[...] = np.where({gap} >= 0, {yes}, {no})"]
        case "gather":
            array, of = arguments
            return [f"{out}[...] = {array}[{of}, each]"]
        case "choose":
            a, b, yes, no = arguments
            first = [] if no == out else [f"np.copyto({out}, {no})"]
            if a == "classes":
                return [*first, f"{out}[{b}, each] = {yes}"]
            return [*first, f"np.copyto({out}, {yes}, where=np.equal({a}, {b}))"]
        case "exp_sub":
            return [f"exp_of_difference({', '.join(arguments)}, out={out})"]
        case "sum_but_largest":
            return [f"sum_but_largest({arguments[0]}, out={out})"]
        case "sum":
            return [f"np.add.reduce({arguments[0]}, axis=0, out={out})"]
        case "largest":
            return [f"np.maximum.reduce({arguments[0]}, axis=0, out={out})"]
    assert operation in OPERATIONS
    return [f"{FUNCTIONS[operation]}({', '.join(arguments)}, out={out})"]


_TRIGAMMA = '''
def trigamma(x, out=None):
    """The derivative of the digamma function (NIST Digital Library of Mathematical Functions, eq. 5.15.1)."""
    return special.zeta(2, x, out=out)
'''


#: Functions of the normal distribution of which SciPy loses digits in the tail.
_OF_NORMAL = ("erfc", "ndtr", "log_ndtr")
_NORMAL = '''
def tail(z):
    """The chance that a normal variable exceeds z >= 0; the exponent in two parts, one of them exact (Cody 1969)."""
    h = np.rint(np.minimum(z, 40.0) * 16) / 16
    first, second = np.exp(h * h * -0.5), np.exp((z - h) * (z + h) * -0.5)
    return first * second * special.erfcx(z * 0.7071067811865476) * 0.5


def erfc(x, out=None):
    """One minus the error function."""
    h = np.rint(np.clip(x, 0.0, 27.0) * 16) / 16
    far = np.exp(h * -h) * np.exp(-(x - h) * (x + h)) * special.erfcx(x)
    return _given(np.where(x > 1.0, np.where(x > 30.0, 0.0, far), special.erfc(x)), out)


def ndtr(z, out=None):
    """The normal distribution function."""
    return _given(np.where(z < -1.5, np.where(z < -40.0, 0.0, tail(np.abs(z))), special.ndtr(z)), out)


def log_ndtr(z, out=None):
    """The logarithm of the normal distribution function."""
    return _given(np.where(z > 1.5, np.where(z > 40.0, 0.0, np.log1p(-tail(np.abs(z)))), special.log_ndtr(z)), out)


def _given(value, out):
    if out is None:
        return value
    out[...] = value
    return out
'''


def kernel(unit: Unit, what: str) -> tuple[str, list[bool]]:
    """The kernel of one program as text, and the buffers it needs: whether each is for the classes of rows."""
    writer = Writer(unit.programs[what])
    return writer.written(f"{what}_kernel", unit.given(what), unit.parameters), writer.buffers


def kernels(unit: Unit) -> str:
    """The kernels of a loss and the buffers that each needs, as text."""
    found = {what: kernel(unit, what) for what in unit.programs}
    buffers = {what: count for what, (_, count) in found.items()}
    return "\n\n\n".join([*(text for text, _ in found.values()), f"BUFFERS = {buffers!r}"])


#: What runs the kernels of a written module on arguments that broadcast.
PUBLIC = '''

def _run(kernel, count, arguments, parameters, buffers, weights=None, total=False):
    """Run a kernel on arguments that broadcast; returns the sum and the outputs."""
    given = [np.asarray(a) for a in arguments]
    floats = [a.dtype for a in given if a.dtype.kind == "f"]
    dtype = np.float32 if floats and all(f == np.float32 for f in floats) else np.float64
    shape = np.broadcast_shapes(*(a.shape for a in given))
    arrays = [np.ascontiguousarray(np.broadcast_to(a, shape), dtype).reshape(-1) for a in given]
    outs = [np.empty(arrays[0].shape, dtype) for _ in range(count)]
    if weights is not None:
        weights = np.ascontiguousarray(np.broadcast_to(weights, shape), dtype).reshape(-1)
    summed = 0 if total else None
    value = mapped(kernel, arrays, parameters, outs, buffers=buffers, weights=weights, summed=summed)
    return value, *(o.reshape(shape) for o in outs)
'''

#: What is to be known of the derivations of losses of classes.
OF_THE_LARGEST = (
    "In the derivations t is any class: computed is with the one of the largest score.\n"
    "Classes count from 1 there, and from 0 here.\n"
)

#: The same where there is a score for each class.
PUBLIC_OF_CLASSES = '''

def _run(kernel, outputs, arguments, parameters, buffers, weights=None, total=False):
    """Run a kernel on scores of shape (n, K) and what else there is in rows; returns the sum and the outputs."""
    count, classes = np.shape(arguments[0])
    kinds = [np.float64 if np.ndim(a) == 2 else np.intp for a in arguments]
    arrays = [np.asarray(a, kind, order="C") for a, kind in zip(arguments, kinds)]
    outs = [np.empty((count, classes) if of_classes else count) for of_classes in outputs]
    weights = None if weights is None else np.asarray(weights, np.float64, order="C")
    summed = 0 if total else None
    settings = {"buffers": buffers, "classes": classes, "weights": weights, "summed": summed}
    return mapped(kernel, arrays, parameters, outs, **settings), *outs
'''

#: What the functions of a written module do, by their programs.
_WORDS: Mapping[str, str] = {
    "pointwise": "The loss of each observation; arguments broadcast.",
    "slope": "The derivative of the loss in the prediction, for each observation.",
    "pointwise_and_slope": "Loss and slope of each observation, in one pass.",
    "curvature": "The second derivative of the loss in the prediction, for each observation.",
}
_WORDS_OF_CLASSES: Mapping[str, str] = {
    "pointwise": "The loss of each observation, of scores (n, K); classes are counted from 0, shape (n,), or shares.",
    "slope": "The derivative of the loss in each score, shape (n, K).",
    "pointwise_and_slope": "Loss and slopes of each observation, in one pass.",
    "curvature": "The second derivatives in each score and in that of the class b, shape (n, K).",
    "curvature_product": "The second derivatives times a direction v of shape (n, K).",
}
#: The sums, each with the program that is run for it, what it does, and what it returns.
SUMS = (
    ("total", "pointwise", "The sum of the losses, each times its weight.", "found[0]"),
    (
        "total_and_slope",
        "pointwise_and_slope",
        "The sum of the losses, and the slope of each observation, both times the weight.",
        "found[0], *found[2:]",
    ),
)


def public(unit: Unit) -> str:
    """The functions of a written module."""
    keywords = [*unit.parameters]
    parameters = f"({''.join(f'{p}, ' for p in keywords)})"
    words = _WORDS_OF_CLASSES if unit.classes else _WORDS

    def function(name: str, kernel: str, words: str, more: Sequence[str], returned: str, last: str) -> str:
        star = ["*", *keywords, *more] if keywords or more else []
        given, program = unit.given(kernel), unit.programs[kernel]
        wide = tuple(program.nodes[number].level is Level.CLASS for number in program.outputs.values())
        head = f"def {name}({', '.join([*given, *star])}):"
        arguments = f"({', '.join(given)}), {parameters}, BUFFERS[{kernel!r}]{last}"
        run = f"_run({kernel}_kernel, {wide if unit.classes else len(wide)}, {arguments})"
        return f'{head}\n    """{words}"""\n    found = {run}\n    return {returned}'

    parts = [
        function(name, name, words[name], (), "found[1]" if len(program.outputs) == 1 else "found[1:]", "")
        for name, program in unit.programs.items()
        if name in words
    ]
    parts += [
        function(name, unit.summed(slopes=k == 1), said, ["weights=None"], returned, ", weights, True")
        for k, (name, _, said, returned) in enumerate(SUMS)
    ]
    return "\n\n\n".join(parts)


def source(unit: Unit) -> str:
    """A module on its own that computes the loss."""
    text = kernels(unit)
    names = dict.fromkeys([*unit.programs, *(name for name, *_ in SUMS)])
    lines, run = f"Functions: {', '.join(names)}.\n", PUBLIC_OF_CLASSES if unit.classes else PUBLIC
    lines += OF_THE_LARGEST if unit.classes else ""
    lines += "It needs NumPy, and SciPy for special functions." if _needs_scipy(text) else "It needs NumPy."
    imports, _, functions = (
        inspect.getsource(runtime).partition('"""\n\n')[2].rstrip().partition("import numpy as np\n")
    )
    doc = described(unit, lines).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{doc}"""\n\n{imports}{_head(text)}{functions}\n\n\n{text}\n{run}\n\n{public(unit)}\n'


def _needs_scipy(text: str) -> bool:
    return "special." in text or any(f"{name}(" in text for name in ("trigamma", *_OF_NORMAL))


def _head(text: str) -> str:
    """What the kernels need to be imported."""
    special = "from scipy import special\n" if _needs_scipy(text) else ""
    normal = _NORMAL if any(f" {name}(" in f" {text}" for name in _OF_NORMAL) else ""
    return f"import numpy as np\n{special}{_TRIGAMMA if 'trigamma(' in text else ''}{normal}"


#: What the kernels call of the runtime.
_OF_CLASSES = (runtime.like, runtime.sum_but_largest, runtime.exp_of_difference)


def load(unit: Unit, what: str) -> tuple[Callable[..., None], list[bool]]:
    """The kernel of one program, and the buffers it needs."""
    text, buffers = kernel(unit, what)
    names = ", ".join(f.__name__ for f in _OF_CLASSES)
    imports = f"from {runtime.__name__} import {names}\n" if unit.classes else ""
    made = module(f"{unit.identifier}_{what}", f"{_head(text)}{imports}\n\n{text}\n")
    return vars(made)[f"{what}_kernel"], buffers


class NumPyBackend:
    """Blocked NumPy."""

    def __init__(self, unit: Unit, threads: int) -> None:
        self.unit, self.threads = unit, threads
        self._kernels: dict[str, tuple[Callable[..., None], list[bool]]] = {}

    def fill(self, what: str, arrays: Sequence[Any], parameters: Sequence[float], outs: Sequence[Any]) -> None:
        """Fill the outputs of a program."""
        self._run(what, arrays, parameters, outs)

    def total(
        self,
        arrays: Sequence[Any],
        parameters: Sequence[float],
        weights: Any | None,
        slopes: Sequence[Any] | None,
    ) -> float:
        """The weighted sum of the losses; fills the weighted slopes, if they are given."""
        what = self.unit.summed(slopes=slopes is not None)
        return self._run(what, arrays, parameters, [None, *(slopes or ())], weights, 0)

    def _run(
        self,
        what: str,
        arrays: Sequence[Any],
        parameters: Sequence[float],
        outs: Sequence[Any | None],
        weights: Any | None = None,
        summed: int | None = None,
    ) -> float:
        if what not in self._kernels:
            self._kernels[what] = load(self.unit, what)
        kernel, buffers = self._kernels[what]
        return runtime.mapped(
            kernel,
            arrays,
            parameters,
            outs,
            buffers=buffers,
            classes=arrays[0].shape[1] if self.unit.classes else 0,
            weights=weights,
            summed=summed,
            threads=self.threads,
        )

    def source(self) -> str:
        """A module on its own."""
        return source(self.unit)
