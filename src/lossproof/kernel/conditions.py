"""What a rule may ask for, what a theorem may assume, and how a shown fact is recorded.

All of these are plain data.  Conditions are asked by rules and answered by `lossproof.kernel.facts`;
hypotheses are declared by models and listed by theorems.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

from sympy import Basic, Expr, Symbol

from lossproof.kernel.domains import POSITIVE, Domain
from lossproof.kernel.presenting import Readable
from lossproof.notation.inert import free, substitute
from lossproof.notation.nodes import Curve, Head
from lossproof.notation.plain import written

#: Turns an expression into text.
Writer: TypeAlias = Callable[[Basic], str]


class Said(Readable, ABC):
    """What can be said in a line of text."""

    @abstractmethod
    def said(self, write: Writer = written) -> str:
        """In words, with expressions as they are to be written."""

    def __str__(self) -> str:
        return self.said()


@dataclass(frozen=True, repr=False)
class Range(Said):
    """An integer index and its inclusive bounds: ``index in Z, low <= index <= high``."""

    index: Symbol
    low: Expr
    high: Expr

    def at(self, values: Mapping[Symbol, Expr]) -> Within:
        """That the value of the index lies in the range, whose bounds may contain other indices."""
        return Within(values[self.index], substitute(self.low, values), substitute(self.high, values))

    def said(self, write: Writer = written) -> str:
        return f"{write(self.index)} = {write(self.low)}..{write(self.high)}"


@dataclass(frozen=True, repr=False)
class Between(Said):
    """A variable of integration: a real number strictly between two ends, either of which may be infinite."""

    index: Symbol
    low: Expr
    high: Expr

    def said(self, write: Writer = written) -> str:
        return f"{write(self.index)} between {write(self.low)} and {write(self.high)}"


class Property(Enum):
    """What may be known of a matrix, in the words that follow it; each includes that its entries are real."""

    REAL = "has real entries"
    NONZERO = "is not zero"
    SYMMETRIC = "is symmetric"
    INVERTIBLE = "is invertible"
    POSITIVE_DEFINITE = "is symmetric positive definite"
    FULL_COLUMN_RANK = "has full column rank"
    POSITIVE_SEMIDEFINITE = "is symmetric positive semidefinite"
    FULL_ROW_RANK = "has full row rank"


# ------------------------------------------------------------------ conditions


@dataclass(frozen=True, repr=False)
class Member(Said):
    """``expression in domain`` (and hence: it is defined and real)."""

    expression: Expr
    domain: Domain

    def said(self, write: Writer = written) -> str:
        if self.domain == POSITIVE:
            return f"0 < {write(self.expression)}"
        return f"{write(self.expression)} in {self.domain}"


@dataclass(frozen=True, repr=False)
class Constant(Said):
    """The expression does not contain any of these variables."""

    expression: Expr
    variables: tuple[Expr, ...]

    def said(self, write: Writer = written) -> str:
        names = ", ".join(write(v) for v in self.variables)
        return f"{write(self.expression)} does not contain {names}"


@dataclass(frozen=True, repr=False)
class Differentiable(Said):
    """The expression is differentiable in the variable."""

    expression: Expr
    variable: Expr

    def said(self, write: Writer = written) -> str:
        return f"{write(self.expression)} is differentiable in {write(self.variable)}"


@dataclass(frozen=True, repr=False)
class Has(Said):
    """The matrix is defined and has a property."""

    expression: Basic
    property: Property

    def said(self, write: Writer = written) -> str:
        return f"{write(self.expression)} {self.property.value}"


@dataclass(frozen=True, repr=False)
class Within(Said):
    """``position`` is an integer between ``low`` and ``high`` inclusive."""

    position: Expr
    low: Expr
    high: Expr

    def said(self, write: Writer = written) -> str:
        return f"{write(self.low)} <= {write(self.position)} <= {write(self.high)}"


@dataclass(frozen=True, repr=False)
class ForAll(Said):
    """A condition for every index in a range, or every number between two ends."""

    over: Range | Between
    condition: Condition

    def said(self, write: Writer = written) -> str:
        return f"{self.condition.said(write)} for {self.over.said(write)}"


Condition: TypeAlias = Member | Constant | Differentiable | Has | Within | ForAll


# ------------------------------------------------------------------ hypotheses


@dataclass(frozen=True, repr=False)
class Declared(Said):
    """``term in domain`` for all indices in the ranges: ``y_i in {0, 1}`` for ``i = 1..n``."""

    term: Expr
    domain: Domain
    ranges: tuple[Range, ...] = ()

    def said(self, write: Writer = written) -> str:
        return f"{Member(self.term, self.domain).said(write)}{_for(self.ranges, write)}"


@dataclass(frozen=True, repr=False)
class Smooth(Said):
    """The term is differentiable in every element of an array of parameters."""

    term: Expr
    variable: Expr
    ranges: tuple[Range, ...] = ()

    def said(self, write: Writer = written) -> str:
        return f"{Differentiable(self.term, self.variable).said(write)}{_for(self.ranges, write)}"


@dataclass(frozen=True, repr=False)
class DeclaredMatrix(Said):
    """A letter for a matrix stands for one with a property, for all indices in the ranges."""

    term: Basic
    property: Property
    ranges: tuple[Range, ...] = ()

    def said(self, write: Writer = written) -> str:
        return f"{Has(self.term, self.property).said(write)}{_for(self.ranges, write)}"


@dataclass(frozen=True, repr=False)
class Assumed(Said):
    """A modelling assumption: an equation, for all indices in the ranges, under a name."""

    name: str
    left: Expr
    right: Expr
    ranges: tuple[Range, ...] = ()

    def said(self, write: Writer = written) -> str:
        return f"{self.name}: {write(self.left)} = {write(self.right)}{_for(self.ranges, write)}"


@dataclass(frozen=True, repr=False)
class Ranged(Said):
    """A free index stands for any integer in a range."""

    over: Range

    def said(self, write: Writer = written) -> str:
        return f"{Within(self.over.index, self.over.low, self.over.high).said(write)}, an integer"


@dataclass(frozen=True, repr=False)
class Labelled(Said):
    """The term is an integer between two bounds, for all indices in the ranges: a class label ``y_i`` in ``1..K``."""

    term: Expr
    low: Expr
    high: Expr
    ranges: tuple[Range, ...] = ()

    def said(self, write: Writer = written) -> str:
        return f"{Within(self.term, self.low, self.high).said(write)}, an integer{_for(self.ranges, write)}"


@dataclass(frozen=True, repr=False)
class Maps(Said):
    """The ``order``-th derivative of a function of one number exists on a set, and its values lie in another."""

    head: Head
    order: int
    source: Domain
    target: Domain

    def said(self, write: Writer = written) -> str:
        value = write(Curve(self.head, self.order, Symbol("t")))
        return f"{value} in {self.target} for every t in {self.source}"


Hypothesis: TypeAlias = Declared | DeclaredMatrix | Smooth | Assumed | Ranged | Labelled | Maps


def _for(ranges: tuple[Range, ...], write: Writer) -> str:
    return " for " + ", ".join(r.said(write) for r in ranges) if ranges else ""


def terms_of(hypothesis: Hypothesis) -> tuple[Expr, ...]:
    """The expressions a hypothesis is about, its ranges apart."""
    match hypothesis:
        case Declared(term, _, _) | DeclaredMatrix(term, _, _):
            return (term,)
        case Smooth(term, variable, _):
            return (term, variable)
        case Assumed(_, left, right, _):
            return (left, right)
        case Ranged(over):
            return (over.index,)
        case Labelled(term, low, high, _):
            return (term, low, high)
        case Maps():
            return ()


def ranges_of(hypothesis: Hypothesis) -> tuple[Range, ...]:
    """The ranges of the indices of a hypothesis."""
    match hypothesis:
        case Ranged(over):
            return (over,)
        case Maps():
            return ()
        case _:
            return hypothesis.ranges


def bounds_of(hypothesis: Hypothesis) -> tuple[Expr, ...]:
    """The bounds of those ranges."""
    return tuple(e for r in ranges_of(hypothesis) for e in (r.low, r.high))


@lru_cache(maxsize=1 << 12)
def symbols_of(hypothesis: Hypothesis) -> frozenset[Symbol]:
    """The symbols a hypothesis speaks of; its own indices are bound in it, unless it ranges a free one."""
    bound = () if isinstance(hypothesis, Ranged) else ranges_of(hypothesis)
    every = frozenset().union(*map(free, (*terms_of(hypothesis), *bounds_of(hypothesis))))
    return every - {r.index for r in bound}


# ------------------------------------------------------------------ shown facts


@dataclass(frozen=True, eq=False, repr=False)
class Fact(Said):
    """A condition that holds, with the reason.

    ``because`` is empty when the claim follows from the premises by arithmetic on domains alone.
    Facts share premises, so they are hashed by their claim and compared part by part, each pair once.
    """

    claim: Condition
    because: str = ""
    premises: tuple[Fact, ...] = ()
    hypothesis: Hypothesis | None = None

    def __hash__(self) -> int:
        return hash((self.claim, self.because))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Fact):
            return NotImplemented
        seen: set[tuple[int, int]] = set()
        stack: list[tuple[Fact, Fact]] = [(self, other)]
        while stack:
            a, b = stack.pop()
            if a is b or (id(a), id(b)) in seen:
                continue
            seen.add((id(a), id(b)))
            same = (a.claim, a.because, a.hypothesis) == (b.claim, b.because, b.hypothesis)
            if not same or len(a.premises) != len(b.premises):
                return False
            stack.extend(zip(a.premises, b.premises, strict=True))
        return True

    def grounds(self) -> tuple[Fact, ...]:
        """The facts it rests on that a reader wants named, in order, each once."""
        found: dict[Condition, Fact] = {}
        for fact in self._walk(into_named=False):
            if fact.because:
                found.setdefault(fact.claim, fact)
        return tuple(found.values())

    def hypotheses(self) -> Iterator[Hypothesis]:
        """Every hypothesis it rests on."""
        for fact in self._walk(into_named=True):
            if fact.hypothesis is not None:
                yield fact.hypothesis

    def _walk(self, *, into_named: bool) -> Iterator[Fact]:
        seen: set[int] = set()
        stack = [self]
        while stack:
            fact = stack.pop()
            if id(fact) in seen:
                continue
            seen.add(id(fact))
            yield fact
            if into_named or not fact.because:
                stack.extend(reversed(fact.premises))

    def reasons(self) -> tuple[tuple[Fact, ...], str]:
        """What to name as the reason: other facts, or, where there are none, the words for this one."""
        inner = self.premises[0] if isinstance(self.claim, ForAll) and self.premises else self
        grounds = tuple(f for f in inner.grounds() if f.claim != inner.claim)
        return grounds, inner.because

    def said(self, write: Writer = written) -> str:
        grounds, because = self.reasons()
        if not grounds:
            return self.claim.said(write) + (f" ({because})" if because else "")
        return f"{self.claim.said(write)}, since " + " and ".join(
            f"{f.claim.said(write)} ({f.because})" for f in grounds
        )
