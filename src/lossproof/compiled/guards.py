"""Where a form may lose digits at some data, a program that notices.

An error analysis to first order (Wilkinson 1963; Higham 2002, section 3.3) goes along with the values of a
`Program`, in units of the roundoff ``u = 2^-53``.  What is bounded whatever the data is a number here and costs
nothing there: products, sums of terms of one sign, functions of exact arguments.  Where terms may cancel, or the
argument of an exponential is itself rounded, the bound depends on the data, and becomes a few more operations of
the program.  The output ``doubt`` that `guarded` adds is negative or 0 where the other outputs are as good as the
operations allow; elsewhere the row is computed again with more digits (`lossproof.compiled.refinement`).

It is also positive where an output or something that is multiplied leaves the range of doubles.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sympy import Integer, Rational

from lossproof.compiled.program import OPERATIONS, Level, Node, Program

#: The error of one operation in units of ``u``: twice what its library says in units of the last place.
OWN: Mapping[str, float] = {
    **dict.fromkeys(("add", "sub", "mul", "div", "sqrt"), 1.0),
    **dict.fromkeys(("exp", "log"), 1.1),
    **dict.fromkeys(("log1p", "expm1", "sin", "cos", "pow", "xlogy", "erf", "exp_sub"), 2.0),
    **dict.fromkeys(("erfc", "erfcx", "ndtr", "log_ndtr", "trigamma", "digamma", "lgamma", "bessel_i0"), 4.0),
}
#: Functions with zeros next to which the library keeps digits of 1, not of the value.
_ZEROS = frozenset({"lgamma", "digamma"})
#: The aim in units of ``u``, and what cancellation may add to what the operations cost anyway.  A difference that
#: is a quarter of a term with half a unit in the last place of error is off by less than 3, and counts 5.4 here.  At
#: most it is so much, of which less than half is seen; but not where more digits cost a hundred times as much.
AIM, MORE, MOST = 5.5, 2.0, 10.0
_COSTLY = frozenset({"lgamma", "digamma", "trigamma", "erf", "erfc", "erfcx", "ndtr", "log_ndtr"})
#: The smallest number with all its digits, and the largest.
_SMALLEST, _LARGEST = Rational(2) ** -1022, (2 - Rational(2) ** -52) * Integer(2) ** 1023
#: Operations that leave the range of doubles with arguments inside; those that take such a result on as it is.
_SCALING = frozenset({"mul", "div", "exp", "pow", "expm1", "erfc", "ndtr"})
#: Functions that are infinite in doubles where the value is not, as the largest arguments are squared.
_UNBOUNDED = frozenset({"log_ndtr", "lgamma"})
_PASSING = frozenset({"neg", "abs", "max", "where", "choose", "gather"})
_HARMLESS = frozenset({"add", "sub", "sum", "largest", "log1p", "sign", "sin", "cos", "sum_but_largest"})

Range = tuple[float, float]


@dataclass(frozen=True)
class Error:
    """A bound of the error of a value in units of ``u``.

    Attributes:
        least: of the relative error, if nothing cancels.
        relative: whatever the data; None if that depends on them.
        absolute: the number of the value that is the bound of the absolute error.
    """

    least: float
    relative: float | None = None
    absolute: int | None = None


@dataclass
class _Guarding:
    program: Program
    ranges: Mapping[str, Range]
    most: float | None = None
    nodes: list[Node] = field(default_factory=list)
    spans: dict[int, Range] = field(default_factory=dict)
    errors: dict[int, Error] = field(default_factory=dict)
    _known: dict[Node, int] = field(default_factory=dict)

    # ------------------------------------------------------------ operations of the program

    def _add(self, node: Node) -> int:
        if node not in self._known:
            self._known[node] = len(self.nodes)
            self.nodes.append(node)
        return self._known[node]

    def op(self, name: str, *arguments: int) -> int:
        """A further value."""
        level = max(self.nodes[a].level for a in arguments)
        return self._add(Node(name, arguments, Level.ROW if OPERATIONS[name].reduces else level))

    def constant(self, value: float | Rational) -> int:
        """A number."""
        return self._add(Node("constant", (), Level.ALL, Rational(value)))

    def size(self, a: int) -> int:
        """``|a|``."""
        return a if self.spans.get(a, (-1.0, 1.0))[0] >= 0 else self.op("abs", a)

    def times(self, c: float, a: int) -> int:
        """``c a``."""
        return a if c == 1 else self.op("mul", self.constant(c), a)

    def total(self, *terms: int | None) -> int:
        """The sum of those that are there."""
        first, *rest = [t for t in terms if t is not None]
        for t in rest:
            first = self.op("add", first, t)
        return first

    def absolute(self, a: int) -> int | None:
        """The bound of the absolute error of a value; None if it is exact."""
        error = self.errors[a]
        if error.absolute is not None:
            return error.absolute
        assert error.relative is not None
        return self.times(error.relative, self.size(a)) if error.relative else None

    def exact(self, *values: int) -> bool:
        """Whether values have no error."""
        return all(self.errors[v].relative == 0 for v in values)

    # ------------------------------------------------------------ the whole

    def run(self) -> Program:
        """The program with its doubt, or as it was."""
        place: list[int] = []
        for node in self.program.nodes:
            arguments = tuple(place[a] for a in node.arguments)
            here = self._add(Node(node.operation, arguments, node.level, node.what))
            place.append(here)
            if here not in self.errors:
                self.spans[here] = self._span(node, [self.spans[a] for a in arguments])
                self.errors[here] = self._error(node, here, arguments)
        outputs = {name: place[number] for name, number in self.program.outputs.items()}
        doubts = [d for here in dict.fromkeys(outputs.values()) for d in self._doubts_of(here)]
        doubts += self._out_of_range(place)
        if not doubts:
            return self.program
        worst = doubts[0]
        for d in doubts[1:]:
            worst = self.op("max", worst, d)
        if self.nodes[worst].level is Level.ALL:
            first = next(n for n, node in enumerate(self.nodes) if node.operation == "input" and node.level > Level.ALL)
            worst = self.op("max", worst, self.op("mul", self.constant(0), self.op("sign", first)))
        return Program(self.program.inputs, tuple(self.nodes), {**outputs, "doubt": worst})

    def allowed(self, error: Error) -> float:
        """How large an error may be beside the value."""
        if self.most is not None:
            return self.most
        costly = any(node.operation in _COSTLY for node in self.program.nodes)
        return min(max(AIM, error.least + MORE), math.inf if costly else MOST)

    def _doubts_of(self, here: int) -> list[int]:
        """Of an output: that its error is too large for its size."""
        error = self.errors[here]
        if error.absolute is None:
            return []
        allowed = self.times(self.allowed(error), self.size(here))
        if self.nodes[here].operation not in ("add", "sub"):  # of 0 = 0 x 0, to first order there is no error
            allowed = self.op("sub", allowed, self.constant(_SMALLEST))
        return [self.op("sub", error.absolute, allowed)]

    def _out_of_range(self, place: list[int]) -> list[int]:
        """That a value that is multiplied on is too small for all its digits, or an output not finite or too small."""
        scaled = self._scaled()
        found = []
        for number, node in enumerate(self.program.nodes):
            here = place[number]
            if node.operation in _SCALING and scaled[number] and node.level > Level.ALL and self._shrinks(node, here):
                gap = self.op("sub", self.constant(_SMALLEST), self.size(here))
                for a in node.arguments if node.operation in ("mul", "div") else ():
                    if self._may_be_zero(place[a]):
                        gap = self.op("mul", gap, self.op("abs", self.op("sign", place[a])))
                found.append(gap)
        for number in set(self.program.outputs.values()):
            here = place[number]
            if self._ways(number) > 1:
                found.append(self.op("sub", self.constant(_SMALLEST), self.size(here)))
                found.append(self.op("sub", self.size(here), self.constant(_LARGEST)))
        return found

    def _scaled(self) -> list[bool]:
        """Of each value whether it goes, as it is, into an operation that multiplies."""
        found = [False] * len(self.program.nodes)
        for number in reversed(range(len(found))):
            node = self.program.nodes[number]
            goes_on = found[number] if node.operation in _PASSING else node.operation not in _HARMLESS
            if node.operation == "exp":
                goes_on = False
            for a in node.arguments:
                found[a] = found[a] or goes_on
        return found

    def _shrinks(self, node: Node, here: int) -> bool:
        """Whether a result may be too small for its digits; it may not if it lies away from 0."""
        low, high = self.spans[here]
        return low <= 2.0**-1000 and high >= -(2.0**-1000)

    def _may_be_zero(self, a: int) -> bool:
        low, high = self.spans[a]
        return low <= 0 <= high and self.nodes[a].operation not in ("exp", "constant", "mul", "div", "pow")

    def _ways(self, number: int) -> int:
        """How many operations on the way to a value may leave the range."""
        node = self.program.nodes[number]
        by_constant = node.operation == "mul" and any(
            self.program.nodes[a].operation == "constant" for a in node.arguments
        )
        here = node.operation in _SCALING | _UNBOUNDED and not by_constant
        return here + max((self._ways(a) for a in node.arguments), default=0)

    # ------------------------------------------------------------ where values lie

    def _span(self, node: Node, spans: list[Range]) -> Range:
        everything = -math.inf, math.inf
        match node.operation, spans:
            case "input", _:
                return self.ranges.get(str(node.what), everything)
            case "constant", _:
                assert isinstance(node.what, Rational) or node.what is not None
                return float(node.what), float(node.what)
            case "neg", [(low, high)]:
                return -high, -low
            case "add", [(a, b), (c, d)]:
                return _number(a + c, -math.inf), _number(b + d, math.inf)
            case "sub", _ if self._below_largest(*node.arguments):
                return 0.0, math.inf
            case "sub", [(a, b), (c, d)]:
                return _number(a - d, -math.inf), _number(b - c, math.inf)
            case "mul", [(a, b), (c, d)]:
                if node.arguments[0] == node.arguments[1] and a < 0:
                    return 0.0, math.inf
                corners = [_number(u * v, 0.0) for u in (a, b) for v in (c, d)]
                return min(corners), max(corners)
            case "div", [(a, b), (c, d)] if c >= 0 or d <= 0:
                if c >= 0:
                    return (0.0 if a >= 0 else -math.inf), (0.0 if b <= 0 else math.inf)
                return (0.0 if b <= 0 else -math.inf), (0.0 if a >= 0 else math.inf)
            case (("abs" | "sqrt" | "pow" | "erfc" | "erfcx" | "ndtr" | "trigamma" | "bessel_i0"), _):
                return 0.0, (1.0 if node.operation == "ndtr" else 2.0 if node.operation == "erfc" else math.inf)
            case "exp", [(low, high)]:
                return _exp(low), _exp(high)
            case "expm1", [(low, high)]:
                return _exp(low) - 1, _exp(high) - 1
            case "log1p", [(low, high)]:
                return (0.0 if low >= 0 else -math.inf), (0.0 if high <= 0 else math.inf)
            case "log", [(low, high)]:
                return (0.0 if low >= 1 else -math.inf), (0.0 if high <= 1 else math.inf)
            case "log_ndtr", _:
                return -math.inf, 0.0
            case ("max", [(a, b), (c, d)]):
                return max(a, c), max(b, d)
            case ("where", [_, (a, b), (c, d)]):
                return min(a, c), max(b, d)
            case (("sign" | "sin" | "cos" | "erf"), _):
                return -1.0, 1.0
            case "equal", _:
                return 0.0, 1.0
            case "largest", [span]:
                return span
            case (("sum" | "gather"), [(low, high), *_]):
                return (0.0 if low >= 0 else -math.inf), (0.0 if high <= 0 else math.inf)
        return everything

    def _below_largest(self, a: int, b: int) -> bool:
        """Whether from the largest of numbers one of them is subtracted."""
        largest, one = self.program.nodes[a], self.program.nodes[b]
        of = {b, *(one.arguments[:1] if one.operation == "gather" else ())}
        return largest.operation == "largest" and largest.arguments[0] in of

    # ------------------------------------------------------------ errors

    def _error(self, node: Node, here: int, arguments: tuple[int, ...]) -> Error:
        name = node.operation
        if name == "constant":
            value = node.what
            exact = isinstance(value, Rational) and int(value.q) & (int(value.q) - 1) == 0 and abs(value.p) < 2**53
            return Error(0.0, 0.0) if exact else Error(1.0, 1.0)
        errors = [self.errors[a] for a in arguments]
        if name in ("input", "class", "sign"):
            return Error(0.0, 0.0)
        if name in _RULES:
            return _RULES[name](self, here, arguments, errors)
        own = OWN[name]
        if self.exact(*arguments):
            if name in _ZEROS:
                return Error(own, None, self.total(self.times(own, self.size(here)), self.constant(own)))
            return Error(own, own)
        return self._of_inexact(name, own, here, arguments, errors)

    def _of_inexact(self, name: str, own: float, here: int, arguments: tuple[int, ...], errors: list[Error]) -> Error:
        """A function of a rounded argument: its slope there, or a bound of that, times the error."""
        (a,) = arguments
        (error,) = errors
        least = own + error.least
        low, high = self.spans[a]
        if error.relative is not None and (
            name in ("erf", "sqrt")
            or (name == "log1p" and low >= 0)
            or (name == "expm1" and high <= 0)
            or (name == "trigamma" and low >= 0)
        ):
            factor = {"sqrt": 0.5, "trigamma": 2.0}.get(name, 1.0)
            return Error(own + factor * error.least, own + factor * error.relative)
        moved = self.absolute(a)
        assert moved is not None
        value, argument = self.size(here), self.size(a)
        one = self.constant(1.0)
        match name:
            case "exp":
                return Error(least, None, self.op("mul", value, self.op("add", moved, self.constant(own))))
            case "log":
                slope = self.op("div", moved, argument)
            case "log1p":
                slope = self.op("div", moved, self.op("add", one, a))
            case "expm1":
                slope = self.op("mul", moved, self.op("add", one, here))
            case "sqrt":
                slope = self.op("div", moved, value)
            case "lgamma":
                size = self.op("add", self.op("abs", self.op("log", argument)), self.op("div", one, argument))
                slope = self.op("mul", moved, size)
            case "digamma":
                inverse = self.op("div", one, argument)
                slope = self.op("mul", moved, self.op("add", inverse, self.op("mul", inverse, inverse)))
            case "trigamma":
                slope = self.times(2.0, self.op("mul", self.op("div", moved, argument), value))
            case "log_ndtr":
                slope = self.op("mul", moved, self.op("add", one, argument))
            case "ndtr" | "erfc" | "erfcx":
                slope = self.times(2.0, self.op("mul", moved, self.op("mul", value, self.op("add", one, argument))))
            case "bessel_i0":
                slope = self.op("mul", moved, value)
            case _:  # sin, cos, erf: the slope is at most 2 / sqrt(pi)
                slope = moved
        zero = self.constant(own) if name in _ZEROS else None
        return Error(least, None, self.total(slope, self.times(own, value), zero))


def _number(value: float, otherwise: float) -> float:
    return otherwise if math.isnan(value) else value


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


Rule = Callable[[_Guarding, int, tuple[int, ...], list[Error]], Error]


def _sum(g: _Guarding, here: int, arguments: tuple[int, ...], errors: list[Error]) -> Error:
    a, b = arguments
    least = 1 + max(e.least for e in errors)
    if g.exact(a, b):
        return Error(1.0, 1.0)
    (low, high), (c, d) = g.spans[a], g.spans[b]
    if g.nodes[here].operation == "sub":
        c, d = -d, -c
    one_sign = (low >= 0 and c >= 0) or (high <= 0 and d <= 0)
    if one_sign and errors[0].relative is not None and errors[1].relative is not None:
        return Error(least, 1 + max(errors[0].relative, errors[1].relative))
    return Error(least, None, g.total(g.absolute(a), g.absolute(b), g.size(here)))


def _product(g: _Guarding, here: int, arguments: tuple[int, ...], errors: list[Error]) -> Error:
    a, b = arguments
    exact = any(g.nodes[v].operation == "constant" and _power_of_two(g.nodes[v].what) for v in arguments)
    own = 0.0 if exact else 1.0
    least = own + sum(e.least for e in errors)
    if errors[0].relative is not None and errors[1].relative is not None:
        return Error(least, own + errors[0].relative + errors[1].relative)
    ea, eb = g.absolute(a), g.absolute(b)
    terms = [g.op("mul", e, g.size(v)) for e, v in ((ea, b), (eb, a)) if e is not None]
    return Error(least, None, g.total(*terms, g.size(here) if own else None))


def _power_of_two(value: object) -> bool:
    return isinstance(value, Rational) and all(abs(int(v)) & (abs(int(v)) - 1) == 0 for v in (value.p, value.q))


def _quotient(g: _Guarding, here: int, arguments: tuple[int, ...], errors: list[Error]) -> Error:
    a, b = arguments
    least = 1 + sum(e.least for e in errors)
    if errors[0].relative is not None and errors[1].relative is not None:
        return Error(least, 1 + errors[0].relative + errors[1].relative)
    ea, eb, value = g.absolute(a), g.absolute(b), g.size(here)
    moved = g.op("mul", value, eb) if eb is not None else None
    return Error(least, None, g.total(g.op("div", g.total(ea, moved), g.size(b)), value))


def _same(g: _Guarding, here: int, arguments: tuple[int, ...], errors: list[Error]) -> Error:
    return errors[0]


def _chosen(g: _Guarding, here: int, arguments: tuple[int, ...], errors: list[Error]) -> Error:
    *gap, a, b = arguments
    ea, eb = errors[-2:]
    least = max(ea.least, eb.least)
    if ea.relative is not None and eb.relative is not None:
        return Error(least, max(ea.relative, eb.relative))
    zero = g.constant(0.0)
    both = [g.absolute(a), g.absolute(b)]
    first, second = (zero if e is None else e for e in both)
    which = {0: "max", 1: "where", 2: "choose"}[len(gap)]
    return Error(least, None, g.op(which, *gap, first, second))


def _power(g: _Guarding, here: int, arguments: tuple[int, ...], errors: list[Error]) -> Error:
    """``a^b (|b| da / |a| + |log a| db)``."""
    a, b = arguments
    own, value = OWN["pow"], g.size(here)
    least = own + sum(e.least for e in errors)
    if g.exact(a, b):
        return Error(own, own)
    ea, eb = g.absolute(a), g.absolute(b)
    constant = g.nodes[b].what if g.nodes[b].operation == "constant" else None
    if isinstance(constant, Rational) and errors[0].relative is not None and not errors[1].least:
        return Error(least, own + abs(float(constant)) * errors[0].relative)
    terms = [g.constant(own)]
    if errors[0].relative:
        terms.append(g.times(errors[0].relative, g.size(b)))
    elif ea is not None:
        terms.append(g.op("mul", g.size(b), g.op("div", ea, g.size(a))))
    if eb is not None:
        terms.append(g.op("mul", g.op("abs", g.op("log", a)), eb))
    return Error(least, None, g.op("mul", value, g.total(*terms)))


def _xlogy(g: _Guarding, here: int, arguments: tuple[int, ...], errors: list[Error]) -> Error:
    """``|log b| da + |a| db / b``."""
    a, b = arguments
    own = OWN["xlogy"]
    least = own + sum(e.least for e in errors)
    if errors[0].relative is not None and g.exact(b):
        return Error(own + errors[0].relative, own + errors[0].relative)
    ea, value = g.absolute(a), g.times(own, g.size(here))
    moved = g.op("mul", ea, g.op("abs", g.op("log", b))) if ea is not None else None
    if errors[1].relative is not None:
        shift = g.times(errors[1].relative, g.size(a)) if errors[1].relative else None
    else:
        eb = g.absolute(b)
        shift = g.op("mul", g.size(a), g.op("div", eb, g.size(b))) if eb is not None else None
    return Error(least, None, g.total(moved, shift, value))


def _over_classes(g: _Guarding, here: int, arguments: tuple[int, ...], errors: list[Error]) -> Error:
    """Sums along the classes in pairs: a few roundings of the terms."""
    (a,) = arguments
    (error,) = errors
    least = error.least + 3
    low, high = g.spans[a]
    if error.relative is not None and (low >= 0 or high <= 0):
        return Error(least, error.relative + 3)
    terms = g.total(g.absolute(a), g.times(3.0, g.size(a)))
    return Error(least, None, g.op("sum", terms))


def _exp_of_difference(g: _Guarding, here: int, arguments: tuple[int, ...], errors: list[Error]) -> Error:
    a, b = arguments
    own = OWN["exp_sub"]
    if g.exact(a, b):
        return Error(own, own)
    moved = g.total(g.absolute(a), g.absolute(b), g.constant(own))
    return Error(own + sum(e.least for e in errors), None, g.op("mul", moved, g.size(here)))


def _largest(g: _Guarding, here: int, arguments: tuple[int, ...], errors: list[Error]) -> Error:
    (error,) = errors
    return error if error.absolute is None else Error(error.least, None, g.op("largest", error.absolute))


def _gathered(g: _Guarding, here: int, arguments: tuple[int, ...], errors: list[Error]) -> Error:
    error = errors[0]
    return error if error.absolute is None else Error(error.least, None, g.op("gather", error.absolute, arguments[1]))


_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("add", "sub"), _sum),
    **dict.fromkeys(("neg", "abs"), _same),
    **dict.fromkeys(("max", "where", "choose"), _chosen),
    **{"mul": _product, "div": _quotient, "pow": _power, "xlogy": _xlogy},
    **{"sum": _over_classes, "sum_but_largest": _over_classes, "exp_sub": _exp_of_difference},
    **{"largest": _largest, "gather": _gathered},
}


def guarded(program: Program, ranges: Mapping[str, Range] | None = None, most: float | None = None) -> Program:
    """The program with an output ``doubt`` beside its others, positive where these may have lost digits.

    Args:
        program: values and outputs.
        ranges: the ends of the interval in which an input lies, if it is declared to lie in one.
        most: how large an error may be beside the value, in units of the roundoff; by default as near to the aim as
            the operations allow.

    Returns:
        The program itself, if nothing can be lost.
    """
    return _Guarding(program, ranges or {}, most).run()


def static_bound(program: Program, ranges: Mapping[str, Range] | None = None) -> dict[str, float]:
    """For each output a bound of its relative error where there is no doubt, in units of ``2^-53``."""
    guarding = _Guarding(program, ranges or {})
    made = guarding.run()
    places = {name: number for name, number in made.outputs.items() if name != "doubt"}
    found = {}
    for name, number in places.items():
        error = guarding.errors[number]
        found[name] = error.relative if error.relative is not None else guarding.allowed(error)
    return found
