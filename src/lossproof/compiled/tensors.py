"""Programs as functions of whole arrays, one operation a line: for libraries that differentiate, trace and fuse them.

What is written for PyTorch and for JAX differs in a table of operations and in how a derivative of one's own is
declared.  There, arrays stay where they are, and are not looked at: whether observations lie where the model has
them is checked only of arrays of other libraries.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import NumberSymbol, Rational

from lossproof.compiled.arrays import Given, broadcast
from lossproof.compiled.document import described
from lossproof.compiled.loading import module
from lossproof.compiled.loss import CompiledLoss
from lossproof.compiled.program import Level, Node, Program
from lossproof.compiled.unit import Unit
from lossproof.errors import DataError

Array = npt.NDArray[Any]

#: Operations that every library writes alike.
INFIX: Mapping[str, str] = {
    "add": "{} + {}",
    "sub": "{} - {}",
    "mul": "{} * {}",
    "div": "{} / {}",
    "pow": "{} ** {}",
    "neg": "-{}",
}
#: What is said of each function that is written.
WORDS: Mapping[str, str] = {
    "pointwise": "The loss of each observation.",
    "slope": "The derivative of the loss in the prediction.",
    "curvature": "The second derivative of the loss in the prediction.",
}


@dataclass(frozen=True)
class Language:
    """How a library writes operations.

    Attributes:
        name: of the library.
        functions: a template for each operation that is not written as everywhere.
        zeros: a template for as many zeros as an array has numbers.
        number: a template for a number that is given to a function, if it does not take Python's.
    """

    name: str
    functions: Mapping[str, str]
    zeros: str
    number: str = "{}"

    def function(self, name: str, program: Program, given: Sequence[str]) -> str:
        """A program as a function of some arguments."""
        lines, texts = list[str](), list[str]()
        for number, node in enumerate(program.nodes):
            match node.operation:
                case "input":
                    texts.append(str(node.what))
                case "constant":
                    assert isinstance(node.what, (Rational, NumberSymbol))
                    value = float(node.what)
                    texts.append(f"{value!r}" if value >= 0 else f"({value!r})")
                case _:
                    texts.append(f"t{number}")
                    arguments = [self._argument(program, texts, a, node) for a in node.arguments]
                    template = INFIX.get(node.operation) or self.functions[node.operation]
                    lines.append(f"t{number} = {template.format(*arguments)}")
        returned = ", ".join(self._output(program, texts, number) for number in program.outputs.values())
        head = f'def {name}({", ".join(given)}):\n    """{WORDS[name.lstrip("_")]}"""'
        return "\n    ".join([head, *lines, f"return {returned}"])

    def _argument(self, program: Program, texts: Sequence[str], number: int, node: Node) -> str:
        of, text = program.nodes[number], texts[number]
        if of.level is Level.ALL and node.operation not in INFIX:
            return self.number.format(text)
        return f"{text}[..., None]" if of.level is Level.ROW and node.level is Level.CLASS else text

    def _output(self, program: Program, texts: Sequence[str], number: int) -> str:
        """What is returned: a number that is the same for all observations once for each."""
        each = program.nodes[number].level is not Level.ALL
        return texts[number] if each else f"{texts[number]} + {self.zeros.format(next(iter(program.inputs)))}"

    def functions_of(self, unit: Unit, declared: str) -> str:
        """The functions of a loss, each with the next as its derivative.

        Args:
            unit: the programs.
            declared: what stands in a declaration after the function and its derivative.
        """
        given, parts, derivative = (*unit.arguments, *unit.parameters), list[str](), "None"
        for name in ("curvature", "slope", "pointwise"):
            if name in unit.programs:
                parts.append(self.function(f"_{name}", unit.programs[name], given))
                parts.append(f"{name} = derived(_{name}, {derivative}, {declared})")
                derivative = name
        return "\n\n\n".join(parts)


class TensorBackend(ABC):
    """A library of tensors that runs written functions; as a `Backend`, also on arrays of NumPy."""

    #: How operations are written.
    language: Language
    #: The namespace of the library.
    library: Any
    #: The module whose text a written module carries.
    carried: ModuleType

    def __init__(self, unit: Unit, threads: int) -> None:
        self.unit, self.threads = unit, threads
        self._text = self.language.functions_of(unit, self.declared(unit))
        found = vars(module(f"{unit.identifier}_{self.language.name}", f"{self._carried()}\n\n\n{self._text}\n"))
        self._functions: dict[str, Callable[..., Any]] = {name: found[name] for name in WORDS if name in found}

    @abstractmethod
    def declared(self, unit: Unit) -> str:
        """What stands in a declaration of a derivative after the function and its derivative."""

    @abstractmethod
    def own(self, names: Sequence[str], values: Sequence[Any]) -> Given | None:
        """Arrays of the library, beside numbers; None if they are anything else."""

    @abstractmethod
    def of_numpy(self, array: Any) -> Any:
        """An array of NumPy as one of the library."""

    @abstractmethod
    def cast(self, array: Any, dtype: str) -> Any:
        """An array of the library as one of another type of number."""

    @abstractmethod
    def parameter(self, name: str, value: Any) -> Any:
        """A parameter of the noise as the functions take it."""

    def run(self, what: str, arrays: Sequence[Any], parameters: Sequence[Any]) -> tuple[Any, ...]:
        """The outputs of a program on arrays of the library, of one shape and type."""
        names = ("pointwise", "slope") if what == "pointwise_and_slope" else (what,)
        found = [self._functions[name](*arrays, *parameters) for name in names]
        return tuple(part for whole in found for part in (whole if isinstance(whole, tuple) else (whole,)))

    def fill(self, what: str, arrays: Sequence[Any], parameters: Sequence[float], outs: Sequence[Array]) -> None:
        """Fill the outputs of a program."""
        shape = np.broadcast_shapes(*(np.shape(a) for a in arrays))
        rows = [self.of_numpy(np.broadcast_to(a, shape)) for a in arrays]
        for out, found in zip(outs, self.run(what, rows, parameters), strict=True):
            out[...] = np.asarray(found)

    def total(
        self,
        arrays: Sequence[Any],
        parameters: Sequence[float],
        weights: Array | None,
        slopes: Sequence[Array] | None,
    ) -> float:
        """The weighted sum of the losses; fills the weighted slopes, if they are given."""
        count = max((len(a) for a in arrays if np.ndim(a)), default=1)
        losses = np.empty(count, next(a.dtype for a in arrays))
        self.fill("pointwise_and_slope" if slopes else "pointwise", arrays, parameters, [losses, *(slopes or ())])
        for out in (losses, *(slopes or ())) if weights is not None else ():
            out *= weights
        return float(np.sum(losses, dtype=np.float64))

    def source(self) -> str:
        """A module on its own."""
        names = [name for name in WORDS if name in self._functions]
        lines = f"Functions: {', '.join(names)}; arguments have one shape. It needs {self.language.name}."
        doc = described(self.unit, lines).replace("\\", "\\\\").replace('"""', "'''")
        return f'"""{doc}"""\n\n{self._carried()}\n\n\n{self._text}\n'

    def _carried(self) -> str:
        return inspect.getsource(self.carried).partition('"""\n\n')[2].rstrip()


