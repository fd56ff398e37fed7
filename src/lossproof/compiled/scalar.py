"""Programs as statements about the numbers of one observation, for languages with loops.

The statements are Python in which every name is a number; Numba compiles them, the C backend translates them.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy import NumberSymbol, Rational

from lossproof.compiled import elementary
from lossproof.compiled.program import Level, Node, Program
from lossproof.errors import UnsupportedExpression

#: Each operation on numbers; ``maximum`` and what is longer than a word is in `elementary`, the rest is in ``math``.
EXPRESSIONS: Mapping[str, str] = {
    "add": "{} + {}",
    "sub": "{} - {}",
    "mul": "{} * {}",
    "div": "{} / {}",
    "pow": "math.pow({}, {})",
    "max": "maximum({}, {})",
    "equal": "1.0 if {} == {} else 0.0",
    "where": "{1} if {0} >= 0.0 else {2}",
    "neg": "-{}",
    "abs": "abs({})",
    "sqrt": "math.sqrt({})",
    "sign": "signum({})",
    "exp": "branchless_exp({})",
    "log": "branchless_log({})",
    "log1p": "branchless_log1p({})",
    "expm1": "branchless_expm1({})",
    "sin": "math.sin({})",
    "cos": "math.cos({})",
    "xlogy": "product_with_log({}, {})",
    "lgamma": "math.lgamma({})",
    "digamma": "digamma({})",
    "trigamma": "trigamma({})",
    "erf": "math.erf({})",
    "ndtr": "normal_distribution({})",
    "log_ndtr": "log_normal_distribution({})",
    "bessel_i0": "bessel_i0({})",
}

#: An expression longer than this gets a name.
_WIDTH = 60


@dataclass(frozen=True)
class Statements:
    """What is computed once, and what for each observation ``j``; last, the elements of the outputs are set."""

    once: tuple[str, ...]
    each: tuple[str, ...]


class Writer:
    """Writes the statements of one program; what is needed once only and short becomes part of what needs it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._text: dict[int, str] = {}
        self._once, self._each = list[str](), list[str]()
        uses = [a for node in program.nodes for a in node.arguments] + list(program.outputs.values())
        self._uses = {number: uses.count(number) for number in range(len(program.nodes))}
        self._arms = {a for node in program.nodes if node.operation == "where" for a in node.arguments}

    def statements(self) -> Statements:
        """All of them, in order."""
        for number, node in enumerate(self.program.nodes):
            self._value(number, node)
        for out, number in self.program.outputs.items():
            self._each.append(f"{out}[j] = {self._text[number]}")
        return Statements(tuple(self._once), tuple(self._each))

    def _value(self, number: int, node: Node) -> None:
        if node.level is Level.CLASS or node.operation in {"gather", "sum", "largest"}:
            raise UnsupportedExpression("a number for each class", "a backend with loops")
        match node.operation:
            case "input" if node.level is Level.ALL:
                self._text[number] = str(node.what)
                return
            case "input":
                text = f"np.float64({node.what}[j])"
            case "constant":
                assert isinstance(node.what, (Rational, NumberSymbol))
                self._text[number] = _grouped(repr(float(node.what)))
                return
            case _:
                text = _applied(EXPRESSIONS[node.operation], [self._text[a] for a in node.arguments])
        if self._folded(number, node, text):
            self._text[number] = text
            return
        name = f"{'p' if node.level is Level.ALL else 't'}{number}"
        (self._once if node.level is Level.ALL else self._each).append(f"{name} = {text}")
        self._text[number] = name

    def _folded(self, number: int, node: Node, text: str) -> bool:
        if node.level is Level.ALL or node.operation == "input" or number in self._arms:
            return False
        return self._uses[number] == 1 and len(text) < _WIDTH


def _applied(expression: str, arguments: Sequence[str]) -> str:
    called = expression.endswith(")")
    return expression.format(*(a if called else _grouped(a) for a in arguments))


def _grouped(text: str) -> str:
    """The text as part of a larger expression."""
    match ast.parse(text, mode="eval").body:
        case ast.Name() | ast.Call() | ast.Constant():
            return text
    return f"({text})"


def functions_in(lines: Iterable[str]) -> list[Callable[..., float]]:
    """What some code calls of `elementary`, and what that calls, in the order in which it is defined there."""
    found: set[str] = set()
    waiting = list(_called("\n".join(lines)))
    while waiting:
        name = waiting.pop()
        if name not in found and name not in PRIMITIVES and hasattr(elementary, name):
            found.add(name)
            waiting += _called(inspect.getsource(getattr(elementary, name)))
    return [f for name, f in vars(elementary).items() if name in found]


def _called(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


#: What each language says in its own way.
PRIMITIVES = ("bits", "of_bits")
