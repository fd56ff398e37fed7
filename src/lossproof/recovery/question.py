"""What is asked: a loss, the set of the observation, those of the predictions, and what the constants are.

In a loss ``y`` is the observation and ``f`` the prediction, or whatever they are called; every other
symbol is a positive constant, unless something else is said of it.

What this module knows: which questions make sense.  What it does not know: how text is read
(`lossproof.recovery.text`), and the answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from sympy import Basic, Expr, IndexedBase, Rational, S, Symbol

from lossproof.errors import IllPosed, UnsupportedExpression
from lossproof.kernel.conditions import Declared, Hypothesis, Labelled, Range
from lossproof.kernel.domains import CLOSED_UNIT, COUNT, POSITIVE_COUNT, REAL, Domain
from lossproof.notation.inert import ONE, free, fresh
from lossproof.notation.plain import written
from lossproof.notation.shapes import check_expression, roles
from lossproof.numeric.evaluate import Precise, evaluate
from lossproof.recovery.sets import Counts, Finite, Interval, Labels, Set, Simplex, Vectors
from lossproof.recovery.text import (
    Names,
    hull,
    is_empty,
    read_expression,
    read_set,
    read_sets,
    read_where,
    usable,
)

#: A number or a vector, by name.
Variable: TypeAlias = Symbol | IndexedBase
#: How a loss may be given: as text, as a SymPy expression, or as a Python function that is traced.
Loss: TypeAlias = str | Basic | Callable[..., Any]


@dataclass(frozen=True)
class Question:
    """A loss of an observation and predictions, and the sets that these live in.

    Attributes:
        loss: an inert expression.
        y: the observation; an array where its set is one of vectors.
        target: its set.
        predictions: each with its set.
        constants: what is said of other symbols; the rest carry the assumption of being positive.

    Raises:
        IllPosed: if the question makes no sense as it is put.
        UnsupportedExpression: if the loss is no expression of known nodes.
    """

    loss: Expr
    y: Variable
    target: Set
    predictions: tuple[tuple[Variable, Set], ...]
    constants: tuple[Declared, ...] = ()

    def __post_init__(self) -> None:
        check(self.loss, self.y, self.target, self.predictions, self.constants)
        inside = free(self.loss)
        if label(self.y) not in inside:
            raise IllPosed(
                f"the loss {_short(self.loss)} does not contain the observation '{name(self.y)}': there is nothing "
                "to find a distribution of; name it with y (on the command line --y)"
            )
        for f, _ in self.predictions:
            if label(f) not in inside:
                raise IllPosed(
                    f"the loss {_short(self.loss)} does not contain the prediction '{name(f)}', so nothing depends "
                    "on it; name it with f (on the command line --f)"
                )

    @property
    def f(self) -> Variable:
        """The first prediction."""
        return self.predictions[0][0]

    @property
    def prediction(self) -> Set:
        """The set of the first prediction."""
        return self.predictions[0][1]

    @property
    def sizes(self) -> frozenset[Symbol]:
        """The symbols that say how many classes or elements the sets have."""
        return sizes_of(self.target, *(s for _, s in self.predictions))

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """What the kernel may take for granted: where the observation, the predictions and the constants lie."""
        return hypotheses_of(self.y, self.target, self.predictions, self.constants, free(self.loss))

    def __str__(self) -> str:
        said = [f"{name(v)} in {s}" for v, s in ((self.y, self.target), *self.predictions)]
        return f"{written(self.loss)} for " + ", ".join([*said, *map(str, self.constants)])


def name(variable: Variable) -> str:
    """What a variable is called."""
    return str(label(variable).name)


def label(variable: Variable) -> Symbol:
    """The symbol that names a variable."""
    return variable.label if isinstance(variable, IndexedBase) else variable


def variable(name: str, lives_in: Set) -> Variable:
    """A real number, or an array of them where the set is one of vectors."""
    return IndexedBase(name, real=True) if isinstance(lives_in, (Simplex, Vectors)) else Symbol(name, real=True)


def _short(e: Expr) -> str:
    text = written(e)
    return text if len(text) <= 80 else f"{text[:80]}..."


# ------------------------------------------------------------------ what makes sense


def check(
    loss: Expr,
    y: Variable,
    target: Set,
    predictions: tuple[tuple[Variable, Set], ...],
    constants: tuple[Declared, ...],
) -> None:
    """Refuse what could not be asked of any pair of losses.

    Raises:
        IllPosed: if names clash, or nothing is known of a symbol.
        UnsupportedExpression: if the loss is no expression of known nodes.
    """
    check_expression(loss)
    variables = ((y, target), *predictions)
    names = [name(v) for v, _ in variables]
    if not predictions:
        raise IllPosed("a question needs a prediction")
    for n in names:
        if not usable(n):
            raise IllPosed(
                f"'{n:.60}' cannot be the name of the observation or of a prediction: it means something else"
            )
        if names.count(n) > 1:
            raise IllPosed(f"two of the observation and the predictions are called '{n}'")
    numbers, arrays = roles(loss)
    for v, s in variables:
        if variable(name(v), s) != v:
            raise IllPosed(f"'{name(v)}' must be a real {'vector' if isinstance(s, (Simplex, Vectors)) else 'number'}")
        if label(v) in (numbers if isinstance(v, IndexedBase) else arrays):
            raise IllPosed(f"'{name(v)}' is used as a number and as a vector")
    labels = {label(v) for v, _ in variables}
    declared = {c.term for c in constants}
    if len(declared) < len(constants) or not all(isinstance(t, Symbol) for t in declared) or declared & labels:
        raise IllPosed("each constant is declared once, and is none of the observation and the predictions")
    empty = next((c for c in constants if is_empty(c.domain)), None)
    if empty is not None:
        raise IllPosed(f"no number satisfies {empty}")
    sizes = sizes_of(target, *(s for _, s in predictions))
    known = labels | declared | sizes
    for s in sorted(free(loss) | sizes, key=str):
        if s.name in names and s not in labels:
            raise IllPosed(f"two different symbols are called '{s.name}'")
        if s not in known and (s in arrays or not s.is_positive):
            raise IllPosed(f"nothing is known of '{s}'; say it with where (on the command line --where)")


def sizes_of(*sets: Set) -> frozenset[Symbol]:
    """The symbols that say how many classes or elements the sets have."""
    bounds = [getattr(s, "size", getattr(s, "high", S.One)) for s in sets if isinstance(s, (Labels, Simplex, Vectors))]
    return frozenset().union(*map(free, bounds))


# ------------------------------------------------------------------ what the kernel may take for granted


def hypotheses_of(
    y: Variable,
    target: Set,
    predictions: tuple[tuple[Variable, Set], ...],
    constants: tuple[Declared, ...],
    inside: frozenset[Symbol],
) -> tuple[Hypothesis, ...]:
    """Where the observation, the predictions and the constants lie, as far as the kernel has words for it."""
    sizes = sizes_of(target, *(s for _, s in predictions))
    taken = inside | sizes | {label(y)} | {label(f) for f, _ in predictions}
    said = [_said(v, s, taken, UNIT_SHARE) for v, s in predictions]
    return (_said(y, target, taken, CLOSED_UNIT), *said, *constants)


#: Where a predicted share of a class lies: it is positive, and 1 if there is one class only.
UNIT_SHARE = Domain(Fraction(0), Fraction(1), False, True)


def _said(v: Variable, lives_in: Set, taken: frozenset[Symbol], share: Domain) -> Hypothesis:
    if isinstance(lives_in, Labels):
        return Labelled(v, ONE, lives_in.high)
    if isinstance(lives_in, (Simplex, Vectors)):
        k = Symbol("k", integer=True)
        k = fresh(k, taken) if "k" in {s.name for s in taken} else k
        domain = share if isinstance(lives_in, Simplex) else domain_of(lives_in.of)
        return Declared(v[k], domain, (Range(k, ONE, lives_in.size),))
    return Declared(v, domain_of(lives_in))


def domain_of(lives_in: Interval | Counts | Finite) -> Domain:
    """The smallest set of the kernel that is known to hold a set of numbers."""
    if isinstance(lives_in, Counts):
        return COUNT
    if isinstance(lives_in, Finite):
        return hull(lives_in) or REAL
    return lives_in.domain or Domain(_outward(lives_in.low, up=False), _outward(lives_in.high, up=True))


def _outward(end: Expr, *, up: bool) -> Fraction | float:
    """A fraction that is certainly not inside."""
    if end in (S.Infinity, S.NegativeInfinity):
        return math.inf if up else -math.inf
    if isinstance(end, Rational):
        return Fraction(int(end.p), int(end.q)) + (1 if up else -1)
    value = evaluate(end, {}, Precise(30))
    return Fraction(int(value) + 2 if up else int(value) - 2)


# ------------------------------------------------------------------ how it is put


def ask(
    loss: Loss,
    target: str | Set,
    prediction: str | Set | Sequence[str | Set],
    y: str = "y",
    f: str | Sequence[str] = "f",
    where: str | Sequence[str] = (),
) -> Question:
    """The question that text, SymPy expressions or Python functions put.

    Args:
        loss: text (see `lossproof.recovery.text`), a SymPy expression, or a Python function of the
            observation and the prediction (see `lossproof.recovery.tracing`).
        target: the set of the observation.
        prediction: the set of the prediction, or one for each.
        y: what the observation is called.
        f: what the prediction is called, or each of them; in text, with commas between.
        where: what is known of the constants, such as ``"tau in (0,1)"``; without it they are positive.

    >>> print(ask("max(tau*(y - f), (tau - 1)*(y - f))", "real", "real", where="tau in (0,1)"))
    max(τ (y - f), (τ - 1) (y - f)) for y in real, f in real, τ in (0, 1)

    Raises:
        ParseError: pointing at the character that cannot be read.
        IllPosed: if the question makes no sense as it is put.
        UnsupportedExpression: if something in it is not handled.
        TracingError: if a function cannot be traced, or does not do what its trace says.
    """
    setting = Setting.of(target, prediction, y, f, where)
    return setting.question(setting.read(loss))


@dataclass(frozen=True)
class Setting:
    """Everything of a question but the loss."""

    y: Variable
    target: Set
    predictions: tuple[tuple[Variable, Set], ...]
    where: Mapping[str, Domain]

    @classmethod
    def of(
        cls,
        target: str | Set,
        prediction: str | Set | Sequence[str | Set],
        y: str = "y",
        f: str | Sequence[str] = "f",
        where: str | Sequence[str] = (),
    ) -> Setting:
        """From text or sets; see `ask`."""
        goal = read_set(target) if isinstance(target, str) else target
        sets: list[Set] = []
        for s in prediction if isinstance(prediction, (list, tuple)) else (prediction,):
            sets.extend(read_sets(s) if isinstance(s, str) else (s,))
        for s in (goal, *sets):
            if not isinstance(s, _SETS):
                raise UnsupportedExpression(f"a {type(s).__name__} for a set", "lossproof.recovery")
        names = [part.strip() for part in f.split(",")] if isinstance(f, str) else list(f)
        if len(names) != len(sets):
            raise IllPosed(f"{len(names)} predictions ({', '.join(names)}) but {len(sets)} sets for them")
        for n in (y, *names):
            if not usable(n):
                raise IllPosed(f"'{n:.60}' cannot be the name of the observation or of a prediction: use another")
        said = read_where(where)
        for n in (y, *names):
            if n in said:
                raise IllPosed(f"where '{n}' lies is said by its set, not by where")
        predictions = tuple((variable(n, s), s) for n, s in zip(names, sets, strict=True))
        return cls(variable(y, goal), goal, predictions, said)

    @property
    def names(self) -> Names:
        """What the names in a loss stand for."""
        every = (self.y, *(f for f, _ in self.predictions))
        return Names(
            {name(v): v for v in every if isinstance(v, Symbol)},
            {name(v): v for v in every if isinstance(v, IndexedBase)},
            self.where,
            frozenset(s.name for s in self._sizes),
        )

    @property
    def _sizes(self) -> frozenset[Symbol]:
        return sizes_of(self.target, *(s for _, s in self.predictions))

    def read(self, loss: Loss) -> Expr:
        """The loss as an inert expression.

        Raises:
            ParseError, IllPosed, UnsupportedExpression, TracingError: see `ask`.
        """
        if isinstance(loss, str):
            return read_expression(loss, self.names)
        if isinstance(loss, Basic):
            from lossproof.recovery.conversion import inert

            return inert(loss, self.names)
        if callable(loss):
            from lossproof.recovery.tracing import traced

            return traced(loss, self)
        raise UnsupportedExpression(f"a {type(loss).__name__} for a loss", "lossproof.recovery")

    def constants(self, *losses: Expr) -> tuple[Declared, ...]:
        """What is said of the constants.

        Raises:
            IllPosed: if something is said of a name that does not occur.
        """
        inside = {s.name for s in self._sizes}.union(*({s.name for s in free(e)} for e in losses))
        names = self.names
        for n in self.where:
            if n not in inside:
                others = ", ".join(sorted(inside - {*names.numbers, *names.arrays})) or "none"
                raise IllPosed(f"'{n}' does not occur in the loss, whose constants are: {others}")
        whole = {s.name for s in self._sizes}
        said = ((n, d.meet(POSITIVE_COUNT) if n in whole else d) for n, d in self.where.items())
        return tuple(Declared(names.symbol(n), d) for n, d in said)

    def hypotheses(self, *losses: Expr) -> tuple[Hypothesis, ...]:
        """What the kernel may take for granted of losses, which must make sense here.

        Raises:
            IllPosed: if they do not.
        """
        constants = self.constants(*losses)
        for loss in losses:
            check(loss, self.y, self.target, self.predictions, constants)
        inside = frozenset().union(*map(free, losses))
        return hypotheses_of(self.y, self.target, self.predictions, constants, inside)

    def question(self, loss: Expr) -> Question:
        """The question, with a loss that was read."""
        return Question(loss, self.y, self.target, self.predictions, self.constants(loss))


_SETS = (Interval, Counts, Finite, Labels, Simplex, Vectors)
