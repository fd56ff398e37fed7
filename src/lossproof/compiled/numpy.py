"""Programs as NumPy code that works on a block of rows at a time, without temporary arrays but a few reused ones."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from sympy import NumberSymbol, Rational

from lossproof.compiled import runtime
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


def kernels(unit: Unit) -> str:
    """The kernels of a loss and how many buffers each needs, as text."""
    parts, buffers = [], {}
    for name, program in unit.programs.items():
        writer = Writer(program)
        parts.append(writer.written(f"{name}_kernel", unit.arguments, unit.parameters))
        buffers[name] = writer.buffers
    return "\n\n\n".join([*parts, f"BUFFERS = {buffers!r}"])


def source(unit: Unit, doc: str) -> str:
    """A module on its own that computes the loss."""
    special = "from scipy import special\n" if "special." in kernels(unit) else ""
    body = inspect.getsource(runtime).partition('"""\n\n')[2]
    return f'"""{doc}"""\n\n{special}{body}\n\n{kernels(unit)}\n'


def load(unit: Unit) -> Mapping[str, Any]:
    """The kernels of a loss, by name, with ``BUFFERS``."""
    from lossproof.compiled.loading import module

    text = kernels(unit)
    special = "from scipy import special\n" if "special." in text or "trigamma" in text else ""
    extra = _TRIGAMMA if "trigamma(" in text else ""
    return vars(module(f"{unit.identifier}_numpy", f"import numpy as np\n{special}\n{extra}\n{text}\n"))
