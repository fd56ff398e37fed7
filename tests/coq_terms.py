"""A reader and evaluator of the Coq that certificates are written in, made from the definitions in ``rules.v`` alone.

It shares no code with the package: what it finds a term to be worth is what Coq would, and the tests
compare that with what `lossproof.numeric` finds the expression to be worth from which the term was written.
Numbers are mpmath's, functions are Python's, one argument at a time, propositions are true or false.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import mpmath

M = mpmath.mp.clone()
M.dps = 150  # where a sigmoid is saturated, 1 minus it is small
NEAR = M.mpf(10) ** -9

Node = tuple[Any, ...]
Scope = Mapping[str, Any]

_TOKEN = re.compile(r"\s*(<->|<=|<>|->|=>|:=|/\\|\\/|[A-Za-z_][A-Za-z0-9_']*|\d+|.)", re.DOTALL)
_WORDS = {"fun", "forall", "if", "then", "else"}
#: Operations between two terms, by how tightly they bind; those of the second list group to the right.
_BINDS = {"<->": 2, "\\/": 3, "/\\": 4, "=": 5, "<": 5, "<=": 5, "<>": 5, "+": 6, "-": 6, "*": 7, "/": 7, "->": 1}
_RIGHT = {"->", "\\/", "/\\"}


class NotRead(Exception):
    """A text that is none of what certificates consist of."""


class Reader:
    """A recursive descent over the tokens of one term or proposition."""

    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text.strip())
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise NotRead(f"{token!r} for {wanted!r} in {' '.join(self.tokens)}")
        self.at += 1
        return token

    def term(self, least: int = 1) -> Node:
        left = self.head()
        while (token := self.peek()) in _BINDS and _BINDS[token] >= least:
            self.take()
            left = (token, left, self.term(_BINDS[token] + (token not in _RIGHT)))
        return left

    def head(self) -> Node:
        match self.peek():
            case "fun" | "forall" as word:
                self.take()
                names = list(self.binders("=>" if word == "fun" else ","))
                self.take("=>" if word == "fun" else ",")
                body = self.term()
                for name, kind in reversed(names):
                    body = (word, name, kind, body)
                return body
            case "if":
                self.take()
                for expected in ("Req_EM_T",):
                    self.take(expected)
                left, right = self.atom(), self.atom()
                self.take("then")
                yes = self.term()
                self.take("else")
                return ("if", left, right, yes, self.term())
            case "-":
                self.take()
                return ("minus", self.head())
        function = self.atom()
        while self.starts_atom():
            function = ("apply", function, self.atom())
        return function

    def starts_atom(self) -> bool:
        token = self.peek()
        return token == "(" or ((token[:1].isalnum() or token[:1] == "_") and token not in _WORDS)

    def atom(self) -> Node:
        token = self.take()
        if token == "(":
            inside = self.term()
            self.take(")")
            return inside
        if token.isdigit():
            return ("number", int(token))
        if token[:1].isalpha() or token[:1] == "_":
            return ("name", token)
        raise NotRead(f"{token!r} in {' '.join(self.tokens)}")

    def binders(self, end: str) -> Iterator[tuple[str, str]]:
        """``w j``, ``(w : R -> R) (j : R)``, or ``t : R``; the type is kept as text."""
        while self.peek() not in (end, ""):
            grouped = self.peek() == "("
            if grouped:
                self.take()
            names = []
            while self.peek() not in (":", end):
                names.append(self.take())
                if not self.peek():
                    raise NotRead(" ".join(self.tokens))
            kind, depth = [], 0
            if self.peek() == ":":
                self.take()
                while depth or self.peek() not in (")", end):
                    depth += {"(": 1, ")": -1}.get(self.peek(), 0)
                    kind.append(self.take())
            if grouped:
                self.take(")")
            for name in names:
                yield name, " ".join(kind)


def read(text: str) -> Node:
    """A term or a proposition."""
    reader = Reader(text)
    node = reader.term()
    if reader.peek():
        raise NotRead(f"{reader.peek()!r} is left of {text}")
    return node


@dataclass(frozen=True)
class Statement:
    """A sentence of a section: ``kind name : says.`` or ``Definition name binders := says.``"""

    kind: str
    name: str
    says: Node
    binders: tuple[str, ...] = ()


_SENTENCE = re.compile(
    r"^(Variable|Hypothesis|Lemma|Theorem) (\w+) : (.*?)\.\s*(?:\(\*.*)?$|"
    r"^Definition (\w+)(.*?) : (?:R -> )*R := (.*)\.$",
    re.MULTILINE,
)


def sentences(text: str) -> list[Statement]:
    """The variables, definitions, hypotheses, lemmas and theorems of a section, in order."""
    found = []
    for kind, name, says, defined, binders, body in _SENTENCE.findall(text):
        if defined:
            names = tuple(n for n, _ in Reader(f"{binders} :=").binders(":="))
            found.append(Statement("Definition", defined, read(body), names))
        else:
            found.append(Statement(kind, name, read(f"{says}") if kind != "Variable" else ("type", says)))
    return found


# ------------------------------------------------------------------ numbers


def terms(low: Any, high: Any) -> int:
    return max(int(M.floor(high - low)) + 1, 0)


def within(low: Any, high: Any, position: Any) -> bool:
    return any(position == low + k for k in range(terms(low, high)))


def inverse(a: Any) -> Any:
    return M.one / a if a != 0 else M.zero


def ln(a: Any) -> Any:
    return M.log(a) if a > 0 else M.zero


def power(a: Any, b: Any) -> Any:
    if b == M.floor(b):
        k = int(b)
        return a**k if k >= 0 else inverse(a**-k)
    return M.exp(b * ln(a)) if a > 0 else M.zero


def over(low: Any, high: Any, function: Callable[[Any], Any]) -> list[Any]:
    return [function(low + k) for k in range(terms(low, high))]


def update(array: Any, index: Any, value: Any) -> Any:
    changed = lambda k: value if k == index else array(k)  # noqa: E731
    return Row(changed, array.shape) if isinstance(array, Row) else changed


class Row:
    """A function of an index that knows how many elements it was made for, and what it is a row of."""

    def __init__(self, function: Callable[[Any], Any], shape: tuple[int, ...], name: object = None) -> None:
        self.function, self.shape, self.name = function, shape, name

    def __call__(self, k: Any) -> Any:
        return self.function(k)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and self.name is not None and self.name == other.name

    __hash__ = None  # type: ignore[assignment]


def slope(function: Callable[[Any], Any], at: Any, order: int = 1) -> Any:
    return M.diff(function, at, order)


def ex_derive(function: Callable[[Any], Any], at: Any, order: int = 1) -> bool:
    """As far as numbers can tell: the slopes on both sides agree."""
    left, right = (M.diff(function, at, order, direction=side) for side in (-1, 1))
    return near(left, right)


def near(a: Any, b: Any) -> bool:
    return abs(a - b) <= NEAR * (1 + abs(a) + abs(b))


def integral(low: Any, high: Any, function: Callable[[Any], Any]) -> Any:
    """By quadrature, between whole numbers, where the samples have their corners."""
    if not low < high:
        return M.zero
    corners = [M.mpf(k) for k in range(-4, 5) if low < k < high]
    with M.workdps(30):
        return M.quad(function, [low, *corners, high])


def sum_from(low: Any, function: Callable[[Any], Any]) -> Any:
    return M.fsum(function(low + k) for k in range(300))


def summable(low: Any, function: Callable[[Any], Any]) -> bool:
    """As far as numbers can tell: late terms are small."""
    return all(abs(function(low + k)) < NEAR for k in range(250, 260))


def curried(function: Callable[..., Any], count: int, *given: Any) -> Any:
    if len(given) == count:
        return function(*given)
    return lambda a: curried(function, count, *given, a)


def _library(gamma: str = "Gamma") -> dict[str, Any]:
    functions: dict[str, tuple[int, Callable[..., Any]]] = {
        "Sum": (3, lambda low, high, f: M.fsum(over(low, high, f))),
        "Product": (3, lambda low, high, f: M.fprod(over(low, high, f))),
        "power": (2, power),
        "ln": (1, ln),
        "exp": (1, M.exp),
        "sigmoid": (1, lambda z: inverse(1 + M.exp(-z))),
        "softplus": (1, lambda z: ln(1 + M.exp(z))),
        "Rabs": (1, abs),
        "Rmax": (2, max),
        "cos": (1, M.cos),
        "sin": (1, M.sin),
        "sign": (1, M.sign),
        "factorial": (1, lambda a: M.factorial(max(int(M.floor(a)), 0))),
        "Gamma": (1, M.gamma),
        "digamma": (2, lambda g, a: slope(g, a) * inverse(g(a))),
        "trigamma": (2, lambda _, a: M.psi(1, a)),
        "Bessel": (2, M.besseli),
        "Where": (3, lambda gap, yes, no: yes if gap >= 0 else no),
        "erf": (1, M.erf),
        "Integral": (3, integral),
        "integrable": (3, lambda low, high, f: M.isfinite(integral(low, high, f))),
        "Sum_from": (2, sum_from),
        "summable": (2, summable),
        "Kronecker": (2, lambda i, k: M.one if i == k else M.zero),
        "update": (3, update),
        "Derive": (2, slope),
        "Derive_n": (3, lambda f, k, t: slope(f, t, int(k))),
        "ex_derive": (2, ex_derive),
        "ex_derive_n": (3, lambda f, k, t: ex_derive(f, t, int(k))),
        "fst": (1, lambda pair: pair[0]),
        "snd": (1, lambda pair: pair[1]),
        "count": (1, lambda a: a == M.floor(a) and a >= 0),
        "integer": (1, lambda a: a == M.floor(a)),
        "within": (3, within),
        "bessel_function": (1, lambda f: all(near(f(M.zero)(x), M.besseli(0, x)) for x in map(M.mpf, (0.5, 3)))),
        "gamma_function": (1, lambda g: g(M.one) == 1 and all(near(g(a + 1), a * g(a)) for a in map(M.mpf, (0.5, 3)))),
    }
    return {name: curried(f, count) for name, (count, f) in functions.items()} | {
        "PI": +M.pi,
        "p_infty": M.inf,
        "m_infty": -M.inf,
    }


LIBRARY = _library()
#: What a name is taken to be that is bound by ``forall`` and has no value of its own.
SAMPLES = tuple(map(M.mpf, (-2, -1, 0, 0.5, 1, 3)))


class World:
    """The values of the names of a section.

    Args:
        values: of its variables and of what its lemmas are stated for.
        at: the parameters together, which ``D`` holds of.
    """

    def __init__(self, values: Mapping[str, Any], at: Any = None) -> None:
        self.values = {**LIBRARY, "D": lambda at: True, **values}
        self.at = at

    def define(self, s: Statement) -> None:
        """The meaning of a ``Definition``."""

        def meaning(*arguments: Any) -> Any:
            return self.value(s.says, dict(zip(s.binders, arguments, strict=True)))

        self.values[s.name] = curried(meaning, len(s.binders)) if s.binders else meaning()

    def value(self, e: Node, local: Scope | None = None) -> Any:
        """What a term is worth, or whether a proposition holds."""
        scope = local or {}
        match e:
            case ("number", k):
                return M.mpf(k)
            case ("name", name):
                if name in scope:
                    return scope[name]
                if name not in self.values:
                    raise NotRead(f"nothing is known of {name}")
                return self.values[name]
            case ("apply", function, argument):
                return self.value(function, scope)(self.value(argument, scope))
            case ("fun", name, _, body):
                return lambda a: self.value(body, {**scope, name: a})
            case ("forall", *_):
                return self.holds(e, scope)
            case ("if", left, right, yes, no):
                return self.value(yes if self.value(left, scope) == self.value(right, scope) else no, scope)
            case ("minus", a):
                return -self.value(a, scope)
            case ("->", a, b):
                return not self.value(a, scope) or self.value(b, scope)
            case ("/\\", a, b):
                return self.value(a, scope) and self.value(b, scope)
            case ("\\/", a, b):
                return self.value(a, scope) or self.value(b, scope)
            case (operation, a, b):
                return _OPERATIONS[operation](self.value(a, scope), self.value(b, scope))
        raise NotRead(repr(e))

    def holds(self, e: Node, scope: Scope) -> bool:
        """A proposition for all values: of an index, those in its range; of a parameter, its own; else some numbers."""
        if e[0] != "forall":
            return bool(self.value(e, scope))
        _, name, kind, body = e
        return all(self.holds(body, {**scope, name: v}) for v in self.choices(name, kind, body, scope))

    def choices(self, name: str, kind: str, body: Node, scope: Scope) -> list[Any]:
        """The values that a bound name goes through."""
        for p in premises(body):
            match p:
                case ("apply", ("apply", ("apply", ("name", "within"), low), high), ("name", index)) if index == name:
                    return over(self.value(low, scope), self.value(high, scope), lambda v: v)
                case ("apply", ("name", "D"), ("name", index)) if index == name:
                    return [self.at]
        return [self.values[name]] if kind else list(SAMPLES)


def premises(e: Node) -> Iterator[Node]:
    """What a proposition supposes."""
    while e[0] in ("forall", "->"):
        if e[0] == "->":
            yield e[1]
        e = e[-1]


def conclusion(e: Node) -> Node:
    """What a proposition says, its quantifiers and premises apart."""
    while e[0] in ("forall", "->"):
        e = e[-1]
    return e


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a * inverse(b),
    "=": lambda a, b: near(a, b),
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "<->": lambda a, b: bool(a) == bool(b),
}
