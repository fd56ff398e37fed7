"""Losses, sets and conditions as text, through one grammar; nothing is ever evaluated.

A loss is written as on paper or in Python: ``max(0, 1 - y*f)``, ``log(1 + exp(-y*f))``,
``where(abs(y - f) <= delta, (y - f)^2/2, delta*abs(y - f) - delta^2/2)``, and with elements of a
vector ``-f[y] + log(sum(exp(f[k]), k, 1, K))``.  It becomes an inert expression in the order it was
written; numbers are exact, so that ``0.1`` is one tenth.

==================================  =====================================================
``+ - * / ^ **``, ``y!``            arithmetic; ``1/2`` is one number
`FUNCTIONS`                         each with its number of arguments
``where(condition, a, b)``          ``a`` where the condition holds, else ``b``
``u <= v``, ``and``, ``or``         conditions, which stand in ``where`` only; also ``==``, ``!=``
``sum(body, k, 1, K)``              over the integers ``k = 1, ..., K``
``f[k]``, ``y[k]``                  elements, where the set is one of vectors
``pi``, ``e``                       the numbers; every other name is a symbol
==================================  =====================================================

What this module knows: how text is read.  What it does not know: which questions make sense
(`lossproof.recovery.question`).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from sympy import E, Expr, IndexedBase, Integer, Rational, S, Symbol, pi

from lossproof.errors import LossproofError, ParseError
from lossproof.kernel.domains import NONZERO, REAL, Domain, point
from lossproof.notation.inert import (
    add,
    exp,
    factorial,
    inverse,
    mul,
    neg,
    power,
    total,
)
from lossproof.notation.shapes import DEEPEST, LONGEST_NAME, bearable, is_name
from lossproof.numeric.evaluate import Precise, evaluate
from lossproof.recovery.functions import FUNCTIONS, LETTERS, Choice, both, comparison, either
from lossproof.recovery.grammar import branch, child, pairs, start_of, token_of, tree_of
from lossproof.recovery.sets import (
    COUNTS,
    POSITIVE,
    UNIT,
    Counts,
    Finite,
    Interval,
    Set,
    Simplex,
    Vectors,
    interval,
    labels,
)
from lossproof.recovery.sets import REAL as REAL_LINE

if TYPE_CHECKING:
    from lark import Token, Tree

#: The longest number (in characters) and exponent; the largest expression; the most outcomes and bounds.
LONGEST_NUMBER, LARGEST_EXPONENT, MOST_PARTS, MOST_OUTCOMES = 300, 300, 5000, 1000
#: How deep brackets and signs may nest.
DEEPEST_TEXT = 2 * DEEPEST

# ------------------------------------------------------------------ names


#: The numbers that have a name.
NUMBERS: Mapping[str, Expr] = {"pi": pi, "e": E, "E": E}
#: Words of the grammar, and names that are read as something else.
_WORDS_OF_GRAMMAR = frozenset({"and", "or", "in", "oo", "inf", "nan", "I", "sum", "where", "real", "not"})


@dataclass
class Names:
    """What names in a loss stand for.

    Attributes:
        numbers: the observation and the predictions that are numbers, by name.
        arrays: those that are vectors.
        declared: symbols of which something is said, and what.
        sizes: names of positive integers: how many classes or elements there are.
    """

    numbers: Mapping[str, Symbol] = field(default_factory=dict)
    arrays: Mapping[str, IndexedBase] = field(default_factory=dict)
    declared: Mapping[str, Domain] = field(default_factory=dict)
    sizes: frozenset[str] = frozenset()

    def symbol(self, name: str) -> Symbol:
        """The symbol of a name that is no array: one of which nothing is said is a positive constant."""
        if name in self.numbers:
            return self.numbers[name]
        if name in self.sizes:
            return size_symbol(name)
        return Symbol(name, real=True) if name in self.declared else Symbol(name, positive=True)


def size_symbol(name: str) -> Symbol:
    """How many classes or elements there are: a positive integer."""
    return Symbol(name, integer=True, positive=True)


def usable(name: str) -> bool:
    """Whether a name may be that of a symbol: it is one of the grammar, and means nothing else."""
    taken = name in NUMBERS or name in _WORDS_OF_GRAMMAR or (name in FUNCTIONS and name not in LETTERS)
    return is_name(name) and name[0].isalpha() and not taken


# ------------------------------------------------------------------ the reader


#: What makes a sum, or the like, of its body, its index and the ends of its range.
Binder: TypeAlias = Callable[[Expr, Symbol, Expr, Expr], Expr]


class Reader:
    """One text, read: expressions, sets or conditions."""

    #: What runs over a range, by name.
    binders: ClassVar[Mapping[str, Binder]] = {"sum": total}

    def __init__(self, text: str, names: Names) -> None:
        self.text, self.names = text, names
        self.indices: dict[str, Symbol] = {}
        self.indexed: frozenset[str] = frozenset()
        self.depth = 0

    def error(self, at: Tree[Token] | Token, expected: str) -> ParseError:
        """That something else was expected there."""
        return ParseError(self.text, start_of(at), expected)

    # -------------------------------------------------------------- expressions

    def number(self, tree: Tree[Token]) -> Expr:
        """The value of an expression that is a number, not a condition."""
        if self.depth >= DEEPEST_TEXT:
            raise self.error(tree, "a formula that is nested less deeply")
        self.depth += 1
        try:
            handler = getattr(self, f"_{tree.data}", None)
            if handler is None or tree.data in ("compare", "both", "either"):
                raise self.error(tree, "a number, not a comparison")
            out: Expr = handler(tree)
        finally:
            self.depth -= 1
        if not bearable(out, MOST_PARTS, DEEPEST):
            raise self.error(tree, "a formula that is shorter and nested less deeply")
        return out

    def _loss(self, tree: Tree[Token]) -> Expr:
        return self.number(child(tree))

    def _group(self, tree: Tree[Token]) -> Expr:
        return self.number(child(tree))

    def _add(self, tree: Tree[Token]) -> Expr:
        terms = [self.number(branch(tree.children[0]))]
        for mark, term in pairs(tree):
            value = self.number(term)
            terms.append(value if mark.type == "PLUS" else self._negative(value, term))
        return add(*terms)

    def _negative(self, value: Expr, tree: Tree[Token]) -> Expr:
        """``-a``; of a number that is written out, the number."""
        return -value if isinstance(value, Rational) and tree.data != "group" else neg(value)

    def _minus(self, tree: Tree[Token]) -> Expr:
        inner = branch(tree.children[1])
        return self._negative(self.number(inner), inner)

    def _plus(self, tree: Tree[Token]) -> Expr:
        return self.number(branch(tree.children[1]))

    def _multiply(self, tree: Tree[Token]) -> Expr:
        """A product, in the order written; a sign in front belongs to the whole, ``1/2`` is one number."""
        first = branch(tree.children[0])
        if first.data == "minus":
            inner = self._product(tree, branch(first.children[1]))
            return -inner if isinstance(inner, Rational) else neg(inner)
        return self._product(tree, first)

    def _product(self, tree: Tree[Token], first: Tree[Token]) -> Expr:
        factors, literal = [self.number(first)], first.data == "number"
        lone_one = literal and factors[0] is S.One
        for mark, term in pairs(tree):
            value, whole = self.number(term), term.data == "number"
            if mark.type == "TIMES":
                factors.append(value)
            elif literal and whole and value is not S.Zero:
                factors[-1] = factors[-1] / value
                continue
            elif lone_one and factors == [S.One]:
                factors = [inverse(value)]
            else:
                factors.append(inverse(value))
            literal = whole and mark.type == "TIMES"
        return factors[0] if len(factors) == 1 else mul(*factors)

    def _power(self, tree: Tree[Token]) -> Expr:
        base, exponent = branch(tree.children[0]), self.number(branch(tree.children[2]))
        value = self.number(base)
        return exp(exponent) if base.data == "name" and value is E else power(value, exponent)

    def _factorial(self, tree: Tree[Token]) -> Expr:
        return factorial(self.number(child(tree)))

    def _number(self, tree: Tree[Token]) -> Expr:
        return self._literal(token_of(tree))

    def _literal(self, token: Token) -> Rational:
        digits, _, exponent = token.lower().partition("e")
        if len(digits) > LONGEST_NUMBER or len(exponent) > 5 or abs(int(exponent or 0)) > LARGEST_EXPONENT:
            raise self.error(token, "a number of fewer digits")
        whole, _, part = digits.partition(".")
        value = Fraction(int(f"{whole}{part}"), 10 ** len(part)) * Fraction(10) ** int(exponent or 0)
        return Rational(value.numerator, value.denominator)

    def _name(self, tree: Tree[Token]) -> Expr:
        token = token_of(tree)
        name = str(token)
        if name in self.indices:
            return self.indices[name]
        if name in self.names.arrays:
            raise self.error(token, f"an element such as {name}[k]: the set of '{name}' is one of vectors")
        if name in self.names.numbers:
            return self.names.numbers[name]
        if name in NUMBERS:
            return NUMBERS[name]
        self._check_name(token)
        if name in self.indexed:
            raise self.error(token, f"a name that is not an index elsewhere ('{name}' is)")
        return self.names.symbol(name)

    def _check_name(self, token: Token) -> None:
        name = str(token)
        if len(name) > LONGEST_NAME:
            raise self.error(token, f"a name of at most {LONGEST_NAME} letters")
        if name in FUNCTIONS and name not in LETTERS:
            raise self.error(token, f"'{name}(...)': it is a function")
        if not usable(name):
            raise self.error(token, f"a name that does not mean something else, as '{name}' does")

    def _element(self, tree: Tree[Token]) -> Expr:
        token, *inside = tree.children
        name = str(token)
        if name not in self.names.arrays:
            whole = "its set is one of numbers" if name in self.names.numbers else "only the observation and "
            more = "" if name in self.names.numbers else "the predictions have elements, where their set is of vectors"
            raise self.error(tree, f"'{name}' without an index: {whole}{more}")
        if len(inside) > 1:
            raise self.error(branch(inside[1]), f"one index of '{name}'")
        return self.names.arrays[name][self.number(branch(inside[0]))]

    def _call(self, tree: Tree[Token]) -> Expr:
        token, arguments = tree.children[0], [branch(c) for c in tree.children[1:]]
        name = str(token)
        if name == "where":
            self._count(tree, arguments, 3, 3)
            choice, yes, no = self._condition(arguments[0]), self.number(arguments[1]), self.number(arguments[2])
            return choice(yes, no)
        if name in self.binders:
            return self._over(self.binders[name], tree, arguments)
        if name not in FUNCTIONS:
            close = difflib.get_close_matches(name, [*FUNCTIONS, "where", "sum"], n=1, cutoff=0.5)
            few = "a function such as exp, log, abs, max, where"
            raise self.error(
                tree, f"a known function, did you mean '{close[0]}'?" if close else f"{few}; '{name}' is none"
            )
        make, least, most = FUNCTIONS[name]
        self._count(tree, arguments, least, most)
        return make(*map(self.number, arguments))

    def _count(self, tree: Tree[Token], arguments: Sequence[Tree[Token]], least: int, most: int) -> None:
        if least <= len(arguments) <= most:
            return
        wanted = f"{least}" if least == most else f"{least} to {most}"
        raise self.error(tree, f"{wanted} argument{'s' * (most > 1)} of '{tree.children[0]}', not {len(arguments)}")

    def _over(self, make: Binder, tree: Tree[Token], arguments: Sequence[Tree[Token]]) -> Expr:
        self._count(tree, arguments, 4, 4)
        body, index, low, high = arguments
        if index.data != "name":
            raise self.error(index, "the name of an index, as in sum(f[k], k, 1, K)")
        token = token_of(index)
        name = str(token)
        self._check_name(token)
        known = (self.names.numbers, self.names.arrays, self.names.declared, self.names.sizes, self.indices)
        if any(name in names for names in known):
            raise self.error(token, f"another name for the index: '{name}' means something already")
        bounds = [self.number(bound) for bound in (low, high)]
        self.indices[name] = Symbol(name, integer=True)
        try:
            low_end, high_end = bounds
            return make(self.number(body), self.indices[name], low_end, high_end)
        finally:
            del self.indices[name]

    # -------------------------------------------------------------- conditions inside a loss

    def _condition(self, tree: Tree[Token]) -> Choice:
        match tree.data:
            case "either":
                return either(*(self._condition(branch(c)) for c in tree.children))
            case "both":
                return both(*(self._condition(branch(c)) for c in tree.children))
            case "compare":
                left, links = self.number(branch(tree.children[0])), []
                for mark, term in pairs(tree):
                    right = self.number(term)
                    links.append(comparison(left, str(mark), right))
                    left = right
                return both(*links)
            case "group":
                self.depth += 1
                if self.depth >= DEEPEST_TEXT:
                    raise self.error(tree, "a formula that is nested less deeply")
                inner = self._condition(child(tree))
                self.depth -= 1
                return inner
        raise self.error(tree, "a comparison such as u <= v")

    # -------------------------------------------------------------- sets

    def sets(self, tree: Tree[Token]) -> tuple[Set, ...]:
        return tuple(self.set(branch(c)) for c in tree.children)

    def set(self, tree: Tree[Token]) -> Set:
        base = self._base(branch(tree.children[0]))
        if len(tree.children) == 1:
            return base
        size = self._size(token_of(branch(tree.children[2])))
        if not isinstance(base, (Interval, Counts, Finite)):
            raise self.error(tree.children[1], "the end: only sets of numbers have powers")
        return Vectors(base, size)

    def _base(self, tree: Tree[Token]) -> Set:
        match tree.data:
            case "named":
                name = str(token_of(tree))
                if name not in _SETS:
                    raise self._unknown_set(tree, name)
                return _SETS[name]
            case "built":
                return self._built(tree)
            case "finite":
                return self._finite(tree)
            case "labels":
                return self._labels(tree)
        return self._range(child(tree))

    def _unknown_set(self, tree: Tree[Token], name: str) -> ParseError:
        close = difflib.get_close_matches(name, [*_SETS, "interval", "simplex"], n=1, cutoff=0.5)
        every = "real, positive, counts, unit, {0,1}, {-1,1}, {1..K}, simplex(K), interval(a,b) or S^K"
        return self.error(tree, f"a set, did you mean '{close[0]}'?" if close else f"one of {every}")

    def _built(self, tree: Tree[Token]) -> Set:
        name, arguments = str(tree.children[0]), [branch(c) for c in tree.children[1:]]
        if name == "interval":
            self._count(tree, arguments, 2, 2)
            low, high = self._ends(*arguments)
            return interval(low, high)
        if name == "simplex":
            self._count(tree, arguments, 1, 1)
            if arguments[0].data not in ("name", "number"):
                raise self.error(arguments[0], "how many classes there are, a number or a name")
            return Simplex(self._size(token_of(arguments[0])))
        raise self._unknown_set(tree, name)

    def _range(self, tree: Tree[Token]) -> Interval:
        opening, a, _, b, closing = tree.children
        low, high = self._ends(branch(a), branch(b))
        closed = (str(opening) == "[", str(closing) == "]")
        for infinite, is_closed, at in ((S.NegativeInfinity, closed[0], a), (S.Infinity, closed[1], b)):
            if is_closed and infinite in (low, high):
                raise self.error(branch(at), "a round bracket at an infinite end")
        return Interval(low, high, *closed)

    def _ends(self, a: Tree[Token], b: Tree[Token]) -> tuple[Expr, Expr]:
        low, high = self._end(a), self._end(b)
        if not _below(low, high):
            raise self.error(b, "an end above the other end")
        return low, high

    def _end(self, tree: Tree[Token]) -> Expr:
        """A number without names, or an infinity."""
        sign_of, inner = 1, tree
        if tree.data == "minus":
            sign_of, inner = -1, branch(tree.children[1])
        if inner.data == "name" and str(token_of(inner)) in ("oo", "inf"):
            return S.Infinity if sign_of > 0 else S.NegativeInfinity
        value = self.number(tree)
        if value.free_symbols:
            raise self.error(tree, "an exact number, oo or -oo, without names")
        try:
            finite = Precise().context.isfinite(evaluate(value, {}, Precise()))
        except LossproofError:
            finite = False
        if not finite:
            raise self.error(tree, "a number that has a finite value")
        return value

    def _finite(self, tree: Tree[Token]) -> Finite:
        outcomes: list[Expr] = []
        if len(tree.children) > MOST_OUTCOMES:
            raise self.error(tree, f"at most {MOST_OUTCOMES} outcomes")
        for c in tree.children:
            value = self.number(branch(c))
            if not isinstance(value, Rational):
                raise self.error(branch(c), "an exact number such as 1 or 1/2")
            if value in outcomes:
                raise self.error(branch(c), "an outcome that was not named before")
            outcomes.append(value)
        return Finite(tuple(outcomes))

    def _labels(self, tree: Tree[Token]) -> Set:
        first, last = map(branch, tree.children)
        if last.data == "name":
            if self.number(first) is not S.One:
                raise self.error(first, "labels that count from 1")
            return labels(self._size(token_of(last)))
        low, high = self.number(first), self.number(last)
        if not isinstance(low, Integer):
            raise self.error(first, "a whole number")
        if not isinstance(high, Integer) or not low <= high < low + MOST_OUTCOMES:
            raise self.error(last, f"a whole number from {low} on, at most {MOST_OUTCOMES} labels, or a name")
        return Finite(tuple(Integer(k) for k in range(int(low), int(high) + 1)))

    def _size(self, token: Token) -> Expr:
        if token.type == "NAME":
            self._check_name(token)
            if token in self.names.numbers or token in self.names.arrays:
                raise self.error(token, f"another name for the size: '{token}' is taken")
            return size_symbol(str(token))
        value = self._literal(token)
        if not isinstance(value, Integer) or not 1 <= value <= MOST_OUTCOMES:
            raise self.error(token, f"a whole number from 1 to {MOST_OUTCOMES}")
        return value

    # -------------------------------------------------------------- where

    def conditions(self, tree: Tree[Token]) -> Iterator[tuple[Token, Domain]]:
        """What is said of which name."""
        for c in map(branch, tree.children):
            if c.data == "member":
                name = c.children[0]
                assert not hasattr(name, "data")
                yield name, self._domain(branch(c.children[1]))
            else:
                yield self._bounds(c)

    def _domain(self, tree: Tree[Token]) -> Domain:
        found = self.set(tree)
        domain = found.domain if isinstance(found, (Interval, Counts)) else None
        if isinstance(found, Finite):
            domain = hull(found) if _consecutive(found) or set(found.outcomes) == {1, -1} else None
        if domain is None:
            raise self.error(
                tree, "an interval with fractions for ends, counts, {0,1}, {-1,1} or consecutive whole numbers"
            )
        return domain

    def _bounds(self, tree: Tree[Token]) -> tuple[Token, Domain]:
        """``0 < tau <= 1``: one name, compared with numbers."""
        operands = [branch(c) for c in tree.children[::2]]
        named = [
            k for k, o in enumerate(operands) if o.data == "name" and str(token_of(o)) not in ("oo", "inf", *NUMBERS)
        ]
        if len(named) != 1 or len(operands) > 3 or (len(operands) == 3 and named[0] != 1):
            raise self.error(tree, "one name compared with numbers, as in 0 < tau < 1")
        name, domain = token_of(operands[named[0]]), REAL
        for k, mark in enumerate(tree.children[1::2]):
            left = k + 1 == named[0]
            domain = domain.meet(self._half_line(str(mark), operands[k if left else k + 1], flipped=left))
        return name, domain

    def _half_line(self, operator: str, bound: Tree[Token], *, flipped: bool) -> Domain:
        """The numbers ``v`` with ``v < bound``, or, flipped, with ``bound < v``."""
        end = self._end(bound)
        if end in (S.Infinity, S.NegativeInfinity):
            return REAL
        if not isinstance(end, Rational):
            raise self.error(bound, "a fraction")
        value = Fraction(int(end.p), int(end.q))
        if flipped:
            operator = operator.translate(str.maketrans("<>", "><"))
        match operator:
            case "<" | "<=":
                return Domain(high=value, high_closed=operator == "<=")
            case ">" | ">=":
                return Domain(low=value, low_closed=operator == ">=")
            case "==":
                return point(value)
        if value:
            raise self.error(bound, "0: other single numbers cannot be left out")
        return NONZERO


_SETS: Mapping[str, Set] = {"real": REAL_LINE, "positive": POSITIVE, "unit": UNIT, "counts": COUNTS}


def hull(outcomes: Finite) -> Domain | None:
    """The smallest set of the kernel that holds some outcomes, if they are fractions."""
    values = sorted(outcomes.outcomes)
    if not all(isinstance(v, Rational) for v in values):
        return None
    low, high = (Fraction(int(v.p), int(v.q)) for v in (values[0], values[-1]))
    integer = all(isinstance(v, Integer) for v in values)
    return Domain(low, high, True, True, integer, nonzero=S.Zero not in values)


def _consecutive(outcomes: Finite) -> bool:
    values = sorted(outcomes.outcomes)
    return all(isinstance(v, Integer) for v in values) and all(b - a == 1 for a, b in pairwise(values))


def _below(low: Expr, high: Expr) -> bool:
    if low is S.NegativeInfinity or high is S.Infinity:
        return low is not high and low is not S.Infinity and high is not S.NegativeInfinity
    if S.Infinity in (low, high) or S.NegativeInfinity in (low, high):
        return False
    numbers = Precise(50)
    return bool(evaluate(high, {}, numbers) - evaluate(low, {}, numbers) > numbers.context.mpf(10) ** -40)


# ------------------------------------------------------------------ what is read


def _named_in_sums(tree: Tree[Token]) -> tuple[frozenset[str], frozenset[str]]:
    """The names of indices of sums, and the names that are bounds of sums."""
    indices: set[str] = set()
    bounds: set[str] = set()
    for call in tree.find_data("call"):
        if str(call.children[0]) == "sum" and len(call.children) == 5:
            for k, names in ((2, indices), (3, bounds), (4, bounds)):
                part = branch(call.children[k])
                if part.data == "name":
                    names.add(str(token_of(part)))
    return frozenset(indices), frozenset(bounds)


def read_expression(text: str, names: Names) -> Expr:
    """The expression that a text stands for, inert and in the order written.

    >>> from lossproof.notation.plain import written
    >>> written(read_expression("max(0, 1 - y*f)", Names()))
    'max(0, 1 - y f)'

    Raises:
        ParseError: pointing at the character that does not fit.
    """
    tree = tree_of(text, "loss")
    indices, bounds = _named_in_sums(tree)
    taken = {*names.numbers, *names.arrays, *names.declared, *NUMBERS, *indices}
    reader = Reader(text, Names(names.numbers, names.arrays, names.declared, names.sizes | (bounds - taken)))
    reader.indexed = indices
    return reader.number(tree)


def read_sets(text: str) -> tuple[Set, ...]:
    """The sets that a text stands for, with commas between.

    >>> [str(s) for s in read_sets("real, {0,1}, interval(0, pi)")]
    ['real', '{0, 1}', 'interval(0, π)']

    Raises:
        ParseError: pointing at the character that does not fit.
    """
    return Reader(text, Names()).sets(tree_of(text, "sets"))


def read_set(text: str) -> Set:
    """The one set that a text stands for.

    Raises:
        ParseError: pointing at the character that does not fit.
    """
    tree = tree_of(text, "sets")
    if len(tree.children) > 1:
        raise ParseError(text, start_of(branch(tree.children[1])), "one set only")
    return Reader(text, Names()).sets(tree)[0]


def read_where(texts: str | Sequence[str]) -> dict[str, Domain]:
    """What is said of the constants, by name; several things said of one name hold together.

    >>> str(read_where("tau in (0,1), a >= 2")["tau"])
    '(0, 1)'

    Raises:
        ParseError: pointing at the character that does not fit; also for what no number satisfies.
    """
    found: dict[str, Domain] = {}
    for text in [texts] if isinstance(texts, str) else texts:
        if not text.strip():
            continue
        reader = Reader(text, Names())
        for token, domain in reader.conditions(tree_of(text, "conditions")):
            reader._check_name(token)
            met = found.get(str(token), REAL).meet(domain)
            if is_empty(met):
                raise reader.error(token, f"something that a number satisfies: there is no such '{token}'")
            found[str(token)] = met
    return found


def is_empty(domain: Domain) -> bool:
    """Whether no number lies in a set."""
    if domain.low > domain.high:
        return True
    if domain.low < domain.high:
        return False
    return not (domain.low_closed and domain.high_closed) or (domain.nonzero and domain.low == 0)
