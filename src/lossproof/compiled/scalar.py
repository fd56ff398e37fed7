"""Programs as statements about the numbers of one observation, for languages with loops.

The statements are Python in which every name is a number; Numba compiles them, the C backend translates them.
"""

from __future__ import annotations

import ast
import inspect
import re
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
    "choose": "{2} if {0} == {1} else {3}",
    "exp_sub": "exp_of_difference({}, {})",
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
    "erfc": "math.erfc({})",
    "erfcx": "scaled_erfc({})",
    "ndtr": "normal_distribution({})",
    "log_ndtr": "log_normal_distribution({})",
    "bessel_i0": "bessel_i0({})",
}

#: What takes few steps; of what takes more, a processor does not overlap two that wait for one another.
_SHORT = frozenset(
    {"input", "constant", "add", "sub", "mul", "div", "max", "where", "choose", "neg", "abs", "sign", "sqrt"}
)
#: An expression longer than this gets a name.
_WIDTH = 60


@dataclass(frozen=True)
class Statement:
    """``name = text``, or an element of an output that is set.

    Attributes:
        name, text: as they are written.
        loop: in which loop it is computed, counted from 0.
        short: whether every loop that needs it computes it again, for it takes few steps from what is given.
    """

    name: str
    text: str
    loop: int
    short: bool = False

    def __str__(self) -> str:
        return f"{self.name} = {self.text}"

    @property
    def needs(self) -> list[str]:
        """The values of this observation that it is computed from."""
        return re.findall(r"\bt\d+\b", self.text)


@dataclass(frozen=True)
class Statements:
    """What is computed once, and what for each observation ``j``."""

    once: tuple[Statement, ...]
    each: tuple[Statement, ...]

    def loops(self) -> tuple[list[list[str]], list[str]]:
        """What is computed for each observation, in several loops, with the names of the arrays between them.

        A value that a later loop needs is kept in an array, if it is not short.
        """
        of = {s.name: s for s in self.each}
        found, kept = list[list[str]](), list[str]()
        for loop in range(max((s.loop for s in self.each), default=0) + 1):
            needed = {s.name for s in self.each if s.loop == loop and not s.short}
            later = {n for s in self.each if s.loop > loop for n in s.needs}
            for s in reversed(self.each):
                if s.name in needed and (s.loop == loop or s.short):
                    needed |= set(s.needs)
            read = [n for n in of if n in needed and of[n].loop < loop and not of[n].short]
            keep = [n for n in of if n in needed and n in later and of[n].loop == loop and not of[n].short]
            kept += [_array(n) for n in keep]
            here = [str(s) for s in self.each if s.name in needed and (s.loop == loop or s.short)]
            lines = [*(f"{n} = {_array(n)}[j]" for n in read), *here, *(f"{_array(n)}[j] = {n}" for n in keep)]
            found.append(lines)
        return found, kept


def _array(name: str) -> str:
    """What keeps a value for later loops."""
    return f"w{name[1:]}"


class Writer:
    """Writes the statements of one program; what is needed once only and short becomes part of what needs it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._text: dict[int, str] = {}
        self._depth: dict[int, int] = {}
        self._once, self._each = list[Statement](), list[Statement]()
        uses = [a for node in program.nodes for a in node.arguments] + list(program.outputs.values())
        self._uses = {number: uses.count(number) for number in range(len(program.nodes))}
        self._arms = {a for node in program.nodes if node.operation in {"where", "choose"} for a in node.arguments[-2:]}

    def statements(self) -> Statements:
        """All of them, in order."""
        for number, node in enumerate(self.program.nodes):
            before = max((self._depth[a] for a in node.arguments), default=0)
            self._depth[number] = 0 if node.level is Level.ALL else before + (node.operation not in _SHORT)
            self._value(number, node)
        for out, number in self.program.outputs.items():
            self._each.append(Statement(f"{out}[j]", self._text[number], self._loop(number)))
        return Statements(tuple(self._once), tuple(self._each))

    def _loop(self, number: int) -> int:
        return max(0, self._depth[number] - 1)

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
                self._text[number] = grouped(repr(float(node.what)))
                return
            case _:
                text = applied(EXPRESSIONS[node.operation], [self._text[a] for a in node.arguments])
        if self._folded(number, node, text):
            self._text[number] = text
            return
        name = f"{'p' if node.level is Level.ALL else 't'}{number}"
        statement = Statement(name, text, self._loop(number), short=self._depth[number] == 0)
        (self._once if node.level is Level.ALL else self._each).append(statement)
        self._text[number] = name

    def _folded(self, number: int, node: Node, text: str) -> bool:
        if node.level is Level.ALL or node.operation == "input" or node.operation not in _SHORT or number in self._arms:
            return False
        return self._uses[number] == 1 and len(text) < _WIDTH


def applied(expression: str, arguments: Sequence[str]) -> str:
    """An operation on arguments."""
    called = expression.endswith(")")
    return expression.format(*(a if called else grouped(a) for a in arguments))


def grouped(text: str) -> str:
    """The text as part of a larger expression."""
    match ast.parse(text, mode="eval").body:
        case ast.Name() | ast.Call() | ast.Constant() | ast.Subscript():
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