@dataclass(frozen=True)
class TensorLoss(CompiledLoss):
    """A derived loss as functions over arrays of a library, which differentiates them by the derived slope.

    Sums are arrays without axes, and can be differentiated too.
    """

    backend: TensorBackend

    def _filled(self, what: str, arguments: Sequence[Any], parameters: Mapping[str, Any]) -> list[Any]:
        given, _ = self._given(arguments)
        if given.library is not self.backend.library:
            return super()._filled(what, arguments, parameters)
        self._needs(what)
        return [self.backend.cast(found, given.dtype) for found in self._run(what, given, parameters)]

    def total(self, *arguments: Any, weights: Any = None, **parameters: Any) -> Any:
        """The sum of the losses, each times its weight."""
        given, weight = self._given(arguments, weights)
        if given.library is not self.backend.library:
            return super().total(*arguments, weights=weights, **parameters)
        (losses,) = self._run("pointwise", given, parameters)
        return given.library.sum(losses if weight is None else losses * self._weight(weight, losses))

    def total_and_slope(
        self, *arguments: Any, weights: Any = None, out: Any = None, **parameters: Any
    ) -> tuple[Any, ...]:
        """The sum of the losses, and for each observation its slope, both times the weight."""
        given, weight = self._given(arguments, weights)
        if given.library is not self.backend.library or out is not None:
            return super().total_and_slope(*arguments, weights=weights, out=out, **parameters)
        losses, *slopes = self._run("pointwise_and_slope", given, parameters)
        factor = 1 if weight is None else self._weight(weight, losses)
        return given.library.sum(losses * factor), *(self.backend.cast(s * factor, given.dtype) for s in slopes)

    @property
    def _accurate(self) -> Any:
        """What fills the outputs for arrays of NumPy: as for those of the library, without guards."""
        return self.backend

    def _take(self, names: Sequence[str], values: Sequence[Any]) -> Given:
        return self.backend.own(names, values) or super()._take(names, values)

    def _run(self, what: str, given: Given, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        library, working = given.library, given.working
        arrays = [library.asarray(a, device=given.device) if isinstance(a, float) else a for a in given.arrays]
        try:
            shape = library.broadcast_shapes(*(a.shape for a in arrays))
        except (ValueError, RuntimeError):
            shape = broadcast(given.names, [tuple(a.shape) for a in arrays])
        rows = [library.broadcast_to(self.backend.cast(a, working), shape) for a in arrays]
        numbers = [self.backend.parameter(name, value) for name, value in self._parameters(parameters).items()]
        return self.backend.run(what, rows, numbers)

    def _weight(self, weights: Given, losses: Any) -> Any:
        (weight,) = weights.arrays
        if isinstance(weight, float):
            return weight
        if weights.library.broadcast_shapes(weight.shape, losses.shape) != losses.shape:
            raise DataError(f"weights have the shape {tuple(weight.shape)}, the observations {tuple(losses.shape)}")
        return self.backend.cast(weight, weights.working)
