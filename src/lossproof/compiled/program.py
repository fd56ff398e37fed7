"""A straight-line program: what an expression in letters says to compute, one operation after the other.

Nothing here knows an array library or a language; nothing is rearranged, for the order of operations is what
the error analysis was about.  Equal parts are computed once.  Each value has a `Level`: one number for the
whole of the data, one for each observation, one for each class of each observation.  Numbers of classes are
only compared and used to pick; in programs they count from 0, as arrays do.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property

from sympy import (
    Abs,
    Add,
    Basic,
    Expr,
    Function,
    Indexed,
    IndexedBase,
    Integer,
    KroneckerDelta,
    Max,
    Mul,
    NumberSymbol,
    Pow,
    Rational,
    Sum,
    Symbol,
    besseli,
    cos,
    digamma,
    erf,
    exp,
    factorial,
    gamma,
    log,
    polygamma,
    sign,
    sin,
    trigamma,
)

from lossproof.errors import UnsupportedExpression
from lossproof.models import K
from lossproof.notation.inert import ONE, add, inverse, mul, neg, sub
from lossproof.notation.inert import build as inert
from lossproof.notation.inert import exp as inert_exp
from lossproof.notation.inert import log as inert_log
from lossproof.notation.nodes import Named, Sigmoid, Softplus, Where, written_out
from lossproof.notation.plain import written
from lossproof.rulebook.floating import FUNCTIONS


class Level(IntEnum):
    """How many numbers a value is: one, one for each observation, or one for each class of each."""

    ALL, ROW, CLASS = 0, 1, 2


@dataclass(frozen=True)
class Operation:
    """An operation on numbers.

    Attributes:
        name: of the operation, the same in every backend's table.
        arity: how many arguments it takes.
        reduces: whether it takes one number for each class and gives one for each observation.
    """

    name: str
    arity: int
    reduces: bool = False


#: Every operation by name; each backend has a table with the same names.
OPERATIONS: Mapping[str, Operation] = {
    o.name: o
    for o in (
        *(Operation(name, 2) for name in ("add", "sub", "mul", "div", "pow", "max", "xlogy")),
        *(Operation(name, 1) for name in ("neg", "abs", "sqrt", "sign", "exp", "log", "log1p", "expm1", "sin", "cos")),
        *(
            Operation(name, 1)
            for name in ("lgamma", "digamma", "trigamma", "erf", "erfc", "erfcx", "log_ndtr", "ndtr", "bessel_i0")
        ),
        Operation("where", 3),  # the second where 0 <= the first, else the third
        Operation("exp_sub", 2),  # the exponential of a difference, the error of which is made good
        Operation("choose", 4),  # the third where the first two are equal, else the fourth
        Operation("gather", 2, reduces=True),  # of the numbers for the classes, that of the class with this number
        Operation("sum", 1, reduces=True),
        Operation("largest", 1, reduces=True),
        Operation("sum_but_largest", 1, reduces=True),  # of numbers that are not negative, all but one of the largest
    )
}


@dataclass(frozen=True)
class Node:
    """One value of a program.

    Attributes:
        operation: its name; ``input`` or ``constant`` for what is given, ``class`` for the number of the class.
        arguments: the numbers of the values it is computed from.
        level: how many numbers it is.
        what: the name of an input, or a constant.
    """

    operation: str
    arguments: tuple[int, ...]
    level: Level
    what: str | Rational | NumberSymbol | None = None


@dataclass(frozen=True)
class Program:
    """Values in the order in which they are computed.

    Attributes:
        inputs: the names of what is given, each with its level.
        nodes: the values.
        outputs: the numbers of those that are asked for, by name.
    """

    inputs: Mapping[str, Level]
    nodes: tuple[Node, ...]
    outputs: Mapping[str, int]

    @cached_property
    def last_use(self) -> tuple[int, ...]:
        """For each value the number of the last one that needs it; outputs are needed to the end."""
        last = list(range(len(self.nodes)))
        for number, node in enumerate(self.nodes):
            for a in node.arguments:
                last[a] = number
        for a in self.outputs.values():
            last[a] = len(self.nodes)
        return tuple(last)

    def run(self, table: Mapping[str, Callable[..., object]], given: Mapping[str, object]) -> dict[str, object]:
        """The outputs, computed with a table of operations; ``constant`` in the table makes a number."""
        values: list[object] = []
        for node in self.nodes:
            if node.operation == "input":
                values.append(given[str(node.what)])
            elif node.operation == "constant":
                values.append(table["constant"](node.what))
            elif node.operation == "class":
                values.append(table["class"]())
            else:
                values.append(table[node.operation](*(values[a] for a in node.arguments)))
        return {name: values[number] for name, number in self.outputs.items()}


#: What SymPy's functions of one argument are called.
_FUNCTIONS: Mapping[type[Function], str] = {
    **{Abs: "abs", sign: "sign", exp: "exp", log: "log", sin: "sin", cos: "cos"},
    **{digamma: "digamma", trigamma: "trigamma", erf: "erf"},
}
#: Definitions that the libraries compute better than what they stand for, by their heads.
_LIBRARY = frozenset(FUNCTIONS)


@dataclass
class Builder:
    """Makes a program out of expressions.

    Attributes:
        inputs: letters and arrays over the classes, each with its level.
        names: what they are called in the program.
        classes: the symbol for the number of classes, if there are classes.
        index: the class that an output is about, if it is a number for each class.
        largest: a letter for any class, for which the class of the largest score is put, and the array of scores.
            Where several scores are the largest, it is each of them: they give the same numbers.
        compensated: whether the rounding errors of differences of scores are made good.
    """

    inputs: Mapping[Basic, Level]
    names: Mapping[Basic, str]
    classes: Symbol | None = None
    index: Symbol | None = None
    largest: tuple[Symbol, IndexedBase] | None = None
    compensated: bool = False
    nodes: list[Node] = field(default_factory=list)
    _known: dict[Node, int] = field(default_factory=dict)
    _summed: bool = False

    def program(self, outputs: Mapping[str, Expr]) -> Program:
        """The program of some expressions.

        Raises:
            UnsupportedExpression: if a part has no operation; it names the part.
        """
        found = {name: self._of(e) for name, e in outputs.items()}
        return Program({self.names[k]: v for k, v in self.inputs.items()}, tuple(self.nodes), found)

    def _add(self, node: Node) -> int:
        if node not in self._known:
            self._known[node] = len(self.nodes)
            self.nodes.append(node)
        return self._known[node]

    def _op(self, name: str, *arguments: int) -> int:
        level = max((self.nodes[a].level for a in arguments), default=Level.ALL)
        if OPERATIONS[name].reduces:
            level = Level.ROW
        return self._add(Node(name, arguments, level))

    def _constant(self, value: Rational | NumberSymbol) -> int:
        return self._add(Node("constant", (), Level.ALL, value))

    def _input(self, name: Basic) -> int:
        return self._add(Node("input", (), self.inputs[name], self.names[name]))

    def _of(self, e: Expr) -> int:
        match e:
            case _ if e in self.inputs and not isinstance(e, IndexedBase):
                return self._input(e)
            case Symbol() if e == self.index:
                return self._add(Node("class", (), Level.CLASS))
            case Rational() | NumberSymbol():
                return self._constant(e)
            case Indexed() if e.base in self.inputs:
                return self._element(e)
            case Add() if (found := _by_equality(e)) is not None:
                return self._choice(*found)
            case Add():
                return self._sum(e.args)
            case Mul():
                return self._product(e.args)
            case Pow():
                return self._power(e.base, e.exp)
            case Max():
                return self._op("max", *map(self._of, e.args))
            case Where():
                return self._op("where", *map(self._of, e.args))
            case Named() if e.head.name in _LIBRARY:
                return self._op(e.head.name, *map(self._of, e.arguments))
            case Named():
                return self._of(written_out(e))
            case Sigmoid() | Softplus():
                return self._of(plain(e))
            case Sum() if self.classes is not None:
                return self._over_classes(e)
            case exp() if self.compensated and (terms := _difference(e.args[0])) is not None:
                return self._op("exp_sub", *map(self._of, terms))
            case log() if isinstance(e.args[0], factorial):
                return self._op("lgamma", self._of(add(e.args[0].args[0], ONE)))
            case factorial():
                return self._of(gamma(e.args[0] + 1, evaluate=False))
            case polygamma() if e.args[0] == 1:
                return self._op("trigamma", self._of(e.args[1]))
            case besseli() if e.args[0] == 0:
                return self._op("bessel_i0", self._of(e.args[1]))
            case Function() if type(e) in _FUNCTIONS:
                return self._op(_FUNCTIONS[type(e)], self._of(e.args[0]))
        raise UnsupportedExpression(f"{written(e)} ({type(e).__name__})", "the compiler")

    def _sum(self, terms: Sequence[Expr]) -> int:
        """From left to right; a negative term is subtracted."""
        result: int | None = None
        for term in terms:
            positive = _negated(term)
            if result is None:
                result = self._of(term)
            elif positive is not None:
                result = self._op("sub", result, self._of(positive))
            else:
                result = self._op("add", result, self._of(term))
        return self._constant(Integer(0)) if result is None else result

    def _product(self, factors: Sequence[Expr]) -> int:
        """From left to right; what is below the line divides; -1 is a change of sign."""
        if factors[0] == -1 and len(factors) > 1:
            return self._op("neg", self._product(factors[1:]))
        result: int | None = None
        for factor in factors:
            below = _inverted(factor)
            if below is not None and result is not None:
                result = self._op("div", result, self._of(below))
            elif result is None:
                result = self._of(factor)
            else:
                result = self._op("mul", result, self._of(factor))
        return self._constant(Integer(1)) if result is None else result

    def _power(self, base: Expr, exponent: Expr) -> int:
        if exponent == Rational(1, 2):
            return self._op("sqrt", self._of(base))
        if isinstance(exponent, Integer) and -4 <= exponent < 0:
            return self._op("div", self._constant(Integer(1)), self._power(base, -exponent))
        if isinstance(exponent, Integer) and 1 <= exponent <= 4:
            once = result = self._of(base)
            for _ in range(int(exponent) - 1):
                result = self._op("mul", result, once)
            return result
        return self._op("pow", self._of(base), self._of(exponent))

    def _element(self, e: Indexed) -> int:
        array = self._input(e.base)
        (index,) = e.indices
        if index == self.index:
            return array
        if self.largest == (index, e.base):
            return self._op("largest", array)
        return self._op("gather", array, self._of(index))

    def _choice(self, a: Expr, b: Expr, yes: Expr, no: Expr) -> int:
        """One of two values, by whether two classes are equal; whether one is that of the largest, its score says."""
        if self.largest is not None and b == self.largest[0]:
            a, b = self.largest[1][a], self.largest[1][b]
        return self._op("choose", *map(self._of, (a, b, yes, no)))

    def _over_classes(self, e: Sum) -> int:
        body, (index, low, high) = e.args
        if (low, high) != (1, self.classes) or self._summed:
            raise UnsupportedExpression(f"{written(e)} (not a sum over all classes)", "the compiler")
        outer, self.index, self._summed = self.index, index, True
        try:
            but_largest = self._but_largest(body, index)
            if but_largest is not None:
                return self._op("sum_but_largest", self._of(but_largest))
            return self._op("sum", self._of(body))
        finally:
            self.index, self._summed = outer, False

    def _but_largest(self, body: Expr, index: Symbol) -> Expr | None:
        """``exp(z_k - z_t)`` of ``(1 - [k = t]) exp(z_k - z_t)``, which is largest where ``z_k`` is."""
        if self.largest is None:
            return None
        top, array = self.largest
        share = inert_exp(sub(array[index], array[top]))
        return share if body == mul(sub(ONE, inert(KroneckerDelta, (index, top))), share) else None


def plain(e: Expr) -> Expr:
    """A sigmoid or softplus as its definition says; the search for a stable form leaves none."""
    (z,) = e.args
    return inverse(add(ONE, inert_exp(neg(z)))) if isinstance(e, Sigmoid) else inert_log(add(ONE, inert_exp(z)))


def _negated(e: Expr) -> Expr | None:
    """``a`` of ``-a``."""
    if isinstance(e, Mul) and e.args[0] == -1 and len(e.args) > 1:
        return e.args[1] if len(e.args) == 2 else Mul(*e.args[1:], evaluate=False)
    return None


def _by_equality(e: Add) -> tuple[Expr, Expr, Expr, Expr] | None:
    """``a``, ``b``, ``u``, ``v`` of ``[a = b] u + (1 - [a = b]) v``."""
    match e.args:
        case (Mul(args=(KroneckerDelta() as same, yes)), Mul(args=(other, no))) if other == sub(ONE, same):
            return (*same.args, yes, no)
    return None


def _difference(e: Expr) -> tuple[Expr, Expr] | None:
    """``a`` and ``b`` of ``a - b``."""
    if isinstance(e, Add) and len(e.args) == 2:
        second = _negated(e.args[1])
        return None if second is None else (e.args[0], second)
    return None


def _inverted(e: Expr) -> Expr | None:
    """``a`` of ``1 / a``."""
    if isinstance(e, Pow) and isinstance(e.exp, Integer) and e.exp < 0:
        return e.base if e.exp == -1 else Pow(e.base, -e.exp, evaluate=False)
    return None


#: Names that code of some language has a use for, or that stand for outputs.
_TAKEN = frozenset(
    {*keyword.kwlist, "auto", "case", "char", "const", "default", "do", "double", "enum", "extern", "float", "goto"}
    | {"inline", "int", "long", "register", "restrict", "short", "signed", "sizeof", "static", "struct", "switch"}
    | {"typedef", "union", "unsigned", "void", "volatile", "np", "special", "math", "work", "weights", "out", "n", "K"}
    | {"loss", "slope", "curvature", "total", "pointwise", "threads", "self", "j", "count", "block", "first", "last"}
    | {"start", "stop", "sums"}
)


def identifiers(letters: Iterable[Basic]) -> dict[Basic, str]:
    """A name for each letter that is an identifier in every language, as near to the letter as can be.

    >>> list(identifiers([Symbol("lambda"), Symbol("f'"), Symbol("t1")]).values())
    ['lambda_', 'f_', 't1_']
    """
    found: dict[Basic, str] = {}
    for letter in letters:
        name = re.sub(r"\W", "_", str(letter), flags=re.ASCII)
        if name in _TAKEN or re.fullmatch(r"[a-z]\d+|slope_\d+|\d.*|", name):
            name = f"{name}_" if not name[:1].isdigit() else f"v{name}"
        while name in found.values():
            name += "_"
        found[letter] = name
    return found


def build(
    outputs: Mapping[str, Expr],
    letters: Iterable[Basic],
    parameters: Iterable[Symbol],
    scores: Iterable[IndexedBase] = (),
    index: Symbol | None = None,
    largest: tuple[Symbol, IndexedBase] | None = None,
    *,
    compensated: bool = False,
) -> Program:
    """The program of some expressions in letters.

    Args:
        outputs: expressions by name.
        letters: symbols with a number for each observation.
        parameters: symbols with one number.
        scores: arrays with a number for each class of each observation.
        index: the class that an output is about, if it is a number for each class.
        largest: a letter for any class, for which that of the largest of these scores is put.
        compensated: whether the rounding errors of differences of scores are made good.

    Raises:
        UnsupportedExpression: if a part has no operation.
    """
    levels: dict[Basic, Level] = dict.fromkeys(parameters, Level.ALL)
    levels |= dict.fromkeys(letters, Level.ROW)
    levels |= dict.fromkeys(scores, Level.CLASS)
    classes = K if scores else None
    return Builder(levels, identifiers(levels), classes, index, largest, compensated).program(outputs)
