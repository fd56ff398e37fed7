"""Programs as NumPy code that works on a block of rows at a time, without temporary arrays but a few reused ones."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence

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
    "equal": "np.equal",
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
    "erfc": "special.erfc",
    "erfcx": "special.erfcx",
    "ndtr": "special.ndtr",
    "log_ndtr": "special.log_ndtr",
    "bessel_i0": "special.i0",
}


class Writer:
    """The text of one kernel."""

    def __init__(self, program: Program) -> None:
        self.program, self.lines = program, list[str]()
        self._names: dict[int, str] = {}
        self._free: dict[Level, list[str]] = {Level.ROW: [], Level.CLASS: []}
        self._held: dict[int, tuple[Level, str]] = {}
        self.buffers = 0
        self._outputs = {number: name for name, number in program.outputs.items()}

    def written(self, name: str, arguments: Sequence[str], parameters: Sequence[str]) -> str:
        """The kernel as a Python function."""
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
        arguments = [self._argument(a, node.level) for a in node.arguments]
        if node.level is Level.ALL:
            self._names[number] = f"p{number}"
            self.lines.append(f"p{number} = {_scalar(node.operation, arguments)}")
            return
        target = self._target(number, node)
        self._names[number] = target
        self.lines += _statements(node.operation, arguments, target)

    def _argument(self, number: int, level: Level) -> str:
        widened = self.program.nodes[number].level is Level.ROW and level is Level.CLASS
        return f"{self._names[number]}[:, None]" if widened else self._names[number]

    def _target(self, number: int, node: Node) -> str:
        """An output array if that is what the value is; else a buffer that is free, or a new one."""
        if number in self._outputs:
            return self._outputs[number]
        free = self._free[node.level]
        if not free:
            like = self._like(node.level)
            size = "" if node.level is Level.ROW else ".reshape(-1, K)"
            rows = f"len({like})" if node.level is Level.ROW else f"len({like}) * K"
            self.lines.append(f"t{self.buffers} = work[{self.buffers}, :{rows}]{size}")
            free.append(f"t{self.buffers}")
            self.buffers += 1
        name = free.pop()
        self._held[number] = node.level, name
        return name

    def _like(self, level: Level) -> str:
        return next(iter(self.program.outputs))

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
            return [f"{out}[...] = np.take_along_axis({array}, {of}[:, None], axis=1)[:, 0]"]
        case "class":
            return [f"{out}[...] = np.arange({out}.shape[1])"]
        case "sum":
            return [f"np.add.reduce({arguments[0]}, axis=1, out={out})"]
        case "largest":
            return [f"np.maximum.reduce({arguments[0]}, axis=1, out={out})"]
    assert operation in OPERATIONS
    return [f"{FUNCTIONS[operation]}({', '.join(arguments)}, out={out})"]


_TRIGAMMA = '''
def trigamma(x, out=None):
    """The derivative of the digamma function (NIST Digital Library of Mathematical Functions, eq. 5.15.1)."""
    return special.zeta(2, x, out=out)
'''


def kernel(unit: Unit, what: str) -> tuple[str, int]:
    """The kernel of one program as text, and how many buffers it needs."""
    writer = Writer(unit.programs[what])
    return writer.written(f"{what}_kernel", unit.arguments, unit.parameters), writer.buffers


def kernels(unit: Unit) -> str:
    """The kernels of a loss and how many buffers each needs, as text."""
    found = {what: kernel(unit, what) for what in unit.programs}
    buffers = {what: count for what, (_, count) in found.items()}
    return "\n\n\n".join([*(text for text, _ in found.values()), f"BUFFERS = {buffers!r}"])


_PUBLIC = '''

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

#: What the functions of a written module do, by their programs.
_WORDS: Mapping[str, str] = {
    "pointwise": "The loss of each observation; arguments broadcast.",
    "slope": "The derivative of the loss in the prediction, for each observation.",
    "pointwise_and_slope": "Loss and slope of each observation, in one pass.",
    "curvature": "The second derivative of the loss in the prediction, for each observation.",
}
#: The sums, each with the program that is run for it, what it does, and what it returns.
_SUMS = (
    ("total", "pointwise", "The sum of the losses, each times its weight.", "found[0]"),
    (
        "total_and_slope",
        "pointwise_and_slope",
        "The sum of the losses, and the slope of each observation, both times the weight.",
        "found[0], *found[2:]",
    ),
)


def _public(unit: Unit) -> str:
    """The functions of a written module."""
    keywords = [*unit.parameters]
    parameters = f"({''.join(f'{p}, ' for p in keywords)})"

    def function(name: str, kernel: str, words: str, more: Sequence[str], returned: str, last: str) -> str:
        star = ["*", *keywords, *more] if keywords or more else []
        head = f"def {name}({', '.join([*unit.arguments, *star])}):"
        given = f"({', '.join(unit.arguments)}), {parameters}, BUFFERS[{kernel!r}]{last}"
        run = f"_run({kernel}_kernel, {len(unit.programs[kernel].outputs)}, {given})"
        return f'{head}\n    """{words}"""\n    found = {run}\n    return {returned}'

    parts = [
        function(name, name, _WORDS[name], (), "found[1]" if len(program.outputs) == 1 else "found[1:]", "")
        for name, program in unit.programs.items()
    ]
    parts += [
        function(name, kernel, words, ["weights=None"], returned, ", weights, True")
        for name, kernel, words, returned in _SUMS
    ]
    return "\n\n\n".join(parts)


def source(unit: Unit) -> str:
    """A module on its own that computes the loss."""
    text = kernels(unit)
    lines = f"Functions: {', '.join([*unit.programs, *(name for name, *_ in _SUMS)])}.\n"
    lines += "It needs NumPy, and SciPy for special functions." if _needs_scipy(text) else "It needs NumPy."
    imports, _, functions = (
        inspect.getsource(runtime).partition('"""\n\n')[2].rstrip().partition("import numpy as np\n")
    )
    doc = described(unit, lines).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{doc}"""\n\n{imports}{_head(text)}{functions}\n\n\n{text}\n{_PUBLIC}\n\n{_public(unit)}\n'


def _needs_scipy(text: str) -> bool:
    return "special." in text or "trigamma(" in text


def _head(text: str) -> str:
    """What the kernels need to be imported."""
    special = "from scipy import special\n" if _needs_scipy(text) else ""
    return f"import numpy as np\n{special}{_TRIGAMMA if 'trigamma(' in text else ''}"


def load(unit: Unit, what: str) -> tuple[Callable[..., None], int]:
    """The kernel of one program, and how many buffers it needs."""
    text, buffers = kernel(unit, what)
    made = module(f"{unit.identifier}_{what}", f"{_head(text)}\n\n{text}\n")
    return vars(made)[f"{what}_kernel"], buffers
